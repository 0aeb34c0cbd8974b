//! What to say about a machine that lacks some of what the product needs.

use std::fmt::Write;

use serde::Serialize;

use crate::base::fault::Fault;

use crate::base::host::{Host, Os};
use crate::code::doctor::needs::{Need, Packages};

/// What was seen of a [`Need`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub(crate) enum Seen {
    /// It is there: a version, a place, or both.
    Found { what: String },
    /// It is not there, and `ddstask` brings it when it is needed.
    Brought { how: String },
    /// It is there and too old, or only a part of it is there.
    Unfit { why: String },
    /// It is not there.
    Missing,
}

impl Seen {
    /// Whether nothing has to be done.
    pub(crate) fn is_fine(&self) -> bool {
        matches!(self, Self::Found { .. } | Self::Brought { .. })
    }
}

/// Judges what a program says of its version.
pub(crate) fn judge_version(said: &str, least: [u32; 2]) -> Seen {
    let version = said
        .split_whitespace()
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    let Some(version) = version else { return Seen::Unfit { why: "it does not tell its version".to_owned() } };
    let mut numbers = version.split(['.', '-', '+']).map(|number| number.parse().unwrap_or(0));
    let own = [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)];
    let [major, minor] = least;
    if own < least {
        Seen::Unfit { why: format!("{version} is too old, {major}.{minor} is needed") }
    } else {
        Seen::Found { what: version.to_owned() }
    }
}

/// How to get one thing on this machine, a command where there is one.
pub(crate) fn how_to_get(need: &Need, host: Host, has_apt: bool) -> String {
    match package_manager(&[need], host, has_apt) {
        Some(command) => command,
        None if need.site.starts_with('`') => need.site.trim_matches('`').to_owned(),
        None => format!("see {}", need.site),
    }
}

/// One command that brings all of them; nothing when one of them is in no package.
fn package_manager(needs: &[&Need], host: Host, has_apt: bool) -> Option<String> {
    let (command, pick): (&str, fn(&Packages) -> &'static str) = match host.os {
        Os::Linux if has_apt => ("sudo apt-get install", |packages| packages.apt),
        Os::Linux => return None,
        Os::MacOs => ("brew install", |packages| packages.brew),
        Os::Windows => ("winget install", |packages| packages.winget),
    };
    let mut names: Vec<&str> = needs.iter().map(|need| pick(&need.packages)).collect();
    names.dedup();
    let all = names.iter().all(|name| !name.is_empty());
    all.then(|| format!("{command} {}", names.join(" ")))
}

/// One fault for all that is required and not there; nothing when all of it is.
pub(crate) fn verdict(seen: &[(&Need, Seen)], host: Host, has_apt: bool) -> Option<Fault> {
    let bad: Vec<&(&Need, Seen)> =
        seen.iter().filter(|(need, seen)| need.purpose.is_required() && !seen.is_fine()).collect();
    if bad.is_empty() {
        return None;
    }
    let names: Vec<&str> = bad.iter().map(|(need, _)| need.name).collect();
    let mut fault = Fault::new(format!("this machine can't stage and test yet: it needs {}", names.join(" and ")));
    let mut hint = String::new();
    for (need, seen) in &bad {
        let why = match seen {
            Seen::Unfit { why } => why,
            _ => "it is not there",
        };
        fault = fault.because(format!("{}: {why} (for {})", need.name, need.purpose.name()));
        let _ = writeln!(hint, "{}: {}", need.name, how_to_get(need, host, has_apt));
    }
    let needs: Vec<&Need> = bad.iter().map(|(need, _)| *need).collect();
    let hint = package_manager(&needs, host, has_apt).unwrap_or_else(|| hint.trim_end().to_owned());
    Some(fault.hint(hint))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::base::host::Arch;
    use crate::code::doctor::needs::needs;

    fn check(os: Os, has_apt: bool, expected: &Expect) {
        let host = Host { os, arch: Arch::X64 };
        let seen: Vec<_> = needs(host)
            .map(|need| match need.name {
                "cargo" => (need, judge_version("cargo 1.70.0 (abc 2023-04-01)", [1, 95])),
                _ => (need, Seen::Missing),
            })
            .collect();
        expected.assert_eq(&verdict(&seen, host, has_apt).unwrap().to_string());
    }

    #[test]
    fn all_that_is_missing_is_one_message() {
        check(
            Os::Linux,
            true,
            &expect![[r#"
            this machine can't stage and test yet: it needs cargo and git and uv
              because: cargo: 1.70.0 is too old, 1.95 is needed (for this tool)
              because: git: it is not there (for this tool)
              because: uv: it is not there (for staging)
              next: cargo: see https://rustup.rs
                    git: sudo apt-get install git
                    uv: see https://docs.astral.sh/uv"#]],
        );
        check(
            Os::MacOs,
            false,
            &expect![[r#"
            this machine can't stage and test yet: it needs cargo and git and uv
              because: cargo: 1.70.0 is too old, 1.95 is needed (for this tool)
              because: git: it is not there (for this tool)
              because: uv: it is not there (for staging)
              next: brew install rustup git uv"#]],
        );
        check(
            Os::Windows,
            false,
            &expect![[r#"
            this machine can't stage and test yet: it needs cargo and git and uv
              because: cargo: 1.70.0 is too old, 1.95 is needed (for this tool)
              because: git: it is not there (for this tool)
              because: uv: it is not there (for staging)
              next: winget install Rustlang.Rustup Git.Git astral-sh.uv"#]],
        );
    }

    #[test]
    fn every_need_can_be_got_on_every_system_that_has_it() {
        for (os, has_apt) in [(Os::Linux, true), (Os::Linux, false), (Os::MacOs, false), (Os::Windows, false)] {
            let host = Host { os, arch: Arch::X64 };
            assert!(needs(host).all(|need| how_to_get(need, host, has_apt).len() > "see ".len()));
        }
    }

    #[test]
    fn versions_are_read_out_of_what_programs_say() {
        let found = |what: &str| Seen::Found { what: what.to_owned() };
        assert_eq!(judge_version("v20.20.2\n", [20, 0]), found("20.20.2"));
        assert_eq!(judge_version("git version 2.39.5 (Apple Git-154)", [2, 0]), found("2.39.5"));
        assert_eq!(judge_version("cargo 1.95.0-nightly (f2d3ce0bd)", [1, 95]), found("1.95.0-nightly"));
        assert!(matches!(judge_version("v18.1.0", [20, 0]), Seen::Unfit { .. }));
        assert!(matches!(judge_version("hello", [20, 0]), Seen::Unfit { .. }));
    }

    #[test]
    fn what_nobody_needs_for_staging_is_no_failure() {
        let host = Host { os: Os::Linux, arch: Arch::X64 };
        let seen: Vec<_> = needs(host)
            .map(|need| (need, if need.purpose.is_required() { judge_version("9.9", [1, 0]) } else { Seen::Missing }))
            .collect();
        assert!(verdict(&seen, host, true).is_none());
    }
}

//! Looks for everything that the product needs of this machine.

use camino::Utf8Path;
use rayon::prelude::*;

use crate::base::ask::ask;
use crate::base::ctx::Ctx;

use crate::base::tools::{UV_VERSION, chromium, find, find_python, uv};
use crate::base::{env, python, walk};
use crate::code::doctor::needs::{Look, Need, needs};
use crate::code::doctor::plan::{Seen, judge_version};
use crate::stage::observe;

/// What was seen of each need, in the table's order.
pub(crate) fn tools(ctx: &Ctx) -> Vec<(&'static Need, Seen)> {
    let needs: Vec<&Need> = needs(ctx.host).collect();
    needs.into_par_iter().map(|need| (need, look(ctx, need.look))).collect()
}

fn look(ctx: &Ctx, look: Look) -> Seen {
    match look {
        Look::Program(name, least) => find(name)
            .map_or(Seen::Missing, |path| judge_version(&said(&path, &["--version"]).unwrap_or_default(), least)),
        Look::Succeeds(command) => match find(command[0]) {
            Some(path) if said(&path, &command[1..]).is_some() => Seen::Found { what: String::new() },
            _ => Seen::Missing,
        },
        Look::Libraries(names) => libraries(names),
        Look::Uv => uv_or_pip(ctx),
        Look::Python => host_python(ctx),
        Look::Chromium => chromium(ctx).map_or(Seen::Missing, |path| Seen::Found { what: path.into_string() }),
    }
}

/// What a program answers; nothing when it fails.
fn said(program: &Utf8Path, args: &[&str]) -> Option<String> {
    ask(".".into(), program, args).ok()
}

fn libraries(names: &[&str]) -> Seen {
    let Some(pkg_config) = find("pkg-config") else {
        return Seen::Unfit { why: "pkg-config is not there to look for it".to_owned() };
    };
    let missing: Vec<&str> =
        names.iter().copied().filter(|name| said(&pkg_config, &["--exists", name]).is_none()).collect();
    match missing.len() {
        0 => Seen::Found { what: String::new() },
        all if all == names.len() => Seen::Missing,
        _ => Seen::Unfit { why: format!("{} missing", missing.join(", ")) },
    }
}

fn uv_or_pip(ctx: &Ctx) -> Seen {
    match uv(ctx) {
        Err(fault) => Seen::Unfit { why: fault.what().to_owned() },
        Ok(Some(path)) => match said(&path, &["--version"]) {
            Some(version) => Seen::Found { what: version.split_whitespace().nth(1).unwrap_or_default().to_owned() },
            None => Seen::Unfit { why: format!("{path} does not run") },
        },
        Ok(None) => find_python().map_or(Seen::Missing, |python| Seen::Brought {
            how: format!("uv {UV_VERSION} comes with the pip of {python}"),
        }),
    }
}

fn host_python(ctx: &Ctx) -> Seen {
    let config = &ctx.config.python;
    let Ok(Some(uv)) = uv(ctx) else {
        return find_python().map_or(Seen::Missing, |path| {
            let (major, minor) = config.minimum.split_once('.').unwrap_or((&config.minimum, "0"));
            judge_version(
                &said(&path, &["--version"]).unwrap_or_default(),
                [major, minor].map(|part| part.parse().unwrap_or(0)),
            )
        });
    };
    match python::installed(ctx, &uv, &config.version, &config.minimum) {
        Ok(host) => Seen::Found { what: format!("{} in {}", host.version, host.prefix) },
        Err(fault) => Seen::Unfit { why: fault.what().to_owned() },
    }
}

/// Variables that decide how the network is reached, with passwords taken out.
pub(crate) fn network(ctx: &Ctx) -> Vec<(String, String)> {
    let decides = |name: &str| env::NETWORK.iter().any(|known| known.eq_ignore_ascii_case(name));
    ctx.env.filter(decides).map(|(name, value)| (name.to_owned(), without_password(value))).collect()
}

/// `http://user:secret@proxy` as `http://…@proxy`.
fn without_password(value: &str) -> String {
    match value.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://…@{host}"),
            None => value.to_owned(),
        },
        None => value.rsplit_once('@').map_or_else(|| value.to_owned(), |(_, host)| format!("…@{host}")),
    }
}

/// Bytes that are free where the stage lies; nothing where that is not told.
#[cfg(unix)]
pub(crate) fn free_bytes(ctx: &Ctx) -> Option<u64> {
    let stat = rustix::fs::statvfs(ctx.layout.root().as_std_path()).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &Ctx) -> Option<u64> {
    None
}

/// The staged backend and the store, in numbers.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StageState {
    /// Version and kind of the staged interpreter; nothing when nothing is staged.
    pub(crate) python: Option<String>,
    /// Files in the staged tree.
    pub(crate) files: usize,
    /// Bytes in the staged tree.
    pub(crate) bytes: u64,
    /// Bytes in the store.
    pub(crate) store_bytes: u64,
}

/// What the last stage left.
pub(crate) fn stage_state(ctx: &Ctx) -> StageState {
    let record = observe::record(ctx).filter(|_| ctx.layout.absolute(ctx.layout.staged_backend()).is_dir());
    let store = walk::files(&ctx.layout.absolute(ctx.layout.store()), |_| true).unwrap_or_default();
    let tree = record.as_ref().map_or(&[][..], |record| &record.tree);
    StageState {
        python: record.as_ref().map(|record| format!("{} ({})", record.python.version, record.seen.source.kind())),
        files: tree.len(),
        bytes: tree.iter().map(|file| file.stat.size).sum(),
        store_bytes: store.iter().map(|file| file.stat.size).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_told() {
        assert_eq!(without_password("http://me:p@ss@proxy:3128/"), "http://…@proxy:3128/");
        assert_eq!(without_password("me:pass@proxy:3128"), "…@proxy:3128");
        assert_eq!(without_password("http://proxy:3128"), "http://proxy:3128");
    }
}

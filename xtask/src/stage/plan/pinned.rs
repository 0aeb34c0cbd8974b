//! A file of requirements in the place of a `uv.lock`: each pinned and with its hashes, as `uv pip compile
//! --generate-hashes` writes them.

use std::collections::BTreeSet;

use crate::base::config::packages::Packages;
use crate::base::fault::{Fault, Result};
use crate::stage::plan::requirements::{Package, Source, name};

/// Options that say where distributions come from; uv and pip understand them in a list.
const INDEXES: [&str; 7] =
    ["--index-url", "-i ", "--extra-index-url", "--find-links", "-f ", "--no-index", "--default-index"];

/// What a file of requirements has.
pub(crate) struct Pinned {
    /// The distributions.
    pub(crate) packages: Vec<Package>,
    /// Its lines about indexes.
    pub(crate) indexes: Vec<String>,
}

/// Reads a list. `remedy` is the command that writes it anew.
///
/// # Errors
/// A line that does not say exactly what is installed.
pub(crate) fn read(list: &str, file: &str, remedy: &str) -> Result<Pinned> {
    let mut pinned = Pinned { packages: Vec::new(), indexes: Vec::new() };
    for (number, lines) in requirements(list) {
        let line = line(&lines);
        let wrong = |why: String| {
            Err(Fault::new(format!("line {number} of {file} does not say exactly what is installed"))
                .because(why)
                .hint(format!("{remedy} writes the file with versions and hashes")))
        };
        if line.starts_with('-') {
            if !INDEXES.iter().any(|option| line.starts_with(option)) {
                return wrong(format!("`{line}` is not a requirement"));
            }
            pinned.indexes.push(line);
            continue;
        }
        let package = package(&line, lines);
        match (&package, line.contains("--hash=sha256:")) {
            (None, _) => return wrong(format!("`{}` has no exact version", requirement(&line))),
            (_, false) => return wrong(format!("`{}` has no hash", requirement(&line))),
            _ => pinned.packages.extend(package),
        }
    }
    Ok(pinned)
}

/// Each requirement with the lines that go with it, and the number of its first line.
fn requirements(list: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in list.lines().enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        if line.trim().is_empty() || is_comment {
            goes_on &= is_comment;
            continue;
        }
        match found.last_mut() {
            Some((_, above)) if goes_on => above.extend([line, "\n"]),
            _ => found.push((at + 1, format!("{line}\n"))),
        }
        goes_on = line.trim_end().ends_with('\\');
    }
    found
}

/// The requirement on one line, without the comment at its end.
fn line(lines: &str) -> String {
    let parts = lines.lines().map(|line| line.split(" #").next().unwrap_or(line).trim().trim_end_matches('\\').trim());
    parts.collect::<Vec<_>>().join(" ")
}

/// What stands before its hashes.
fn requirement(line: &str) -> &str {
    line.split(" --hash").next().unwrap_or(line)
}

/// The distribution of a line; nothing where any version would do.
fn package(line: &str, lines: String) -> Option<Package> {
    let requirement = requirement(line);
    let (what, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
    let what = what.trim();
    let version = what.split_once("==").map(|(_, version)| version.trim_start_matches('=').trim());
    let is_exact = version.is_some_and(|version| !version.is_empty() && !version.contains(['*', ',']));
    let is_file = what.split_once(" @ ").is_some_and(|(_, place)| !place.starts_with("git+"));
    (is_exact || is_file).then_some(())?;
    Some(Package {
        name: name(what)?,
        version: version.unwrap_or_default().to_owned(),
        marker: marker.trim().to_owned(),
        requirement: lines,
        source: if is_file { Source::File } else { Source::Index },
        wheels: None,
        archive: None,
    })
}

/// Why a list is not the one that `dds.toml` asks for.
pub(crate) fn objection(packages: &[Package], wanted: &Packages, file: &str, remedy: &str) -> Option<Fault> {
    let there: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let has = |text: &str| name(text).is_some_and(|name| there.contains(name.as_str()));
    let same = |old: &str, new: &str| name(old) == name(new);
    let dropped = wanted
        .drop
        .iter()
        .find(|dropped| has(dropped))
        .map(|name| format!("it has {name}, which `packages.drop` drops"));
    let replaced = wanted.replace.iter().find_map(|(old, new)| {
        let stays = (has(old) && !same(old, new)).then(|| format!("it has {old}, which `packages.replace` replaces"));
        stays.or_else(|| (!has(new)).then(|| format!("it lacks {new}, which `packages.replace` asks for")))
    });
    let added = || {
        wanted.add.iter().find(|added| !has(added)).map(|line| format!("it lacks {line}, which `packages.add` adds"))
    };
    let why = dropped.or(replaced).or_else(added)?;
    Some(
        Fault::new(format!("{file} is not what dds.toml asks for"))
            .because(why)
            .hint(format!("{remedy} writes it anew")),
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const LIST: &str = "# a comment\n--extra-index-url https://example.org/simple\nDjango==5.2.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via -r a.in\n\
        psycopg2-binary[x]==2.9 ; sys_platform == 'linux' --hash=sha256:cc\nown @ https://example.org/own-1.tar.gz \\\n    --hash=sha256:dd\n";

    fn fails(list: &str) -> String {
        read(list, "desktop-requirements.txt", "`cargo xtask adopt`").err().unwrap().to_string()
    }

    #[test]
    fn a_list_is_read_with_its_indexes() {
        let Pinned { packages, indexes } = read(LIST, "x", "y").unwrap();
        let lines: Vec<String> = packages
            .iter()
            .map(|found| {
                format!(
                    "{} {} [{}] {:?} {}",
                    found.name,
                    found.version,
                    found.marker,
                    found.source,
                    found.requirement.lines().count()
                )
            })
            .collect();
        expect![[r#"
            django 5.2.1 [] Index 3
            psycopg2-binary 2.9 [sys_platform == 'linux'] Index 1
            own  [] File 2"#]]
        .assert_eq(&lines.join("\n"));
        assert_eq!(indexes, ["--extra-index-url https://example.org/simple"]);
    }

    #[test]
    fn a_line_that_leaves_something_open_is_named() {
        for line in [
            "django>=5\n",
            "django==5.*\n",
            "-e .\n",
            "-r other.txt\n",
            "a @ git+https://example.org/a@main\n",
            "./wheels/a.whl\n",
        ] {
            let said = fails(&format!("\n{line}"));
            assert!(said.starts_with("line 2 of desktop-requirements.txt does not say"), "{said}");
        }
        expect![[r#"
            line 2 of desktop-requirements.txt does not say exactly what is installed
              because: `django==5.2.1` has no hash
              next: `cargo xtask adopt` writes the file with versions and hashes"#]]
        .assert_eq(&fails("a==1 --hash=sha256:aa\ndjango==5.2.1\n"));
    }

    #[test]
    fn what_dds_toml_drops_adds_or_replaces_is_looked_for() {
        let packages = read(LIST, "x", "y").unwrap().packages;
        let object = |drop: &[&str], add: &[&str], replace: &[(&str, &str)]| {
            let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
            let replace = replace.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
            let wanted = Packages { drop: texts(drop), add: texts(add), replace, ..Packages::default() };
            objection(&packages, &wanted, "x", "y").map(|fault| fault.to_string())
        };
        assert_eq!(object(&["gunicorn"], &["django>=5"], &[("psycopg2", "psycopg2-binary>=2")]), None);
        assert!(object(&["Django"], &[], &[]).unwrap().contains("it has Django, which `packages.drop` drops"));
        assert!(object(&[], &["tzdata"], &[]).unwrap().contains("it lacks tzdata"));
        assert!(object(&[], &[], &[("own", "other")]).unwrap().contains("it has own"));
        assert!(object(&[], &[], &[("gone", "other")]).unwrap().contains("it lacks other"));
        assert_eq!(object(&[], &[], &[("django", "django<6")]), None);
    }
}

//! Which tests the tool has, and which of them it has on Windows: as the sources say it, and as a run has shown it.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A test program, as its sources have it.
pub(crate) struct Program {
    /// As cargo calls it.
    pub(crate) name: String,
    /// Why Windows has nothing of it: the comment above its `cfg`.
    pub(crate) reason: Option<String>,
    tests: Vec<Test>,
}

struct Test {
    name: String,
    /// A `cfg` of its own says which systems have it.
    of_some: bool,
}

/// The test programs of a package, as cargo runs them: the program's own tests, then those of each file in `tests`.
pub(crate) fn programs(package: &Path) -> Vec<Program> {
    let sources = walkdir::WalkDir::new(package.join("src")).into_iter().map(|entry| entry.unwrap().into_path());
    let own = sources.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let own = own.flat_map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        let of_some = text.contains("\n#![cfg(");
        tests(&text).into_iter().map(move |test| Test { of_some: test.of_some || of_some, ..test })
    });
    let mut all = vec![Program { name: "ddstask".to_owned(), reason: None, tests: own.collect() }];
    let files = std::fs::read_dir(package.join("tests")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect();
    files.sort_unstable();
    all.extend(files.iter().map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Program { name, reason: reason(&text), tests: tests(&text) }
    }));
    all
}

/// The comment above the `cfg` of a whole file, without its marks; empty where there is none.
fn reason(text: &str) -> Option<String> {
    let (before, _) = text.split_once("\n#![cfg(")?;
    let comment = before.lines().rev().map_while(|line| line.strip_prefix("// "));
    let mut lines: Vec<&str> = comment.collect();
    lines.reverse();
    Some(lines.join(" "))
}

fn tests(text: &str) -> Vec<Test> {
    let (mut found, mut attributes) = (Vec::new(), Vec::new());
    for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
        if line.starts_with("#[") {
            attributes.push(line);
            continue;
        }
        let name = line.strip_prefix("fn ").and_then(|rest| rest.split_once('('));
        if let Some((name, _)) = name.filter(|_| attributes.contains(&"#[test]")) {
            let of_some = attributes.iter().any(|line| line.starts_with("#[cfg("));
            found.push(Test { name: name.to_owned(), of_some });
        }
        attributes.clear();
    }
    found
}

/// What became of the tests of each program of a run, by their names without the modules.
fn outcomes(said: &str) -> Vec<Vec<(&str, &str)>> {
    let mut programs: Vec<Vec<(&str, &str)>> = Vec::new();
    for line in said.lines() {
        if line.starts_with("running ") && line.trim_end_matches('s').ends_with(" test") {
            programs.push(Vec::new());
        }
        let told = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "));
        if let (Some((name, outcome)), Some(program)) = (told, programs.last_mut()) {
            let name = name.trim_end_matches(" - should panic").rsplit("::").next().unwrap_or_default();
            program.push((name, outcome.split([',', ' ']).next().unwrap_or_default()));
        }
    }
    programs
}

/// What ran and each test that did not, with the reason; an error where a test is lost without one. `left_out` are
/// the tests that this run was told not to start, `skipped` the lines of those that say themselves what they lack.
pub(crate) fn account(
    programs: &[Program],
    said: &str,
    left_out: &[(&str, &str)],
    skipped: &str,
) -> Result<String, String> {
    let outcomes = outcomes(said);
    if outcomes.len() != programs.len() {
        return Err(format!("{} test programs ran, there are {}", outcomes.len(), programs.len()));
    }
    let (mut text, mut lost, mut long, mut of_a_unix) = (String::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut taken, mut passed) = (0, 0_usize);
    for (program, outcomes) in programs.iter().zip(&outcomes) {
        if let Some(reason) = &program.reason {
            let _ = writeln!(text, "  not there: {}, {}: {reason}", program.name, count(program.tests.len()));
            continue;
        }
        taken += 1;
        passed += outcomes.iter().filter(|(_, outcome)| *outcome == "ok").count();
        for Test { name, of_some } in &program.tests {
            match outcomes.iter().find(|(test, _)| test == name) {
                Some((_, "ignored")) => long.push(name.as_str()),
                Some(_) => (),
                None if *of_some => of_a_unix.push(name.as_str()),
                None if left_out.iter().any(|(test, _)| test == name) => (),
                None => lost.push(format!("{}: {name}", program.name)),
            }
        }
    }
    for (test, reason) in left_out {
        let _ = writeln!(text, "  not there: {test}: {reason}");
    }
    for line in skipped.lines() {
        let _ = writeln!(text, "  skipped: {line}");
    }
    let _ = writeln!(text, "  of a Unix, {}: {}", count(of_a_unix.len()), of_a_unix.join(", "));
    let _ = writeln!(text, "  long, {}: {}", count(long.len()), long.join(", "));
    if !lost.is_empty() {
        return Err(format!("tests that did not run, and nobody says why: {lost:#?}"));
    }
    Ok(format!("under Wine: {} passed, of {taken} test programs\n{text}", count(passed)))
}

fn count(tests: usize) -> String {
    if tests == 1 { "1 test".to_owned() } else { format!("{tests} tests") }
}

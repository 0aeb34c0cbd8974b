//! A program of one's own is made of this repository as a person would: another name, another project in the place of the
//! demo. Then what looks after the code has to be content.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Project, has, repository, skip};

const PROJECT: &str = "xtask/tests/fixtures/project";

/// What runs in it; the tests of staging, of GitHub and of windows know nothing of names and take long.
const CHECKS: [&[&str]; 4] = [
    &["cargo", "test", "--locked", "--no-fail-fast", "--bin", "ddstask"],
    &[
        "cargo",
        "test",
        "--locked",
        "--no-fail-fast",
        "--test",
        "cli",
        "--test",
        "docs",
        "--test",
        "house",
        "--test",
        "rename",
    ],
    &["cargo", "test", "--locked", "--no-fail-fast", "--test", "tauri", "--test", "tidy", "--test", "workflows"],
    &["uv", "run", "--frozen", "--directory", "backend", "mypy"],
];

/// A command in the fork; the test fails with all that it said if it fails.
fn run(fork: &Project, args: &[&str]) {
    // As `cargo xtask test` names it.
    let program = std::env::var_os(args[0].to_uppercase()).filter(|_| args[0] == "uv");
    let output = Command::new(program.unwrap_or_else(|| args[0].into()))
        .args(&args[1..])
        .current_dir(fork.root())
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("fork"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}\n{said}");
}

fn commit(fork: &Project) {
    run(fork, &["git", "add", "--all"]);
    let identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    run(fork, &[&["git"], &identity[..], &["commit", "-q", "-m", "all"]].concat());
}

/// Copies the files that git keeps, or would, below a folder of the repository.
fn take(fork: &Project, below: &str) {
    let folder = repository().join(below);
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&folder)
        .output()
        .unwrap();
    for path in String::from_utf8(output.stdout).unwrap().split('\0').filter(|path| !path.is_empty()) {
        if let Ok(bytes) = std::fs::read(folder.join(path)) {
            fork.write(path, bytes);
        }
    }
}

#[test]
#[ignore = "compiles the tool once more: minutes"]
fn a_program_of_ones_own_stays_green() {
    const NAME: &str = "a_program_of_ones_own_stays_green";
    for (program, command) in [("git", "apt-get install git"), ("uv", "pip install uv")] {
        if !has(program) {
            return skip(NAME, program, command);
        }
    }
    let fork = Project::empty();
    take(&fork, "");
    run(&fork, &["git", "init", "-q"]);
    commit(&fork);
    fork.run(&["rename", "deer-park", "--title", "Deer Park", "--identifier", "org.example.deer-park"]).expect_code(0);

    // The demo goes, and the made project comes, with its settings where the demo's were named.
    for path in ["backend/src", "backend/tests"] {
        std::fs::remove_dir_all(fork.path(path)).unwrap();
    }
    let [facts, pyproject, lock] =
        ["dds.toml", "backend/pyproject.toml", "backend/uv.lock"].map(|path| fork.read(path));
    take(&fork, PROJECT);
    fork.write("dds.toml", facts);
    fork.write("backend/pyproject.toml", pyproject);
    fork.write("backend/uv.lock", lock);
    commit(&fork);
    for check in CHECKS {
        run(&fork, check);
    }
}

//! The Positron shell's commands from outside: its requirements against the lock file, and what they say when they
//! can't do what they are for.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Project, has, repository, skip};

const PYPROJECT: &str = "shells/positron/pyproject.toml";

/// The files of this checkout that the requirements are compared in. A project elsewhere may have no lock that the shell could be
/// installed from; then the requirements are still those of the starter's.
const STARTER: [&str; 2] = ["backend/pyproject.toml", "backend/uv.lock"];

/// Whether the project of a checkout can be packaged with this shell.
fn brings_toga(root: &Path) -> bool {
    let facts: toml::Table = toml::from_str(&std::fs::read_to_string(root.join("dds.toml")).unwrap()).unwrap();
    let home = facts["backend"].get("root").and_then(|root| root.as_str()).unwrap_or("backend");
    std::fs::read_to_string(root.join(home).join("uv.lock")).is_ok_and(|lock| lock.contains("name = \"toga-core\"\n"))
}

/// A project in `backend/` with the starter's lock.
fn with_the_starters_lock() -> Project {
    let project = Project::new();
    for path in STARTER {
        project.write(path, std::fs::read(repository().join(path)).unwrap());
    }
    project
}

#[test]
fn briefcase_is_told_what_is_locked() {
    if !has("uv") {
        return skip("briefcase_is_told_what_is_locked", "uv", "cargo xtask test brings it");
    }
    let root = repository();
    let plan = if brings_toga(&root) {
        let check = ["positron-check", "--dry-run"];
        let output = Command::new(env!("CARGO_BIN_EXE_ddstask")).args(check).current_dir(root).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    } else {
        let project = with_the_starters_lock();
        project.write(PYPROJECT, std::fs::read(root.join(PYPROJECT)).unwrap());
        project.run(&["positron-check", "--dry-run"]).expect_code(0).stdout
    };
    assert!(plan.contains("pytest"), "{plan}");
    assert!(!plan.contains("stop"), "{plan}`cargo xtask positron-check --fix` writes {PYPROJECT} anew");
}

#[test]
fn what_has_no_toga_is_not_packaged() {
    let project = with_the_starters_lock();
    assert!(brings_toga(project.root()));
    let facts = project.read("dds.toml").replace("[backend]\n", "[backend]\nroot = \"shop\"\n");
    project.write("dds.toml", facts);
    assert!(!brings_toga(project.root()), "there is no lock");
    let refused = project.run(&["positron-check"]).expect_code(1).stderr;
    assert!(refused.contains("shop has no development environment that this command could use"), "{refused}");
    project.write("shop/uv.lock", "version = 1\n");
    assert!(!brings_toga(project.root()));
}

#[test]
fn stale_requirements_are_refused_and_mended() {
    if !has("uv") {
        return skip("stale_requirements_are_refused_and_mended", "uv", "cargo xtask test brings it");
    }
    let project = with_the_starters_lock();
    let stale = "[tool]\n# <from backend/uv.lock> x\nrequires = [\"django==1.0\"]\n# </from backend/uv.lock>\n";
    project.write(PYPROJECT, stale);
    let refused = project.run(&["positron-check"]).expect_code(1);
    assert!(refused.stderr.contains("`cargo xtask positron-check --fix` writes them anew"), "{}", refused.stderr);
    assert_eq!(project.read(PYPROJECT), stale);

    // What comes after it needs the backend's environment, which is not there.
    let _ = project.run(&["positron-check", "--fix", "--quiet"]);
    let mended = project.read(PYPROJECT);
    assert!(mended.contains("  \"toga-gtk==") && mended.contains("sys_platform == 'linux'"), "{mended}");
    assert!(!mended.contains("django==1.0"), "{mended}");
    let plan = project.run(&["positron-check", "--dry-run"]).expect_code(0).stdout;
    assert!(!plan.contains("stop") && !plan.contains("write"), "{plan}");

    project.write(PYPROJECT, "[tool]\n");
    let lost = project.run(&["positron-check", "--fix"]).expect_code(1);
    assert!(lost.stderr.contains("git restore shells/positron/pyproject.toml"), "{}", lost.stderr);
}

#[test]
fn a_disk_image_is_for_macos() {
    if cfg!(target_os = "macos") {
        return;
    }
    let refused = Project::new().run(&["positron-package-dmg"]).expect_code(1);
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("a macOS disk image can't be made on"), "{}", refused.stderr);
    assert!(refused.stderr.contains("next: run the same command on a Mac"), "{}", refused.stderr);
}

#[test]
fn a_window_needs_a_display() {
    if !cfg!(target_os = "linux") || !has("uv") {
        return;
    }
    let project = Project::new();
    let mut command = project.command(&["positron-smoke"]);
    let output = command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no display") && said.contains("xvfb-run -a"), "{said}");
}

//! The Positron shell's commands from outside: its requirements against the lock file, and what they say when they
//! can't do what they are for.

mod support;

use std::path::Path;
use std::process::Command;

use support::{Project, has, skip};

const PYPROJECT: &str = "shells/positron/pyproject.toml";

#[test]
fn briefcase_is_told_what_is_locked() {
    if !has("uv") {
        return skip("briefcase_is_told_what_is_locked", "uv", "cargo xtask test brings it");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output =
        Command::new(env!("CARGO_BIN_EXE_ddstask")).args(["positron-check", "--dry-run"]).current_dir(root).output();
    let plan = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(plan.contains("pytest"), "{plan}");
    assert!(!plan.contains("stop"), "{plan}`cargo xtask positron-check --fix` writes {PYPROJECT} anew");
}

#[test]
fn stale_requirements_are_refused_and_mended() {
    if !has("uv") {
        return skip("stale_requirements_are_refused_and_mended", "uv", "cargo xtask test brings it");
    }
    let project = Project::new();
    for path in ["backend/pyproject.toml", "backend/uv.lock"] {
        project.write(path, std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap());
    }
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

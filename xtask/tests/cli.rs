//! The command line as people and scripts meet it, through the real program.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::fmt::Write;

use expect_test::{expect, expect_file};
use support::{Project, has, skip};

/// The published names, spelled out here on purpose: a command that is renamed by accident is noticed.
const NAMES: &str = "
    install doctor clean rename completions man test test-one lint format typecheck check build bench
    migrate backend-dev task-worker docs-build docs docs-serve adopt packaged-stage
    electron-install electron-start electron-test dev packaged-start packaged-smoke package-dist package-dist-dir
    electron-package-dmg electron-package-dmg-fast electron-icons
    tauri-install tauri-test tauri-start tauri-smoke tauri-packaged-start tauri-packaged-smoke tauri-build
    tauri-icons
    positron-install positron-icons positron-check positron-start positron-smoke positron-create positron-build
    positron-package-dmg checksums checksums-verify signature-verify verify-rebuild
    github-package github-package-download github-package-latest-run github-package-latest-path
    github-package-download-latest github-package-tauri github-package-tauri-download github-package-tauri-latest-run
    github-package-tauri-latest-path github-package-tauri-download-latest
    github-release-draft github-release-verify github-release-publish release-prepare release-notes update-manifest sbom
    airgap-kit";

/// How each command that works is dry-run.
const DRY_RUNS: &[&[&str]] = &[
    &["airgap-kit", "--from", "dist"],
    &["bench"],
    &["backend-dev", "--port", "8001"],
    &["build"],
    &["checksums", "--glob", "dist/*.zip", "--output", "dist/new.txt"],
    &["checksums-verify", "dist/list.txt"],
    &["clean", "--store"],
    &["completions", "bash"],
    &["dev"],
    &["docs"],
    &["docs-build"],
    &["docs-serve", "--port", "8003"],
    &["doctor"],
    &["electron-icons"],
    &["electron-install"],
    &["electron-start"],
    &["electron-test"],
    &["format"],
    &["install"],
    &["lint"],
    &["man"],
    &["migrate", "--", "app"],
    &["positron-build"],
    &["positron-create"],
    &["positron-install"],
    &["positron-smoke"],
    &["positron-start"],
    &["release-notes", "v1.2.3", "--output", "notes.md"],
    &["positron-icons"],
    &["signature-verify", "dist/App.app"],
    &["task-worker"],
    &["tauri-icons"],
    &["tauri-install"],
    &["tauri-smoke"],
    &["tauri-start"],
    &["test-one", "tests/test_a.py"],
    &["typecheck"],
    &["update-manifest", "electron", "v1.2.3", "--from", "dist"],
    &["verify-rebuild", "dist", "--built", "dist"],
];

/// Commands that stage first, which needs uv; the disk images are for macOS only and say so elsewhere.
const STAGED_DRY_RUNS: &[&[&str]] = &[
    &["check"],
    &["package-dist", "--", "--linux", "zip"],
    &["package-dist-dir"],
    &["packaged-smoke"],
    &["packaged-stage", "--explain", "--offline", "--python-source", "host"],
    &["packaged-start"],
    &["tauri-build", "--", "--bundles", "deb"],
    &["tauri-packaged-smoke"],
    &["tauri-packaged-start"],
    &["tauri-test"],
    &["test", "--all"],
];
const FOLLOW_UPS: &[(&str, &str)] = &[
    ("package-dist", "\nwrite   dist/electron/deer-park-"),
    ("tauri-build", "\ncopy    packages in shells/tauri/src-tauri/target/**/release/bundle -> dist/tauri\n"),
    ("tauri-build", "\nwrite   dist/tauri/deer-park-tauri-"),
    ("test", "\ntell    which tests were skipped\ntell    which parts failed, and the command for each alone"),
    ("check", "\ntell    which parts failed, and the command for each alone"),
];
const ONLY_ON_MACOS: &[&str] = &["electron-package-dmg", "electron-package-dmg-fast", "positron-package-dmg"];

/// Asks uv what is locked; `positron.rs` dry-runs it.
const WITH_A_LOCK: &[&str] = &["positron-check"];

/// Looks at a project; `adopt.rs` dry-runs it.
const OF_A_PROJECT: &[&str] = &["adopt"];

/// Want a clean git checkout; `prepare.rs` and `rename.rs` dry-run them.
const OF_A_REPOSITORY: &[&str] = &["release-prepare", "rename"];

/// Commands that look at what is staged; `sbom.rs` dry-runs them.
const OF_A_STAGE: &[&str] = &["sbom"];

/// Commands that ask GitHub first; `github_download.rs` and `github_release.rs` dry-run them against a server.
const WITH_A_SERVER: &str = "github-";

fn help() -> String {
    Project::new().run(&["--help"]).expect_code(0).stdout
}

/// Names of the commands that `--help` shows.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| !name.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn help_fits_a_terminal() {
    let help = help();
    expect_file!["snapshots/help.txt"].assert_eq(&help);
    for line in help.lines() {
        assert!(line.chars().count() <= 100, "too long: {line}");
    }
    assert!(!help.contains("\n\n\n") && help.ends_with('\n') && !help.ends_with("\n\n"));
}

#[test]
fn help_names_every_published_command() {
    let help = help();
    let mut there = commands(&help);
    let mut published: Vec<&str> = NAMES.split_whitespace().collect();
    there.sort_unstable();
    published.sort_unstable();
    assert_eq!(there, published);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let project = Project::new();
    let wrong: &[&[&str]] = &[
        &[],
        &["no-such-command"],
        &["clean", "--no-such-flag"],
        &["test-one"],
        &["-q", "-v", "clean"],
        &["--color", "sometimes", "clean"],
        &["packaged-stage", "--verify", "--force"],
        &["packaged-stage", "--python-source", "moon"],
        &["checksums", "--glob", "["],
        &["checksums", "--glob", "[", "--output", "x"],
        &["checksums", "--glob", "*", "--output", "backend"],
        &["bench", "--runs", "0"],
        &["bench", "--json", "stage"],
        &["bench", "--python-source", "uv"],
        &["completions", "cmd.exe"],
    ];
    for args in wrong {
        let outcome = project.run(args).expect_code(2);
        assert_eq!(outcome.stdout, "", "{args:?}");
    }
}

#[test]
fn a_folder_without_dds_toml_is_no_checkout() {
    let outcome = Project::empty().run(&["clean"]).expect_code(1);
    expect![[r"
        error: there is no dds.toml in <root> or above it
          next: run the command inside a checkout of the starter; if the file was deleted, `git restore dds.toml` brings it back
    "]]
    .assert_eq(&outcome.both());
}

#[test]
fn help_needs_no_checkout() {
    let project = Project::empty();
    project.run(&["--help"]).expect_code(0);
    project.run(&["packaged-stage", "--help"]).expect_code(0);
    project.run(&["--version"]).expect_code(0);
}

#[test]
fn mistakes_in_dds_toml_are_shown_with_their_line() {
    let project = Project::new();
    let text = project.read("dds.toml");
    project.write("dds.toml", text.replacen("\n[python]\n", "\n[pyhton]\n", 1));
    let outcome = project.run(&["clean"]).expect_code(1);
    assert!(outcome.stderr.contains("unknown field `pyhton`, expected one of `project`, "), "{outcome:?}");
    project.write("dds.toml", text + "\n[stage]\nkeep = \"four\"\n");
    let outcome = project.run(&["clean"]).expect_code(1);
    assert!(outcome.stderr.contains("invalid type: string \"four\", expected usize"), "{outcome:?}");
    assert!(outcome.stderr.contains("next: mend that line of dds.toml"), "{outcome:?}");
}

#[test]
fn the_root_is_found_from_below() {
    let project = Project::new();
    let mut command = project.command(&["clean", "--dry-run"]);
    let output = command.current_dir(project.path("backend/src")).output().unwrap();
    assert!(output.status.success());
    assert!(project.anonymous(&output.stdout).contains("remove  .stage/backend"));
}

/// A project in which every command has something to do, and that uv need not look at.
fn busy() -> Project {
    let project = Project::new();
    project.write("backend/.venv/pyvenv.cfg", "");
    project.write("shells/positron/.venv/pyvenv.cfg", "");
    project.write(".stage/store/app/x/layer.json", "");
    project.write("dist/a.zip", "a");
    project.write("dist/list.txt", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a.zip\n");
    project.write("dist/deer-park-linux-1.2.3-x86_64.AppImage", "image");
    project.write("CHANGELOG.md", "## 1.2.3\n\n- All of it.\n");
    for name in ["release-notes.md.j2", "INSTALL.md.j2", "VERIFY.md.j2"] {
        project.write(&format!("release-templates/{name}"), "{{ title }}\n");
    }
    let program = env!("CARGO_BIN_EXE_ddstask");
    project.env("UV", program).env("SOURCE_DATE_EPOCH", "1795345629")
}

#[test]
fn a_dry_run_changes_nothing() {
    let project = busy();
    let before = project.tree();
    for args in DRY_RUNS {
        let args: Vec<&str> = args.iter().take(1).chain(&["--dry-run"]).chain(args.iter().skip(1)).copied().collect();
        let outcome = project.run(&args);
        assert!(args[0] == "doctor" || outcome.code == 0, "{args:?} {outcome:?}");
        assert!(!outcome.both().is_empty(), "{args:?} printed no plan");
        assert_eq!(project.tree(), before, "{args:?} changed something");
    }
}

/// What commands with nothing to ask of the machine would do, on each system.
#[test]
fn plans_are_what_they_were() {
    let project = busy().env("PATH", "").env("DISPLAY", ":0");
    for (host, expected) in [
        ("linux-x64", expect_file!["snapshots/dry-runs-linux.txt"]),
        ("macos-arm64", expect_file!["snapshots/dry-runs-macos.txt"]),
        ("windows-x64", expect_file!["snapshots/dry-runs-windows.txt"]),
    ] {
        let mut plans = String::new();
        for args in DRY_RUNS.iter().filter(|args| !["doctor", "completions", "man"].contains(&args[0])) {
            let args: Vec<&str> = ["--dry-run"].iter().chain(*args).copied().collect();
            let output = project.command(&args).env("DDSTASK_PLAN_FOR", host).output().unwrap();
            let said = project.anonymous(&output.stdout) + &project.anonymous(&output.stderr);
            let _ = writeln!(plans, "$ {}\n{}", args[1..].join(" "), said.trim_end());
        }
        // There, what a run says has lost its backslashes, those of patterns and quotes among them.
        if cfg!(windows) {
            assert_eq!(plans, expected.data().replace("\r\n", "\n").replace('\\', "/"));
        } else {
            expected.assert_eq(&plans);
        }
    }
}

#[test]
fn a_plan_for_another_system_is_never_carried_out() {
    let project = Project::new().env("DDSTASK_PLAN_FOR", "windows-x64");
    let said = project.run(&["clean"]).expect_code(2).stderr;
    assert!(said.contains("is for plans only") && said.contains("next: add --dry-run"), "{said}");
    let project = Project::new().env("DDSTASK_PLAN_FOR", "beos");
    assert!(project.run(&["clean", "--dry-run"]).expect_code(2).stderr.contains("known systems: linux-x64"));
}

#[test]
fn every_command_that_works_is_dry_run_by_these_tests() {
    let mut tried: Vec<&str> = DRY_RUNS.iter().chain(STAGED_DRY_RUNS).map(|args| args[0]).collect();
    tried.extend(ONLY_ON_MACOS.iter().chain(WITH_A_LOCK).chain(OF_A_PROJECT).chain(OF_A_STAGE).chain(OF_A_REPOSITORY));
    let mut working = commands(&help());
    working.retain(|name| !name.starts_with(WITH_A_SERVER));
    tried.sort_unstable();
    working.sort_unstable();
    assert_eq!(working, tried);
}

#[test]
fn dry_runs_that_stage_change_nothing() {
    if !has("uv") {
        return skip("dry_runs_that_stage_change_nothing", "uv", "pip install uv");
    }
    let project = Project::new();
    let before = project.tree();
    for args in STAGED_DRY_RUNS {
        let args: Vec<&str> = args.iter().take(1).chain(&["--dry-run"]).chain(args.iter().skip(1)).copied().collect();
        let outcome = project.run(&args).expect_code(0);
        let plan = &outcome.stdout;
        assert!(plan.contains("layer   runtime") && plan.contains("swap    .stage/backend"), "{outcome:?}");
        assert_eq!(args[0] != "packaged-stage", plan.contains("shells/"), "{outcome:?}");
        // What follows the packager is part of its plan.
        for (command, follows) in FOLLOW_UPS.iter().filter(|(command, _)| *command == args[0]) {
            assert!(plan.contains(follows), "{command} does not say `{follows}`: {plan}");
        }
        assert_eq!(project.tree(), before, "{args:?} changed something");
    }
}

#[test]
#[cfg(not(target_os = "macos"))]
fn a_disk_image_elsewhere_than_on_macos_is_one_clear_error() {
    let said = Project::new().run(&["electron-package-dmg"]).expect_code(1).stderr;
    assert!(said.contains("a macOS disk image can't be made on") && said.contains("next: "), "{said}");
    let said = Project::new().run(&["electron-package-dmg-fast"]).expect_code(1).stderr;
    assert!(said.contains("there is no staged backend") && said.contains("packaged-stage"), "{said}");
}

#[test]
fn completions_and_manual_know_the_commands() {
    let project = Project::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = project.run(&["completions", shell]).expect_code(0).stdout;
        assert!(script.contains("packaged-stage") && script.contains("airgap-kit"), "{shell}");
    }
    // With its backslashes, which elsewhere are those of paths.
    let page = String::from_utf8(project.command(&["man"]).output().unwrap().stdout).unwrap();
    assert!(page.starts_with(".ie") || page.starts_with(".TH"), "no manual page");
    assert!(page.contains("packaged\\-stage"));
}

/// What a shell's program says that reads the completion script; nothing where the shell is not there.
fn completed(shell: &str, test: &str, args: &[&str]) -> Option<String> {
    if !has(shell) {
        skip(test, shell, &format!("apt-get install {shell}"));
        return None;
    }
    let project = Project::new();
    project.write("completion", project.run(&["completions", shell]).expect_code(0).stdout);
    let output = std::process::Command::new(shell)
        .args(args)
        .current_dir(project.root())
        .env("HOME", project.root())
        .env_remove("XDG_CONFIG_HOME")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn bash_completes_cargo_xtask_and_leaves_the_rest_to_cargo() {
    let completed = |words: &[&str]| {
        let [.., before, last] = words else { panic!("two words") };
        let line = format!(
            "rustc() {{ :; }}; source ./completion; _cargo() {{ COMPREPLY=(of-cargo); }}\n\
             COMP_WORDS=({}) COMP_CWORD={}\n_ddstask_or_cargo cargo '{last}' '{before}'\necho \"${{COMPREPLY[@]}}\"\n\
             complete -p cargo",
            words.join(" "),
            words.len() - 1
        );
        completed("bash", "bash_completes_cargo_xtask_and_leaves_the_rest_to_cargo", &["-c", &line])
    };
    let Some(commands) = completed(&["cargo", "xtask", "packaged-s"]) else { return };
    expect![[r"
        packaged-stage packaged-start packaged-smoke
        complete -o bashdefault -o default -F _ddstask_or_cargo cargo
    "]]
    .assert_eq(&commands);
    let completed = |words: &[&str]| completed(words).unwrap_or_default();
    assert!(completed(&["cargo", "xtask", "packaged-stage", "--off"]).starts_with("--offline\n"));
    assert!(completed(&["cargo", "bu"]).starts_with("of-cargo\n"));
}

#[test]
fn fish_completes_cargo_xtask_and_leaves_the_rest_to_cargo() {
    let line = "complete -c cargo -a of-cargo; source ./completion; \
                for line in 'xtask packaged-s' 'xtask packaged-stage --off' 'of-c'; complete -C \"cargo $line\"; end";
    let test = "fish_completes_cargo_xtask_and_leaves_the_rest_to_cargo";
    let Some(said) = completed("fish", test, &["--no-config", "-c", line]) else { return };
    let words: Vec<&str> = said.lines().map(|line| line.split('\t').next().unwrap_or_default()).collect();
    assert_eq!(words, ["packaged-smoke", "packaged-stage", "packaged-start", "--offline", "of-cargo"], "{said}");
}

/// In a real terminal, because zsh completes nowhere else. `cargo` says what it was called with.
#[test]
fn zsh_completes_cargo_xtask_and_leaves_the_rest_to_cargo() {
    let driver = support::repository().join("xtask/tests/support/complete.zsh");
    let lines = ["xtask release-pre", "xtask packaged-stage --offl", "of-c"];
    let args = [&["-f", driver.to_str().unwrap()], lines.as_slice()].concat();
    let Some(said) = completed("zsh", "zsh_completes_cargo_xtask_and_leaves_the_rest_to_cargo", &args) else { return };
    assert_eq!(said, "xtask release-prepare\nxtask packaged-stage --offline\nof-cargo\n");
}

#[test]
fn powershell_completes_cargo_xtask_with_what_completes_ddstask() {
    let script = Project::new().run(&["completions", "powershell"]).expect_code(0).stdout;
    // `using` has to be the first of a file, and a program has one completer.
    assert!(script.trim_start().starts_with("using namespace System.Management.Automation\n"));
    for name in ["ddstask", "cargo"] {
        assert_eq!(script.matches(&format!("-Native -CommandName '{name}'")).count(), 1, "{name}");
    }
}

#[test]
fn talk_goes_to_stderr_and_quiet_means_quiet() {
    let project = busy();
    let args = ["checksums", "--glob", "dist/*.zip", "--output", "dist/new.txt"];
    let outcome = project.run(&args).expect_code(0);
    expect![[r"
        dist/new.txt: 1 file (1 B)
    "]]
    .assert_eq(&outcome.stderr);
    assert_eq!(outcome.stdout, "");
    let outcome = project.run(&[&["-q"], args.as_slice()].concat()).expect_code(0);
    assert_eq!(outcome.both(), "");
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let project = Project::empty();
    let stderr = |args: &[&str]| project.run(args).expect_code(1).stderr;
    assert!(stderr(&["clean"]).starts_with("error: "));
    assert!(stderr(&["clean", "--color", "always"]).starts_with("\u{1b}[1m\u{1b}[31merror:"));
}

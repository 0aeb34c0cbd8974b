//! Commands for people who work on the code: all parts run, what went is told, and the Python that was chosen is taken.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use support::Project;

/// A project whose `uv`, `cargo`, `npm` and `node` write down what they are asked for, in `asked.txt`.
#[cfg(unix)]
fn with_programs(answers: &str) -> Project {
    let project = Project::new();
    for name in ["uv", "cargo", "npm", "node"] {
        let script = format!(
            "#!/bin/sh\nroot=$(cd \"$(dirname \"$0\")/..\" && pwd)\necho \"{name} $*\" >> \"$root/asked.txt\"\n{answers}"
        );
        program(&project, &format!("tools/{name}"), &script);
    }
    project.write("backend/.venv/pyvenv.cfg", "");
    for folder in [".github", "docs", "shells/electron", "shells/positron"] {
        project.write(&format!("{folder}/package-lock.json"), "{}");
    }
    let path = format!("{}:/usr/bin:/bin", project.path("tools").display());
    project.env("PATH", path).env("HOME", "/nonexistent").env("PYENV_ROOT", "").env("UV", "")
}

#[cfg(unix)]
fn program(project: &Project, path: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;

    project.write(path, script);
    std::fs::set_permissions(project.path(path), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[cfg(unix)]
fn a_log_hears_of_a_uv_that_takes_its_time_to_come() {
    let project = with_programs("");
    std::fs::remove_file(project.path("tools/uv")).unwrap();
    let python = "#!/bin/sh\ncase \"$*\" in *install*) sleep 9;; esac\n";
    program(&project, "tools/python3", python);
    let said = project.run(&["packaged-stage"]).stderr;
    let beat = said.lines().nth(1).unwrap_or_default().trim();
    assert!(
        said.starts_with("==> install uv ") && beat.starts_with("install uv ") && beat.ends_with(" so far"),
        "{said}"
    );
}

#[test]
#[cfg(unix)]
fn check_runs_all_its_parts_and_sums_up_what_failed() {
    let failing = "case \"$*\" in 'fmt --all --check') exit 7;; *pytest) exit 5;; esac\n";
    let project = with_programs(failing);
    let outcome = project.run(&["check"]).expect_code(7);
    let asked = project.read("asked.txt");
    for part in [
        "cargo fmt --all --check",
        "uv run --frozen ruff format . ../docs ../xtask --check",
        "cargo clippy --workspace",
        "uv run --frozen mypy",
        "uv run --frozen sphinx-build",
        "cargo test --locked --no-fail-fast",
        "uv run --frozen pytest",
        "npm test --silent",
        "uv run --frozen --project ../../backend pytest",
    ] {
        assert!(asked.lines().any(|line| line.starts_with(part)), "{part} did not run:\n{asked}");
    }
    assert!(!asked.contains("cargo check "), "clippy has looked at the types already:\n{asked}");
    // These programs stage nothing, which is a failed part like the others.
    let (_, summary) = outcome
        .stderr
        .split_once("error: 4 parts failed; all other parts passed\n")
        .unwrap_or_else(|| panic!("{}", outcome.stderr));
    assert!(summary.contains("because: `cargo fmt --all --check` ended with exit code 7\n"), "{summary}");
    assert!(summary.contains("next: `cargo xtask format` formats all of it\n"), "{summary}");
    assert_eq!(summary.matches("pytest  (in ").count(), 2, "{summary}");
    assert!(summary.ends_with("next: run each of them alone with the command above\n"), "{summary}");
}

/// What the programs were asked for by the commands that look after the code, and what was said.
#[cfg(unix)]
fn looked_after(project: &Project) -> (String, String) {
    let commands = [&["format", "--check"] as &[_], &["lint"], &["typecheck"]];
    let said: String = commands.map(|args| project.run(args).expect_code(0).both()).concat();
    // These programs stage nothing, which is the one part that fails.
    let tested = project.run(&["test", "--no-skip"]).expect_code(1);
    assert!(tested.stderr.contains("error: 1 part failed; all other parts passed\n"), "{}", tested.stderr);
    (project.read("asked.txt"), said + &tested.both())
}

/// It brings a project of its own, so its types and tests need nothing but the starter's environment.
#[cfg(unix)]
fn only_positron_is_tested_with_python(asked: &str) {
    let mut lines: Vec<&str> = asked.lines().filter(|line| line.contains("pytest") || line.contains("mypy")).collect();
    lines.sort_unstable();
    let positron = ["mypy", "pytest"].map(|program| format!("uv run --frozen --project ../../backend {program}"));
    assert_eq!(lines, positron, "{asked}");
}

#[test]
#[cfg(unix)]
fn install_makes_each_environment_that_there_can_be() {
    let project = with_programs("");
    let sync = |project: &Project| {
        let said = project.run(&["install"]).expect_code(0).both();
        let asked = std::fs::read_to_string(project.path("asked.txt")).unwrap_or_default();
        std::fs::remove_file(project.path("asked.txt")).unwrap();
        (asked.matches("uv sync --frozen\n").count(), said)
    };
    assert_eq!(sync(&project).0, 1, "one for all in backend/");
    let facts = project.read("dds.toml");
    project.write("dds.toml", facts.replace("[backend]\n", "[backend]\nroot = \"shop\"\n"));
    project.write("shop/requirements.txt", "Django\n");
    let (synced, said) = sync(&project);
    assert_eq!(synced, 1, "the starter's, whose tests need it");
    assert!(said.contains("left out: the environment of shop: there is no shop/uv.lock\n"), "{said}");
    // What would be run in it says that there is none, instead of taking another Python.
    let refused = project.run(&["migrate"]).expect_code(1).stderr;
    assert!(refused.contains("shop has no development environment that this command could use"), "{refused}");
    assert!(refused.contains("shop/uv.lock, which is not there"), "{refused}");
    project.run(&["test-one", "shells/positron/tests/test_words.py"]).expect_code(0);
    let asked = project.read("asked.txt");
    assert!(asked.contains("uv run --frozen --project ../../backend pytest -m  tests/test_words.py\n"), "{asked}");
    project.write("shop/uv.lock", "version = 1\n");
    assert_eq!(sync(&project).0, 2);
    project.write("shop/.git", "gitdir: elsewhere\n");
    let (synced, said) = sync(&project);
    assert_eq!(synced, 1);
    assert!(said.contains("left out: the environment of shop: it is a project of its own\n"), "{said}");
}

#[test]
#[cfg(unix)]
fn of_a_project_in_a_repository_of_its_own_the_parts_of_the_starter_are_checked() {
    let project = with_programs("");
    project.write("vendor/shop/.git", "gitdir: elsewhere\n");
    project.write("dds.toml", project.read("dds.toml").replace("[backend]\n", "[backend]\nroot = \"vendor/shop\"\n"));
    let (asked, said) = looked_after(&project);
    for part in [
        "cargo fmt --all --check",
        "uv run --frozen ruff format desktop_runtime ../docs ../xtask --check",
        "uv run --frozen ruff check desktop_runtime ../docs ../xtask",
        "uv run --frozen --project ../../backend ruff check",
        "uv run --frozen zizmor",
        "cargo test --locked --no-fail-fast",
        "npm test --silent",
    ] {
        assert!(asked.lines().any(|line| line.starts_with(part)), "{part} did not run:\n{asked}");
    }
    only_positron_is_tested_with_python(&asked);
    let why = "vendor/shop is a project of its own, with checks of its own";
    for part in ["`ruff format`", "`ruff check`", "`mypy`", "`pytest`"] {
        assert!(said.contains(&format!("left out: {part} over vendor/shop: {why}\n")), "{said}");
    }
    let dry = project.run(&["typecheck", "--dry-run"]).expect_code(0).stdout;
    assert!(dry.contains(&format!("leave   `mypy` over vendor/shop: {why}\n")), "{dry}");
    // It is not developed here, so no test of it can be named; those of the starter can.
    assert!(
        project.run(&["test-one", "vendor/shop/test_a.py"]).expect_code(1).stderr.contains("is a project of its own")
    );
    project.run(&["test-one", "kill"]).expect_code(0);
    assert!(!project.path("vendor/shop/.venv").exists());
}

#[test]
#[cfg(unix)]
fn a_project_elsewhere_is_checked_with_what_it_has() {
    let project = with_programs("");
    project.write("dds.toml", project.read("dds.toml").replace("[backend]\n", "[backend]\nroot = \"shop\"\n"));
    project.write("shop/pyproject.toml", "[project]\nname = \"shop\"\nversion = \"1\"\n\n[tool.ruff.lint]\n");
    project.write("shop/uv.lock", "[[package]]\nname = \"ruff\"\n\n[[package]]\nname = \"pytest\"\n");
    project.write("shop/.venv/pyvenv.cfg", "");
    let (asked, said) = looked_after(&project);
    assert!(asked.contains("uv run --frozen ruff check .\n") && asked.contains("ruff format . --check\n"), "{asked}");
    only_positron_is_tested_with_python(&asked);
    assert!(said.contains("left out: `mypy` over shop: shop/uv.lock has no mypy\n"), "{said}");
    assert!(said.contains("left out: `pytest` over shop: shop/pyproject.toml has no [tool.pytest]\n"), "{said}");
    for program in ["mypy", "pytest"] {
        let line = format!("left out: `{program}` over backend/desktop_runtime: it goes with a project in backend\n");
        assert_eq!(said.matches(&line).count(), 1, "{said}");
    }
    project.write("shop/uv.lock", "[[package]\n");
    let refused = project.run(&["lint"]).expect_code(1).stderr;
    assert!(refused.contains("cannot understand shop/uv.lock"), "{refused}");
}

/// Otherwise build scripts run again in turn with those of `cargo run`, and half of the crates with them.
#[test]
#[cfg(unix)]
fn a_cargo_below_does_not_see_which_package_this_program_is_from() {
    let project = with_programs("env >> \"$root/seen.txt\"\n");
    let of_cargo_run = [("CARGO_MANIFEST_DIR", "/x"), ("CARGO_PKG_NAME", "xtask"), ("CARGO_PKG_VERSION_PRE", "")];
    let project = project.env("CARGO_HOME", "/own");
    let project = of_cargo_run.into_iter().fold(project, |project, (name, value)| project.env(name, value));
    project.run(&["format", "--check"]).expect_code(0);
    let seen = project.read("seen.txt");
    assert!(seen.contains("CARGO_HOME=/own"), "{seen}");
    assert!(!seen.contains("CARGO_MANIFEST_DIR") && !seen.contains("CARGO_PKG_"), "{seen}");
}

#[test]
fn clean_says_what_went() {
    let project = Project::new();
    project.write("dist/a.zip", "12345");
    project.write(".stage/store/app/x/layer.json", "");
    let said = project.run(&["clean"]).expect_code(0).stderr;
    assert_eq!(said, "removed dist  (1 file, 5 B)\n");
    assert_eq!(project.run(&["clean"]).expect_code(0).stderr, "there was nothing to remove\n");
    assert!(project.path(".stage/store/app/x/layer.json").is_file(), "the store stays");
    let said = project.run(&["clean", "--store"]).expect_code(0).stderr;
    assert_eq!(said, "removed .stage/store  (1 file, 0 B)\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_a_full_disk_swallows_is_an_error() {
    let project = Project::new();
    for args in [&["clean", "--dry-run"] as &[_], &["completions", "bash"], &["--help"], &["--version"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = project.command(args).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(
            said.starts_with("error: the result could not be written to stdout\n  because: No space left"),
            "{said}"
        );
        assert!(said.contains("next: free some space"), "{said}");
    }
}

#[test]
fn who_reads_no_further_is_no_failure() {
    let project = Project::new();
    for args in [&["completions", "bash"] as &[_], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = project.command(args).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(0), ""), "{args:?}");
    }
}

/// Cargo itself says that a compiler is too old; the page of troubles has its words.
#[test]
fn who_has_an_old_compiler_finds_what_cargo_says() {
    let project = Project::empty();
    let manifest =
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"1.999\"\n[workspace]\n";
    project.write("Cargo.toml", manifest);
    project.write("src/lib.rs", "");
    let mut cargo = std::process::Command::new(env!("CARGO"));
    let output = cargo.args(["check", "--offline"]).current_dir(project.root()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let words = "is not supported by the following package";
    assert!(!output.status.success() && said.contains(words) && said.contains("requires rustc 1.999"), "{said}");
    let page = std::fs::read_to_string(support::repository().join("docs/troubleshooting.md")).unwrap();
    assert!(page.contains(words) && page.contains("`rustup update`"));
}

/// What `doctor` finds as the Python of the machine, and what uv was asked for.
#[cfg(unix)]
fn python_of(version: &str, request: &str) -> (String, String) {
    let project = with_programs(&format!(
        "case \"$*\" in \"python find\"*{request}) echo \"$root/own/python\";; \"python find\"*) exit 2;; esac\n"
    ));
    let project = project.env("UV_PYTHON", request);
    let own = project.path("own").canonicalize().unwrap_or_else(|_| project.path("own")).display().to_string();
    let answer = format!(
        r#"{{"version": "{version}", "executable": "{own}/python", "prefix": "{own}", "stdlib": "{own}/lib", "platstdlib": "{own}/lib"}}"#
    );
    program(&project, "own/python", &format!("#!/bin/sh\necho '{answer}'\n"));
    project.write("own/lib/os.py", "");
    let seen: serde_json::Value = serde_json::from_str(&project.run(&["doctor", "--json"]).stdout).unwrap();
    (seen.to_string(), project.read("asked.txt"))
}

#[test]
#[cfg(unix)]
fn the_python_that_uv_python_names_is_the_one() {
    let (seen, asked) = python_of("3.13.9", "3.13");
    assert!(seen.contains("3.13.9 in ") && seen.contains("/own"), "{seen}");
    assert!(asked.contains("uv python find --no-project --no-python-downloads 3.13\n"), "{asked}");
    let (seen, _) = python_of("3.9.1", "old");
    assert!(seen.contains("UV_PYTHON names `old`, which is 3.9.1; 3.12 or newer is needed"), "{seen}");
}

/// uv is shown the interpreters of every pyenv whose shims are on PATH, and keeps the shims of other programs.
#[test]
#[cfg(unix)]
fn pythons_are_found_wherever_pyenv_asdf_or_mise_keep_them() {
    let project =
        with_programs("case \"$*\" in 'python list'*) echo \"$PATH\" > \"$root/path.txt\"; echo '[]';; esac\n");
    project.write("pyenv/versions/3.13.1/bin/python3", "");
    project.write("pyenv/shims/python3", "");
    project.write("mise/shims/python3", "");
    let path = |name: &str| project.path(name).display().to_string();
    let given = [path("tools"), path("pyenv/shims"), path("mise/shims"), "/usr/bin:/bin".to_owned()].join(":");
    let mut doctor = project.command(&["doctor"]);
    doctor.env("PATH", given).output().unwrap();
    let wanted = [path("pyenv/versions/3.13.1/bin"), path("tools"), path("mise/shims"), "/usr/bin:/bin".to_owned()];
    assert_eq!(project.read("path.txt").trim(), wanted.join(":"));
}

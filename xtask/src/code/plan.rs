//! Formatting, linting, type checks and tests of everything but the shells, whose rows say what they add.

use crate::base::act::{Plan, Step};
use crate::base::backend::{self, Interpreter};
use crate::base::checkers::{Bench, Checkers, left_out};
use crate::base::cmd::Cmd;
use crate::base::env;
use crate::base::layout::Layout;
use crate::shell::model::{HOW_TO_FORMAT, TestRun};
use crate::shell::positron::plan as positron;

/// rustfmt and ruff.
pub(crate) fn format(layout: &Layout, checkers: &Checkers, only_look: bool) -> Plan {
    let flag = only_look.then_some("--check");
    let fmt = Cmd::new("cargo").args(["fmt", "--all"]).args(flag).remedy(HOW_TO_FORMAT);
    let ruff = ruff(layout, checkers, "format", |cmd| cmd.args(flag).remedy(HOW_TO_FORMAT));
    Plan::new().run(fmt).and(ruff)
}

/// clippy and ruff.
pub(crate) fn lint(layout: &Layout, checkers: &Checkers) -> Plan {
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    let remedy = |cmd: Cmd| {
        let folder = cmd.cwd.clone();
        cmd.remedy(format!("`uv run ruff check --fix` in {folder} mends most findings"))
    };
    Plan::new().run(Cmd::new("cargo").args(clippy)).and(ruff(layout, checkers, "check", remedy))
}

/// ruff over the starter's Python and over the project's, which the starter's own is one with.
fn ruff(layout: &Layout, checkers: &Checkers, verb: &str, with: impl Fn(Cmd) -> Cmd) -> Plan {
    let home = layout.starter_backend();
    let own = if checkers.is_in_place() { ".".into() } else { layout.runtime().strip_prefix(home).unwrap_or(home) };
    let others = [layout.docs(), layout.tool()].map(|folder| format!("../{folder}"));
    let starter = match &checkers.starter {
        Some(bench) => Plan::new().run(with(bench.run(&["ruff", verb, own.as_str(), &others[0], &others[1]]))),
        None => left_out("ruff over the starter's Python", &format!("there is no {home}/uv.lock")),
    };
    if checkers.is_in_place() {
        return starter;
    }
    starter.and(of_project(layout, checkers, &["ruff", verb, "."], with))
}

/// Runs a program of the project's environment, where it has it.
fn of_project(layout: &Layout, checkers: &Checkers, args: &[&str], with: impl Fn(Cmd) -> Cmd) -> Plan {
    match checkers.of_project(args[0]) {
        Ok(bench) => Plan::new().run(with(bench.run(args))),
        Err(why) => left_out(&format!("`{}` over {}", args.join(" ").trim_end_matches(" ."), layout.backend()), &why),
    }
}

/// Says that the launcher's own types or tests are left out: their settings are those of the starter's backend.
fn of_runtime(layout: &Layout, checkers: &Checkers, program: &str) -> Plan {
    if checkers.is_in_place() {
        return Plan::new();
    }
    let what = format!("`{program}` over {}", layout.runtime());
    left_out(&what, &format!("it goes with a project in {}", layout.starter_backend()))
}

/// mypy.
pub(crate) fn types(layout: &Layout, checkers: &Checkers) -> Plan {
    of_runtime(layout, checkers, "mypy").and(of_project(layout, checkers, &["mypy"], |cmd| cmd))
}

/// actionlint and zizmor. Neither asks the network, so a finding is the same everywhere; a shell checker that a machine
/// may or may not have is left out for the same reason.
pub(crate) fn lint_workflows(layout: &Layout, python: Interpreter<'_>) -> Plan {
    let tools: [&[&str]; 2] = [
        &["actionlint", "-shellcheck=", "-pyflakes="],
        &["zizmor", "--offline", "--no-progress", "--strict-collection", "--persona=pedantic", "."],
    ];
    tools.into_iter().map(|args| backend::run(layout.workflows(), python, args)).collect()
}

/// What the compiler says without making anything.
pub(crate) fn types_of_the_tool() -> Cmd {
    Cmd::new("cargo").args(["check", "--workspace", "--all-targets", "--locked"])
}

/// The tool's tests and the backend's. `before` brings what they need of the shells.
pub(crate) fn test(layout: &Layout, run: &TestRun<'_>, before: Plan) -> Plan {
    let cargo = Cmd::new("cargo").arg("test");
    // Without --workspace the program that measures is not compiled.
    let cargo = if run.all {
        cargo.args(["--workspace", "--locked", "--no-fail-fast", "--", "--include-ignored"])
    } else {
        cargo.args(["--locked", "--no-fail-fast"])
    };
    let log = |cmd: Cmd| cmd.env(env::SKIP_LOG, run.skip_log.as_str());
    // `long` is a word of the starter's tests.
    let all = (run.all && run.checkers.is_in_place()).then_some(["-m", ""]);
    let pytest = of_project(layout, run.checkers, &["pytest"], |cmd| log(cmd.args(all.into_iter().flatten())));
    Plan::new()
        // Compilation makes the folder, unless it is done elsewhere.
        .then(Step::Write { path: run.skip_log.to_owned(), contents: String::new() })
        .and(before)
        .run(log(cargo).env(env::UV, run.uv.as_str()))
        .and(of_runtime(layout, run.checkers, "pytest"))
        .and(pytest)
}

/// One test; the form of its name says which language it is. `bench` is for those of pytest.
pub(crate) fn test_one(layout: &Layout, bench: Option<&Bench>, target: &str, rest: &[String]) -> Plan {
    let file = file_of(target);
    let within = |folder: &str| target.strip_prefix(folder).map(|below| below.trim_start_matches('/'));
    let cmd = match (bench, within(positron::FOLDER)) {
        (Some(bench), Some(below)) => {
            positron::within(&bench.home, bench.python.as_deref(), &["pytest", "-m", "", below])
        }
        (Some(bench), None) => bench.run(&["pytest", within(layout.backend().as_str()).unwrap_or(target)]),
        (None, _) if file.ends_with("js") && file.contains('.') => Cmd::new("node").args(["--test", target]),
        (None, _) => Cmd::new("cargo").args(["test", "--workspace", "--locked", target, "--", "--include-ignored"]),
    };
    Plan::new().run(cmd.args(rest.iter().cloned()))
}

/// Whether a test is one of the Positron shell.
pub(crate) fn is_of_positron(target: &str) -> bool {
    target.starts_with(positron::FOLDER)
}

/// Whether a test is one of pytest.
pub(crate) fn is_python(layout: &Layout, target: &str) -> bool {
    let file = file_of(target);
    file.contains(".py") || file.starts_with(layout.backend().as_str())
}

fn file_of(target: &str) -> &str {
    target.split("::").next().unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use expect_test::expect;

    use super::*;
    use crate::base::config::Config;
    use crate::base::env::Env;

    fn layout() -> Layout {
        let config = Config::parse(include_str!("../../tests/fixtures/project/dds.toml")).unwrap();
        Layout::new("/repo".into(), &config, &Env::default())
    }

    #[test]
    fn the_form_of_a_name_decides_who_runs_it() {
        let all: String = [
            "backend/tests/test_items.py::test_create",
            "tests/test_items.py",
            "shells/positron/tests/test_facts.py",
            "shells/electron/tests/menu.test.js",
            "kill",
        ]
        .into_iter()
        .map(|target| {
            let bench = is_python(&layout(), target).then(|| Bench { home: "backend".into(), python: None });
            test_one(&layout(), bench.as_ref(), target, &["-x".to_owned()]).to_string()
        })
        .collect();
        expect![[r#"
            run     uv run --frozen pytest tests/test_items.py::test_create -x  (in backend)
            run     uv run --frozen pytest tests/test_items.py -x  (in backend)
            run     uv run --frozen --project ../../backend pytest -m '' tests/test_facts.py -x  (in shells/positron)
            run     node --test shells/electron/tests/menu.test.js -x
            run     cargo test --workspace --locked kill -- --include-ignored -x
        "#]]
        .assert_eq(&all);
    }

    #[test]
    fn long_tests_only_run_when_asked_for() {
        let (uv, skip_log) = (Utf8Path::new("uv"), Utf8Path::new("target/skipped.txt"));
        let checkers = Checkers::in_place();
        let run = TestRun { checkers: &checkers, uv, skip_log, all: false };
        let plan = |all| test(&layout(), &TestRun { all, ..run }, Plan::new()).to_string();
        expect![[r#"
            write   target/skipped.txt  (0 lines)
            run     DDS_SKIP_LOG=target/skipped.txt UV=uv cargo test --locked --no-fail-fast
            run     DDS_SKIP_LOG=target/skipped.txt uv run --frozen pytest  (in backend)
        "#]]
        .assert_eq(&plan(false));
        assert!(plan(true).contains("--include-ignored") && plan(true).contains("-m ''"));
    }
}

//! Formatting, linting, type checks and tests of everything but the shells, whose rows say what they add.

use camino::Utf8Path;

use crate::base::act::{Plan, Step};
use crate::base::backend::{self, Interpreter};
use crate::base::cmd::Cmd;
use crate::base::env;
use crate::base::layout::Layout;
use crate::shell::model::{HOW_TO_FORMAT, TestRun};
use crate::shell::positron::plan as positron;

/// rustfmt and ruff.
pub(crate) fn format(layout: &Layout, python: Interpreter<'_>, only_look: bool) -> Plan {
    let flag = only_look.then_some("--check");
    let [documentation, tool] = [layout.docs(), layout.tool()].map(|folder| from_backend(layout, folder));
    let ruff = backend::run(layout, python, &["ruff", "format", ".", &documentation, &tool]).args(flag);
    let commands = [Cmd::new("cargo").args(["fmt", "--all"]).args(flag), ruff];
    commands.into_iter().map(|cmd| cmd.remedy(HOW_TO_FORMAT)).collect()
}

/// clippy and ruff.
pub(crate) fn lint(layout: &Layout, python: Interpreter<'_>) -> Plan {
    let [documentation, tool] = [layout.docs(), layout.tool()].map(|folder| from_backend(layout, folder));
    Plan::new()
        .run(Cmd::new("cargo").args(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
        .run(
            backend::run(layout, python, &["ruff", "check", ".", &documentation, &tool])
                .remedy("`uv run ruff check --fix` in the backend folder mends most findings"),
        )
}

/// A folder of the repository as a program sees it that runs in the backend's.
fn from_backend(layout: &Layout, folder: &Utf8Path) -> String {
    if layout.backend().is_absolute() || layout.backend().starts_with("..") {
        return layout.absolute(folder).into_string();
    }
    format!("{}{folder}", "../".repeat(layout.backend().components().count()))
}

/// actionlint and zizmor. Neither asks the network, so a finding is the same everywhere; a shell checker that a machine
/// may or may not have is left out for the same reason.
pub(crate) fn lint_workflows(layout: &Layout, python: Interpreter<'_>) -> Plan {
    let tools: [&[&str]; 2] = [
        &["actionlint", "-shellcheck=", "-pyflakes="],
        &["zizmor", "--offline", "--no-progress", "--strict-collection", "--persona=pedantic", "."],
    ];
    tools.into_iter().map(|args| backend::run(layout, python, args).cwd(layout.workflows())).collect()
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
    let pytest = backend::run(layout, run.python, &["pytest"]);
    let pytest = if run.all { pytest.args(["-m", ""]) } else { pytest };
    let log = |cmd: Cmd| cmd.env(env::SKIP_LOG, run.skip_log.as_str());
    Plan::new()
        .then(Step::Remove(run.skip_log.to_owned()))
        .and(before)
        .run(log(cargo).env(env::UV, run.uv.as_str()))
        .run(log(pytest))
}

/// One test; the form of its name says which language it is.
pub(crate) fn test_one(layout: &Layout, python: Interpreter<'_>, target: &str, rest: &[String]) -> Plan {
    let file = target.split("::").next().unwrap_or(target);
    let cmd = if let Some(below) = target.strip_prefix(positron::FOLDER).filter(|_| file.contains(".py")) {
        positron::with_backend(layout, python, &["pytest", "-m", "", below.trim_start_matches('/')])
    } else if Utf8Path::new(file).extension() == Some("py") || file.starts_with(layout.backend().as_str()) {
        let below =
            target.strip_prefix(layout.backend().as_str()).map_or(target, |below| below.trim_start_matches('/'));
        backend::run(layout, python, &["pytest", below])
    } else if file.ends_with("js") && file.contains('.') {
        Cmd::new("node").args(["--test", target])
    } else {
        Cmd::new("cargo").args(["test", "--workspace", "--locked", target, "--", "--include-ignored"])
    };
    Plan::new().run(cmd.args(rest.iter().cloned()))
}

#[cfg(test)]
mod tests {
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
        .map(|target| test_one(&layout(), None, target, &["-x".to_owned()]).to_string())
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
        let run = TestRun { python: None, uv, skip_log, all: false };
        let plan = |all| test(&layout(), &TestRun { all, ..run }, Plan::new()).to_string();
        expect![[r#"
            remove  target/skipped.txt
            run     DDS_SKIP_LOG=target/skipped.txt UV=uv cargo test --locked --no-fail-fast
            run     DDS_SKIP_LOG=target/skipped.txt uv run --frozen pytest  (in backend)
        "#]]
        .assert_eq(&plan(false));
        assert!(plan(true).contains("--include-ignored") && plan(true).contains("-m ''"));
    }
}

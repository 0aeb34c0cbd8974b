//! The Positron shell: how it is installed, checked, started and packaged.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::{Plan, Step};
use crate::base::backend::{Interpreter, with_interpreter};
use crate::base::cmd::Cmd;
use crate::base::config::Config;
use crate::base::env;
use crate::base::layout::Layout;
use crate::stage::notices::FILE_NAME;

pub(crate) const FOLDER: &str = "shells/positron";
/// Between these lines Briefcase is told the requirements.
const MARKS: [&str; 2] = ["# <from ", "# </from "];

/// Something that a Linux machine must have: what it is, and the Debian package that brings it.
pub(crate) type Missing = (&'static str, &'static str);

/// What of the shell and of the machine was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct PositronState {
    /// What is missing to build and to run the bindings of GTK; nothing on other systems than Linux.
    pub(crate) missing: Vec<Missing>,
    /// The shell's environment has been made.
    pub(crate) installed: bool,
    /// Windows can be opened.
    pub(crate) has_display: bool,
    /// A certificate to sign with, by its name.
    pub(crate) identity: Option<String>,
}

/// The lock file of requirements, and what Briefcase is told of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requirements {
    /// What `backend/uv.lock` says, one requirement a line.
    pub(crate) locked: String,
    pub(crate) pyproject: String,
}

/// The shell's package. Briefcase derives it from the name of the app in `pyproject.toml`.
fn module(config: &Config) -> String {
    format!("{}_positron", config.project.name.replace('-', "_"))
}

/// What the shell's package has beside its code: Briefcase looks here for the icons.
pub(crate) fn resources(config: &Config) -> Utf8PathBuf {
    Utf8PathBuf::from(FOLDER).join("src").join(module(config)).join("resources")
}

/// The environment that the shell runs and is packaged in.
pub(crate) fn venv() -> Utf8PathBuf {
    Utf8PathBuf::from(FOLDER).join(".venv")
}

/// Briefcase's configuration.
pub(crate) fn pyproject() -> Utf8PathBuf {
    Utf8PathBuf::from(FOLDER).join("pyproject.toml")
}

/// The dependency groups of the backend that make up the shell's environment.
const GROUPS: [&str; 5] = ["--no-default-groups", "--group", "positron", "--group", "briefcase"];

/// What of it is shipped: arguments of uv.
pub(crate) const EXPORT: [&str; 9] = [
    "--frozen",
    "--no-default-groups",
    "--group",
    "positron",
    "--no-hashes",
    "--no-annotate",
    "--no-header",
    "--no-emit-workspace",
    "--quiet",
];

/// Makes the environment exactly what the lock file says.
pub(crate) fn install(layout: &Layout, python: Interpreter<'_>, seen: &PositronState) -> Plan {
    let sync = Cmd::new("uv").args(["sync", "--frozen"]).args(GROUPS).cwd(layout.backend());
    // A first start that has to compile everything takes several times as long.
    let sync = in_own_environment(layout, sync).args((!seen.installed).then_some("--compile-bytecode"));
    let sync = with_interpreter(sync, python);
    let remedy = "check the connection or proxy, then run `cargo xtask positron-install`; docs/shells/positron.md says what \
                  is built from source";
    refuse_missing(seen).run(sync.remedy(remedy))
}

/// Opens the window, with `smoke` until its page has loaded.
pub(crate) fn start(
    config: &Config,
    layout: &Layout,
    python: Interpreter<'_>,
    seen: &PositronState,
    smoke: bool,
) -> Plan {
    let cmd = in_environment(layout, &["python", "-m", &module(config)]).cwd(format!("{FOLDER}/src"));
    let plan = refuse_no_display(seen).and(install(layout, python, seen));
    if !smoke {
        return plan.run(cmd.remedy("the log in the app's data folder says more"));
    }
    // The data of a smoke test is nobody's, and a first run is what is most likely to break.
    let data = layout.scratch().join("positron-smoke-data");
    let absolute = layout.absolute(&data);
    let remedy = format!("{data}/logs/desktop.log says more");
    let cmd = cmd.env(env::SMOKE_TEST, "1").env(env::APP_DATA_DIR, absolute.as_str()).remedy(remedy);
    plan.then(Step::Remove(data)).run(cmd)
}

/// What Briefcase is told of the requirements that are shipped: `asgiref==3.13.0`, some with a marker.
pub(crate) fn shipped(pyproject: &str) -> Vec<&str> {
    let list = between_marks(pyproject).map_or("", |(begin, end)| &pyproject[begin..end]);
    let lines = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
    lines.collect()
}

/// Where the licences of others lie for Briefcase, which packs the whole module.
pub(crate) fn notices(config: &Config) -> Utf8PathBuf {
    resources(config).join(FILE_NAME)
}

/// Runs Briefcase in the shell's environment, which is there already.
pub(crate) fn briefcase(layout: &Layout, args: &[&str]) -> Cmd {
    let args: Vec<&str> = [&["briefcase"], args].concat();
    in_environment(layout, &args).arg("--no-input").cwd(FOLDER).remedy(
        "Briefcase says above what is wrong; its templates and its Python come from GitHub: check the connection or proxy",
    )
}

/// A macOS disk image; signed for this machine only where no certificate is named.
pub(crate) fn package_dmg(layout: &Layout, identity: Option<&str>) -> Cmd {
    let cmd = briefcase(layout, &["package", "macOS", "app", "--packaging-format", "dmg", "--update"]);
    match identity {
        Some(identity) => cmd.args(["--identity", identity]),
        None => cmd.arg("--adhoc-sign"),
    }
}

/// Compares Briefcase's requirements with the lock file, or writes them anew with `fix`.
pub(crate) fn requirements(requirements: &Requirements, fix: bool) -> Plan {
    let Some(wanted) = with_requirements(&requirements.pyproject, &requirements.locked) else {
        return Plan::new().then(Step::Stop {
            what: format!("{} has no place for the requirements", pyproject()),
            because: format!("a line that begins with `{}` or `{}` is missing", MARKS[0], MARKS[1]),
            hint: format!("`git restore {}` brings them back", pyproject()),
        });
    };
    match (wanted == requirements.pyproject, fix) {
        (true, _) => Plan::new(),
        (false, true) => Plan::new().then(Step::Write { path: pyproject(), contents: wanted }),
        (false, false) => Plan::new().then(Step::Stop {
            what: format!("the requirements in {} are stale", pyproject()),
            because: "the backend's uv.lock says something else".to_owned(),
            hint: "`cargo xtask positron-check --fix` writes them anew".to_owned(),
        }),
    }
}

/// Everything that can be told without a window: requirements, lint, format, types, tests.
pub(crate) fn check(layout: &Layout, python: Interpreter<'_>, seen: &Requirements, fix: bool) -> Plan {
    let home = layout.backend();
    requirements(seen, fix)
        .run(within(home, python, &["ruff", "check"]))
        .run(within(home, python, &["ruff", "format", "--check"]))
        .run(typecheck(home, python))
        .run(test(home, python, false))
}

/// Types of the shell's Python.
pub(crate) fn typecheck(home: &Utf8Path, python: Interpreter<'_>) -> Cmd {
    within(home, python, &["mypy"])
}

/// The shell's tests. Those that open windows use the shell's own environment, the others the backend's.
pub(crate) fn test(home: &Utf8Path, python: Interpreter<'_>, all: bool) -> Cmd {
    let cmd = within(home, python, &["pytest"]);
    if all { cmd.args(["-m", ""]) } else { cmd }
}

/// Runs a program of the environment of `home` in the shell's folder, with the shell's settings for it.
pub(crate) fn within(home: &Utf8Path, python: Interpreter<'_>, args: &[&str]) -> Cmd {
    let home = Utf8Path::new("../..").join(home);
    let cmd =
        Cmd::new("uv").args(["run", "--frozen", "--project", home.as_str()]).args(args.iter().copied()).cwd(FOLDER);
    with_interpreter(cmd, python)
}

/// Runs a program of the shell's environment, which is there already.
fn in_environment(layout: &Layout, args: &[&str]) -> Cmd {
    let backend = layout.absolute(layout.backend());
    let cmd = Cmd::new("uv").args(["run", "--no-sync", "--project", backend.as_str()]).args(args.iter().copied());
    in_own_environment(layout, cmd)
}

fn in_own_environment(layout: &Layout, cmd: Cmd) -> Cmd {
    cmd.env("UV_PROJECT_ENVIRONMENT", layout.absolute(venv()).as_str())
}

fn refuse_missing(seen: &PositronState) -> Plan {
    if seen.missing.is_empty() {
        return Plan::new();
    }
    let (things, packages): (Vec<&str>, Vec<&str>) = seen.missing.iter().copied().unzip();
    Plan::new().then(Step::Stop {
        what: "the Positron shell can't be installed on this machine yet".to_owned(),
        because: format!("{} not there", things.join(", ") + if things.len() == 1 { " is" } else { " are" }),
        hint: format!("sudo apt-get install {}", packages.join(" ")),
    })
}

fn refuse_no_display(seen: &PositronState) -> Plan {
    if seen.has_display {
        return Plan::new();
    }
    Plan::new().then(Step::Stop {
        what: "there is no display to open a window on".to_owned(),
        because: "neither DISPLAY nor WAYLAND_DISPLAY is set".to_owned(),
        hint: "run it in a desktop session, or on a virtual display with `xvfb-run -a` before it (sudo apt-get install xvfb xauth)"
            .to_owned(),
    })
}

/// The file with the requirements between its marks; nothing when it has no marks.
fn with_requirements(pyproject: &str, locked: &str) -> Option<String> {
    let (begin, end) = between_marks(pyproject)?;
    let lines = locked.lines().map(str::trim).filter(|line| !line.is_empty());
    let list: Vec<String> = lines.map(|line| format!("  \"{}\",\n", line.replace('"', "'"))).collect();
    Some(format!("{}requires = [\n{}]\n{}", &pyproject[..begin], list.concat(), &pyproject[end..]))
}

/// Where the lines between the marks begin and end.
fn between_marks(pyproject: &str) -> Option<(usize, usize)> {
    let [begin, end] = MARKS.map(|mark| pyproject.find(mark));
    let (begin, end) = (begin?, end?);
    let begin = begin + pyproject[begin..].find('\n')? + 1;
    (begin <= end).then_some((begin, end))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::base::env::Env;

    fn config() -> Config {
        Config::parse(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/project/dds.toml"))).unwrap()
    }

    fn layout() -> Layout {
        Layout::new("/repo".into(), &config(), &Env::default())
    }

    fn ready() -> PositronState {
        PositronState { has_display: true, installed: true, ..PositronState::default() }
    }

    fn check_plans(plans: &[Plan], expected: &Expect) {
        expected.assert_eq(&plans.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn a_window_on_a_machine_that_has_all() {
        let python = Some(camino::Utf8Path::new("/usr/bin/python3.14"));
        check_plans(
            &[start(&config(), &layout(), None, &ready(), false), start(&config(), &layout(), python, &ready(), true)],
            &expect![[r#"
                run     UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv uv sync --frozen --no-default-groups --group positron --group briefcase  (in backend)
                run     UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv uv run --no-sync --project /repo/backend python -m deer_park_positron  (in shells/positron/src)

                run     UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv UV_PYTHON=/usr/bin/python3.14 uv sync --frozen --no-default-groups --group positron --group briefcase  (in backend)
                remove  target/positron-smoke-data
                run     DESKTOP_DJANGO_APP_DATA_DIR=/repo/target/positron-smoke-data DESKTOP_DJANGO_SMOKE_TEST=1 UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv uv run --no-sync --project /repo/backend python -m deer_park_positron  (in shells/positron/src)
            "#]],
        );
    }

    #[test]
    fn what_a_machine_lacks_is_one_message() {
        let missing = vec![("cairo", "libcairo2-dev"), ("WebKitGTK", "gir1.2-webkit2-4.1")];
        let seen = PositronState { missing, ..PositronState::default() };
        check_plans(
            &[start(&config(), &layout(), None, &seen, true)],
            &expect![[r#"
                stop    there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set
                stop    the Positron shell can't be installed on this machine yet: cairo, WebKitGTK are not there
                run     UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv uv sync --frozen --no-default-groups --group positron --group briefcase --compile-bytecode  (in backend)
                remove  target/positron-smoke-data
                run     DESKTOP_DJANGO_APP_DATA_DIR=/repo/target/positron-smoke-data DESKTOP_DJANGO_SMOKE_TEST=1 UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv uv run --no-sync --project /repo/backend python -m deer_park_positron  (in shells/positron/src)
            "#]],
        );
    }

    #[test]
    fn briefcase_packages_it() {
        let plans = [
            briefcase(&layout(), &["create"]),
            package_dmg(&layout(), None),
            package_dmg(&layout(), Some("Developer ID Application: Me")),
        ]
        .map(|cmd| Plan::new().run(cmd));
        check_plans(
            &plans,
            &expect![[r#"
            run     UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv uv run --no-sync --project /repo/backend briefcase create --no-input  (in shells/positron)

            run     UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv uv run --no-sync --project /repo/backend briefcase package macOS app --packaging-format dmg --update --no-input --adhoc-sign  (in shells/positron)

            run     UV_PROJECT_ENVIRONMENT=/repo/shells/positron/.venv uv run --no-sync --project /repo/backend briefcase package macOS app --packaging-format dmg --update --no-input --identity 'Developer ID Application: Me'  (in shells/positron)
        "#]],
        );
    }

    #[test]
    fn what_is_shipped_stands_between_the_marks() {
        let pyproject = "# <from x> y\nrequires = [\n  \"django==6.1\",\n  \"tzdata==1 ; sys_platform == 'win32'\",\n]\n# </from x>\n\"no\",\n";
        assert_eq!(shipped(pyproject), ["django==6.1", "tzdata==1 ; sys_platform == 'win32'"]);
        assert!(shipped("[tool]\n").is_empty());
    }

    #[test]
    fn requirements_are_written_between_the_marks() {
        let pyproject = "a = 1\n# <from x> y\nrequires = [\"old==1\"]\n# </from x>\nb = 2\n".to_owned();
        let locked = "django==6.1\ntzdata==1 ; sys_platform == 'win32'\n".to_owned();
        let seen = Requirements { locked: locked.clone(), pyproject };
        check_plans(
            &[requirements(&seen, false), requirements(&seen, true)],
            &expect![[r#"
            stop    the requirements in shells/positron/pyproject.toml are stale: the backend's uv.lock says something else

            write   shells/positron/pyproject.toml  (8 lines)
        "#]],
        );
        let written = with_requirements(&seen.pyproject, &locked).unwrap();
        expect![[r#"
            a = 1
            # <from x> y
            requires = [
              "django==6.1",
              "tzdata==1 ; sys_platform == 'win32'",
            ]
            # </from x>
            b = 2
        "#]]
        .assert_eq(&written);
        let again = Requirements { locked, pyproject: written };
        assert_eq!(requirements(&again, false).to_string(), "nothing to do\n");
        assert!(with_requirements("requires = []\n", "django==6.1\n").is_none());
    }
}

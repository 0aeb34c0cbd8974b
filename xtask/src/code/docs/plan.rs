//! The documentation: built by Sphinx, with the warnings as errors.

use crate::base::act::{Plan, Step, Told};
use crate::base::backend::{Interpreter, with_interpreter};
use crate::base::cmd::Cmd;
use crate::base::layout::Layout;

/// What of the documentation's tools was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sphinx<'a> {
    /// The program that draws diagrams is what `package-lock.json` says.
    pub(crate) has_modules: bool,
    /// For a `.venv` that is still to be made.
    pub(crate) python: Interpreter<'a>,
}

/// Where the pages go, relative to the folder of the documentation.
const PAGES: &str = "_build/html";

/// Builds the pages, and says where they are. Every page is read anew, because a warning is only told when its page is read.
pub(crate) fn build(layout: &Layout, seen: Sphinx<'_>) -> Plan {
    let sphinx = ["sphinx-build", "--fail-on-warning", "--keep-going", "--fresh-env", "--quiet", ".", PAGES];
    let cmd = tool(layout, seen, &sphinx).remedy("each line above names a page and what is wrong with it");
    modules(layout, seen).then(Told {
        act: Step::Run(cmd),
        said: format!("{}/{PAGES}/index.html", layout.docs()),
        data: None,
    })
}

/// Opens the first page in a browser.
pub(crate) fn open(layout: &Layout, seen: Sphinx<'_>) -> Plan {
    let script =
        format!("import pathlib, webbrowser; webbrowser.open(pathlib.Path('{PAGES}/index.html').resolve().as_uri())");
    Plan::new().run(tool(layout, seen, &["python", "-c", &script]))
}

/// Serves the pages and builds them anew on each change.
pub(crate) fn serve(layout: &Layout, seen: Sphinx<'_>, port: u16) -> Plan {
    let port = port.to_string();
    // Sphinx leaves these folders out, the watcher does not.
    let ignored = ["--re-ignore", r"(^|[\\/])(\.venv|node_modules|_build)([\\/]|$)"];
    let args = [&["sphinx-autobuild", "--port", &port, "--quiet"], ignored.as_slice(), &[".", PAGES]].concat();
    modules(layout, seen).run(tool(layout, seen, &args))
}

fn modules(layout: &Layout, seen: Sphinx<'_>) -> Plan {
    if seen.has_modules {
        return Plan::new();
    }
    let npm = Cmd::new("npm").args(["ci", "--ignore-scripts"]).cwd(layout.docs());
    Plan::new().run(npm.remedy("check the connection or proxy, then run the same command again"))
}

fn tool(layout: &Layout, seen: Sphinx<'_>, args: &[&str]) -> Cmd {
    let cmd = Cmd::new("uv").args(["run", "--frozen"]).args(args.iter().copied()).cwd(layout.docs());
    with_interpreter(cmd, seen.python)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::base::config::Config;
    use crate::base::env::Env;

    #[test]
    fn the_three_commands() {
        let config = Config::parse(include_str!("../../../tests/fixtures/project/dds.toml")).unwrap();
        let layout = Layout::new("/repo".into(), &config, &Env::default());
        let new = Sphinx { has_modules: false, python: Some("/python".into()) };
        let there = Sphinx { has_modules: true, python: None };
        let plans = [build(&layout, new), build(&layout, there).and(open(&layout, there)), serve(&layout, there, 8002)];
        expect![[r#"
            run     npm ci --ignore-scripts  (in docs)
            run     UV_PYTHON=/python uv run --frozen sphinx-build --fail-on-warning --keep-going --fresh-env --quiet . _build/html  (in docs)

            run     uv run --frozen sphinx-build --fail-on-warning --keep-going --fresh-env --quiet . _build/html  (in docs)
            run     uv run --frozen python -c 'import pathlib, webbrowser; webbrowser.open(pathlib.Path('\''_build/html/index.html'\'').resolve().as_uri())'  (in docs)

            run     uv run --frozen sphinx-autobuild --port 8002 --quiet --re-ignore '(^|[\\/])(\.venv|node_modules|_build)([\\/]|$)' . _build/html  (in docs)
        "#]].assert_eq(&plans.map(|plan| plan.to_string()).join("\n"));
    }
}

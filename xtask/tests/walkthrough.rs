//! `docs/new-project.md`, walked as a reader walks it: its files are written, its commands are run, and what comes
//! out is started and looked at.

// git lists what is in a checkout, and interpreters are as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;
mod support;

use std::process::Command;

use staging::{Backend, Checkout, interpreter, repository, uv};
use support::{chromium, rendered, skip};

const PAGE: &str = "docs/new-project.md";

/// What a fence of the page asks for, in the order of the page.
enum Step {
    /// Lines to run.
    Run(Vec<String>),
    /// A file, and its text.
    File(String, String),
}

/// The steps of the page: fences of the language `console`, and those with a caption.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if info == "console" {
            steps.push(Step::Run(body.iter().map(|line| line.strip_prefix("$ ").unwrap().to_owned()).collect()));
        } else if let Some(name) = body.first().and_then(|line| line.strip_prefix(":caption: ")) {
            steps.push(Step::File(name.to_owned(), body[1..].join("\n") + "\n"));
        }
    }
    steps
}

/// Runs a line of the page. Nothing on it needs a shell.
fn run(checkout: &Checkout, line: &str) {
    let (program, args) = line.split_once(' ').unwrap();
    let args: Vec<&str> = args.split(' ').collect();
    let mut command = match (program, args.as_slice()) {
        // Staging from an installed Python works without a network.
        ("cargo", ["xtask", "packaged-stage"]) => checkout.command(&["packaged-stage", "--python-source", "host"]),
        ("cargo", ["xtask", rest @ ..]) => checkout.command(rest),
        ("uv", rest) => {
            let mut command = Command::new(uv().unwrap());
            command.args(rest);
            // On a person's machine uv finds a Python or fetches one; here it takes the one that is staged. The store may have older ones.
            if std::env::var_os("UV_PYTHON").is_none() {
                command.env("UV_PYTHON", interpreter());
            }
            command
        }
        (program, rest) => {
            let mut command = Command::new(program);
            command.args(rest);
            command
        }
    };
    let output = command.current_dir(checkout.root()).output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Writes a file of the page: anew, at the end of one, or key by key into `dds.toml`.
fn write(checkout: &Checkout, name: &str, text: &str) {
    if name == "dds.toml" {
        let old = checkout.read(name).replace("desktop-django-starter", "shop");
        return checkout.write(name, &with_values(&old, text));
    }
    match name.strip_suffix(" (at its end)") {
        Some(name) => checkout.append(name, text),
        None => checkout.write(name, text),
    }
}

/// A TOML text in which the keys of another one have its values.
fn with_values(old: &str, wanted: &str) -> String {
    let mut lines: Vec<String> = old.lines().map(str::to_owned).collect();
    let mut section = "";
    for line in wanted.lines().filter(|line| !line.is_empty()) {
        let Some((key, _)) = line.split_once(" = ") else {
            section = line;
            continue;
        };
        let start = lines.iter().position(|line| line == section).unwrap();
        let is_key = |line: &String| line.starts_with(&format!("{key} = "));
        match lines.iter().skip(start).position(is_key) {
            Some(at) => line.clone_into(&mut lines[start + at]),
            None => lines.insert(start + 1, line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// A checkout with a git history, which the page's commands want, and with the backend's tests.
fn checkout() -> Checkout {
    let checkout = Checkout::of_this_repository();
    for test in [
        "backend/tests/test_of_the_demo.py",
        "shells/electron/tests/demo.test.js",
        "shells/positron/tests/test_demo.py",
    ] {
        checkout.write(test, "");
    }
    checkout.write(".gitignore", ".stage/\n.venv/\n*.sqlite3\n__pycache__/\n");
    for line in ["git init -q", "git add .", "git -c user.name=A -c user.email=a@example.org commit -q -m start"] {
        run(&checkout, line);
    }
    checkout
}

#[test]
#[ignore = "makes an environment and stages a project of its own: a minute"]
fn a_new_project_becomes_a_desktop_app() {
    const NAME: &str = "a_new_project_becomes_a_desktop_app";
    if uv().is_none() {
        return skip(NAME, "uv", "pip install uv");
    }
    let page = std::fs::read_to_string(repository().join(PAGE)).unwrap();
    if !repository().join("backend/src/example_app").is_dir() {
        // Its first step was gone: the demo has been taken out.
        return;
    }
    // The demo's runtime layer is what every other stage here takes, too.
    Checkout::of_this_repository().stage(&[]);
    let checkout = checkout();
    let steps = steps(&page);
    assert!(steps.len() > 10, "{PAGE} has lost its steps");
    for step in &steps {
        match step {
            Step::Run(lines) => lines.iter().for_each(|line| run(&checkout, line)),
            Step::File(name, text) => write(&checkout, name, text),
        }
    }

    let data = tempfile::tempdir().unwrap();
    let staged = checkout.staged();
    let backend = Backend::start(&staged, data.path());
    let page = backend.get("/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<li>Saddle soap</li>"), "{page}");
    assert!(backend.get("/static/catalogue/shop.css").contains("teal"));
    assert!(backend.get("/admin/login/").starts_with("HTTP/1.1 200"));
    match chromium().map(|chromium| rendered(&chromium, &backend.url)) {
        Some(page) => assert!(page.contains("<h1>Shop</h1>") && page.contains("Saddle soap"), "{page}"),
        None => skip(NAME, "Chromium, for a look at the page", "apt-get install chromium"),
    }
    backend.stop();
    assert!(data.path().join("app.sqlite3").is_file());
    let manifest = std::fs::read_to_string(staged.join("runtime-manifest.json")).unwrap();
    assert!(manifest.contains("shop.packaged") && !manifest.contains("starter"), "{manifest}");
    assert!(!staged.join("src/example_app").exists());
    assert!(checkout.path("backend/src/db.sqlite3").is_file(), "the development database is elsewhere now");
    assert!(!staged.join("src/db.sqlite3").exists(), "the developer's own data was staged");
}

//! `THIRD-PARTY-NOTICES.txt` of a stage, and the page of `packaged-stage --report`: through the command line.

// git lists what is in a checkout, and programs are scripts.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;
use staging::{Checkout, listing, wheel, wheel_with};

const NOTICES: &str = ".stage/backend/THIRD-PARTY-NOTICES.txt";

const INDEX: &str = "[tool.uv]\npackage = false\n[[tool.uv.index]]\nname = \"ours\"\nurl = \"../wheels\"\nformat = \"flat\"\n\
    explicit = true\n[tool.uv.sources]\n";

/// A checkout that depends on these wheels in its folder `wheels`.
fn with_wheels(names: &[&str], write: impl Fn(&std::path::Path)) -> Checkout {
    let sources: Vec<String> = names.iter().map(|name| format!("{name} = {{ index = \"ours\" }}\n")).collect();
    let wanted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let checkout = Checkout::made(&wanted.join(", "), &format!("{INDEX}{}", sources.concat()));
    write(&checkout.path("wheels"));
    checkout.lock();
    checkout
}

/// The numbers of the texts of a part, from its line `- NAME VERSION (LICENCE): [1] [2]`.
fn numbers<'a>(notices: &'a str, part: &str) -> Vec<&'a str> {
    let start = format!("- {part} ");
    let line = notices.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {part}\n{notices}"));
    line.rsplit_once(": ").unwrap().1.split(' ').collect()
}

/// A text with the lines above it that say whose it is.
fn text<'a>(notices: &'a str, number: &str) -> &'a str {
    let rest = notices.split_once(&format!("=\n{number} ")).unwrap().1;
    rest.split("\n\n====").next().unwrap().trim_end()
}

const SAME: &str = "Terms of use\n\nAll of it is yours.\n";

fn write_wheels(folder: &std::path::Path) {
    wheel_with(
        folder,
        "told",
        "License-Expression: MIT OR Apache-2.0\nLicense-File: TERMS\n",
        &[("told/__init__.py", b""), ("told-1.0.dist-info/licenses/TERMS", SAME.as_bytes())],
    );
    wheel(folder, "twin", &[("twin.py", ""), ("twin-1.0.dist-info/COPYING.txt", &SAME.replace('\n', "  \r\n"))]);
    wheel(folder, "silent", &[("silent/__init__.py", ""), ("silent/license.py", "SECRET = 'no licence'\n")]);
    wheel_with(folder, "latin", "", &[("latin.py", b""), ("latin-1.0.dist-info/LICENSE", b"\xa9 Andr\xe9\n")]);
    wheel(
        folder,
        "bundler",
        &[
            ("bundler/__init__.py", ""),
            ("bundler/_vendor/tomli/LICENSE", "Terms of tomli\n"),
            ("bundler/_vendor/tomli/__init__.py", ""),
            ("bundler-1.0.dist-info/LICENSE", "Terms of bundler\n"),
            ("bundler-1.0.dist-info/NOTICE", "Thanks to all\n"),
        ],
    );
    wheel_with(
        folder,
        "wordy",
        &format!("License: Copyright of old\n        {}\n", "on and on ".repeat(30)),
        &[("wordy.py", b"")],
    );
}

#[test]
fn each_distribution_and_the_interpreter_stand_in_the_notices() {
    let names = ["told", "twin", "silent", "latin", "bundler", "wordy"];
    let checkout = with_wheels(&names, write_wheels);
    let output = checkout.run(&["packaged-stage", "--python-source", "host"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let notices = checkout.read(NOTICES);

    assert!(
        notices.contains("- told 1.0 (MIT OR Apache-2.0): [") && notices.contains("- twin 1.0 (licence not told): [")
    );
    assert_eq!(
        numbers(&notices, "told 1.0"),
        numbers(&notices, "twin 1.0"),
        "one text for both, whatever ends its lines"
    );
    assert_eq!(notices.matches("All of it is yours.").count(), 1);
    assert_eq!(
        text(&notices, numbers(&notices, "told 1.0")[0]),
        "told 1.0, told-1.0.dist-info/licenses/TERMS\n    twin 1.0, twin-1.0.dist-info/COPYING.txt\n".to_owned()
            + &"=".repeat(80)
            + "\n\nTerms of use\n\nAll of it is yours."
    );
    assert!(text(&notices, numbers(&notices, "latin 1.0")[0]).ends_with("© André"));
    assert!(text(&notices, numbers(&notices, "wordy 1.0")[0]).contains("Copyright of old\non and on"));
    let bundled: Vec<&str> =
        numbers(&notices, "bundler 1.0").into_iter().map(|number| text(&notices, number)).collect();
    assert!(
        bundled.iter().any(|text| text.contains("bundler/_vendor/tomli/LICENSE") && text.ends_with("Terms of tomli"))
    );
    assert_eq!(bundled.len(), 3);

    let own = numbers(&notices, "desktop_runtime");
    assert!(text(&notices, own[0]).contains("MIT License"), "{own:?}");
    let version = checkout.python("print('%d.%d.%d' % sys.version_info[:3])");
    let python = numbers(&notices, &format!("CPython {}", version.trim()));
    assert!(text(&notices, python[0]).contains("PYTHON SOFTWARE FOUNDATION LICENSE"), "{python:?}");
    let sqlite = checkout.python("import sqlite3; print(sqlite3.sqlite_version)");
    let sqlite = numbers(&notices, &format!("sqlite {}", sqlite.trim()));
    assert!(text(&notices, sqlite[0]).contains("May you do good and not evil."));
    let installed =
        checkout.python("import importlib.metadata as m\nfor d in m.distributions(): print(d.name, d.version)");
    installed.lines().for_each(|part| assert!(!numbers(&notices, part).is_empty()));
    let lines: Vec<String> = notices.lines().filter(|line| line.starts_with("- ")).map(str::to_lowercase).collect();
    assert!(lines.is_sorted(), "{lines:#?}");

    assert!(notices.contains("- silent 1.0 (licence not told): no text"));
    assert!(said.contains("notice: no licence text comes with silent 1.0; "), "{said}");
    assert!(!notices.contains("SECRET"));
}

#[test]
fn notices_are_the_same_bytes_from_anywhere_and_follow_the_packages() {
    let write = |folder: &std::path::Path| {
        wheel(folder, "one", &[("one.py", ""), ("one-1.0.dist-info/LICENSE", "Terms of one\n")]);
    };
    let [first, second] = [(); 2].map(|()| with_wheels(&["one"], write));
    let staged = first.stage(&[]);
    let notices = first.read(NOTICES);
    assert_eq!(second.stage(&["--force"])["digest"], staged["digest"]);
    assert_eq!(second.read(NOTICES), notices);
    for name in [first.root(), first.store()] {
        assert!(!notices.contains(name.to_str().unwrap()), "the notices name the machine");
    }

    // An edit of the app leaves them; by hand nothing changes them for long.
    let before = std::fs::metadata(first.path(NOTICES)).unwrap().modified().unwrap();
    first.append("backend/src/shop/settings.py", "EDITED = True\n");
    first.stage(&[]);
    first.append("backend/src/shop/settings.py", "AGAIN = True\n");
    first.stage(&[]);
    assert_eq!(std::fs::metadata(first.path(NOTICES)).unwrap().modified().unwrap(), before, "it was made anew");
    first.append(NOTICES, "by hand");
    first.fails(1, &["packaged-stage", "--verify"]);
    first.stage(&[]);
    assert_eq!(first.read(NOTICES), notices);
    first.verified_digest();

    wheel(&first.path("wheels"), "two", &[("two.py", ""), ("two-1.0.dist-info/LICENSE", "Terms of two\n")]);
    let project = first.read("backend/pyproject.toml").replace("\"one\"]", "\"two\"]");
    first.write("backend/pyproject.toml", &(project + "two = { index = \"ours\" }\n"));
    first.lock();
    first.stage(&[]);
    assert!(first.read(NOTICES).contains("Terms of two") && !first.read(NOTICES).contains("Terms of one"));
    assert_eq!(listing(&first.staged()).iter().filter(|line| line.contains("THIRD-PARTY-NOTICES")).count(), 1);
}

/// The data of a page.
fn data(page: &str) -> Value {
    let data = page.split_once("type=\"application/json\">").unwrap().1.split_once("</script>").unwrap().0;
    serde_json::from_str(data).unwrap()
}

/// The parts of a node of the map, by name.
fn part<'a>(node: &'a Value, name: &str) -> &'a Value {
    let parts = node["parts"].as_array().unwrap();
    parts.iter().find(|part| part["name"] == name).unwrap_or_else(|| panic!("no {name} in {node}"))
}

#[test]
fn the_page_shows_what_is_shipped_and_asks_nobody() {
    let hostile = "</script><script>document.title='taken'<!--";
    let checkout = with_wheels(&["told", "silent"], write_wheels);
    // A file in a folder that is called `<`, and one of the largest, which the page names.
    checkout.write(&format!("backend/src/shop/{hostile}.txt"), &"x".repeat(9_000_000));
    let title = "Deer's & Co, &lt;";
    checkout.write("dds.toml", &checkout.read("dds.toml").replace("title = \"", &format!("title = \"{title}")));
    checkout.write("backend/src/.env", "SECRET=1\n");
    checkout.write("backend/src/node_modules/htmx/a.js", "0123456789");
    let staged = checkout.stage(&["--report"]);
    assert_eq!(staged["report"], ".stage/report.html");
    let page = checkout.read(".stage/report.html");
    let found = data(&page);
    assert_eq!(page.matches("</script").count(), 2, "nothing ends an element early");
    assert!(found["title"].as_str().unwrap().starts_with(title));
    let largest = found["biggest"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap());
    assert!(
        largest.clone().any(|name| name.ends_with(&format!("shop/{hostile}.txt"))),
        "{:?}",
        largest.take(3).collect::<Vec<_>>()
    );
    for address in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!page.contains(address), "{address}");
    }

    let tree = &found["tree"];
    assert_eq!((&tree["bytes"], &tree["files"]), (&staged["bytes"], &staged["files"]));
    let sum: u64 = tree["parts"].as_array().unwrap().iter().map(|part| part["bytes"].as_u64().unwrap()).sum();
    assert_eq!(sum, tree["bytes"], "every byte is in a layer");
    part(part(tree, "Packages"), "Django");
    part(tree, "Python");
    let parts = found["parts"].as_array().unwrap();
    let told = parts.iter().find(|part| part["name"] == "told").unwrap();
    assert_eq!((&told["licence"], &told["texts"]), (&"MIT OR Apache-2.0".into(), &1.into()));
    assert_eq!(parts.iter().find(|part| part["name"] == "silent").unwrap()["texts"], 0);
    let biggest: Vec<u64> =
        found["biggest"].as_array().unwrap().iter().map(|file| file["bytes"].as_u64().unwrap()).collect();
    assert!(biggest.len() == 50 && biggest.is_sorted_by(|a, b| a >= b));
    let pruned = found["pruned"].as_array().unwrap();
    assert!(
        pruned
            .iter()
            .any(|rule| rule["what"].as_str().unwrap().starts_with("po (") && rule["files"].as_u64() > Some(100))
    );
    let left_out = found["leftOut"].as_array().unwrap();
    let modules = left_out.iter().find(|left| left["path"] == "src/node_modules/").unwrap();
    assert_eq!((&modules["files"], &modules["bytes"]), (&1.into(), &10.into()));
    assert_eq!(modules["because"], "**/node_modules/**");
    assert!(found["former"].is_null());

    checkout.write("backend/src/shop/new.txt", "0123456789");
    checkout.stage(&["--report", "dist/page.html"]);
    let former = data(&checkout.read("dist/page.html"))["former"].clone();
    assert_eq!((&former["bytes"], &former["changed"]), (&staged["bytes"], &1.into()));
    let change = &former["biggest"][0];
    assert_eq!(change["name"], "src/shop/new.txt");
    assert_eq!((&change["before"], &change["now"]), (&Value::Null, &10.into()));

    std::fs::remove_file(checkout.path("dist/page.html")).unwrap();
    let unchanged = checkout.stage(&["--report", "dist/page.html"]);
    assert_eq!((&unchanged["changed"], &unchanged["report"]), (&false.into(), &"dist/page.html".into()));
    assert_eq!(data(&checkout.read("dist/page.html"))["former"], former);
    let dry = checkout.run(&["packaged-stage", "--dry-run", "--report", "dist/other.html", "--python-source", "host"]);
    assert!(String::from_utf8(dry.stdout).unwrap().ends_with("\nwrite   dist/other.html  (the page about it)\n"));
    assert!(!checkout.path("dist/other.html").exists());
}

/// The packager is a stand-in that packs nothing; what it would have packed is there.
#[test]
fn the_bundler_finds_the_licences_of_the_crates_that_are_linked() {
    let mut checkout = Checkout::shop();
    checkout.write("dds.toml", &checkout.read("dds.toml").replacen("source = \"auto\"", "source = \"host\"", 1));
    let shell = "shells/tauri/src-tauri";
    checkout.write(&format!("{shell}/src/main.rs"), "fn main() {}\n");
    // Crates that this tool is made of, so that they are there without a network.
    checkout.write(
        &format!("{shell}/Cargo.toml"),
        "[package]\nname = \"shell\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         camino = { version = \"1.2\", default-features = false }\n[build-dependencies]\n\
         semver = { version = \"1\", default-features = false }\n",
    );
    let cargo = |args: &[&str]| {
        let done = Command::new("cargo").args(args).current_dir(checkout.path(shell)).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    cargo(&["generate-lockfile", "--offline"]);
    checkout.write("tools/npm", "#!/bin/sh\nexit 0\n");
    std::fs::set_permissions(checkout.path("tools/npm"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", checkout.path("tools").display(), std::env::var("PATH").unwrap());
    checkout.env.push(("PATH".to_owned(), path));
    let said = checkout.fails(1, &["tauri-build"]);
    assert!(said.contains("the Tauri command line left no package"), "{said}");
    let notices = checkout.read(".stage/notices/tauri/THIRD-PARTY-NOTICES.txt");
    let parts: Vec<&str> = notices.lines().filter(|line| line.starts_with("- ")).collect();
    assert!(parts[0].starts_with("- camino 1.") && parts[0].contains("(MIT OR Apache-2.0): [1] [2]"), "{parts:?}");
    let has = |name: &str| parts.iter().any(|part| part.starts_with(&format!("- {name} ")));
    assert!(!has("shell") && !has("semver"), "neither the shell itself nor what only builds: {parts:?}");
    assert!(has("Rust's standard library"), "{parts:?}");
    assert!(notices.contains("Apache License") && notices.contains("Permission is hereby granted"));
    let packer = checkout.read("target/tauri-build.json");
    assert!(packer.contains("\"../../../.stage/notices/tauri/THIRD-PARTY-NOTICES.txt\": \"THIRD-PARTY-NOTICES.txt\""));
}

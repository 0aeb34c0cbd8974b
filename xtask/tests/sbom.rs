//! `sbom` over a real stage: the components are what is installed, and the official schema accepts it.

// Interpreters as they are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;
mod support;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use staging::{Checkout, digest, repository, uv};
use support::skip;

/// The library that carries the format's own schemas, and the validator that they ask for.
const VALIDATOR: &str = "cyclonedx-python-lib[json-validation]==11.12.0";

const SBOM: &str = "dist/electron/deer-park-linux-sbom.cdx.json";

/// A checkout with a stage and the lock of the Electron shell.
fn staged() -> Checkout {
    let checkout = Checkout::new();
    checkout.stage(&[]);
    let lock = "shells/electron/package-lock.json";
    checkout.write(lock, &std::fs::read_to_string(repository().join(lock)).unwrap());
    checkout
}

fn sbom(checkout: &Checkout, args: &[&str]) -> Value {
    let output = checkout.run(&[&["sbom"], args].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&checkout.read(SBOM)).unwrap()
}

/// Package URLs of one type.
fn purls(sbom: &Value, purl_type: &str) -> BTreeSet<String> {
    let components = sbom["components"].as_array().unwrap();
    let purls = components.iter().map(|component| component["purl"].as_str().unwrap().to_owned());
    purls.filter(|purl| purl.starts_with(&format!("pkg:{purl_type}/"))).collect()
}

/// What the staged interpreter answers to a program.
fn ask(checkout: &Checkout, program: &str) -> String {
    let manifest: Value = serde_json::from_str(&checkout.read(".stage/backend/runtime-manifest.json")).unwrap();
    let python = checkout.staged().join(manifest["python"]["executable"].as_str().unwrap());
    let output = Command::new(python).args(["-I", "-B", "-c", program]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_components_are_the_installed_distributions_none_more_none_less() {
    let checkout = staged();
    let bom = sbom(&checkout, &[]);
    let installed = ask(
        &checkout,
        "import importlib.metadata as m, re
for d in m.distributions(): print('pkg:pypi/' + re.sub('[-_.]+', '-', d.name).lower() + '@' + d.version)",
    );
    let installed: BTreeSet<String> = installed.lines().map(str::to_owned).collect();
    assert!(installed.len() > 5);
    assert_eq!(purls(&bom, "pypi"), installed);

    let lock = checkout.read("backend/uv.lock");
    let components = bom["components"].as_array().unwrap();
    for component in components.iter().filter(|component| component["purl"].as_str().unwrap().starts_with("pkg:pypi/"))
    {
        let hash = component["hashes"][0]["content"].as_str().unwrap();
        assert!(lock.contains(&format!("sha256:{hash}")), "{component}");
        assert!(component["licenses"][0].is_object(), "{component}");
    }
    let reported = ask(
        &checkout,
        "import sqlite3, ssl, sys; print(sqlite3.sqlite_version, ssl.OPENSSL_VERSION.split()[1], sys.version.split()[0])",
    );
    let mut reported = reported.split_whitespace();
    for name in ["sqlite", "openssl", "cpython"] {
        let purl = format!("pkg:generic/{name}@{}", reported.next().unwrap());
        assert!(purls(&bom, "generic").contains(&purl), "{purl}");
    }
}

#[test]
fn the_shell_has_what_npm_installs_for_production_and_electron() {
    let checkout = staged();
    let bom = sbom(&checkout, &[]);
    let npm = purls(&bom, "npm");
    let lock: Value = serde_json::from_str(&checkout.read("shells/electron/package-lock.json")).unwrap();
    let packages = lock["packages"].as_object().unwrap().iter().filter(|(path, _)| !path.is_empty());
    let wanted: BTreeSet<String> = packages
        .filter(|(path, package)| {
            *path == "node_modules/electron" || package["dev"] != true && package["devOptional"] != true
        })
        .map(|(path, package)| {
            let name = path.rsplit_once("node_modules/").unwrap().1.replace('@', "%40");
            format!("pkg:npm/{name}@{}", package["version"].as_str().unwrap())
        })
        .collect();
    assert!(wanted.iter().any(|purl| purl.starts_with("pkg:npm/electron-updater@")));
    assert_eq!(npm, wanted);
}

#[test]
fn two_runs_give_the_same_bytes_and_the_list_of_checksums_has_it() {
    let checkout = staged();
    let list = "dist/electron/deer-park-linux-sha256.txt";
    let image = "deer-park-linux-0.1.0-x86_64.AppImage";
    checkout.write(&format!("dist/electron/{image}"), "image");
    checkout.write(list, &format!("{}  {image}\n", digest(&checkout.path(&format!("dist/electron/{image}")))));
    let dry = checkout.run(&["sbom", "--dry-run"]);
    let dry = String::from_utf8(dry.stdout).unwrap();
    assert!(dry.contains(&format!("write   {SBOM}")) && dry.contains(&format!("write   {list}")), "{dry}");
    assert!(!checkout.path(SBOM).exists());
    sbom(&checkout, &[]);
    let (first, listed) = (checkout.read(SBOM), checkout.read(list));
    let verify = checkout.run(&["checksums-verify", list]);
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stderr));
    assert!(listed.contains("linux-sbom.cdx.json"));
    sbom(&checkout, &[]);
    assert_eq!((checkout.read(SBOM), checkout.read(list)), (first.clone(), listed));
    for word in [checkout.root().to_str().unwrap(), checkout.store().to_str().unwrap()] {
        assert!(!first.contains(word), "the inventory names the machine");
    }
}

#[test]
fn what_does_not_fit_the_lock_is_told() {
    let checkout = staged();
    let lock = checkout.read("backend/uv.lock");
    checkout.write("backend/uv.lock", &lock.replace("name = \"sqlparse\"", "name = \"other\""));
    let said = checkout.fails(1, &["sbom"]);
    assert!(said.contains("sqlparse") && said.contains("is installed and not in uv.lock"), "{said}");
    assert!(said.contains("next: run `cargo xtask packaged-stage`"), "{said}");
    let empty = Checkout::with_own_store();
    assert!(empty.fails(1, &["sbom"]).contains("there is no staged backend"));
}

/// The format's schemas come with its Python library, which uv brings into a throw-away environment.
#[test]
fn the_official_schema_accepts_it() {
    let command = format!("uv run --no-project --with '{VALIDATOR}' python -c ''");
    let needs = || skip("the_official_schema_accepts_it", "cyclonedx-python-lib from PyPI", &command);
    let Some(uv) = uv() else { return needs() };
    let validate = |file: &str, expected: bool| -> Option<()> {
        let program = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1], encoding='utf-8').read())
print('valid' if error is None else error)";
        let output = Command::new(&uv)
            .args(["run", "--quiet", "--no-project", "--with", VALIDATOR, "python", "-c", program, file])
            .current_dir(std::env::temp_dir())
            .output()
            .unwrap();
        if !output.status.success() {
            assert!(
                !String::from_utf8_lossy(&output.stderr).contains("Traceback"),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            return None;
        }
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.trim() == "valid", expected, "{told}");
        Some(())
    };
    let checkout = staged();
    sbom(&checkout, &[]);
    let path = checkout.path(SBOM).display().to_string();
    if validate(&path, true).is_none() {
        return needs();
    }
    // The validator itself is worth something: it refuses what is no inventory.
    checkout.write("dist/bad.json", &checkout.read(SBOM).replace("\"library\"", "\"book\""));
    validate(&checkout.path("dist/bad.json").display().to_string(), false);
    // Rust packages of a lock, with those that only build.
    checkout
        .write("shells/tauri/src-tauri/Cargo.lock", &std::fs::read_to_string(repository().join("Cargo.lock")).unwrap());
    let output = checkout.run(&["sbom", "--shell", "tauri", "--output", "dist/tauri.cdx.json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    validate(&checkout.path("dist/tauri.cdx.json").display().to_string(), true);
}

//! An edit costs what changed: a layer takes over what it can from its last version, and is the same as one that was
//! made from nothing.

// Modes as they are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;
use staging::Checkout;

const STYLE: &str = "backend/src/catalogue/static/catalogue/a.css";
const SETTINGS: &str = "backend/src/shop/settings.py";

/// Stages; returns the result, and what was said with `-v`.
fn staged(checkout: &Checkout) -> (Value, String) {
    let output = checkout.run(&["packaged-stage", "-v", "--json", "--python-source", "host"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    (serde_json::from_slice(&output.stdout).unwrap(), said)
}

/// Stages what was edited, and the same layers from nothing; both must be the same. Returns what the first one said.
fn edited(checkout: &Checkout, what: &str) -> String {
    let (result, said) = staged(checkout);
    assert_eq!(result["changed"], true, "{what}\n{said}");
    assert_eq!(checkout.verified_digest(), result["digest"].as_str().unwrap(), "{what}");
    for layer in ["app", "static"] {
        std::fs::remove_dir_all(checkout.store().join(layer)).unwrap();
    }
    std::fs::remove_file(checkout.path(".stage/record.json")).unwrap();
    let (anew, told) = staged(checkout);
    assert!(told.contains("collect_static.py") && !told.contains("__bytecode__.bin"), "{told}");
    assert_eq!(anew["digest"], result["digest"], "{what}\n{said}");
    said
}

/// The versions of a layer in the store, the one that was used last at the end.
fn versions(checkout: &Checkout, layer: &str) -> Vec<PathBuf> {
    let mut found: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(checkout.store().join(layer))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.join("used").metadata().unwrap().modified().unwrap(), path))
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

fn shop() -> Checkout {
    let checkout = Checkout::with_own_store();
    checkout.become_shop();
    checkout.write(STYLE, "a {}\n");
    checkout.write("backend/src/shop/steps/__init__.py", "");
    checkout.write("backend/src/shop/steps/one.py", "STEP = 1\n");
    checkout.write("backend/src/shop/steps/two.py", "STEP = 2\n");
    checkout
}

fn is_linked(path: &Path) -> bool {
    path.metadata().unwrap().nlink() > 1
}

#[test]
fn an_increment_is_the_same_as_a_stage_from_nothing() {
    let checkout = shop();
    checkout.stage(&[]);
    let one = "backend/src/shop/steps/one.py";
    checkout.write(one, "STEP = 'one'\n");
    let said = edited(&checkout, "a source");
    assert!(said.contains("__bytecode__.bin"), "nothing was taken over from the last archive\n{said}");
    assert!(!said.contains("collect_static.py"), "{said}");

    std::fs::set_permissions(checkout.path(one), std::fs::Permissions::from_mode(0o755)).unwrap();
    checkout.append("backend/src/shop/steps/two.py", "# and another one\n");
    edited(&checkout, "a mode");
    checkout.write("backend/src/shop/steps/three.py", "STEP = 3\n");
    std::fs::remove_file(checkout.path(one)).unwrap();
    edited(&checkout, "one more and one less");
    // A package goes before a module of its name; the archive has both.
    checkout.write("backend/src/shop/steps/three/__init__.py", "STEP = 'a package'\n");
    edited(&checkout, "a package beside a module");
    assert_eq!(checkout.python("from shop.steps import three; print(three.STEP)").trim(), "a package");
    std::fs::remove_file(checkout.path("backend/src/shop/steps/three.py")).unwrap();
    edited(&checkout, "only the package");
    // The second of two files of one content, and a folder that is a file now.
    std::fs::copy(checkout.path(STYLE), checkout.path("backend/src/catalogue/static/catalogue/b.css")).unwrap();
    std::fs::remove_dir_all(checkout.path("backend/src/shop/steps/three")).unwrap();
    checkout.write("backend/src/shop/steps/three", "a file");
    edited(&checkout, "a file in the place of a folder");
    let digest = checkout.verified_digest();
    assert_eq!(checkout.stage(&["--force"])["digest"], digest.as_str());
}

#[test]
fn bytecode_is_made_again_only_where_a_source_or_an_extension_module_changed() {
    let checkout = shop();
    checkout.stage(&[]);
    let compiles = |what: &str| edited(&checkout, what).contains("compile_bytecode.py");
    checkout.append(STYLE, "b {}\n");
    assert!(!compiles("a style sheet"));
    // It goes before the source of its name, which gets a file of its own.
    let extension = "backend/src/shop/steps/two.pyd";
    checkout.write(extension, "");
    assert!(compiles("an extension module"));
    checkout.append(STYLE, "i {}\n");
    assert!(!compiles("a style sheet, with bytecode outside of the archive"));
    std::fs::remove_file(checkout.path(extension)).unwrap();
    assert!(compiles("an extension module less"));
    std::fs::remove_file(checkout.path("backend/src/shop/steps/two.py")).unwrap();
    assert!(compiles("a source less"));
}

#[test]
fn a_style_sheet_is_copied_again_only_where_collecting_copies_content_as_it_is() {
    let checkout = shop();
    checkout.stage(&[]);
    let collected = checkout.staged().join("staticfiles/catalogue/a.css");
    let starts_django = |what: &str| {
        checkout.append(STYLE, "b {}\n");
        std::fs::set_permissions(checkout.path(STYLE), std::fs::Permissions::from_mode(0o755)).unwrap();
        let said = edited(&checkout, what);
        assert_eq!(std::fs::read_to_string(&collected).unwrap(), checkout.read(STYLE), "{what}");
        said.contains("collect_static.py")
    };
    assert!(!starts_django("Django's own storage"));
    assert!(!starts_django("a second time"));
    // Nobody who looks at the content may miss an edit.
    let settings = checkout.read(SETTINGS);
    for (what, more) in [
        ("the settings read it", "LINES = len((BASE_DIR / 'catalogue/static/catalogue/a.css').read_text())\n"),
        (
            "a storage with hashes in the names",
            "STORAGES = {'staticfiles': {'BACKEND': 'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'}}\n",
        ),
        ("a finder of somebody else", "STATICFILES_FINDERS = ['shop.finder.Finder']\n"),
    ] {
        checkout.write(
            "backend/src/shop/finder.py",
            "from django.contrib.staticfiles.finders import AppDirectoriesFinder\nclass Finder(AppDirectoriesFinder):\n    pass\n",
        );
        checkout.write(SETTINGS, &format!("{settings}\n{more}"));
        checkout.stage(&[]);
        assert!(starts_django(what), "{what}");
    }
    // A file of the same place that was hidden by the other one comes to light.
    checkout.write(SETTINGS, &format!("{settings}\nSTATICFILES_DIRS = [BASE_DIR / 'assets']\n"));
    checkout.write("backend/src/assets/catalogue/a.css", "hides the other\n");
    checkout.stage(&[]);
    assert_eq!(std::fs::read_to_string(&collected).unwrap(), "hides the other\n");
    std::fs::remove_dir_all(checkout.path("backend/src/assets")).unwrap();
    assert!(starts_django("a file less"));
}

#[test]
fn versions_that_share_files_do_not_need_each_other() {
    let checkout = shop();
    checkout.append("dds.toml", "\n[stage]\nkeep = 1\n");
    checkout.stage(&[]);
    let [first] = &versions(&checkout, "app")[..] else { panic!("one version is there") };
    checkout.write("backend/src/shop/steps/one.py", "STEP = 'one'\n");
    checkout.append(STYLE, "b {}\n");
    let (result, _) = staged(&checkout);
    assert!(!first.exists(), "only one version is kept");
    for layer in ["app", "static"] {
        assert_eq!(versions(&checkout, layer).len(), 1, "{layer}");
    }
    // Nothing is at hand but the store.
    for folder in ["backend", "spare"] {
        std::fs::remove_dir_all(checkout.path(".stage").join(folder)).unwrap();
    }
    assert_eq!(checkout.stage(&[])["digest"], result["digest"]);
    assert_eq!(checkout.verified_digest(), result["digest"].as_str().unwrap());
    assert!(!is_linked(&checkout.staged().join("src/shop/steps/two.py")), "the tree shares a file with the store");
}

/// Leaves a little more out, so that the layer is made anew.
fn prune(checkout: &Checkout, table: &str) {
    let facts = checkout.read("dds.toml");
    checkout
        .write("dds.toml", &facts.replace(&format!("[{table}]\n"), &format!("[{table}]\nprune = ['**/turtle.py']\n")));
}

#[test]
fn bytecode_of_packages_and_of_the_interpreter_is_taken_over() {
    let checkout = shop();
    checkout.stage(&[]);
    prune(&checkout, "packages");
    prune(&checkout, "python");
    let (result, said) = staged(&checkout);
    for label in ["site-packages", "python"] {
        let taken = |line: &&str| line.contains(&format!(" {label} 0 ")) && line.contains("__bytecode__.bin");
        assert!(said.lines().any(|line| taken(&line)), "{label}\n{said}");
    }
    assert_eq!(checkout.stage(&["--force"])["digest"], result["digest"]);
}

#[test]
fn damaged_bytecode_is_not_taken_over() {
    let checkout = shop();
    checkout.stage(&[]);
    let archive = versions(&checkout, "packages").pop().unwrap().join("tree/__bytecode__.bin");
    let mut bytes = std::fs::read(&archive).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    prune(&checkout, "packages");
    let (result, said) = staged(&checkout);
    assert!(said.contains("the last packages layer in the store is damaged"), "{said}");
    assert_eq!(checkout.stage(&["--force"])["digest"], result["digest"]);
}

#[test]
fn a_damaged_version_is_not_built_upon() {
    let checkout = shop();
    checkout.stage(&[]);
    for (layer, file) in [("app", "tree/src/shop/steps/two.py"), ("static", "tree/staticfiles/catalogue/b.css")] {
        checkout.write("backend/src/catalogue/static/catalogue/b.css", "whole");
        checkout.stage(&[]);
        let last = versions(&checkout, layer).pop().unwrap();
        std::fs::write(last.join(file), "").unwrap();
        checkout.append("backend/src/shop/steps/one.py", "# more\n");
        checkout.append(STYLE, "b {}\n");
        let said = edited(&checkout, layer);
        assert!(said.contains(&format!("the last {layer} layer in the store is damaged")), "{said}");
    }
}

//! The bytecode of a staged backend: one archive a layer, and imports that nobody can tell from usual ones.

// Interpreters and extension modules as they are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use staging::{Backend, Checkout, listing};

const ARCHIVE: &str = "__bytecode__.bin";

/// Runs Python code with the staged interpreter, the sources on its path; what it prints is JSON.
fn ask(tree: &Path, code: &str) -> Value {
    ask_with(tree, &tree.join("src"), code)
}

/// The same with another folder on the path.
fn ask_with(tree: &Path, folder: &Path, code: &str) -> Value {
    let output = Command::new(tree.join("python/bin/python3"))
        .args(["-s", "-c", &format!("import json, sys\nsys.path.insert(0, sys.argv[1])\n{code}")])
        .arg(folder)
        .current_dir("/")
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A checkout with modules of every kind in its app.
fn with_cases() -> Checkout {
    let checkout = Checkout::new();
    for (path, text) in [
        ("twice.py", "KIND = 'module'\n"),
        ("twice/__init__.py", "KIND = 'package'\n"),
        ("native.py", "KIND = 'source'\n"),
        // Found, never loaded.
        ("native.abi3.so", ""),
        ("spaces/inner/leaf.py", "KIND = 'in a namespace'\n"),
        ("fails.py", "def fail():\n    # The line of the fault.\n    return 1 / 0\n"),
        ("tale/__init__.py", ""),
        ("tale/text.txt", "once upon a time"),
        ("tale/part.py", ""),
    ] {
        checkout.write(&format!("backend/src/{path}"), text);
    }
    checkout
}

#[test]
fn all_bytecode_is_in_three_archives() {
    let checkout = Checkout::new();
    checkout.stage(&[]);
    let tree = checkout.staged();
    let files = listing(&tree);
    let of = |wanted: &str| files.iter().filter(|line| line.contains(wanted)).count();
    assert_eq!(of(ARCHIVE), 3, "the interpreter's, the packages', the app's");
    let early = |line: &&String| {
        ["/encodings/", "_bytecode_finder", "importlib/__pycache__/__init__", "warnings"]
            .iter()
            .any(|early| line.contains(early))
    };
    assert_eq!(of(".pyc"), files.iter().filter(early).filter(|line| line.contains(".pyc")).count());

    let others = ask(
        &tree,
        "import asyncio, decimal, email.message, django.db.models, django.forms, waitress, deer.apps
import importlib.machinery
print(json.dumps(sorted(name for name, module in sys.modules.items()
    if type(getattr(module.__spec__, 'loader', None)) is importlib.machinery.SourceFileLoader)))",
    );
    let early = ["_bytecode_finder", "encodings", "importlib", "warnings", "_py_warnings"];
    let others = others.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let others: Vec<&str> = others.filter(|name| !early.contains(&name.split('.').next().unwrap())).collect();
    assert!(others.is_empty(), "only those before the archives are open have a .pyc of their own: {others:?}");
    assert_eq!(listing(&tree), files, "nothing was compiled anew");
}

#[test]
fn imports_find_what_they_would_find_without_archives() {
    let checkout = with_cases();
    checkout.stage(&[]);
    let tree = checkout.staged();
    let found = |code: &str| ask(&tree, &format!("{code}\nprint(json.dumps(answer))"));

    assert_eq!(found("import twice; answer = twice.KIND"), "package");
    assert_eq!(
        found("from importlib.util import find_spec; answer = type(find_spec('native').loader).__name__"),
        "ExtensionFileLoader"
    );
    assert_eq!(found("from spaces.inner import leaf; answer = leaf.KIND"), "in a namespace");
    assert_eq!(
        found("import tale, importlib.resources as r; answer = r.files(tale).joinpath('text.txt').read_text()"),
        "once upon a time"
    );
    assert_eq!(
        found("import tale, pkgutil; answer = pkgutil.get_data('tale', 'text.txt').decode()"),
        "once upon a time"
    );
    assert_eq!(
        found("import tale, pkgutil; answer = [m.name for m in pkgutil.iter_modules(tale.__path__)]"),
        json!(["part"])
    );
    assert_eq!(
        found("import inspect, fails; answer = inspect.getsource(fails.fail).splitlines()[2].strip()"),
        "return 1 / 0"
    );

    let told =
        found("import fails, traceback\ntry: fails.fail()\nexcept ZeroDivisionError: answer = traceback.format_exc()");
    let place = format!("File \"{}\", line 3, in fail", tree.join("src/fails.py").display());
    assert!(told.as_str().unwrap().contains(&place) && told.as_str().unwrap().contains("return 1 / 0"), "{told}");

    let names =
        found("import tale, fails; answer = [tale.__file__, tale.__path__[0], tale.__package__, fails.__package__]");
    let tale = tree.join("src/tale");
    assert_eq!(names, json!([tale.join("__init__.py"), tale, "tale", ""]));
}

#[test]
fn the_import_path_still_decides() {
    let checkout = with_cases();
    checkout.stage(&[]);
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("fails.py"), "KIND = 'before it'\n").unwrap();
    std::fs::create_dir(elsewhere.path().join("tale")).unwrap();
    std::fs::write(elsewhere.path().join("tale/other.py"), "KIND = 'added'\n").unwrap();
    let code = "sys.dont_write_bytecode = True
sys.path.insert(1, sys.prefix + '/../src')
import fails, tale
tale.__path__.append(sys.argv[1] + '/tale')
import tale.other
print(json.dumps([fails.KIND, tale.other.KIND]))";
    // A folder of the same name without __init__.py is no reason to take it, nor is its place on the path.
    assert_eq!(ask_with(&checkout.staged(), elsewhere.path(), code), json!(["before it", "added"]));
}

#[test]
fn each_spelling_of_a_folder_finds_its_archive() {
    let checkout = with_cases();
    checkout.stage(&[]);
    let tree = checkout.staged();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("a link");
    std::os::unix::fs::symlink(tree.join("src"), &link).unwrap();
    let plain = tree.join("src").display().to_string();
    let before = listing(&tree);
    for spelling in [
        plain.replace("/src", "//src"),
        plain.replace("/src", "/./src/"),
        format!("{plain}/../src"),
        link.display().to_string(),
    ] {
        let loader = ask_with(
            &tree,
            Path::new(&spelling),
            "import tale.part\nprint(json.dumps(type(tale.part.__spec__.loader).__name__))",
        );
        assert_eq!(loader, "Loader", "{spelling}");
    }
    assert_eq!(listing(&tree), before, "something was written");
}

#[test]
fn an_archive_that_is_of_no_use_is_left_alone() {
    let checkout = with_cases();
    checkout.stage(&[]);
    let tree = checkout.staged();
    let archive = tree.join(ARCHIVE);
    let whole = std::fs::read(&archive).unwrap();
    let code = "sys.dont_write_bytecode = True
import twice
print(json.dumps([twice.KIND, type(twice.__spec__.loader).__name__]))";
    assert_eq!(ask(&tree, code), json!(["package", "Loader"]));
    let foreign = [&[whole[0] ^ 1], &whole[1..]].concat();
    for bytes in [foreign, whole[..6].to_vec(), whole[..20].to_vec(), Vec::new()] {
        std::fs::remove_file(&archive).unwrap();
        std::fs::write(&archive, bytes).unwrap();
        assert_eq!(ask(&tree, code), json!(["package", "SourceFileLoader"]));
    }
    let said = checkout.fails(1, &["packaged-stage", "--verify"]);
    assert!(said.contains(ARCHIVE), "{said}");
}

#[test]
fn each_python_of_this_machine_will_do() {
    let mut checkout = Checkout::new();
    let mut seen = Vec::new();
    for minor in 12..=16 {
        let wanted = format!("3.{minor}");
        checkout.env = vec![("DESKTOP_DJANGO_BUNDLED_PYTHON_VERSION".to_owned(), wanted.clone())];
        let result = checkout.stage(&[]);
        // Where that one is not installed, the newest is taken.
        let version = result["python"].as_str().unwrap().to_owned();
        if !version.starts_with(&format!("{wanted}.")) {
            continue;
        }
        let tree = checkout.staged();
        let loader = ask(&tree, "import django; print(json.dumps(type(django.__spec__.loader).__name__))");
        assert_eq!(loader, "Loader", "Python {version}");
        let data = tempfile::tempdir().unwrap();
        let backend = Backend::start(&tree, data.path());
        assert!(backend.get("/").starts_with("HTTP/1.1 200"), "Python {version}");
        backend.stop();
        seen.push(version);
    }
    assert!(!seen.is_empty(), "there is no CPython from 3.12 to 3.16");
}

//! Stages for other systems: their bytes, what is refused, and what runs.
//!
//! Interpreters of other systems are stand-ins, made from the one of this machine; `wine.rs` takes a real one.

// Interpreters, links and modes as they are there.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/interpreters.rs"]
mod interpreters;
#[path = "support/macho.rs"]
mod macho;
#[path = "support/staging.rs"]
mod staging;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use interpreters::{HOST, OTHER_LINUX, StandIns};
use serde_json::Value;
use staging::{Checkout, digest, listing, wheel};

/// A small project whose interpreter for this machine is one of this machine.
fn shop() -> Checkout {
    let checkout = Checkout::shop();
    checkout.write("dds.toml", &checkout.read("dds.toml").replace("[python]\n", "[python]\nsource = \"host\"\n"));
    checkout
}

fn staged_for(checkout: &Checkout, target: &str) -> PathBuf {
    if target == HOST { checkout.staged() } else { checkout.path(&format!(".stage/{target}/backend")) }
}

/// One result for each target.
fn stage_for(checkout: &Checkout, target: &str, source: &str, args: &[&str]) -> Vec<Value> {
    let all = [&["packaged-stage", "--json", "--target", target, "--python-source", source], args].concat();
    let output = checkout.run(&all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::Deserializer::from_slice(&output.stdout).into_iter().map(Result::unwrap).collect()
}

/// What lies at which digest, without some files.
fn without(folder: &Path, left_out: &[&str]) -> Vec<String> {
    let mut lines = listing(folder);
    lines.retain(|line| !left_out.iter().any(|path| line.starts_with(&format!("{path} "))));
    lines
}

#[test]
fn a_stage_made_here_has_the_bytes_of_one_made_there() {
    let checkout = shop();
    let (target, _) = OTHER_LINUX;
    let interpreters = StandIns::new(&checkout, &[HOST, target]);
    let ours = stage_for(&checkout, HOST, &interpreters.source(), &[]);
    let theirs = stage_for(&checkout, target, &interpreters.source(), &[]);
    assert_eq!((&ours[0]["target"], &theirs[0]["target"]), (&Value::from(HOST), &Value::from(target)));
    // The program says which processor it is for; the libraries of the system are none of the stage's.
    let differs = ["python/bin/python3", "THIRD-PARTY-NOTICES.txt"];
    let (ours, theirs) = (checkout.staged(), staged_for(&checkout, target));
    assert!(without(&ours, &differs).len() > 500);
    assert_eq!(without(&ours, &differs), without(&theirs, &differs));
    assert_ne!(digest(&ours.join(differs[0])), digest(&theirs.join(differs[0])));
}

#[test]
fn each_target_has_the_layout_of_its_system() {
    let mut checkout = shop();
    // From a shared one, others drop what the next version is made of; then it is planned once more, with less to make.
    checkout.env = vec![("DDSTASK_CACHE_DIR".to_owned(), checkout.path("store").display().to_string())];
    let interpreters = StandIns::new(&checkout, &[HOST, "windows-x64", "macos-arm64"]);
    checkout.write(
        "dds.toml",
        &checkout
            .read("dds.toml")
            .replace("[project]\n", &format!("[project]\ntargets = [\"{HOST}\", \"windows-x64\", \"macos-arm64\"]\n")),
    );
    let results = stage_for(&checkout, "all", &interpreters.source(), &["--explain"]);
    let targets: Vec<&str> = results.iter().map(|result| result["target"].as_str().unwrap()).collect();
    assert_eq!(targets, [HOST, "windows-x64", "macos-arm64"]);

    let manifest = |target: &str| -> Value {
        let path = staged_for(&checkout, target).join("runtime-manifest.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let minor = interpreters.version.rsplit_once('.').unwrap().0;
    let python = |target: &str| manifest(target)["python"].clone();
    let names = |target: &str| {
        ["executable", "purelib", "scripts"].map(|name| python(target)[name].as_str().unwrap().to_owned())
    };
    assert_eq!(names("windows-x64"), ["python/python.exe", "python/Lib/site-packages", "python/Scripts"]);
    assert_eq!(
        names("macos-arm64"),
        ["python/bin/python3".to_owned(), format!("python/lib/python{minor}/site-packages"), "python/bin".to_owned()]
    );
    assert_eq!(python("windows-x64")["version"], interpreters.version.as_str());

    let windows = staged_for(&checkout, "windows-x64");
    for gone in ["python/DLLs/_tkinter.pyd", "python/Scripts", "python/tcl", "python/pyvenv.cfg", "python/bin"] {
        assert!(!windows.join(gone).exists(), "{gone}");
    }
    let packages = windows.join("python/Lib/site-packages");
    assert!(packages.join("django/__init__.py").is_file() && packages.join("desktop_runtime/__init__.py").is_file());
    assert!(packages.join("tzdata").is_dir(), "the lock has it for Windows alone");
    assert!(!staged_for(&checkout, HOST).join(format!("python/lib/python{minor}/site-packages/tzdata")).exists());
    assert!(windows.join("staticfiles/catalogue/shop.css").is_file());
    assert!(
        windows
            .join(format!("python/Lib/encodings/__pycache__/utf_8.cpython-{}.pyc", minor.replace('.', "")))
            .is_file()
    );
    let notices = std::fs::read_to_string(windows.join("THIRD-PARTY-NOTICES.txt")).unwrap();
    assert!(notices.contains("- openssl 3.0.15 (Apache-2.0)"), "{notices}");
    for entry in walkdir::WalkDir::new(&windows).into_iter().map(Result::unwrap) {
        assert!(!entry.file_type().is_symlink());
        let mode = entry.metadata().unwrap().permissions().mode();
        assert!(entry.file_type().is_dir() || mode & 0o111 == 0, "{}", entry.path().display());
    }
    for target in ["windows-x64", "macos-arm64", HOST] {
        let output = checkout.run(&["packaged-stage", "--verify", "--target", target]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    // Bytecode that is the same there comes from the stage for this machine.
    let forced = stage_for(&checkout, "windows-x64", &interpreters.source(), &["--force"]);
    assert_eq!(forced[0]["digest"], results[1]["digest"]);

    // What is there stays, and an edit reaches each of them.
    let again = stage_for(&checkout, "all", &interpreters.source(), &[]);
    assert!(again.iter().all(|result| result["changed"] == false), "{again:?}");
    // Nobody has staged this before.
    let edit = checkout.root().display().to_string();
    checkout.append("backend/src/catalogue/views.py", &format!("\n# {edit}\n"));
    checkout.append("backend/src/catalogue/static/catalogue/shop.css", &format!("/* {edit} */\n"));
    let edited = stage_for(&checkout, "all", &interpreters.source(), &[]);
    let made = |result: &Value| -> Vec<String> {
        let layers = result["layers"].as_array().unwrap().iter().filter(|layer| layer["made"] == true);
        layers.map(|layer| layer["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(edited.iter().map(made).collect::<Vec<_>>(), [vec!["app", "static"], vec!["app"], vec!["app"]]);
    let css = std::fs::read_to_string(checkout.staged().join("staticfiles/catalogue/shop.css")).unwrap();
    assert!(css.ends_with(&format!("/* {edit} */\n")), "{css}");
    for target in ["windows-x64", "macos-arm64"] {
        for file in ["src/catalogue/views.py", "staticfiles/catalogue/shop.css"] {
            let here = digest(&checkout.staged().join(file));
            assert_eq!(digest(&staged_for(&checkout, target).join(file)), here, "{target}: {file}");
        }
    }

    // What is staged is what is packaged.
    let dds =
        checkout.read("dds.toml").replace("source = \"host\"", &format!("source = \"{}\"", interpreters.source()));
    checkout.write("dds.toml", &dds);
    let output = checkout.run(&["package-dist", "--dry-run", "--target", "windows-x64"]);
    let plan = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{plan}");
    for part in [
        "keep    .stage/windows-x64/backend (up to date)",
        "write   .stage/windows-x64/notices/electron/THIRD-PARTY-NOTICES.txt",
        "/.stage/windows-x64/backend node node_modules/electron-builder/cli.js",
        "--publish never --win zip --x64",
        "-windows-sha256.txt  (checksums of the packages)",
        "windows-x64: no installer (making one starts a Windows program); run `cargo xtask package-dist` on Windows or macOS for it",
    ] {
        assert!(plan.contains(part), "no `{part}` in\n{plan}");
    }
    assert!(checkout.run(&["clean"]).status.success());
    assert!(!checkout.path(".stage/windows-x64").exists());
}

#[test]
fn uv_brings_the_interpreter_of_the_target() {
    let mut checkout = shop();
    let interpreters = StandIns::new(&checkout, &["windows-x64"]);
    let path = interpreters.path("windows-x64");
    let url = format!("file://{}", path.display());
    let list = staging::download_list(interpreters.folder.path(), &interpreters.version, &url, &digest(&path));
    let arch = std::env::consts::ARCH;
    let text = std::fs::read_to_string(&list).unwrap();
    let text = text
        .replace(&format!("linux-{arch}-gnu"), "windows-x86_64-none")
        .replace("\"os\":\"linux\"", "\"os\":\"windows\"");
    let text = text.replace("\"libc\":\"gnu\"", "\"libc\":\"none\"").replace(arch, "x86_64");
    std::fs::write(&list, text).unwrap();
    checkout.env = vec![
        ("UV_PYTHON_DOWNLOADS_JSON_URL".to_owned(), list.display().to_string()),
        ("DESKTOP_DJANGO_BUNDLED_PYTHON_VERSION".to_owned(), interpreters.version.clone()),
    ];
    let none = checkout.fails(1, &["packaged-stage", "--target", "macos-x64", "--python-source", "uv"]);
    assert!(none.contains("to download for"), "{none}");
    // This machine's own is not in the list: its fallback is what is installed, and the target has none.
    let results = stage_for(&checkout, "windows-x64", "auto", &["--offline"]);
    assert_eq!((&results[0]["source"], &results[0]["target"]), (&Value::from("uv"), &Value::from("windows-x64")));
}

#[test]
fn wheels_that_a_target_lacks_are_all_named_before_anything_is_made() {
    const INDEX: &str = "[tool.uv]\npackage = false\n[[tool.uv.index]]\nname = \"ours\"\nurl = \"../wheels\"\nformat = \"flat\"\n\
        explicit = true\n[tool.uv.sources]\nodd = { index = \"ours\" }\neven = { index = \"ours\" }\n";
    let checkout = Checkout::made("\"odd\", \"even\"", INDEX);
    checkout.write("dds.toml", &checkout.read("dds.toml").replace("[python]\n", "[python]\nsource = \"host\"\n"));
    for name in ["odd", "even"] {
        let folder = checkout.path("wheels");
        wheel(&folder, name, &[(&format!("{name}.py"), "")]);
        let linux = format!("{name}-1.0-py3-none-manylinux_2_17_{}.whl", std::env::consts::ARCH);
        std::fs::rename(folder.join(format!("{name}-1.0-py3-none-any.whl")), folder.join(linux)).unwrap();
    }
    checkout.lock();
    let archives = tempfile::tempdir().unwrap();
    for target in ["windows-x64", "macos-arm64", HOST] {
        std::fs::write(archives.path().join(format!("{target}.tar.gz")), "").unwrap();
    }
    let source = format!("archive:{}/{{target}}.tar.gz", archives.path().display());
    let said = checkout.fails(1, &["packaged-stage", "--target", "all", "--python-source", &source]);
    for target in ["windows-x64", "macos-arm64"] {
        let line = said.lines().find(|line| line.contains(target)).unwrap_or_else(|| panic!("no {target} in {said}"));
        assert!(line.contains("odd 1.0") && line.contains("even 1.0"), "{line}");
    }
    assert!(!checkout.path(".stage").join("backend").exists() && !checkout.path(".stage/windows-x64/backend").exists());
}

#[test]
fn what_can_not_become_a_stage_is_refused_with_the_reason() {
    let checkout = shop();
    let interpreters = StandIns::new(&checkout, &["windows-x64", OTHER_LINUX.0]);
    let before = checkout.verified_digest();
    let source = |path: &Path| format!("archive:{}", path.display());
    let refused = |code: i32, args: &[&str], what: &str| {
        let said = checkout.fails(code, &[&["packaged-stage", "--target"], args].concat());
        assert!(said.contains(what) && said.contains("next:"), "{said}");
    };
    let theirs = source(&interpreters.path(OTHER_LINUX.0));
    refused(2, &["windows"], "`windows` is no target");
    refused(2, &["windows-x64", "--python-source", "host"], "no Python of this machine runs on windows-x64");
    refused(2, &["all", "--python-source", &theirs], "is for one system alone");
    refused(2, &["windows-x64", "--check", "--python-source", &theirs], "can't be started on");
    refused(1, &["windows-x64", "--python-source", &theirs], "python.exe");
    let own = StandIns::new(&checkout, &[HOST]);
    refused(1, &[OTHER_LINUX.0, "--python-source", &source(&own.path(HOST))], "is no program for");

    // Bytecode of another form: the number of a version that does not exist.
    let mut files = interpreters.files(&checkout, OTHER_LINUX.0);
    let importer = files.iter_mut().find(|(path, _)| path.ends_with("importlib/_bootstrap_external.py")).unwrap().1;
    let text = String::from_utf8(importer.clone()).unwrap();
    let at = text.find("\nMAGIC_NUMBER = (").unwrap() + "\nMAGIC_NUMBER = (".len();
    *importer = format!("{}9999{}", &text[..at], &text[at + 4..]).into_bytes();
    interpreters.write(OTHER_LINUX.0, files);
    refused(1, &[OTHER_LINUX.0, "--python-source", &theirs], "9999");

    let later = interpreters.folder.path().join("cpython-3.99.1-x.tar.gz");
    std::fs::rename(interpreters.path(OTHER_LINUX.0), &later).unwrap();
    refused(1, &[OTHER_LINUX.0, "--python-source", &source(&later)], "has Python 3.99.1");
    assert_eq!(checkout.verified_digest(), before);
    assert!(!staged_for(&checkout, OTHER_LINUX.0).exists() && !staged_for(&checkout, "windows-x64").exists());
}

#[test]
fn a_dry_run_prints_the_plan_and_makes_nothing() {
    let checkout = shop();
    let interpreters = StandIns::new(&checkout, &["windows-x64"]);
    let source = format!("archive:{}", interpreters.path("windows-x64").display());
    // With force, since other tests may have left the same layers in the store.
    let args = ["packaged-stage", "--dry-run", "--force", "--target", "windows-x64", "--python-source", &source];
    let dry = |checkout: &Checkout| {
        let output = checkout.run(&args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let plan = dry(&checkout);
    for part in [
        "keep    .stage/backend (up to date)",
        "--python-platform x86_64-pc-windows-msvc --python-version",
        "copy what was collected for this machine",
        "swap    .stage/windows-x64/backend",
    ] {
        assert!(plan.contains(part), "no `{part}` in\n{plan}");
    }
    assert!(!plan.contains("collect_static.py") && !plan.contains("check_stage.py"), "{plan}");
    assert!(!checkout.path(".stage/windows-x64").exists());
    std::fs::remove_dir_all(checkout.path(".stage/backend")).unwrap();
    assert!(dry(&checkout).contains("the plan for windows-x64 is decided when the stage for this machine is there"));
}

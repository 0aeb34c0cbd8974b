//! Windows under Wine: staged backends, the tool's own tests, and the runtime's tests, each with real programs for Windows.
//!
//! All of it takes minutes: `cargo xtask test --all` runs it, where Wine is installed.

// Linux starts them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/debian.rs"]
mod debian;
#[path = "support/elsewhere.rs"]
mod elsewhere;
#[path = "support/adopt.rs"]
mod made;
#[path = "support/nsis.rs"]
mod nsis;
#[path = "support/staging.rs"]
mod staging;
mod support;
#[path = "support/there.rs"]
mod there;
#[path = "support/wine.rs"]
mod wine;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use elsewhere::{is_used, of_3_13, shows, started};
use made::Shop;
use nsis::{Nsis, TITLE, installed};
use staging::{Checkout, interpreter, listing, repository, uv};
use support::skip;
use wine::{GCC, Wine, on_drive, uv_for_windows};

/// What the tests of the tool can't do there, and why. Those that need git say so themselves.
const NOT_THERE: [(&str, &str); 1] = [(
    "who_has_an_old_compiler_finds_what_cargo_says",
    "starts this machine's cargo, and Wine gives nothing to wait with for a program of Linux",
)];

/// Stages for Windows; nothing where this machine can't compile for the Python of the archive.
fn staged(checkout: &Checkout, test: &str) -> Option<PathBuf> {
    if !checkout.stage(&[])["python"].as_str().unwrap().starts_with("3.13.") {
        skip(test, "CPython 3.13", "uv python install 3.13");
        return None;
    }
    let source = format!("archive:{}", wine::python().display());
    let output = checkout.run(&["packaged-stage", "--target", "windows-x64", "--python-source", &source]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(checkout.path(".stage/windows-x64/backend"))
}

/// The staged backend under Wine, used as a person does.
fn is_used_under(wine: &Wine, tree: &Path, data: &Path, title: &str) {
    std::fs::create_dir(data).unwrap();
    is_used(&|| started(wine.program("wine"), tree, data, &on_drive), title);
    let mut files = std::fs::read_dir(data).unwrap().map(|file| file.unwrap().path());
    assert!(files.any(|path| path.extension().is_some_and(|ending| ending == "sqlite3")));
}

#[test]
#[ignore = "long: fetches a CPython for Windows and starts it under Wine; run by `cargo xtask test --all`"]
fn a_stage_for_windows_starts_under_wine() {
    const NAME: &str = "a_stage_for_windows_starts_under_wine";
    let Some(wine) = Wine::new(NAME) else { return };
    let checkout = Checkout::new();
    of_3_13(&checkout);
    let Some(tree) = staged(&checkout, NAME) else { return };
    is_used_under(&wine, &tree, &checkout.path("data"), "Deer Park");
    let output = checkout.run(&["packaged-stage", "--verify", "--target", "windows-x64"]);
    assert!(output.status.success(), "running it changed the tree: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "long: fetches a CPython for Windows and starts it under Wine; run by `cargo xtask test --all`"]
fn an_adopted_project_for_windows_starts_under_wine() {
    const NAME: &str = "an_adopted_project_for_windows_starts_under_wine";
    let Some(wine) = Wine::new(NAME) else { return };
    let shop = Shop::new();
    shop.adopt(&[]);
    of_3_13(&shop.checkout);
    let Some(tree) = staged(&shop.checkout, NAME) else { return };
    is_used_under(&wine, &tree, &shop.checkout.path("data"), "0 products");
}

/// A file that only one version has.
const OF_THE_FIRST: (&str, &str) = ("backend/src/deer/antlers.py", "POINTS = 12\n");
const OF_THE_SECOND: (&str, &str) = (
    "backend/src/deer/migrations/0002_second.py",
    "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n\
     \x20   dependencies = [('deer', '0001_initial')]\n",
);

#[test]
#[ignore = "long: makes two installers and runs them under Wine; run by `cargo xtask test --all`"]
fn tauris_installer_leaves_nothing_of_an_older_version() {
    const NAME: &str = "tauris_installer_leaves_nothing_of_an_older_version";
    let Some(wine) = Wine::new(NAME) else { return };
    let Some(nsis) = Nsis::new(NAME) else { return };
    let checkout = Checkout::new();
    of_3_13(&checkout);
    let install = |version: &str, (path, text): (&str, &str), flags: &[&str]| {
        checkout.write(path, text);
        let tree = staged(&checkout, NAME)?;
        std::fs::remove_file(checkout.path(path)).unwrap();
        let installer = nsis.installer(version, &tree);
        assert!(wine.program("wine").arg(installer).arg("/S").args(flags).status().unwrap().success());
        Some((installed(&wine), tree))
    };
    let data = checkout.path("data");
    std::fs::create_dir(&data).unwrap();
    let Some((place, _)) = install("1.0.0", OF_THE_FIRST, &[]) else { return };
    let start = || started(wine.program("wine"), &place.join("backend"), &data, &on_drive);
    shows(&start, TITLE);
    let Some((_, tree)) = install("2.0.0", OF_THE_SECOND, &["/UPDATE"]) else { return };
    assert_eq!(listing(&place.join("backend")), listing(&tree));
    is_used(&start, TITLE);

    // What it brought goes with it, people's data stay. A copy of the program does the work, and nothing waits for it.
    assert!(wine.program("wine").arg(place.join("uninstall.exe")).arg("/S").status().unwrap().success());
    let long = std::time::Instant::now() + std::time::Duration::from_mins(10);
    while place.exists() && std::time::Instant::now() < long {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert!(!place.exists(), "left: {:?}", listing(&place));
    assert!(data.join("app.sqlite3").is_file());
}

#[test]
#[ignore = "long: compiles the tool for Windows and runs its tests under Wine; run by `cargo xtask test --all`"]
fn the_tests_of_the_tool_pass_under_wine() {
    const NAME: &str = "the_tests_of_the_tool_pass_under_wine";
    const TARGET: &str = "x86_64-pc-windows-gnu";
    let Some(wine) = Wine::new(NAME) else { return };
    if !support::has(GCC) {
        return skip(NAME, "a compiler for Windows", "apt-get install gcc-mingw-w64-x86-64");
    }
    let library = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output().unwrap();
    if !Path::new(String::from_utf8_lossy(&library.stdout).trim()).is_dir() {
        return skip(NAME, "Rust's library for Windows", "rustup target add x86_64-pc-windows-gnu");
    }
    let wine = wine.with_random();
    let notes = tempfile::tempdir().unwrap();
    let skipped = notes.path().join("skipped.txt");
    let mut cargo = wine.program(env!("CARGO"));
    cargo.args(["test", "--package", "xtask", "--locked", "--no-fail-fast", "--target", TARGET]);
    cargo.args(["--config", "profile.dev.debug=0", "--config", "profile.dev.package.xtask.opt-level=0"]);
    // One after another: some of them wait for what others hold up.
    cargo.args(["--", "--test-threads", "2"]);
    cargo.args(NOT_THERE.iter().flat_map(|(test, _)| ["--skip", test]));
    cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine").current_dir(repository());
    // What they skip is no lack of this machine, and its uv and Python are not for them.
    cargo.env("DDS_SKIP_LOG", &skipped).env("UV", uv_for_windows(notes.path()).unwrap_or_default());
    let python = wine::unpacked_python(notes.path());
    std::fs::copy(python.join("python.exe"), python.join("python3.exe")).unwrap();
    cargo.env("WINEPATH", on_drive(&python));
    let output = cargo.stdout(Stdio::piped()).stderr(Stdio::inherit()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<&str> = said.lines().filter(|line| line.ends_with("FAILED")).collect();
    assert!(output.status.success(), "{failed:#?}\n{said}");
    let skipped = std::fs::read_to_string(&skipped).unwrap_or_default();
    let programs = there::programs(&repository().join("xtask"));
    let told = there::account(&programs, &said, &NOT_THERE, &skipped).unwrap();
    std::io::stderr().write_all(told.as_bytes()).unwrap();
}

/// Long as the test above is, this is known at once: a new test program runs on Windows, or says why it does not.
#[test]
fn each_test_program_is_there_or_says_why_not() {
    let programs = there::programs(&repository().join("xtask"));
    let silent = programs.iter().filter(|program| program.reason.as_deref() == Some(""));
    let silent: Vec<&str> = silent.map(|program| program.name.as_str()).collect();
    assert!(silent.is_empty(), "no comment above their `cfg` says why Windows lacks them: {silent:?}");
}

#[test]
#[ignore = "long: fetches a CPython for Windows and runs the runtime's tests with it; run by `cargo xtask test --all`"]
fn the_tests_of_the_runtime_pass_with_the_python_of_windows() {
    const NAME: &str = "the_tests_of_the_runtime_pass_with_the_python_of_windows";
    /// Wine lacks the call that copies files since 3.13, and ends the process.
    const WITHOUT_COPY: &str = "import _winapi\nif hasattr(_winapi, 'CopyFile2'):\n    del _winapi.CopyFile2\n";
    let Some(wine) = Wine::new(NAME) else { return };
    let folder = tempfile::tempdir().unwrap();
    let python = wine::unpacked_python(folder.path());
    let packages = python.join("Lib/site-packages");
    let uv = |args: &[&str]| {
        let mut uv = Command::new(uv().unwrap_or_else(|| "uv".into()));
        let output = uv.args(args).current_dir(repository().join("backend")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let locked = folder.path().join("locked.txt");
    std::fs::write(&locked, uv(&["export", "--frozen", "--no-hashes", "--no-emit-workspace", "--group", "dev"]))
        .unwrap();
    let [own, locked, to] = [interpreter(), locked, packages.clone()].map(|path| path.display().to_string());
    let install =
        ["pip", "install", "--python", &own, "--python-platform", "x86_64-pc-windows-msvc", "--constraint", &locked];
    let where_to = ["--python-version", "3.13", "--only-binary", ":all:", "--target", &to];
    // Without psutil, tests that start the launcher are skipped: some of them fail or hang under Wine 8 (docs/backlog.md).
    let names = [
        "django",
        "waitress",
        "whitenoise",
        "django-tasks-db",
        "pytest",
        "pytest-django",
        "pytest-rerunfailures",
        "tzdata",
    ];
    uv(&[install.as_slice(), &where_to, &names].concat());
    std::fs::write(packages.join("sitecustomize.py"), WITHOUT_COPY).unwrap();

    let mut pytest = wine.program("wine");
    pytest.arg(python.join("python.exe")).args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    // A folder of its own: the usual one is that of this machine's pytest, whose former runs each one clears away.
    pytest.arg(format!("--basetemp={}", on_drive(&folder.path().join("made"))));
    pytest.current_dir(repository().join("backend/desktop_runtime"));
    let output = pytest.stdout(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains(" passed"), "{}: {said}", output.status);
}

#[test]
fn what_ran_is_told_and_what_is_lost_is_an_error() {
    let package = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("src/a.rs", "#[test]\nfn own() {}\n#[cfg(unix)]\n#[test]\nfn signals() {}\n"),
        ("tests/b.rs", "#[test]\n// Words.\n#[ignore = \"long\"]\nfn hours() {}\n#[test]\nfn slow() {}\n"),
        ("tests/c.rs", "//! Docs.\n\n// Modes,\n// and links.\n#![cfg(unix)]\n#[test]\nfn modes() {}\n"),
    ] {
        std::fs::create_dir_all(package.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(package.path().join(path), text).unwrap();
    }
    let programs = there::programs(package.path());
    let said = "running 1 test\ntest a::tests::own ... ok\n\nrunning 1 test\ntest hours ... ignored, long\n\nrunning 0 tests\n";
    let told = there::account(&programs, said, &[("slow", "too slow")], "own: needs git (get it)\n").unwrap();
    let expected = [
        "under Wine: 1 test passed, of 2 test programs",
        "  not there: c, 1 test: Modes, and links.",
        "  not there: slow: too slow",
        "  skipped: own: needs git (get it)",
        "  of a Unix, 1 test: signals",
        "  long, 1 test: hours",
    ];
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
    assert!(there::account(&programs, said, &[], "").unwrap_err().contains("\"b: slow\""));
    assert!(there::account(&programs, "running 1 test\n", &[], "").unwrap_err().contains("1 test programs ran"));
}

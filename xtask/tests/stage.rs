//! Staging, through the command line, with real interpreters, real packages and the real backend.

// Interpreters, signals, modes and links as they are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;
mod support;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use staging::{Backend, Checkout, archive, digest, download_list, listing, uv};

/// The names of the layers that a stage made anew.
fn made(result: &Value) -> Vec<String> {
    let layers = result["layers"].as_array().unwrap();
    let names = layers.iter().filter(|layer| layer["made"] == true).map(|layer| layer["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

#[test]
fn the_staged_tree_runs_from_another_place_and_stays_as_it_is() {
    let checkout = Checkout::new();
    let result = checkout.stage(&[]);
    let elsewhere = tempfile::tempdir().unwrap();
    let tree = elsewhere.path().join("moved here");
    std::fs::rename(checkout.staged(), &tree).unwrap();
    let before = listing(&tree);
    assert_eq!(before.len() as u64, result["files"].as_u64().unwrap());
    assert!(!before.iter().any(|line| line.ends_with("-> link")), "a symbolic link was staged");

    let data = elsewhere.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let backend = Backend::start(&tree, &data);
    let page = backend.get("/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Deer Park"), "{page}");
    let css = page.split("href=\"").find(|part| part.starts_with("/static/") && part.contains(".css")).unwrap();
    assert!(backend.get(css.split('"').next().unwrap()).starts_with("HTTP/1.1 200"));
    assert!(backend.get("/health/").ends_with(r#"{"status": "ok"}"#));
    backend.stop();
    assert!(data.join("app.sqlite3").is_file());
    assert_eq!(listing(&tree), before, "running the app changed the tree");
}

#[test]
fn nothing_in_the_tree_names_the_machine_that_built_it() {
    let checkout = Checkout::new();
    checkout.stage(&[]);
    let host =
        String::from_utf8(checkout.run(&["packaged-stage", "--dry-run", "--force", "--python-source", "host"]).stdout)
            .unwrap();
    let prefix = host.lines().find_map(|line| line.split("copy of CPython ").nth(1)?.split(" in ").nth(1)).unwrap();
    let mut needles = vec![checkout.root().to_str().unwrap().to_owned(), checkout.store().to_str().unwrap().to_owned()];
    if !["/usr", "/usr/local"].contains(&prefix) {
        needles.push(prefix.to_owned());
    }
    for entry in walkdir::WalkDir::new(checkout.staged())
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
    {
        let bytes = std::fs::read(entry.path()).unwrap();
        for needle in &needles {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{} names {needle}", entry.path().display());
        }
    }
}

#[test]
fn a_stage_without_changes_does_nothing() {
    let checkout = Checkout::new();
    let first = checkout.stage(&[]);
    let manifest = std::fs::metadata(checkout.staged().join("runtime-manifest.json")).unwrap().modified().unwrap();
    let second = checkout.stage(&[]);
    assert_eq!((&second["changed"], &second["digest"]), (&Value::Bool(false), &first["digest"]));
    assert_eq!(
        manifest,
        std::fs::metadata(checkout.staged().join("runtime-manifest.json")).unwrap().modified().unwrap()
    );
}

#[test]
fn a_change_makes_only_the_layers_that_it_can_reach() {
    let checkout = Checkout::new();
    let first = checkout.stage(&[]);
    checkout.append("backend/src/deer/apps.py", "\n# a comment of this test\n");
    let python = checkout.stage(&[]);
    assert_eq!(made(&python), ["app", "static"]);
    assert_ne!(python["digest"], first["digest"]);
    assert!(std::fs::read_to_string(checkout.staged().join("src/deer/apps.py")).unwrap().contains("of this test"));

    checkout.write("backend/src/deer/templates/deer/of_this_test.html", "<p>of this test</p>\n");
    assert_eq!(made(&checkout.stage(&[])), ["app"], "a template can't reach the static files");
    checkout.write("backend/src/deer/static/deer/of_this_test.css", "p { color: red }\n");
    assert_eq!(made(&checkout.stage(&[])), ["app", "static"]);
    assert!(checkout.staged().join("staticfiles/deer/of_this_test.css").is_file());

    std::fs::remove_file(checkout.path("backend/src/deer/templates/deer/of_this_test.html")).unwrap();
    std::fs::remove_file(checkout.path("backend/src/deer/static/deer/of_this_test.css")).unwrap();
    let text = checkout.read("backend/src/deer/apps.py").replace("\n# a comment of this test\n", "");
    checkout.write("backend/src/deer/apps.py", &text);
    let back = checkout.stage(&[]);
    assert!(made(&back).is_empty(), "the store still has the first version");
    assert_eq!(back["digest"], first["digest"]);
}

#[test]
fn static_files_are_never_stale_whatever_their_folders_are_called() {
    let checkout = Checkout::shop();
    checkout.stage(&[]);
    let staged = |path: &str| std::fs::read_to_string(checkout.staged().join("staticfiles").join(path)).ok();
    for folder in ["templates", "locale"] {
        let file = format!("backend/src/catalogue/static/catalogue/{folder}/deep/a.html");
        let collected = format!("catalogue/{folder}/deep/a.html");
        checkout.write(&file, "one");
        assert_eq!(made(&checkout.stage(&[])), ["app", "static"], "{folder} added");
        assert_eq!(staged(&collected).as_deref(), Some("one"));
        checkout.write(&file, "two");
        assert_eq!(made(&checkout.stage(&[])), ["app", "static"], "{folder} edited");
        assert_eq!(staged(&collected).as_deref(), Some("two"));
        checkout.append("backend/src/catalogue/views.py", "# an edit between\n");
        checkout.stage(&[]);
        std::fs::remove_dir_all(checkout.path(&format!("backend/src/catalogue/static/catalogue/{folder}"))).unwrap();
        checkout.stage(&[]);
        assert_eq!(staged(&collected), None, "{folder} deleted");
    }
    checkout.append("backend/src/catalogue/templates/catalogue/index.html", "<p>more</p>\n");
    assert_eq!(made(&checkout.stage(&[])), ["app"], "nobody reads a template while collecting");
    // A folder that was looked for and not there.
    checkout.append("backend/src/shop/settings.py", "STATICFILES_DIRS = [BASE_DIR / 'assets' / 'templates']\n");
    checkout.stage(&[]);
    checkout.write("backend/src/assets/templates/new.css", "p {}\n");
    assert_eq!(made(&checkout.stage(&[])), ["app", "static"]);
    assert_eq!(staged("new.css").as_deref(), Some("p {}\n"));
}

#[test]
fn collecting_is_left_out_when_it_reads_nothing_that_changed() {
    let checkout = Checkout::new();
    let (views, apps) = ("backend/src/deer/views.py", "backend/src/deer/apps.py");
    let edit = |path: &str, text: &str| {
        checkout.append(path, text);
        made(&checkout.stage(&[]))
    };
    checkout.stage(&[]);
    assert_eq!(edit(views, "# one\n"), ["app"], "nothing that collecting imports");
    assert_eq!(edit(views, "# two\n"), ["app"], "also a second time");
    let kept = checkout.verified_digest();
    assert_eq!(checkout.stage(&["--force"])["digest"], kept.as_str(), "collecting gives the same");

    checkout.write("backend/src/deer/of_this_test.py", "");
    assert_eq!(made(&checkout.stage(&[])), ["app", "static"], "an import that failed may succeed now");
    assert_eq!(edit(apps, "open(__file__.replace('apps', 'views')).close()\n"), ["app", "static"]);
    assert_eq!(edit(views, "# three\n"), ["app", "static"], "a source counts however it is read");
    assert_eq!(edit(apps, "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])\n"), ["app", "static"]);
    assert_eq!(edit("backend/src/deer/urls.py", "# four\n"), ["app", "static"], "who knows what the child read");
}

#[test]
fn edits_by_hand_are_undone_and_never_reach_the_store() {
    let checkout = Checkout::with_own_store();
    let first = checkout.stage(&[]);
    let store = listing(&checkout.store().join("app"));
    let file = checkout.staged().join("src/deer/apps.py");
    let old = std::fs::read(&file).unwrap();
    let time = std::fs::metadata(&file).unwrap().modified().unwrap();
    // The worst case: as long as before, and with the old time.
    let new: Vec<u8> = old.iter().map(|byte| if *byte == b'e' { b'E' } else { *byte }).collect();
    std::fs::write(&file, &new).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    std::fs::write(checkout.staged().join("src/extra.py"), "x = 1\n").unwrap();
    let library = std::fs::read_dir(checkout.staged().join("python/lib")).unwrap().map(|entry| entry.unwrap().path());
    std::fs::remove_file(library.map(|folder| folder.join("os.py")).find(|file| file.is_file()).unwrap()).unwrap();

    let said = checkout.fails(1, &["packaged-stage", "--verify"]);
    for sentence in ["src/deer/apps.py was changed", "src/extra.py does not belong there", "os.py is missing"] {
        assert!(said.contains(sentence), "{said}");
    }
    let second = checkout.stage(&[]);
    assert!(made(&second).is_empty());
    assert_eq!((&second["changed"], &second["digest"]), (&Value::Bool(true), &first["digest"]));
    assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
    assert_eq!(std::fs::read(&file).unwrap(), old);
    assert_eq!(listing(&checkout.store().join("app")), store);
}

/// A uv that writes a line into a file each time it is started.
fn counted_uv(checkout: &Checkout) -> (String, impl Fn() -> usize + use<>) {
    let (program, log) = (checkout.path("counted/uv"), checkout.path("counted/log"));
    let real = uv().unwrap_or_else(|| "uv".into());
    checkout.write("counted/log", "");
    checkout.write(
        "counted/uv",
        &format!("#!/bin/sh\necho started >> {}\nexec {} \"$@\"\n", log.display(), real.display()),
    );
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (program.display().to_string(), move || std::fs::read_to_string(&log).unwrap().lines().count())
}

#[test]
fn an_unchanged_stage_asks_nobody_also_after_the_request_changed() {
    let mut checkout = Checkout::new();
    let first = checkout.stage(&[]);
    let (uv, started) = counted_uv(&checkout);
    // Another uv on the way, and then another source of Python.
    checkout.env = vec![("UV".to_owned(), uv)];
    for source in ["host", "auto"] {
        let stage = || {
            let output = checkout.run(&["packaged-stage", "--json", "--offline", "--python-source", source]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let result: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!((&result["changed"], &result["digest"]), (&Value::Bool(false), &first["digest"]));
            started()
        };
        let asked = stage();
        assert!(asked > 0, "what is new has to be asked for once");
        assert_eq!((stage(), stage()), (asked, asked), "{source}: nothing was new");
    }
}

/// A shim of pyenv takes what the folder says where it is started, and knows no uv for another Python.
#[test]
fn a_uv_of_pyenv_is_found_whatever_python_the_project_names() {
    let mut checkout = Checkout::new();
    checkout.write("backend/.python-version", "3.12\n");
    let (shim, real) = (checkout.path("shims/uv"), uv().unwrap_or_else(|| "uv".into()));
    let text =
        format!("#!/bin/sh\ntest ! -e \"${{PYENV_DIR:-.}}/.python-version\" && exec {} \"$@\"\n", real.display());
    checkout.write("shims/uv", &(text + "echo 'pyenv: uv: command not found' >&2\nexit 127\n"));
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
    checkout.env = vec![("UV".to_owned(), shim.display().to_string())];
    let output = checkout.run(&["packaged-stage", "--dry-run", "--python-source", "host"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn files_that_were_only_touched_are_no_change() {
    let checkout = Checkout::new();
    let first = checkout.stage(&[]);
    checkout.write("backend/src/deer/of_this_test.py", "def broken(:\n");
    checkout.fails(1, &["packaged-stage", "--python-source", "host"]);
    std::fs::remove_file(checkout.path("backend/src/deer/of_this_test.py")).unwrap();
    for name in ["src/deer/apps.py", "runtime-manifest.json"] {
        let file = std::fs::File::options().append(true).open(checkout.staged().join(name)).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    }
    let second = checkout.stage(&[]);
    assert_eq!((&second["changed"], &second["digest"]), (&Value::Bool(false), &first["digest"]));
}

/// The tree before the last one is brought up to date and takes the last one's place; so what somebody or something did
/// to it must not get there.
#[test]
fn whatever_lies_in_the_spare_tree_the_staged_one_is_right() {
    let checkout = Checkout::new();
    let first = checkout.stage(&[]);
    let views = "backend/src/deer/views.py";
    checkout.append(views, "# one\n");
    checkout.stage(&[]);
    let spare = checkout.path(".stage/spare");
    assert!(spare.join("src/deer/views.py").is_file(), "there is no spare tree");
    std::fs::write(spare.join("src/deer/models.py"), "changed").unwrap();
    std::fs::write(spare.join("src/deer/stranger.py"), "").unwrap();
    std::fs::create_dir_all(spare.join("a/b/c")).unwrap();
    std::fs::write(spare.join("a/b/c/d"), "").unwrap();
    std::fs::remove_file(spare.join("manage.py")).unwrap();
    std::fs::create_dir_all(spare.join("manage.py/x")).unwrap();
    std::fs::remove_dir_all(spare.join("staticfiles")).unwrap();
    std::fs::write(spare.join("staticfiles"), "no folder").unwrap();
    std::os::unix::fs::symlink("/", spare.join("src/link")).unwrap();
    let text = checkout.read(views).replace("# one\n", "");
    checkout.write(views, &text);
    let back = checkout.stage(&[]);
    assert_eq!((&back["changed"], &back["digest"]), (&Value::Bool(true), &first["digest"]));
    assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
    assert!(!checkout.staged().join("a").exists(), "an empty folder of a stranger stays");
}

#[test]
fn the_installed_distributions_are_exactly_the_locked_ones() {
    let checkout = Checkout::new();
    checkout.stage(&[]);
    let answer = Command::new(checkout.staged().join("python/bin/python3"))
        .args([
            "-I",
            "-B",
            "-c",
            "import importlib.metadata as m\nfor d in m.distributions(): print(d.name.lower(), d.version)",
        ])
        .output()
        .unwrap();
    let installed: BTreeSet<String> =
        String::from_utf8(answer.stdout).unwrap().lines().map(|line| line.replace('_', "-")).collect();
    let uv = staging::uv().expect("`cargo xtask test` names uv in UV");
    let export = Command::new(uv)
        .args([
            "export",
            "--frozen",
            "--no-dev",
            "--no-emit-project",
            "--no-hashes",
            "--no-annotate",
            "--no-header",
            "--quiet",
        ])
        .args(["--format", "requirements-txt", "--python"])
        .arg(checkout.staged().join("python/bin/python3"))
        .current_dir(checkout.path("backend"))
        .output()
        .unwrap();
    assert!(export.status.success(), "{}", String::from_utf8_lossy(&export.stderr));
    let locked: BTreeSet<String> = String::from_utf8(export.stdout)
        .unwrap()
        .lines()
        // Markers such as `; sys_platform == 'win32'` are for other systems.
        .filter(|line| !line.contains("win32"))
        .map(|line| line.split(" ;").next().unwrap().trim().replace("==", " "))
        .collect();
    assert!(locked.len() >= 5);
    assert_eq!(installed, locked);
}

#[test]
fn a_hash_that_differs_is_refused_and_the_old_stage_stays() {
    let checkout = Checkout::new();
    let first = checkout.stage(&[]);
    let lock = checkout.read("backend/uv.lock");
    let at = lock.find("name = \"waitress\"").unwrap();
    let hash = at + lock[at..].find("whl\", hash = \"sha256:").unwrap() + "whl\", hash = \"sha256:".len();
    let flipped = if &lock[hash..=hash] == "0" { "1" } else { "0" };
    checkout.write("backend/uv.lock", &format!("{}{flipped}{}", &lock[..hash], &lock[hash + 1..]));
    let said = checkout.fails(1, &["packaged-stage", "--python-source", "host"]);
    assert!(said.contains("cannot install the locked dependencies") && said.to_lowercase().contains("hash"), "{said}");
    assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
}

#[test]
fn two_layers_with_one_path_are_refused_and_the_old_stage_stays() {
    let checkout = Checkout::new();
    let first = checkout.stage(&[]);
    std::fs::rename(checkout.path("backend/src"), checkout.path("backend/staticfiles")).unwrap();
    for file in ["backend/manage.py", "dds.toml"] {
        checkout.write(file, &checkout.read(file).replace("\"src\"", "\"staticfiles\""));
    }
    checkout.write("backend/staticfiles/deer/static/deer/both.css", "p { color: red }\n");
    checkout.write("backend/staticfiles/deer/both.css", "p { color: teal }\n");
    let said = checkout.fails(1, &["packaged-stage", "--python-source", "host"]);
    assert!(said.contains("staticfiles/deer/both.css is in the app layer and in the static layer"), "{said}");
    assert!(said.contains("next:") && said.contains("backend.exclude"), "{said}");
    assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
}

/// The wheels of `uv.lock`, downloaded into a folder.
fn wheels(checkout: &Checkout, python: &str, folder: &Path) {
    let uv = |args: &[&str]| {
        let program = uv().unwrap_or_else(|| "uv".into());
        let output = Command::new(program).args(args).current_dir(checkout.path("backend")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let list = folder.join("requirements.txt");
    let list = list.to_str().unwrap();
    uv(&["export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--output-file", list]);
    let pip = ["tool", "run", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--requirement", list];
    uv(&[&pip[..], &["--only-binary", ":all:", "--python-version", python, "--dest", folder.to_str().unwrap()]]
        .concat());
}

#[test]
fn a_wheel_with_one_changed_byte_is_refused_and_the_old_stage_stays() {
    let mut checkout = Checkout::new();
    let folder = tempfile::tempdir().unwrap();
    let python = checkout.stage(&[])["python"].as_str().unwrap().to_owned();
    wheels(&checkout, &python, folder.path());
    let only_from_there = |cache: &str| {
        let cache = folder.path().join(cache);
        [("UV_OFFLINE", "1".as_ref()), ("UV_FIND_LINKS", folder.path()), ("UV_CACHE_DIR", &cache)]
            .map(|(name, value): (_, &Path)| (name.to_owned(), value.to_str().unwrap().to_owned()))
            .to_vec()
    };
    checkout.env = only_from_there("cache-1");
    let first = checkout.stage(&["--force"]);

    let found = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let wheel = found.into_iter().find(|path| path.to_str().unwrap().contains("waitress")).unwrap();
    let whole = std::fs::read(&wheel).unwrap();
    // One in the middle of a file, and the time of the first entry, with which the archive is as good as before.
    for (at, why) in [(whole.len() / 2, "waitress"), (10, "hash mismatch")] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&wheel, bytes).unwrap();
        checkout.env = only_from_there(&format!("cache-of-{at}"));
        let said = checkout.fails(1, &["packaged-stage", "--force", "--python-source", "host"]);
        assert!(said.contains("cannot install the locked dependencies"), "{said}");
        assert!(said.to_lowercase().contains(why), "{said}");
    }
    assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
}

#[test]
fn an_archive_is_unpacked_and_a_wrong_one_refused() {
    let checkout = Checkout::new();
    let folder = tempfile::tempdir().unwrap();
    let path = archive(&checkout, folder.path());
    let source = format!("archive:{}", path.display());
    let result =
        checkout.run(&["packaged-stage", "--json", "--python-source", &format!("{source}#sha256={}", digest(&path))]);
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    let result: Value = serde_json::from_slice(&result.stdout).unwrap();
    assert_eq!(result["source"], "archive");

    let said =
        checkout.fails(1, &["packaged-stage", "--python-source", &format!("{source}#sha256={}", "0".repeat(64))]);
    assert!(said.contains("is not the archive that was asked for"), "{said}");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let said = checkout.fails(1, &["packaged-stage", "--python-source", &source]);
    assert!(said.contains("cannot unpack"), "{said}");
    assert_eq!(checkout.verified_digest(), result["digest"].as_str().unwrap());
}

#[test]
fn uv_brings_the_interpreter_also_offline_and_checks_its_bytes() {
    let mut checkout = Checkout::new();
    let folder = tempfile::tempdir().unwrap();
    let path = archive(&checkout, folder.path());
    let version = checkout.stage(&[])["python"].as_str().unwrap().to_owned();
    let url = format!("file://{}", path.display());
    let list = download_list(folder.path(), &version, &url, &digest(&path));
    checkout.env = vec![
        ("UV_PYTHON_DOWNLOADS_JSON_URL".to_owned(), list.display().to_string()),
        ("DESKTOP_DJANGO_BUNDLED_PYTHON_VERSION".to_owned(), version.clone()),
    ];
    let result = checkout.run(&["packaged-stage", "--offline", "--json", "--python-source", "auto"]);
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    let result: Value = serde_json::from_slice(&result.stdout).unwrap();
    assert_eq!(result["source"], "uv");

    // A wrong digest is no reason to take something else instead.
    download_list(folder.path(), &version, &url.replace("install_only", "./install_only"), &"0".repeat(64));
    let moved = folder.path().join("cpython-.");
    std::fs::create_dir(&moved).unwrap();
    std::fs::rename(&path, moved.join("install_only.tar.gz")).unwrap();
    let said = checkout.fails(1, &["packaged-stage", "--force", "--python-source", "auto"]);
    assert!(said.to_lowercase().contains("hash mismatch"), "{said}");
    assert_eq!(checkout.verified_digest(), result["digest"].as_str().unwrap());
}

#[test]
fn what_can_not_be_downloaded_is_replaced_by_what_is_installed_with_one_notice() {
    let mut checkout = Checkout::new();
    let folder = tempfile::tempdir().unwrap();
    let list = download_list(folder.path(), "3.14.1", "http://127.0.0.1:9/none.tar.gz", &"0".repeat(64));
    checkout.env = vec![
        ("UV_PYTHON_DOWNLOADS_JSON_URL".to_owned(), list.display().to_string()),
        ("UV_HTTP_RETRIES".to_owned(), "0".to_owned()),
    ];
    let output = checkout.run(&["packaged-stage", "--json"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let notices: Vec<&str> = said.lines().filter(|line| line.starts_with("notice:")).collect();
    assert_eq!(notices.len(), 1, "{said}");
    assert!(notices[0].contains("3.14") && notices[0].contains(result["python"].as_str().unwrap()), "{said}");

    let said = checkout.fails(1, &["packaged-stage", "--python-source", "uv"]);
    assert!(said.contains("could not be downloaded") && said.contains("next:"), "{said}");
}

#[test]
fn four_stages_at_once_all_succeed() {
    let checkout = Checkout::new();
    checkout.append("backend/src/deer/apps.py", "\n# four at once\n");
    let children: Vec<_> = (0..4)
        .map(|_| {
            checkout
                .command(&["packaged-stage", "--python-source", "host"])
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    checkout.verified_digest();
    assert_eq!(checkout.stage(&[])["changed"], false);
}

#[test]
fn two_checkouts_fill_one_store_at_once() {
    let store = tempfile::tempdir().unwrap();
    let mut checkouts = [Checkout::with_own_store(), Checkout::with_own_store()];
    for checkout in &mut checkouts {
        checkout.env = vec![("DDSTASK_CACHE_DIR".to_owned(), store.path().display().to_string())];
    }
    // Neither may take from the other what that one is reading.
    let digests = std::thread::scope(|scope| {
        let running = checkouts.each_ref().map(|checkout| scope.spawn(|| checkout.stage(&[])["digest"].clone()));
        running.map(|stage| stage.join().unwrap())
    });
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn each_bad_input_is_one_clear_error() {
    let checkout = Checkout::new();
    let first = checkout.stage(&[]);
    let check = |break_it: &dyn Fn(), mend: &dyn Fn(), env: &[(&str, &str)], wanted: &[&str]| {
        break_it();
        let output = checkout
            .command(&["packaged-stage", "--python-source", "host"])
            .envs(env.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in wanted.iter().chain(&["error: ", "next: "]) {
            assert!(said.contains(part), "no `{part}` in:\n{said}");
        }
        mend();
        assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
    };
    let move_file = |from: &str, to: &str| std::fs::rename(checkout.path(from), checkout.path(to)).unwrap();
    check(
        &|| move_file("backend/uv.lock", "aside"),
        &|| move_file("aside", "backend/uv.lock"),
        &[],
        &["uv.lock", "uv lock"],
    );
    check(
        &|| move_file("backend", "aside"),
        &|| move_file("aside", "backend"),
        &[],
        &["the project's folder backend is not there", "`backend.root` in dds.toml", "cargo xtask adopt"],
    );
    let link = checkout.path("backend/src/deer/link.py");
    check(
        &|| std::os::unix::fs::symlink("nowhere", &link).unwrap(),
        &|| std::fs::remove_file(&link).unwrap(),
        &[],
        &["link.py", "it is a link to nowhere, which is not there"],
    );
    let broken = checkout.path("backend/src/deer/broken.py");
    check(
        &|| std::fs::write(&broken, "def f(:\n").unwrap(),
        &|| std::fs::remove_file(&broken).unwrap(),
        &[],
        &["the app does not compile", "src/deer/broken.py", "line 1"],
    );
    let nothing = || ();
    check(&nothing, &nothing, &[("UV", "/nonexistent/uv")], &["the environment variable UV names /nonexistent/uv"]);
    let empty = tempfile::tempdir().unwrap();
    let store = tempfile::tempdir().unwrap();
    let (path, cache) = (empty.path().to_str().unwrap(), store.path().to_str().unwrap());
    check(
        &nothing,
        &nothing,
        &[("PATH", path), ("UV", ""), ("DDSTASK_CACHE_DIR", cache)],
        &["no uv on PATH", "no Python with pip"],
    );
    // A pip that says yes to all, and a store that can't be written to.
    let (pip, no_folder) = (empty.path().join("python3"), empty.path().join("python3/store"));
    std::fs::write(&pip, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&pip, std::fs::Permissions::from_mode(0o755)).unwrap();
    check(
        &nothing,
        &nothing,
        &[("PATH", path), ("UV", ""), ("DDSTASK_CACHE_DIR", no_folder.to_str().unwrap())],
        &["error: cannot make the folder", "python3/store"],
    );
    std::fs::remove_file(&pip).unwrap();
    let uv = staging::uv().expect("`cargo xtask test` names uv in UV");
    let none = [("PATH", path), ("UV", uv.to_str().unwrap()), ("PYENV_ROOT", path), ("UV_PYTHON_INSTALL_DIR", path)];
    // pyenv's uv is a script that needs its PATH.
    if std::fs::read(&uv).unwrap().starts_with(b"\x7fELF") {
        check(&nothing, &nothing, &none, &["there is no CPython 3.12 or newer"]);
    }
}

#[test]
fn a_source_that_may_not_be_read_is_named() {
    let checkout = Checkout::new();
    let first = checkout.stage(&[]);
    let source = checkout.path("backend/src/deer/secret.py");
    std::fs::write(&source, "").unwrap();
    std::fs::set_permissions(&source, std::fs::Permissions::from_mode(0o000)).unwrap();
    let plain = checkout.command(&["packaged-stage", "--python-source", "host"]);
    // root may read everything, unless it gave that up.
    let mut command = Command::new("setpriv");
    command.arg("--bounding-set=-dac_override,-dac_read_search").arg(plain.get_program()).args(plain.get_args());
    command.current_dir(checkout.root());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = if rustix::process::geteuid().is_root() { command } else { plain }.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["error: ", "src/deer/secret.py", "ermission denied", "next: "] {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
    std::fs::remove_file(&source).unwrap();
    assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
}

#[test]
fn a_broken_link_in_the_interpreter_is_named() {
    let checkout = Checkout::new();
    let folder = tempfile::tempdir().unwrap();
    let path = archive(&checkout, folder.path());
    let unpacked = folder.path().join("unpacked");
    tar::Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap())).unpack(&unpacked).unwrap();
    std::os::unix::fs::symlink("nowhere", unpacked.join("python/lib/libbroken.so")).unwrap();
    let encoder = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::none());
    let mut tar = tar::Builder::new(encoder);
    tar.follow_symlinks(false);
    tar.append_dir_all("python", unpacked.join("python")).unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    let said = checkout.fails(1, &["packaged-stage", "--python-source", &format!("archive:{}", path.display())]);
    assert!(said.contains("libbroken.so") && said.contains("it is a link to nowhere, which is not there"), "{said}");
}

#[test]
fn a_full_disk_is_one_clear_error_and_loses_nothing() {
    let mut checkout = Checkout::new();
    let first = checkout.stage(&[]);
    let small = tempfile::tempdir().unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"]).arg(small.path()).output();
    if !mount.is_ok_and(|mount| mount.status.success()) {
        support::skip(
            "a_full_disk_is_one_clear_error_and_loses_nothing",
            "the right to mount a small file system",
            "run as root",
        );
        return;
    }
    checkout.env = vec![("DDSTASK_CACHE_DIR".to_owned(), small.path().display().to_string())];
    let output = checkout.run(&["packaged-stage", "--python-source", "host", "--force"]);
    let unmounted = Command::new("umount").arg(small.path()).status().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No space left on device") && said.contains("free some space"), "{said}");
    assert!(unmounted.success());
    checkout.env.clear();
    assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
}

#[test]
fn modes_are_the_same_for_every_umask() {
    let checkout = Checkout::new();
    checkout.append("backend/src/deer/apps.py", "\n# another umask\n");
    let ddstask = env!("CARGO_BIN_EXE_ddstask");
    let status = Command::new("sh")
        .args(["-c", &format!("umask 077; exec {ddstask} packaged-stage -q --python-source host")])
        .current_dir(checkout.root())
        .env("DDSTASK_CACHE_DIR", checkout.store())
        .status()
        .unwrap();
    assert!(status.success());
    let mode = |path: &str| std::fs::metadata(checkout.staged().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode("src/deer/apps.py"), mode("python/bin/python3"), mode("runtime-manifest.json")),
        (0o644, 0o755, 0o644)
    );
}

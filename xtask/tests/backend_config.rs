//! Projects that lie elsewhere and know nothing of the desktop: what `dds.toml` says of them is what is staged, and they
//! stay as they are.

// git lists what is in a checkout, and interpreters are as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;
#[path = "support/stranger.rs"]
mod stranger;

use std::process::Command;

use staging::{Backend, interpreter, uv};
use stranger::{BACKEND, ENV, REQUIREMENTS, Stranger, has};

#[test]
fn a_servers_project_runs_from_a_moved_tree_and_is_left_as_it_was() {
    let stranger = Stranger::usual();
    assert!(stranger.checkout.read("dds.toml").lines().count() <= 25);
    let before = stranger.times();
    let staged = stranger.checkout.stage(&[]);
    assert_eq!(staged["changed"], true);
    assert_eq!(stranger.checkout.stage(&[])["changed"], false, "an unchanged project is up to date");
    let moved = stranger.checkout.path("moved");
    std::fs::rename(stranger.checkout.staged(), &moved).unwrap();
    let manifest = std::fs::read_to_string(moved.join("runtime-manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let launcher = &manifest["launcher"];
    assert_eq!(launcher["settingsModule"], "desktop_runtime.overlay");
    assert_eq!(launcher["command"], serde_json::json!(["-m", "desktop_runtime"]));
    assert_eq!(launcher["managePy"], serde_json::Value::Null);
    let overlay = std::fs::read_to_string(moved.join("desktop-overlay.json")).unwrap();
    assert!(overlay.contains("\"version\": \"2.1\""), "{overlay}");
    let data = tempfile::tempdir().unwrap();
    let backend = Backend::start(&moved, data.path());
    let page = backend.get("/");
    assert!(page.contains("<h1>from lib</h1>") && page.contains("0 users"), "{page}");
    assert!(backend.get("/static/shop/shop.css").contains("teal"));
    backend.stop();
    assert!(data.path().join("db.sqlite3").is_file());
    assert_eq!(stranger.git(&["status", "--porcelain", "--ignored"]), "");
    assert_eq!(stranger.times(), before, "staging touched the project");
}

#[test]
fn a_list_that_leaves_something_open_is_refused_with_its_line() {
    let stranger = Stranger::usual();
    let locked = stranger.checkout.read("desktop-requirements.txt");
    let fails = |list: &str, wanted: &[&str]| {
        stranger.checkout.write("desktop-requirements.txt", list);
        let said = stranger.checkout.fails(1, &["packaged-stage"]);
        for part in wanted.iter().chain(&["next: `cargo xtask adopt ../shop` writes"]) {
            assert!(said.contains(part), "no `{part}` in:\n{said}");
        }
    };
    let line = locked.lines().count() + 1;
    let place = format!("error: line {line} of desktop-requirements.txt does not say exactly what is installed");
    fails(&format!("{locked}six>=1\n"), &[&place, "because: `six>=1` has no exact version"]);
    fails(&format!("{locked}six==1.17.0\n"), &[&place, "because: `six==1.17.0` has no hash"]);
    fails(&format!("{locked}-r more.txt\n"), &[&place]);
    fails(&format!("{locked}six @ git+https://example.org/six@main\n"), &[&place]);
    let packages = |more: &str| stranger.facts(&[BACKEND, ENV, REQUIREMENTS, more]);
    packages("drop = [\"SQLParse\"]\n");
    fails(&locked, &["desktop-requirements.txt is not what dds.toml asks for", "it has SQLParse"]);
    packages("add = [\"six\"]\n");
    fails(&locked, &["it lacks six, which `packages.add` adds"]);
    std::fs::remove_file(stranger.checkout.path("desktop-requirements.txt")).unwrap();
    let said = stranger.checkout.fails(1, &["packaged-stage"]);
    assert!(said.contains("cannot read") && said.contains("`cargo xtask adopt ../shop` writes it"), "{said}");
    stranger.facts(&[BACKEND, ENV]);
    let said = stranger.checkout.fails(1, &["packaged-stage"]);
    assert!(said.contains("uv.lock") && said.contains("or `cargo xtask adopt ../shop` makes a list"), "{said}");
}

#[test]
fn a_lock_of_its_own_is_taken_without_what_a_desktop_has_no_use_for() {
    let stranger = Stranger::new(&[BACKEND, ENV, "\n[packages]\ndrop = [\"Six\"]\n"]);
    let project = "[project]\nname = \"shop\"\nversion = \"2.1\"\nrequires-python = \">=3.12\"\n\
        dependencies = [\"django>=5.2,<6\", \"six\", \"idna\"]\n[tool.uv]\npackage = false\n";
    stranger.write("pyproject.toml", project);
    let lock = Command::new(uv().unwrap_or_else(|| "uv".into()))
        .args(["lock", "--quiet", "--python"])
        .arg(interpreter())
        .current_dir(stranger.path(""))
        .status();
    assert!(lock.unwrap().success());
    stranger.commit();
    let before = stranger.times();
    stranger.checkout.stage(&[]);
    let has = |name: &str| {
        let files = walkdir::WalkDir::new(stranger.checkout.staged().join("python")).into_iter().map(Result::unwrap);
        files.into_iter().any(|file| file.file_name() == name)
    };
    assert!(has("idna") && !has("six.py"));
    assert_eq!(stranger.git(&["status", "--porcelain", "--ignored"]), "");
    assert_eq!(stranger.times(), before);
}

#[test]
fn what_is_built_first_is_built_again_when_something_has_changed() {
    const BUILD: &str = "import pathlib, sys\n\
        times = pathlib.Path('generated/times')\n\
        times.parent.mkdir(exist_ok=True)\n\
        times.write_text((times.read_text() if times.exists() else '') + 'x')\n\
        (times.parent / 'static.css').write_text(pathlib.Path('front.css').read_text().upper())\n\
        sys.exit('no front end today' if pathlib.Path('front.css').read_text() == 'bad' else 0)\n";
    let stranger = Stranger::usual();
    stranger.write("build.py", BUILD);
    stranger.write("front.css", "h2 {}");
    let build = format!("build = [[\"{}\", \"build.py\"]]\n", interpreter().display());
    let include = "source-roots = [\"src\", \"lib\"]\ninclude = [\"templates/**\", \"generated/*.css\"]\n";
    stranger.facts(&[include, &build, ENV, REQUIREMENTS]);
    let dry = String::from_utf8(stranger.checkout.run(&["packaged-stage", "--dry-run"]).stdout).unwrap();
    assert!(dry.lines().next().unwrap().ends_with("build.py  (in ../shop)"), "{dry}");
    assert!(!stranger.path("generated").exists(), "a dry run builds nothing");
    let stages = |times: &str, css: &str| {
        stranger.checkout.stage(&[]);
        assert!(has(&stranger.path(""), "generated/times", times), "it did not run {} times", times.len());
        assert!(has(&stranger.checkout.staged(), "generated/static.css", css));
    };
    stages("x", "H2 {}");
    stages("x", "H2 {}");
    stranger.write("front.css", "h3 {}");
    stages("xx", "H3 {}");
    stranger.write("README", "not shipped, and who knows whether it is built from");
    stages("xxx", "H3 {}");
    stages("xxx", "H3 {}");
    let tree = stranger.checkout.verified_digest();
    stranger.write("front.css", "bad");
    let said = stranger.checkout.fails(1, &["packaged-stage"]);
    assert!(said.contains("no front end today") && said.contains("`backend.build` in dds.toml"), "{said}");
    assert_eq!(stranger.checkout.verified_digest(), tree);
}

#[test]
fn static_files_are_collected_between_commands_or_taken_as_they_are() {
    const COMMAND: &str = "from pathlib import Path\nfrom django.conf import settings\n\
        from django.core.management import BaseCommand\n\nclass Command(BaseCommand):\n    \
        def add_arguments(self, parser):\n        parser.add_argument('name')\n\n    \
        def handle(self, name, **options):\n        folder = Path(settings.STATIC_ROOT)\n        \
        there = sorted(path.name for path in folder.rglob('*.css'))\n        \
        (folder / name).write_text(','.join(there))\n";
    let stranger = Stranger::usual();
    stranger.write("src/shop/management/__init__.py", "");
    stranger.write("src/shop/management/commands/__init__.py", "");
    stranger.write("src/shop/management/commands/note.py", COMMAND);
    let around = "\n[backend.static]\nbefore = [\"note before.txt\"]\nafter = [[\"note\", \"after it.txt\"]]\n";
    stranger.facts(&[BACKEND, ENV, around, REQUIREMENTS]);
    stranger.checkout.stage(&[]);
    let files = stranger.checkout.staged().join("staticfiles");
    assert!(has(&files, "before.txt", "") && has(&files, "after it.txt", "shop.css"));
    stranger.write("collected/shop/shop.css", "collected before");
    stranger.facts(&[BACKEND, ENV, "\n[backend.static]\nprebuilt = [\"collected\"]\n", REQUIREMENTS]);
    stranger.checkout.stage(&[]);
    assert!(has(&files, "shop/shop.css", "collected before"));
    assert!(!files.join("before.txt").exists() && !stranger.checkout.staged().join("collected").exists());
    stranger.write("collected/shop/shop.css", "collected again");
    stranger.checkout.stage(&[]);
    assert!(has(&files, "shop/shop.css", "collected again"));
}

#[test]
fn what_a_developer_has_collected_and_uploaded_is_not_shipped() {
    let stranger = Stranger::usual();
    let own = "STATIC_ROOT = BASE_DIR / 'staticfiles'\nMEDIA_ROOT = BASE_DIR / 'media'\n";
    stranger.append("src/shop/settings.py", own);
    stranger.write("staticfiles/shop/shop.css", "collected long ago");
    stranger.write("media/passport.jpg", "a developer's");
    stranger.facts(&["source-roots = [\".\", \"src\", \"lib\"]\n", ENV, REQUIREMENTS]);
    let said = stranger.said(&["packaged-stage"]);
    for line in ["left out  staticfiles/  (STATIC_ROOT, 1 file)", "left out  media/  (MEDIA_ROOT, 1 file)"] {
        assert!(said.contains(line), "{said}");
    }
    let staged = stranger.checkout.staged();
    for path in ["media/passport.jpg", "staticfiles/shop/shop.css"] {
        assert!(!staged.join(path).exists(), "{path} is shipped");
    }
    let data = tempfile::tempdir().unwrap();
    let backend = Backend::start(&staged, data.path());
    assert!(backend.get("/static/shop/shop.css").contains("teal"));
    backend.stop();
}

#[test]
fn settings_and_data_from_beside_dds_toml_come_with_the_app() {
    let stranger = Stranger::usual();
    let checkout = &stranger.checkout;
    checkout.write("on/desktop_settings.py", "WORDS = 'said last'\nLANGUAGE_CODE = 'de'\n");
    checkout.write("seed/media/pictures/a.txt", "a picture");
    stranger.write("templates/first.html", "{{ settings.WORDS }} {{ settings.GREETING }} {{ users }} users");
    let parts = "\n[backend.overlay]\nGREETING = \"hello\"\n\n[backend.seed]\ndatabase = \"seed/db.sqlite3\"\nmedia = \"seed/media\"\n";
    stranger.facts(&[BACKEND, "settings-file = \"on/desktop_settings.py\"\n", ENV, parts, REQUIREMENTS]);
    checkout.write("seed/db.sqlite3", "no database at all");
    let said = checkout.fails(1, &["packaged-stage"]);
    assert!(said.contains("seed/db.sqlite3 is not a database of SQLite"), "{said}");
    // The data of an installation are those that a new one may begin with.
    std::fs::remove_file(checkout.path("seed/db.sqlite3")).unwrap();
    stranger.facts(&[BACKEND, ENV, REQUIREMENTS, "languages = [\"de\"]\n"]);
    checkout.stage(&[]);
    let first = tempfile::tempdir().unwrap();
    Backend::start(&checkout.staged(), first.path()).stop();
    let add = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db:\n    db.execute(\"insert into auth_user (password, \
        is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name) values ('', 0, 'a', '', '', 0, 1, '2026-01-01', '')\")\n";
    let database = first.path().join("db.sqlite3");
    let added = Command::new(interpreter()).args(["-c", add]).arg(&database).status().unwrap();
    assert!(added.success());
    std::fs::copy(&database, checkout.path("seed/db.sqlite3")).unwrap();
    stranger.facts(&[BACKEND, "settings-file = \"on/desktop_settings.py\"\n", ENV, parts, REQUIREMENTS]);
    checkout.stage(&[]);
    let data = tempfile::tempdir().unwrap();
    let backend = Backend::start(&checkout.staged(), data.path());
    assert!(backend.get("/").contains("said last hello 1 users"), "{}", backend.get("/"));
    assert!(backend.get("/media/pictures/a.txt").contains("a picture"));
    backend.stop();
    checkout.write("seed/media/pictures/a.txt", "another picture");
    assert_eq!(checkout.stage(&[])["changed"], true);
}

#[test]
fn folders_that_settings_make_are_there_where_nobody_may_write() {
    let stranger = Stranger::usual();
    stranger.append("src/shop/settings.py", "(BASE_DIR / 'var' / 'logs').mkdir(parents=True, exist_ok=True)\n");
    stranger.facts(&["folders = [\"var/logs\"]\n", BACKEND, ENV, REQUIREMENTS]);
    let staged = stranger.checkout.stage(&[]);
    assert_eq!(staged["changed"], true);
    assert!(has(&stranger.checkout.staged(), "var/logs/.keep", ""));
    stranger.facts(&[BACKEND, ENV, REQUIREMENTS]);
    let output = stranger.checkout.run(&["packaged-stage"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("loading the app writes var"), "{said}");
    assert!(!stranger.checkout.staged().join("var").exists(), "what the check of the import made is gone");
}

#[test]
fn a_project_may_want_to_be_run_in_a_folder_of_its_own() {
    let stranger = Stranger::usual();
    stranger.write("src/words/word.txt", "relative to src");
    stranger.append("lib/extra/__init__.py", "WORD = open('words/word.txt').read()\n");
    stranger.write("src/first.html", "{{ word }}");
    stranger.append("src/shop/settings.py", "TEMPLATES[0]['DIRS'] = ['.']\n");
    stranger.facts(&["cwd = \"src\"\n", BACKEND, ENV, REQUIREMENTS]);
    stranger.checkout.stage(&[]);
    let data = tempfile::tempdir().unwrap();
    let backend = Backend::start(&stranger.checkout.staged(), data.path());
    assert!(backend.get("/").contains("relative to src"));
    backend.stop();
}

#[test]
fn an_old_name_is_refused_with_the_new_one() {
    let stranger = Stranger::new(&["source-root = \"src\"\n"]);
    let said = stranger.checkout.fails(1, &["packaged-stage", "--dry-run"]);
    assert!(said.contains("next: `source-root` is now `source-roots`"), "{said}");
}

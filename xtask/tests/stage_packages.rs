//! What staging takes over of the interpreter and of packages, where packages come from, and in which languages they
//! speak: through the command line, with small projects of one's own, each beside an ordinary virtual environment.

// git lists what is in a checkout, and interpreters are as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;
mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use staging::{Checkout, interpreter, uv, wheel};

/// A package that asks for files of its own that look as if nobody needed them.
fn write_odd(folder: &Path) {
    let files = [
        (
            "odd/__init__.py",
            "def check():\n    from importlib.resources import files\n    here = files('odd')\n    \
            return [(here / name).read_text() for name in ['__init__.pyi', 'fast.c', 'fast.h', 'static/test/odd.css', 'po/x.po']]\n",
        ),
        ("odd/__init__.pyi", "def check() -> list[str]: ...\n"),
        ("odd/fast.c", "int fast;\n"),
        ("odd/fast.h", "extern int fast;\n"),
        ("odd/static/test/odd.css", "p { color: red }\n"),
        ("odd/po/x.po", "msgid \"\"\n"),
        ("odd/tests/__init__.py", "HERE = True\n"),
        ("odd/test/helper.py", "HERE = True\n"),
        ("odd/locale/de_DE/LC_MESSAGES/odd.mo", "de"),
        ("odd/locale/fr/LC_MESSAGES/odd.mo", "fr"),
        ("odd/locale/fr/formats.py", "DATE = 'fr'\n"),
        ("odd/_vendor/tomli-2.0.dist-info/RECORD", "tomli/__init__.py,sha256=x,1\n"),
        ("odd/_vendor/tomli-2.0.dist-info/REQUESTED", ""),
        ("bin/__init__.py", "HERE = True\n"),
        ("odd-1.0.data/scripts/odd-tool", "#!python\nprint('here')\n"),
    ];
    wheel(folder, "odd", &files);
}

const ODD_INDEX: &str = "[tool.uv]\npackage = false\n[[tool.uv.index]]\nname = \"ours\"\nurl = \"../wheels\"\nformat = \"flat\"\n\
    explicit = true\n[tool.uv.sources]\nodd = { index = \"ours\" }\n";

fn odd(dependencies: &str) -> Checkout {
    let checkout = Checkout::made(&format!("\"odd\", {dependencies}"), ODD_INDEX);
    write_odd(&checkout.path("wheels"));
    checkout.lock();
    checkout
}

/// An ordinary virtual environment with the same packages; its folder of packages.
fn control(checkout: &Checkout) -> PathBuf {
    let venv = checkout.path("control");
    let output = Command::new(uv().unwrap_or_else(|| "uv".into()))
        .args(["sync", "--frozen", "--no-default-groups", "--no-editable", "--python"])
        .arg(interpreter())
        .env("UV_PROJECT_ENVIRONMENT", &venv)
        .current_dir(checkout.path("backend"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    packages_in(&venv)
}

/// The folder of packages below an environment or a staged interpreter.
fn packages_in(prefix: &Path) -> PathBuf {
    let versions = std::fs::read_dir(prefix.join("lib")).unwrap().map(|entry| entry.unwrap().path());
    let mut packages = versions.map(|version| version.join("site-packages")).filter(|packages| packages.is_dir());
    packages.next().unwrap()
}

/// The files below a folder, without bytecode.
fn files(folder: &Path) -> BTreeSet<String> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| !entry.file_type().is_dir());
    let paths = files.map(|entry| entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
    paths.filter(|path| !path.contains("__pycache__/")).collect()
}

/// A setting of `dds.toml` in one of its sections.
fn set(checkout: &Checkout, section: &str, line: &str) {
    let head = format!("[{section}]\n");
    checkout.write("dds.toml", &checkout.read("dds.toml").replace(&head, &format!("{head}{line}\n")));
}

#[test]
fn what_may_be_imported_or_read_is_there() {
    let checkout = odd("");
    checkout.write("backend/src/lab/__init__.py", "");
    checkout.write("backend/src/lab/tests/__init__.py", "HERE = True\n");
    let output = checkout.run(&["packaged-stage", "--explain", "--python-source", "host"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    for what in [
        "runtime   without tests (",
        "runtime   without tk (",
        "packages  without startproject (",
        "packages  without po (",
    ] {
        let line = said.lines().find(|line| line.starts_with(what)).unwrap_or_else(|| panic!("no `{what}` in\n{said}"));
        assert!(line.contains(" files, ") && line.ends_with('B'), "{line}");
    }
    let again = String::from_utf8(checkout.run(&["packaged-stage", "--explain", "--python-source", "host"]).stderr);
    assert!(again.unwrap().contains("packages  without po ("), "also when nothing is made");

    let imported = "_pyrepl pdb doctest pydoc pydoc_data.topics unittest.mock odd.tests odd.test.helper lab.tests bin django.test \
        django.test.utils django.core.management.commands.makemigrations django.contrib.admindocs odd.locale.fr.formats";
    let found = "django.contrib.gis.geos django.contrib.gis.db.backends.spatialite.base django.contrib.postgres.fields \
        django.db.backends.mysql.base django.db.backends.oracle.base django.db.backends.postgresql.base django.conf.locale.fr.formats";
    checkout.python(&format!(
        "import importlib, importlib.util, odd\nfor name in '{imported}'.split(): importlib.import_module(name)\n\
         for name in '{found}'.split(): assert importlib.util.find_spec(name), name\nassert len(odd.check()) == 5"
    ));

    let (ours, theirs) = (packages_in(&checkout.staged().join("python")), control(&checkout));
    let left_out = |path: &String| {
        let note = |name: &str| path.matches('/').count() == 1 && path.ends_with(&format!(".dist-info/{name}"));
        path.contains("/LC_MESSAGES/")
            || ["direct_url.json", "uv_cache.json", "REQUESTED", "RECORD"].into_iter().any(note)
            || path.starts_with("django/conf/app_template/")
            || path.starts_with("django/conf/project_template/")
            || !path.contains('/')
    };
    for path in files(&theirs).iter().filter(|path| !left_out(path)) {
        let bytes = std::fs::read(ours.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(bytes, std::fs::read(theirs.join(path)).unwrap(), "{path}");
    }
    assert_eq!(
        std::fs::read_to_string(ours.join("odd/_vendor/tomli-2.0.dist-info/RECORD")).unwrap(),
        "tomli/__init__.py,sha256=x,1\n"
    );
    assert!(!ours.join("bin/odd-tool").exists(), "it starts the interpreter of the store");
    let record = std::fs::read_to_string(ours.join("odd-1.0.dist-info/RECORD")).unwrap();
    assert!(record.contains("odd/tests/__init__.py,"));
    for line in record.lines() {
        assert!(ours.join(line.split(',').next().unwrap()).is_file(), "{line}");
    }
}

#[test]
fn the_standard_library_is_whole_but_for_what_is_named() {
    let checkout = odd("");
    checkout.stage(&[]);
    let python = interpreter().canonicalize().unwrap();
    let folder = packages_in(python.parent().unwrap().parent().unwrap());
    let (theirs, ours) = (folder.parent().unwrap(), packages_in(&checkout.staged().join("python")));
    let named = [
        "test/",
        "idlelib/",
        "tkinter/",
        "turtledemo/",
        "turtle.py",
        "ensurepip/",
        "site-packages/",
        "dist-packages/",
        "config-",
        "lib-dynload/_tkinter",
        "lib-dynload/_test",
        "lib-dynload/_ctypes_test",
        "lib-dynload/_xxtestfuzz",
        "lib-dynload/xx",
    ];
    let gone = files(theirs).into_iter().filter(|path| !ours.parent().unwrap().join(path).exists());
    let gone: Vec<String> = gone.filter(|path| !named.iter().any(|name| path.starts_with(name))).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

#[test]
fn what_is_left_out_can_be_taken_back_by_its_name() {
    let checkout = odd("");
    set(&checkout, "packages", "keep = [\"startproject\"]\nprune = [\"odd/fast.*\"]");
    let output = checkout.run(&["packaged-stage", "--explain", "--python-source", "host"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("packages  without odd/fast.*: 2 files, 27 B"), "{said}");
    let ours = packages_in(&checkout.staged().join("python"));
    assert!(ours.join("django/conf/app_template/apps.py-tpl").is_file() && !ours.join("odd/fast.c").exists());
    set(&checkout, "python", "keep = [\"turtles\"]");
    let said = checkout.fails(1, &["packaged-stage", "--python-source", "host"]);
    assert!(
        said.contains("python.keep = \"turtles\" is not one of tk, idle, tests, headers, pip, documents"),
        "{said}"
    );
}

#[test]
fn languages_are_those_that_the_settings_can_ask_for() {
    const SETTINGS: &str = "backend/src/shop/settings.py";
    const DATE: &str = "from django.forms import DateField\nfrom django.utils import translation\n\
        import django; django.setup()\nprint(DateField().clean('04/05/2026'))";
    let checkout = odd("\"humanize\"");
    let catalogue = |path: &str| packages_in(&checkout.staged().join("python")).join(path).is_file();
    let french = || catalogue("django/conf/locale/fr/LC_MESSAGES/django.mo");
    let settings = checkout.read(SETTINGS);
    let stage = |more: &str| {
        checkout.write(SETTINGS, &format!("{settings}{more}\n"));
        checkout.stage(&[]);
    };

    stage("LANGUAGE_CODE = 'en-gb'");
    assert_eq!(checkout.python(DATE), "2026-05-04\n");
    assert!(!french() && !catalogue("odd/locale/fr/LC_MESSAGES/odd.mo"));

    stage("LANGUAGE_CODE = 'de-at'");
    let said = checkout.python(
        "import django, humanize; django.setup()\nfrom django.utils.dates import WEEKDAYS\nprint(WEEKDAYS[0])\n\
         humanize.activate('de_DE'); print(humanize.naturalsize(1), humanize.intword(2_000_000))",
    );
    assert!(said.starts_with("Montag\n") && said.contains("Millionen"), "{said}");
    assert!(!french() && catalogue("odd/locale/de_DE/LC_MESSAGES/odd.mo"));

    stage("LANGUAGES = [('fr', 'Français'), ('en', 'English')]");
    assert!(
        french()
            && catalogue("odd/locale/fr/LC_MESSAGES/odd.mo")
            && !catalogue("django/conf/locale/de/LC_MESSAGES/django.mo")
    );

    stage("MIDDLEWARE = ['django.middleware.locale.LocaleMiddleware']");
    assert!(french() && catalogue("django/conf/locale/zh_Hans/LC_MESSAGES/django.mo"));

    set(&checkout, "packages", "languages = [\"zh-hans\"]");
    stage("MIDDLEWARE = ['django.middleware.locale.LocaleMiddleware']\nLANGUAGE_CODE = 'fr'");
    assert!(french() && catalogue("django/conf/locale/zh_Hans/LC_MESSAGES/django.mo"));
    assert!(!catalogue("django/conf/locale/es/LC_MESSAGES/django.mo"));

    stage("LANGUAGE_CODE = 'en-gb'");
    checkout.verified_digest();
    stage("LANGUAGE_CODE = 'de'");
    assert!(catalogue("odd/locale/de_DE/LC_MESSAGES/odd.mo") && !french());
}

#[test]
fn a_lock_that_lacks_a_dependency_is_refused_until_it_is_made_anew() {
    let checkout = odd("");
    let first = checkout.stage(&[]);
    let pyproject = checkout.read("backend/pyproject.toml");
    checkout.write("backend/pyproject.toml", &pyproject.replace("\"odd\", ", "\"odd\", \"six\", "));
    for args in [
        &["packaged-stage", "--python-source", "host"][..],
        &["packaged-stage", "--offline", "--python-source", "host"],
    ] {
        let said = checkout.fails(1, args);
        assert!(said.contains("error: uv.lock does not fit pyproject.toml"), "{said}");
        assert!(said.contains("next: run `uv lock` in the folder backend"), "{said}");
    }
    assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap());
    checkout.write("backend/pyproject.toml", &format!("{pyproject}# another comment\n"));
    assert_eq!(checkout.stage(&[])["because"][0], "pyproject.toml changed");
    assert_eq!(checkout.stage(&[])["changed"], Value::Bool(false), "what was checked once is not checked again");
    checkout.write("backend/pyproject.toml", &pyproject.replace("\"odd\", ", "\"odd\", \"six\", "));
    checkout.lock();
    checkout.stage(&[]);
    checkout.python("import six");
}

/// A project that builds itself, without anything from an index.
fn write_source(folder: &Path, name: &str, value: &str) {
    let backend = format!(
        "import zipfile\nNAME = '{name}'\ndef get_requires_for_build_wheel(config_settings=None): return []\n\
         def get_requires_for_build_editable(config_settings=None): return []\n\
         def build_wheel(folder, config_settings=None, metadata_directory=None):\n    info = NAME + '-1.0.dist-info/'\n    \
             with zipfile.ZipFile(f'{{folder}}/{{NAME}}-1.0-py3-none-any.whl', 'w') as wheel:\n        \
                 wheel.write(f'src/{{NAME}}.py', NAME + '.py')\n        \
                 wheel.writestr(info + 'METADATA', f'Metadata-Version: 2.2\\nName: {{NAME}}\\nVersion: 1.0\\n')\n        \
                 wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n        \
                 wheel.writestr(info + 'RECORD', '')\n    return f'{{NAME}}-1.0-py3-none-any.whl'\n\
         build_editable = build_wheel\n"
    );
    let pyproject = format!(
        "[project]\nname = \"{name}\"\nversion = \"1.0\"\n[build-system]\nrequires = []\nbuild-backend = \"own\"\nbackend-path = [\".\"]\n"
    );
    let info = format!("Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\n");
    let source = format!("src/{name}.py");
    let value = format!("VALUE = '{value}'\n");
    for (path, text) in [("own.py", &backend), ("pyproject.toml", &pyproject), ("PKG-INFO", &info), (&source, &value)] {
        std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        std::fs::write(folder.join(path), text).unwrap();
    }
}

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
    assert!(Command::new("git").args(identity).args(args).current_dir(folder).output().unwrap().status.success());
}

/// A source distribution, as an index has it.
fn write_sdist(project: &Path, into: &Path, name: &str) {
    let file = std::fs::File::create(into.join(format!("{name}-1.0.tar.gz"))).unwrap();
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
    tar.append_dir_all(format!("{name}-1.0"), project).unwrap();
    tar.into_inner().unwrap().finish().unwrap();
}

#[test]
fn packages_come_from_everywhere_that_a_lock_can_name() {
    let all = ["folder", "editable", "fromgit", "member", "sdisted", "filed", "grouped", "extra"];
    let pyproject = "[project.optional-dependencies]\nmore = [\"extra\"]\n[dependency-groups]\nours = [\"grouped\"]\ndocs = [\"unwanted\"]\n\
        [tool.uv]\npackage = false\ndefault-groups = [\"docs\"]\n[tool.uv.workspace]\nmembers = [\"member\"]\n\
        [[tool.uv.index]]\nname = \"ours\"\nurl = \"../wheels, ours\"\nformat = \"flat\"\nexplicit = true\n[tool.uv.sources]\n\
        folder = { path = \"../libs/folder\" }\neditable = { path = \"../libs/editable\", editable = true }\n\
        fromgit = { git = \"file://GIT\" }\nmember = { workspace = true }\nfiled = { path = \"../libs/filed-1.0-py3-none-any.whl\" }\n\
        sdisted = { index = \"ours\" }\ngrouped = { index = \"ours\" }\nextra = { index = \"ours\" }\nunwanted = { index = \"ours\" }\n";
    let checkout =
        Checkout::made("\"folder\", \"editable\", \"fromgit\", \"member\", \"sdisted\", \"filed\"", pyproject);
    let (libs, wheels) = (checkout.path("libs"), checkout.path("wheels, ours"));
    for name in ["folder", "editable", "fromgit", "sdisted"] {
        write_source(&libs.join(name), name, "one");
    }
    write_source(&checkout.path("backend/member"), "member", "one");
    for args in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "one"]] {
        git(&libs.join("fromgit"), args);
    }
    wheel(&libs, "filed", &[("filed.py", "VALUE = 'one'\n")]);
    for name in ["grouped", "extra", "unwanted"] {
        wheel(&wheels, name, &[(&format!("{name}.py"), "VALUE = 'one'\n")]);
    }
    write_sdist(&libs.join("sdisted"), &wheels, "sdisted");
    let place = libs.join("fromgit").to_str().unwrap().to_owned();
    checkout.write("backend/pyproject.toml", &checkout.read("backend/pyproject.toml").replace("GIT", &place));
    checkout.lock();

    set(&checkout, "packages", "groups = [\"ours\"]\nextras = [\"more\"]");
    let said = checkout.fails(1, &["packaged-stage", "--python-source", "host"]);
    for part in [
        "there is no wheel for Python 3.",
        "sdisted 1.0",
        "lock another version",
        "`packages.build`",
        "`python.version`",
    ] {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    assert!(!checkout.path(".stage").exists(), "nothing was made");

    set(&checkout, "packages", "build = [\"sdisted\"]");
    checkout.stage(&[]);
    let values = format!("import importlib\nprint([importlib.import_module(name).VALUE for name in {all:?}])");
    assert_eq!(checkout.python(&values).matches("one").count(), all.len());
    checkout.python("import importlib.util\nassert importlib.util.find_spec('unwanted') is None");

    let built = || {
        let files = walkdir::WalkDir::new(checkout.store().join("wheels")).into_iter().map(Result::unwrap);
        let wheels = files.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "whl"));
        let mut found: Vec<_> =
            wheels.map(|entry| (entry.path().to_owned(), entry.metadata().unwrap().modified().unwrap())).collect();
        found.sort();
        found
    };
    let before = built();
    let built_again = || built().iter().any(|wheel| !before.contains(wheel));
    set(&checkout, "packages", "prune = [\"nothing\"]");
    assert_eq!(checkout.stage(&[])["layers"][1]["made"], Value::Bool(true));
    assert!(!built_again(), "a wheel is built once");
    checkout.write("libs/editable/src/editable.py", "VALUE = 'two'\n");
    checkout.stage(&[]);
    assert_eq!(checkout.python("import editable; print(editable.VALUE)"), "two\n");
    assert_eq!(checkout.stage(&[])["changed"], Value::Bool(false));
}

#[test]
fn zone_data_and_authorities_are_shipped_or_named() {
    let explain = |checkout: &Checkout| {
        let output = checkout.run(&["packaged-stage", "--explain", "--python-source", "host"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stderr).unwrap()
    };
    // As on a machine that has neither folder.
    let hidden = [("PYTHONTZPATH", ""), ("SSL_CERT_DIR", "/nonexistent"), ("SSL_CERT_FILE", "/nonexistent")];
    let ask = "import ssl, zoneinfo\ndef zone():\n    try: return str(zoneinfo.ZoneInfo('Europe/Berlin'))\n    \
        except zoneinfo.ZoneInfoNotFoundError: return None\nprint(zone(), ssl.create_default_context().cert_store_stats()['x509_ca'])";
    let bare = odd("");
    let said = explain(&bare);
    assert!(said.contains("system    zone data; to ship it, add `tzdata`"), "{said}");
    assert!(said.contains("system    certificate authorities, in /") && said.contains("add `truststore`"), "{said}");
    assert_eq!(bare.python_with(ask, &hidden), "None 0\n", "they do come from the system");

    let whole = odd("\"tzdata\", \"truststore\"");
    let said = explain(&whole);
    assert!(!said.contains("system    "), "{said}");
    assert!(whole.python_with(ask, &hidden).starts_with("Europe/Berlin "));
    whole.python_with("import ssl, truststore\ntruststore.inject_into_ssl()\nassert ssl.SSLContext is truststore.SSLContext\nssl.create_default_context()", &hidden);
}

/// Modules that import in an interpreter, below these packages, each in a process of its own group.
fn importable(python: &Path, names: &[&str]) -> BTreeSet<String> {
    let code = format!(
        "import importlib, json, os, pkgutil, sys, warnings\nwarnings.simplefilter('ignore')\n\
         import django; from django.conf import settings; settings.configure(INSTALLED_APPS=[], SECRET_KEY='x'); django.setup()\nfound = []\n\
         def names(name):\n    yield name\n    try: module = importlib.import_module(name)\n    except BaseException: return\n    \
             for info in pkgutil.walk_packages(getattr(module, '__path__', ()), name + '.', onerror=lambda name: None): yield info.name\n\
         for top in {names:?}:\n    for name in names(top):\n        if '__main__' in name: continue\n        \
             try: importlib.import_module(name); found.append(name)\n        except BaseException: pass\n\
         sys.stderr.write('\\nLIST' + json.dumps(found)); sys.stderr.flush(); os._exit(0)"
    );
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .args(["-B", "-c", &code])
        .current_dir(scratch.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", scratch.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let list = said.rsplit("\nLIST").next().unwrap();
    serde_json::from_str(list).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Stages these packages, each with the module that it brings, and imports all that imports in a virtual environment.
fn all_modules_import(packages: &[(&str, &str)], at_least: usize) {
    let dependencies: Vec<String> = packages.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let checkout = odd(&dependencies.join(", "));
    // What draws with Tk asks for it.
    set(&checkout, "python", "keep = [\"tk\"]");
    checkout.stage(&[]);
    let control = control(&checkout);
    let names: Vec<&str> = packages.iter().map(|(_, module)| *module).chain(["django", "pydoc", "pdb"]).collect();
    let python = control.ancestors().nth(3).unwrap().join("bin/python");
    let wanted = importable(&python, &names);
    let found = importable(&checkout.staged().join("python/bin/python3"), &names);
    let missing: Vec<&String> = wanted.difference(&found).collect();
    assert!(wanted.len() > at_least && missing.is_empty(), "{} of {}: {missing:?}", missing.len(), wanted.len());
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn every_module_that_imports_in_an_environment_imports_in_the_stage() {
    let packages = [
        ("drf-spectacular", "drf_spectacular"),
        ("django-ninja", "ninja"),
        ("channels", "channels"),
        ("daphne", "daphne"),
        ("autobahn", "autobahn"),
        ("scipy", "scipy"),
        ("scikit-image", "skimage"),
        ("nltk", "nltk"),
        ("astropy", "astropy"),
        ("psycopg[binary]", "psycopg"),
        ("humanize", "humanize"),
        ("bleach", "bleach"),
        ("setuptools", "setuptools"),
        ("wagtail", "wagtail"),
    ];
    all_modules_import(&packages, 3000);
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn every_module_of_the_most_used_add_ons_imports_in_the_stage() {
    let packages = [
        ("djangorestframework", "rest_framework"),
        ("django-cors-headers", "corsheaders"),
        ("django-filter", "django_filters"),
        ("django-debug-toolbar", "debug_toolbar"),
        ("django-extensions", "django_extensions"),
        ("django-allauth", "allauth"),
        ("django-crispy-forms", "crispy_forms"),
        ("crispy-bootstrap5", "crispy_bootstrap5"),
        ("django-environ", "environ"),
        ("django-storages", "storages"),
        ("django-celery-beat", "django_celery_beat"),
        ("django-celery-results", "django_celery_results"),
        ("django-redis", "django_redis"),
        ("django-import-export", "import_export"),
        ("django-simple-history", "simple_history"),
        ("django-mptt", "mptt"),
        ("django-taggit", "taggit"),
        ("django-model-utils", "model_utils"),
        ("django-guardian", "guardian"),
        ("django-tinymce", "tinymce"),
        ("django-widget-tweaks", "widget_tweaks"),
        ("django-htmx", "django_htmx"),
        ("django-compressor", "compressor"),
        ("django-tables2", "django_tables2"),
        ("django-autocomplete-light", "dal"),
        ("django-phonenumber-field[phonenumbers]", "phonenumber_field"),
        ("django-countries", "django_countries"),
        ("django-money", "djmoney"),
        ("django-polymorphic", "polymorphic"),
        ("django-reversion", "reversion"),
        ("easy-thumbnails", "easy_thumbnails"),
        ("sorl-thumbnail", "sorl"),
        ("django-imagekit", "imagekit"),
        ("django-axes", "axes"),
        ("django-otp", "django_otp"),
        ("django-hijack", "hijack"),
        ("django-constance", "constance"),
        ("django-waffle", "waffle"),
        ("djangorestframework-simplejwt", "rest_framework_simplejwt"),
        ("dj-database-url", "dj_database_url"),
        ("django-oauth-toolkit", "oauth2_provider"),
        ("django-modelcluster", "modelcluster"),
    ];
    all_modules_import(&packages, 1500);
}

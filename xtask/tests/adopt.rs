//! `adopt`: what is decided for projects of every kind, each made for its test, and why others are refused.

// git lists what is in a checkout, and interpreters are as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/adopt.rs"]
mod made;
#[path = "support/staging.rs"]
mod staging;
mod support;

use expect_test::{Expect, expect};
use made::{SETTINGS, Shop};

/// Adopts, and compares what was decided.
#[track_caller]
fn decides(shop: &Shop, expected: &Expect) -> serde_json::Value {
    let report = shop.adopt(&[]);
    expected.assert_eq(&shop.decided());
    report
}

/// What is left to a person, one line each.
fn asks(report: &serde_json::Value) -> String {
    let asks = report["asks"].as_array().unwrap().iter();
    let line = |ask: &serde_json::Value| {
        let place = ask["place"].as_str().map(|place| format!("{place}: ")).unwrap_or_default();
        format!("{place}{}\n", ask["what"].as_str().unwrap())
    };
    asks.map(line).collect()
}

#[test]
fn an_ordinary_project_needs_ten_lines_and_no_word() {
    let shop = Shop::new();
    let report = shop.adopt(&[]);
    expect![[r#"
        #:schema docs/reference/dds.schema.json
        # Made by `cargo xtask adopt`; yours from now on. docs/existing-project.md says what there is to decide.

        [project]
        name = "shop"  # the name of the folder
        title = "Shop"  # the same for people: window, installers
        identifier = "com.example.shop"  # change it before you ship: your own domain, reversed

        [python]
        minimum = "3.12"  # the oldest that the packages are locked for

        [backend]
        root = "../shop"  # the project
        settings-module = "shop.settings"  # shop/wsgi.py:5

        [packages]
        requirements = "desktop-requirements.txt"  # locked from requirements.txt
    "#]]
    .assert_eq(&shop.checkout.read("dds.toml"));
    assert_eq!((report["verdict"].as_str(), asks(&report).as_str()), (Some("works"), ""));
    let lock = shop.checkout.read("desktop-requirements.txt");
    assert!(lock.contains("\ndjango==5.2.") && lock.contains("--hash=sha256:") && lock.is_ascii(), "{lock}");
}

#[test]
fn a_second_run_changes_nothing() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nDATABASES['default'] = {'ENGINE': 'django.db.backends.postgresql'}\nX = os.environ['X']\n",
    );
    shop.adopt(&[]);
    let first = shop.checkout.read("dds.toml");
    let output = shop.run(&[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("would be"), "{said}");
    assert_eq!(shop.checkout.read("dds.toml"), first);
}

#[test]
fn a_persons_lines_stay_and_differences_are_told() {
    let shop = Shop::new();
    shop.adopt(&[]);
    let mine = shop.checkout.read("dds.toml").replace("title = \"Shop\"", "title = \"My shop\"");
    let mine = mine.replace("minimum = \"3.12\"", "minimum = \"3.13\" # mine\n#");
    shop.checkout.write("dds.toml", &mine);
    shop.append("shop/settings.py", "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n");
    let said = String::from_utf8(shop.run(&[]).stderr).unwrap();
    for line in [
        "dds.toml: python.minimum = \"3.13\" # mine: would be \"3.12\"",
        "dds.toml: backend.env.SECRET_KEY = \"{secret}\" would be new  # shop/settings.py:16: the installation's own",
        "dds.toml stays as it is; `--yes` takes these lines over",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(shop.checkout.read("dds.toml"), mine);
    shop.adopt(&["--yes"]);
    let taken = shop.checkout.read("dds.toml");
    assert!(taken.contains("title = \"My shop\"") && taken.contains("minimum = \"3.12\" # mine"), "{taken}");
    assert!(taken.contains("SECRET_KEY = \"{secret}\""), "{taken}");
}

#[test]
fn a_file_about_another_project_is_only_replaced_where_git_has_it() {
    let shop = Shop::new();
    shop.checkout.append("dds.toml", "# not committed\n");
    let output = shop.run(&[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("dds.toml is about another project, and has changes that git has no copy of"), "{said}");
    let elsewhere = shop.checkout.outside().join("other.toml");
    shop.adopt(&["--write", elsewhere.to_str().unwrap()]);
    assert!(std::fs::read_to_string(elsewhere).unwrap().contains("root = \"shop\"  # the project"));
}

#[test]
fn a_dry_run_says_what_it_would_write() {
    let shop = Shop::new();
    let before = shop.checkout.read("dds.toml");
    let output = shop.run(&["--dry-run", "--check"]);
    assert!(output.status.success());
    let plan = String::from_utf8(output.stdout).unwrap();
    assert!(plan.contains("write   dds.toml  (") && plan.contains("write   desktop-requirements.txt  ("), "{plan}");
    assert!(plan.contains("stage   .stage/backend, and check that it starts"), "{plan}");
    assert_eq!(shop.checkout.read("dds.toml"), before);
}

#[test]
fn manage_py_may_lie_in_src() {
    decides(
        &Shop::below("src/"),
        &expect![[r#"
            [backend]
            root = "../shop"  # the project
            source-roots = ["src"]  # the import path of src/manage.py
            cwd = "src"  # the folder of src/manage.py
            settings-module = "shop.settings"  # src/shop/wsgi.py:5
            [packages]
            requirements = "desktop-requirements.txt"  # locked from requirements.txt
        "#]],
    );
}

#[test]
fn what_the_settings_name_beside_the_import_path_comes_along() {
    let shop = Shop::below("server/");
    shop.write("templates/shop/index.html", "<h1>Shop</h1>");
    shop.write("assets/shop.css", "h1 { color: teal }");
    shop.append(
        "server/shop/settings.py",
        "TEMPLATES[0]['DIRS'] = [BASE_DIR.parent / 'templates']\nSTATICFILES_DIRS = [BASE_DIR.parent / 'assets']\n",
    );
    decides(
        &shop,
        &expect![[r#"
            [backend]
            root = "../shop"  # the project
            source-roots = ["server"]  # the import path of server/manage.py
            cwd = "server"  # the folder of server/manage.py
            settings-module = "shop.settings"  # server/shop/wsgi.py:5
            include = ["assets/**", "templates/**"]  # the settings name them, beside the import path
            [packages]
            requirements = "desktop-requirements.txt"  # locked from requirements.txt
        "#]],
    );
}

#[test]
fn a_project_needs_no_manage_py() {
    let shop = Shop::new();
    shop.remove("manage.py");
    decides(
        &shop,
        &expect![[r#"
            [backend]
            root = "../shop"  # the project
            settings-module = "shop.settings"  # shop/wsgi.py:5
            [packages]
            requirements = "desktop-requirements.txt"  # locked from requirements.txt
        "#]],
    );
}

#[test]
fn a_library_brings_its_example_project() {
    let shop = Shop::below("example/");
    shop.write("src/fancy/__init__.py", "NAME = 'fancy'\n");
    shop.append("example/shop/settings.py", "INSTALLED_APPS += [\n    'fancy',\n]\n");
    decides(
        &shop,
        &expect![[r#"
            [backend]
            root = "../shop"  # the project
            source-roots = ["example", "src"]  # the import path of example/manage.py
            cwd = "example"  # the folder of example/manage.py
            settings-module = "shop.settings"  # example/shop/wsgi.py:5
            [packages]
            requirements = "desktop-requirements.txt"  # locked from requirements.txt
        "#]],
    );
}

#[test]
fn an_example_below_its_library_names_the_folder_that_has_both() {
    let shop = Shop::below("example/");
    shop.write("fancy/__init__.py", "NAME = 'fancy'\n");
    Shop::git(&shop.root(), &["init", "-q"]);
    shop.write("example/shop/settings.py", &format!("from fancy import NAME\n{SETTINGS}"));
    let said = || {
        let output = shop.command(&["adopt", "../shop/example"]).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let refused = said();
    assert!(refused.contains("error: ../shop/example can't become a desktop program as it is"), "{refused}");
    assert!(
        refused.contains("settings.py:1: fancy is imported, and lies above the folder ../shop/example"),
        "{refused}"
    );
    assert!(refused.contains("`cargo xtask adopt ../shop`"), "{refused}");
    // An app that is only listed counts, before anything else of the list is missed.
    shop.write("example/shop/settings.py", &format!("{SETTINGS}INSTALLED_APPS += ['sekizai', 'fancy.apps']\n"));
    shop.write("example/requirements.txt", "Django>=5.2,<6\n");
    let asked = said();
    assert!(asked.contains("error: ../shop/example can't become a desktop program as it is"), "{asked}");
    assert!(asked.contains("fancy is imported, and lies above the folder ../shop/example"), "{asked}");
    assert!(!asked.contains("--add fancy"), "{asked}");
}

#[test]
fn a_folder_that_scripts_put_on_the_path_is_an_import_root() {
    let shop = Shop::new();
    shop.write("apps/news/__init__.py", "");
    shop.append("manage.py", "sys.path.append(str(Path(__file__).parent / \"apps\"))\n");
    shop.append("shop/settings.py", "INSTALLED_APPS += ['news']\n");
    decides(
        &shop,
        &expect![[r#"
            [backend]
            root = "../shop"  # the project
            source-roots = [".", "apps"]  # the import path of manage.py
            settings-module = "shop.settings"  # shop/wsgi.py:5
            [packages]
            requirements = "desktop-requirements.txt"  # locked from requirements.txt
        "#]],
    );
}

/// A project with `shop/settings/` instead of one file.
fn with_settings_package() -> Shop {
    let shop = Shop::new();
    shop.remove("shop/settings.py");
    shop.write("shop/settings/__init__.py", "");
    shop.write("shop/settings/base.py", &SETTINGS.replace("parent.parent", "parent.parent.parent"));
    shop.write("shop/settings/dev.py", "from .base import *\n");
    shop.write(
        "shop/settings/production.py",
        "import os\n\nfrom .base import *\n\nDEBUG = False\nSECRET_KEY = os.environ['SECRET_KEY']\n",
    );
    shop.write("shop/wsgi.py", "");
    shop.write(
        "manage.py",
        &std::fs::read_to_string(shop.root().join("manage.py")).unwrap().replace("shop.settings", "shop.settings.dev"),
    );
    shop
}

#[test]
fn settings_of_production_go_before_those_of_developers() {
    let shop = with_settings_package();
    let report = decides(
        &shop,
        &expect![[r#"
            [backend]
            root = "../shop"  # the project
            settings-module = "shop.settings.production"  # for production, by its name
            [backend.env]
            SECRET_KEY = "{secret}"  # shop/settings/production.py:6: the installation's own
            [packages]
            requirements = "desktop-requirements.txt"  # locked from requirements.txt
        "#]],
    );
    expect![[r"
        the settings are shop.settings.production (for production, by its name); there is shop.settings.dev, too
    "]]
    .assert_eq(&asks(&report));
}

#[test]
fn a_person_may_name_the_settings() {
    let shop = with_settings_package();
    let report = shop.adopt(&["--settings", "shop.settings.dev"]);
    assert_eq!(report["settings-module"], "shop.settings.dev");
    assert!(shop.decided().contains("settings-module = \"shop.settings.dev\"  # you said so"));
}

#[test]
fn variables_are_those_of_a_desktop() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\ndjango-environ\npython-decouple\n");
    shop.append(
        "shop/settings.py",
        "import os
import environ
from decouple import config
env = environ.Env(DEBUG=(bool, True))
DATABASES = {'default': env.db('DATABASE_URL', default='postgres://localhost/shop')}
DEBUG = env('DEBUG')
SECRET_KEY = config('SECRET_KEY')
PAGE = config('PAGE', default=20, cast=int)
MAILGUN = os.environ['MAILGUN_API_KEY']
HOST = os.environ.get('HOSTNAME')
WORKERS = int(os.environ['WORKERS'])
",
    );
    let report = decides(
        &shop,
        &expect![[r#"
            [backend]
            root = "../shop"  # the project
            settings-module = "shop.settings"  # shop/wsgi.py:5
            [backend.env]
            DATABASE_URL = "sqlite:///{data}/app.sqlite3"  # shop/settings.py:19: a file instead of a server
            DEBUG = "0"  # shop/settings.py:20: off, as on a server
            SECRET_KEY = "{secret}"  # shop/settings.py:21: the installation's own
            MAILGUN_API_KEY = "unset"  # shop/settings.py:23: fails without it; a stand-in
            WORKERS = "0"  # shop/settings.py:25: fails without it; a stand-in
            [packages]
            requirements = "desktop-requirements.txt"  # locked from requirements.txt
        "#]],
    );
    expect![[r"
        shop/settings.py:23: the settings want the variable MAILGUN_API_KEY, which has only a stand-in
        shop/settings.py:25: the settings want the variable WORKERS, which has only a stand-in
    "]]
    .assert_eq(&asks(&report));
}

#[test]
fn a_variable_that_only_shows_when_it_is_missing_gets_a_stand_in() {
    let shop = Shop::new();
    shop.write("shop/secrets.py", "import os\n\n\ndef need(name):\n    return os.environ['SHOP_' + name]\n");
    shop.append("shop/settings.py", "from shop.secrets import need\nA, B = need('ONE'), need('TWO')\n");
    let report = shop.adopt(&[]);
    let decided = shop.decided();
    assert!(decided.contains("SHOP_ONE = \"unset\"  # shop/secrets.py:5: fails without it; a stand-in"), "{decided}");
    assert!(decided.contains("SHOP_TWO = "), "{decided}");
    assert!(asks(&report).contains("shop/secrets.py:5: the settings want the variable SHOP_TWO"));
}

#[test]
fn a_file_of_variables_is_only_read_when_it_is_named() {
    let shop = Shop::new();
    shop.write(".env", "TOKEN=of-production\n");
    let read = "import os\nfrom pathlib import Path\nname = Path('.env')\nTOKEN = os.environ.get('TOKEN', '')\n\
        assert not TOKEN or os.environ['WANTED'] == 'yes', 'read'\nif name.exists():\n    raise ValueError('the file was copied')\n";
    shop.append("shop/settings.py", read);
    let report = shop.adopt(&[]);
    assert!(!asks(&report).contains("can't be imported"), "{}", asks(&report));
    shop.write("local.txt", "TOKEN=x\nexport WANTED='yes'\n");
    let file = shop.root().join("local.txt");
    let report = shop.adopt(&["--env-file", file.to_str().unwrap()]);
    assert!(!asks(&report).contains("can't be imported"), "{}", asks(&report));
    assert!(!shop.checkout.read("dds.toml").contains("TOKEN"));
}

#[test]
fn settings_that_reach_out_are_stopped_and_named() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import socket\nimport subprocess\n\n\ndef attempt(act):\n    try:\n        act()\n    except OSError:\n        pass\n\n\n\
         attempt(lambda: socket.create_connection(('127.0.0.1', 9), 1))\n\
         attempt(lambda: subprocess.run(['git', 'describe']))\nattempt(lambda: open('/var/tmp/dds-adopt-test', 'w'))\n",
    );
    let report = shop.adopt(&[]);
    expect![[r"
        shop/settings.py:26: the project connects to ('127.0.0.1', 9) while it starts
        shop/settings.py:27: the project starts a program (git describe) while it starts
        shop/settings.py:28: the project writes /var/tmp/dds-adopt-test while it starts
    "]]
    .assert_eq(&asks(&report));
    assert!(!std::path::Path::new("/var/tmp/dds-adopt-test").exists());
}

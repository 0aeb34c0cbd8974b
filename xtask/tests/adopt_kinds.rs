//! `adopt`: how projects say what they need, what servers have and desktops lack, and why a project is refused.

// git lists what is in a checkout, and interpreters are as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/adopt.rs"]
mod made;
#[path = "support/staging.rs"]
mod staging;
mod support;

use made::{MANAGE, SETTINGS, Shop};
use serde_json::Value;

/// The lines of `dds.toml` below `[python]`, and what is left to a person.
fn told(report: &Value) -> String {
    let asks = report["asks"].as_array().unwrap().iter();
    let lines = asks.map(|ask| [ask["what"].as_str().unwrap(), ask["next"].as_str().unwrap()].join(" | "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Adopts a project; `lines` must be in what was decided.
#[track_caller]
fn decides(shop: &Shop, lines: &[&str]) -> Value {
    let report = shop.adopt(&[]);
    let decided = shop.decided();
    for line in lines {
        assert!(decided.lines().any(|own| own == *line), "no line `{line}` in\n{decided}\n{}", told(&report));
    }
    report
}

/// The names and versions of the lock.
fn locked(shop: &Shop) -> Vec<String> {
    let lock = shop.checkout.read("desktop-requirements.txt");
    let lines = lock.lines().filter(|line| !line.starts_with(['#', ' ', '-']) && !line.is_empty());
    lines.map(|line| line.split([' ', ';']).next().unwrap().to_owned()).collect()
}

/// A project of uv in a folder of the shop.
fn of_uv(folder: &str) -> Shop {
    let shop = Shop::below(folder);
    shop.remove("requirements.txt");
    shop.write(
        &format!("{folder}pyproject.toml"),
        "[project]\nname = \"Corner_Shop\"\nversion = \"1.2\"\nrequires-python = \">=3.12\"\ndependencies = [\"django>=5.2,<6\"]\n",
    );
    let output = std::process::Command::new(staging::uv().unwrap())
        .args(["lock", "--quiet", "--python"])
        .arg(staging::interpreter())
        .current_dir(shop.root().join(folder))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    shop
}

#[test]
fn a_lock_of_uv_may_lie_beside_manage_py() {
    let shop = of_uv("server/");
    decides(&shop, &["root = \"../shop/server\"  # the project"]);
    assert!(!shop.checkout.path("desktop-requirements.txt").exists());
}

#[test]
fn a_lock_of_uv_is_taken_as_it_is() {
    let shop = of_uv("");
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "works", "{report}");
    assert!(!shop.checkout.read("dds.toml").contains("[packages]"));
    assert!(shop.checkout.read("dds.toml").contains("name = \"corner-shop\"  # the name in pyproject.toml"));
    assert!(!shop.checkout.path("desktop-requirements.txt").exists());
}

#[test]
fn lists_include_others_and_constraints_count() {
    let shop = Shop::new();
    shop.remove("requirements.txt");
    shop.write("requirements/base.txt", "Django  # the framework\n-c ../pins.txt\nsqlparse \\\n    >=0.5\n");
    shop.write("requirements/production.txt", "-r base.txt\ngunicorn\npsycopg[binary]==3.2.3\n");
    shop.write("requirements/dev.txt", "-r base.txt\npytest\n");
    shop.write("pins.txt", "django==5.2.1 --hash=sha256:00\n");
    let report = decides(
        &shop,
        &[
            r#"requirements = "desktop-requirements.txt"  # locked from requirements/base.txt, requirements/production.txt"#,
        ],
    );
    let names = locked(&shop);
    assert!(names.contains(&"django==5.2.1".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("gunicorn") || name.starts_with("psycopg")), "{names:?}");
    let left: Vec<&str> =
        report["left-out"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(left, ["gunicorn", "psycopg[binary]==3.2.3"]);
}

#[test]
fn a_list_may_have_any_name_and_lie_in_any_folder() {
    let dynamic = "[project]\nname = \"shop\"\ndynamic = [\"dependencies\"]\n[tool.setuptools.dynamic]\ndependencies = {file = [\"reqs.txt\"]}\n";
    let pipfile = "[packages]\ndjango = \"~=5.2.1\"\n[dev-packages]\npytest = \"*\"\n";
    for (name, text, pyproject) in [
        ("deploy/requirements.txt", "django~=5.2.1\n", ""),
        ("requirements.pip", "django~=5.2.1\n", ""),
        ("Requirements.txt", "django~=5.2.1\n", ""),
        ("reqs.txt", "django~=5.2.1\n", dynamic),
        ("Pipfile", pipfile, ""),
    ] {
        let shop = Shop::new();
        shop.remove("requirements.txt");
        shop.write("docs/requirements.txt", "Django==4.2.1\nsphinx\n");
        shop.write("notes.txt", "Django is what this is made with.\n");
        shop.write(name, text);
        if !pyproject.is_empty() {
            shop.write("pyproject.toml", pyproject);
        }
        decides(&shop, &[&format!("requirements = \"desktop-requirements.txt\"  # locked from {name}")]);
        let names = locked(&shop);
        assert!(names.iter().any(|name| name.starts_with("django==5.2.")), "{name}: {names:?}");
        assert!(!names.iter().any(|name| name.starts_with("sphinx") || name.starts_with("pytest")), "{names:?}");
    }
}

#[test]
fn a_list_may_be_what_powershell_wrote() {
    let text = "asgiref==3.8.1\r\nDjango==5.2.1\r\nsqlparse==0.5.2\r\n";
    let utf16 = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        [mark, &text.encode_utf16().flat_map(unit).collect::<Vec<_>>()].concat()
    };
    for bytes in [
        utf16(&[0xFF, 0xFE], u16::to_le_bytes),
        utf16(&[0xFE, 0xFF], u16::to_be_bytes),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
    ] {
        let shop = Shop::new();
        std::fs::write(shop.root().join("requirements.txt"), &bytes).unwrap();
        assert_eq!(shop.adopt(&[])["verdict"], "works", "{:?}", &bytes[..4]);
        assert_eq!(locked(&shop)[..3], ["asgiref==3.8.1", "django==5.2.1", "sqlparse==0.5.2"], "{:?}", &bytes[..4]);
    }
}

#[test]
fn a_list_that_cannot_be_read_is_refused_with_its_line() {
    let shop = Shop::below("example/");
    shop.write("example/requirements.txt", "# both\n-r ../requirements.txt\n");
    let refused = |folder: &str| {
        let output = shop.command(&["adopt", folder]).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = refused("../shop/example");
    assert!(said.contains("requirements.txt:2: the list ../requirements.txt leads out of the folder"), "{said}");
    assert!(said.contains("next: give the folder that has both: `cargo xtask adopt ../shop`"), "{said}");
    shop.write("example/requirements.txt", "-c pins.txt\nDjango\n");
    let said = refused("../shop/example");
    assert!(said.contains("requirements.txt:1: the list pins.txt is no file of the project"), "{said}");
}

#[test]
fn a_server_that_the_sources_import_stays() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\nsetproctitle\nisort\n");
    shop.append("catalogue/__init__.py", "import setproctitle\n");
    let report = shop.adopt(&[]);
    assert!(locked(&shop).iter().any(|name| name.starts_with("setproctitle==")));
    assert_eq!(report["left-out"][0]["what"], "isort");
}

#[test]
fn the_locks_of_other_tools_decide_the_versions() {
    let poetry_lock = "[[package]]\nname = \"django\"\nversion = \"5.2.1\"\n\n[[package]]\nname = \"sqlparse\"\nversion = \"0.5.2\"\n";
    let pyproject =
        "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\ndjango = \"^5.2\"\n";
    let pipfile = r#"{"default": {"django": {"version": "==5.2.1"}, "sqlparse": {"version": "==0.5.2", "markers": "python_version >= '3.8'"}}, "develop": {"pytest": {"version": "==8"}}}"#;
    let pdm_lock = "[[package]]\nname = \"django\"\nversion = \"5.2.1\"\n\n[[package]]\nname = \"django\"\nversion = \"5.2.1\"\nextras = [\"argon2\"]\n\n\
        [[package]]\nname = \"sqlparse\"\nversion = \"0.5.2\"\n";
    let project =
        "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"django\"]\n";
    let pylock = "lock-version = \"1.0\"\n[[packages]]\nname = \"django\"\nversion = \"5.2.1\"\n[[packages]]\nname = \"sqlparse\"\nversion = \"0.5.2\"\n";
    for (name, lock, pyproject) in [
        ("poetry.lock", poetry_lock, pyproject),
        ("pdm.lock", pdm_lock, project),
        ("Pipfile.lock", pipfile, ""),
        ("pylock.toml", pylock, ""),
    ] {
        let shop = Shop::new();
        shop.remove("requirements.txt");
        shop.write(name, lock);
        shop.write("pyproject.toml", pyproject);
        decides(&shop, &[&format!("requirements = \"desktop-requirements.txt\"  # locked from {name}")]);
        let names = locked(&shop);
        assert!(
            ["django==5.2.1", "sqlparse==0.5.2"].iter().all(|pin| names.contains(&(*pin).to_owned())),
            "{name}: {names:?}"
        );
        assert!(!names.iter().any(|name| name.starts_with("pytest")), "{name}: {names:?}");
    }
}

#[test]
fn a_project_file_says_what_is_needed_and_by_which_python() {
    let shop = Shop::new();
    shop.remove("requirements.txt");
    shop.write(
        "pyproject.toml",
        "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.10,<3.13\"\ndependencies = [\"django>=4.2,<5\", \"pytz\"]\n",
    );
    decides(
        &shop,
        &[
            r#"version = "3.12"  # the newest that has wheels and fits Python >=3.10,<3.13, Django >=4.2,<5"#,
            r#"requirements = "desktop-requirements.txt"  # locked from pyproject.toml"#,
        ],
    );
    assert!(locked(&shop).iter().any(|name| name.starts_with("django==4.2.")));
}

#[test]
fn without_a_list_the_imports_say_what_is_needed() {
    let shop = Shop::new();
    shop.remove("requirements.txt");
    shop.append("shop/settings.py", "import environ\nimport json\nINSTALLED_APPS += ['sekizai', \"catalogue\"]\n");
    let report = shop.adopt(&[]);
    assert!(
        told(&report).starts_with("no list that can be read says which packages the project needs"),
        "{}",
        told(&report)
    );
    let names = locked(&shop);
    assert!(names.iter().any(|name| name.starts_with("django-environ==")), "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("django-sekizai==")), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("catalogue")), "{names:?}");
}

#[test]
fn what_the_settings_write_beside_the_sources_is_named_with_the_variables_that_move_it() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nDATA = Path(os.environ.get('SHOP_DATA_DIR', BASE_DIR / 'data'))\nDATA.mkdir(exist_ok=True)\n\
         (DATA / 'logs').mkdir(exist_ok=True)\n",
    );
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("the project writes data, below its own folder, while it starts"), "{told}");
    assert!(!told.contains("data/logs"), "the folder stands for what is in it: {told}");
    assert!(told.contains("one of these variables moves it: SHOP_DATA_DIR; else in [backend.overlay]"), "{told}");
    let text = shop.checkout.read("dds.toml");
    let env = "[backend.env]\nSHOP_DATA_DIR = \"{data}/shop\"\n\n[packages]";
    shop.checkout.write("dds.toml", &text.replace("[packages]", env));
    assert_eq!(shop.adopt(&[])["verdict"], "works");
}

#[test]
fn a_folder_that_the_settings_make_beside_the_sources_is_shipped() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "(BASE_DIR / 'var' / 'logs').mkdir(parents=True, exist_ok=True)\n");
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    let line = shop.decided().lines().find(|line| line.starts_with("folders")).unwrap().to_owned();
    assert!(line.starts_with("folders = [\"var/logs\"]  # shop/settings.py:"), "{line}");
    shop.append("shop/settings.py", "(BASE_DIR / 'var' / 'id').write_text('1')\n");
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("the project writes var/id, below its own folder, while it starts"), "{told}");
}

#[test]
fn the_first_page_may_lie_below_a_language_and_a_list_of_addresses() {
    let shop = Shop::new();
    shop.write(
        "catalogue/urls.py",
        "from catalogue import views\nfrom django.urls import path\n\nurlpatterns = [path('', views.index)]\n",
    );
    shop.write(
        "shop/urls.py",
        "from django.conf.urls.i18n import i18n_patterns\nfrom django.http import HttpResponse\nfrom django.urls import include, path\n\n\n\
         def robots(request):\n    return HttpResponse('none', content_type='text/plain')\n\n\n\
         urlpatterns = [path('robots', robots), *i18n_patterns(path('goods/', include('catalogue.urls')))]\n",
    );
    decides(&shop, &["start-path = \"/en-us/goods/\"  # the first page that answers; `/` is 404"]);
}

#[test]
fn a_page_of_a_developers_server_wants_a_build() {
    let shop = Shop::new();
    shop.write(
        "catalogue/views.py",
        "from django.http import HttpResponse\n\n\ndef index(request):\n    \
         return HttpResponse('<script type=module src=\"http://localhost:5173/main.js\"></script>')\n",
    );
    let said = told(&shop.adopt(&[]));
    assert!(said.contains("the first page loads from localhost:5173, which is a server of developers"), "{said}");
    assert!(!said.contains("other hosts"), "{said}");
    shop.write("frontend/package.json", "{\"scripts\": {\"build\": \"vite build\"}}");
    shop.checkout.write("dds.toml", include_str!("fixtures/project/dds.toml"));
    let report = shop.adopt(&["--yes"]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    assert!(shop.decided().contains("build = [\"npm --prefix frontend ci\""), "{}", shop.decided());
}

#[test]
fn a_switch_of_debug_has_any_name_and_any_function() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\n\n\ndef env_to_bool(name, default):\n    value = os.environ.get(name)\n    \
         return default if value is None else value == 'True'\n\n\nDEBUG = env_to_bool('SHOP_DEVELOPS', True)\n\
         PAGES = env_to_bool('SHOP_PAGES', True)\n",
    );
    shop.append("shop/urls.py", "from django.conf import settings\nassert not settings.DEBUG\n");
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    let decided = shop.decided();
    assert!(decided.contains("SHOP_DEVELOPS = \"0\"") && !decided.contains("SHOP_PAGES"), "{decided}");
    shop.append("shop/settings.py", "DEBUG = os.environ.get('SHOP_SHOWS', '') != 'False'\n");
    shop.checkout.write("dds.toml", include_str!("fixtures/project/dds.toml"));
    shop.adopt(&["--yes"]);
    assert!(shop.decided().contains("SHOP_SHOWS = \"False\""), "{}", shop.decided());
}

#[test]
fn a_library_that_is_looked_for_is_named_once() {
    let shop = Shop::new();
    shop.append(
        "catalogue/models.py",
        "import ctypes.util\nfor name in ('of-nobody', 'nobodys', 'none'):\n    ctypes.util.find_library(name)\n",
    );
    let report = shop.adopt(&[]);
    let asks = report["asks"].as_array().unwrap();
    assert_eq!(asks.len(), 1, "{}", told(&report));
    let expected = "the project looks for the library of-nobody or nobodys (in catalogue) while it starts";
    assert!(told(&report).contains(expected), "{report}");
}

#[test]
fn a_stand_in_that_the_settings_cannot_read_is_what_to_mend() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import base64\nimport os\nKEY = os.environ['SHOP_KEY']\nKEY = base64.b64decode(KEY)\n",
    );
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("the settings can't be imported: binascii.Error"), "{told}");
    let next = "give SHOP_KEY a value in [backend.env] that they can read there; it has only a stand-in";
    assert!(told.contains(next), "{told}");
}

/// Each place says how it would be on a machine without that program: these went on.
#[test]
fn a_program_that_the_settings_do_without_is_no_fault() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import subprocess\ntry:\n    REVISION = subprocess.check_output(['git', 'rev-parse', 'HEAD'])\n\
         except OSError:\n    REVISION = ''\n",
    );
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("the project starts a program (git rev-parse HEAD) while it starts"), "{told}");
    assert!(told.contains("it went on without here, as on a machine that has none of that"), "{told}");
    assert!(!told.contains("settings-file"), "{told}");
}

/// As the filters of django-compressor do: one for each file.
#[test]
fn a_program_that_static_files_are_made_with_is_told_once_and_when() {
    let shop = Shop::new();
    shop.write(
        "shop/storage.py",
        "import subprocess\n\nfrom django.contrib.staticfiles.storage import StaticFilesStorage\n\n\n\
         class Storage(StaticFilesStorage):\n    def post_process(self, paths, dry_run=False, **options):\n        \
         for name in paths:\n            subprocess.run(f'scss --quiet all {name}', shell=True, check=True)\n        return []\n",
    );
    shop.append("shop/settings.py", "STORAGES = {'staticfiles': {'BACKEND': 'shop.storage.Storage'}}\n");
    shop.write("catalogue/static/a.css", "");
    let report = shop.adopt(&[]);
    let told = told(&report);
    let expected = "the project starts a program (/bin/sh -c scss --quiet all) while its static files are collected | staging gives it no \
                    program of this machine, either";
    assert!(told.contains(expected), "{told}");
    assert!(!told.contains("can't be collected"), "{told}");
}

/// The word for a server is what the settings compare with, the name of a file, or any other than a developer's.
#[test]
fn settings_that_ask_for_the_kind_of_machine_get_that_of_a_server() {
    let check = |read: &str, more: &str, file: Option<&str>, expected: &str| {
        let shop = Shop::new();
        shop.append("shop/settings.py", &format!("import os\n{read}\n{more}\n"));
        if let Some(file) = file {
            shop.write(file, "");
        }
        let why = "# shop/settings.py:16: the settings of a server, not of a developer";
        decides(&shop, &[&format!("SHOP_ENV = \"{expected}\"  {why}")]);
    };
    let get = "ENV = os.environ.get('SHOP_ENV', 'dev')";
    let of_developers = "if ENV == 'dev':\n    INSTALLED_APPS += ['a_toolbar_of_developers']";
    check(get, of_developers, None, "production");
    check(get, of_developers, Some("shop/local/live.py"), "live");
    let known = "assert ENV in ('dev', 'PROD'), ENV";
    check(get, &format!("{known}\n{of_developers}"), Some("shop/live.py"), "PROD");
    check("ENV = os.environ['SHOP_ENV']", known, None, "PROD");
}

/// The word for `SQLite` is what the settings compare with, or the end of the backend's path.
#[test]
fn a_kind_of_database_has_the_word_of_the_settings() {
    let check = |text: &str, expected: &str| {
        let shop = Shop::new();
        shop.append("shop/settings.py", text);
        decides(
            &shop,
            &[&format!("SHOP_DB_ENGINE = \"{expected}\"  # shop/settings.py:16: a file instead of a server")],
        );
    };
    let read = "import os\nENGINE = os.environ['SHOP_DB_ENGINE']\n";
    check(&format!("{read}if ENGINE != 'Sqlite':\n    DATABASES = {{}}\n"), "Sqlite");
    check(&format!("{read}DATABASES['default']['ENGINE'] = f'django.db.backends.{{ENGINE}}'\n"), "sqlite3");
    check(&format!("{read}DATABASES['default']['ENGINE'] = ENGINE\n"), "django.db.backends.sqlite3");
    // Another word may be compared with the same text.
    let scheme = "SCHEME = 'sqlite'\nif SCHEME == 'sqlite':\n    NAME = 'db'\n";
    let table = "DATABASES = {'default': {\n    'ENGINE': ENGINE if ENGINE else 'django.db.backends.postgresql', 'NAME': 'db'}}\n";
    check(&format!("{read}{scheme}{table}"), "django.db.backends.sqlite3");
}

/// Lines that the first page runs before it answers.
fn before_the_answer(shop: &Shop, lines: &str) {
    let views = std::fs::read_to_string(shop.root().join("catalogue/views.py")).unwrap();
    shop.write("catalogue/views.py", &views.replace("    return", &format!("{lines}    return")));
}

/// A project whose first page wants a static file that is not there.
fn without_its_style() -> Shop {
    let shop = Shop::new();
    let storage = "{'staticfiles': {'BACKEND': 'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'}}";
    shop.append("shop/settings.py", &format!("STORAGES = {storage}\n"));
    before_the_answer(&shop, "    from django.templatetags.static import static\n    static('css/made.css')\n");
    shop
}

/// As where Sass makes the style sheets by a command of its own.
#[test]
fn a_static_file_that_only_a_command_makes_is_told_with_the_command() {
    let shop = without_its_style();
    shop.write("Dockerfile", "RUN python manage.py compilescss\n");
    let told = told(&shop.adopt(&[]));
    let next = "where a command of the project makes that file (its scripts run `compilescss`), name it in `before` in \
                [backend.static]";
    assert!(told.contains(next), "{told}");
}

/// A text that settings can't read is no stand-in.
#[test]
fn a_stand_in_is_of_the_kind_that_is_read() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import ast\nimport base64\nimport json\nimport os\nfrom decimal import Decimal\n\
         FLAGS = json.loads(os.environ['FLAGS'])\nRATE = Decimal(os.getenv('RATE'))\n\
         SHARE = float(os.environ['SHARE'])\nPLACES = ast.literal_eval(os.environ['PLACES'])\n\
         KEY = base64.b64decode(os.environ['KEY'], validate=True)\nTIME_ZONE = os.environ['TZ_NAME']\n\
         LANGUAGE_CODE = os.environ['LANGUAGE_CODE']\n",
    );
    let lines = [
        ("FLAGS", "{}", 12),
        ("RATE", "0", 13),
        ("SHARE", "0", 14),
        ("PLACES", "[]", 15),
        ("KEY", "dW5zZXQ=", 16),
        ("TZ_NAME", "UTC", 17),
        ("LANGUAGE_CODE", "en", 18),
    ];
    let first = std::fs::read_to_string(shop.root().join("shop/settings.py")).unwrap();
    let first = first.lines().position(|line| line.starts_with("FLAGS")).unwrap() + 1;
    let lines = lines.map(|(name, value, line)| {
        format!("{name} = \"{value}\"  # shop/settings.py:{}: fails without it; a stand-in", first + line - 12)
    });
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(decides(&shop, &lines)["verdict"], "works with what you decide");
}

/// pydantic-settings reads the environment by the names of a class's fields.
#[test]
fn the_fields_of_pydantic_are_variables() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\npydantic-settings\n");
    shop.write(
        "shop/conf.py",
        "from pydantic import Field, SecretStr\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n\n\n\
         class Conf(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='SHOP_')\n\n    \
         secret_key: SecretStr\n    debug: bool = True\n    hosts: list[str]\n    stripe: str = Field(alias='STRIPE_KEY')\n    \
         rate: float = Field(default=1.0)\n    workers: int = Field(...)\n\n\nconf = Conf()\n",
    );
    shop.append("shop/settings.py", "from .conf import conf\nDEBUG = conf.debug\nassert not DEBUG\n");
    let wanted = [
        "SHOP_DEBUG = \"0\"  # shop/conf.py:9: off, as on a server",
        "SHOP_SECRET_KEY = \"{secret}\"  # shop/conf.py:8: the installation's own",
        "SHOP_HOSTS = \"[]\"  # shop/conf.py:10: fails without it; a stand-in",
        "STRIPE_KEY = \"unset\"  # shop/conf.py:11: fails without it; a stand-in",
        "SHOP_WORKERS = \"0\"  # shop/conf.py:13: fails without it; a stand-in",
    ];
    let report = decides(&shop, &wanted);
    assert_eq!(report["verdict"], "works with what you decide", "{report}");
    assert!(!shop.decided().contains("RATE"), "{}", shop.decided());
}

/// A file that is only made on a server: the step names the sample of it.
#[test]
fn a_file_that_the_settings_lack_is_told_with_the_way_to_it() {
    let check = |reads: &str, files: &[(&str, &str)], expected: &str| {
        let shop = Shop::new();
        shop.append("shop/settings.py", reads);
        for (path, text) in files {
            shop.write(path, text);
        }
        let said = told(&shop.adopt(&[]));
        assert!(said.contains(expected), "{said}");
    };
    let reads = "CONF = open(BASE_DIR / 'config.yaml').read()\n";
    check(reads, &[("config.example.yaml", "")], "copy config.example.yaml to config.yaml with what a desktop needs");
    check(reads, &[("config.yaml-dist", "")], "copy config.yaml-dist to config.yaml");
    check(reads, &[("config.example.toml", "")], "put one there that is right for a desktop");
    check("open('/etc/dds-no-such-file')\n", &[], "no desktop has that file: name settings that do without it");
    check("open(BASE_DIR / '.env')\n", &[], "no stage has .env: let the settings do without it");
    let reads = "from shop.local import *\n";
    check(reads, &[("shop/local_example.py", "")], "copy shop/local_example.py to that name");
    check(reads, &[], "add it, where it is only made on a server");
    check(reads, &[("shop/local.py", "SITE = 1\n"), (".gitignore", "local.py\n")], "");
}

/// People would see English, and nobody who builds the program would know.
#[test]
fn translations_that_nobody_compiled_are_told() {
    let shop = Shop::new();
    let catalogue =
        |text: &str| format!("msgid \"\"\nmsgstr \"\"\n\"Language: de\\n\"\n\nmsgid \"Shop\"\nmsgstr \"{text}\"\n");
    shop.write("locale/en/LC_MESSAGES/django.po", &catalogue(""));
    shop.write("locale/de/LC_MESSAGES/django.po", &catalogue("Laden"));
    shop.write("catalogue/locale/de/LC_MESSAGES/django.po", &catalogue("Laden"));
    let said = told(&shop.adopt(&[]));
    let what = "catalogue/locale/de/LC_MESSAGES/django.po and 1 more has no .mo file beside it: people see those texts untranslated";
    assert!(said.contains(what), "{said}");
    assert!(said.contains("`build = [\"uvx --from Django django-admin compilemessages\"]` in [backend]"), "{said}");
    for place in ["locale", "catalogue/locale"] {
        shop.write(&format!("{place}/de/LC_MESSAGES/django.mo"), "");
    }
    let said = told(&shop.adopt(&[]));
    assert!(!said.contains("untranslated"), "{said}");
}

/// In a list the project stands for what it says itself that it needs, with the extras that the list asks for.
#[test]
fn a_list_with_the_project_itself_has_what_the_project_needs() {
    let shop = Shop::new();
    shop.write("requirements.txt", "-e .[server]\ndjango-environ\n");
    let extras = "[project.optional-dependencies]\nserver = [\"django-crispy-forms\"]\ndev = [\"pytest\"]\n";
    let project = "[project]\nname = \"shop\"\nversion = \"0.3\"\ndependencies = [\"Django>=5.2,<6\"]\n";
    shop.write("pyproject.toml", &format!("{project}{extras}"));
    decides(&shop, &["requirements = \"desktop-requirements.txt\"  # locked from requirements.txt, pyproject.toml"]);
    let names = locked(&shop);
    for wanted in ["django==5", "django-crispy-forms==", "django-environ=="] {
        assert!(names.iter().any(|name| name.starts_with(wanted)), "{wanted}: {names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with("pytest")), "{names:?}");
}

/// Nobody else has a path of this machine; the step that is told leads on.
#[test]
fn a_requirement_that_is_a_path_is_refused_and_can_be_left_out() {
    let check = |line: &str, expected: &str| {
        let shop = Shop::new();
        shop.write("requirements.txt", &format!("Django>=5.2,<6\n{line}\n"));
        shop.write("lib/parts/setup.py", "from setuptools import setup\nsetup(name='parts')\n");
        let said = shop.refused();
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("with a released version, or `--drop parts`"), "{said}");
        assert_eq!(shop.adopt(&["--drop", "parts"])["verdict"], "works");
    };
    check("-e lib/parts", "requirements.txt:2: the requirement `parts @ ./lib/parts` is a folder, which has no hash");
    check("lib/parts", "the requirement `parts @ ./lib/parts` is a folder");
    check("./lib/parts[more]", "the requirement `parts @ ./lib/parts[more]` is a folder");
    check("./vendor/parts-1.0-py3-none-any.whl", "is a file, which nobody else has");
    check("/opt/parts-1.0.tar.gz", "the requirement `parts @ /opt/parts-1.0.tar.gz` is a file");
}

/// The overlay comes after the settings are imported, and `migrate` after the apps are loaded.
#[test]
fn what_fails_while_it_is_loaded_has_a_step_that_comes_before_it() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "import os\nos.makedirs('/var/lib/dds-no-such-shop/uploads', exist_ok=True)\n");
    let said = told(&shop.adopt(&[]));
    assert!(said.contains("the project writes /var/lib/dds-no-such-shop while it starts"), "{said}");
    assert!(said.contains("let the settings do without it where it can't be written, or name others"), "{said}");
    assert!(!said.contains("overlay") && !said.contains("can't be imported"), "{said}");
    let shop = Shop::new();
    shop.write(
        "catalogue/apps.py",
        "from django.apps import AppConfig\n\n\nclass Catalogue(AppConfig):\n    name = 'catalogue'\n\n    \
         def ready(self):\n        from catalogue.models import Product\n        list(Product.objects.all())\n",
    );
    let said = told(&shop.adopt(&[]));
    assert!(said.contains("no such table: catalogue_product"), "{said}");
    assert!(said.contains("ask for data where a page needs it: a new database has no tables"), "{said}");
}

#[test]
fn a_level_of_a_log_is_no_kind_of_machine() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nLEVEL = os.environ.get('LOG_LEVEL', 'DEBUG')\nassert LEVEL == 'DEBUG'\nKIND = 'production'\n",
    );
    shop.adopt(&[]);
    assert!(!shop.decided().contains("LOG_LEVEL"), "{}", shop.decided());
}

/// The index has said all of it when the lock was made: to wait for it once more would double the time.
#[test]
fn an_index_is_asked_once() {
    let mut shop = Shop::new();
    let store = tempfile::tempdir().unwrap();
    shop.env("DDSTASK_CACHE_DIR", store.path().to_str().unwrap());
    let output = shop.run(&["--dry-run", "-v"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let asked: Vec<&str> = said.lines().filter(|line| line.contains("$ uv pip compile")).collect();
    let is_offline: Vec<bool> = asked.iter().map(|line| line.contains("--offline")).collect();
    assert_eq!(is_offline, [false, true], "{asked:#?}");
}

/// Nothing on this machine will do, and the downloads of Pythons come from nowhere.
#[test]
fn a_python_that_does_not_come_is_named_with_the_way_to_it() {
    let mut shop = Shop::new();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap().to_owned();
    let programs = folder.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let uv = staging::uv_itself();
    shop.env("UV", uv.to_str().unwrap());
    for (name, program) in [("uv", uv), ("git", "/usr/bin/git".into())] {
        std::os::unix::fs::symlink(program, programs.join(name)).unwrap();
    }
    for name in ["DDSTASK_CACHE_DIR", "HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"] {
        shop.env(name, &empty);
    }
    shop.env("PATH", programs.to_str().unwrap());
    shop.env("UV_PYTHON_INSTALL_MIRROR", "http://127.0.0.1:9/pythons");
    let said = shop.refused();
    let expected = "cannot download Python 3.";
    assert!(said.starts_with(expected) && said.contains("and no installed one will do for the project"), "{said}");
    assert!(said.contains("next: check the connection and proxy; or install that Python"), "{said}");
}

/// No stage can bring it, whatever this machine has.
#[test]
fn a_program_that_the_apps_are_loaded_with_is_refused() {
    let shop = Shop::new();
    shop.append(
        "catalogue/models.py",
        "\n\nimport os\nimport subprocess\ntry:\n    subprocess.run(['sh', '-c', os.environ['PATH']])\n\
         except OSError as error:\n    raise ImportError('Bad sh executable') from error\n",
    );
    let said = shop.refused();
    assert!(said.contains("because: catalogue/models.py:11: `sh -c "), "{said}");
    assert!(said.contains("is started while the apps are loaded, which fails without it"), "{said}");
    assert!(said.contains("next: leave out what needs it, in settings that the desktop takes"), "{said}");
}

/// As django-compressor does it at the first request.
#[test]
fn a_page_that_writes_into_the_static_files_is_told_to_do_it_while_staging() {
    let shop = Shop::new();
    let writes = "    from pathlib import Path\n    from django.conf import settings\n    \
        Path(settings.STATIC_ROOT, 'CACHE.css').write_text('')\n";
    before_the_answer(&shop, writes);
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("the project writes CACHE.css into the static files"), "{told}");
    assert!(
        told.contains("`COMPRESS_OFFLINE = true` in [backend.overlay], and `after = [\"compress --force\"]`"),
        "{told}"
    );
}

#[test]
fn what_a_newer_django_took_away_is_said_with_the_one_that_has_it() {
    let shop = Shop::new();
    shop.append("shop/urls.py", "from django.conf import settings\n\nsettings.DEFAULT_FILE_STORAGE\n");
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("has no attribute 'DEFAULT_FILE_STORAGE'"), "{told}");
    let next = "Django 5.1 took it away: give the command `--replace \"django<5.1\"`, or mend what needs it";
    assert!(told.contains(next), "{told}");
}

#[test]
fn variables_that_nothing_sets_are_named_where_the_settings_fail() {
    let shop = Shop::new();
    let fails =
        "import os\nKEY = os.environ.get('PAYMENT_KEY')\nKIND = KEY.split(':')\nSIZE = os.environ.get('SIZE', '3')\n";
    shop.append("shop/settings.py", fails);
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("the settings can't be imported: AttributeError: 'NoneType'"), "{told}");
    assert!(told.contains("or name others with `--settings`; nothing sets PAYMENT_KEY, which they read"), "{told}");
}

#[test]
fn what_no_option_mends_is_refused_first() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django==3.2.25\nthing @ git+https://example.com/thing.git\n");
    let said = shop.refused();
    assert!(said.contains("next: bring the project to a supported version first"), "{said}");
    assert!(said.contains("thing @ git+https://example.com/thing.git"), "{said}");
}

#[test]
fn a_link_to_nowhere_is_left_out() {
    let shop = Shop::new();
    std::os::unix::fs::symlink("nowhere", shop.root().join("catalogue/lost")).unwrap();
    decides(&shop, &["exclude = [\"catalogue/lost\"]  # links to nowhere"]);
}

#[test]
fn a_person_may_take_an_older_python() {
    let shop = Shop::new();
    shop.adopt(&[]);
    let text = shop.checkout.read("dds.toml");
    shop.checkout.write("dds.toml", &text.replace("minimum = \"3.12\"", "version = \"3.13\"\nminimum = \"3.12\""));
    let report = shop.adopt(&[]);
    assert_eq!(report["python"], "3.13");
    assert!(!String::from_utf8_lossy(&shop.run(&[]).stderr).contains("would be"));
}

#[test]
fn a_setup_script_says_what_is_needed() {
    let shop = Shop::new();
    shop.remove("requirements.txt");
    shop.write(
        "setup.py",
        "from setuptools import setup\nsetup(name='shop', install_requires=['Django>=5.2,<6',\n    \"pytz\"])\n",
    );
    decides(&shop, &[r#"requirements = "desktop-requirements.txt"  # locked from setup.py"#]);
    assert!(locked(&shop).iter().any(|name| name.starts_with("pytz==")), "{:?}", locked(&shop));
}

#[test]
fn a_module_that_nobody_brings_is_named_with_its_distribution() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "import environ\n");
    let report = shop.adopt(&[]);
    assert!(
        told(&report).contains("the module environ is imported, and no package brings it | give the command `--add django-environ`, which adds it to [packages] of dds.toml"),
        "{}",
        told(&report)
    );
    assert_eq!(report["verdict"], "needs your word first, then the same command again");
    let report = shop.adopt(&["--add", "django-environ"]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    assert!(shop.decided().contains("add = [\"django-environ\"]  # you said so"), "{}", shop.decided());
    assert!(locked(&shop).iter().any(|name| name.starts_with("django-environ==")));
    // Newer ones no longer have this module.
    shop.append("shop/settings.py", "import pkg_resources\n");
    let report = shop.adopt(&[]);
    assert!(told(&report).contains("give the command `--add \"setuptools<82\"`"), "{}", told(&report));
    assert_eq!(shop.adopt(&["--add", "setuptools<82"])["verdict"], "works");
    // A template engine is looked up before it is imported.
    shop.write("requirements.txt", "Django>=5.2,<6\n");
    shop.write(
        "shop/settings.py",
        &SETTINGS
            .replace("'django.template.backends.django.DjangoTemplates'", "'django.template.backends.jinja2.Jinja2'"),
    );
    shop.append(
        "catalogue/views.py",
        "\n\ndef index(request):\n    from django.template.loader import get_template\n    return HttpResponse(get_template('a.html').render())\n",
    );
    let report = shop.adopt(&[]);
    assert!(told(&report).contains("the module jinja2 is imported, and no package brings it"), "{}", told(&report));

    // The package is there, its module or the project's own is not.
    for (module, expected) in [
        ("django.contrib.comments", "and django 5.2"),
        (
            "catalogue.missing",
            "and the project has none of that name | add it, where it is only made on a server and not committed, or mend that import",
        ),
    ] {
        shop.write("shop/settings.py", &format!("{SETTINGS}import {module}\n"));
        let report = shop.adopt(&[]);
        let expected = format!("the module {module} is imported, {expected}");
        assert!(told(&report).contains(&expected) && !told(&report).contains("--add"), "{}", told(&report));
    }
}

#[test]
fn what_contradicts_the_desktop_is_told_with_both_sides() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\nwhitenoise==5.3.0\n");
    let said = shop.refused();
    assert!(said.starts_with("cannot lock the requirements"), "{said}");
    assert!(said.contains("whitenoise==5.3.0") && said.contains("whitenoise>=6.6"), "{said}");
    assert!(said.contains("next: if two of them contradict each other, say which counts with `--replace NAME==VERSION` or `--drop NAME`"), "{said}");
}

#[test]
fn databases_and_queues_of_servers_become_those_of_a_desktop() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\nhuey\n");
    shop.append(
        "shop/settings.py",
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop', 'HOST': 'db'}}\n\
         CELERY_BROKER_URL = 'redis://redis'\nCELERY_BEAT_SCHEDULE = {'x': {}}\nHUEY = {'name': 'shop'}\n\
         CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': 'redis://redis'}}\n",
    );
    let report = decides(
        &shop,
        &[
            "CELERY_TASK_ALWAYS_EAGER = true  # Celery has no broker here: a task runs at once, in the request",
            "HUEY.immediate = true  # Huey has no Redis here: a task runs at once",
            "DATABASES.default.ENGINE = \"django.db.backends.sqlite3\"  # postgresql needs a server",
        ],
    );
    assert!(told(&report).starts_with("what Celery's beat schedules does not run | "), "{}", told(&report));
    assert_eq!(report["page"]["status"], 200);
}

#[test]
fn the_first_page_decides_about_start_path_and_account() {
    let shop = Shop::new();
    shop.write(
        "shop/urls.py",
        "from django.contrib.auth.views import LoginView\nfrom django.urls import path\nfrom catalogue import views\n\
         from django.contrib.auth.decorators import login_required\n\n\
         urlpatterns = [path('shop/', login_required(views.index)), path('accounts/login/', LoginView.as_view())]\n",
    );
    shop.write(
        "catalogue/templates/registration/login.html",
        "<!--[if lt IE 9]><script src=\"https://old.example.com/x.js\"></script><![endif]-->\
         <script src=\"https://cdn.example.com/x.js\"></script><form>{{ form }}</form>",
    );
    let report = decides(
        &shop,
        &[
            "start-path = \"/shop/\"  # the first page that answers; `/` is 404",
            "account = \"owner\"  # the first page asks for a login, and a new installation has no user; \"project\" keeps the login",
        ],
    );
    assert!(
        told(&report).contains("the first page loads from other hosts: cdn.example.com | ship"),
        "{}",
        told(&report)
    );
}

/// What the window is logged in as is made once while the project is looked at: the first start would fail else.
#[test]
fn an_owner_who_cannot_be_made_is_told_and_not_decided() {
    let shop = Shop::new();
    shop.write(
        "shop/urls.py",
        "from django.contrib.auth.views import LoginView\nfrom django.urls import path\n\n\
         urlpatterns = [path('', LoginView.as_view())]\n",
    );
    shop.write("catalogue/templates/registration/login.html", "<form>{{ form }}</form>");
    shop.append(
        "catalogue/models.py",
        "\n\ndef refuse(**kwargs):\n    raise LookupError('no profile today')\n\n\n\
         models.signals.post_save.connect(refuse, sender='auth.User')\n",
    );
    let report = shop.adopt(&[]);
    assert!(!shop.decided().contains("account"), "{}", shop.decided());
    let what =
        "the one user of an installation can't be made: LookupError: no profile today | write a management command";
    assert!(told(&report).contains(what), "{}", told(&report));
}

#[test]
fn of_two_projects_in_one_folder_the_other_one_is_named() {
    let shop = Shop::new();
    shop.write("warehouse/manage.py", MANAGE);
    shop.write("tests/manage.py", MANAGE);
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("the project is that of manage.py; there is warehouse/manage.py, too"), "{told}");
    assert!(told.contains("give its folder: `adopt ../shop/warehouse`"), "{told}");
    assert!(!told.contains("tests/manage.py"), "{told}");
}

#[test]
fn the_version_is_the_projects_own_wherever_it_is_written() {
    for (file, text, line) in [
        (
            "setup.cfg",
            "[metadata]\nname = shop\nversion = 2.3\n",
            Some("version = \"2.3\"  # setup.cfg:3: the project's own"),
        ),
        (
            "catalogue/__init__.py",
            "__version__ = '4.5.6'\n",
            Some("version = \"4.5.6\"  # catalogue/__init__.py:1: the project's own"),
        ),
        (
            "setup.py",
            "from setuptools import setup\nsetup(\n    name='shop',\n    version='2.4',\n)\n",
            Some("version = \"2.4\"  # setup.py:4: the project's own"),
        ),
        ("pyproject.toml", "[tool.poetry]\nname = \"shop\"\nversion = \"1.2.3\"\n", None),
        ("setup.cfg", "[metadata]\nversion = attr: shop.VERSION\n", None),
    ] {
        let shop = Shop::new();
        shop.write(file, text);
        shop.adopt(&[]);
        let written = shop.checkout.read("dds.toml");
        let version = written.lines().find(|line| line.starts_with("version = "));
        assert_eq!(version, line, "{file}");
    }
}

#[test]
fn a_build_of_the_front_end_is_decided_where_its_files_are_missing() {
    let shop = Shop::new();
    shop.write("frontend/package.json", "{\"scripts\": {\n  \"build\": \"vite build\"}}");
    shop.append("shop/settings.py", "STATICFILES_DIRS = [BASE_DIR / 'frontend/dist']\n");
    let build = "build = [\"npm --prefix frontend ci\", \"npm --prefix frontend run build\"]";
    decides(&shop, &[&format!("{build}  # frontend/package.json:2")]);
    shop.write("frontend/dist/app.js", "");
    shop.checkout.write("dds.toml", include_str!("fixtures/project/dds.toml"));
    let report = shop.adopt(&["--yes"]);
    assert!(told(&report).contains(&format!("if it should run before staging: `{build}`")), "{}", told(&report));
}

/// A build makes what the apps or the first page read while they are loaded.
#[test]
fn what_a_build_makes_is_looked_for_after_it_ran() {
    let shop = Shop::new();
    shop.write("package.json", "{\"scripts\": {\n  \"build\": \"webpack\"}}");
    shop.append("catalogue/views.py", "\nopen('webpack-stats.json')\n");
    let report = decides(&shop, &["build = [\"npm ci\", \"npm run build\"]  # package.json:2"]);
    let next = "what `[backend] build` makes may be missing: run its commands in the project, then this one again";
    assert!(told(&report).contains(next), "{}", told(&report));
    shop.write("webpack-stats.json", "{}");
    let report = shop.adopt(&["--yes"]);
    assert_eq!(report["verdict"], "works with what you decide", "{}", told(&report));
    assert!(!told(&report).contains("the first page"), "{}", told(&report));
}

/// Staging runs the build. Commands that load data make no static files.
#[test]
fn a_first_page_that_lacks_what_a_build_makes_works_once_that_ran() {
    let shop = without_its_style();
    shop.write("Makefile", "data:\n\tpython manage.py loaddata products\n\tpython manage.py fill data/products.csv\n");
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "needs your word first: its first page is an error");
    assert!(told(&report).contains("where a command of the project makes that file, name it"), "{}", told(&report));
    shop.write("package.json", "{\"scripts\": {\n  \"build\": \"gulp\"}}");
    let report = shop.adopt(&["--yes"]);
    assert!(shop.checkout.read("dds.toml").contains("build = [\"npm ci\", \"npm run build\"]"));
    assert_eq!(report["verdict"], "works with what you decide, if its build makes what the first page lacks");
    let next =
        "what `[backend] build` makes may be missing: `packaged-stage --check` runs it, then looks at this page again";
    assert!(told(&report).contains(next), "{}", told(&report));
}

/// Without `SITE_ID` a site is found by its address.
#[test]
fn a_page_that_asks_for_its_site_is_given_one() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "INSTALLED_APPS = [*INSTALLED_APPS, 'django.contrib.sites']\n");
    let asks = "    from django.contrib.sites.shortcuts import get_current_site\n    get_current_site(request)\n";
    before_the_answer(&shop, asks);
    let said = told(&shop.adopt(&[]));
    assert!(said.contains("`SITE_ID = 1` in [backend.overlay] takes the one that a new database has"), "{said}");
    shop.checkout.append("dds.toml", "\n[backend.overlay]\nSITE_ID = 1\n");
    assert_eq!(shop.adopt(&[])["verdict"], "works");
}

/// A window asks for pages, and may be logged in.
#[test]
fn an_api_is_asked_as_a_window_asks() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions', 'catalogue']\n\
         MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware', \
         'django.contrib.auth.middleware.AuthenticationMiddleware']\n",
    );
    shop.write(
        "catalogue/views.py",
        "from django.http import HttpResponse, JsonResponse\n\n\ndef index(request):\n    \
         if not request.user.is_authenticated:\n        return HttpResponse(status=403)\n    \
         is_page = 'text/html' in request.headers.get('Accept', '')\n    \
         return HttpResponse('<title>API</title>') if is_page else JsonResponse({})\n",
    );
    shop.write(
        "shop/urls.py",
        "from catalogue import views\nfrom django.urls import path\n\nurlpatterns = [path('api/', views.index)]\n",
    );
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "needs your word first: no first page was found");
    let said = told(&report);
    assert!(said.contains("/api/ 403 | name the first page with `[backend] start-path`; 401 and 403 are"), "{said}");
    let written = shop.checkout.read("dds.toml").replace("[backend]", "[backend]\naccount = \"owner\"");
    shop.checkout.write("dds.toml", &written);
    let report = shop.adopt(&["--yes"]);
    assert_eq!(report["verdict"], "works", "{report}");
    assert!(shop.checkout.read("dds.toml").contains("start-path = \"/api/\""));
}

#[test]
fn a_page_without_its_template_is_not_said_to_want_data() {
    let shop = Shop::new();
    shop.write(
        "shop/urls.py",
        "from django.urls import path\nfrom django.views.generic import TemplateView\n\n\
         urlpatterns = [path('', TemplateView.as_view(template_name='built.html'))]\n",
    );
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("the first page / fails: TemplateDoesNotExist: built.html"), "{told}");
    assert!(told.contains("where a front-end build makes that template") && !told.contains("first-run"), "{told}");
}

/// An address by its name is looked up where it is needed: the apps have to be loaded for that.
#[test]
fn settings_may_name_addresses_that_are_not_known_yet() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "from django.urls import reverse_lazy\nLOGIN_URL = reverse_lazy('index')\n");
    shop.write(
        "shop/urls.py",
        "from catalogue import views\nfrom django.urls import path\n\nurlpatterns = [path('', views.index, name='index')]\n",
    );
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
}

/// The storage of a cloud may be defined beside the one that the settings take.
#[test]
fn a_storage_is_what_its_class_is() {
    let shop = Shop::new();
    shop.write(
        "shop/storage.py",
        "from django.core.files.storage import FileSystemStorage, Storage\n\n\nclass S3Storage(Storage):\n    pass\n\n\n\
         class Cloud(S3Storage):\n    pass\n\n\nclass Local(FileSystemStorage):\n    pass\n",
    );
    let storages = "STORAGES = {'default': {'BACKEND': 'shop.storage.Local'}, 'more': {'BACKEND': 'shop.storage.Cloud'},\n    \
                    'staticfiles': {'BACKEND': 'django.contrib.staticfiles.storage.StaticFilesStorage'}}\n";
    shop.append("shop/settings.py", storages);
    shop.adopt(&[]);
    let decided = shop.decided();
    assert!(decided.contains("STORAGES.more.BACKEND") && !decided.contains("STORAGES.default"), "{decided}");
}

/// A package of settings may have others in it.
#[test]
fn a_module_that_asks_for_the_apps_is_no_settings_module() {
    let shop = Shop::new();
    let settings = std::fs::read_to_string(shop.root().join("shop/settings.py")).unwrap();
    shop.remove("shop/settings.py");
    shop.write("shop/config/__init__.py", "");
    shop.write("shop/config/settings.py", &settings.replace("parent.parent", "parent.parent.parent"));
    shop.write("shop/config/plugin.py", "from .settings import INSTALLED_APPS\n\nINSTALLED_APPS += ['plugin']\n");
    shop.write(
        "shop/config/urls.py",
        "from django.conf import settings\n\nPLUGIN = 'plugin' in settings.INSTALLED_APPS\n",
    );
    for file in ["manage.py", "shop/wsgi.py"] {
        let text = std::fs::read_to_string(shop.root().join(file)).unwrap();
        shop.write(file, &text.replace("shop.settings", "shop.config.settings"));
    }
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    assert!(!told(&report).contains("there are shop.config"), "{}", told(&report));
}

#[test]
fn icon_fixtures_and_web_sockets_are_seen() {
    let shop = Shop::new();
    shop.write("catalogue/static/catalogue/favicon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    shop.write("catalogue/fixtures/welcome.json", "[]");
    shop.write(
        "shop/routing.py",
        "try:\n    from channels.routing import ProtocolTypeRouter\nexcept ImportError:\n    pass\n",
    );
    let report = shop.adopt(&[]);
    let icon = "icon = \"../shop/catalogue/static/catalogue/favicon.svg\"  # the project's own picture";
    assert!(shop.checkout.read("dds.toml").contains(icon));
    assert!(told(&report).contains("WebSockets don't work"), "{}", told(&report));
    assert!(told(&report).contains("there are fixtures: catalogue/fixtures/welcome.json"), "{}", told(&report));
}

#[test]
fn a_model_without_a_migration_is_told_with_the_command() {
    let shop = Shop::new();
    shop.remove("catalogue/migrations");
    shop.write("catalogue/migrations/__init__.py", "");
    let report = shop.adopt(&[]);
    assert!(told(&report).contains("no such table"), "{}", told(&report));
    assert!(told(&report).contains("run `makemigrations` in the project"), "{}", told(&report));
}

#[test]
fn users_without_a_migration_are_told_with_the_app() {
    let shop = Shop::new();
    let settings = "INSTALLED_APPS += ['django.contrib.admin']\nAUTH_USER_MODEL = 'catalogue.Person'\n";
    shop.append("shop/settings.py", settings);
    shop.append(
        "catalogue/models.py",
        "from django.contrib.auth.models import AbstractUser\n\nclass Person(AbstractUser):\n    pass\n",
    );
    shop.remove("catalogue/migrations");
    shop.write("catalogue/migrations/__init__.py", "");
    let told = told(&shop.adopt(&[]));
    let wanted = "catalogue has models and no migration: run `makemigrations catalogue` in the project";
    assert!(told.contains(wanted), "{told}");
}

#[test]
fn committed_data_is_offered_and_what_a_developer_has_is_not() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "MEDIA_ROOT = BASE_DIR / 'uploads'\nMEDIA_URL = 'uploads/'\n");
    shop.write("uploads/cat.txt", "a cat");
    shop.write("db.sqlite3", "SQLite format 3");
    let git = |args: &[&str]| {
        let output = std::process::Command::new("git").args(args).current_dir(shop.root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet"]);
    let before = told(&shop.adopt(&[]));
    assert!(!before.contains("committed"), "{before}");
    git(&["add", "--force", "db.sqlite3", "uploads"]);
    let after = told(&shop.adopt(&[]));
    assert!(after.contains("the database db.sqlite3 is committed"), "{after}");
    assert!(after.contains("`database = \"../shop/db.sqlite3\"` in [backend.seed]"), "{after}");
    assert!(after.contains("`media = \"../shop/uploads\"` in [backend.seed]"), "{after}");
    let text = shop.checkout.read("dds.toml");
    let seed = "[backend.seed]\ndatabase = \"../shop/db.sqlite3\"\n\n[packages]";
    shop.checkout.write("dds.toml", &text.replace("[packages]", seed));
    let decided = told(&shop.adopt(&[]));
    assert!(!decided.contains("committed"), "{decided}");
}

/// A change to a project, and how its refusal begins and goes on.
type Refusal = (&'static str, &'static str, &'static str);

/// Projects that can't work, told from their files alone: file, its text, what is said.
const REFUSED: [Refusal; 9] = [
    (
        "catalogue/models.py",
        "from django.db import models\nfrom django.contrib.postgres.fields import ArrayField\n\n\nclass Product(models.Model):\n    \
         tags = ArrayField(models.TextField())\n",
        "because: catalogue/models.py:6: a model has fields that only PostgreSQL has",
    ),
    (
        "catalogue/models.py",
        "from django.contrib.gis.db import models\n",
        "because: catalogue/models.py:1: GeoDjango needs",
    ),
    (
        "shop/settings.py",
        "MIDDLEWARE = ['django_hosts.middleware.HostsRequestMiddleware']\n",
        "because: shop/settings.py:1: the address decides what a page is",
    ),
    (
        "shop/settings.py",
        "INSTALLED_APPS = ['django_tenants']\n",
        "because: shop/settings.py:1: each customer has a schema of PostgreSQL",
    ),
    (
        "shop/settings.py",
        "from configurations import Configuration\n",
        "because: shop/settings.py:1: the settings are classes of django-configurations",
    ),
    (
        "shop/settings.py",
        "import dynaconf\ndynaconf.DjangoDynaconf(__name__)\n",
        "because: shop/settings.py:2: dynaconf replaces",
    ),
    (
        "requirements.txt",
        "Django>=5.2\nthing @ git+https://example.com/thing.git\n",
        "because: requirements.txt:2: the requirement `thing @ git+https://example.com/thing.git` comes from a repository",
    ),
    (
        "requirements.txt",
        "Django==3.2.25\n",
        "because: requirements.txt:1: Django ==3.2.25 is not supported: 4.2 to 6.x are",
    ),
    (
        "pyproject.toml",
        "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \"<3.10\"\ndependencies = []\n",
        "because: Python <3.10 is not supported with this Django: CPython 3.10 to 3.14 are",
    ),
];

#[test]
fn what_cannot_work_is_refused_before_anything_is_made() {
    for (file, text, wanted) in REFUSED {
        let mut shop = Shop::new();
        shop.write(file, text);
        // Neither packages nor uv are asked for.
        shop.env("UV", "/nonexistent/uv");
        let said = shop.refused();
        assert!(said.starts_with("../shop can't become a desktop program as it is"), "{said}");
        assert!(said.contains(wanted) && said.contains("next: "), "{wanted}\n{said}");
    }
}

#[test]
fn a_requirement_from_a_repository_may_be_replaced_or_dropped() {
    let shop = Shop::new();
    shop.write(
        "requirements.txt",
        "Django>=5.2,<6\ngit+https://example.com/sql_parse.git@main\n-e git+https://e.com/x#egg=pytz\n",
    );
    let said = shop.refused();
    assert!(
        said.contains(
            "next: give the command `--replace sql-parse==VERSION --replace pytz==VERSION` with a released version, or `--drop NAME`"
        ),
        "{said}"
    );
    let report = shop.adopt(&["--replace", "pytz==2025.2", "--drop", "sql_parse"]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    let decided = shop.decided();
    assert!(decided.contains("drop = [\"sql-parse\"]  # you said so"), "{decided}");
    assert!(decided.contains("replace.pytz = \"pytz==2025.2\"  # you said so"), "{decided}");
    let text = shop.checkout.read("dds.toml");
    assert!(!String::from_utf8_lossy(&shop.run(&[]).stderr).contains("would be"));
    assert_eq!(shop.checkout.read("dds.toml"), text, "what was said once counts the next time");
}

/// A folder with a distribution that has only sources, which can't be built.
fn unbuildable(folder: &std::path::Path) {
    let file = std::fs::File::create(folder.join("brokenthing-1.0.tar.gz")).unwrap();
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::none()));
    for (name, text) in [
        ("PKG-INFO", "Metadata-Version: 2.2\nName: brokenthing\nVersion: 1.0\n"),
        ("pyproject.toml", "[project]\nname = \"brokenthing\"\nversion = \"1.0\"\n"),
        ("setup.py", "print('error: lber.h is not there')\nraise SystemExit(1)\n"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, format!("brokenthing-1.0/{name}"), text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
}

#[test]
fn a_package_that_cannot_be_built_is_named_with_the_way_out() {
    let shop = Shop::new();
    let folder = tempfile::tempdir().unwrap();
    unbuildable(folder.path());
    let list = format!("--find-links {}\nDjango>=5.2,<6\nbrokenthing==1.0\n", folder.path().display());
    shop.write("requirements.txt", &list);
    let said = shop.refused();
    assert!(said.starts_with("cannot build brokenthing: there are only sources of it, no wheel"), "{said}");
    assert!(said.contains("next: give the command `--drop brokenthing` where the program does without it"), "{said}");
    assert_eq!(shop.adopt(&["--drop", "brokenthing"])["verdict"], "works");
}

#[test]
fn a_package_that_another_one_asks_for_is_left_out() {
    let shop = Shop::new();
    let folder = tempfile::tempdir().unwrap();
    unbuildable(folder.path());
    staging::wheel_with(folder.path(), "signin", "Requires-Dist: brokenthing\n", &[("signin.py", b"")]);
    let list = format!("--find-links {}\nDjango>=5.2,<6\nsignin\n", folder.path().display());
    shop.write("requirements.txt", &list);
    let report = shop.adopt(&["--drop", "brokenthing"]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    let names = locked(&shop).concat();
    assert!(names.contains("signin") && !names.contains("brokenthing"), "{names}");
}

#[test]
fn indexes_of_the_project_file_are_asked() {
    let shop = Shop::new();
    shop.remove("requirements.txt");
    let folder = tempfile::tempdir().unwrap();
    staging::wheel(folder.path(), "onlyhere", &[("onlyhere.py", "")]);
    shop.write(
        "pyproject.toml",
        &format!(
            "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"django>=5.2,<6\", \"onlyhere\"]\n\
             [tool.uv]\nfind-links = [\"{}\"]\n",
            folder.path().display()
        ),
    );
    shop.adopt(&[]);
    assert!(locked(&shop).contains(&"onlyhere==1.0".to_owned()), "{:?}", locked(&shop));
}

#[test]
fn a_variable_that_the_settings_do_without_gets_no_stand_in() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nif 'CDN_TOKEN' in os.environ:\n    CDN = os.environ['CDN_TOKEN']\ntry:\n    HOST = os.environ['SHOP_HOST']\n\
         except KeyError:\n    HOST = ''\n",
    );
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    assert!(!shop.decided().contains("[backend.env]"), "{}", shop.decided());
}

#[test]
fn a_variable_that_a_message_of_the_project_names_gets_a_stand_in() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nTOKEN = os.environ.get('SHOP_TOKEN')\nif not TOKEN:\n    raise RuntimeError('please set SHOP_TOKEN (see the manual)')\n",
    );
    let report = decides(&shop, &["SHOP_TOKEN = \"unset\"  # shop/settings.py:16: fails without it; a stand-in"]);
    assert_eq!(report["verdict"], "works with what you decide", "{}", told(&report));
}

#[test]
fn an_example_of_the_project_is_a_better_stand_in() {
    let with = |file: &str, text: &str| {
        let shop = Shop::new();
        let reads = "import os\nPAGES = [int(page) for page in os.environ['SHOP_PAGES'].split('+')]\nSHOP_API = os.environ['SHOP_API']\n";
        shop.append("shop/settings.py", reads);
        shop.write(file, text);
        shop
    };
    let private = with(".env", "SHOP_PAGES='1+2'\nSHOP_API=https://shop.example\n");
    assert_eq!(private.adopt(&[])["verdict"], "needs your word first, then the same command again");
    let example = "# what a server sets\nexport SHOP_PAGES='3+4'\nSHOP_API=https://shop.example\n";
    let lines = [
        "SHOP_PAGES = \"3+4\"  # shop/settings.py:16: fails without it; the value in .env.example:2",
        "SHOP_API = \"unset\"  # shop/settings.py:17: fails without it; a stand-in",
    ];
    let told = told(&decides(&with(".env.example", example), &lines));
    assert!(told.contains("the variable SHOP_PAGES, which has the value in .env.example:2"), "{told}");
    assert!(told.contains("the variable SHOP_API, which has only a stand-in"), "{told}");
}

#[test]
fn settings_that_cannot_be_imported_are_not_said_to_work() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "raise ValueError('no')\n");
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "needs your word first, then the same command again", "{}", told(&report));
}

#[test]
fn queries_that_only_postgresql_runs_are_named() {
    let shop = Shop::new();
    shop.write("catalogue/search.py", "from django.contrib.postgres.search import SearchVector\n");
    shop.write("catalogue/latest.py", "def latest(products):\n    return products.distinct('name')\n");
    shop.write("catalogue/raw.py", "def find(cursor):\n    cursor.execute(\"SELECT id::text FROM product\")\n");
    shop.write(
        "catalogue/careful.py",
        "def find(connection, products):\n    return products.distinct('name') if connection.vendor == 'postgresql' else products\n",
    );
    let told = told(&shop.adopt(&[]));
    for (place, what) in [
        ("catalogue/latest.py:2", "`distinct` with the names of fields fails on SQLite"),
        ("catalogue/search.py:1", "a search, aggregate or function of `django.contrib.postgres` fails on SQLite"),
        ("catalogue/raw.py:2", "SQL that is written for PostgreSQL fails on SQLite"),
    ] {
        assert!(told.contains(what), "{place} {what}\n{told}");
    }
    shop.remove("catalogue/latest.py");
    let told = shop.adopt(&[])["asks"].to_string();
    assert!(!told.contains("`distinct`"), "who looks which database there is goes another way: {told}");
}

#[test]
fn a_class_that_is_only_imported_is_no_field() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\npsycopg[binary]\n");
    shop.append(
        "catalogue/views.py",
        "\n\ndef search():\n    from django.contrib.postgres.fields import ArrayField\n    return ArrayField\n",
    );
    let report = shop.adopt(&[]);
    assert_eq!(report["page"]["status"], 200);
    assert!(locked(&shop).iter().any(|name| name.starts_with("psycopg==")), "Django itself imports the driver");
}

#[test]
fn a_template_of_projects_is_no_project_yet() {
    let shop = Shop::new();
    let text = std::fs::read_to_string(shop.root().join("manage.py")).unwrap();
    shop.write("manage.py", &text.replace("'shop.settings'", "'{{ project_name }}.settings'"));
    let said = shop.refused();
    assert!(said.contains("this is a template for `django-admin startproject`, and no project yet"), "{said}");
}

/// Its name sounds like tests, and its sources are the project's.
#[test]
fn an_example_may_be_called_a_project_of_tests() {
    let shop = Shop::below("test_project/");
    shop.write("till/__init__.py", "");
    shop.append("test_project/shop/settings.py", "import till\n");
    decides(&shop, &["source-roots = [\"test_project\", \".\"]  # the import path of test_project/manage.py"]);
}

#[test]
fn a_template_of_another_tool_is_no_project_yet() {
    let shop = Shop::below("{{cookiecutter.slug}}/");
    let said = shop.refused();
    let expected =
        "{{cookiecutter.slug}}/manage.py: this is a template of which a tool (Cookiecutter, Copier) makes a project";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn what_python_itself_starts_is_nobodys_fault() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "import platform\nimport uuid\nplatform.architecture()\nuuid.getnode()\n");
    assert_eq!(shop.adopt(&[])["verdict"], "works");
}

#[test]
fn a_project_that_refuses_this_database_is_refused_with_its_own_words() {
    let shop = Shop::new();
    shop.append(
        "catalogue/models.py",
        "\n\nfrom django.conf import settings\nfrom django.db.backends.signals import connection_created\n\n\n\
         def only_servers(connection, **more):\n    if connection.vendor == 'sqlite' and not settings.DEBUG:\n        \
         raise RuntimeError('SQLite is for developers')\n\n\nconnection_created.connect(only_servers)\n",
    );
    let said = shop.refused();
    assert!(said.contains("catalogue/models.py:14: a new database can't be made: SQLite is for developers"), "{said}");
    assert!(said.contains("next: mend it, or give the desktop settings without it, with `--settings`"), "{said}");
}

#[test]
fn a_first_page_that_fails_is_told_with_its_line_and_not_gone_around() {
    let shop = Shop::new();
    shop.write(
        "shop/urls.py",
        "from catalogue import views\nfrom django.urls import path\n\n\ndef first(request):\n    return views.Product.objects.get(id=1)\n\n\n\
         urlpatterns = [path('', first), path('all/', views.index)]\n",
    );
    let report = shop.adopt(&[]);
    assert!(!shop.decided().contains("start-path"), "{}", shop.decided());
    assert!(told(&report).contains("the first page / fails: DoesNotExist"), "{}", told(&report));
    assert!(told(&report).contains("such as /all/, with `start-path`"), "{}", told(&report));
    assert_eq!(report["verdict"], "needs your word first: its first page is an error");
    let place = report["asks"].as_array().unwrap().iter().find_map(|ask| ask["place"].as_str());
    assert_eq!(place, Some("shop/urls.py:6"));
}

/// What is written there only when somebody asks for it is not seen otherwise: nobody can write into an installed program.
#[test]
fn a_folder_of_the_project_that_waits_to_be_filled_is_told() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "\nASSET_FOLDER = BASE_DIR / 'data' / 'assets'\nSEARCH = {'default': {'ENGINE': 'files', 'PATH': str(BASE_DIR / 'index')}}\n\
         OWN = BASE_DIR / 'catalogue'\nSTATS = BASE_DIR / 'stats.json'\nELSEWHERE = '/usr/share/nothing'\n\
         from django.utils.functional import SimpleLazyObject\nLAZY = SimpleLazyObject(lambda: 'a text only for isinstance')\n",
    );
    let told = told(&shop.adopt(&[]));
    assert!(told.contains("in which nothing is: ASSET_FOLDER (data/assets), SEARCH.default.PATH (index)"), "{told}");
    assert!(told.contains("[backend.overlay], such as `ASSET_FOLDER = \"{data}/assets\"`"), "{told}");
    let overlay = "[backend.overlay]\nASSET_FOLDER = \"{data}/assets\"\nSEARCH.default.PATH = \"{data}/index\"\n";
    let text = shop.checkout.read("dds.toml").replace("[packages]", &format!("{overlay}\n[packages]"));
    shop.checkout.write("dds.toml", &text);
    let report = shop.adopt(&[]);
    assert!(!report["asks"].to_string().contains("in which nothing is"), "{report}");
}

/// Django changes the field that refers to the renamed one in place, and adopt remembers what fields are made of.
#[test]
fn a_migration_sees_what_the_ones_before_it_renamed() {
    let shop = Shop::new();
    shop.write(
        "catalogue/models.py",
        "from django.db import models\n\n\nclass Product(models.Model):\n    name = models.CharField(max_length=100)\n    \
         code = models.CharField(max_length=9, unique=True)\n\n\nclass Part(models.Model):\n    product = \
         models.ForeignKey(Product, models.CASCADE, to_field='code')\n    size = models.IntegerField(default=1)\n",
    );
    shop.write(
        "catalogue/migrations/0002_parts.py",
        "from django.db import migrations, models\n\n\n\
         def fill(apps, schema_editor):\n    \
         product = apps.get_model('catalogue', 'Product').objects.create(name='A', code='a')\n    \
         part = apps.get_model('catalogue', 'Part').objects.create(product=product)\n    \
         assert part.product_id == 'a' and part.size == 2, part.product_id\n\n\n\
         class Migration(migrations.Migration):\n    dependencies = [('catalogue', '0001_initial')]\n    operations = [\n\
         \x20       migrations.AddField('Product', 'slug', models.CharField(max_length=9, unique=True, default='')),\n\
         \x20       migrations.CreateModel('Part', [('id', models.BigAutoField(primary_key=True)), \
         ('product', models.ForeignKey('catalogue.Product', models.CASCADE, to_field='slug'))]),\n\
         \x20       migrations.AddField('Part', 'size', models.IntegerField(default=1)),\n\
         \x20       migrations.RenameField('Product', 'slug', 'code'),\n\
         \x20       migrations.AlterField('Part', 'size', models.IntegerField(default=2)),\n\
         \x20       migrations.AlterField('Product', 'name', models.CharField(max_length=120)),\n\
         \x20       migrations.RunPython(fill),\n    ]\n",
    );
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "works", "{report}");
}

#[test]
fn only_a_migration_that_fails_is_blamed_for_a_database_that_cannot_be_made() {
    let shop = Shop::new();
    let migration = |body: &str| {
        let text = format!(
            "from django.db import migrations\n\n\ndef fill(apps, schema_editor):\n    {body}\n\n\n\
             class Migration(migrations.Migration):\n    dependencies = [('catalogue', '0001_initial')]\n    \
             operations = [migrations.RunPython(fill)]\n"
        );
        shop.write("catalogue/migrations/0002_fill.py", &text);
    };
    migration("import whoosh");
    let report = shop.adopt(&[]);
    assert!(told(&report).contains("the module whoosh is imported, and no package brings it"), "{}", told(&report));
    assert!(told(&report).contains("`--add whoosh`"), "{}", told(&report));
    // Only a look at the project is kept from that.
    migration("open('/var/tmp/dds-adopt-migration', 'w').close()");
    let report = shop.adopt(&[]);
    assert!(
        told(&report).contains(
            "the project writes /var/tmp/dds-adopt-migration while its database is made | that is a place of"
        ),
        "{}",
        told(&report)
    );
    assert!(!told(&report).contains("could not be made"), "{}", told(&report));
    assert!(!std::path::Path::new("/var/tmp/dds-adopt-migration").exists());
    // Where a setting names the place it is what moves it.
    shop.append("shop/settings.py", "from pathlib import Path\nJOURNALS = {'of': Path('/var/tmp')}\n");
    migration("from django.conf import settings; (settings.JOURNALS['of'] / 'dds-adopt-migration').write_text('')");
    let told_then = told(&shop.adopt(&[]));
    assert!(
        told_then.contains("`JOURNALS.of = \"{data}\"` in [backend.overlay] moves it to the person's own"),
        "{told_then}"
    );
    // Nor is one blamed that hides what it was kept from behind words of its own.
    migration(
        "try:\n        open('/var/tmp/dds-adopt-migration', 'w').close()\n    except OSError:\n        \
         raise ValueError('no journal') from None",
    );
    let report = shop.adopt(&[]);
    assert!(!told(&report).contains("no journal"), "{}", told(&report));
    migration("raise ValueError('no countries.csv')");
    let said = shop.refused();
    assert!(said.contains("the migration catalogue.0002_fill fails: no countries.csv"), "{said}");
    assert!(said.contains("catalogue/migrations/0002_fill.py:5") && !said.contains("SQLite"), "{said}");
    // The handlers of a signal run after the last one.
    migration("pass");
    shop.append(
        "catalogue/models.py",
        "\n\ndef index(**kwargs):\n    raise ValueError('no search')\n\n\nmodels.signals.post_migrate.connect(index)\n",
    );
    let said = shop.refused();
    assert!(said.contains("a new database can't be made: no search") && !said.contains("migration "), "{said}");
}

#[test]
fn commands_of_scripts_are_offered_for_the_first_run() {
    let shop = Shop::new();
    shop.write(
        "docker/entrypoint.sh",
        "#!/bin/sh\npython manage.py migrate\npython manage.py loaddata countries\n# manage.py nothing\nexec gunicorn shop.wsgi\n",
    );
    shop.write("Makefile", "setup:\n\tpython manage.py create-groups --all\n\tpython manage.py runserver\n");
    // What sentences say of it is no command.
    shop.write(
        "README.rst",
        "Use manage.py as you like. Make groups with ``manage.py add_default_groups``, and a table with\n\
         ``manage.py createcachetable``::\n\n    $ python3 shop/manage.py load_pages --all\n",
    );
    let told = told(&shop.adopt(&[]));
    assert!(
        told.contains(
            "scripts or the README of the project run more commands: `create-groups --all`, `loaddata countries`, \
             `add_default_groups`, `load_pages --all` | if a new"
        ),
        "{told}"
    );
}

#[test]
fn development_commands_leave_a_project_of_its_own_alone() {
    let shop = Shop::new();
    shop.adopt(&[]);
    let before = shop.stamps();
    for command in ["migrate", "backend-dev", "task-worker", "build", "positron-install", "positron-start"] {
        let output = shop.command(&[command]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(
            said.contains("../shop is a project of its own, in which development commands write nothing"),
            "{command}: {said}"
        );
        assert!(
            said.contains("next: use the project's own commands there; `cargo xtask packaged-stage --check`"),
            "{said}"
        );
    }
    assert!(shop.stamps() == before, "a command has written into the project");
}

/// Its settings are made of what only a stage has, so a window for development shows the stage.
#[test]
fn a_window_for_development_shows_what_is_staged_of_an_adopted_project() {
    let shop = Shop::new();
    // More than one folder is on the import path.
    shop.write("lib/helpers.py", "");
    shop.write("manage.py", &MANAGE.replace("import sys\n", "import sys\n\nsys.path.insert(0, 'lib')\n"));
    shop.adopt(&[]);
    assert!(shop.decided().contains("source-roots = [\".\", \"lib\"]"), "{}", shop.decided());
    for (command, like) in [
        ("dev", "packaged-start"),
        ("electron-start", "packaged-start"),
        ("tauri-start", "tauri-packaged-start"),
        ("tauri-smoke", "tauri-packaged-smoke"),
    ] {
        let [said, wanted] = [command, like].map(|command| {
            let output = shop.command(&[command, "--dry-run"]).output().unwrap();
            assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        });
        assert_eq!(said, wanted, "{command}");
        assert!(said.contains("DESKTOP_DJANGO_RUNTIME_MODE=packaged"), "{command}: {said}");
    }
}

#[test]
fn a_migration_that_only_postgresql_runs_is_refused_by_name() {
    let shop = Shop::new();
    shop.write(
        "catalogue/migrations/0002_search.py",
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    \
         dependencies = [('catalogue', '0001_initial')]\n    \
         operations = [migrations.RunSQL('CREATE EXTENSION pg_trgm')]\n",
    );
    let said = shop.refused();
    assert!(said.contains("the migration catalogue.0002_search does not run on SQLite"), "{said}");
    assert!(
        said.contains("next: make that migration do nothing where `connection.vendor` is not \"postgresql\""),
        "{said}"
    );
}

#[test]
fn a_folder_without_a_project_is_no_project() {
    let shop = Shop::bare();
    shop.write("readme.txt", "nothing here");
    let said = shop.refused();
    assert!(said.starts_with("this folder has no settings module of Django"), "{said}");
    let output = shop.command(&["adopt", "../nowhere"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no folder ../nowhere"));
}

/// The page behind the login is asked for as well: what signals or forms of the project make for a user may be missing.
#[test]
fn an_owner_for_whom_the_first_page_fails_is_told_and_not_decided() {
    let shop = Shop::new();
    shop.write(
        "shop/urls.py",
        "from catalogue import views\nfrom django.contrib.auth.views import LoginView\nfrom django.urls import path\n\n\
         urlpatterns = [path('', views.index), path('accounts/login/', LoginView.as_view())]\n",
    );
    shop.write("catalogue/templates/registration/login.html", "<form>{{ form }}</form>");
    let page = |body: &str| {
        shop.write(
            "catalogue/views.py",
            &format!(
                "from django.contrib.auth.decorators import login_required\nfrom django.http import HttpResponse\n\n\n\
                 @login_required\ndef index(request):\n    return HttpResponse({body})\n"
            ),
        );
        shop.adopt(&[])
    };
    let report = page("request.user.member");
    assert!(!report.to_string().contains(r#""owner""#), "{report}");
    let what = "the first page asks for a login, and it fails for a user of whom nothing else is known: AttributeError: \
                'User' object has no attribute 'member' | write a management command";
    assert!(told(&report).contains(what), "{}", told(&report));
    assert!(report.to_string().contains("catalogue/views.py:7"), "{report}");
    // What a front-end build makes may be wanted there only.
    shop.write("package.json", r#"{"scripts": {"build": "vite build"}}"#);
    shop.write("package-lock.json", "{}");
    let report = page("open('manifest.json').read()");
    assert!(
        told(&report).contains("'manifest.json' | what `[backend] build` makes may be missing"),
        "{}",
        told(&report)
    );
    assert!(report.to_string().contains("npm run build"), "{report}");
    let report = page("request.user.username");
    assert!(!told(&report).contains("login") && report.to_string().contains(r#""owner""#), "{report}");
}

/// Settings may look at the length of their key.
#[test]
fn the_key_of_a_look_is_as_long_as_that_of_an_installation() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nSECRET_KEY = os.environ['SECRET_KEY']\nif len(SECRET_KEY) < 50:\n    raise ValueError('short')\n",
    );
    decides(&shop, &[r#"SECRET_KEY = "{secret}"  # shop/settings.py:16: the installation's own"#]);
}

/// A number tells a person nothing; what was said before is the reason.
#[test]
fn settings_that_end_the_program_are_told_with_their_last_words() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "import sys\nprint('never as root!', file=sys.stderr)\nsys.exit(2)\n");
    let report = shop.adopt(&[]);
    let what = "the settings can't be imported: SystemExit: 2, after it said: never as root! |";
    assert!(told(&report).contains(what), "{}", told(&report));
}

#[test]
fn a_stand_in_that_settings_name_as_wrong_is_what_to_set() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nSITE_URL = os.environ['SITE_URL']\nOTHER = os.environ.get('OTHER')\nPAGE = 1\nSIZE = 2\n\
         if '127.' in SITE_URL:\n    raise ValueError('SITE_URL points at this machine')\n",
    );
    let told = told(&shop.adopt(&[]));
    let next = "| give SITE_URL a value in [backend.env] that they can read there; it has only a stand-in";
    assert!(told.contains(next), "{told}");
}

#[test]
fn many_stand_ins_are_one_line() {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nKEYS = [os.environ[name] for name in ()]\nA = os.environ['A_KEY']\nB = os.environ['B_KEY']\n\
         C = os.environ['C_KEY']\nD = os.environ['D_KEY']\n",
    );
    let told = told(&shop.adopt(&[]));
    let what = "the settings want variables that have only stand-ins: A_KEY, B_KEY, C_KEY, D_KEY | give them values in \
                [backend.env] of dds.toml, or leave them where the program does without";
    assert!(told.lines().any(|line| line == what) && told.matches("A_KEY").count() == 1, "{told}");
}

#[test]
fn a_gap_in_an_example_is_no_value() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "import os\nA, B = os.environ['A_KEY'], os.environ['B_KEY']\n");
    shop.write(".env.example", "A_KEY=[FILL_ME_IN]\nB_KEY=<your key>\n");
    decides(
        &shop,
        &[
            r#"A_KEY = "unset"  # shop/settings.py:16: fails without it; a stand-in"#,
            r#"B_KEY = "unset"  # shop/settings.py:16: fails without it; a stand-in"#,
        ],
    );
}

/// No version of Django that is supported mends what was taken away before.
#[test]
fn code_for_a_django_that_is_gone_is_refused_with_its_line() {
    let shop = Shop::new();
    shop.append("catalogue/models.py", "\nfrom django.utils.translation import ugettext_lazy as _\n");
    let said = shop.refused();
    let expected = "catalogue/models.py:7: this is written for Django before 4.0, and 4.2 to 6.x are supported: cannot import \
                    name 'ugettext_lazy'";
    assert!(said.contains(expected) && said.contains("bring the project to a supported version first"), "{said}");
    // Modules that are gone are not asked for in an older release of Django.
    shop.write("catalogue/models.py", "from django.core.urlresolvers import reverse\n");
    let said = shop.refused();
    assert!(said.contains("catalogue/models.py:1: this is written for Django before 2.0"), "{said}");
    // A package of that age can be newer.
    shop.write("catalogue/models.py", "");
    shop.write("catalogue/migrations/0001_initial.py", "");
    let shop = Shop::new();
    shop.write("lib/site-packages/oldie/__init__.py", "from django.utils.translation import ugettext_lazy as _\n");
    shop.append(
        "shop/settings.py",
        "import sys\nsys.path.append(str(BASE_DIR / 'lib/site-packages'))\nINSTALLED_APPS += ['oldie']\n",
    );
    let told = told(&shop.adopt(&[]));
    let next = "oldie was made for Django before 4.0: take a newer release, with `--replace \"oldie>=VERSION\"`, or leave it \
                out, with `--drop oldie`";
    assert!(told.contains(next), "{told}");
}

#[test]
fn a_locked_django_is_refused_at_its_line_of_the_lock() {
    let shop = Shop::new();
    shop.remove("requirements.txt");
    shop.write(
        "pyproject.toml",
        "[tool.poetry]\nname = \"my-django-shop\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\ndjango = \"^4.1\"\n",
    );
    shop.write(
        "poetry.lock",
        "[[package]]\nname = \"asgiref\"\nversion = \"3.8.1\"\n\n[[package]]\nname = \"django\"\nversion = \"4.1.7\"\n",
    );
    let said = shop.refused();
    assert!(said.contains("poetry.lock:6: Django ==4.1.7 is not supported"), "{said}");
    // Without a lock it is the line of the project, not the one that has Django in its name.
    shop.remove("poetry.lock");
    shop.write(
        "pyproject.toml",
        "[project]\nname = \"my-django-shop\"\nversion = \"1\"\ndependencies = [\n    \"django-taggit\",\n    \"Django<4\",\n]\n",
    );
    let said = shop.refused();
    assert!(said.contains("pyproject.toml:6: Django <4 is not supported"), "{said}");
}

#[test]
fn a_repository_in_a_lock_of_uv_is_refused_at_its_line() {
    let shop = of_uv("");
    let lock = std::fs::read_to_string(shop.root().join("uv.lock")).unwrap();
    let lock = lock.replace("    { name = \"django\" },\n", "    { name = \"django\" },\n    { name = \"tags\" },\n");
    let source = "git = \"https://example.com/tags.git?rev=main#26f4ca7d5a156b9a13e0cac0c8e3f61f558a56b0\"";
    let lock = lock + &format!("\n[[package]]\nname = \"tags\"\nversion = \"1.0\"\nsource = {{ {source} }}\n");
    shop.write("uv.lock", &lock);
    let said = shop.refused();
    let line = lock.lines().position(|line| line == "name = \"tags\"").unwrap() + 1;
    assert!(
        said.contains(&format!("uv.lock:{line}: the requirement `tags @ git+https://example.com/tags.git@26f4")),
        "{said}"
    );
    assert!(said.contains("or give the command `--drop tags`"), "{said}");
    let said = shop.run(&["--drop", "tags"]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn a_part_of_a_package_of_settings_is_no_other_choice() {
    let shop = Shop::new();
    shop.remove("shop/settings.py");
    shop.write("shop/settings/apps.py", "INSTALLED_APPS = ['catalogue']\nMIDDLEWARE = []\n");
    shop.write("shop/settings/__init__.py", &SETTINGS.replace("parent.parent", "parent.parent.parent"));
    for _ in 0..2 {
        let report = shop.adopt(&[]);
        assert!(!told(&report).contains("the settings are"), "{}", told(&report));
    }
}

#[test]
fn a_command_that_makes_static_files_is_for_staging() {
    let shop = Shop::new();
    shop.write("deploy.sh", "python manage.py compilescss\npython manage.py load_prices\n");
    let told = told(&shop.adopt(&[]));
    let of_static =
        "run what makes static files: `compilescss` | where pages need what it makes: name it in `before` in";
    assert!(told.contains(of_static) && told.contains("run more commands: `load_prices` | if a new"), "{told}");
}

#[test]
fn options_behind_a_requirement_are_no_part_of_it() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\npsycopg2 --no-binary psycopg2\nsqlparse --no-binary sqlparse\n");
    let report = shop.adopt(&[]);
    assert_eq!(report["left-out"][0]["what"], "psycopg2", "{report}");
    assert!(locked(&shop).iter().any(|name| name.starts_with("sqlparse==")));
}

/// A slip of a shell makes such files, and the stage has a folder of that name.
#[test]
fn a_file_that_is_called_like_the_folder_of_the_interpreter_is_left_out() {
    let shop = Shop::new();
    shop.write("python", "");
    decides(&shop, &[r#"exclude = ["python"]  # the folder of the interpreter has that name"#]);
}

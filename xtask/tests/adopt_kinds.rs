//! `adopt`: how projects say what they need, what servers have and desktops lack, and why a project is refused. The last
//! tests stage and check for real; `cargo xtask test --all` runs them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/adopt.rs"]
mod made;
#[path = "support/staging.rs"]
mod staging;
mod support;

use made::Shop;
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
    let pylock = "lock-version = \"1.0\"\n[[packages]]\nname = \"django\"\nversion = \"5.2.1\"\n[[packages]]\nname = \"sqlparse\"\nversion = \"0.5.2\"\n";
    for (name, lock, pyproject) in
        [("poetry.lock", poetry_lock, pyproject), ("Pipfile.lock", pipfile, ""), ("pylock.toml", pylock, "")]
    {
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
    shop.append("shop/settings.py", "import environ\nimport json\n");
    let report = shop.adopt(&[]);
    assert!(told(&report).starts_with("nothing says which packages the project needs"), "{}", told(&report));
    let names = locked(&shop);
    assert!(names.iter().any(|name| name.starts_with("django-environ==")), "{names:?}");
}

#[test]
fn a_module_that_nobody_brings_is_named_with_its_distribution() {
    let shop = Shop::new();
    shop.append("shop/settings.py", "import environ\n");
    let report = shop.adopt(&[]);
    assert!(
        told(&report).contains("the module environ is imported, and no package brings it | add it in dds.toml: `[packages] add = [\"django-environ\"]`"),
        "{}",
        told(&report)
    );
    let text = shop.checkout.read("dds.toml").replace("[packages]\n", "[packages]\nadd = [\"django-environ\"]\n");
    shop.checkout.write("dds.toml", &text);
    let report = shop.adopt(&[]);
    assert_eq!(report["verdict"], "works", "{}", told(&report));
    assert!(locked(&shop).iter().any(|name| name.starts_with("django-environ==")));
}

#[test]
fn what_contradicts_the_desktop_is_told_with_both_sides() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\nwhitenoise==5.3.0\n");
    let said = shop.refused();
    assert!(said.starts_with("cannot lock the requirements"), "{said}");
    assert!(said.contains("whitenoise==5.3.0") && said.contains("whitenoise>=6.6"), "{said}");
    assert!(said.contains("next: if two of them contradict each other, say in dds.toml which counts"), "{said}");
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
        "<script src=\"https://cdn.example.com/x.js\"></script><form>{{ form }}</form>",
    );
    let report = decides(
        &shop,
        &[
            "start-path = \"/shop/\"  # the first page that answers; `/` is 404",
            "account = \"owner\"  # the first page asks for a login, and a new installation has no user; \"project\" keeps the login",
        ],
    );
    assert!(told(&report).contains("the first page loads from other hosts: cdn.example.com"), "{}", told(&report));
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

/// A change to a project, and how its refusal begins and goes on.
type Refusal = (&'static str, &'static str, &'static str);

/// Projects that can't work, told from their files alone: file, its text, what is said.
const REFUSED: [Refusal; 9] = [
    (
        "catalogue/models.py",
        "from django.db import models\nfrom django.contrib.postgres.fields import ArrayField\n",
        "because: catalogue/models.py:2: a model has fields that only PostgreSQL has",
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
    ("requirements.txt", "Django==3.2.25\n", "because: Django ==3.2.25 is not supported: 4.2 to 6.x are"),
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

/// Adopts, stages and checks; the first page must be there.
#[track_caller]
fn works(shop: &Shop) {
    let text = shop.checkout.read("dds.toml");
    shop.adopt(&[]);
    assert_ne!(shop.checkout.read("dds.toml"), text);
    let output = shop.command(&["packaged-stage", "--check", "--python-source", "host"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("check: it works"), "{said}\n{}", shop.checkout.read("dds.toml"));
}

#[test]
#[ignore = "stages and starts; run by `cargo xtask test --all`"]
fn three_commands_are_enough_for_an_ordinary_project() {
    works(&Shop::new());
}

#[test]
#[ignore = "stages and starts; run by `cargo xtask test --all`"]
fn three_commands_are_enough_for_every_layout() {
    let shop = Shop::below("src/");
    shop.write("templates/base.html", "");
    shop.append("src/shop/settings.py", "TEMPLATES[0]['DIRS'] = [BASE_DIR.parent / 'templates']\n");
    works(&shop);
    let shop = Shop::new();
    shop.remove("manage.py");
    works(&shop);
    let shop = Shop::below("example/");
    shop.write("src/fancy/__init__.py", "");
    shop.append("example/shop/settings.py", "INSTALLED_APPS += [\n    'fancy',\n]\n");
    works(&shop);
}

#[test]
#[ignore = "stages and starts; run by `cargo xtask test --all`"]
fn three_commands_are_enough_for_a_project_of_a_server() {
    let shop = Shop::new();
    shop.write("requirements.txt", "Django>=5.2,<6\ngunicorn\npsycopg2-binary\ndj-database-url\n");
    shop.append(
        "shop/settings.py",
        "import os\nimport dj_database_url\nSECRET_KEY = os.environ['SECRET_KEY']\nTOKEN = os.environ['TOKEN']\n\
         DATABASES = {'default': dj_database_url.config()}\nSECURE_SSL_REDIRECT = True\nSTATIC_ROOT = BASE_DIR / 'collected'\n\
         CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': 'redis://redis'}}\n\
         SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\nMEDIA_ROOT = '/srv/media'\n",
    );
    works(&shop);
}

#[test]
#[ignore = "fetches Wagtail, stages and starts it: minutes; run by `cargo xtask test --all`"]
fn three_commands_are_enough_for_a_whole_site() {
    let shop = Shop::bare();
    let output = std::process::Command::new(staging::uv().unwrap())
        .args(["tool", "run", "--quiet", "--from", "wagtail>=7,<9", "--python"])
        .arg(staging::interpreter())
        .args(["wagtail", "start", "bakery", "."])
        .current_dir(shop.root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    works(&shop);
}

//! The check at the end of a stage: what would not run is refused, with what mends it, and the former tree stays.

// Interpreters and links as they are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;

use staging::Checkout;

const SETTINGS: &str = "backend/src/shop/settings.py";
const URLS: &str = "backend/src/shop/urls.py";

/// What a stage says on stderr; it has to succeed.
fn said(checkout: &Checkout, args: &[&str]) -> String {
    let output = checkout.run(&[&["packaged-stage", "--python-source", "host"], args].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn each_failure_is_one_message_with_what_mends_it() {
    let checkout = Checkout::shop();
    let first = checkout.stage(&[]);
    let check = |path: &str, more: &str, wanted: &[&str]| {
        let before = checkout.read(path);
        checkout.append(path, more);
        let said = checkout.fails(1, &["packaged-stage", "--python-source", "host"]);
        for part in wanted {
            assert!(said.contains(part), "no `{part}` in:\n{said}");
        }
        assert_eq!(said.matches("error:").count() + said.matches("next:").count(), 2, "{said}");
        for place in [".stage/tmp", "/tmp/static-", "Traceback"] {
            assert!(!said.contains(place), "{said}");
        }
        checkout.write(path, &before);
        assert_eq!(checkout.verified_digest(), first["digest"].as_str().unwrap(), "the former tree was touched");
    };
    check(
        SETTINGS,
        "TOKEN = os.environ['SHOP_TOKEN']\n",
        &[
            "cannot collect the static files",
            "KeyError: 'SHOP_TOKEN'",
            "src/shop/settings.py:17 wants the variable SHOP_TOKEN",
        ],
    );
    check(
        URLS,
        "import nowhere.at_all\n",
        &[
            "can't load the URLconf shop.urls",
            "ModuleNotFoundError: No module named 'nowhere' (src/shop/urls.py:5)",
            "no locked dependency brings `nowhere`",
        ],
    );
    check(
        URLS,
        "try:\n    import nowhere\nexcept ImportError as error:\n    raise RuntimeError('no shop today') from error\n",
        &["No module named 'nowhere' (src/shop/urls.py:6)", "RuntimeError: no shop today (src/shop/urls.py:8)"],
    );
    check(URLS, "urlpatterns += [path('x', 'no view')]\n", &["can't load the URLconf shop.urls", "view must be", "-v"]);
    check(SETTINGS, "WSGI_APPLICATION = 'shop.urls.nothing'\n", &["the WSGI application shop.urls.nothing"]);
    check(
        SETTINGS,
        "MIDDLEWARE = ['shop.nowhere.Middleware']\n",
        &["the WSGI application of Django", "'shop.nowhere'"],
    );
    check(SETTINGS, "raise SystemExit('not today')\n", &["not today"]);
}

#[test]
fn a_module_that_was_left_out_names_what_did_it() {
    let checkout = Checkout::shop();
    let facts = checkout.read("dds.toml");
    checkout.write("backend/src/catalogue/prices.py", "");
    checkout.write("backend/src/secrets/id_rsa.py", "");
    checkout.stage(&[]);
    for (import, exclude, prune, hint) in [
        ("catalogue.prices", "src/**/prices.py", "", "take \"src/**/prices.py\" out of `backend.exclude`"),
        ("secrets.id_rsa", "", "", "because of \"**/id_rsa*\": add \"src/secrets/id_rsa*\" to `backend.include`"),
        (
            "django.contrib.humanize",
            "",
            "django/contrib/humanize/**",
            "take \"django/contrib/humanize/**\" out of `packages.prune`",
        ),
        ("tkinter", "", "", "add \"tk\" to `python.keep`"),
    ] {
        checkout.write(URLS, &format!("urlpatterns = []\nimport {import}\n"));
        let exclude = format!("[backend]\nexclude = [\"{exclude}\"]").replace("\"\"", "");
        let edited = facts.replace("[backend]", &exclude);
        let prune = if prune.is_empty() { String::new() } else { format!("prune = [\"{prune}\"]\n") };
        let edited = edited.replace("[packages]\n", &format!("[packages]\n{prune}"));
        checkout.write("dds.toml", &edited);
        let said = checkout.fails(1, &["packaged-stage", "--python-source", "host"]);
        assert!(said.contains(hint), "{said}");
    }
}

#[test]
fn the_traceback_is_shown_on_demand_and_names_no_temporary_folder() {
    let checkout = Checkout::shop();
    checkout.append(URLS, "1 / 0\n");
    let said = checkout.fails(1, &["packaged-stage", "-v", "--python-source", "host"]);
    let traceback = &said[said.find("Traceback (most recent call last)").expect("a traceback")..];
    let ends = traceback.find("error:").unwrap();
    assert!(traceback[..ends].contains("File \"src/shop/urls.py\", line 5"), "{said}");
    assert!(!traceback[..ends].contains(".stage/tmp"), "{said}");
}

#[test]
fn the_check_is_paid_only_when_something_that_it_loads_has_changed() {
    let checkout = Checkout::shop();
    let checks = |path: &str, more: &str| {
        checkout.append(path, more);
        said(&checkout, &[]).contains("==> check")
    };
    assert!(said(&checkout, &[]).contains("==> check"));
    assert!(!said(&checkout, &[]).contains("==> check"), "nothing has changed");
    assert!(!checks("backend/src/catalogue/static/catalogue/shop.css", "p {}\n"), "a style sheet");
    assert!(!checks("backend/src/catalogue/templates/catalogue/index.html", "<p>\n"), "a template");
    assert!(checks("backend/src/catalogue/views.py", "# an edit\n"), "a module that the URLconf imports");
    checkout.write("backend/src/catalogue/management/commands/report.py", "");
    said(&checkout, &[]);
    assert!(!checks("backend/src/catalogue/management/commands/report.py", "# an edit\n"), "nobody imports it");
    checkout.append("backend/src/catalogue/views.py", "# another edit\n");
    let plan = checkout.run(&["packaged-stage", "--dry-run", "--python-source", "host"]);
    let plan = String::from_utf8(plan.stdout).unwrap();
    let line = plan.lines().skip_while(|line| !line.starts_with("check ")).nth(1).expect("the check is in the plan");
    assert!(line.contains("check_stage.py") && line.contains("HOME="), "{line}");
}

#[test]
fn missing_migrations_are_a_warning_until_they_are_there() {
    let checkout = Checkout::shop();
    let model = "\n\nclass Product(models.Model):\n    name = models.CharField(max_length=9)\n";
    checkout.append("backend/src/catalogue/models.py", model);
    let warning = "notice: models have changes without a migration: catalogue";
    assert!(said(&checkout, &[]).contains(warning));
    checkout.append("backend/src/catalogue/templates/catalogue/index.html", "<p>\n");
    assert!(said(&checkout, &[]).contains(warning), "it was not checked again, and is still so");
    checkout.write("backend/src/catalogue/migrations/__init__.py", "");
    checkout.write(
        "backend/src/catalogue/migrations/0001_initial.py",
        "from django.db import migrations, models\n\n
class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=9)),
            ],
        )
    ]
",
    );
    assert!(!said(&checkout, &[]).contains(warning));
}

#[test]
fn what_loading_writes_beside_the_sources_is_told_and_not_shipped() {
    let checkout = Checkout::shop();
    checkout.append(SETTINGS, "(BASE_DIR / 'made').mkdir(exist_ok=True)\n(BASE_DIR / 'made/a.txt').write_text('x')\n");
    assert!(said(&checkout, &[]).contains("notice: loading the app writes src/made beside its sources"));
    assert!(!checkout.staged().join("src/made").exists());
    checkout.verified_digest();
    assert!(said(&checkout, &[]).contains("up to date"));
}

/// The programs that load the project end before Python has taken its objects apart, but not before it has ended.
#[test]
fn what_a_project_does_at_its_end_is_done() {
    let checkout = Checkout::shop();
    let told = checkout.outside().join("told.txt");
    let ends = format!(
        "import atexit, threading, time

def tell(what):
    with open({told:?}, 'a') as file:
        file.write(f'{{what}}\\n')

def late():
    time.sleep(0.3)
    tell('thread')

atexit.register(tell, 'end')
threading.Thread(target=late).start()
"
    );
    checkout.append(SETTINGS, &ends);
    said(&checkout, &[]);
    let told = std::fs::read_to_string(&told).unwrap();
    assert_eq!(told, "thread\nend\nthread\nend\n", "of collecting, and of the check");
}

#[test]
fn what_does_not_belong_in_a_package_stays_out_and_is_listed() {
    let checkout = Checkout::shop();
    let first = checkout.stage(&[])["digest"].clone();
    let source = "backend/src";
    for path in [
        ".env",
        ".env.production",
        "shop/tls.pem",
        "shop/id_rsa",
        ".git/config",
        ".hg/store",
        ".svn/entries",
        "node_modules/x/index.js",
        "environment/pyvenv.cfg",
        "environment/lib/x.py",
        "shop/.settings.py.swp",
        "shop/urls.py~",
        "shop/urls.py.orig",
        "db.sqlite3",
        "catalogue/data/old.sqlite3-wal",
        "shop/debug.log",
        "shop/.DS_Store",
        "shop/__pycache__/x.cpython-313.pyc",
        ".mypy_cache/x.json",
    ] {
        checkout.write(&format!("{source}/{path}"), "");
    }
    let link =
        |target: &str, path: &str| std::os::unix::fs::symlink(target, checkout.path(&format!("{source}/{path}")));
    link("somebody@host.1234", "shop/.#urls.py").unwrap();
    link("..", "node_modules/loop").unwrap();
    let explained = said(&checkout, &["--explain"]);
    for line in [
        "left out  src/.env  (**/.env*)",
        "left out  src/environment/  (**/pyvenv.cfg)",
        "left out  src/node_modules/  (**/node_modules/**)",
        "left out  src/shop/.#urls.py  (**/.#*)",
    ] {
        assert!(explained.contains(line), "no `{line}` in:\n{explained}");
    }
    assert_eq!(checkout.stage(&[])["digest"], first);
    let facts = checkout.read("dds.toml").replace("[backend]", "[backend]\ninclude = [\"src/shop/*.pem\"]");
    checkout.write("dds.toml", &facts);
    checkout.stage(&[]);
    assert!(checkout.staged().join("src/shop/tls.pem").is_file() && !checkout.staged().join("src/.env").exists());

    link(".", "shop/self").unwrap();
    let said = checkout.fails(1, &["packaged-stage", "--python-source", "host"]);
    for part in ["src/shop/self", "it is a link to ., in which it lies itself", "mend or remove the link"] {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
}

#[test]
fn folders_that_the_settings_name_are_told_apart() {
    let checkout = Checkout::shop();
    checkout.append(
        SETTINGS,
        "MEDIA_ROOT = BASE_DIR / 'media'
EMAIL_FILE_PATH = BASE_DIR / 'mails'
STATICFILES_DIRS = [BASE_DIR / 'assets', BASE_DIR / 'not_there']
TEMPLATES[0]['DIRS'] = [BASE_DIR.parent / 'templates']
LOCALE_PATHS = [BASE_DIR.parent / 'locale']
",
    );
    for path in ["src/media/a.jpg", "src/mails/1.log.txt", "src/assets/a.css", "templates/base.html", "locale/de/a.po"]
    {
        checkout.write(&format!("backend/{path}"), "x");
    }
    let told = said(&checkout, &[]);
    for line in [
        "notice: TEMPLATES names templates, which is not shipped: add \"templates/**\" to `backend.include` in dds.toml",
        "notice: LOCALE_PATHS names locale, which is not shipped: add \"locale/**\" to `backend.include` in dds.toml",
        "notice: STATICFILES_DIRS names src/not_there, which is not there",
        "left out  src/media/  (MEDIA_ROOT, 1 file)",
    ] {
        assert!(told.contains(line), "no `{line}` in:\n{told}");
    }
    let there = |path: &str| checkout.staged().join(path).exists();
    assert!(!there("src/media/a.jpg") && !there("src/mails/1.log.txt") && there("src/assets/a.css"));
    checkout.verified_digest();

    let include = "[backend]\ninclude = [\"templates/**\", \"locale/**\"]";
    let facts = checkout.read("dds.toml").replace("[backend]", include);
    checkout.write("dds.toml", &facts);
    assert!(!said(&checkout, &[]).contains("which is not shipped"));
    assert!(there("templates/base.html") && there("locale/de/a.po"));
}

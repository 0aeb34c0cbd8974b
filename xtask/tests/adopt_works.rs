//! Adopted projects that are staged, checked and used for real: made ones of every layout, both ends of the versions, and
//! whole ones from packages. All of it takes minutes: `cargo xtask test --all` runs them.

// git lists what is in a checkout, and interpreters are as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/adopt.rs"]
mod made;
#[path = "support/staging.rs"]
mod staging;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use made::Shop;
use serde_json::json;

/// Adopts, stages and checks; the first page must be there.
#[track_caller]
fn works(shop: &Shop) {
    let text = shop.checkout.read("dds.toml");
    shop.adopt(&[]);
    assert_ne!(shop.checkout.read("dds.toml"), text);
    stages(shop);
}

/// Stages and checks what is adopted.
#[track_caller]
fn stages(shop: &Shop) {
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
        "import os\nimport dj_database_url\nSECRET_KEY = os.environ['SECRET_KEY']\nassert len(SECRET_KEY) >= 50\nTOKEN = os.environ['TOKEN']\n\
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

/// Runs a program of a package in a folder; nothing where the Python that it needs can't be had.
fn tool(folder: &Path, python: &str, from: &[&str], words: &[&str]) -> Option<()> {
    let mut uv = Command::new(staging::uv().unwrap());
    uv.args(["tool", "run", "--quiet", "--python", python]).args(from.iter().flat_map(|package| ["--with", *package]));
    let output = uv.args(words).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if !said.contains("No interpreter found") {
        assert!(output.status.success(), "{said}");
        return Some(());
    }
    None
}

/// Brings the sources of a release as its authors handed them out.
fn sources(shop: &Shop, python: &str, release: &str) -> Option<()> {
    // Of everything else, such as what builds it, wheels will do.
    let name = release.split("==").next().unwrap();
    let pip = ["--from", "pip", "pip", "download", "--quiet", "--no-deps", "--no-binary", name, release];
    let folder = tempfile::tempdir().unwrap();
    tool(folder.path(), python, &[], &pip)?;
    let archive = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(archive).args(["--strip-components", "1", "-C"]).arg(shop.root());
    assert!(unpack.status().unwrap().success());
    Some(())
}

/// Its code is of `CPython` before 3.12 and Django before 5.1, and nothing in it says so.
#[test]
#[ignore = "fetches Mezzanine, stages and starts it: minutes; run by `cargo xtask test --all`"]
fn a_project_of_older_versions_works_with_the_two_answers_that_it_is_asked_for() {
    let shop = Shop::bare();
    let command = ["--from", "mezzanine==6.1.1", "mezzanine-project", "garden", "."];
    if tool(&shop.root(), "3.11", &["setuptools"], &command).is_none() {
        return support::skip("a_project_of_older_versions", "CPython 3.11", "uv python install 3.11");
    }
    let asks = shop.adopt(&[])["asks"].to_string();
    assert!(asks.contains("the module imp is no longer part of Python 3.14"), "{asks}");
    let text = shop.checkout.read("dds.toml").replace("[python]\n", "[python]\nversion = \"3.11\"\n");
    shop.checkout.write("dds.toml", &text);
    let asks = shop.adopt(&["--yes"])["asks"].to_string();
    assert!(asks.contains("has no attribute 'DEFAULT_FILE_STORAGE'") && asks.contains("django<5.1"), "{asks}");
    let report = shop.adopt(&["--yes", "--replace", "django<5.1"]);
    assert_eq!(report["verdict"], "works with what you decide", "{report}");
    stages(&shop);
}

#[test]
#[ignore = "fetches sources; run by `cargo xtask test --all`"]
fn a_project_of_an_old_django_is_refused() {
    let shop = Shop::bare();
    if sources(&shop, "3.11", "graphite-web==1.1.10").is_none() {
        return support::skip("a_project_of_an_old_django", "CPython 3.11", "uv python install 3.11");
    }
    let said = shop.refused();
    assert!(said.contains("because: setup.py:") && said.contains("Django >=1.8,<3.1 is not supported"), "{said}");
}

/// It calls git, and its search is that of `PostgreSQL`.
#[test]
#[ignore = "fetches Weblate with its packages: minutes; run by `cargo xtask test --all`"]
fn a_project_that_lives_of_programs_is_refused_with_the_line_that_starts_one() {
    let shop = Shop::bare();
    sources(&shop, staging::interpreter().to_str().unwrap(), "weblate==2026.10.1").unwrap();
    // Nothing imports it, and it has no wheel. The settings of its image want files of that image.
    let output = shop.run(&["--drop", "borgbackup", "--settings", "weblate.settings_example"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("weblate/vcs/git.py:") && said.contains("`git version` is started while the apps"), "{said}");
}

/// A page behind a login, and one with a form for a picture.
const PAGES: &str = "from catalogue.models import Picture
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path


@login_required
def pictures(request):
    if request.method == 'POST':
        Picture.objects.create(name=request.POST['name'], file=request.FILES['file'])
        return HttpResponse('kept')
    return render(request, 'pictures.html', {'pictures': Picture.objects.all()})


urlpatterns = [path('', pictures), path('accounts/login/', LoginView.as_view(template_name='login.html'))]
";

/// A shop with accounts and uploads.
fn with_uploads() -> Shop {
    let shop = Shop::new();
    shop.write("shop/urls.py", PAGES);
    shop.write("catalogue/templates/login.html", "<form method=post>{% csrf_token %}{{ form }}</form>");
    shop.write(
        "catalogue/templates/pictures.html",
        "<form method=post enctype=multipart/form-data>{% csrf_token %}<input name=name><input type=file name=file></form>\
         {% for picture in pictures %}<img src={{ picture.file.url }}>{% endfor %}",
    );
    shop.append(
        "catalogue/models.py",
        "\n\nclass Picture(models.Model):\n    name = models.CharField(max_length=9)\n    file = models.FileField(upload_to='pictures')\n",
    );
    shop.write(
        "catalogue/migrations/0002_picture.py",
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    \
         dependencies = [('catalogue', '0001_initial')]\n    operations = [migrations.CreateModel('Picture', [\n        \
         ('id', models.BigAutoField(primary_key=True)), ('name', models.CharField(max_length=9)),\n        \
         ('file', models.FileField(upload_to='pictures'))])]\n",
    );
    shop.append(
        "shop/settings.py",
        "MEDIA_ROOT = '/srv/shop/media'\nMEDIA_URL = 'media/'\nLOGIN_REDIRECT_URL = '/'\n\
         MIDDLEWARE += ['django.middleware.csrf.CsrfViewMiddleware']\n",
    );
    shop
}

/// Takes the right to write from a tree, for everybody who is no root.
fn seal(tree: &Path) {
    for entry in walkdir::WalkDir::new(tree).contents_first(true).into_iter().map(Result::unwrap) {
        if !entry.file_type().is_symlink() {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o555;
            std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

/// What a person meets who installs the staged tree elsewhere, where nobody may write, logs in and uploads a picture.
fn walk(shop: &Shop) -> String {
    let place = tempfile::Builder::new().prefix("installed here ").tempdir().unwrap();
    let (tree, scratch) = (place.path().join("app"), place.path().join("scratch"));
    // A copy and no rename: the store shares its files by links.
    let copied = Command::new("cp").arg("-R").arg(shop.checkout.staged()).arg(&tree).status().unwrap();
    assert!(copied.success());
    std::fs::rename(shop.checkout.staged(), shop.checkout.path("moved away")).unwrap();
    seal(&tree);
    std::fs::create_dir(&scratch).unwrap();
    let facts = json!({
        "tree": tree, "scratch": scratch, "user": ["ann", "a-secret-1"], "login": "/", "upload": "/", "url": "/media/",
    });
    std::fs::write(place.path().join("facts.json"), facts.to_string()).unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = staging::interpreter();
    // root may write everywhere, unless it gave that up.
    let is_root = rustix::process::geteuid().is_root();
    let mut command = Command::new(if is_root { Path::new("setpriv") } else { python.as_path() });
    if is_root {
        command.arg("--bounding-set=-dac_override,-dac_read_search").arg(&python);
    }
    command.arg("-B").arg(tests.join("tests/support/walk.py")).arg(tests.join("resources"));
    let output = command.arg(place.path().join("facts.json")).output().unwrap();
    for entry in walkdir::WalkDir::new(&tree).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_dir())
    {
        std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A login, an upload, and both there after a restart.
const WALKED: &str = "first page: 200
end: 0
user: made
first page: 200
login: 200, in
upload: 200
file: pictures/picture.gif 200 the same
end: 0
first page: 200
file: pictures/picture.gif 200 the same
end: 0
";

#[test]
#[ignore = "stages and starts; run by `cargo xtask test --all`"]
fn a_person_logs_in_and_uploads_where_nobody_may_write() {
    let shop = with_uploads();
    shop.append("shop/settings.py", "(BASE_DIR / 'var' / 'logs').mkdir(parents=True, exist_ok=True)\n");
    Shop::git(&shop.root(), &["init", "-q"]);
    Shop::commit(&shop.root());
    let before = shop.stamps();
    shop.adopt(&[]);
    // The person of a desktop is its owner, unless the project asks who it is.
    let text = shop.checkout.read("dds.toml");
    assert!(text.contains("account = \"owner\""), "{text}");
    shop.checkout.write("dds.toml", &text.replace("account = \"owner\"", "account = \"project\""));
    stages(&shop);
    assert_eq!(walk(&shop), WALKED);
    assert_eq!(Shop::git(&shop.root(), &["status", "--porcelain", "--ignored"]), "");
    assert!(shop.stamps() == before, "adopting, staging or checking touched a file of the project");
}

/// Old and new versions, as `requirements.txt` and `requires-python` ask for it.
#[test]
#[ignore = "stages and starts; run by `cargo xtask test --all`"]
fn old_and_new_versions_work() {
    for (python, django, wanted) in [("==3.10.*", "Django>=4.2,<4.3", "3.10"), (">=3.12", "Django>=6", "3.14")] {
        let shop = with_uploads();
        shop.write("requirements.txt", &format!("{django}\n"));
        shop.write(
            "pyproject.toml",
            &format!("[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \"{python}\"\n"),
        );
        let report = shop.adopt(&[]);
        assert_eq!(report["python"], wanted);
        let text = shop.checkout.read("dds.toml").replace("account = \"owner\"", "account = \"project\"");
        shop.checkout.write("dds.toml", &text);
        stages(&shop);
        let manifest = std::fs::read_to_string(shop.checkout.staged().join("runtime-manifest.json")).unwrap();
        if !manifest.contains(&format!("\"{wanted}.")) {
            support::skip("old_and_new_versions_work", &format!("CPython {wanted}"), "install it");
        }
        assert_eq!(walk(&shop), WALKED, "{python} {django}");
    }
}

#[test]
#[ignore = "stages and starts; run by `cargo xtask test --all`"]
fn data_of_the_hosted_version_come_along() {
    let shop = with_uploads();
    shop.write(
        "catalogue/fixtures/seed.json",
        "[{\"model\": \"auth.user\", \"fields\": {\"username\": \"eve\", \"password\": \"!\"}},\n\
         {\"model\": \"catalogue.product\", \"fields\": {\"name\": \"of the server\"}}]\n",
    );
    shop.write(
        "shop/urls.py",
        "from catalogue.models import Product\nfrom django.http import HttpResponse\nfrom django.urls import path\n\n\n\
         def first(request):\n    return HttpResponse(Product.objects.get(name='of the server').name)\n\n\nurlpatterns = [path('', first)]\n",
    );
    let report = shop.adopt(&[]);
    assert!(report["asks"].to_string().contains("the first page / fails: DoesNotExist"), "{report}");
    let text = shop.checkout.read("dds.toml");
    shop.checkout.write("dds.toml", &text.replace("[packages]", "first-run = [\"loaddata seed\"]\n\n[packages]"));
    stages(&shop);
}

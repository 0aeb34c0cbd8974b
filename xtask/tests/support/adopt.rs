//! Small Django projects of every kind, made for one test and gone with it, beside a checkout that adopts them.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::staging::Checkout;

/// A project in the folder `shop`, beside a checkout of the starter.
pub(crate) struct Shop {
    pub(crate) checkout: Checkout,
    env: Vec<(String, String)>,
}

/// The settings of `startproject`, short; `{}` is where a test adds its own.
pub(crate) const SETTINGS: &str = "from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = 'committed'
DEBUG = True
INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions',
                  'django.contrib.staticfiles', 'catalogue']
MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware',
              'django.contrib.auth.middleware.AuthenticationMiddleware']
ROOT_URLCONF = 'shop.urls'
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True}]
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
STATIC_URL = 'static/'
";

/// The files of the project, below the folder of `manage.py`.
const FILES: [(&str, &str); 7] = [
    ("shop/__init__.py", ""),
    (
        "shop/urls.py",
        "from catalogue import views\nfrom django.urls import path\n\nurlpatterns = [path('', views.index)]\n",
    ),
    (
        "shop/wsgi.py",
        "import os\n\nfrom django.core.wsgi import get_wsgi_application\n\n\
         os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n",
    ),
    ("catalogue/__init__.py", ""),
    (
        "catalogue/models.py",
        "from django.db import models\n\n\nclass Product(models.Model):\n    name = models.CharField(max_length=100)\n",
    ),
    (
        "catalogue/migrations/0001_initial.py",
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    operations = [\n\
         \x20       migrations.CreateModel('Product', [('id', models.BigAutoField(primary_key=True)), \
         ('name', models.CharField(max_length=100))])\n    ]\n",
    ),
    (
        "catalogue/views.py",
        "from django.http import HttpResponse\n\nfrom catalogue.models import Product\n\n\ndef index(request):\n    \
         return HttpResponse(f'<title>Shop</title>{Product.objects.count()} products')\n",
    ),
];

pub(crate) const MANAGE: &str = "import os\nimport sys\n\nif __name__ == '__main__':\n    \
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n    \
    from django.core.management import execute_from_command_line\n\n    execute_from_command_line(sys.argv)\n";

impl Shop {
    /// `manage.py` at the top, Django in `requirements.txt`.
    pub(crate) fn new() -> Self {
        Self::below("")
    }

    /// `manage.py` in a folder (`src/`), everything else at the top.
    pub(crate) fn below(folder: &str) -> Self {
        let shop = Self::bare();
        for (path, text) in FILES {
            shop.write(&format!("{folder}{path}"), text);
        }
        shop.write(&format!("{folder}manage.py"), MANAGE);
        shop.write(&format!("{folder}shop/settings.py"), SETTINGS);
        shop.write(&format!("{folder}catalogue/migrations/__init__.py"), "");
        shop.write("requirements.txt", "Django>=5.2,<6\n");
        shop
    }

    /// An empty project.
    pub(crate) fn bare() -> Self {
        let checkout = Checkout::named("starter");
        std::fs::create_dir_all(checkout.outside().join("shop")).unwrap();
        let store = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stage-store");
        let env = vec![("DDSTASK_CACHE_DIR".to_owned(), store.display().to_string())];
        let shop = Self { checkout, env };
        Self::git(&shop.checkout.root(), &["init", "-q"]);
        Self::commit(&shop.checkout.root());
        shop
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.checkout.outside().join("shop")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn append(&self, path: &str, text: &str) {
        let before = std::fs::read_to_string(self.root().join(path)).unwrap();
        self.write(path, &(before + text));
    }

    pub(crate) fn remove(&self, path: &str) {
        let path = self.root().join(path);
        if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
    }

    /// Sets a variable for each run.
    pub(crate) fn env(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.checkout.command(args);
        command.env_remove("DJANGO_SETTINGS_MODULE").envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `adopt ../shop` with more arguments.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(&[&["adopt", "../shop"], args].concat()).output().unwrap()
    }

    /// The report of a run that must succeed.
    #[track_caller]
    pub(crate) fn adopt(&self, args: &[&str]) -> Value {
        let output = self.run(&[&["--json"], args].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What a run says that must refuse the project.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        let before = self.checkout.read("dds.toml");
        let output = self.run(&[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(self.checkout.read("dds.toml"), before, "a project that is refused leaves dds.toml alone");
        said.split_once("error: ").unwrap().1.to_owned()
    }

    /// What the run wrote, without `[project]` and comments.
    pub(crate) fn decided(&self) -> String {
        let text = self.checkout.read("dds.toml");
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let lines = lines.skip_while(|line| *line != "[python]").filter(|line| !line.starts_with("minimum"));
        lines.filter(|line| *line != "[python]").collect::<Vec<_>>().join("\n") + "\n"
    }

    pub(crate) fn commit(folder: &Path) {
        Self::git(folder, &["add", "-A"]);
        Self::git(folder, &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "all"]);
    }

    pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
        let output = Command::new("git").args(args).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Each file and folder with its time and size.
    pub(crate) fn stamps(&self) -> BTreeMap<PathBuf, (std::time::SystemTime, u64)> {
        let entries = walkdir::WalkDir::new(self.root()).into_iter().map(Result::unwrap);
        // `git status` writes into its own folder.
        let entries = entries.filter(|entry| !entry.path().components().any(|part| part.as_os_str() == ".git"));
        let stamp = |path: &Path| {
            let metadata = std::fs::symlink_metadata(path).unwrap();
            (metadata.modified().unwrap(), if metadata.is_dir() { 0 } else { metadata.len() })
        };
        entries.map(|entry| (entry.path().to_owned(), stamp(entry.path()))).collect()
    }
}

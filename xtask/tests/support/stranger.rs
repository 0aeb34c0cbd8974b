//! A project that somebody wrote for a server, in a folder beside the repository, and the repository that stages it.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::staging::{Checkout, uv};

const PROJECT: &str = "[project]\nname = \"shop\"\ntitle = \"Shop\"\nidentifier = \"org.example.shop\"\n\n\
    [python]\nsource = \"host\"\n\n[backend]\nroot = \"../shop\"\nsettings-module = \"shop.settings\"\n";

const SETTINGS: &str = "import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SECRET_KEY = os.environ['SHOP_KEY']
ALLOWED_HOSTS = ['shop.example.org']
SECURE_SSL_REDIRECT = True
INSTALLED_APPS = [
    'django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.sessions', 'django.contrib.staticfiles', 'shop', 'extra'
]
MIDDLEWARE = [
    'django.middleware.security.SecurityMiddleware', 'django.contrib.sessions.middleware.SessionMiddleware',
    'django.middleware.common.CommonMiddleware', 'django.contrib.auth.middleware.AuthenticationMiddleware',
]
ROOT_URLCONF = 'shop.urls'
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': ['templates'], 'APP_DIRS': True}]
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}
STATIC_URL = '/static/'
STATIC_ROOT = '/srv/shop/static'
MEDIA_URL = '/media/'
MEDIA_ROOT = '/srv/shop/media'
DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'
";

const URLS: &str = "import extra
from django.conf import settings
from django.contrib.auth.models import User
from django.shortcuts import render
from django.urls import path


def first(request):
    return render(request, 'first.html', {'word': extra.WORD, 'users': User.objects.count(), 'settings': settings})


urlpatterns = [path('', first)]
";

/// Its sources lie in two folders, its templates beside them, and there is no manage.py.
const FILES: [(&str, &str); 9] = [
    ("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"2.1\"\n"),
    (".gitignore", "generated/\n"),
    ("src/shop/__init__.py", ""),
    ("src/shop/settings.py", SETTINGS),
    ("src/shop/urls.py", URLS),
    ("src/shop/static/shop/shop.css", "h1 { color: teal }\n"),
    ("lib/extra/__init__.py", "WORD = 'from lib'\n"),
    (
        "templates/first.html",
        "{% load static %}<link rel=stylesheet href=\"{% static 'shop/shop.css' %}\"><h1>{{ word }}</h1>{{ users }} users\n",
    ),
    // Not for this Python, and nothing that is loaded.
    ("templates/startapp/views.py-tpl.py", "def {{ name }}(:\n"),
];

/// What `[backend]` says of it, after the lines that every project needs.
pub(crate) const BACKEND: &str = "source-roots = [\"src\", \"lib\"]\ninclude = [\"templates/**\"]\n";

/// A variable that its settings want.
pub(crate) const ENV: &str = "\n[backend.env]\nSHOP_KEY = \"{secret}\"\n";

pub(crate) const REQUIREMENTS: &str = "\n[packages]\nrequirements = \"desktop-requirements.txt\"\n";

pub(crate) struct Stranger {
    pub(crate) checkout: Checkout,
}

impl Stranger {
    /// The project, committed, and a repository whose `dds.toml` has these sections.
    pub(crate) fn new(sections: &[&str]) -> Self {
        let checkout = Checkout::beside_another("starter");
        let stranger = Self { checkout };
        for (path, text) in FILES {
            stranger.write(path, text);
        }
        stranger.git(&["init", "-q"]);
        stranger.commit();
        stranger.facts(sections);
        stranger.checkout.write("desktop-requirements.txt", requirements());
        stranger
    }

    /// The usual one.
    pub(crate) fn usual() -> Self {
        Self::new(&[BACKEND, ENV, REQUIREMENTS])
    }

    /// Writes `dds.toml`.
    pub(crate) fn facts(&self, sections: &[&str]) {
        self.checkout.write("dds.toml", &(PROJECT.to_owned() + &sections.concat()));
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.checkout.outside().join("shop").join(relative)
    }

    pub(crate) fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn append(&self, relative: &str, text: &str) {
        let before = std::fs::read_to_string(self.path(relative)).unwrap();
        self.write(relative, &(before + text));
    }

    /// Takes back what a test has changed.
    pub(crate) fn restore(&self) {
        self.git(&["checkout", "-q", "."]);
        self.git(&["clean", "-fdq"]);
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "."]);
        self.git(&["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "state"]);
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git").args(args).current_dir(self.path("")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// All of its files and folders, git's own aside, with the times of their last change.
    pub(crate) fn times(&self) -> BTreeMap<PathBuf, SystemTime> {
        let entries = walkdir::WalkDir::new(self.path("")).into_iter().map(Result::unwrap);
        let own = entries.filter(|entry| !entry.path().components().any(|part| part.as_os_str() == ".git"));
        own.map(|entry| (entry.path().to_owned(), entry.metadata().unwrap().modified().unwrap())).collect()
    }

    /// What a command of `ddstask` says on stderr; it has to succeed.
    pub(crate) fn said(&self, args: &[&str]) -> String {
        let output = self.checkout.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        said
    }
}

/// Django, locked for every system as `uv pip compile` does it.
fn requirements() -> &'static str {
    static LOCKED: OnceLock<String> = OnceLock::new();
    LOCKED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("in.txt"), "django>=5.2,<6\n").unwrap();
        let output = Command::new(uv().unwrap_or_else(|| "uv".into()))
            .args(["pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header", "in.txt"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    })
}

/// Whether a file is in a folder and has this text.
pub(crate) fn has(folder: &Path, path: &str, text: &str) -> bool {
    std::fs::read_to_string(folder.join(path)).is_ok_and(|found| found == text)
}

//! A checkout of one's own with a made project and the real runtime, to stage, break and race in.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The repository that these tests belong to.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A made project beside the runtime, in a temporary folder, gone when dropped.
pub(crate) struct Checkout {
    folder: tempfile::TempDir,
    /// Of the checkout in that folder; nothing where it is the folder itself.
    name: String,
    store: Option<PathBuf>,
    pub(crate) env: Vec<(String, String)>,
}

impl Checkout {
    /// A checkout that shares its store with the other tests, so that only changed layers are made.
    pub(crate) fn new() -> Self {
        Self { store: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("stage-store")), ..Self::with_own_store() }
    }

    /// The same in a folder of this name, for a project that lies beside it.
    pub(crate) fn beside_another(name: &str) -> Self {
        let store = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("stage-store"));
        Self { store, ..Self::named(name) }
    }

    /// A checkout with an empty store.
    pub(crate) fn with_own_store() -> Self {
        Self::named("")
    }

    /// The same, in a folder of this name.
    pub(crate) fn named(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("dds-").tempdir().unwrap();
        let checkout = Self { folder, name: name.to_owned(), store: None, env: Vec::new() };
        checkout.take(&repository().join("xtask/tests/fixtures/project"), &[]);
        checkout.take(&repository(), &["backend/desktop_runtime"]);
        checkout
    }

    /// A checkout with the repository's own project.
    pub(crate) fn of_this_repository() -> Self {
        let checkout = Self::new();
        std::fs::remove_dir_all(checkout.path("backend")).unwrap();
        checkout.take(&repository(), &["dds.toml", "backend"]);
        checkout
    }

    /// Copies the files that git keeps, or would.
    fn take(&self, folder: &Path, places: &[&str]) {
        for path in tracked_files(folder, places) {
            let to = self.path(&path);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(folder.join(&path), to).unwrap();
        }
    }

    /// A checkout with the smallest Django project there is: settings, no page. `pyproject` is added to its own, with
    /// `DEPENDENCIES` in the place of its dependencies.
    pub(crate) fn made(dependencies: &str, pyproject: &str) -> Self {
        let checkout = Self::new();
        std::fs::remove_dir_all(checkout.path("backend/src")).unwrap();
        let dds = checkout.read("dds.toml").replace("deer_park.settings.packaged", "shop.settings");
        let dds = dds.replace("languages = [\"en\"]", "").replace("\"**/tests/**\", ", "");
        checkout.write("dds.toml", &dds);
        checkout.write(
            "backend/manage.py",
            "import sys\nsys.path.insert(0, 'src')\nfrom django.core.management import execute_from_command_line\n\
             execute_from_command_line(sys.argv)\n",
        );
        checkout.write("backend/src/shop/__init__.py", "");
        checkout.write("backend/src/shop/urls.py", "urlpatterns = []\n");
        checkout.write(
            "backend/src/shop/settings.py",
            "import os\nSECRET_KEY = 'of a test'\nROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = ['django.contrib.staticfiles']\nMIDDLEWARE = []\n\
             STATIC_URL = 'static/'\nSTATIC_ROOT = os.path.join(os.environ.get('DESKTOP_DJANGO_BUNDLE_DIR', '.'), 'staticfiles')\n",
        );
        checkout.write(
            "backend/pyproject.toml",
            &format!(
                "[project]\nname = \"shop\"\nversion = \"0.1\"\nrequires-python = \">=3.12\"\n\
                 dependencies = [\"django>=6,<7\", {dependencies}]\n{pyproject}"
            ),
        );
        checkout
    }

    /// Writes `uv.lock` anew.
    pub(crate) fn lock(&self) {
        let output = Command::new(uv().unwrap_or_else(|| "uv".into()))
            .args(["lock", "--python"])
            .arg(interpreter())
            .env("UV_PYTHON_DOWNLOADS", "never")
            .current_dir(self.path("backend"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What a program says that the staged interpreter runs, in the staged folder and with nothing of this machine.
    pub(crate) fn python(&self, code: &str) -> String {
        self.python_with(code, &[])
    }

    /// The same with variables.
    pub(crate) fn python_with(&self, code: &str, env: &[(&str, &str)]) -> String {
        let output = Command::new(self.staged().join("python/bin/python3"))
            .args(["-B", "-c", &format!("import sys\nsys.path.insert(0, 'src')\n{code}")])
            .current_dir(self.staged())
            .env_clear()
            .env("DJANGO_SETTINGS_MODULE", "shop.settings")
            .envs(env.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success(), "{code}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A small project in the place of the demo: one app, one page, one model.
    pub(crate) fn shop() -> Self {
        let checkout = Self::new();
        checkout.become_shop();
        checkout
    }

    pub(crate) fn become_shop(&self) {
        std::fs::remove_dir_all(self.path("backend/src")).unwrap();
        for (path, text) in SHOP {
            self.write(path, text);
        }
        let facts = self.read("dds.toml").replace("deer_park.settings.packaged", "shop.settings");
        self.write("dds.toml", &facts);
    }

    pub(crate) fn root(&self) -> PathBuf {
        if self.name.is_empty() { self.folder.path().to_owned() } else { self.folder.path().join(&self.name) }
    }

    /// The folder that the checkout lies in, or the checkout itself.
    pub(crate) fn outside(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    pub(crate) fn staged(&self) -> PathBuf {
        self.path(".stage/backend")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.store.clone().unwrap_or_else(|| self.path(".stage/store"))
    }

    /// `ddstask` with these arguments, not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ddstask"));
        command.args(args).current_dir(self.root()).stdin(Stdio::null());
        // What is tested must not depend on where the tests run.
        for name in ["PYTHONDONTWRITEBYTECODE", "CI", "GITHUB_ACTIONS"] {
            command.env_remove(name);
        }
        if let Some(store) = &self.store {
            command.env("DDSTASK_CACHE_DIR", store);
        }
        if let Some(uv) = uv() {
            command.env("UV", uv);
        }
        command.envs(self.env.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Stages from an installed Python, which works without a network.
    pub(crate) fn stage(&self, args: &[&str]) -> Value {
        let mut all = vec!["packaged-stage", "--json", "--python-source", "host"];
        all.extend(args);
        let output = self.run(&all);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A run that must fail with this exit code; returns what it said.
    pub(crate) fn fails(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
        said
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap()
    }

    pub(crate) fn write(&self, relative: &str, text: &str) {
        std::fs::create_dir_all(self.path(relative).parent().unwrap()).unwrap();
        std::fs::write(self.path(relative), text).unwrap();
    }

    pub(crate) fn append(&self, relative: &str, text: &str) {
        self.write(relative, &(self.read(relative) + text));
    }

    /// The digest over the staged tree, hashed anew; proves with `--verify` that it is whole.
    pub(crate) fn verified_digest(&self) -> String {
        let output = self.run(&["packaged-stage", "--verify", "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["digest"].as_str().unwrap().to_owned()
    }
}

/// A project as `startproject` and `startapp` make it, short.
const SHOP: [(&str, &str); 9] = [
    (
        "backend/manage.py",
        "import os\nimport sys\nfrom django.core.management import execute_from_command_line\n
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nexecute_from_command_line(sys.argv)\n",
    ),
    ("backend/src/shop/__init__.py", ""),
    (
        "backend/src/shop/settings.py",
        "import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ['DJANGO_SECRET_KEY']
INSTALLED_APPS = ['django.contrib.staticfiles', 'catalogue']
ROOT_URLCONF = 'shop.urls'
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True}]
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.sqlite3',
        'NAME': Path(os.environ['DESKTOP_DJANGO_APP_DATA_DIR']) / 'app.sqlite3',
    }
}
STATIC_URL = 'static/'
STATIC_ROOT = Path(os.environ['DESKTOP_DJANGO_BUNDLE_DIR']) / 'staticfiles'
",
    ),
    (
        "backend/src/shop/urls.py",
        "from catalogue import views\nfrom django.urls import path\n\nurlpatterns = [path('', views.index)]\n",
    ),
    ("backend/src/catalogue/__init__.py", ""),
    ("backend/src/catalogue/models.py", "from django.db import models\n"),
    (
        "backend/src/catalogue/views.py",
        "from django.http import HttpResponse\n\n\ndef index(request):\n    return HttpResponse('Shop')\n",
    ),
    ("backend/src/catalogue/static/catalogue/shop.css", "h1 { color: teal }\n"),
    ("backend/src/catalogue/templates/catalogue/index.html", "<h1>Shop</h1>\n"),
];
/// The interpreter that is staged with `--python-source host`.
pub(crate) fn interpreter() -> PathBuf {
    static FOUND: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    let find = || {
        let checkout = Checkout::with_own_store();
        let output = checkout.run(&["packaged-stage", "--dry-run", "--python-source", "host"]);
        let plan = String::from_utf8(output.stdout).unwrap();
        let prefix = plan.lines().find_map(|line| line.split("copy of CPython ").nth(1)?.split(" in ").nth(1));
        Path::new(prefix.unwrap()).join("bin/python3")
    };
    FOUND.get_or_init(find).clone()
}

/// Writes a wheel of these files; `name` is a name that needs no normalising.
pub(crate) fn wheel(folder: &Path, name: &str, files: &[(&str, &str)]) {
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    wheel_with(folder, name, "", &files);
}

/// The same with more lines of metadata, and of any bytes.
pub(crate) fn wheel_with(folder: &Path, name: &str, more: &str, files: &[(&str, &[u8])]) {
    std::fs::create_dir_all(folder).unwrap();
    let info = format!("{name}-1.0.dist-info");
    let file = std::fs::File::create(folder.join(format!("{name}-1.0-py3-none-any.whl"))).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    let mut record = String::new();
    let metadata = format!("Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\n{more}");
    let own = [
        (format!("{info}/METADATA"), metadata.as_bytes()),
        (format!("{info}/WHEEL"), b"Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    ];
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), *text)).chain(own);
    let mut write = |path: &str, text: &[u8]| {
        zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text).unwrap();
    };
    for (path, text) in files {
        write(&path, text);
        record.extend([path.as_str(), ",,\n"]);
    }
    write(&format!("{info}/RECORD"), format!("{record}{info}/RECORD,,\n").as_bytes());
    zip.finish().unwrap();
}

/// The uv that `cargo xtask test` names, or the one on PATH. Without one `ddstask` brings its own.
pub(crate) fn uv() -> Option<PathBuf> {
    let given = std::env::var_os("UV").filter(|given| !given.is_empty()).map(PathBuf::from);
    given.or_else(|| which::which("uv").ok())
}

/// The program itself, which works whatever PATH is. What is on PATH may be a script that looks for it there, as pyenv's.
pub(crate) fn uv_itself() -> PathBuf {
    let asked =
        Command::new(uv().unwrap()).args(["run", "--no-project", "--quiet", "printenv", "UV"]).output().unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    String::from_utf8(asked.stdout).unwrap().trim_end().into()
}

/// Files of a folder in the repository that staging reads: tracked ones and new ones that git would track.
fn tracked_files(folder: &Path, places: &[&str]) -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"])
        .args(places)
        .current_dir(folder)
        .output()
        .unwrap();
    let list = String::from_utf8(output.stdout).unwrap();
    let files: Vec<String> = list
        .split('\0')
        .filter(|path| !path.is_empty() && !path.contains("/tests/") && folder.join(path).is_file())
        .map(str::to_owned)
        .collect();
    assert!(files.len() > 10, "{} is in no git checkout", folder.display());
    files
}

/// A tree as text: each file's path, mode and digest; symbolic links would stand out.
pub(crate) fn listing(folder: &Path) -> Vec<String> {
    let mut lines: Vec<String> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| !entry.file_type().is_dir())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap().display().to_string();
            if entry.file_type().is_symlink() {
                format!("{path} -> link")
            } else {
                format!("{path} {}", digest(entry.path()))
            }
        })
        .collect();
    lines.sort_unstable();
    lines
}

pub(crate) fn digest(path: &Path) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(std::fs::read(path).unwrap());
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
        text
    })
}

/// An archive in the form of python-build-standalone, made from a staged interpreter. It is not compressed: one bit in
/// three hundred of a compressed stream can change without changing what comes out of it.
pub(crate) fn archive(checkout: &Checkout, folder: &Path) -> PathBuf {
    checkout.stage(&[]);
    let path = folder.join("cpython-install_only.tar.gz");
    let encoder = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::none());
    let mut tar = tar::Builder::new(encoder);
    tar.follow_symlinks(false);
    let python = checkout.staged().join("python");
    for entry in walkdir::WalkDir::new(&python).sort_by_file_name().into_iter().map(Result::unwrap) {
        let name = Path::new("python").join(entry.path().strip_prefix(&python).unwrap());
        // Debian's own Python calls them dist-packages.
        if entry.file_type().is_file() && !name.to_str().unwrap().contains("-packages") {
            tar.append_path_with_name(entry.path(), name).unwrap();
        }
    }
    // Genuine archives have links in bin.
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    tar.append_link(&mut link, "python/bin/python", "python3").unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    path
}

/// A list of downloads for uv with one entry.
pub(crate) fn download_list(folder: &Path, version: &str, url: &str, sha256: &str) -> PathBuf {
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    let arch = std::env::consts::ARCH;
    let key = format!("cpython-{version}-linux-{arch}-gnu");
    let entry = serde_json::json!({
        "name": "cpython", "arch": { "family": arch, "variant": null }, "os": "linux", "libc": "gnu", "major": parts[0],
        "minor": parts[1], "patch": parts[2], "prerelease": "", "url": url, "sha256": sha256, "variant": null, "build": null,
    });
    let path = folder.join("downloads.json");
    std::fs::write(&path, serde_json::json!({ key: entry }).to_string()).unwrap();
    path
}

/// The backend of a staged tree, started as a shell starts it; it ends with its standard input at the latest.
pub(crate) struct Backend {
    child: Child,
    pub(crate) url: String,
    _stdout: BufReader<std::process::ChildStdout>,
}

impl Backend {
    /// Starts the backend in `tree` by its manifest, and waits until it is ready.
    pub(crate) fn start(tree: &Path, data: &Path) -> Self {
        let manifest: Value =
            serde_json::from_slice(&std::fs::read(tree.join("runtime-manifest.json")).unwrap()).unwrap();
        let launcher = &manifest["launcher"];
        let mut command = Command::new(tree.join(manifest["python"]["executable"].as_str().unwrap()));
        command
            .args(launcher["command"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()))
            .current_dir(tree.join(launcher["cwd"].as_str().unwrap()))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("DESKTOP_DJANGO_APP_DATA_DIR", data)
            .env("DESKTOP_DJANGO_BUNDLE_DIR", tree)
            .env("DJANGO_SETTINGS_MODULE", launcher["settingsModule"].as_str().unwrap());
        Self::ready(&mut command)
    }

    /// The same with a command of one's own.
    #[expect(clippy::zombie_processes, reason = "a test that fails here ends its process, too")]
    pub(crate) fn ready(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "the backend ended before it was ready");
            let event: Value = serde_json::from_str(&line).unwrap();
            assert_ne!(event["event"], "failed", "{event}");
            if event["event"] == "ready" {
                let url = event["url"].as_str().unwrap().to_owned();
                return Self { child, url, _stdout: stdout };
            }
        }
    }

    /// The whole answer to a GET, head and body.
    pub(crate) fn get(&self, path: &str) -> String {
        let address = self.url.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Closes its stdin, as a shell that quits does, and waits for a clean end.
    pub(crate) fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

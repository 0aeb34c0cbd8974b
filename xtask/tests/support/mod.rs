//! What the tests of the command line share: a small project of one's own, a run of the tool and its outcome,
//! and a way to skip a test that is told at the end of `cargo xtask test`.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Variables that change what the tool does or says; a test that wants one sets it.
const REMOVED: &[&str] = &[
    "CI",
    "CLICOLOR_FORCE",
    "DDSTASK_CACHE_DIR",
    "DDSTASK_PLAN_FOR",
    "DESKTOP_DJANGO_BUNDLED_PYTHON_VERSION",
    "ALL_PROXY",
    "GH_HOST",
    "GH_REPO",
    "GH_TOKEN",
    "GITHUB_ACTIONS",
    "GITHUB_API_URL",
    "GITHUB_REPOSITORY",
    "GITHUB_TOKEN",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "NO_COLOR",
    "PYTHONDONTWRITEBYTECODE",
    "UV_OFFLINE",
    "UV_PYTHON",
    "UV_PYTHON_DOWNLOADS_JSON_URL",
];

/// A folder with a `dds.toml` and the smallest backend there is, gone when dropped.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What a run of the tool left.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code.
    pub(crate) code: i32,
    /// Data.
    pub(crate) stdout: String,
    /// Talk.
    pub(crate) stderr: String,
}

impl Project {
    /// A project with this repository's own `dds.toml`.
    pub(crate) fn new() -> Self {
        let project = Self::empty();
        project.write("dds.toml", include_str!("../fixtures/project/dds.toml"));
        project.write("backend/manage.py", "");
        project.write("backend/pyproject.toml", "[project]\nname = \"app\"\nversion = \"0\"\n");
        project.write(
            "backend/uv.lock",
            "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"app\"\nversion = \"0\"\nsource = { virtual = \".\" }\n",
        );
        project.write("backend/src/app/__init__.py", "");
        project.write("backend/desktop_runtime/src/desktop_runtime/__init__.py", "");
        project.write("backend/desktop_runtime/requirements.lock", "");
        project.write("backend/desktop_runtime/LICENSE", "Terms of the runtime\n");
        project
    }

    /// A folder with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::Builder::new().prefix("dds-").tempdir().unwrap(), env: Vec::new() }
    }

    /// Sets a variable for every run.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, relative: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// The tool with these arguments, not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ddstask"));
        command.args(args).current_dir(self.root()).stdin(Stdio::null());
        for name in REMOVED {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the tool to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        let output = self.command(args).output().unwrap();
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: self.anonymous(&output.stdout),
            stderr: self.anonymous(&output.stderr),
        }
    }

    /// Runs the tool to its end; the largest size of its memory, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(&self, args: &[&str]) -> u64 {
        let size = |pid: u32| -> Option<u64> {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
        };
        let mut child = self.command(args).spawn().unwrap();
        let mut most = 0;
        loop {
            most = most.max(size(child.id()).unwrap_or(0));
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                return most;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// A text without the place of this project, so that it can be compared.
    pub(crate) fn anonymous(&self, text: &[u8]) -> String {
        let text = String::from_utf8_lossy(text).replace(&self.root().display().to_string(), "<root>");
        if !cfg!(windows) {
            return text;
        }
        let text = text.replace('\\', "/").replace("\r\n", "\n");
        let text = text.replace(&self.root().display().to_string().replace('\\', "/"), "<root>");
        // Each system has its own words for it.
        text.replace(&std::io::Error::from_raw_os_error(2).to_string(), "No such file or directory (os error 2)")
    }

    /// What git says in it.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").args(identity).args(args).current_dir(self.root()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Commits all that is there.
    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "-m", "all"]);
    }

    /// Every file and folder with its contents.
    pub(crate) fn tree(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let entries = walkdir::WalkDir::new(self.root()).into_iter().map(Result::unwrap);
        entries.map(|entry| (entry.path().to_owned(), fs::read(entry.path()).ok())).collect()
    }
}

impl Outcome {
    /// The run, if it has this exit code; the test fails with all that was said if it has not.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Data and talk, as a terminal shows them.
    pub(crate) fn both(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Notes that a test is skipped, what it needs, and the command that brings it. To be followed by `return`.
pub(crate) fn skip(test: &str, needs: &str, command: &str) {
    use std::io::Write;
    let line = format!("{test}: needs {needs} ({command})\n");
    if let Some(log) = std::env::var_os("DDS_SKIP_LOG") {
        // One write, so that lines of tests that run side by side stay whole.
        let mut log = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        log.write_all(line.as_bytes()).unwrap();
    }
    let _ = write!(std::io::stderr(), "skipped: {line}");
}

/// The repository that these tests belong to.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The files that git keeps, of some places.
pub(crate) fn tracked(root: &Path, places: &[&str]) -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z", "--"]).args(places).current_dir(root).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(!listed.is_empty(), "git lists no files in {}", root.display());
    listed.split_terminator('\0').map(str::to_owned).collect()
}

/// Where the files that git keeps still have a name: as it is, as a module of Python, as a title of its words. A licence
/// names those who wrote what it is about, and the manual and this tool's sources are not about the program.
pub(crate) fn left_of(root: &Path, name: &str) -> Vec<String> {
    let title = |word: &str| word[..1].to_uppercase() + &word[1..];
    let titled = name.split('-').map(title).collect::<Vec<_>>().join(" ");
    let forms = [name.to_owned(), name.replace('-', "_"), titled];
    let mut left = Vec::new();
    let listed = tracked(root, &["dds.toml", "backend", "shells", ".github", "README.md"]);
    for path in listed.iter().filter(|path| !path.ends_with("LICENSE")) {
        let has_name = |text: &str| forms.iter().any(|form| text.contains(form));
        if has_name(path) {
            left.push(path.clone());
        }
        let text = fs::read_to_string(root.join(path)).unwrap_or_default();
        let lines = text.lines().enumerate().filter(|(_, line)| has_name(line));
        left.extend(lines.map(|(number, line)| format!("{path}:{}: {line}", number + 1)));
    }
    left
}

/// Whether a program is there: on PATH, or named by the variable of its name, as `cargo xtask test` does with uv.
pub(crate) fn has(program: &str) -> bool {
    let named = std::env::var_os(program.to_uppercase()).is_some_and(|path| Path::new(&path).is_file());
    named || which::which(program).is_ok()
}

/// A browser for tests: the one that `DDS_CHROMIUM` names, or the first of the usual names on PATH.
pub(crate) fn chromium() -> Option<PathBuf> {
    let given = std::env::var_os("DDS_CHROMIUM").filter(|given| !given.is_empty()).map(PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"];
    given.or_else(|| usual.iter().find_map(|name| which::which(name).ok()))
}

/// A page as a browser has it when its scripts have run.
pub(crate) fn rendered(chromium: &Path, address: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(address)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

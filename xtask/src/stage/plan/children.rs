//! The processes that staging starts, as values: what the dry run prints is what runs.
//!
//! Where something lies is only known while staging, so paths have placeholders: [`LAYER`], [`PYTHON`], [`PACKAGES`].

use crate::base::cmd::Cmd;
use crate::base::config::Config;
use crate::base::host::Host;
use crate::base::layout::Layout;
use crate::stage::model::{Layer, RuntimeSource};

/// The program that compiles bytecode; a change of it changes all bytecode.
pub(crate) const COMPILER: &str = include_str!("../../../resources/compile_bytecode.py");

/// The module that finds bytecode in its archives; every bundled interpreter imports it at its start.
pub(crate) const FINDER: &str = include_str!("../../../resources/bytecode_finder.py");

/// The program that runs `collectstatic`.
pub(crate) const COLLECTOR: &str = include_str!("../../../resources/collect_static.py");

/// Most processes that compile side by side; more only read the same start-up files.
const MOST_PROCESSES: usize = 8;

/// What stands for the folder in which a layer is made; its files go into `tree` in it.
pub(crate) const LAYER: &str = "<layer>";

/// What stands for the bundled interpreter.
pub(crate) const PYTHON: &str = "<python>";

/// What stands for the files of the packages layer.
pub(crate) const PACKAGES: &str = "<packages>";

/// Processes that compile the sources of a layer; all but the last may run side by side.
#[derive(Clone, Debug)]
pub(crate) struct Compile {
    /// One for each share of the sources.
    pub(crate) shares: Vec<Cmd>,
    /// Puts the shares together.
    pub(crate) pack: Option<Cmd>,
}

/// The processes of a stage.
#[derive(Clone, Debug)]
pub(crate) struct Children {
    /// Fetches the interpreter, where uv brings it.
    pub(crate) fetch: Option<Cmd>,
    /// Compiles the standard library.
    pub(crate) compile_runtime: Compile,
    /// Writes what the lock says into a file of requirements with hashes.
    pub(crate) export: Cmd,
    /// Installs that.
    pub(crate) install: Cmd,
    /// Compiles the packages.
    pub(crate) compile_packages: Compile,
    /// Compiles the app.
    pub(crate) compile_app: Compile,
    /// Collects the static files.
    pub(crate) collect: Cmd,
}

impl Children {
    /// Decides on all of them; which of them run depends on which layers are made.
    pub(crate) fn new(
        config: &Config,
        layout: &Layout,
        host: Host,
        source: &RuntimeSource,
        processors: usize,
        offline: bool,
    ) -> Self {
        let shares = processors.clamp(1, MOST_PROCESSES);
        Self {
            fetch: fetch(layout, source, offline),
            compile_runtime: compile_shares("python", shares),
            export: offline_if(offline, export_requirements(layout, PYTHON, &format!("{LAYER}/requirements.txt"))),
            install: offline_if(offline, install(layout)),
            compile_packages: compile_shares("site-packages", shares),
            // Starting costs as much as a hundred sources: an app is compiled by one process.
            compile_app: Compile { shares: vec![compile("whole").args(["app", "1"])], pack: None },
            collect: collect(config, host),
        }
    }

    /// Those of one layer, in their order.
    pub(crate) fn of(&self, layer: Layer) -> impl Iterator<Item = &Cmd> {
        let (first, compile): (Vec<&Cmd>, Option<&Compile>) = match layer {
            Layer::Runtime => (self.fetch.iter().collect(), Some(&self.compile_runtime)),
            Layer::Packages => (vec![&self.export, &self.install], Some(&self.compile_packages)),
            Layer::App => (Vec::new(), Some(&self.compile_app)),
            Layer::Static => (vec![&self.collect], None),
        };
        first.into_iter().chain(compile.into_iter().flat_map(|compile| compile.shares.iter().chain(&compile.pack)))
    }
}

fn fetch(layout: &Layout, source: &RuntimeSource, offline: bool) -> Option<Cmd> {
    let RuntimeSource::Uv { key, url } = source else { return None };
    let mut cmd = Cmd::new("uv")
        .args(["python", "install", key, "--no-bin", "--no-registry", "--no-progress", "--install-dir"])
        .arg(format!("{LAYER}/fetched"));
    // With a cache uv refuses a file on this machine when it is offline, and has no use for one anyway.
    if !url.starts_with("file:") {
        cmd = cmd.env("UV_PYTHON_CACHE_DIR", layout.absolute(layout.store()).join("downloads").as_str());
    }
    Some(offline_if(offline, cmd))
}

fn offline_if(offline: bool, cmd: Cmd) -> Cmd {
    cmd.args(offline.then_some("--offline"))
}

/// Writes what the lock says for this system into a file of requirements with hashes.
pub(crate) fn export_requirements(layout: &Layout, python: &str, output: &str) -> Cmd {
    Cmd::new("uv")
        .args(["export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate"])
        .args(["--format", "requirements-txt", "--output-file", output, "--python", python])
        .cwd(layout.backend())
        .remedy("run `uv lock` in the backend folder and commit uv.lock")
}

fn install(layout: &Layout) -> Cmd {
    // The links lead into uv's cache; what is kept is copied out of them, and they are never written to.
    Cmd::new("uv")
        .args(["pip", "install", "--require-hashes", "--no-deps", "--no-build", "--no-progress"])
        .args(["--link-mode", "hardlink", "--python", PYTHON, "--target"])
        .arg(format!("{LAYER}/installed"))
        .args(["requirements", "runtime"].map(|list| format!("--requirement={LAYER}/{list}.txt")))
        .cwd(layout.backend())
        // Bytecode is compiled by us, and uv must not look for another interpreter.
        .env("UV_COMPILE_BYTECODE", "0")
        .env("UV_PYTHON_DOWNLOADS", "never")
}

fn compile(what: &str) -> Cmd {
    Cmd::new(PYTHON)
        .args(["-P", "-s", "-S", "-B"])
        .args([format!("{LAYER}/compile/compile_bytecode.py"), what.to_owned(), format!("{LAYER}/tree")])
        .isolated()
        .env("PYTHONHASHSEED", "0")
}

fn compile_shares(label: &str, shares: usize) -> Compile {
    let part = |share: usize| format!("{LAYER}/compile/part-{share}");
    let share =
        |share: usize| compile("shard").args([label, "0"]).args([share.to_string(), shares.to_string(), part(share)]);
    Compile { shares: (0..shares).map(share).collect(), pack: Some(compile("pack").args((0..shares).map(part))) }
}

/// The project's code runs, so it gets a throw-away data folder, may write no bytecode, and sees none of the user's
/// environment. It runs on a copy of the app's sources of its own, so that it need not wait for their bytecode.
fn collect(config: &Config, host: Host) -> Cmd {
    let backend = &config.backend;
    let separator = host.path_list_separator();
    let app = format!("{LAYER}/app");
    Cmd::new(PYTHON)
        .args(["-B".to_owned(), format!("{LAYER}/collect_static.py"), backend.manage.to_string()])
        .args([app.clone(), format!("{LAYER}/read.json")])
        .isolated()
        .env("PYTHONPATH", format!("{app}/{}{separator}{PACKAGES}", backend.source_root))
        .env("DJANGO_SETTINGS_MODULE", &backend.settings_module)
        .env("DJANGO_SECRET_KEY", "only-for-collecting-static-files")
        .env("DESKTOP_DJANGO_RUNTIME_MODE", "packaged")
        .env("DESKTOP_DJANGO_APP_DATA_DIR", format!("{LAYER}/app-data"))
        .env("DESKTOP_DJANGO_BUNDLE_DIR", format!("{LAYER}/tree"))
        .cwd(app)
}

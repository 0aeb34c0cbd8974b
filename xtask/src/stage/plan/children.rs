//! The processes that staging starts, as values: what the dry run prints is what runs.
//!
//! Where something lies is only known while staging, so paths have placeholders: [`LAYER`], [`PYTHON`], [`PACKAGES`].

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use crate::base::cmd::{Cmd, Sees};
use crate::base::config::Config;
use crate::base::config::backend::{Backend, CommandLine, Static};
use crate::base::host::{Arch, Host, Os};
use crate::base::layout::Layout;
use crate::stage::model::{LAYER, Layer, PACKAGES, PYTHON, Request, RuntimeSource, TREE};
use crate::stage::plan::facts::{Facts, lock_changes};
use crate::stage::plan::requirements::{Package, Source};
use crate::stage::plan::sources::{Build, PIP, Sources, has_hashes, pip_index, uv_index};

/// The program that compiles bytecode; a change of it changes all bytecode.
pub(crate) const COMPILER: &str = include_str!("../../../resources/compile_bytecode.py");

/// The module that finds bytecode in its archives; every bundled interpreter imports it at its start.
pub(crate) const FINDER: &str = include_str!("../../../resources/bytecode_finder.py");

/// The name of that module in the standard library.
pub(crate) const FINDER_NAME: &str = "_bytecode_finder";

/// The file in `site-packages` that imports it. They are read in the order of their names, and what the others import is
/// to be found in the archives already.
pub(crate) const FINDER_IMPORT: &str = "00-bytecode.pth";

/// The program that checks a staged tree with its own interpreter.
pub(crate) const CHECKER: &str = include_str!("../../../resources/check_stage.py");

/// What that and [`COLLECTOR`] share: a module beside them.
pub(crate) const SHARED: &str = include_str!("../../../resources/run_project.py");

/// The program that runs `collectstatic`.
pub(crate) const COLLECTOR: &str = include_str!("../../../resources/collect_static.py");

/// The name of an archive of bytecode; it covers the folder that it lies in.
pub(crate) const ARCHIVE: &str = "__bytecode__.bin";

/// Most processes that compile side by side; more only read the same start-up files.
const MOST_PROCESSES: usize = 8;

/// Processes that compile the sources of a layer; all but the last may run side by side.
#[derive(Clone, Debug)]
pub(crate) struct Compile {
    /// One for each share of the sources.
    pub(crate) shares: Vec<Cmd>,
    /// Puts the shares together.
    pub(crate) pack: Option<Cmd>,
}

/// How a wheel is built.
#[derive(Clone, Debug)]
pub(crate) struct BuildPlan {
    /// Of what.
    pub(crate) build: Build,
    /// The process.
    pub(crate) cmd: Cmd,
    /// The store has the wheel already.
    is_kept: bool,
}

/// The processes of a stage.
#[derive(Clone, Debug)]
pub(crate) struct Children {
    /// Fetches the interpreter, where uv brings it.
    pub(crate) fetch: Option<Cmd>,
    /// Compiles the standard library.
    pub(crate) compile_runtime: Compile,
    /// Compares `pyproject.toml` with the lock, first without a network and with no index but the lock's own.
    /// Nothing where neither has changed since.
    pub(crate) check_lock: Option<[Cmd; 2]>,
    /// Build what has no wheel.
    pub(crate) builds: Vec<BuildPlan>,
    /// Installs the packages, one run for each place that they come from.
    pub(crate) install: Vec<Cmd>,
    /// Compiles the packages.
    pub(crate) compile_packages: Compile,
    /// Compiles the app.
    pub(crate) compile_app: Compile,
    /// Collects the static files.
    pub(crate) collect: Cmd,
    /// Checks the tree that is put together.
    pub(crate) check: Cmd,
}

impl Children {
    /// Decides on all of them; which of them run depends on which layers are made.
    pub(crate) fn new(
        config: &Config,
        layout: &Layout,
        host: Host,
        facts: &Facts,
        request: &Request,
        sources: &Sources,
        compiled: &[(Layer, String)],
    ) -> Self {
        let (source, processors, offline) = (&facts.seen.source, facts.processors, request.offline);
        let is_new = request.force || lock_changes(facts).is_none_or(|changes| !changes.is_empty());
        // The stage for this machine has compared them.
        let is_new = is_new && facts.own.is_none();
        let abroad = facts.own.as_ref().map(|_| abroad(request.target, &facts.version));
        let builder = if facts.own.is_some() { PYTHON } else { builder(source) };
        let build = |build: &Build| BuildPlan {
            build: build.clone(),
            cmd: build_wheel(&build.package, builder, offline, layout, host),
            is_kept: facts.wheels.contains(&build.key),
        };
        let shares = processors.clamp(1, MOST_PROCESSES);
        let archives = |layer| archives(layout, compiled, layer);
        // A stranger's tree may have templates of sources and sources of another Python; what is loaded is checked later.
        let refuses_broken = if config.backend.is_adopted() { "0" } else { "1" };
        Self {
            fetch: fetch(layout, source, offline),
            compile_runtime: compile_shares("python", shares, &archives(Layer::Runtime)),
            check_lock: (is_new && config.packages.requirements.is_none()).then(|| check_lock(layout, offline)),
            builds: sources.builds.iter().map(build).collect(),
            install: sources
                .lists
                .keys()
                .enumerate()
                .map(|(at, from)| install(layout, host, at, from).args(abroad.clone().into_iter().flatten()))
                .map(|cmd| offline_if(offline, cmd))
                .collect(),
            compile_packages: compile_shares("site-packages", shares, &archives(Layer::Packages)),
            // Starting costs as much as a hundred sources: an app is compiled by one process.
            compile_app: Compile {
                shares: vec![compile("whole").args(["app", refuses_broken]).args(archives(Layer::App))],
                pack: None,
            },
            collect: collect(config, host),
            check: check(config, host),
        }
    }

    /// Those of one layer, in their order.
    pub(crate) fn of(&self, layer: Layer) -> impl Iterator<Item = &Cmd> {
        let (first, compile): (Vec<&Cmd>, Option<&Compile>) = match layer {
            Layer::Runtime => (self.fetch.iter().collect(), Some(&self.compile_runtime)),
            Layer::Packages => (
                self.builds.iter().filter(|plan| !plan.is_kept).map(|plan| &plan.cmd).chain(&self.install).collect(),
                Some(&self.compile_packages),
            ),
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
        .arg(format!("{LAYER}/fetched"))
        .sees(Sees::Network);
    // With a cache uv refuses a file on this machine when it is offline, and has no use for one anyway.
    if !url.starts_with("file:") {
        cmd = cmd.env("UV_PYTHON_CACHE_DIR", layout.absolute(layout.store()).join("downloads").as_str());
    }
    Some(offline_if(offline, cmd))
}

fn offline_if(offline: bool, cmd: Cmd) -> Cmd {
    cmd.args(offline.then_some("--offline"))
}

/// Says what the lock has, as requirements with hashes.
pub(crate) fn export_requirements(config: &Config, layout: &Layout) -> Cmd {
    let options = |name: &str, values: &[String]| -> Vec<String> {
        values.iter().flat_map(|value| [format!("--{name}"), value.clone()]).collect()
    };
    Cmd::new("uv")
        .args(["export", "--quiet", "--frozen", "--no-default-groups", "--no-emit-project", "--no-editable"])
        .args(["--no-header", "--no-annotate", "--format", "requirements-txt"])
        .args(options("group", &config.packages.groups))
        .args(options("extra", &config.packages.extras))
        .args(options("prune", &config.packages.drop))
        .cwd(layout.backend())
        .sees(Sees::Network)
        .env("UV_PYTHON_DOWNLOADS", "never")
        .remedy("run `uv lock` in the backend folder and commit uv.lock; `packages.groups` and `packages.extras` in dds.toml name what its pyproject.toml has")
}

/// Offline and without indexes uv compares what is written there, and needs neither a network nor a mirror for it; only
/// what it has to build to know (a version that is made up by a build) makes it ask further.
fn check_lock(layout: &Layout, offline: bool) -> [Cmd; 2] {
    const INDEXES: [&str; 5] = ["UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"];
    let check = |offline| {
        let cmd = Cmd::new("uv")
            .args(["lock", "--check", "--no-progress", "--python", PYTHON])
            .sees(Sees::Network)
            .cwd(layout.backend());
        offline_if(offline, cmd.env("UV_PYTHON_DOWNLOADS", "never"))
    };
    [INDEXES.iter().fold(check(true), |cmd, name| cmd.env(name, "")), check(offline)]
}

/// The interpreter that builds wheels: a whole one, with headers. An archive has no other than the one that is staged.
fn builder(source: &RuntimeSource) -> &str {
    match source {
        RuntimeSource::Uv { key, .. } => key,
        RuntimeSource::Host(host) => host.executable.as_str(),
        RuntimeSource::Archive { .. } => PYTHON,
    }
}

/// Builds a wheel into `wheels` in the layer's folder.
fn build_wheel(package: &Package, python: &str, offline: bool, layout: &Layout, host: Host) -> Cmd {
    Cmd::new("uv")
        .args(["run", "--quiet", "--no-project"])
        .args(offline.then_some("--offline"))
        .args(["--with", PIP, "--python", python, "--", "python", "-m", "pip"])
        .args(["wheel", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--wheel-dir"])
        .arg(format!("{LAYER}/wheels"))
        .args(pip_index(&package.source, layout, host))
        .args(what_is_built(package))
        .sees(Sees::Network)
        // The times in the wheel, so that the same sources give the same bytes.
        .env("SOURCE_DATE_EPOCH", "315532800")
        .cwd(layout.backend())
}

/// The folder with the sources, the commit, or a list with the requirement and its hashes.
fn what_is_built(package: &Package) -> Vec<String> {
    let Package { name, requirement, source, .. } = package;
    match source {
        Source::Folder(_) => vec![format!("{LAYER}/source")],
        Source::Git => vec![requirement.split(" ; ").next().unwrap_or(requirement).trim().to_owned()],
        _ => {
            let hashes = has_hashes(source).then_some("--require-hashes").map(str::to_owned);
            let list = ["--no-binary", name, "--requirement"].map(str::to_owned);
            hashes.into_iter().chain(list).chain([format!("{LAYER}/build.txt")]).collect()
        }
    }
}

fn install(layout: &Layout, host: Host, at: usize, from: &Source) -> Cmd {
    let mut lists = vec![format!("requirements-{at}")];
    if *from == Source::Index {
        lists.extend(["runtime", "built"].map(str::to_owned));
    }
    // The links lead into uv's cache; what is kept is copied out of them, and they are never written to.
    Cmd::new("uv")
        .args(["pip", "install"])
        .args(has_hashes(from).then_some("--require-hashes"))
        .args(["--no-deps", "--no-build", "--no-progress"])
        .args(["--link-mode", "hardlink", "--python", PYTHON, "--target"])
        .arg(format!("{LAYER}/installed"))
        .args(uv_index(from, layout, host))
        .args(lists.iter().map(|list| format!("--requirement={LAYER}/{list}.txt")))
        .cwd(layout.backend())
        // Bytecode is compiled by us, and uv must not look for another interpreter.
        .env("UV_COMPILE_BYTECODE", "0")
        .env("UV_PYTHON_DOWNLOADS", "never")
        .sees(Sees::Network)
}

/// What uv has to know to install for another system: which wheels fit there.
fn abroad(target: Host, version: &str) -> [String; 4] {
    let platform = match (target.os, target.arch) {
        (Os::Linux, Arch::X64) => "x86_64-unknown-linux-gnu",
        (Os::Linux, Arch::Arm64) => "aarch64-unknown-linux-gnu",
        (Os::MacOs, Arch::X64) => "x86_64-apple-darwin",
        (Os::MacOs, Arch::Arm64) => "aarch64-apple-darwin",
        (Os::Windows, Arch::X64) => "x86_64-pc-windows-msvc",
        (Os::Windows, Arch::Arm64) => "aarch64-pc-windows-msvc",
    };
    ["--python-platform", platform, "--python-version", version].map(str::to_owned)
}

fn compile(what: &str) -> Cmd {
    Cmd::new(PYTHON)
        // Not `-P`, which Python 3.10 does not know: beside the program there is nothing to import.
        .args(["-s", "-S", "-B"])
        .args([format!("{LAYER}/compile/compile_bytecode.py"), what.to_owned(), format!("{LAYER}/tree")])
        .sees(Sees::Nothing)
        .env("PYTHONHASHSEED", "0")
}

/// The archives of versions of a layer that have bytecode which need not be made again.
fn archives(layout: &Layout, compiled: &[(Layer, String)], layer: Layer) -> Vec<String> {
    let store = layout.absolute(layout.store());
    let keys = compiled.iter().filter(|(of, _)| *of == layer).map(|(_, key)| key);
    keys.map(|key| layer.stored(&store, key).join("tree").join(ARCHIVE).into_string()).collect()
}

fn compile_shares(label: &str, shares: usize, archives: &[String]) -> Compile {
    let part = |share: usize| format!("{LAYER}/compile/part-{share}");
    let share = |share: usize| {
        let which = [share.to_string(), shares.to_string(), part(share)];
        compile("shard").args([label, "0"]).args(which).args(archives)
    };
    Compile { shares: (0..shares).map(share).collect(), pack: Some(compile("pack").args((0..shares).map(part))) }
}

/// It runs on a copy of the app's sources of its own, so that it need not wait for their bytecode.
fn collect(config: &Config, host: Host) -> Cmd {
    let backend = &config.backend;
    let app = format!("{LAYER}/app");
    // The runtime starts no script of the project, and what one sets must not count here either.
    let manage = backend.manage.as_ref().filter(|_| backend.starts_itself());
    let manage = manage.map_or("-", |manage| manage.as_str());
    let cmd = Cmd::new(PYTHON)
        .args(["-s", "-S", "-B"])
        .args([format!("{LAYER}/collect_static.py"), manage.to_owned(), source_roots(backend, host)])
        .args([PACKAGES.to_owned(), format!("{LAYER}/report.json")])
        .args(around_collecting(&backend.r#static))
        .cwd(working_folder(&app, backend));
    // The overlay of an adopted project says where the static files go; other settings know one folder for all.
    let bundle = if backend.is_adopted() { app } else { format!("{LAYER}/tree") };
    with_project(cmd, config, host, &bundle)
}

fn working_folder(root: &str, backend: &Backend) -> Utf8PathBuf {
    backend.cwd.as_ref().map_or_else(|| root.into(), |cwd| Utf8Path::new(root).join(cwd))
}

/// The folders on the import path as one text.
fn source_roots(backend: &Backend, host: Host) -> String {
    let roots: Vec<&str> = backend.source_roots.iter().map(|folder| folder.as_str()).collect();
    roots.join(&host.path_list_separator().to_string())
}

/// What else runs, and whether anything is collected; nothing where that is all.
fn around_collecting(files: &Static) -> Option<String> {
    let words = |list: &[CommandLine]| list.iter().map(CommandLine::words).collect::<Vec<_>>();
    let (before, after, collect) = (words(&files.before), words(&files.after), files.prebuilt.is_empty());
    let is_usual = before.is_empty() && after.is_empty() && collect;
    (!is_usual).then(|| json!({ "before": before, "after": after, "collect": collect }).to_string())
}

fn check(config: &Config, host: Host) -> Cmd {
    let cmd = Cmd::new(PYTHON)
        .args(["-s", "-B"])
        .args([format!("{LAYER}/check_stage.py"), source_roots(&config.backend, host)])
        .arg(format!("{LAYER}/report.json"))
        .cwd(working_folder(TREE, &config.backend));
    with_project(cmd, config, host, TREE)
}

/// The project's code runs, so it gets what the launcher gives it, a throw-away folder for its data and in the place of
/// the home folder, and nothing of the person who builds. It may write no bytecode.
fn with_project(cmd: Cmd, config: &Config, host: Host, bundle: &str) -> Cmd {
    let home: &[&str] = if host.os == Os::Windows { &["USERPROFILE", "APPDATA", "LOCALAPPDATA"] } else { &["HOME"] };
    let data = format!("{LAYER}/app-data");
    let cmd = home.iter().fold(cmd, |cmd, name| cmd.env(name, &data));
    cmd.sees(Sees::Nothing)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONHASHSEED", "0")
        .env("DJANGO_SETTINGS_MODULE", config.backend.running_settings())
        .env("DJANGO_SECRET_KEY", "a-key-that-only-staging-uses-in-place-of-that-of-an-installation")
        .env("DESKTOP_DJANGO_RUNTIME_MODE", "packaged")
        .env("DESKTOP_DJANGO_HOST", "127.0.0.1")
        .env("DESKTOP_DJANGO_PORT", "8000")
        .env("DESKTOP_DJANGO_APP_DATA_DIR", &data)
        .env("DESKTOP_DJANGO_BUNDLE_DIR", bundle)
}

//! Every path of the repository, as a method. Paths are relative to the root and `/`-separated;
//! [`Layout::absolute`] makes them real.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::base::config::{Config, FILE_NAME};
use crate::base::env::{self, Env};
use crate::base::fault::{Context, Fault, Result};

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: Utf8PathBuf,
    backend: Utf8PathBuf,
    stage: Utf8PathBuf,
    store: Utf8PathBuf,
}

/// Where staging puts what it makes for this machine's own system, and below it what it makes for others.
const STAGE: &str = ".stage";

/// Looks for `dds.toml` in the folder and the ones above it.
///
/// # Errors
/// There is none up to the file system's root, or the path is not Unicode.
pub(crate) fn find_root(start: &std::path::Path) -> Result<Utf8PathBuf> {
    let start = Utf8PathBuf::from_path_buf(start.to_owned()).map_err(|path| {
        Fault::new(format!("the path {} is not Unicode", path.display()))
            .hint("move the checkout to a path with plain characters")
    })?;
    start
        .ancestors()
        .find(|folder| folder.join(FILE_NAME).is_file())
        .map(Utf8Path::to_owned)
        .ok_or_else(|| {
            Fault::new(format!("there is no {FILE_NAME} in {start} or above it")).hint(
                "run the command inside a checkout of the starter; if the file was deleted, `git restore dds.toml` brings it back",
            )
        })
}

#[expect(clippy::unused_self, reason = "every path is a method, also one that is the same everywhere")]
impl Layout {
    /// The layout of the repository at `root`.
    pub(crate) fn new(root: Utf8PathBuf, config: &Config, env: &Env) -> Self {
        let store = env.get(env::CACHE_DIR).map_or_else(|| ".stage/store".into(), Utf8PathBuf::from);
        Self { root, backend: config.backend.root.clone(), stage: STAGE.into(), store }
    }

    /// The same repository, staged for another system: `.stage/windows-x64/backend/`. The store is the same one.
    pub(crate) fn for_target(&self, target: &str) -> Self {
        Self { stage: Utf8Path::new(STAGE).join(target), ..self.clone() }
    }

    /// The same repository, staged for this machine's own system.
    pub(crate) fn for_this_machine(&self) -> Self {
        Self { stage: STAGE.into(), ..self.clone() }
    }

    /// The repository root, absolute.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// A path of this layout on the disk, without `..` in it. An absolute path stays as it is.
    pub(crate) fn absolute(&self, path: impl AsRef<Utf8Path>) -> Utf8PathBuf {
        let path = path.as_ref();
        if !path.as_str().contains("..") {
            return self.root.join(path);
        }
        path.components().fold(self.root.clone(), |place, part| match part {
            Utf8Component::ParentDir => place.parent().map_or(place.clone(), Utf8Path::to_owned),
            Utf8Component::CurDir => place,
            part => place.join(part),
        })
    }

    /// The Django project: `backend/`, or wherever `backend.root` says; relative to the repository, or absolute.
    pub(crate) fn backend(&self) -> &Utf8Path {
        &self.backend
    }

    /// Whether the project is somebody's own, outside of this repository or a repository in it, and nothing may be written there.
    pub(crate) fn has_foreign_backend(&self) -> bool {
        let is_outside = self.backend.is_absolute() || self.backend.starts_with("..");
        is_outside || self.backend != "." && self.absolute(&self.backend).join(".git").exists()
    }

    /// The package that starts, watches and stops any Django project; staging brings it along for each.
    pub(crate) fn runtime(&self) -> &'static Utf8Path {
        Utf8Path::new("backend/desktop_runtime")
    }

    /// Where the starter's own project lies, around the runtime, with the lock of the tools that check its Python.
    pub(crate) fn starter_backend(&self) -> &'static Utf8Path {
        Utf8Path::new("backend")
    }

    /// The development environment of the backend.
    pub(crate) fn backend_venv(&self) -> Utf8PathBuf {
        self.backend.join(".venv")
    }

    /// This tool, with the Python programs that it hands to an interpreter: `xtask/`.
    pub(crate) fn tool(&self) -> &'static Utf8Path {
        Utf8Path::new("xtask")
    }

    /// The documentation, with an environment of its own: `docs/`.
    pub(crate) fn docs(&self) -> &'static Utf8Path {
        Utf8Path::new("docs")
    }

    /// The environment that builds the documentation.
    pub(crate) fn docs_venv(&self) -> Utf8PathBuf {
        self.docs().join(".venv")
    }

    /// The workflows and what checks them: `.github/`.
    pub(crate) fn workflows(&self) -> &'static Utf8Path {
        Utf8Path::new(".github")
    }

    /// The environment that checks the workflows.
    pub(crate) fn workflows_venv(&self) -> Utf8PathBuf {
        self.workflows().join(".venv")
    }

    /// Everything that staging makes: `.stage/`, for another system a folder in it.
    pub(crate) fn stage_root(&self) -> &Utf8Path {
        &self.stage
    }

    /// The staged backend: `.stage/backend/`.
    pub(crate) fn staged_backend(&self) -> Utf8PathBuf {
        self.stage_root().join("backend")
    }

    /// What the last stage was made of.
    pub(crate) fn stage_record(&self) -> Utf8PathBuf {
        self.stage_root().join("record.json")
    }

    /// Held by the one stage that runs in this checkout.
    pub(crate) fn stage_lock(&self) -> Utf8PathBuf {
        self.stage_root().join("lock")
    }

    /// The tree before the last one, which the next stage brings up to date and exchanges with the last one.
    pub(crate) fn stage_spare(&self) -> Utf8PathBuf {
        self.stage_root().join("spare")
    }

    /// What that tree was made of, and its files.
    pub(crate) fn spare_record(&self) -> Utf8PathBuf {
        self.stage_root().join("spare.json")
    }

    /// The content-addressed store: `.stage/store/`, or `DDSTASK_CACHE_DIR`.
    pub(crate) fn store(&self) -> &Utf8Path {
        &self.store
    }

    /// Where generated things that nobody keeps may lie: cargo's `target/`.
    pub(crate) fn scratch(&self) -> &'static Utf8Path {
        Utf8Path::new("target")
    }

    /// The texts that a release is told with.
    pub(crate) fn release_templates(&self) -> &'static Utf8Path {
        Utf8Path::new("release-templates")
    }

    /// Kits for machines without a network.
    pub(crate) fn kits(&self) -> Utf8PathBuf {
        self.dist().join("airgap")
    }

    /// Packages that were made for people: `dist/`.
    pub(crate) fn dist(&self) -> &'static Utf8Path {
        Utf8Path::new("dist")
    }
}

/// Makes a path of the operating system `/`-separated and relative to `base`.
pub(crate) fn relative(path: &std::path::Path, base: &Utf8Path) -> Result<String> {
    let relative = path.strip_prefix(base).fault(|| format!("{} is not below {base}", path.display()))?;
    let text = relative.to_str().ok_or_else(|| {
        Fault::new(format!("the file name {} is not Unicode", path.display()))
            .hint("rename the file, or exclude it in dds.toml")
    })?;
    Ok(if std::path::MAIN_SEPARATOR == '/' { text.to_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") })
}

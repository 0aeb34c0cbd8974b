//! A throw-away copy of what staging reads, with a stage and a store of its own: the user's are not touched.

use std::collections::HashSet;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use walkdir::WalkDir;

use crate::figures::Sample;
use crate::measure;

/// Where generated things that nobody keeps may lie, below the checkout.
const SCRATCH: &str = "target";
/// The package that starts the staged project: staging adds it, and the demo's settings name it.
const RUNTIME: &str = "backend/desktop_runtime";

/// Whether a run may use the network. Only what does not count may: a network has no median.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// To fill uv's cache.
    Allowed,
    /// Everything is at hand.
    Off,
}

impl Network {
    /// Of a round: the first one is the warm-up.
    pub(crate) fn in_round(round: usize) -> Self {
        if round == 0 { Self::Allowed } else { Self::Off }
    }

    /// Keeps uv from the network, if that is what this says.
    pub(crate) fn apply(self, command: &mut Command) {
        if self == Self::Off {
            command.env("UV_OFFLINE", "1");
        }
    }
}

/// The part of `dds.toml` that says where things are.
#[derive(Deserialize)]
struct Facts {
    backend: Backend,
}

/// Its table `[backend]`: folders are relative to the checkout, `manage` and `source-roots` to `root`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Backend {
    #[serde(default = "backend")]
    root: Utf8PathBuf,
    pub(crate) manage: Utf8PathBuf,
    source_roots: Vec<Utf8PathBuf>,
    pub(crate) settings_module: String,
}

fn backend() -> Utf8PathBuf {
    "backend".into()
}

impl Backend {
    /// The folder with the app's packages, relative to `root`.
    pub(crate) fn source_root(&self) -> &Utf8Path {
        self.source_roots.first().map_or(Utf8Path::new(""), |root| root)
    }
}

/// The copy, removed when dropped.
pub(crate) struct Project {
    pub(crate) facts: Backend,
    python_source: String,
    ddstask: Utf8PathBuf,
    uv: Utf8PathBuf,
    folder: Utf8PathBuf,
    _removed_at_the_end: tempfile::TempDir,
}

impl Project {
    /// Copies the checkout in the working folder.
    pub(crate) fn new(python_source: &str) -> Result<Self> {
        let text = fs_err::read_to_string("dds.toml").context("start it in a checkout, as `cargo xtask bench`")?;
        let facts: Facts = toml::from_str(&text).context("cannot understand dds.toml")?;
        fs_err::create_dir_all(SCRATCH)?;
        let scratch = Utf8Path::new(SCRATCH).canonicalize_utf8().context("the path of the checkout is not Unicode")?;
        let temporary = tempfile::Builder::new().prefix("bench-").tempdir_in(&scratch);
        let temporary = temporary.with_context(|| format!("cannot make a folder in {scratch}"))?;
        let folder = Utf8PathBuf::try_from(temporary.path().to_owned())?;
        let project = Self {
            facts: facts.backend,
            python_source: python_source.to_owned(),
            ddstask: ddstask()?,
            uv: uv(&folder)?,
            folder,
            _removed_at_the_end: temporary,
        };
        project.copy_checkout()?;
        Ok(project)
    }

    /// What staging and a wheel need: `dds.toml` and the backend without what is generated.
    fn copy_checkout(&self) -> Result<()> {
        let generated =
            |name: &str| name.starts_with('.') || ["__pycache__", "tests"].contains(&name) || name.contains(".sqlite3");
        for folder in [&self.facts.root, Utf8Path::new(RUNTIME)] {
            copy_tree(folder, &self.root().join(folder), |name| !generated(name))?;
        }
        fs_err::copy("dds.toml", self.root().join("dds.toml"))?;
        Ok(())
    }

    /// A folder beside the copy, on the same disk.
    pub(crate) fn beside(&self, name: &str) -> Utf8PathBuf {
        self.folder.join(name)
    }

    /// The root of the copy.
    pub(crate) fn root(&self) -> Utf8PathBuf {
        self.beside("checkout")
    }

    /// The backend of the copy.
    pub(crate) fn backend(&self) -> Utf8PathBuf {
        self.root().join(&self.facts.root)
    }

    /// The runtime of the copy.
    pub(crate) fn runtime(&self) -> Utf8PathBuf {
        self.root().join(RUNTIME)
    }

    /// Everything that staging makes in the copy.
    pub(crate) fn stage_root(&self) -> Utf8PathBuf {
        self.root().join(".stage")
    }

    /// The staged tree of the copy.
    pub(crate) fn staged(&self) -> Utf8PathBuf {
        self.stage_root().join("backend")
    }

    /// uv, not one of the scripts that version managers put before it and that take longer than uv itself.
    pub(crate) fn uv(&self) -> &Utf8Path {
        &self.uv
    }

    /// `ddstask` in the copy, without talk.
    pub(crate) fn ddstask(&self, args: &[&str]) -> Command {
        let mut command = measure::program(&self.ddstask);
        command.arg("--quiet").args(args).current_dir(self.root()).env("UV", &self.uv);
        command
    }

    /// `packaged-stage` in the copy: its figures, and its result as JSON.
    pub(crate) fn stage(&self, args: &[&str], network: Network) -> Result<(Sample, Json)> {
        let mut command = self.ddstask(&["packaged-stage", "--json"]);
        command.args(args);
        if !args.contains(&"--verify") {
            command.args(["--python-source", &self.python_source]);
        }
        network.apply(&mut command);
        let (sample, text) = measure::whole(command)?;
        Ok((sample, serde_json::from_str(&text).context("cannot understand what packaged-stage printed")?))
    }

    /// What the shells read of the staged tree.
    pub(crate) fn staged_python(&self) -> Result<Utf8PathBuf> {
        let path = self.staged().join("runtime-manifest.json");
        let manifest: Json = read_json(&path)?;
        let executable = manifest["python"]["executable"].as_str();
        Ok(self.staged().join(executable.with_context(|| format!("{path} names no interpreter"))?))
    }

    /// What the last stage wrote down, for itself.
    pub(crate) fn record(&self) -> Result<Record> {
        read_json(&self.stage_root().join("record.json"))
    }
}

/// The part of `.stage/record.json` that is needed to do the same without the tool.
#[derive(Deserialize)]
pub(crate) struct Record {
    seen: Seen,
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Seen {
    source: Json,
}

#[derive(Deserialize)]
struct Layer {
    facts: LayerFacts,
}

#[derive(Deserialize)]
struct LayerFacts {
    read: Option<HashSet<Utf8PathBuf>>,
}

impl Record {
    /// Where the interpreter came from: `host` or `archive`, with paths.
    pub(crate) fn python_source(&self) -> &Json {
        &self.seen.source
    }

    /// The app's Python sources that `collectstatic` read, relative to the backend.
    pub(crate) fn read_when_collecting(&self) -> Result<&HashSet<Utf8PathBuf>> {
        let read = self.layers.iter().find_map(|layer| layer.facts.read.as_ref());
        read.context("it is not known which sources collectstatic reads: the project starts processes meanwhile")
    }
}

/// The `ddstask` beside this program: built with the same profile, last started by whoever started this.
fn ddstask() -> Result<Utf8PathBuf> {
    let path = std::env::current_exe()?.with_file_name(format!("ddstask{}", std::env::consts::EXE_SUFFIX));
    ensure!(path.is_file(), "there is no {}; start this as `cargo xtask bench`, which builds both", path.display());
    Ok(Utf8PathBuf::try_from(path)?)
}

/// The program behind `$UV`, or behind the uv on PATH. It tells its path to what it runs.
fn uv(folder: &Utf8Path) -> Result<Utf8PathBuf> {
    let given = std::env::var("UV").unwrap_or_else(|_| "uv".to_owned());
    let found = which::which(&given).with_context(|| format!("the program `{given}` is not on PATH"))?;
    let mut command = measure::program(&found);
    command.args(["run", "--no-project", "python", "-c", "import os; print(os.environ['UV'])"]).current_dir(folder);
    let told = measure::whole(command).map(|(_, path)| Utf8PathBuf::from(path.trim())).ok();
    told.filter(|path| path.is_file()).map_or_else(|| Ok(Utf8PathBuf::try_from(found)?), Ok)
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Utf8Path) -> Result<T> {
    serde_json::from_slice(&fs_err::read(path)?).with_context(|| format!("cannot understand {path}"))
}

/// Copies the files of a folder, links as what they lead to; folders and files whose name `keep` refuses stay out.
pub(crate) fn copy_tree(from: &Utf8Path, to: &Utf8Path, keep: impl Fn(&str) -> bool) -> Result<()> {
    let kept = |entry: &walkdir::DirEntry| entry.depth() == 0 || entry.file_name().to_str().is_none_or(&keep);
    for entry in WalkDir::new(from).follow_links(true).into_iter().filter_entry(kept) {
        let entry = entry?;
        let target = to.as_std_path().join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target)?;
        } else {
            fs_err::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

//! A throw-away copy of what staging reads, with a stage and a store of its own: the user's are not touched.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use crate::base::config::FILE_NAME;
use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::base::layout::relative;

use crate::base::{env, files, tools};
use crate::code::bench_plan::BenchPlan;
use crate::code::bench_runs::measure;
use crate::code::figures::Sample;
use crate::stage::record::Record;

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
}

/// The copy, removed when dropped.
pub(crate) struct Project<'a> {
    pub(crate) ctx: &'a Ctx,
    python_source: String,
    program: Utf8PathBuf,
    uv: Utf8PathBuf,
    folder: tempfile::TempDir,
}

impl<'a> Project<'a> {
    /// Copies the checkout.
    pub(crate) fn new(ctx: &'a Ctx, plan: &BenchPlan) -> Result<Self> {
        let scratch = ctx.layout.absolute(&plan.scratch);
        files::make_folder(&scratch)?;
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&scratch);
        let program = std::env::current_exe().fault(|| "cannot find the program of ddstask".to_owned())?;
        let project = Self {
            ctx,
            python_source: plan.python_source.clone(),
            program: unicode(program)?,
            uv: tools::resolve(ctx, "uv")?,
            folder: folder.fault(|| format!("cannot make a folder in {scratch}"))?,
        };
        copy_checkout(ctx, &project.root())?;
        Ok(project.with_plain_uv())
    }

    /// A folder beside the copy, on the same disk.
    pub(crate) fn beside(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.folder.path().join(name)).unwrap_or_else(|_| name.into())
    }

    /// The root of the copy.
    pub(crate) fn root(&self) -> Utf8PathBuf {
        self.beside("checkout")
    }

    /// The backend of the copy.
    pub(crate) fn backend(&self) -> Utf8PathBuf {
        self.root().join(self.ctx.layout.backend())
    }

    /// The staged tree of the copy.
    pub(crate) fn staged(&self) -> Utf8PathBuf {
        self.root().join(self.ctx.layout.staged_backend())
    }

    /// uv, not one of the scripts that version managers put before it and that take longer than uv itself.
    pub(crate) fn uv(&self) -> &Utf8Path {
        &self.uv
    }

    fn with_plain_uv(mut self) -> Self {
        let mut command = measure::program(self.ctx, &self.uv);
        command.args(["run", "--no-project", "python", "-c", "import os; print(os.environ['UV'])"]);
        command.current_dir(self.folder.path());
        if let Ok((_, path)) = measure::whole(command) {
            let path = Utf8PathBuf::from(path.trim());
            if path.is_file() {
                self.uv = path;
            }
        }
        self
    }

    /// `ddstask` in the copy, without talk.
    pub(crate) fn ddstask(&self, args: &[&str]) -> Command {
        let mut command = measure::program(self.ctx, &self.program);
        command.arg("--quiet").args(args).current_dir(self.root()).env(env::UV, &self.uv);
        command
    }

    /// `packaged-stage` in the copy: its figures, and its result as JSON.
    pub(crate) fn stage(&self, args: &[&str], network: Network) -> Result<(Sample, Json)> {
        let mut command = self.ddstask(&["packaged-stage", "--json"]);
        command.args(args);
        if !args.contains(&"--verify") {
            command.args(["--python-source", &self.python_source]);
        }
        if network == Network::Off {
            command.env(env::UV_OFFLINE, "1");
        }
        let (sample, text) = measure::whole(command)?;
        let json = serde_json::from_str(&text).fault(|| "cannot understand what packaged-stage printed".to_owned())?;
        Ok((sample, json))
    }

    /// The interpreter of the staged tree.
    pub(crate) fn staged_python(&self) -> Result<Utf8PathBuf> {
        let path = self.staged().join("runtime-manifest.json");
        let text = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
        let manifest: Json = serde_json::from_slice(&text).fault(|| format!("cannot understand {path}"))?;
        let executable = manifest["python"]["executable"].as_str();
        executable
            .map(|executable| self.staged().join(executable))
            .ok_or_else(|| Fault::new(format!("{path} names no interpreter")))
    }

    /// What the last stage wrote down.
    pub(crate) fn record(&self) -> Result<Record> {
        let path = self.root().join(self.ctx.layout.stage_record());
        let text = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
        serde_json::from_slice(&text).fault(|| format!("cannot understand {path}"))
    }
}

/// What staging and a wheel need: `dds.toml` and the backend without what is generated.
fn copy_checkout(ctx: &Ctx, to: &Utf8Path) -> Result<()> {
    let from = ctx.layout.root();
    let backend = ctx.layout.absolute(ctx.layout.backend());
    let generated =
        |name: &str| name.starts_with('.') || ["__pycache__", "tests"].contains(&name) || name.contains(".sqlite3");
    files::make_folder(to)?;
    files::copy(&from.join(FILE_NAME), &to.join(FILE_NAME))?;
    let entries = walkdir::WalkDir::new(&backend)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !entry.file_name().to_str().is_some_and(generated));
    for entry in entries {
        let entry = entry.fault(|| format!("cannot read {backend}"))?;
        let target = to.join(relative(entry.path(), from)?);
        if entry.file_type().is_dir() {
            files::make_folder(&target)?;
        } else {
            files::copy(&unicode(entry.into_path())?, &target)?;
        }
    }
    Ok(())
}

fn unicode(path: std::path::PathBuf) -> Result<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(path).map_err(|path| Fault::new(format!("{} is not Unicode", path.display())))
}

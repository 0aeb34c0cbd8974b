//! `sbom`: the inventory of what is shipped, made of the staged tree, its interpreter's own words, and the lock files.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args as ClapArgs, ValueEnum};
use serde::Deserialize;
use serde_json::json;

use crate::base::act::{Plan, Step, Told, finish};
use crate::base::checksums::{self, Entry};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Fault, Result};
use crate::base::text::{count, rfc3339};
use crate::base::{digests, env, hash};
use crate::release::artifact::{Artifacts, folder};
use crate::release::plan::sbom::{self, Component, Subject, locks, python};
use crate::stage::plan::requirements::RUNTIME_LOCK;
use crate::stage::record::Record;
use crate::stage::{distribution, licence, observe};

/// Write an inventory (SBOM) of what is shipped: `CycloneDX` 1.6, with the staged backend, its interpreter and libraries, the shell.
///
/// It goes beside the installers, and into the list of checksums that lies there. The same stage gives the same bytes.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask sbom\n  cargo xtask sbom --shell tauri --output dist/tauri/sbom.cdx.json"
)]
pub(crate) struct Args {
    /// The shell around the backend.
    #[arg(long, value_enum, default_value = "electron")]
    shell: Shell,
    /// The file to write [default: beside the shell's installers].
    #[arg(long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Electron,
    Tauri,
    /// The backend alone.
    None,
}

/// Where the shells keep their locks.
const ELECTRON_LOCK: &str = "shells/electron/package-lock.json";
const TAURI_LOCK: &str = "shells/tauri/src-tauri/Cargo.lock";

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Electron => "electron",
            Self::Tauri => "tauri",
            Self::None => "none",
        }
    }

    /// The names of its packages; the inventory has one of them.
    fn artifacts(self, ctx: &Ctx) -> Artifacts<'_> {
        let shell = if self == Self::None { "backend" } else { self.name() };
        Artifacts { project: &ctx.config.project.name, shell, os: ctx.host.os }
    }

    /// Where its packages lie.
    fn folder(self, ctx: &Ctx) -> Utf8PathBuf {
        if self == Self::None { ctx.layout.dist().to_owned() } else { folder(&ctx.layout, self.name()) }
    }
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let (tree, record) = staged(ctx)?;
        let installed = distribution::installed(&tree.join("python").join(&record.python.purelib))?;
        let (lock, lists) = locks_of(ctx, &record)?;
        let mut components = python::distributions(&installed, &lock, &lists).map_err(|wrong| {
            Fault::new(format!("the staged backend is not what {} says", record.seen.lock_name()))
                .because_all(wrong)
                .hint("run `cargo xtask packaged-stage`, then the same command again")
        })?;
        components.extend(python::interpreter(&record.python, record.seen.source.kind()));
        components.extend(of_shell(ctx, self.shell)?);
        let (found, contents) = (components.len(), sbom::format(&subject(ctx, self.shell)?, components));
        let artifacts = self.shell.artifacts(ctx);
        let path = self.output.clone().unwrap_or_else(|| self.shell.folder(ctx).join(artifacts.sbom()));
        let list = path.with_file_name(artifacts.checksums());
        let list = ctx.layout.absolute(&list).is_file().then_some(list);
        let line = list.as_ref().map(|list| with_entry(ctx, list, &path, &contents)).transpose()?;
        let listed = list.as_ref().map_or_else(String::new, |list| format!(", listed in {list}"));
        let (all, python) = (count(found, "component"), count(installed.len(), "distribution"));
        let said = format!("{path}: {all} ({python} of Python){listed}");
        let data =
            Some(json!({ "path": path, "components": found, "distributions": installed.len(), "checksums": list }));
        let plan = Plan::new().then(Step::Write { path, contents });
        let line = list.zip(line).map(|(path, contents)| Step::Write { path, contents });
        let act = line.into_iter().fold(plan, Plan::then);
        finish(ctx, &Told { act, said, data })
    }
}

/// The project's `uv.lock`, empty where it has none, and lists of requirements: its own, and the runtime's.
fn locks_of(ctx: &Ctx, record: &Record) -> Result<(String, Vec<String>)> {
    let own = ctx.read(&record.seen.lock.path)?;
    let runtime = ctx.read(ctx.layout.runtime().join(RUNTIME_LOCK))?;
    Ok(match ctx.config.packages.requirements {
        Some(_) => (String::new(), vec![own, runtime]),
        None => (own, vec![runtime]),
    })
}

/// The staged tree and its record.
///
/// # Errors
/// Nothing is staged.
fn staged(ctx: &Ctx) -> Result<(Utf8PathBuf, Record)> {
    let tree = ctx.layout.absolute(ctx.layout.staged_backend());
    match observe::record(ctx) {
        Some(record) if tree.is_dir() => Ok((tree, record)),
        _ => Err(Fault::new(format!("there is no staged backend in {}", ctx.layout.staged_backend()))
            .hint("run `cargo xtask packaged-stage` first: the inventory is of what is staged")),
    }
}

fn of_shell(ctx: &Ctx, shell: Shell) -> Result<Vec<Component>> {
    let bad =
        |why: String| Fault::new(format!("the inventory of the {} shell can't be made", shell.name())).because(why);
    match shell {
        Shell::None => Ok(Vec::new()),
        Shell::Electron => {
            let locked = locks::of_npm(&ctx.read(ELECTRON_LOCK)?).map_err(bad)?;
            Ok(locked.into_iter().map(|(_, component)| component).collect())
        }
        Shell::Tauri => locks::of_cargo(&ctx.read(TAURI_LOCK)?).map_err(bad),
    }
}

/// Names and version of the whole, from `dds.toml` and the backend's `pyproject.toml`.
fn subject(ctx: &Ctx, shell: Shell) -> Result<Subject> {
    #[derive(Default, Deserialize)]
    struct Pyproject {
        #[serde(default)]
        project: Project,
    }
    #[derive(Default, Deserialize)]
    struct Project {
        license: Option<toml::Value>,
    }
    let path = ctx.layout.backend().join("pyproject.toml");
    // Not each project has one.
    let text = if ctx.layout.absolute(&path).is_file() { ctx.read(&path)? } else { String::new() };
    let Pyproject { project } =
        toml::from_str(&text).map_err(|error| Fault::new(format!("{path} can't be read")).because(error.message()))?;
    let epoch = ctx.env.get(env::SOURCE_DATE_EPOCH).and_then(|secs| secs.parse().ok());
    Ok(Subject {
        title: ctx.config.project.title.clone(),
        version: observe::version(ctx).unwrap_or_else(|| "0".to_owned()),
        host: ctx.host.to_string(),
        shell: shell.name().to_owned(),
        licence: project.license.as_ref().and_then(toml::Value::as_str).and_then(licence::of_expression),
        date: epoch.map(rfc3339),
    })
}

/// The list with the inventory's line in it.
fn with_entry(ctx: &Ctx, list: &Utf8Path, path: &Utf8Path, contents: &str) -> Result<String> {
    let bytes = digests::list(&ctx.layout.absolute(list))?;
    let mut entries = checksums::parse(&bytes).map_err(|wrong| {
        Fault::new(format!("{list} is not a list of checksums"))
            .because_all(wrong)
            .hint("write it anew with `cargo xtask checksums`")
    })?;
    let name = path.file_name().unwrap_or_default();
    entries.retain(|entry| entry.name != name);
    entries.push(Entry { name: name.to_owned(), sha256: hash::bytes(contents.as_bytes()) });
    Ok(checksums::format(&entries))
}

//! `sbom`: the inventory of what is shipped.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args as ClapArgs, ValueEnum};
use serde::Deserialize;
use serde_json::json;

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::checksums::{self, Entry};
use crate::base::ctx::{Ctx, Run};

use crate::base::fault::{Fault, Result};
use crate::base::text::{count, rfc3339};
use crate::base::{digests, env, hash};
use crate::release::installed;

use crate::release::plan::sbom::{self, Component, Subject, cargo, licence, npm, python};
use crate::shell::electron::plan;

/// Write the inventory of what is shipped: `CycloneDX` 1.6, with the staged backend, its interpreter and libraries, the shell.
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

/// Where Tauri keeps its lock.
const TAURI_LOCK: &str = "shells/tauri/src-tauri/Cargo.lock";

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Electron => "electron",
            Self::Tauri => "tauri",
            Self::None => "none",
        }
    }

    /// The part of file names that tells the shell; Electron's have none.
    fn infix(self) -> &'static str {
        match self {
            Self::Electron => "",
            Self::Tauri => "-tauri",
            Self::None => "-backend",
        }
    }
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let (tree, record) = installed::staged(ctx)?;
        let installed = installed::distributions(&tree, &record)?;
        let lock = installed::text(ctx, &ctx.layout.backend().join("uv.lock"))?;
        let stale = |wrong: &[String]| {
            let fault = Fault::new("the staged backend is not what uv.lock says");
            wrong
                .iter()
                .fold(fault, Fault::because)
                .hint("run `cargo xtask packaged-stage`, then the same command again")
        };
        let mut components = python::distributions(&installed, &lock).map_err(|wrong| stale(&wrong))?;
        let interpreter = installed::interpreter(&tree, &record)?;
        components.extend(python::interpreter(&interpreter, record.seen.source.kind()));
        components.extend(of_shell(ctx, self.shell)?);
        let (found, contents) = (components.len(), sbom::format(&subject(ctx, self.shell)?, components));
        let path = self.output.clone().unwrap_or_else(|| usual_output(ctx, self.shell));
        let list = list_beside(ctx, self.shell, &path);
        let mut plan = Plan::new().then(Step::Write { path: path.clone(), contents: contents.clone() });
        if let Some(list) = &list {
            plan = plan.then(Step::Write { path: list.clone(), contents: with_entry(ctx, list, &path, &contents)? });
        }
        if finish(ctx, &plan)? == Done::Printed {
            return Ok(());
        }
        let listed = list.as_ref().map_or_else(String::new, |list| format!(", listed in {list}"));
        ctx.ui.say(format_args!(
            "{path}: {} ({} of Python){listed}",
            count(found, "component"),
            count(installed.len(), "distribution")
        ));
        if ctx.json {
            ctx.ui.data(
                json!({ "path": path, "components": found, "distributions": installed.len(), "checksums": list }),
            );
        }
        Ok(())
    }
}

fn of_shell(ctx: &Ctx, shell: Shell) -> Result<Vec<Component>> {
    let bad =
        |why: String| Fault::new(format!("the inventory of the {} shell can't be made", shell.name())).because(why);
    match shell {
        Shell::None => Ok(Vec::new()),
        Shell::Electron => {
            let lock = installed::text(ctx, &Utf8Path::new(plan::FOLDER).join("package-lock.json"))?;
            npm::components(&lock).map_err(bad)
        }
        Shell::Tauri => cargo::components(&installed::text(ctx, Utf8Path::new(TAURI_LOCK))?).map_err(bad),
    }
}

/// Names and version of the whole, from `dds.toml` and the backend's `pyproject.toml`.
fn subject(ctx: &Ctx, shell: Shell) -> Result<Subject> {
    #[derive(Deserialize)]
    struct Pyproject {
        project: Project,
    }
    #[derive(Deserialize)]
    struct Project {
        version: Option<String>,
        license: Option<toml::Value>,
    }
    let path = ctx.layout.backend().join("pyproject.toml");
    let text = installed::text(ctx, &path)?;
    let Pyproject { project } =
        toml::from_str(&text).map_err(|error| Fault::new(format!("{path} can't be read")).because(error.message()))?;
    let epoch = ctx.env.get(env::SOURCE_DATE_EPOCH).and_then(|secs| secs.parse().ok());
    Ok(Subject {
        title: ctx.config.project.title.clone(),
        version: project.version.unwrap_or_else(|| "0".to_owned()),
        host: ctx.host.to_string(),
        shell: shell.name().to_owned(),
        licence: project.license.as_ref().and_then(toml::Value::as_str).and_then(licence::of_expression),
        date: epoch.map(rfc3339),
    })
}

fn usual_output(ctx: &Ctx, shell: Shell) -> Utf8PathBuf {
    let folder = match shell {
        Shell::Electron => plan::output(&ctx.layout),
        Shell::Tauri => ctx.layout.dist().join("tauri"),
        Shell::None => ctx.layout.dist().to_owned(),
    };
    let platform = plan::platform(ctx.host.os);
    folder.join(format!("{}{}-{platform}-sbom.cdx.json", ctx.config.project.name, shell.infix()))
}

/// The list of checksums of the installers, where one lies beside the inventory.
fn list_beside(ctx: &Ctx, shell: Shell, path: &Utf8Path) -> Option<Utf8PathBuf> {
    let platform = plan::platform(ctx.host.os);
    let name = format!("{}{}-{platform}-sha256.txt", ctx.config.project.name, shell.infix());
    let list = path.with_file_name(name);
    ctx.layout.absolute(&list).is_file().then_some(list)
}

/// The list with the inventory's line in it.
fn with_entry(ctx: &Ctx, list: &Utf8Path, path: &Utf8Path, contents: &str) -> Result<String> {
    let bytes = digests::list(&ctx.layout.absolute(list))?;
    let mut entries = checksums::parse(&bytes).map_err(|wrong| {
        let fault = Fault::new(format!("{list} is no list of checksums"));
        wrong.iter().fold(fault, Fault::because).hint("write it anew with `cargo xtask checksums`")
    })?;
    let name = path.file_name().unwrap_or_default();
    entries.retain(|entry| entry.name != name);
    entries.push(Entry { name: name.to_owned(), sha256: hash::bytes(contents.as_bytes()) });
    Ok(checksums::format(&entries))
}

//! `release-prepare`: the version in every place, and the changelog, before the tag.

use std::fmt;

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;
use semver::Version;
use serde_json::json;

use crate::base::act::{Act, Told, finish};
use crate::base::checkout::{clean, tracked};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Fault, Result};
use crate::base::text::{count, date};
use crate::base::{config, files};
use crate::release::plan::versions::{Edit, Form, Place, released};

/// Prepare a release: set the app's version wherever it stands, and date the changelog.
///
/// The version goes into dds.toml or the backend's `pyproject.toml`, into the packages of all shells and their locks; what
/// `CHANGELOG.md` has under `## Unreleased` gets the version's heading. All of it or nothing is written. The tool and
/// `desktop_runtime` have versions of their own.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask release-prepare 1.2.0 --dry-run\n  \
    cargo xtask release-prepare 1.2.0 && git commit -am 'release: 1.2.0' && git tag v1.2.0\n  \
    cargo xtask release-prepare 1.3.0-rc.1 --pre")]
pub(crate) struct Args {
    /// The version; it must be newer than the one that is there.
    #[arg(value_name = "VERSION")]
    version: String,
    /// It is a pre-release, such as 1.3.0-rc.1; what is new stays under `## Unreleased`.
    #[arg(long)]
    pre: bool,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let version = self.wanted()?;
        clean(ctx)?;
        let mut edits = Vec::new();
        if !self.pre {
            edits.push(released(&ctx.read("CHANGELOG.md")?, &version, &date(ctx.env.date()?))?);
        }
        for place in places(ctx)? {
            edits.push(place.edit(&ctx.read(&place.path)?, &version)?);
        }
        let said =
            format!("{} changed; read `git diff`, then commit it and `git tag v{version}`", count(edits.len(), "file"));
        let told = edits.iter().map(|edit| json!({ "path": edit.path, "what": edit.what }));
        let data = Some(json!({ "version": version.to_string(), "files": told.collect::<Vec<_>>() }));
        finish(ctx, &Told { act: Edits(edits), said, data })
    }
}

impl Args {
    fn wanted(&self) -> Result<Version> {
        let given = self.version.strip_prefix('v').unwrap_or(&self.version);
        let parsed = Version::parse(given).map_err(|error| {
            Fault::usage(format!("`{}` is not a version that updaters can compare", self.version))
                .because(error)
                .hint("give three numbers, such as 1.2.3, and for a pre-release --pre with 1.3.0-rc.1")
        })?;
        match (self.pre, parsed.pre.is_empty()) {
            (true, true) => Err(Fault::usage(format!("{parsed} is no pre-release"))
                .hint(format!("leave out --pre, or give a version such as {parsed}-rc.1"))),
            (false, false) => Err(Fault::usage(format!("{parsed} is a pre-release")).hint("add --pre if it is meant")),
            _ => Ok(parsed),
        }
    }
}

/// The files with the version, as far as this repository has them.
fn places(ctx: &Ctx) -> Result<Vec<Place>> {
    let tracked = tracked(ctx)?;
    let is_ours = |place: &Place| tracked.contains(&place.path);
    let of_shells = of_shells(ctx);
    let mut places: Vec<Place> = of_backend(ctx).into_iter().chain(of_shells).filter(is_ours).collect();
    let has_own = places.iter().any(|place| place.path == ctx.layout.backend().join("pyproject.toml"));
    if ctx.config.project.version.is_some() || !has_own {
        places.insert(0, place(config::FILE_NAME, Form::Key(&["project", "version"])));
    }
    Ok(places)
}

fn place(path: impl Into<Utf8PathBuf>, form: Form) -> Place {
    Place { path: path.into(), form, of_python: false }
}

/// The project, its lock, and the module that tells its version.
fn of_backend(ctx: &Ctx) -> Vec<Place> {
    let backend = ctx.layout.backend();
    let pyproject = backend.join("pyproject.toml");
    let text = ctx.read(&pyproject).unwrap_or_default();
    let (Some(name), Some(_)) = (of_toml(&text, &["project", "name"]), of_toml(&text, &["project", "version"])) else {
        return Vec::new();
    };
    let of_python = |path, form| Place { path, form, of_python: true };
    let mut places = vec![
        of_python(pyproject, Form::Key(&["project", "version"])),
        of_python(backend.join("uv.lock"), Form::Lock(name)),
    ];
    let package = ctx.config.backend.settings_module.split('.').next().unwrap_or_default();
    for root in ctx.config.backend.sources() {
        let module = backend.join(root).join(package).join("__init__.py");
        if ctx.read(&module).is_ok_and(|text| text.contains("\n__version__ = \"")) {
            places.push(of_python(module, Form::Module));
        }
    }
    places
}

fn of_shells(ctx: &Ctx) -> Vec<Place> {
    const TAURI: &str = "shells/tauri/src-tauri";
    let mut places = Vec::new();
    for shell in ["shells/electron", "shells/tauri"] {
        places.push(place(format!("{shell}/package.json"), Form::Npm(1)));
        places.push(place(format!("{shell}/package-lock.json"), Form::Npm(2)));
    }
    places.push(place(format!("{TAURI}/Cargo.toml"), Form::Key(&["package", "version"])));
    let manifest = ctx.read(format!("{TAURI}/Cargo.toml")).unwrap_or_default();
    if let Some(name) = of_toml(&manifest, &["package", "name"]) {
        places.push(place(format!("{TAURI}/Cargo.lock"), Form::Lock(name)));
    }
    let briefcase = Form::Key(&["tool", "briefcase", "version"]);
    places.push(Place { path: "shells/positron/pyproject.toml".into(), form: briefcase, of_python: true });
    places
}

/// A text in a TOML file.
fn of_toml(text: &str, path: &[&str]) -> Option<String> {
    let table: toml::Value = toml::from_str(text).ok()?;
    let value = path.iter().try_fold(&table, |value, key| value.get(key))?;
    Some(value.as_str()?.to_owned())
}

/// Files that change together.
struct Edits(Vec<Edit>);

impl Act for Edits {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let write =
            |edit: &Edit, text: &str| files::write_atomically(&ctx.layout.absolute(&edit.path), text.as_bytes());
        for (done, edit) in self.0.iter().enumerate() {
            if let Err(fault) = write(edit, &edit.after) {
                // Half a release would look like a whole one.
                self.0[..done].iter().try_for_each(|edit| write(edit, &edit.before))?;
                return Err(fault);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Edits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|edit| writeln!(f, "{edit}"))
    }
}

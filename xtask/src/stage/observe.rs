//! What staging decides from: the inputs with their digests, the interpreter that can be had, the store, and
//! what has become of the tree that was staged last.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::cmd::{Cmd, Sees};
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Kind, Result};
use crate::base::stat::HashedFile;
use crate::base::{env, hash, process, python, walk};
use crate::stage::locked::{self, hashed};
use crate::stage::model::{Input, Layer, Request, RuntimeSource, Seen, SourceChoice};
use crate::stage::notices::RUNTIME_LICENCE;
use crate::stage::plan::facts::Facts;
use crate::stage::plan::left_out::LeftOut;
use crate::stage::plan::overlay;
use crate::stage::plan::own::OwnStage;
use crate::stage::plan::requirements::RUNTIME_LOCK;
use crate::stage::record::Record;
use crate::stage::{beside, build, folders, staged};

/// Looks at everything that staging depends on.
///
/// # Errors
/// A source that can't be read, no uv, no interpreter.
pub(crate) fn observe(ctx: &Ctx, uv: &Utf8PathBuf, request: &Request) -> Result<Facts> {
    let (mut record, record_digest) = last(ctx);
    let taken_ns = now_ns();
    let (drift, (inputs, runtime)) = rayon::join(
        || staged::drift(ctx, record.as_ref()),
        || (inputs(ctx, record.as_ref()), runtime(ctx, record.as_ref())),
    );
    let drift = drift?;
    let asked = asked(ctx, uv, request)?;
    let remembered = record.as_ref().and_then(|record| remembered(record, &asked, request));
    if let Some(record) = &mut record {
        record.touch(&drift.touched);
    }
    let (is_touched, is_another) = (!drift.touched.is_empty(), remembered.is_none());
    let (source, instead_of, uv_version) = remembered.map_or_else(|| choose(ctx, uv, request), Ok)?;
    let (inputs, left_out) = inputs?;
    let locked = locked::observe(ctx, record.as_ref())?;
    let built = build::observe(ctx, record.as_ref())?;
    let is_built = record.as_ref().is_some_and(|record| record.seen.built != built);
    Ok(Facts {
        left_out,
        record_digest,
        own: None,
        is_stale: is_touched || is_another || is_built,
        version: source.version().unwrap_or(&request.version).to_owned(),
        seen: Seen {
            taken_ns,
            request: asked,
            source,
            instead_of,
            uv_version,
            overlay: overlay(ctx, &inputs),
            inputs,
            built,
            beside: beside::observe(ctx, record.as_ref())?,
            lock: locked.lock,
            indexes: locked.indexes,
            runtime: runtime?,
            projects: locked.projects,
            asked_packages: locked.asked,
            packages: locked.packages,
            folders: locked.folders,
        },
        stored: stored(ctx),
        wheels: folders_in(&ctx.layout.absolute(ctx.layout.store()).join("wheels")),
        drift: drift.told,
        processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        record,
    })
}

/// The record of the last stage, if it can be used, and the digest of its file.
fn last(ctx: &Ctx) -> (Option<Record>, String) {
    // The digest first: a record that is written meanwhile is noticed later.
    let digest = record_digest(ctx);
    (record(ctx), digest)
}

/// The record as it is now.
pub(crate) fn record(ctx: &Ctx) -> Option<Record> {
    Record::read(&ctx.layout.absolute(ctx.layout.stage_record()))
}

/// Digest of the record file as it is now.
pub(crate) fn record_digest(ctx: &Ctx) -> String {
    hash::file(&ctx.layout.absolute(ctx.layout.stage_record())).map(String::from).unwrap_or_default()
}

/// The stage for this machine as it is now, where there is one.
pub(crate) fn own(ctx: &Ctx) -> Option<OwnStage> {
    let own = ctx.for_target(ctx.host);
    let place = own.layout.staged_backend();
    let (record, digest) = last(&own);
    let record = record.filter(|_| own.layout.absolute(&place).is_dir());
    record.map(|record| OwnStage { record, digest, place })
}

/// What was seen for another system, with the stage for this machine.
pub(crate) fn with_own(ctx: &Ctx, facts: Facts, own: Option<OwnStage>) -> Facts {
    // What that stage made is in the store by now.
    Facts { own, stored: stored(ctx), ..facts }
}

fn now_ns() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

/// The files that the app layer and the packages are made of, and what is left out of the app; digests of unchanged ones
/// come from the record.
fn inputs(ctx: &Ctx, record: Option<&Record>) -> Result<(Vec<HashedFile>, Vec<LeftOut>)> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    let (mut found, left_out) = folders::sources(ctx, &ctx.config.backend)?;
    if let Some(manage) = &ctx.config.backend.manage {
        let hint = "set `backend.manage` in dds.toml to the project's manage.py";
        found.push(walk::one(&backend, manage.as_str()).map_err(|fault| fault.hint(hint))?);
    }
    found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    Ok((hashed(&backend, found, record, |seen| &seen.inputs)?, left_out))
}

fn overlay(ctx: &Ctx, inputs: &[HashedFile]) -> Option<String> {
    overlay::text(&ctx.config, overlay::static_folder(&ctx.config.backend, inputs), version(ctx).as_deref())
}

/// The app's version: that of `dds.toml`, else the project's own where it is written down.
pub(crate) fn version(ctx: &Ctx) -> Option<String> {
    let path = ctx.layout.absolute(ctx.layout.backend()).join("pyproject.toml");
    let of_project = || {
        let text = std::fs::read_to_string(path).ok()?;
        let project: toml::Table = toml::from_str(&text).ok()?;
        let tables = [project.get("project"), project.get("tool").and_then(|tool| tool.get("poetry"))];
        tables.into_iter().flatten().find_map(|table| Some(table.get("version")?.as_str()?.to_owned()))
    };
    ctx.config.project.version.clone().or_else(of_project)
}

/// The files of `desktop_runtime`, its lock and its licence.
fn runtime(ctx: &Ctx, record: Option<&Record>) -> Result<Vec<HashedFile>> {
    let folder = ctx.layout.absolute(ctx.layout.runtime());
    if !folder.is_dir() {
        return Err(Fault::new(format!("there is no {}, which every stage needs", ctx.layout.runtime()))
            .hint(format!("`git restore {}` brings it back", ctx.layout.runtime())));
    }
    let mut found = walk::files(&folder.join("src"), |path| !path.contains("__pycache__"))?;
    for file in &mut found {
        file.path = format!("src/{}", file.path);
    }
    for beside in [RUNTIME_LICENCE, RUNTIME_LOCK] {
        found.push(walk::one(&folder, beside)?);
    }
    hashed(&folder, found, record, |seen| &seen.runtime)
}

/// Everything that the choice of the interpreter depends on, cheap to look at.
fn asked(ctx: &Ctx, uv: &Utf8PathBuf, request: &Request) -> Result<Vec<Input>> {
    let uv_stat = walk::stat(uv)?;
    let source = match &request.source {
        SourceChoice::Auto => "auto".to_owned(),
        SourceChoice::Uv => "uv".to_owned(),
        SourceChoice::Host => "host".to_owned(),
        SourceChoice::Archive { path, expected } => {
            let stat = walk::stat(path)
                .map_err(|fault| fault.hint("give the path of an `install_only` archive of python-build-standalone"))?;
            format!("archive:{path} {expected:?} {} {} {}", stat.size, stat.modified_ns, stat.inode)
        }
    };
    let mut asked = vec![
        Input::new("--python-source", source),
        Input::new("python.version", &request.version),
        Input::new("python.minimum", &ctx.config.python.minimum),
        Input::new("uv", format!("{uv} {} {}", uv_stat.size, uv_stat.modified_ns)),
    ];
    for name in [env::UV_PYTHON, env::UV_PYTHON_DOWNLOADS_JSON_URL, env::UV_PYTHON_INSTALL_MIRROR, env::PYENV_ROOT] {
        asked.extend(ctx.env.get(name).map(|value| Input::new(name, value)));
    }
    Ok(asked)
}

type Choice = (RuntimeSource, Option<String>, String);

/// The choice of the last stage, if it was made from the same and still stands.
fn remembered(record: &Record, asked: &[Input], request: &Request) -> Option<Choice> {
    if request.force || request.fall_back || record.seen.request != asked {
        return None;
    }
    if let RuntimeSource::Host(host) = &record.seen.source
        && python::stamp(host).ok()? != host.stamp
    {
        return None;
    }
    Some((record.seen.source.clone(), record.seen.instead_of.clone(), record.seen.uv_version.clone()))
}

/// Asks uv for its version and for its interpreters at the same time: each question takes a while.
fn choose(ctx: &Ctx, uv: &Utf8PathBuf, request: &Request) -> Result<Choice> {
    let (uv_version, source) = rayon::join(|| uv_version(ctx, uv), || choose_source(ctx, uv, request));
    let (source, instead_of) = source?;
    Ok((source, instead_of, uv_version?))
}

fn choose_source(ctx: &Ctx, uv: &Utf8PathBuf, request: &Request) -> Result<(RuntimeSource, Option<String>)> {
    let host = || python::installed(ctx, uv, &request.version, &ctx.config.python.minimum).map(RuntimeSource::Host);
    Ok(match &request.source {
        SourceChoice::Archive { path, expected } => (archive(path, expected.as_deref())?, None),
        SourceChoice::Uv => (downloadable(ctx, uv, request)?, None),
        SourceChoice::Host => (host()?, None),
        SourceChoice::Auto if ctx.is_foreign() => (downloadable(ctx, uv, request)?, None),
        SourceChoice::Auto if request.fall_back => (host()?, Some(request.version.clone())),
        SourceChoice::Auto => match downloadable(ctx, uv, request) {
            Ok(source) => (source, None),
            Err(_) => (host()?, Some(request.version.clone())),
        },
    })
}

fn downloadable(ctx: &Ctx, uv: &Utf8Path, request: &Request) -> Result<RuntimeSource> {
    let found = python::downloadable(ctx, uv, &request.version)?;
    Ok(RuntimeSource::Uv { key: found.key, url: found.url })
}

fn archive(path: &Utf8Path, expected: Option<&str>) -> Result<RuntimeSource> {
    let sha256 = hash::file(path)?.to_string();
    match expected {
        Some(expected) if expected != sha256 => {
            Err(Fault::new(format!("{path} is not the archive that was asked for"))
                .because(format!("its SHA-256 is {sha256}, not {expected}"))
                .hint("fetch the archive again, or mend the SHA-256 that was given"))
        }
        _ => Ok(RuntimeSource::Archive { path: path.to_owned(), sha256 }),
    }
}

fn uv_version(ctx: &Ctx, uv: &Utf8PathBuf) -> Result<String> {
    let answer = process::quiet(ctx, &Cmd::new(uv.as_str()).arg("--version").sees(Sees::Network))
        .map_err(|fault| fault.with_kind(Kind::Failed).hint("install uv anew, or set UV to a uv that works"))?;
    // `uv 0.9.1 (commit date)`: the parenthesis says where it was built, not what it does.
    let version = String::from_utf8_lossy(&answer.stdout);
    Ok(version.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// Complete layers in the store.
fn stored(ctx: &Ctx) -> BTreeSet<(Layer, String)> {
    let store = ctx.layout.absolute(ctx.layout.store());
    Layer::ALL
        .into_iter()
        .flat_map(|layer| folders_in(&store.join(layer.name())).into_iter().map(move |folder| (layer, folder)))
        .collect()
}

/// The names in a folder; none where it is not there.
fn folders_in(folder: &Utf8Path) -> BTreeSet<String> {
    let folders = folder.read_dir_utf8().ok();
    folders.into_iter().flatten().flatten().map(|folder| folder.file_name().to_owned()).collect()
}

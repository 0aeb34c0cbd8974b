//! `airgap-kit export-build`: what `packaged-stage --kit` needs on a machine without a network, collected and proven: a
//! stage from the collection alone, in an empty store, with no network, must give the same tree.

use std::collections::BTreeSet;
use std::fmt;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use clap::Args;
use percent_encoding::percent_decode_str;

use crate::base::act::{Act, finish};
use crate::base::checksums::Entry;
use crate::base::cmd::Cmd;
use crate::base::ctx::{Ctx, Run};
use crate::base::digests::{self, FileSize};
use crate::base::fault::{Context, Fault, Result};
use crate::base::{config, env, files, hash, interrupt, process, tools};
use crate::release::pack;
use crate::stage::kit::{BuildKit, Built, FILE_NAME, Python, SCHEMA, archive_name, objection};
use crate::stage::listing::{self, LIST_END};
use crate::stage::model::RuntimeSource;
use crate::stage::plan::requirements::{Package, RUNTIME_LOCK, Source, missing};
use crate::stage::plan::sources::{PIP, Sources, has_hashes, pip_index};
use crate::stage::record::Record;
use crate::stage::{observe, packaged_stage, wheel};

/// An address at which nothing answers, for programs that don't know what offline means.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Collect what staging needs: the interpreter's archive, the locked wheels for this system, uv. Proven before it ends.
///
/// The proof is a stage from the collection alone, into an empty store, with no network; it must give the same tree.
/// On the other side `cargo xtask packaged-stage --kit FOLDER` stages from it. Rust's and npm's packages are not in it.
#[derive(Debug, Args)]
pub(crate) struct ExportBuild {
    /// Where the interpreter comes from, as `packaged-stage` has it; one copied from this machine can't be exported.
    #[arg(long, value_name = "SOURCE")]
    python_source: Option<String>,
    /// The folder that gets the kit, instead of `dist/airgap`.
    #[arg(long, value_name = "FOLDER")]
    output: Option<Utf8PathBuf>,
}

impl Run for ExportBuild {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        // Its result is not the result of this command.
        let quiet = Ctx { json: false, ..ctx.clone() };
        packaged_stage::stage_from(&quiet, self.python_source.as_deref())?;
        let name = format!("{}-build-{}", ctx.config.project.name, ctx.host);
        let plan = ExportPlan {
            folder: self.output.clone().unwrap_or_else(|| ctx.layout.kits()).join(&name),
            version: observe::record(ctx).map(exportable).transpose()?.map(|record| record.python.version),
            list: name + LIST_END,
            proof: ctx.layout.scratch().join("airgap-proof"),
        };
        finish(ctx, &plan)
    }
}

/// The record of a stage, if its interpreter can be had on another machine.
fn exportable(record: Record) -> Result<Record> {
    match objection(&record.seen.source) {
        None => Ok(record),
        Some(why) => Err(Fault::new("the staged interpreter can't be exported")
            .because(why)
            .hint("stage with `--python-source uv` or `--python-source archive:PATH`")),
    }
}

/// How what staging needs is collected, and the collection proven.
struct ExportPlan {
    /// Where it goes, relative to the repository.
    folder: Utf8PathBuf,
    /// The version of the staged Python, where one is staged already.
    version: Option<String>,
    /// The name of the list.
    list: String,
    /// Where the proof is made; nothing of it stays.
    proof: Utf8PathBuf,
}

impl fmt::Display for ExportPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let python =
            self.version.as_ref().map_or_else(|| "the staged Python".into(), |version| format!("Python {version}"));
        writeln!(f, "collect the archive of {python}, the locked wheels and uv into {}", self.folder)?;
        writeln!(f, "prove   it by a stage in {} without a network", self.proof)?;
        write!(f, "pack    {}.zip", self.folder)
    }
}

impl Act for ExportPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let record = exportable(observe::record(ctx).ok_or_else(|| Fault::new("nothing is staged"))?)?;
        let new = pack::begin(&ctx.layout.absolute(&self.folder))?;
        let proof = ctx.layout.absolute(&self.proof);
        let section = ctx.ui.section("collect");
        collect(ctx, &record, &proof, &new)?;
        write_list(&new, &self.list)?;
        drop(section);
        let section = ctx.ui.section("prove");
        files::remove(&proof)?;
        let outcome = prove(ctx, &record, &new, &proof);
        files::remove(&proof)?;
        outcome?;
        drop(section);
        pack::put_in_place(ctx, &new, &self.folder, &self.list)
    }
}

/// Everything that staging needs, and the file that says what is what.
fn collect(ctx: &Ctx, record: &Record, work: &Utf8Path, new: &Utf8Path) -> Result<()> {
    let archive = python_archive(ctx, &record.seen.source, work, new)?;
    let built = wheels(ctx, record, work, new)?;
    let uv = format!("uv{}", ctx.host.exe_suffix());
    files::copy(&tools::resolve(ctx, "uv")?, &new.join(&uv))?;
    let what = BuildKit {
        schema: SCHEMA,
        host: ctx.host.to_string(),
        python: Python {
            version: record.python.version.clone(),
            sha256: hash::file(&new.join(&archive))?.to_string(),
            file: archive,
            key: match &record.seen.source {
                RuntimeSource::Uv { key, .. } => Some(key.clone()),
                _ => None,
            },
        },
        uv,
        built,
        digest: record.digest.clone(),
    };
    let text = serde_json::to_vec_pretty(&what).fault(|| format!("cannot write {FILE_NAME}"))?;
    files::write_atomically(&new.join(FILE_NAME), &text)
}

/// The archive that the interpreter was unpacked from.
fn python_archive(ctx: &Ctx, source: &RuntimeSource, work: &Utf8Path, new: &Utf8Path) -> Result<String> {
    let (from, name) = match source {
        RuntimeSource::Archive { path, .. } => (path.clone(), path.file_name().unwrap_or("python.tar.gz").to_owned()),
        RuntimeSource::Uv { key, url } => (fetched(ctx, work, key, url)?, archive_name(url)),
        RuntimeSource::Host(_) => return Err(Fault::new("a copied Python has no archive")),
    };
    files::copy(&from, &new.join(&name))?;
    Ok(name)
}

/// The file that uv fetched: on this machine already, kept by uv, or fetched again.
fn fetched(ctx: &Ctx, work: &Utf8Path, key: &str, url: &str) -> Result<Utf8PathBuf> {
    if let Some(path) = url.strip_prefix("file://") {
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
        let path = if ctx.host.exe_suffix().is_empty() { &*path } else { path.trim_start_matches('/') };
        return Ok(Utf8PathBuf::from(path));
    }
    let kept = ctx.layout.absolute(ctx.layout.store()).join("downloads");
    if let Some(path) = only(&kept, url) {
        return Ok(path);
    }
    let downloads = work.join("downloads");
    let install = Cmd::new("uv")
        .args(["python", "install", key, "--no-bin", "--no-registry", "--no-progress", "--install-dir"])
        .arg(work.join("python").as_str())
        .env("UV_PYTHON_CACHE_DIR", downloads.as_str());
    process::quiet(ctx, &install).map_err(|fault| fault.within("cannot fetch the archive of the interpreter"))?;
    only(&downloads, url).ok_or_else(|| {
        Fault::new(format!("uv did not keep the archive of {key}"))
            .because(format!("there is no file like {} in {downloads}", archive_name(url)))
            .hint("fetch it yourself and stage with `--python-source archive:PATH`, then export again")
    })
}

/// The one file that uv kept of an address. It puts the beginning of the digest before the name, and a `-` in the
/// place of what some file systems don't like. Of several, nobody knows which is the right one.
fn only(downloads: &Utf8Path, url: &str) -> Option<Utf8PathBuf> {
    let end = format!("-{}", archive_name(url).replace('+', "-"));
    let mut names = digests::names_in(downloads).unwrap_or_default();
    names.retain(|name| name.replace('+', "-").ends_with(&end));
    match &names[..] {
        [name] => Some(downloads.join(name)),
        _ => None,
    }
}

/// The wheels that the staged interpreter installs, each with the hash of the lock; tells which of them were built.
fn wheels(ctx: &Ctx, record: &Record, work: &Utf8Path, new: &Utf8Path) -> Result<Vec<Built>> {
    let sources = Sources::new(&record.seen, &record.python.version, ctx.host, &ctx.config.packages.build);
    let python = ctx.layout.absolute(ctx.layout.staged_backend()).join("python").join(&record.python.executable);
    let list = work.join("requirements.txt");
    let given = record.seen.packages.iter().map(|package| package.name.as_str()).collect();
    let lock = ctx.layout.absolute(ctx.layout.runtime()).join(RUNTIME_LOCK);
    let lock = std::fs::read_to_string(&lock).fault(|| format!("cannot read {lock}"))?;
    let runtime = (&Source::Index, &missing(&given, &lock));
    for (from, text) in sources.lists.iter().chain([runtime]) {
        files::write_atomically(&list, text.as_bytes())?;
        process::quiet(ctx, &download(ctx, &python, new, &list, from))
            .map_err(|fault| fault.within("cannot fetch the locked wheels"))?;
    }
    files::remove(work)?;
    sources.builds.iter().map(|build| copy_built(ctx, &build.key, new)).collect()
}

fn download(ctx: &Ctx, python: &Utf8Path, into: &Utf8Path, list: &Utf8Path, from: &Source) -> Cmd {
    Cmd::new("uv")
        .args(["run", "--quiet", "--no-project", "--with", PIP, "--python", python.as_str(), "--"])
        .args(["python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"])
        .args(has_hashes(from).then_some("--require-hashes"))
        .args(["--only-binary", ":all:", "--dest", into.as_str(), "--requirement", list.as_str()])
        .args(pip_index(from, &ctx.layout, ctx.host))
        // Requirements may name files by their path from there.
        .cwd(ctx.layout.backend())
        // Running it must not change the staged tree.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("UV_PYTHON_DOWNLOADS", "never")
        .remedy("check the connection and proxy; pip fetches, so PIP_INDEX_URL or pip's configuration names the index")
}

fn copy_built(ctx: &Ctx, key: &str, new: &Utf8Path) -> Result<Built> {
    let wheel = wheel::kept(ctx, key).ok_or_else(|| {
        Fault::new("a wheel that was built is not in the store any more").hint("stage with `--force`")
    })?;
    let file = wheel.path.file_name().unwrap_or_default().to_owned();
    files::copy(&wheel.path, &new.join(&file))?;
    Ok(Built { file, sha256: wheel.sha256, key: key.to_owned() })
}

fn write_list(folder: &Utf8Path, name: &str) -> Result<()> {
    let found = listing::files(folder)?.into_iter();
    let found = found.map(|(name, size)| FileSize { path: folder.join(name), size }).collect();
    let files = digests::hashed(found, |_| interrupt::check())?;
    let entries: Vec<Entry> = files.iter().map(Entry::from).collect();
    files::write_atomically(&folder.join(name), listing::format(&entries).as_bytes())
}

/// The files that staging reads beside the collection, relative to the repository.
fn sources(ctx: &Ctx, record: &Record) -> BTreeSet<Utf8PathBuf> {
    let seen = &record.seen;
    let of_backend = seen.inputs.iter().chain(&seen.projects).chain(&seen.folders).map(|file| file.path.clone());
    let of_backend = of_backend.chain(seen.packages.iter().filter_map(Package::file));
    let of_runtime = seen.runtime.iter().map(|file| ctx.layout.runtime().join(&file.path));
    let of_backend = of_backend.map(|path| ctx.layout.backend().join(path));
    let beside = seen.beside.iter().chain([&seen.lock]).map(|file| file.path.clone().into());
    of_backend.chain(of_runtime).chain(beside).chain([config::FILE_NAME.into()]).collect()
}

/// Stages from the collection in a throw-away checkout; nothing but the collection and the sources is in reach.
fn prove(ctx: &Ctx, record: &Record, new: &Utf8Path, proof: &Utf8Path) -> Result<()> {
    // A project that lies beside the repository lies beside the checkout, too, and is thrown away with it.
    let above = ctx.layout.backend().components().filter(|part| *part == Utf8Component::ParentDir);
    let checkout = above.fold(proof.join("checkout"), |folder, _| folder.join("checkout"));
    files::make_folder(&checkout)?;
    for path in sources(ctx, record).into_iter().filter(|path| path.is_relative()) {
        let to = checkout.join(&path);
        files::make_folder(to.parent().unwrap_or(proof))?;
        files::copy(&ctx.layout.absolute(&path), &to)?;
    }
    let mut stage = Cmd::new(tools::own_program()?.as_str())
        .args(["packaged-stage", "--json", "--kit", new.as_str()])
        .cwd(checkout)
        .env(env::CACHE_DIR, proof.join("store").as_str())
        .env("UV_CACHE_DIR", proof.join("uv-cache").as_str())
        .env(env::NO_PROXY, "")
        .env("no_proxy", "");
    for name in [env::HTTPS_PROXY, env::HTTP_PROXY, env::ALL_PROXY] {
        stage = stage.env(name, NOWHERE).env(&name.to_lowercase(), NOWHERE);
    }
    let output = process::quiet(ctx, &stage).map_err(|fault| {
        fault.within("the collection is not enough to stage from").hint("report this with what is said above")
    })?;
    let result: serde_json::Value =
        serde_json::from_slice(&output.stdout).fault(|| "cannot understand what the proving stage says".to_owned())?;
    if result["digest"] == record.digest {
        return Ok(());
    }
    Err(Fault::new("staging from the collection gave another tree")
        .because(format!("digest {} instead of {}", result["digest"].as_str().unwrap_or("none"), record.digest))
        .hint("report this: a stage should be the same everywhere"))
}

//! Collects what staging needs, and proves it: a stage from the collection alone, in an empty store, with no network,
//! must give the same tree.

use camino::{Utf8Path, Utf8PathBuf};
use percent_encoding::percent_decode_str;

use crate::base::act::Act;
use crate::base::checksums::Entry;
use crate::base::cmd::Cmd;
use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::base::{digests, env, files, hash, process, tools};
use crate::release::kit_plan::ExportPlan;

use crate::stage::kit::{BuildKit, Built, FILE_NAME, Python, SCHEMA, archive_name};
use crate::stage::listing;

use crate::release::pack;
use crate::stage::model::RuntimeSource;
use crate::stage::observe;
use crate::stage::plan::requirements::{RUNTIME_LOCK, Source, missing};
use crate::stage::plan::sources::{PIP, Sources, has_hashes, pip_index};
use crate::stage::wheel;

/// An address at which nothing answers, for programs that don't know what offline means.
const NOWHERE: &str = "http://127.0.0.1:9";

impl Act for ExportPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        apply(ctx, self)
    }
}

/// Does what the plan says.
fn apply(ctx: &Ctx, plan: &ExportPlan) -> Result<()> {
    let target = ctx.layout.absolute(&plan.folder);
    let new = pack::begin(&target)?;
    let section = ctx.ui.section("collect");
    let archive = python_archive(ctx, plan, &new)?;
    let built = wheels(ctx, plan, &new)?;
    let uv = format!("uv{}", ctx.host.exe_suffix());
    files::copy(&tools::resolve(ctx, "uv")?, &new.join(&uv))?;
    let what = BuildKit {
        schema: SCHEMA,
        host: ctx.host.to_string(),
        python: Python {
            version: plan.version.clone(),
            sha256: hash::file(&new.join(&archive))?,
            file: archive,
            key: match &plan.source {
                RuntimeSource::Uv { key, .. } => Some(key.clone()),
                _ => None,
            },
        },
        uv,
        built,
        digest: plan.digest.clone(),
    };
    let text = serde_json::to_vec_pretty(&what).fault(|| format!("cannot write {FILE_NAME}"))?;
    files::write_atomically(&new.join(FILE_NAME), &text)?;
    write_list(&new, &plan.list)?;
    drop(section);
    let section = ctx.ui.section("prove");
    let proof = ctx.layout.absolute(&plan.proof);
    files::remove(&proof)?;
    let outcome = prove(ctx, plan, &new, &proof);
    files::remove(&proof)?;
    outcome?;
    drop(section);
    pack::finish(ctx, &new, &target, &plan.list)
}

/// The archive that the interpreter was unpacked from.
fn python_archive(ctx: &Ctx, plan: &ExportPlan, new: &Utf8Path) -> Result<String> {
    let (from, name) = match &plan.source {
        RuntimeSource::Archive { path, .. } => (path.clone(), path.file_name().unwrap_or("python.tar.gz").to_owned()),
        RuntimeSource::Uv { key, url } => (fetched(ctx, plan, key, url)?, archive_name(url)),
        RuntimeSource::Host(_) => return Err(Fault::new("a copied Python has no archive")),
    };
    files::copy(&from, &new.join(&name))?;
    Ok(name)
}

/// The file that uv fetched: on this machine already, kept by uv, or fetched again.
fn fetched(ctx: &Ctx, plan: &ExportPlan, key: &str, url: &str) -> Result<Utf8PathBuf> {
    if let Some(path) = url.strip_prefix("file://") {
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
        let path = if ctx.host.exe_suffix().is_empty() { &*path } else { path.trim_start_matches('/') };
        return Ok(Utf8PathBuf::from(path));
    }
    let kept = ctx.layout.absolute(ctx.layout.store()).join("downloads");
    if let Some(path) = only(&kept, url) {
        return Ok(path);
    }
    let work = ctx.layout.absolute(&plan.proof);
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
fn wheels(ctx: &Ctx, plan: &ExportPlan, new: &Utf8Path) -> Result<Vec<Built>> {
    let record = observe::record(ctx).ok_or_else(|| Fault::new("nothing is staged"))?;
    let sources = Sources::new(&record.seen, &plan.version, ctx.host, &ctx.config.packages.build);
    let python = ctx.layout.absolute(ctx.layout.staged_backend()).join("python").join(&record.python.executable);
    let list = ctx.layout.absolute(&plan.proof).join("requirements.txt");
    let given = record.seen.packages.iter().map(|package| package.name.as_str()).collect();
    let lock = ctx.layout.absolute(ctx.layout.runtime()).join(RUNTIME_LOCK);
    let lock = std::fs::read_to_string(&lock).fault(|| format!("cannot read {lock}"))?;
    let runtime = (&Source::Index, &missing(&given, &lock));
    for (from, text) in sources.lists.iter().chain([runtime]) {
        files::write_atomically(&list, text.as_bytes())?;
        process::quiet(ctx, &download(ctx, &python, new, &list, from))
            .map_err(|fault| fault.within("cannot fetch the locked wheels"))?;
    }
    files::remove(&ctx.layout.absolute(&plan.proof))?;
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
    let found = listing::files(folder)?;
    let sized: Vec<_> = found.iter().map(|(file, size)| (folder.join(file), *size)).collect();
    let digests = digests::digests(&sized, |_| crate::base::interrupt::check())?;
    let entries = found.into_iter().zip(digests).map(|((name, _), sha256)| Entry { name, sha256 });
    files::write_atomically(&folder.join(name), listing::format(&entries.collect::<Vec<_>>()).as_bytes())
}

/// Stages from the collection in a throw-away checkout; nothing but the collection and the sources is in reach.
fn prove(ctx: &Ctx, plan: &ExportPlan, new: &Utf8Path, proof: &Utf8Path) -> Result<()> {
    for path in plan.inputs.iter().map(Utf8PathBuf::as_path).chain([Utf8Path::new(crate::base::config::FILE_NAME)]) {
        let to = proof.join(path);
        files::make_folder(to.parent().unwrap_or(proof))?;
        files::copy(&ctx.layout.absolute(path), &to)?;
    }
    let mut stage = Cmd::new(tools::own_program()?.as_str())
        .args(["packaged-stage", "--json", "--kit", new.as_str()])
        .cwd(proof.to_owned())
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
    if result["digest"] == plan.digest {
        return Ok(());
    }
    Err(Fault::new("staging from the collection gave another tree")
        .because(format!("digest {} instead of {}", result["digest"].as_str().unwrap_or("none"), plan.digest))
        .hint("report this: a stage should be the same everywhere"))
}

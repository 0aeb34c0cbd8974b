//! The packages layer: exactly what `uv.lock` says, hash-checked, without what a desktop app never uses.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::globs::patterns;

use crate::base::{files, process, walk};
use crate::stage::bytecode;
use crate::stage::plan::StagePlan;
use crate::stage::plan::children::{LAYER, PYTHON};
use crate::stage::plan::requirements::{RUNTIME_LOCK, missing};
use crate::stage::record::LayerFacts;

use crate::stage::store::{self, StoredLayer};

/// What installers leave in a `.dist-info` about this one installation: times and places.
const INSTALLATION_NOTES: [&str; 4] = ["direct_url.json", "uv_cache.json", "uv_build.json", "REQUESTED"];

/// Makes the layer in `tree`, from `early` if that is there.
pub(crate) fn make(
    ctx: &Ctx,
    plan: &StagePlan,
    runtime: &StoredLayer,
    tree: &Utf8PathBuf,
    early: Option<Result<Utf8PathBuf>>,
) -> Result<LayerFacts> {
    let python = runtime.tree.join(&runtime.python()?.executable);
    if let Some(early) = early {
        files::remove(tree)?;
        files::rename(&early?, tree)?;
    } else {
        install(ctx, plan, &python, tree)?;
    }
    bytecode::compile(ctx, &python, tree, &plan.children.compile_packages, bytecode::Broken::Skip)?;
    Ok(LayerFacts::default())
}

/// Installs what the lock says into `tree`, without bytecode. Any interpreter of the right version will do: uv only
/// asks it what it is.
pub(crate) fn install(ctx: &Ctx, plan: &StagePlan, python: &Utf8Path, tree: &Utf8Path) -> Result<()> {
    let layer = tree.parent().unwrap_or(tree);
    let [requirements, runtime, installed] =
        ["requirements.txt", "runtime.txt", "installed"].map(|name| layer.join(name));
    let places = [(LAYER, layer), (PYTHON, python)];
    process::quiet(ctx, &plan.children.export.filled(&places))
        .map_err(|fault| fault.within("cannot read the locked dependencies").with_kind(Kind::Failed))?;
    let lock = ctx.layout.absolute(ctx.layout.runtime()).join(RUNTIME_LOCK);
    let more = missing(&read(&requirements)?, &read(&lock)?);
    files::write_atomically(&runtime, more.as_bytes())?;
    process::quiet(ctx, &plan.children.install.filled(&places)).map_err(|fault| {
        fault.within("cannot install the locked dependencies").with_kind(Kind::Failed).hint(if plan.offline {
            "run the same command once with the network, so that what is missing or damaged is fetched"
        } else {
            "check the connection, proxy and index; a hash that differs from uv.lock means that the file was changed on its way"
        })
    })?;
    files::make_folder(&installed)?;
    tidy(ctx, &installed, tree)?;
    add_runtime(ctx, plan, tree)?;
    [installed, requirements, runtime].iter().try_for_each(|scratch| files::remove(scratch))
}

/// Copies `desktop_runtime`, where the project does not bring one of its own.
fn add_runtime(ctx: &Ctx, plan: &StagePlan, tree: &Utf8Path) -> Result<()> {
    if tree.join("desktop_runtime").exists() {
        return Ok(());
    }
    let sources = plan.seen.runtime.iter().filter_map(|file| file.path.strip_prefix("src/"));
    store::copy_files(&ctx.layout.absolute(ctx.layout.runtime()).join("src"), tree, sources)
}

fn read(path: &Utf8Path) -> Result<String> {
    std::fs::read_to_string(path).fault(|| format!("cannot read {path}"))
}

/// Takes over what is shipped.
fn tidy(ctx: &Ctx, installed: &Utf8Path, tree: &Utf8Path) -> Result<()> {
    let prune = patterns("packages.prune", &ctx.config.packages.prune)?;
    let languages = &ctx.config.packages.languages;
    let kept = walk::files(installed, |path| {
        !prune.is_match(path)
            && !is_other_language(path, languages)
            && !path.contains("__pycache__/")
            && path != ".lock"
            && !INSTALLATION_NOTES.iter().any(|note| path.ends_with(&format!(".dist-info/{note}")))
    })?;
    let paths: Vec<&str> = kept.iter().map(|file| file.path.as_str()).collect();
    store::copy_files(installed, tree, paths.iter().copied())?;
    let records = paths.iter().filter(|path| path.ends_with(".dist-info/RECORD"));
    records.into_iter().try_for_each(|path| rewrite_record(&tree.join(path), &paths))
}

/// Whether a path belongs to a language that is not shipped: the folder below `locale/` names it.
fn is_other_language(path: &str, languages: &[String]) -> bool {
    let Some(at) = path.find("locale/").filter(|at| *at == 0 || path.as_bytes()[at - 1] == b'/') else { return false };
    let below = &path[at + "locale/".len()..];
    below.split_once('/').is_some_and(|(language, _)| !languages.iter().any(|kept| kept == language))
}

/// Leaves in a `RECORD` (the `PyPA`'s "recording installed packages") only the files that are there, in a fixed order.
fn rewrite_record(path: &Utf8Path, kept: &[&str]) -> Result<()> {
    let text = std::fs::read_to_string(path).fault(|| format!("cannot read {path}"))?;
    let is_kept = |line: &&str| line.split(',').next().is_some_and(|name| kept.binary_search(&name).is_ok());
    let mut lines: Vec<&str> = text.lines().filter(is_kept).collect();
    if lines.is_empty() {
        return Err(Fault::new(format!("{path} lists no file of its package"))
            .hint("report this together with the package's name"));
    }
    lines.sort_unstable();
    std::fs::write(path, lines.join("\n") + "\n").fault(|| format!("cannot write {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_by_their_folder() {
        let other = |path: &str| is_other_language(path, &["en".to_owned()]);
        assert!(other("django/conf/locale/de/formats.py"));
        assert!(other("locale/pt_BR/LC_MESSAGES/django.mo"));
        assert!(other("django/conf/locale/de/"));
        assert!(!other("django/conf/locale/en/formats.py"));
        assert!(!other("django/conf/locale/__init__.py"));
        assert!(!other("django/conf/locale/"));
        assert!(!other("my_locale/de/x.py"));
    }
}

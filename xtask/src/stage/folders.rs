//! Which files of the project belong in a stage, and which folders that its settings name do.

use std::cell::RefCell;
use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::base::config::backend::Backend;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::text::{below, is_below};
use crate::base::walk::{self, Found};
use crate::stage::plan::StagePlan;
use crate::stage::plan::left_out::{Choice, ENVIRONMENT, LeftOut};

/// Settings of folders that the program fills while it runs.
const FILLED: [&str; 4] = ["MEDIA_ROOT", "EMAIL_FILE_PATH", "CACHES", "STATIC_ROOT"];

/// The project's files as `config` chooses them, relative to the backend folder, and what was left out.
///
/// # Errors
/// A file that is to be shipped can't be read, or is a link to nothing.
pub(crate) fn sources(ctx: &Ctx, config: &Backend) -> Result<(Vec<Found>, Vec<LeftOut>)> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    if !backend.is_dir() {
        return Err(Fault::new(format!("the project's folder {} is not there", ctx.layout.backend()))
            .because("`backend.root` in dds.toml names it")
            .hint("put the project there, or run `cargo xtask adopt FOLDER` with the folder that it is in now"));
    }
    let choice = Choice::new(config)?;
    let made = made_here(ctx, &backend);
    let left_out = RefCell::new(BTreeSet::new());
    let mut found = Vec::new();
    let whole = whole(config);
    let beside = choice.beside(&whole);
    for start in whole.iter().copied().chain(beside.iter().map(String::as_str)) {
        let is_source = whole.contains(&start);
        let keep = |path: &str| {
            let path = below(start, path);
            let because = made.iter().find(|folder| is_below(&path, folder)).cloned();
            match because.or_else(|| because_of(&choice, &backend, &path)) {
                Some(because) => {
                    left_out.borrow_mut().insert(LeftOut { path, because });
                    false
                }
                None => is_source || choice.is_included(&path),
            }
        };
        let folder = backend.join(start);
        if !is_source && !folder.is_dir() {
            found.extend(folder.is_file().then(|| walk::one(&backend, start)).transpose()?);
            continue;
        }
        let files = walk::files(&folder, keep).map_err(|fault| {
            fault.hint("set `backend.source-roots` and `backend.include` in dds.toml to folders that are there")
        })?;
        found.extend(files.into_iter().map(|file| Found { path: below(start, &file.path), ..file }));
    }
    Ok((found, left_out.into_inner().into_iter().collect()))
}

/// The folders of which everything is shipped, without those that lie in another one.
fn whole(config: &Backend) -> Vec<&str> {
    let prebuilt = config.r#static.prebuilt.iter().map(|folder| folder.as_str());
    let mut folders: Vec<&str> = config.sources().chain(prebuilt).collect();
    folders.sort_unstable();
    folders.dedup_by(|later, earlier| is_below(later, earlier));
    folders
}

/// What lies in the project's folder and is the tool's: the repository, or what staging leaves in it.
fn made_here(ctx: &Ctx, backend: &Utf8Path) -> Vec<String> {
    if let Some(own) = ctx.layout.root().strip_prefix(backend).ok().filter(|own| !own.as_str().is_empty()) {
        return vec![own.to_string()];
    }
    // The stages of other systems lie below that of this machine.
    let stages = ctx.layout.for_this_machine();
    let made = [stages.stage_root(), ctx.layout.dist(), ctx.layout.scratch()];
    let inside =
        made.into_iter().filter_map(|folder| Some(ctx.layout.absolute(folder).strip_prefix(backend).ok()?.to_string()));
    inside.collect()
}

/// Why a path is left out, if it is.
fn because_of(choice: &Choice, backend: &Utf8Path, path: &str) -> Option<String> {
    let because = choice.because(path).map(str::to_owned);
    let is_environment =
        || path.ends_with('/') && !choice.names(path) && backend.join(path).join(ENVIRONMENT).is_file();
    because.or_else(|| is_environment().then(|| format!("**/{ENVIRONMENT}")))
}

/// Folders in the tree that the program fills while it runs: what a developer's program left there is not shipped.
/// One with sources of Python in it stays.
pub(crate) fn filled<'a>(names: &'a [(String, String)], files: &[String]) -> Vec<(&'a str, &'a str)> {
    let has_sources = |folder: &str| {
        let python = |file: &&String| Utf8Path::new(file).extension() == Some("py");
        files.iter().filter(python).any(|file| is_below(file, folder))
    };
    let filled = names.iter().filter(|(setting, folder)| {
        let is_inside = !folder.is_empty() && !Utf8Path::new(folder).has_root();
        is_inside && FILLED.contains(&setting.as_str()) && !has_sources(folder)
    });
    filled.map(|(setting, folder)| (setting.as_str(), folder.as_str())).collect()
}

/// What is wrong with the folders that the settings name and the program only reads, a sentence each.
pub(crate) fn missing(ctx: &Ctx, plan: &StagePlan, names: &[(String, String)]) -> Vec<String> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    let read = names.iter().filter(|(setting, folder)| !FILLED.contains(&setting.as_str()) && !folder.is_empty());
    let missing = read.filter_map(|(setting, folder)| {
        if Utf8Path::new(folder).is_absolute() {
            return Some(format!("{setting} names {folder}, which lies outside the backend folder and is not shipped"));
        }
        if plan.app_files.iter().any(|file| is_below(file, folder)) {
            return None;
        }
        let there = backend.join(folder);
        let has_files = walk::files(&there, |_| true).is_ok_and(|files| !files.is_empty());
        match has_files {
            true => Some(format!(
                "{setting} names {folder}, which is not shipped: add \"{folder}/**\" to `backend.include` in dds.toml"
            )),
            false if setting == "STATICFILES_DIRS" && !there.is_dir() => {
                Some(format!("{setting} names {folder}, which is not there"))
            }
            false => None,
        }
    });
    missing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_the_program_fills_is_left_out_unless_it_has_sources() {
        let names = |setting: &str, folder: &str| [(setting.to_owned(), folder.to_owned())];
        let files = ["src/media/a.jpg", "src/shop/a.py"].map(str::to_owned);
        assert_eq!(filled(&names("MEDIA_ROOT", "src/media"), &files), [("MEDIA_ROOT", "src/media")]);
        for (setting, folder) in
            [("MEDIA_ROOT", "src"), ("MEDIA_ROOT", ""), ("MEDIA_ROOT", "/media"), ("TEMPLATES", "src/media")]
        {
            assert_eq!(filled(&names(setting, folder), &files), []);
        }
    }
}

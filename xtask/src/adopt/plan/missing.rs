//! What the project wants and does not have: modules, files, translations.

use crate::adopt::facts::Needs;
use crate::adopt::plan::known::{Known, Remark};
use crate::adopt::plan::refusals::lies_above;
use crate::adopt::requirements;

/// A module that was not found.
pub(crate) fn of_module(module: &str, place: Option<String>, known: &Known<'_>) -> Remark {
    let top = module.split('.').next().unwrap_or(module);
    let distribution = requirements::distribution(top);
    let is_uv = known.facts.needs == Needs::UvLock;
    let (what, next) = if requirements::is_of_python(top) {
        let python = known.locked.python.bundled;
        (
            format!("the module {module} is no longer part of Python {python}"),
            "mend that import, or take an older Python with `[python] version`".to_owned(),
        )
    } else if let Some(remark) = lies_above(known.facts, top, place.clone()) {
        return remark;
    } else if known.facts.packages.contains(top) {
        let file = format!("{}.py", module.replace('.', "/"));
        let sample = sample(known, &file).map(|sample| format!("copy {sample} to that name with what a desktop needs"));
        let add = sample.unwrap_or_else(|| "add it, where it is only made on a server and not committed".to_owned());
        let next = format!("{add}, or mend that import");
        (format!("the module {module} is imported, and the project has none of that name"), next)
    } else if let Some(version) = known.locked.version(&distribution).filter(|_| top != module) {
        let other = if is_uv {
            format!("`uv add \"{distribution}<{version}\"` in the project")
        } else {
            format!("give the command `--replace \"{distribution}<{version}\"`")
        };
        let next = format!("if an older one has it: {other}; else mend that import");
        (format!("the module {module} is imported, and {distribution} {version} has none of that name"), next)
    } else {
        let wanted = requirements::requirement(top);
        let wanted = if wanted == distribution { wanted } else { format!("\"{wanted}\"") };
        let next = if is_uv {
            format!("`uv add {wanted}` in the project, or name its group or extra in [packages] of dds.toml")
        } else {
            format!("give the command `--add {wanted}`, which adds it to [packages] of dds.toml")
        };
        (format!("the module {module} is imported, and no package brings it"), next)
    };
    Remark::new(what, place, next)
}

/// The file that shows what this one has. Where a module lies in the import path only its end is known.
fn sample<'a>(known: &Known<'a>, file: &str) -> Option<&'a str> {
    let end = format!("/{file}");
    let is_of_it = |own: &str| own == file || own.ends_with(&end);
    known.facts.samples.iter().find(|(own, _)| is_of_it(own)).map(|(_, sample)| sample.as_str())
}

/// The next step where the settings read a file that is not there.
pub(crate) fn of_file(told: &str, known: &Known<'_>) -> Option<String> {
    let (_, after) = told.split_once("No such file or directory: '")?;
    let (path, _) = after.split_once('\'')?;
    let without = "name settings that do without it with `--settings`";
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let is_outside = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
    Some(match sample(known, path) {
        _ if name.starts_with(".env") => {
            format!("no stage has {name}: let the settings do without it; `--env-file {path}` reads what is in it")
        }
        _ if is_outside => {
            format!("no desktop has that file: {without}, or let them take its path from a variable, for [backend.env]")
        }
        Some(sample) => format!("copy {sample} to {path} with what a desktop needs: also what git ignores is staged"),
        None => format!("put one there that is right for a desktop, also what git ignores is staged; or {without}"),
    })
}

/// Translations that people would not see.
pub(crate) fn of_translations(known: &Known<'_>) -> Option<Remark> {
    let files = &known.facts.uncompiled;
    let first = files.first()?;
    let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
    let what = format!("{first}{more} has no .mo file beside it: people see those texts untranslated");
    let next = "run `compilemessages` in the project before you stage, or have it run with \
                `build = [\"uvx --from Django django-admin compilemessages\"]` in [backend]; it needs gettext";
    Some(Remark::new(what, None, next))
}

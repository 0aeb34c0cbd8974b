//! What is told when the project's code fails while staging: the first exception of the chain, the last, and what
//! mends it.

use std::fmt;

use serde::Deserialize;

use crate::base::config::Config;
use crate::base::config::prune::{PACKAGES, PYTHON, Rule};
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::globs::patterns;
use crate::base::text::below;
use crate::stage::plan::StagePlan;
use crate::stage::record::PythonFacts;

/// What a program of `resources/` reports about an exception.
#[derive(Debug, Deserialize)]
pub(crate) struct Failure {
    first: Told,
    last: Told,
    traceback: String,
}

/// One exception.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Told {
    text: String,
    /// File and line in the project.
    place: Option<String>,
    /// The module that was not found.
    module: Option<String>,
    /// The variable that was not set.
    variable: Option<String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.iter().map(|place| format!(" ({place})"));
        write!(f, "{}{}", self.text, place.collect::<String>())
    }
}

/// The fault for a failure.
pub(crate) fn fault(ctx: &Ctx, plan: &StagePlan, python: &PythonFacts, what: &str, failure: &Failure) -> Fault {
    ctx.ui.detail(failure.traceback.trim_end());
    let fault = Fault::new(what).because(&failure.first);
    let fault = if failure.last == failure.first { fault } else { fault.because(&failure.last) };
    match hint(&ctx.config, plan, python, [&failure.first, &failure.last]) {
        Ok(hint) => fault.hint(hint),
        Err(bad_pattern) => bad_pattern,
    }
}

fn hint(config: &Config, plan: &StagePlan, python: &PythonFacts, told: [&Told; 2]) -> Result<String> {
    for told in told {
        if let Some(module) = &told.module {
            return missing_module(config, plan, python, module);
        }
        if let Some(variable) = &told.variable {
            let place = told.place.as_deref().unwrap_or("the settings module");
            return Ok(format!(
                "{place} wants the variable {variable}, which nobody sets on a person's machine: give it a value there"
            ));
        }
        if let Some(language) = missing_language(&told.text) {
            return Ok(format!("add \"{language}\" to `packages.languages` in dds.toml"));
        }
    }
    Ok("mend what is said above; the same command with -v shows the whole traceback".to_owned())
}

/// The language whose catalogues are not shipped, in Django's words.
fn missing_language(text: &str) -> Option<&str> {
    let (_, language) = text.split_once("No translation files found for default language ")?;
    Some(language.trim_end_matches('.'))
}

/// Why a module is not there: a pattern took it out, or nobody brought it.
fn missing_module(config: &Config, plan: &StagePlan, python: &PythonFacts, module: &str) -> Result<String> {
    let path = module.replace('.', "/");
    let files = [format!("{path}.py"), format!("{path}/__init__.py")];
    let is_it = |source_root: &str, left: &str| {
        let mut files = files.iter().map(|file| below(source_root, file));
        files.any(|file| file == left || left.ends_with('/') && file.starts_with(left))
    };
    let of_root = |root| plan.left_out.iter().find(|left| is_it(root, &left.path)).map(|left| (root, left));
    if let Some((source_root, left)) = config.backend.sources().find_map(of_root) {
        let remedy = if config.backend.exclude.contains(&left.because) {
            format!("take \"{}\" out of `backend.exclude` in dds.toml", left.because)
        } else {
            format!("add \"{}*\" to `backend.include` in dds.toml", below(source_root, &path))
        };
        return Ok(format!("{} is left out because of \"{}\": {remedy}", left.path, left.because));
    }
    let library = python.purelib.rsplit_once('/').map_or("", |(library, _)| library);
    let native = format!("{library}/lib-dynload/{path}.so");
    let in_library = files.iter().map(|file| format!("{library}/{file}")).chain([native]);
    let (packages, interpreter) = (&config.packages, &config.python);
    for (section, rules, keep, own, candidates) in [
        ("packages", PACKAGES, &packages.keep, &packages.prune, files.to_vec()),
        ("python", PYTHON, &interpreter.keep, &interpreter.prune, in_library.collect()),
    ] {
        if let Some(remedy) = pruned(section, rules, keep, own, &candidates)? {
            return Ok(format!("{remedy}, which leaves out the module {module}"));
        }
    }
    let top = module.split('.').next().unwrap_or(module);
    let how = if packages.requirements.is_some() {
        format!("`cargo xtask adopt {} --add NAME` adds the one that does", config.backend.root)
    } else {
        "add the one that does to the dependencies in pyproject.toml (a development group is not shipped), then run `uv \
         lock` in the backend folder"
            .to_owned()
    };
    Ok(format!("no locked dependency brings `{top}`: {how}"))
}

/// How a file comes back that a rule or a pattern of dds.toml leaves out.
fn pruned(section: &str, rules: &[Rule], keep: &[String], own: &[String], files: &[String]) -> Result<Option<String>> {
    let leaves_out = |globs: &[String]| -> Result<bool> {
        let matcher = patterns(section, globs)?;
        Ok(files.iter().any(|file| matcher.is_match(file)))
    };
    for rule in rules.iter().filter(|rule| !keep.iter().any(|kept| kept == rule.name)) {
        let globs: Vec<String> = rule.globs.iter().map(|glob| (*glob).to_owned()).collect();
        if leaves_out(&globs)? {
            return Ok(Some(format!(
                "add \"{}\" to `{section}.keep` in dds.toml: it stands for {}",
                rule.name, rule.what
            )));
        }
    }
    for glob in own {
        if leaves_out(std::slice::from_ref(glob))? {
            return Ok(Some(format!("take \"{glob}\" out of `{section}.prune` in dds.toml")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_language_is_named() {
        assert_eq!(missing_language("OSError: No translation files found for default language pt-br."), Some("pt-br"));
        assert_eq!(missing_language("OSError: no space left"), None);
    }
}

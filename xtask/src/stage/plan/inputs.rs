//! What each layer is made from, and which files of the project are in which layer.

use crate::base::config::Config;
use crate::base::config::prune::{PACKAGES, PYTHON, Rule};
use crate::base::hash;
use crate::base::host::Host;
use crate::base::stat::HashedFile;
use crate::base::text::is_below;
use crate::stage::model::Input;
use crate::stage::plan::children::{COLLECTOR, COMPILER, FINDER, SHARED};
use crate::stage::plan::facts::Facts;
use crate::stage::plan::overlay;
use crate::stage::record::SCHEMA;

pub(super) fn beside(config: &Config, facts: &Facts) -> Vec<(String, String)> {
    let files = facts.seen.beside.iter().map(|file| file.path.clone());
    files.filter_map(|path| overlay::place(&config.backend, &path).map(|place| (path, place))).collect()
}

/// The program that compiles.
pub(super) const COMPILED_BY: &str = "compiler";

/// The interpreter that is shipped.
pub(super) const INTERPRETER: &str = "interpreter";

/// The interpreter that compiles, where that is another one.
pub(super) const COMPILED_WITH: &str = "interpreter of this machine";

pub(super) fn runtime_inputs(config: &Config, target: Host, facts: &Facts) -> Vec<Input> {
    let mut inputs = vec![
        Input::new("schema", SCHEMA.to_string()),
        Input::new("host", target.to_string()),
        Input::new(COMPILED_BY, hash::bytes(COMPILER.as_bytes())),
        Input::new("finder", hash::bytes(FINDER.as_bytes())),
        Input::new(INTERPRETER, facts.seen.source.identity()),
        Input::new("python.prune", prune_digest(PYTHON, &config.python.keep, &config.python.prune)),
    ];
    // Another patch release of Python may make other bytecode of the same source.
    inputs.extend(facts.own.as_ref().map(|own| Input::new(COMPILED_WITH, own.record.seen.source.identity())));
    inputs
}

pub(super) fn packages_inputs(config: &Config, runtime: &str, facts: &Facts) -> Vec<Input> {
    let seen = &facts.seen;
    let lock = seen.packages.iter().map(|package| format!("{package:?}")).chain(seen.indexes.iter().cloned());
    let lock: Vec<String> = lock.collect();
    let mut inputs = vec![
        Input::new("runtime", runtime),
        Input::new("uv", &facts.seen.uv_version),
        Input::new(seen.lock_name(), hash::lines(lock.iter().map(String::as_str))),
        Input::new("desktop_runtime", runtime_digest(facts)),
        Input::new("packages.prune", prune_digest(PACKAGES, &config.packages.keep, &config.packages.prune)),
        Input::new("packages.build", format!("{:?}", config.packages.build)),
    ];
    inputs.extend(seen.packages.iter().filter_map(|package| Some(Input::new(&package.name, seen.digest_of(package)?))));
    inputs
}

pub(super) fn app_inputs(config: &Config, runtime: &str, facts: &Facts) -> Vec<Input> {
    let mut inputs = vec![Input::new("runtime", runtime)];
    inputs.extend(backend_inputs(config));
    inputs.extend(files_of_project(config, facts, true));
    inputs
}

pub(super) fn backend_inputs(config: &Config) -> [Input; 6] {
    let backend = &config.backend;
    [
        Input::new("backend.cwd", backend.working_folder().as_str()),
        Input::new("backend.manage", backend.manage.as_ref().map_or("", |manage| manage.as_str())),
        Input::new("backend.source-roots", format!("{:?}", backend.source_roots)),
        Input::new("backend.folders", format!("{:?}", backend.folders)),
        Input::new("backend.settings-module", backend.running_settings()),
        Input::new("backend.launcher-command", backend.launcher().join(" ")),
    ]
}

/// Any file of the project may reach `collectstatic`: settings decide, and which ones did is known afterwards.
pub(super) fn static_inputs(config: &Config, keys: [&str; 2], facts: &Facts) -> Vec<Input> {
    let [runtime, packages] = keys;
    let mut inputs = vec![
        Input::new("runtime", runtime),
        Input::new("packages", packages),
        Input::new("collector", hash::bytes([COLLECTOR, SHARED].concat().as_bytes())),
        Input::new("backend.static", format!("{:?}", config.backend.r#static)),
        Input::new("packages.languages", format!("{:?}", config.packages.languages)),
    ];
    inputs.extend(backend_inputs(config));
    inputs.extend(files_of_project(config, facts, false));
    // Nobody sees them being read.
    let collected: Vec<String> =
        collected(config, facts).map(|file| format!("{} {}", file.sha256, file.path)).collect();
    inputs.push(Input::new("backend.static.prebuilt", hash::lines(collected.iter().map(String::as_str))));
    inputs
}

/// The files of the project that are shipped as they are.
pub(super) fn app_files<'a>(config: &'a Config, facts: &'a Facts) -> impl Iterator<Item = &'a HashedFile> {
    facts.seen.inputs.iter().filter(|file| !is_collected(config, &file.path))
}

/// Its static files that were collected before.
pub(super) fn collected<'a>(config: &'a Config, facts: &'a Facts) -> impl Iterator<Item = &'a HashedFile> {
    facts.seen.inputs.iter().filter(|file| is_collected(config, &file.path))
}

fn is_collected(config: &Config, path: &str) -> bool {
    config.backend.r#static.prebuilt.iter().any(|folder| is_below(path, folder.as_str()))
}

/// All that runs: the project, what lies beside `dds.toml`, and the overlay. Nothing that is collected or checked reads
/// the seed.
pub(super) fn files_of_project(config: &Config, facts: &Facts, with_seed: bool) -> Vec<Input> {
    let overlay = facts.seen.overlay.as_ref().map(|text| Input::new(overlay::FILE_NAME, hash::bytes(text.as_bytes())));
    let beside = facts.seen.beside.iter().filter_map(|file| {
        let place = overlay::place(&config.backend, &file.path)?;
        (with_seed || !overlay::is_seed(&place)).then(|| Input::new(place, file.sha256))
    });
    let app = app_files(config, facts).map(|file| Input::new(&file.path, file.sha256));
    app.chain(beside).chain(overlay).collect()
}

fn runtime_digest(facts: &Facts) -> String {
    let lines: Vec<String> = facts.seen.runtime.iter().map(|file| format!("{} {}", file.sha256, file.path)).collect();
    hash::lines(lines.iter().map(String::as_str))
}

fn prune_digest(rules: &[Rule], keep: &[String], own: &[String]) -> String {
    let rules = rules.iter().filter(|rule| !keep.iter().any(|kept| kept == rule.name));
    hash::lines(rules.flat_map(|rule| rule.globs.iter().copied()).chain(own.iter().map(String::as_str)))
}

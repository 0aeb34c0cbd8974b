//! Decides which layers of the staged backend are made anew, and why.

use camino::Utf8Path;

use crate::base::config::Config;
use crate::base::hash;
use crate::base::host::Host;
use crate::base::layout::Layout;
use crate::base::stat::HashedFile;

use crate::stage::facts::{Facts, Wish};
use crate::stage::model::{Input, Layer, LayerPlan, Seen, StagePlan};
use crate::stage::record::SCHEMA;

/// How many changed inputs of one layer are named.
const SHOWN: usize = 4;

/// The text of the program that compiles bytecode; a change of it changes all bytecode.
pub(crate) const COMPILE_SCRIPT: &str = include_str!("../../resources/compile_bytecode.py");

/// The text of the module that finds bytecode in its archives; every bundled interpreter imports it at its start.
pub(crate) const FINDER: &str = include_str!("../../resources/bytecode_finder.py");

/// The text of the program that runs `collectstatic`.
pub(crate) const COLLECT_SCRIPT: &str = include_str!("../../resources/collect_static.py");

/// The plan that brings `.stage/backend` up to date.
pub(crate) fn plan(config: &Config, layout: &Layout, host: Host, facts: &Facts, wish: &Wish) -> StagePlan {
    let runtime = layer(Layer::Runtime, runtime_inputs(config, host, facts), facts);
    let packages = layer(Layer::Packages, packages_inputs(config, &runtime.key, facts), facts);
    let app = layer(Layer::App, app_inputs(config, &runtime.key, facts), facts);
    let collected = layer(Layer::Static, static_inputs(config, [&runtime.key, &packages.key], facts), facts);
    let collected = if wish.force { collected } else { collected_before(&collected, facts).unwrap_or(collected) };
    let layers = vec![runtime, packages, app, collected];
    let mut because: Vec<String> = facts.drift.clone();
    if facts.record.is_some() {
        let changed = layers.iter().filter(|layer| !layer.because.is_empty());
        because.extend(changed.map(|plan| format!("{}: {}", plan.layer, plan.because.join(", "))));
    }
    if wish.force {
        because = vec!["--force".to_owned()];
    }
    StagePlan {
        app_files: app_files(facts).map(|file| file.path.clone()).collect(),
        layers,
        source: facts.source.clone(),
        because,
        target: layout.staged_backend(),
        offline: wish.offline,
        force: wish.force,
        decided_from: facts.record_digest.clone(),
        seen: Seen {
            taken_ns: facts.taken_ns,
            request: facts.request.clone(),
            instead_of: facts.instead_of.clone(),
            uv_version: facts.uv_version.clone(),
            inputs: facts.inputs.clone(),
        },
    }
}

fn runtime_inputs(config: &Config, host: Host, facts: &Facts) -> Vec<Input> {
    vec![
        Input::new("schema", SCHEMA.to_string()),
        Input::new("host", host.to_string()),
        Input::new("compiler", hash::bytes(COMPILE_SCRIPT.as_bytes())),
        Input::new("finder", hash::bytes(FINDER.as_bytes())),
        Input::new("interpreter", facts.source.identity()),
        Input::new("python.prune", list_digest(&config.python.prune)),
    ]
}

fn packages_inputs(config: &Config, runtime: &str, facts: &Facts) -> Vec<Input> {
    let lock = facts.inputs.iter().find(|file| file.path == "uv.lock");
    vec![
        Input::new("runtime", runtime),
        Input::new("uv", &facts.uv_version),
        Input::new("uv.lock", lock.map_or("", |file| &file.sha256)),
        Input::new("packages.languages", list_digest(&config.packages.languages)),
        Input::new("packages.prune", list_digest(&config.packages.prune)),
    ]
}

fn app_inputs(config: &Config, runtime: &str, facts: &Facts) -> Vec<Input> {
    let backend = &config.backend;
    let mut inputs = vec![
        Input::new("runtime", runtime),
        Input::new("backend.manage", backend.manage.as_str()),
        Input::new("backend.source-root", backend.source_root.as_str()),
        Input::new("backend.settings-module", &backend.settings_module),
        Input::new("backend.launcher-command", backend.launcher_command.join(" ")),
    ];
    inputs.extend(app_files(facts).map(|file| Input::new(&file.path, &file.sha256)));
    inputs
}

/// Templates and translations are the files that can't reach `collectstatic`; any other may (settings decide).
fn static_inputs(config: &Config, keys: [&str; 2], facts: &Facts) -> Vec<Input> {
    let [runtime, packages] = keys;
    let mut inputs = vec![
        Input::new("runtime", runtime),
        Input::new("packages", packages),
        Input::new("collector", hash::bytes(COLLECT_SCRIPT.as_bytes())),
        Input::new("backend.settings-module", &config.backend.settings_module),
    ];
    let counts = |file: &&HashedFile| !file.path.contains("/templates/") && !file.path.contains("/locale/");
    inputs.extend(app_files(facts).filter(counts).map(|file| Input::new(&file.path, &file.sha256)));
    inputs
}

/// The static layer of the last stage, where nothing changed but Python sources that were not read to make it: they
/// can't change what it collects as long as everything that was read, and each file's name, is the same.
fn collected_before(now: &LayerPlan, facts: &Facts) -> Option<LayerPlan> {
    let before = facts.record.as_ref()?.layers.iter().find(|before| before.layer == now.layer)?;
    let read = before.facts.read.as_ref()?;
    let same = |(before, now): (&Input, &Input)| {
        let unread = || Utf8Path::new(&now.name).extension() == Some("py") && !read.contains(&now.name);
        before.name == now.name && (before.value == now.value || unread())
    };
    let reusable = facts.stored.contains(&(before.layer, before.key.clone()))
        && before.inputs.len() == now.inputs.len()
        && before.inputs.iter().zip(&now.inputs).all(same);
    reusable.then(|| LayerPlan {
        layer: before.layer,
        key: before.key.clone(),
        inputs: before.inputs.clone(),
        stored: true,
        because: Vec::new(),
    })
}

fn app_files(facts: &Facts) -> impl Iterator<Item = &HashedFile> {
    facts.inputs.iter().filter(|file| file.path != "uv.lock")
}

fn list_digest(list: &[String]) -> String {
    hash::lines(list.iter().map(String::as_str))
}

fn layer(layer: Layer, inputs: Vec<Input>, facts: &Facts) -> LayerPlan {
    let lines: Vec<String> = inputs.iter().map(|input| format!("{}={}", input.name, input.value)).collect();
    let key = hash::lines(lines.iter().map(String::as_str))[..40].to_owned();
    let stored = facts.stored.contains(&(layer, key.clone()));
    let before = facts.record.as_ref().and_then(|record| record.layers.iter().find(|before| before.layer == layer));
    let because = before.map_or_else(Vec::new, |before| differences(&before.inputs, &inputs));
    LayerPlan { layer, key, inputs, stored, because }
}

/// What is different, a few words each: `src/a.py changed`.
fn differences(before: &[Input], now: &[Input]) -> Vec<String> {
    let value =
        |inputs: &[Input], name: &str| inputs.iter().find(|input| input.name == name).map(|input| input.value.clone());
    let mut differences: Vec<String> = now
        .iter()
        .filter_map(|input| match value(before, &input.name) {
            None => Some(format!("{} added", input.name)),
            Some(old) if old != input.value => Some(format!("{} changed", input.name)),
            Some(_) => None,
        })
        .chain(
            before
                .iter()
                .filter(|input| value(now, &input.name).is_none())
                .map(|input| format!("{} removed", input.name)),
        )
        .collect();
    if differences.len() > SHOWN {
        let rest = differences.len() - SHOWN;
        differences.truncate(SHOWN);
        differences.push(format!("{rest} more"));
    }
    differences
}

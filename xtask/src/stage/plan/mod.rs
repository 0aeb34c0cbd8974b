//! Decides which layers of the staged backend are made anew, why, and with which children.

pub(crate) mod boot;
pub(crate) mod children;
pub(crate) mod facts;
pub(crate) mod increment;
mod inputs;
pub(crate) mod left_out;
pub(crate) mod markers;
pub(crate) mod overlay;
pub(crate) mod own;
pub(crate) mod pinned;
mod reading;
pub(crate) mod requirements;
pub(crate) mod sources;
#[cfg(test)]
mod systems;
pub(crate) mod wheels;

use std::fmt;

use camino::Utf8PathBuf;

use self::children::{CHECKER, Children, SHARED};
use self::facts::{Facts, LayerPlan, differences, lock_changes};
use self::increment::{AppBefore, Recollect};
use self::inputs::{
    app_files, app_inputs, backend_inputs, beside, collected, files_of_project, packages_inputs, runtime_inputs,
    static_inputs,
};
use self::left_out::LeftOut;
use self::own::OwnStage;
use self::reading::Read;
use self::sources::Sources;
use crate::base::cmd::Cmd;
use crate::base::config::Config;
use crate::base::hash;
use crate::base::host::Host;
use crate::base::layout::Layout;
use crate::base::text::{count, slashed};
use crate::stage::model::{Input, Layer, Request, Seen};
use crate::stage::record::{Checked, Record};

/// The check of the staged tree by its own interpreter.
#[derive(Clone, Debug)]
pub(crate) struct CheckPlan {
    /// Everything that can change its outcome.
    pub(crate) inputs: Vec<Input>,
    /// The last check, where nothing that it loaded has changed.
    pub(crate) before: Option<Checked>,
}

/// How the staged backend is brought up to date.
#[derive(Clone, Debug)]
pub(crate) struct StagePlan {
    /// The four layers, in order.
    pub(crate) layers: Vec<LayerPlan>,
    /// Files of the app layer, relative to the backend folder, in order.
    pub(crate) app_files: Vec<String>,
    /// Where static files lie in the tree.
    pub(crate) static_folder: &'static str,
    /// Static files that were collected before, relative to the backend folder.
    pub(crate) collected: Vec<String>,
    /// Files from beside `dds.toml`, relative to it, and their places in the tree.
    pub(crate) beside: Vec<(String, String)>,
    /// What of the project is not shipped.
    pub(crate) left_out: Vec<LeftOut>,
    /// How the result is checked.
    pub(crate) check: CheckPlan,
    /// Why the tree is put together anew; nothing is done when empty.
    pub(crate) because: Vec<String>,
    /// The tree that is replaced.
    pub(crate) target: Utf8PathBuf,
    /// No child may use the network.
    pub(crate) offline: bool,
    /// Make each layer, also those that the store has.
    pub(crate) force: bool,
    /// Digest of the record that this was decided from; another one means that another stage was faster.
    pub(crate) decided_from: String,
    /// The record of the last stage.
    pub(crate) before: Option<Record>,
    /// The stage for this machine, where this one is for another system.
    pub(crate) own: Option<OwnStage>,
    /// Nothing is made, but what was seen is recorded.
    pub(crate) refresh: bool,
    /// Where the packages come from.
    pub(crate) sources: Sources,
    /// The last version of the app layer, where it helps to make the next one.
    pub(crate) app_before: Option<AppBefore>,
    /// Versions of layers in the store whose bytecode is taken over.
    pub(crate) compiled: Vec<(Layer, String)>,
    /// How the static files are brought up to date, where Django need not start for it.
    pub(crate) recollect: Option<Recollect>,
    /// The processes that are started.
    pub(crate) children: Children,
    /// What goes into the new record.
    pub(crate) seen: Seen,
}

impl StagePlan {
    /// The plan of one layer.
    pub(crate) fn layer(&self, layer: Layer) -> &LayerPlan {
        &self.layers[layer as usize]
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.because.is_empty()
    }

    /// Whether the last stage had the same version of a layer.
    pub(crate) fn is_as_before(&self, layer: Layer) -> bool {
        let before = self.before.as_ref().and_then(|record| record.layer(layer));
        before.is_some_and(|before| before.key == self.layer(layer).key)
    }

    /// Whether a layer has to be made.
    pub(crate) fn makes(&self, layer: Layer) -> bool {
        self.force || !self.layer(layer).stored
    }

    /// Whether the last version of the app layer has the bytecode of the next one.
    pub(crate) fn has_app_bytecode(&self) -> bool {
        self.app_before.as_ref().is_some_and(|before| before.has_bytecode)
    }

    /// How a layer is made, a few words.
    fn how(&self, layer: Layer) -> String {
        match layer {
            layer if !self.makes(layer) => "reuse from the store".to_owned(),
            Layer::Runtime => self.seen.source.to_string(),
            Layer::Packages => format!("uv pip install exactly what {} says", self.seen.lock_name()),
            Layer::App => {
                let how = if self.has_app_bytecode() { "copy" } else { "copy and compile" };
                format!("{how} {}", count(self.app_files.len(), "file"))
            }
            Layer::Static if self.own.is_some() => "copy what was collected for this machine".to_owned(),
            Layer::Static if !self.collected.is_empty() && self.recollect.is_none() => {
                format!("copy {} that were collected before", count(self.collected.len(), "file"))
            }
            Layer::Static => self.recollect.as_ref().map_or_else(
                || "manage.py collectstatic".to_owned(),
                |recollect| format!("copy {} over the last version", count(recollect.files.len(), "changed file")),
            ),
        }
    }

    /// The processes that make a layer.
    fn processes(&self, layer: Layer) -> impl Iterator<Item = &Cmd> {
        let is_copied = match layer {
            Layer::App => self.has_app_bytecode(),
            Layer::Static => self.recollect.is_some() || self.own.is_some(),
            Layer::Runtime | Layer::Packages => false,
        };
        let starts = self.makes(layer) && !is_copied;
        starts.then(|| self.children.of(layer)).into_iter().flatten()
    }
}

impl fmt::Display for StagePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_up_to_date() {
            return write!(f, "keep    {} (up to date)", self.target);
        }
        for plan in &self.layers {
            writeln!(f, "layer   {:<9} {}  {}", plan.layer, &plan.key[..12], self.how(plan.layer))?;
            self.processes(plan.layer).try_for_each(|cmd| writeln!(f, "  run   {cmd}"))?;
        }
        if let Some([check, _]) = &self.children.check_lock {
            writeln!(f, "check   {check}")?;
        }
        if self.check.before.is_none() {
            writeln!(f, "check   the staged interpreter loads settings, URLconf and WSGI application")?;
            writeln!(f, "  run   {}", self.children.check)?;
        }
        write!(f, "swap    {} ({})", slashed(self.target.as_str()), self.because.join("; "))
    }
}

/// The plan that brings `.stage/backend`, or that of another target, up to date on `host`.
pub(crate) fn plan(config: &Config, layout: &Layout, host: Host, facts: Facts, request: &Request) -> StagePlan {
    let layers = layers(config, request.target, &facts, request.force);
    let sources = Sources::new(&facts.seen, &facts.version, request.target, &config.packages.build);
    let of = |layer: Layer| Some(&layers[layer as usize]).filter(|_| !request.force);
    let app_before = of(Layer::App).and_then(|app| increment::app(app, &facts));
    let compiled = if request.force { Vec::new() } else { increment::compiled(&layers, &facts) };
    let recollect = of(Layer::Static)
        .filter(|_| facts.own.is_none())
        .and_then(|collected| increment::static_files(collected, &facts));
    StagePlan {
        app_files: app_files(config, &facts).map(|file| file.path.clone()).collect(),
        static_folder: overlay::static_folder(&config.backend, &facts.seen.inputs),
        collected: collected(config, &facts).map(|file| file.path.clone()).collect(),
        beside: beside(config, &facts),
        check: check(config, &layers, &facts, request.force),
        because: because(&layers, &facts, request.force),
        layers,
        target: layout.staged_backend(),
        offline: request.offline,
        force: request.force,
        children: Children::new(config, layout, host, &facts, request, &sources, &compiled),
        app_before,
        compiled,
        recollect,
        left_out: facts.left_out,
        sources,
        decided_from: facts.record_digest,
        refresh: facts.is_stale,
        before: facts.record,
        own: facts.own,
        seen: facts.seen,
    }
}

fn layers(config: &Config, target: Host, facts: &Facts, force: bool) -> Vec<LayerPlan> {
    let runtime = layer(Layer::Runtime, runtime_inputs(config, target, facts), facts);
    let packages = layer(Layer::Packages, packages_inputs(config, &runtime.key, facts), facts);
    let app = layer(Layer::App, app_inputs(config, &runtime.key, facts), facts);
    if let Some(collected) = collected_here(facts) {
        return vec![runtime, packages, app, collected];
    }
    let collected = layer(Layer::Static, static_inputs(config, [&runtime.key, &packages.key], facts), facts);
    let collected = if force { collected } else { collected_before(&collected, facts).unwrap_or(collected) };
    vec![runtime, packages, app, collected]
}

/// Why the tree is put together anew.
fn because(layers: &[LayerPlan], facts: &Facts, force: bool) -> Vec<String> {
    if force {
        return vec!["--force".to_owned()];
    }
    let mut because = facts.drift.clone();
    if facts.record.is_some() {
        let changed = layers.iter().filter(|layer| !layer.because.is_empty());
        because.extend(changed.map(|plan| format!("{}: {}", plan.layer, plan.because.join(", "))));
    }
    if because.is_empty() {
        because.extend(lock_changes(facts).unwrap_or_default());
    }
    because
}

/// The check of the tree; the last one counts as long as nothing that it loaded has changed.
fn check(config: &Config, layers: &[LayerPlan], facts: &Facts, force: bool) -> CheckPlan {
    let mut inputs = vec![Input::new("checker", hash::bytes([CHECKER, SHARED].concat().as_bytes()))];
    let keys = layers.iter().filter(|layer| matches!(layer.layer, Layer::Runtime | Layer::Packages));
    inputs.extend(keys.map(|layer| Input::new(layer.layer.name(), &layer.key)));
    inputs.extend(backend_inputs(config));
    inputs.extend(files_of_project(config, facts, false));
    if let Some(own) = &facts.own {
        return CheckPlan { before: Some(own.check()), inputs };
    }
    let before = facts.record.as_ref().filter(|_| !force).map(|record| &record.check);
    let counts = |before: &&Checked| {
        before.inputs == inputs
            || before.read.as_deref().is_some_and(|read| !Read::by_imports(read).is_affected(&before.inputs, &inputs))
    };
    CheckPlan { before: before.filter(counts).cloned(), inputs }
}

/// The static layer of the stage for this machine, which is the same for every system.
fn collected_here(facts: &Facts) -> Option<LayerPlan> {
    let own = facts.own.as_ref()?.record.layer(Layer::Static)?;
    let before = facts.record.as_ref().and_then(|record| record.layer(Layer::Static));
    Some(LayerPlan {
        layer: Layer::Static,
        key: own.key.clone(),
        inputs: own.inputs.clone(),
        stored: facts.stored.contains(&(Layer::Static, own.key.clone())),
        because: before.map_or_else(Vec::new, |before| differences(&before.inputs, &own.inputs)),
    })
}

/// The static layer of the last stage, where nothing has changed that was read to make it.
fn collected_before(now: &LayerPlan, facts: &Facts) -> Option<LayerPlan> {
    let before = facts.record.as_ref()?.layers.iter().find(|before| before.layer == now.layer)?;
    let read = Read::by_any_code(before.facts.read.as_ref()?);
    let is_stored = facts.stored.contains(&(before.layer, before.key.clone()));
    let reusable = is_stored && !read.is_affected(&before.inputs, &now.inputs);
    reusable.then(|| LayerPlan {
        layer: before.layer,
        key: before.key.clone(),
        inputs: before.inputs.clone(),
        stored: true,
        because: Vec::new(),
    })
}

fn layer(layer: Layer, inputs: Vec<Input>, facts: &Facts) -> LayerPlan {
    let lines: Vec<String> = inputs.iter().map(|input| format!("{}={}", input.name, input.value)).collect();
    let key = hash::lines(&lines)[..40].to_owned();
    let stored = facts.stored.contains(&(layer, key.clone()));
    let before = facts.record.as_ref().and_then(|record| record.layers.iter().find(|before| before.layer == layer));
    let because = before.map_or_else(Vec::new, |before| differences(&before.inputs, &inputs));
    LayerPlan { layer, key, inputs, stored, because }
}

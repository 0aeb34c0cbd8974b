//! What a stage is decided from, and a layer of it.

use std::collections::{BTreeSet, HashMap};

use crate::stage::model::{Input, Layer, Seen};
use crate::stage::plan::left_out::LeftOut;
use crate::stage::plan::own::OwnStage;
use crate::stage::record::Record;

/// How many changed inputs of one layer are named.
const SHOWN: usize = 4;

/// What a plan is decided from.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The last stage.
    pub(crate) record: Option<Record>,
    /// The stage for this machine, where this one is for another system.
    pub(crate) own: Option<OwnStage>,
    /// It is right, but written anew it would let the next stage look less closely.
    pub(crate) is_stale: bool,
    /// Digest of the record file, to notice when another stage has written a new one meanwhile.
    pub(crate) record_digest: String,
    /// Inputs, the interpreter, uv.
    pub(crate) seen: Seen,
    /// Layers in the store.
    pub(crate) stored: BTreeSet<(Layer, String)>,
    /// What of the project is not shipped.
    pub(crate) left_out: Vec<LeftOut>,
    /// Keys of the wheels in the store that were built.
    pub(crate) wheels: BTreeSet<String>,
    /// The full version of the interpreter, as far as it is known.
    pub(crate) version: String,
    /// What is not as the last stage left it, up to a handful of sentences.
    pub(crate) drift: Vec<String>,
    /// Processors of this machine.
    pub(crate) processors: usize,
}

/// One layer of a stage.
#[derive(Clone, Debug)]
pub(crate) struct LayerPlan {
    /// Which one.
    pub(crate) layer: Layer,
    /// Digest over all its inputs, the name of its folder in the store.
    pub(crate) key: String,
    /// Everything that can change its bytes.
    pub(crate) inputs: Vec<Input>,
    /// Whether the store has it.
    pub(crate) stored: bool,
    /// What is different from the last stage, for people; empty when nothing is.
    pub(crate) because: Vec<String>,
}

/// What is different of the lock and what it is made from; nothing where no stage compared them.
pub(crate) fn lock_changes(facts: &Facts) -> Option<Vec<String>> {
    let before = facts.record.as_ref()?.seen.lock_inputs();
    Some(differences(&before, &facts.seen.lock_inputs()))
}

/// What is different, a few words each: `src/a.py changed`.
pub(super) fn differences(before: &[Input], now: &[Input]) -> Vec<String> {
    if before == now {
        return Vec::new();
    }
    let (old, new) = (values(before), values(now));
    let told = |input: &Input| match old.get(input.name.as_str()) {
        None => Some(format!("{} added", input.name)),
        Some(value) if *value != input.value.as_str() => Some(format!("{} changed", input.name)),
        Some(_) => None,
    };
    let removed = before.iter().filter(|input| !new.contains_key(input.name.as_str()));
    let removed = removed.map(|input| format!("{} removed", input.name));
    let mut differences: Vec<String> = now.iter().filter_map(told).chain(removed).collect();
    if differences.len() > SHOWN {
        let rest = differences.len() - SHOWN;
        differences.truncate(SHOWN);
        differences.push(format!("{rest} more"));
    }
    differences
}

fn values(inputs: &[Input]) -> HashMap<&str, &str> {
    inputs.iter().map(|input| (input.name.as_str(), input.value.as_str())).collect()
}

//! What a new version of a layer takes over from the one of the last stage: an edit costs what changed, not what is
//! there.

use super::inputs::{COMPILED_BY, COMPILED_WITH, INTERPRETER};
use super::reading::Read;
use crate::stage::model::{Input, Layer};
use crate::stage::plan::facts::{Facts, LayerPlan};
use crate::stage::record::LayerRecord;

/// Static files that are copied out of the project again; Django need not start for it.
#[derive(Clone, Debug)]
pub(crate) struct Recollect {
    /// The version of the layer that has all others, by the name of its folder in the store.
    pub(crate) from: String,
    /// Those that changed: where they are in the project, and in the layer.
    pub(crate) files: Vec<(String, String)>,
}

/// The last version of the app layer, for the same interpreter.
#[derive(Clone, Debug)]
pub(crate) struct AppBefore {
    /// The name of its folder in the store.
    pub(crate) key: String,
    /// Whether its bytecode is that of the next version, too.
    pub(crate) has_bytecode: bool,
}

/// The last version of the app layer, where it helps to make the next one.
pub(super) fn app(now: &LayerPlan, facts: &Facts) -> Option<AppBefore> {
    let before = before(now, facts)?;
    let is_same = value(&before.inputs, "runtime") == value(&now.inputs, "runtime");
    let has_bytecode = !Read::by_compiler().is_affected(&before.inputs, &now.inputs);
    is_same.then(|| AppBefore { key: before.key.clone(), has_bytecode })
}

/// Versions of the layers that have to be made whose bytecode comes from the same interpreter, by the names of their
/// folders: the last ones, and for another system those of this machine.
pub(super) fn compiled(layers: &[LayerPlan], facts: &Facts) -> Vec<(Layer, String)> {
    let now = compiler(&layers[Layer::Runtime as usize].inputs);
    let records = facts.record.iter().chain(facts.own.iter().map(|own| &own.record));
    let same =
        records.filter(|record| record.layer(Layer::Runtime).is_some_and(|before| compiler(&before.inputs) == now));
    let versions = same.flat_map(|record| &record.layers).map(|before| (before.layer, before.key.clone()));
    let is_missing = |layer: Layer| layers.iter().any(|now| now.layer == layer && !now.stored);
    versions
        .filter(|version| version.0 != Layer::Static && is_missing(version.0) && facts.stored.contains(version))
        .collect()
}

/// What decides which bytecode a source gets: the program, and the interpreter that runs it.
fn compiler(runtime: &[Input]) -> [Option<&str>; 2] {
    [value(runtime, COMPILED_BY), value(runtime, COMPILED_WITH).or_else(|| value(runtime, INTERPRETER))]
}

/// Static files of which only the content changed, where Django's own `collectstatic` copies content as it is.
pub(super) fn static_files(now: &LayerPlan, facts: &Facts) -> Option<Recollect> {
    let before = before(now, facts)?;
    let changed = Read::by_any_code(before.facts.read.as_ref()?).affecting(&before.inputs, &now.inputs);
    let copied = |source: &str| {
        let (_, place) = before.facts.verbatim.iter().find(|(verbatim, _)| verbatim == source)?;
        // A file that is not what it was copied from was written by somebody else.
        let is_copy = digest(facts, place)? == value(&before.inputs, source)?;
        (is_copy && value(&now.inputs, source).is_some()).then(|| (source.to_owned(), place.clone()))
    };
    let files = changed.into_iter().map(copied).collect::<Option<_>>()?;
    Some(Recollect { from: before.key.clone(), files })
}

/// The last version of a layer that has to be made.
fn before<'a>(now: &LayerPlan, facts: &'a Facts) -> Option<&'a LayerRecord> {
    let before = facts.record.as_ref()?.layer(now.layer)?;
    (!now.stored && facts.stored.contains(&(now.layer, before.key.clone()))).then_some(before)
}

/// The digest of a staged static file, unless it is a program: what is copied again is none.
fn digest(facts: &Facts, path: &str) -> Option<String> {
    let record = facts.record.as_ref()?;
    let at = record.tree.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
    let is_static = record.owners.get(at) == Some(&Some(Layer::Static));
    (is_static && !record.tree[at].stat.executable).then(|| record.tree[at].sha256.to_string())
}

fn value<'a>(inputs: &'a [Input], name: &str) -> Option<&'a str> {
    inputs.iter().find(|input| input.name == name).map(|input| input.value.as_str())
}

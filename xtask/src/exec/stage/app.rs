//! The app layer: the entry script and the sources, as they are in the checkout, with bytecode.

use camino::Utf8PathBuf;

use super::store::StoredLayer;
use super::{bytecode, store};
use crate::ctx::Ctx;
use crate::fault::Result;
use crate::record::LayerFacts;
use crate::step::stage::StagePlan;

/// Makes the layer in `tree`.
pub(super) fn make(ctx: &Ctx, plan: &StagePlan, runtime: &StoredLayer, tree: &Utf8PathBuf) -> Result<LayerFacts> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    store::copy_files(&backend, tree, plan.app_files.iter().map(String::as_str))?;
    let python = runtime.tree.join(&runtime.python()?.executable);
    bytecode::compile(ctx, &python, tree, "app", bytecode::Broken::Refuse)?;
    Ok(LayerFacts::default())
}

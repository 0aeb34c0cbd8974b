//! The app layer: the entry script and the sources, as they are in the checkout, with bytecode.

use camino::Utf8PathBuf;

use crate::base::ctx::Ctx;
use crate::base::fault::Result;
use crate::stage::bytecode;
use crate::stage::model::StagePlan;
use crate::stage::record::LayerFacts;

use crate::stage::store::{self, StoredLayer};

/// Makes the layer in `tree`.
pub(crate) fn make(ctx: &Ctx, plan: &StagePlan, runtime: &StoredLayer, tree: &Utf8PathBuf) -> Result<LayerFacts> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    store::copy_files(&backend, tree, plan.app_files.iter().map(String::as_str))?;
    let python = runtime.tree.join(&runtime.python()?.executable);
    bytecode::compile(ctx, &python, tree, "app", bytecode::Broken::Refuse)?;
    Ok(LayerFacts::default())
}

//! `docs-build`: the documentation as pages.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec::{self, Done};
use crate::fault::Result;
use crate::plan::docs;

/// Build the documentation: pages in `docs/_build/html`. Any warning fails.
///
/// The pages need no network: whatever they show is beside them.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask docs-build")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    build(ctx).map(drop)
}

/// Builds, and says where the pages are.
pub(crate) fn build(ctx: &Ctx) -> Result<Done> {
    let python = super::interpreter_of(ctx, &ctx.layout.docs_venv())?;
    let done = exec::finish(ctx, &docs::build(&ctx.layout, super::docs::facts(ctx, python.as_deref())))?;
    if done == Done::Applied {
        ctx.ui.say(format_args!("{}/_build/html/index.html", ctx.layout.docs()));
    }
    Ok(done)
}

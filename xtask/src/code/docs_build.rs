//! `docs-build`: the documentation as pages.

use clap::Args as ClapArgs;

use crate::base::act::{Done, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::code::docs_plan;

/// Build the documentation: pages in `docs/_build/html`. Any warning fails.
///
/// The pages need no network: whatever they show is beside them.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask docs-build")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        build(ctx).map(drop)
    }
}

/// Builds, and says where the pages are.
pub(crate) fn build(ctx: &Ctx) -> Result<Done> {
    let python = crate::base::uv::interpreter_of(ctx, &ctx.layout.docs_venv())?;
    let done = finish(ctx, &docs_plan::build(&ctx.layout, crate::code::docs::facts(ctx, python.as_deref())))?;
    if done == Done::Applied {
        ctx.ui.say(format_args!("{}/_build/html/index.html", ctx.layout.docs()));
    }
    Ok(done)
}

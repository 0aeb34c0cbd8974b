//! `docs`: builds the documentation and opens it.

use camino::Utf8Path;
use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::plan::docs::{self, Facts};
use crate::{exec, probe};

/// Build the documentation and open it: in the browser of this machine.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask docs")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let _built = super::docs_build::build(ctx)?;
    exec::finish(ctx, &docs::open(&ctx.layout, facts(ctx, None))).map(drop)
}

/// What of the documentation's tools is there.
pub(super) fn facts<'a>(ctx: &Ctx, python: Option<&'a Utf8Path>) -> Facts<'a> {
    Facts { has_modules: probe::tools::has_modules(ctx, ctx.layout.docs()), python }
}

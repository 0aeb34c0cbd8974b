//! `docs`: builds the documentation and opens it.

use camino::Utf8Path;
use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::base::tools;

use crate::code::docs_plan::{self, Facts};

/// Build the documentation and open it: in the browser of this machine.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask docs")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let _built = crate::code::docs_build::build(ctx)?;
        finish(ctx, &docs_plan::open(&ctx.layout, facts(ctx, None))).map(drop)
    }
}

/// What of the documentation's tools is there.
pub(crate) fn facts<'a>(ctx: &Ctx, python: Option<&'a Utf8Path>) -> Facts<'a> {
    Facts { has_modules: tools::has_modules(ctx, ctx.layout.docs()), python }
}

//! The documentation as pages: `docs-build`, `docs`, `docs-serve`.

mod plan;

use camino::Utf8Path;
use clap::Args;

use crate::base::act::{Plan, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::base::{tools, uv};
use crate::code::docs::plan::Sphinx;

/// Build the documentation: pages in `docs/_build/html`. Any warning fails.
///
/// The pages work without a network.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask docs-build")]
pub(crate) struct Build {}

impl Run for Build {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        finish(ctx, &build(ctx)?)
    }
}

/// Build the documentation and open it: in the browser of this machine.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask docs")]
pub(crate) struct Open {}

impl Run for Open {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        finish(ctx, &build(ctx)?.and(plan::open(&ctx.layout, observe(ctx, None))))
    }
}

/// Serve the documentation, rebuilt on each change: on <http://127.0.0.1:8002>; Ctrl-C stops it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask docs-serve --port 8010")]
pub(crate) struct Serve {
    /// The port.
    #[arg(long, default_value_t = 8002)]
    port: u16,
}

impl Run for Serve {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = uv::interpreter_of(ctx, &ctx.layout.docs_venv())?;
        finish(ctx, &plan::serve(&ctx.layout, observe(ctx, python.as_deref()), self.port))
    }
}

/// Builds the pages, and says where they are.
pub(crate) fn build(ctx: &Ctx) -> Result<Plan> {
    let python = uv::interpreter_of(ctx, &ctx.layout.docs_venv())?;
    Ok(plan::build(&ctx.layout, observe(ctx, python.as_deref())))
}

fn observe<'a>(ctx: &Ctx, python: Option<&'a Utf8Path>) -> Sphinx<'a> {
    Sphinx { has_modules: tools::has_modules(ctx, ctx.layout.docs()), python }
}

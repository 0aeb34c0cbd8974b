//! `electron-test`: the shell's own tests.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::electron;
use crate::{exec, probe};

/// Test the Electron shell. Electron's own program is not needed.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask electron-test")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let facts = probe::electron::facts(ctx)?;
    exec::finish(ctx, &electron::with_modules(&facts).run(electron::test())).map(drop)
}

//! `electron-start`, `dev`: the window while one works on the app.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::electron;
use crate::{exec, probe};

/// Start the Electron shell on the development backend.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask dev")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    // The shell runs the backend with uv, which this brings where there is none.
    crate::cmd::interpreter(ctx)?;
    exec::finish(ctx, &electron::start(&probe::electron::facts(ctx)?)).map(drop)
}

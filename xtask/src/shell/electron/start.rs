//! `electron-start`, `dev`: the window while one works on the app.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::electron::{observe, plan};

/// Start the Electron shell on the development backend.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask dev")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        // The shell runs the backend with uv, which this brings where there is none.
        crate::base::uv::interpreter(ctx)?;
        finish(ctx, &plan::start(&observe::facts(ctx)?)).map(drop)
    }
}

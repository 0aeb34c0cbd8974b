//! `build`: the backend as a wheel.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::step::{Cmd, Plan};

/// Build the backend as a wheel into `dist/`. Staging does not need it: the app is shipped as sources.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask build")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    let dist = ctx.layout.absolute(ctx.layout.dist());
    let mut wheel = Cmd::new("uv").args(["build", "--wheel", "--out-dir", dist.as_str()]).cwd(ctx.layout.backend());
    // Without this uv may fetch a second interpreter only to build with it.
    let venv = ctx.layout.absolute(ctx.layout.backend_venv());
    if let Some(python) = interpreter.or_else(|| venv.is_dir().then_some(venv)) {
        wheel = wheel.args(["--python", python.as_str()]);
    }
    exec::finish(ctx, &Plan::new().run(wheel)).map(drop)
}

//! `build`: the backend as a wheel.

use clap::Args as ClapArgs;

use crate::base::act::{Plan, finish};
use crate::base::cmd::Cmd;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

/// Build the backend as a wheel into `dist/`. Staging does not need it: the app is shipped as sources.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask build")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let dist = ctx.layout.absolute(ctx.layout.dist());
        let mut wheel = Cmd::new("uv").args(["build", "--wheel", "--out-dir", dist.as_str()]).cwd(ctx.layout.backend());
        // Without this uv may fetch a second interpreter only to build with it.
        let venv = ctx.layout.absolute(ctx.layout.backend_venv());
        if let Some(python) = interpreter.or_else(|| venv.is_dir().then_some(venv)) {
            wheel = wheel.args(["--python", python.as_str()]);
        }
        finish(ctx, &Plan::new().run(wheel)).map(drop)
    }
}

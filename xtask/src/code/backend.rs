//! The Django project while one works on it: its database, its server, its worker, and its wheel.

use clap::Args;

use crate::base::act::{Plan, finish};
use crate::base::cmd::Cmd;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::base::{backend, uv};

/// Apply the migrations to the development database.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask migrate\n  cargo xtask migrate -- --plan")]
pub(crate) struct Migrate {
    /// Arguments for `manage.py migrate`.
    #[arg(last = true)]
    rest: Vec<String>,
}

impl Run for Migrate {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let rest = self.rest.iter().map(String::as_str);
        manage(ctx, &["migrate"].into_iter().chain(rest).collect::<Vec<_>>())
    }
}

/// Serve the backend on <http://127.0.0.1:8000> with the development settings; Ctrl-C stops it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask migrate && cargo xtask backend-dev")]
pub(crate) struct Serve {
    /// The port.
    #[arg(long, default_value_t = 8000)]
    port: u16,
}

impl Run for Serve {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        manage(ctx, &["runserver", &format!("127.0.0.1:{}", self.port)])
    }
}

/// Run the tasks that the development backend queues; Ctrl-C stops it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask task-worker")]
pub(crate) struct Worker {}

impl Run for Worker {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        manage(ctx, &["db_worker"])
    }
}

/// Runs a management command with the development settings.
fn manage(ctx: &Ctx, args: &[&str]) -> Result<()> {
    let python = uv::interpreter(ctx)?;
    let cmd = backend::manage(&ctx.config, &ctx.layout, python.as_deref(), args);
    finish(ctx, &Plan::new().run(cmd))
}

/// Build the backend as a wheel into `dist/`. Staging does not need it: the app is shipped as sources.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask build")]
pub(crate) struct Build {}

impl Run for Build {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        backend::is_written_here(ctx)?;
        let python = uv::interpreter_of(ctx, &ctx.layout.backend_venv())?;
        let dist = ctx.layout.absolute(ctx.layout.dist());
        let mut wheel = Cmd::new("uv").args(["build", "--wheel", "--out-dir", dist.as_str()]).cwd(ctx.layout.backend());
        // Without this uv may fetch a second interpreter only to build with it.
        let venv = ctx.layout.absolute(ctx.layout.backend_venv());
        if let Some(python) = python.or_else(|| venv.is_dir().then_some(venv)) {
            wheel = wheel.args(["--python", python.as_str()]);
        }
        finish(ctx, &Plan::new().run(wheel))
    }
}

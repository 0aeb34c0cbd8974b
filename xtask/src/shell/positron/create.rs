//! `positron-create`: Briefcase's project for this machine's system.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::positron::{observe, plan};

/// Create the Positron app with Briefcase. Its template comes from GitHub.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-create")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = crate::shell::positron::interpreter(ctx)?;
        let facts = observe::facts(ctx);
        let plan = plan::briefcase(&ctx.layout, python.as_deref(), &facts, &["create"]);
        finish(ctx, &plan).map(drop)
    }
}

//! `tauri-build`: installers for people.

use clap::Args as ClapArgs;

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::env;

use crate::base::fault::{Fault, Result};
use crate::shell::packages;

use crate::shell::tauri::{observe, plan};
use crate::stage::packaged_stage;

/// Package the Tauri shell for this machine's system. Stages first, prints the packages, writes their checksums; signs where
/// a key is set.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask tauri-build\n  cargo xtask tauri-build -- --bundles deb")]
pub(crate) struct Args {
    /// Allow a Python that was copied from this machine although CI is set.
    #[arg(long)]
    allow_host_python: bool,
    /// Arguments for the Tauri command line; `--bundles` replaces the usual kind of package.
    #[arg(last = true)]
    rest: Vec<String>,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        refuse_half_an_update_source(ctx)?;
        packaged_stage::stage(ctx)?;
        packages::refuse_host_python_in_ci(ctx, self.allow_host_python)?;
        let facts = observe::facts(ctx)?;
        let (config, layout) = (&ctx.config, &ctx.layout);
        if finish(ctx, &plan::package(config, layout, ctx.host, &facts, &self.rest))? == Done::Printed {
            return Ok(());
        }
        let bundles = observe::bundles(ctx)?;
        if bundles.is_empty() {
            return Err(Fault::new(format!("the Tauri command line left no package in {}", plan::TARGET))
                .hint("look at what it says above; arguments after `--` may have switched packages off"));
        }
        let copies = bundles.iter().map(|(from, to)| Step::Copy { from: from.clone(), to: to.clone() });
        finish(ctx, &copies.fold(Plan::new(), Plan::then)).map(drop)?;
        let packages: Vec<_> = bundles.into_iter().map(|(_, to)| to).collect();
        packages::tell(ctx, &packages, &plan::checksums(layout, &config.project.name, ctx.host.os))?;
        if let Some(checklist) = plan::checklist(ctx.host.os) {
            ctx.ui.say(observe::text(ctx, checklist)?);
        }
        Ok(())
    }
}

/// The program would tell people of it, much later.
fn refuse_half_an_update_source(ctx: &Ctx) -> Result<()> {
    match plan::update_problem(ctx.env.get(env::UPDATE_ENDPOINTS), ctx.env.get(env::UPDATE_PUBLIC_KEY)) {
        None => Ok(()),
        Some(problem) => Err(Fault::new("the source of updates is not set up right")
            .because(problem)
            .hint("set both variables, or none for a program that does not update itself")),
    }
}

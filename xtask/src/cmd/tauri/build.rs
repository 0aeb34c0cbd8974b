//! `tauri-build`: installers for people.

use clap::Args as ClapArgs;

use crate::cmd::{packaged_stage, packages};
use crate::ctx::Ctx;
use crate::env;
use crate::exec::{self, Done};
use crate::fault::{Fault, Result};
use crate::probe;
use crate::shell::tauri;
use crate::step::{Plan, Step};

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

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    refuse_half_an_update_source(ctx)?;
    packaged_stage::stage(ctx)?;
    packages::refuse_host_python_in_ci(ctx, args.allow_host_python)?;
    let facts = probe::tauri::facts(ctx)?;
    let (config, layout) = (&ctx.config, &ctx.layout);
    if exec::finish(ctx, &tauri::package(config, layout, ctx.host, &facts, &args.rest))? == Done::Printed {
        return Ok(());
    }
    let bundles = probe::tauri::bundles(ctx)?;
    if bundles.is_empty() {
        return Err(Fault::new(format!("the Tauri command line left no package in {}", tauri::TARGET))
            .hint("look at what it says above; arguments after `--` may have switched packages off"));
    }
    let copies = bundles.iter().map(|(from, to)| Step::Copy { from: from.clone(), to: to.clone() });
    exec::finish(ctx, &copies.fold(Plan::new(), Plan::then)).map(drop)?;
    let packages: Vec<_> = bundles.into_iter().map(|(_, to)| to).collect();
    packages::tell(ctx, &packages, &tauri::checksums(layout, &config.project.name, ctx.host.os))?;
    if let Some(checklist) = tauri::checklist(ctx.host.os) {
        ctx.ui.say(probe::tauri::text(ctx, checklist)?);
    }
    Ok(())
}

/// The program would tell people of it, much later.
fn refuse_half_an_update_source(ctx: &Ctx) -> Result<()> {
    match tauri::update_problem(ctx.env.get(env::UPDATE_ENDPOINTS), ctx.env.get(env::UPDATE_PUBLIC_KEY)) {
        None => Ok(()),
        Some(problem) => Err(Fault::new("the source of updates is not set up right")
            .because(problem)
            .hint("set both variables, or none for a program that does not update itself")),
    }
}

//! `man`: the manual page.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::{Context, Result};

/// Print the manual page, in roff.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask man | man -l -")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(crate::cli::command())
        .render(&mut page)
        .fault(|| "cannot render the manual page".to_owned())?;
    ctx.ui.data(String::from_utf8_lossy(&page).trim_end());
    Ok(())
}

//! `tauri-icons`: the icons of the Tauri shell, from the brand's drawing.

use clap::Args as ClapArgs;

use crate::cmd::icons;
use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::icons::Shell;

/// Make the icons of the Tauri shell from the brand's drawing. The results are committed.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-icons")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    icons::make(ctx, Shell::Tauri)
}

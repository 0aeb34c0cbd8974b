//! `completions`: what a shell needs to complete command names and flags.

use clap::Args as ClapArgs;
use clap_complete::Shell;

use crate::ctx::Ctx;
use crate::fault::Result;

/// Print a completion script for a shell.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask completions bash > ~/.local/share/bash-completion/completions/ddstask")]
pub(crate) struct Args {
    /// bash, elvish, fish, powershell or zsh.
    shell: Shell,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "ddstask", &mut script);
    ctx.ui.data(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}

//! `electron-icons`: the icons of the Electron shell, from the brand's drawing.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::icons::Shell;
use crate::shell::make_icons;

/// Make the icons of the Electron shell from the brand's drawing. The results are committed.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask electron-icons")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        make_icons::make(ctx, Shell::Electron)
    }
}

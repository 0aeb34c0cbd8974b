//! Signing macOS apps on any system, and reading back what they are signed with.

mod macho;
mod seal;
pub(crate) mod sign;
#[cfg(test)]
mod tests;

use camino::Utf8PathBuf;
use clap::Args;
use serde_json::json;

use crate::base::act::{Plan, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

/// Check the signature of a macOS app, on any system: each file of it, and each page of its programs.
///
/// Whether a certificate is one that Apple knows is not looked at: a Mac does that.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask signature-verify 'dist/electron/mac-arm64/Shop.app'")]
pub(crate) struct Verify {
    /// The app, a folder.
    #[arg(value_name = "FOLDER.app")]
    app: Utf8PathBuf,
}

impl Run for Verify {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let app = self.app.clone();
        finish(
            ctx,
            &Plan::new().task(format!("check   {app}"), move |ctx| {
                let seen = seal::whole(&app, seal::check(&ctx.layout.absolute(&app))?)?;
                if ctx.json {
                    ctx.ui.data(json!({
                        "app": app, "identifier": seen.identifier, "files": seen.files, "programs": seen.programs,
                        "certificate": seen.has_certificate, "hardened": seen.is_hardened,
                    }));
                }
                ctx.ui.say(seen);
                Ok(())
            }),
        )
    }
}

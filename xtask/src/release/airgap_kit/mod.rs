//! `airgap-kit`: releases, and what staging needs, for machines without a network.

pub(crate) mod export_build;
pub(crate) mod release;
pub(crate) mod verify;

use camino::Utf8PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

/// Collect what a machine without a network needs. A release to install, or what staging needs to build one.
///
/// With TAG or --from: one folder, and a zip of it, with installers, checksums, inventory, notes, and how to check and
/// install them.
#[derive(Debug, ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  cargo xtask airgap-kit v1.2.3\n  cargo xtask airgap-kit --from dist/github-actions/latest\n  \
        ddstask airgap-kit verify FOLDER\n  cargo xtask airgap-kit export-build\n  cargo xtask packaged-stage --kit FOLDER"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// The release on GitHub whose assets go in; with --from only their version.
    #[arg(value_name = "TAG", required_unless_present = "from")]
    tag: Option<String>,
    /// A folder with the packages, instead of a release on GitHub.
    #[arg(long, value_name = "FOLDER")]
    from: Option<Utf8PathBuf>,
    /// The folder that gets the kit, instead of `dist/airgap`.
    #[arg(long, value_name = "FOLDER")]
    output: Option<Utf8PathBuf>,
    /// The repository, `[HOST/]OWNER/NAME`, instead of the `origin` remote.
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,
}

#[derive(Debug, Subcommand)]
enum What {
    Verify(verify::Args),
    ExportBuild(export_build::Args),
}

impl Args {
    /// What needs no checkout.
    pub(crate) fn on_the_other_side(&self) -> Option<&verify::Args> {
        match &self.what {
            Some(What::Verify(args)) => Some(args),
            _ => None,
        }
    }
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        match &self.what {
            None => release::run(ctx, self),
            Some(What::Verify(args)) => verify::run(&ctx.ui, ctx.json, args),
            Some(What::ExportBuild(args)) => export_build::run(ctx, args),
        }
    }
}

/// Tells where a finished kit is, and the number to compare.
fn tell(ctx: &Ctx, folder: &camino::Utf8Path) -> Result<()> {
    let checked = crate::stage::listing::verify(&ctx.layout.absolute(folder), None)?;
    ctx.ui.say(format_args!(
        "{folder}: {} ({}), beside it {}.zip",
        crate::base::text::count(checked.files, "file"),
        crate::base::text::size(checked.bytes),
        folder.file_name().unwrap_or_default()
    ));
    ctx.ui.say(format_args!("SHA-256 of the list, to be told by another way: {}", checked.digest));
    if ctx.json {
        ctx.ui.data(serde_json::json!({
            "path": folder, "archive": format!("{folder}.zip"), "files": checked.files, "bytes": checked.bytes,
            "list": checked.list, "sha256": checked.digest,
        }));
    }
    Ok(())
}

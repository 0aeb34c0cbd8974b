//! `update-manifest merge`: one manifest from those of several platforms or processors.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::ctx::Ctx;

use crate::base::fault::{Fault, Result};
use crate::base::text::count;

use crate::release::plan::update::{self, Manifest, electron, tauri};

/// Join manifests of one version, of either shell. The result does not depend on their order.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// The manifests.
    #[arg(required = true, value_name = "FILE")]
    manifests: Vec<Utf8PathBuf>,
    /// The file to write; it may be one of them.
    #[arg(long, value_name = "FILE")]
    output: Utf8PathBuf,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let named =
        args.manifests.iter().map(|path| Ok((path.to_string(), crate::release::update_manifest::read(ctx, path)?)));
    let merged = update::merge(named.collect::<Result<_>>()?).map_err(|wrong| {
        let fault = Fault::new("the update manifests don't fit together");
        wrong.iter().fold(fault, Fault::because).hint("make them all from the final packages of one release")
    })?;
    let (contents, size) = match &merged {
        Manifest::Electron(manifest) => (electron::format(manifest), count(manifest.files.len(), "file")),
        Manifest::Tauri(manifest) => (tauri::format(manifest), count(manifest.platforms.len(), "platform")),
    };
    if finish(ctx, &Plan::new().then(Step::Write { path: args.output.clone(), contents }))? == Done::Applied {
        ctx.ui.say(format_args!("{}: {size}", args.output));
    }
    Ok(())
}

//! `update-manifest`: what installed programs read to find a newer version.

pub(crate) mod electron;
pub(crate) mod merge;
pub(crate) mod tauri;
pub(crate) mod verify;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args as ClapArgs, Subcommand};
use minisign_verify::PublicKey;

use crate::base::ctx::{Ctx, Run};
use crate::base::env;

use crate::base::fault::{Context, Fault, Result};
use crate::release::plan::update::{self, Manifest};

/// Write, merge and check update manifests. They are made of the final files, after all signing.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask update-manifest electron v1.2.3 --from dist/electron\n  \
    cargo xtask update-manifest tauri v1.2.3 --from dist/tauri --public-key tauri.pub\n  \
    cargo xtask update-manifest merge mac-arm64.yml mac-x64.yml --output latest-mac.yml\n  \
    cargo xtask update-manifest verify dist/electron/latest-mac.yml")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Electron(electron::Args),
    Tauri(tauri::Args),
    Merge(merge::Args),
    Verify(verify::Args),
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        match &self.what {
            What::Electron(args) => electron::run(ctx, args),
            What::Tauri(args) => tauri::run(ctx, args),
            What::Merge(args) => merge::run(ctx, args),
            What::Verify(args) => verify::run(ctx, args),
        }
    }
}

/// A manifest is some kilobytes.
const LARGEST: u64 = 1 << 20;

/// Reads a manifest of either shell.
fn read(ctx: &Ctx, path: &Utf8Path) -> Result<Manifest> {
    let absolute = ctx.layout.absolute(path);
    let size = std::fs::metadata(&absolute).fault(|| format!("cannot read {path}"))?.len();
    if size > LARGEST {
        return Err(Fault::new(format!("{path} has {size} bytes, too many for an update manifest")));
    }
    let text = std::fs::read_to_string(&absolute).fault(|| format!("cannot read {path}"))?;
    update::parse(&text).map_err(|why| {
        Fault::new(format!("{path} is no update manifest"))
            .because(why)
            .hint("write it anew with `cargo xtask update-manifest`")
    })
}

/// The key that Tauri's packages are signed for: given on the command line (as a file or itself), or by the environment.
fn public_key(ctx: &Ctx, given: Option<&str>) -> Result<Option<PublicKey>> {
    let Some(given) = given.or(ctx.env.get(env::UPDATE_PUBLIC_KEY)) else { return Ok(None) };
    let path: Utf8PathBuf = ctx.layout.absolute(given);
    let text = if path.is_file() {
        std::fs::read_to_string(&path).fault(|| format!("cannot read {path}"))?
    } else {
        given.to_owned()
    };
    update::tauri::public_key(&text).map(Some).map_err(|why| {
        Fault::new(format!("`{given}` is no public key of Tauri"))
            .because(why)
            .hint("give the `.pub` file that `tauri signer generate` wrote, or what is in it")
    })
}

//! `airgap-kit verify`: whether a kit is what was sent. It needs the folder and this program, nothing else.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;
use serde_json::json;

use crate::base::fault::{Fault, Result};
use crate::base::text::{count, size};
use crate::base::ui::Ui;
use crate::stage::listing;

/// Compare a kit with its list, on the other side: needs the folder only, no checkout. Every difference is named.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// The folder of the kit, unpacked; relative to the working folder.
    #[arg(value_name = "FOLDER")]
    folder: Utf8PathBuf,
    /// The SHA-256 of the list, as you were told it by another way.
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
}

pub(crate) fn run(ui: &Ui, json: bool, args: &Args) -> Result<()> {
    let checked = listing::verify(&args.folder, None)?;
    let mut wrong = checked.wrong;
    if let Some(told) = args.sha256.as_ref().filter(|told| !told.trim().eq_ignore_ascii_case(&checked.digest)) {
        wrong.insert(0, format!("{} has the SHA-256 {}, and not {told}", checked.list, checked.digest));
    }
    if json {
        ui.data(json!({
            "path": args.folder, "files": checked.files, "bytes": checked.bytes, "list": checked.list,
            "sha256": checked.digest, "wrong": wrong,
        }));
    }
    if wrong.is_empty() {
        ui.say(format_args!("{}: {} ({}) as listed", args.folder, count(checked.files, "file"), size(checked.bytes)));
        if args.sha256.is_none() {
            ui.say(format_args!("SHA-256 of the list, to compare with what you were told: {}", checked.digest));
        }
        return Ok(());
    }
    let fault = Fault::new(format!("{} is not the kit that was made", args.folder));
    Err(wrong.iter().fold(fault, Fault::because).hint("don't install from it; have it brought over again"))
}

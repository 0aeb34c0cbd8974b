//! `checksums`: writes a list of SHA-256 checksums.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;
use serde_json::json;

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::checksums::{self, Entry};
use crate::base::ctx::{Ctx, Run};

use crate::base::digests::{Source, digests, matched};
use crate::base::fault::{Fault, Result};
use crate::base::interrupt;

use crate::base::text::{count, size};

/// Write the SHA-256 checksums of files. The list is one that `sha256sum -c` and `checksums-verify` read.
///
/// A line has the digest and the file's name without its folder, so the list belongs beside the files. Lines are
/// sorted by name. The list itself is never listed.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cargo xtask checksums --glob 'dist/*.dmg' --glob 'dist/*.zip' --output dist/sha256.txt"
)]
pub(crate) struct Args {
    /// Files to list: a path with `*`, `?`, `[…]` or `**`, relative to the repository root. Can be repeated.
    #[arg(long = "glob", value_name = "GLOB", required = true, num_args = 1..)]
    globs: Vec<String>,
    /// The list to write, relative to the repository root.
    #[arg(long, value_name = "FILE")]
    output: Utf8PathBuf,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let output = ctx.layout.absolute(&self.output);
        if output.is_dir() || output.file_name().is_none() {
            return Err(Fault::usage(format!("--output {} is a folder", self.output)).hint("name the file in it"));
        }
        let sources = matched(ctx, &self.globs, &output)?;
        let entries = entries(ctx, &sources)?;
        let step = Step::Write { path: self.output.clone(), contents: checksums::format(&entries) };
        if finish(ctx, &Plan::new().then(step))? == Done::Printed {
            return Ok(());
        }
        let total = sources.iter().map(|source| source.size).sum();
        ctx.ui.say(format_args!("{}: {} ({})", self.output, count(entries.len(), "file"), size(total)));
        if ctx.json {
            let listed = sources.iter().zip(&entries);
            let files = listed
                .map(|(source, entry)| json!({ "name": entry.name, "sha256": entry.sha256, "bytes": source.size }));
            ctx.ui.data(json!({ "path": self.output, "files": files.collect::<Vec<_>>() }));
        }
        Ok(())
    }
}

/// The digests of some files, with progress.
pub(crate) fn entries(ctx: &Ctx, sources: &[Source]) -> Result<Vec<Entry>> {
    let progress = ctx.ui.progress("checksums", sources.iter().map(|source| source.size).sum());
    let files: Vec<_> = sources.iter().map(|source| (source.path.clone(), source.size)).collect();
    let digests = digests(&files, |bytes| {
        progress.add(bytes);
        interrupt::check()
    })?;
    Ok(sources.iter().zip(digests).map(|(source, sha256)| Entry { name: source.name.clone(), sha256 }).collect())
}

//! What the commands that package a shell have in common.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use crate::base::act::{Plan, Step, finish};
use crate::base::ctx::Ctx;

use crate::base::fault::{Fault, Result};
use crate::base::text::size;

use crate::base::{checksums, digests, env};
use crate::stage::observe;

/// Tells what a packager made: each file with size and digest, and a list of the digests beside them.
pub(crate) fn tell(ctx: &Ctx, packages: &[Utf8PathBuf], list: &Utf8Path) -> Result<()> {
    let sources = digests::sources(packages.iter().map(|path| ctx.layout.absolute(path)))?;
    let entries = crate::release::checksums::entries(ctx, &sources)?;
    let step = Step::Write { path: list.to_owned(), contents: checksums::format(&entries) };
    finish(ctx, &Plan::new().then(step)).map(drop)?;
    let told = packages.iter().zip(&sources).zip(&entries);
    let told = told.map(|((path, source), entry)| (path, source.size, &entry.sha256));
    if ctx.json {
        let files = told.map(|(path, bytes, sha256)| json!({ "path": path, "bytes": bytes, "sha256": sha256 }));
        ctx.ui.data(json!({ "packages": files.collect::<Vec<_>>(), "checksums": list }));
    } else {
        told.for_each(|(path, bytes, sha256)| ctx.ui.data(format_args!("{sha256}  {:>9}  {path}", size(bytes))));
    }
    ctx.ui.say(format_args!("checksums: {list}"));
    Ok(())
}

/// A copied interpreter uses libraries of the machine that built it: fine to try, not to hand out.
pub(crate) fn refuse_host_python_in_ci(ctx: &Ctx, allowed: bool) -> Result<()> {
    let is_host = observe::record(ctx).is_some_and(|record| record.seen.source.kind() == "host");
    if is_host && ctx.env.flag(env::CI) && !allowed {
        return Err(Fault::new("the staged Python was copied from this machine, which is no way to make a release")
            .because("it needs this machine's own libraries, and CI is set")
            .hint("stage with `--python-source uv` or `archive:PATH`, or allow it with --allow-host-python"));
    }
    Ok(())
}

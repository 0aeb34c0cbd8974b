//! What the commands that package a shell have in common.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use crate::ctx::Ctx;
use crate::env;
use crate::exec;
use crate::fault::{Fault, Result};
use crate::plan::checksums::{self, Entry};
use crate::probe;
use crate::step::{Plan, Step};
use crate::text::size;

/// Tells what came out, and writes its checksums into `list`.
pub(crate) fn tell(ctx: &Ctx, packages: &[Utf8PathBuf], list: &Utf8Path) -> Result<()> {
    let sized: Vec<_> = packages
        .iter()
        .map(|path| ctx.layout.absolute(path))
        .map(|path| probe::walk::stat(&path).map(|stat| (path, stat.size)))
        .collect::<Result<_>>()?;
    let digests = probe::checksums::digests(&sized, |_| exec::interrupt::check())?;
    let name = |path: &Utf8PathBuf| path.file_name().unwrap_or_default().to_owned();
    let entries: Vec<Entry> = packages
        .iter()
        .zip(&digests)
        .map(|(path, sha256)| Entry { name: name(path), sha256: sha256.clone() })
        .collect();
    let step = Step::Write { path: list.to_owned(), contents: checksums::format(&entries) };
    exec::finish(ctx, &Plan::new().then(step)).map(drop)?;
    let results = packages.iter().zip(&sized).zip(&digests);
    if ctx.json {
        let files =
            results.map(|((path, (_, bytes)), sha256)| json!({ "path": path, "bytes": bytes, "sha256": sha256 }));
        ctx.ui.data(json!({ "packages": files.collect::<Vec<_>>(), "checksums": list }));
    } else {
        for ((path, (_, bytes)), sha256) in results {
            ctx.ui.data(format_args!("{sha256}  {:>9}  {path}", size(*bytes)));
        }
    }
    ctx.ui.say(format_args!("checksums: {list}"));
    Ok(())
}

/// A copied interpreter uses libraries of the machine that built it: fine to try, not to hand out.
pub(crate) fn refuse_host_python_in_ci(ctx: &Ctx, allowed: bool) -> Result<()> {
    let is_host = probe::stage::record(ctx).is_some_and(|record| record.source.kind() == "host");
    if is_host && ctx.env.flag(env::CI) && !allowed {
        return Err(Fault::new("the staged Python was copied from this machine, which is no way to make a release")
            .because("it needs this machine's own libraries, and CI is set")
            .hint("stage with `--python-source uv` or `archive:PATH`, or allow it with --allow-host-python"));
    }
    Ok(())
}

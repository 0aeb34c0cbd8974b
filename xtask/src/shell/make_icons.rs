//! What the three commands that make icons have in common.

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::checksums::{self, Entry};
use crate::base::ctx::Ctx;
use crate::base::fault::Result;

use crate::base::{digests, interrupt, walk};
use crate::shell::icons::{self, DRAWING, Shell};
use crate::shell::tauri::observe;

/// Makes the icons of a shell, and writes down of which drawing they are.
pub(crate) fn make(ctx: &Ctx, shell: Shell) -> Result<()> {
    let facts = observe::facts(ctx)?;
    if finish(ctx, &icons::make(&ctx.layout, &facts, shell))? == Done::Printed {
        return Ok(());
    }
    let mut paths = shell.files();
    paths.push(DRAWING.into());
    let mut files = Vec::new();
    for path in &paths {
        let absolute = ctx.layout.absolute(path);
        let bytes = walk::stat(&absolute)?.size;
        files.push((absolute, bytes));
    }
    let digests = digests::digests(&files, |_| interrupt::check())?;
    let entries = digests.into_iter().zip(&paths).map(|(sha256, path)| Entry { name: path.to_string(), sha256 });
    let contents = checksums::format(&entries.collect::<Vec<_>>());
    finish(ctx, &Plan::new().then(Step::Write { path: shell.record(), contents })).map(drop)?;
    shell.files().iter().for_each(|path| ctx.ui.data(path));
    Ok(())
}

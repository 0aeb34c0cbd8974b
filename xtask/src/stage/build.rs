//! What a project builds before it is staged, such as its front end: `backend.build`. It runs in the project itself, when
//! anything there is another than it was after the last run.

use crate::base::act::Plan;
use crate::base::cmd::Cmd;
use crate::base::config::backend::Backend;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::stat::HashedFile;
use crate::stage::folders;
use crate::stage::locked::hashed;
use crate::stage::plan::facts::Facts;
use crate::stage::record::Record;

/// All files that a build may read or write, with their digests; none where nothing is built.
pub(crate) fn observe(ctx: &Ctx, record: Option<&Record>) -> Result<Vec<HashedFile>> {
    let config = &ctx.config.backend;
    if config.build.is_empty() {
        return Ok(Vec::new());
    }
    // What is not shipped may be what is built from.
    let all = Backend { exclude: Vec::new(), source_roots: vec![".".into()], ..config.clone() };
    let (found, _) = folders::sources(ctx, &all)?;
    hashed(&ctx.layout.absolute(ctx.layout.backend()), found, record, |seen| &seen.built)
}

/// Whether something has changed since the last stage.
pub(crate) fn is_due(ctx: &Ctx, facts: &Facts, force: bool) -> bool {
    let digests =
        |files: &[HashedFile]| -> Vec<_> { files.iter().map(|file| (file.path.clone(), file.sha256)).collect() };
    let before = facts.record.as_ref().map(|record| digests(&record.seen.built));
    !ctx.config.backend.build.is_empty() && (force || before != Some(digests(&facts.seen.built)))
}

/// The commands.
///
/// # Errors
/// One has no word.
pub(crate) fn plan(ctx: &Ctx) -> Result<Plan> {
    let mut plan = Plan::new();
    for command in &ctx.config.backend.build {
        let words = command.words();
        let (program, args) = words.split_first().ok_or_else(|| Fault::new("a command of `backend.build` is empty"))?;
        let cmd = Cmd::new(program).args(args.to_vec()).cwd(ctx.layout.backend()).talks();
        plan = plan.run(cmd.remedy("mend what it says, or `backend.build` in dds.toml, which names this command"));
    }
    Ok(plan)
}

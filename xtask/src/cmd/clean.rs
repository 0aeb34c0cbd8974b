//! `clean`: removes what was generated.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::step::{Plan, Step};

/// Remove what was generated: the staged backend, packages, caches. The staging store stays.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask clean\n  cargo xtask clean --store")]
pub(crate) struct Args {
    /// Also the staging store; the next stage makes every layer anew.
    #[arg(long)]
    store: bool,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let layout = &ctx.layout;
    let backend = layout.backend();
    let mut paths = vec![
        layout.stage_record(),
        layout.staged_backend(),
        layout.stage_temporary(),
        layout.dist().to_owned(),
        backend.join(".pytest_cache"),
        backend.join(".mypy_cache"),
        backend.join(".ruff_cache"),
        "docs/_build".into(),
    ];
    if args.store {
        paths.push(layout.store().to_owned());
    }
    let plan = paths.into_iter().fold(Plan::new(), |plan, path| plan.then(Step::Remove(path)));
    exec::finish(ctx, &plan).map(drop)
}

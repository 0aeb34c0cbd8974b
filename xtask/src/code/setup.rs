//! What a checkout needs before work, and what work leaves in it: `install`, `clean`.

use clap::Args;

use crate::base::act::{Plan, Step, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::base::host::Host;
use crate::base::{backend, uv};

/// Set up the development environment of the backend.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask install")]
pub(crate) struct Install {}

impl Run for Install {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = uv::interpreter(ctx)?;
        finish(ctx, &Plan::new().run(backend::sync(&ctx.layout, python.as_deref())))
    }
}

/// Remove what was generated: the staged backend, packages, caches. The staging store stays.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask clean\n  cargo xtask clean --store")]
pub(crate) struct Clean {
    /// Also the staging store; the next stage makes every layer anew.
    #[arg(long)]
    store: bool,
}

impl Run for Clean {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let layout = &ctx.layout;
        let backend = layout.backend();
        let mut paths = vec![
            layout.stage_record(),
            layout.staged_backend(),
            layout.stage_spare(),
            layout.spare_record(),
            layout.dist().to_owned(),
            backend.join(".pytest_cache"),
            backend.join(".mypy_cache"),
            backend.join(".ruff_cache"),
            "docs/_build".into(),
        ];
        let others = Host::ALL.map(|target| layout.for_target(&target.to_string()).stage_root().to_owned());
        paths.extend(others.into_iter().filter(|folder| layout.absolute(folder).is_dir()));
        if self.store {
            paths.push(layout.store().to_owned());
        }
        let plan = paths.into_iter().fold(Plan::new(), |plan, path| plan.then(Step::Remove(path)));
        finish(ctx, &plan)
    }
}

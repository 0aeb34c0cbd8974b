//! What a checkout needs before work, and what work leaves in it: `install`, `clean`.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::base::act::{Act, finish};
use crate::base::checkers::Checkers;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::base::host::Host;
use crate::base::text::{count, size};
use crate::base::{files, interrupt};

/// Set up the development environments: that of `backend/`, with the tools that check the starter's Python, and that of a project
/// elsewhere in this repository, where it has a `uv.lock`. It says what it leaves out.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask install")]
pub(crate) struct Install {}

impl Run for Install {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        finish(ctx, &Checkers::of(ctx)?.installed(&ctx.layout))
    }
}

/// Remove what was generated: the staged backend, packages, caches. It says what it removed. The staging store stays.
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
        finish(ctx, &Sweep(paths))
    }
}

/// Files and folders that go, as far as they are there.
struct Sweep(Vec<Utf8PathBuf>);

impl Act for Sweep {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let mut went = 0;
        for path in &self.0 {
            interrupt::check()?;
            let absolute = ctx.layout.absolute(path);
            if absolute.symlink_metadata().is_ok() {
                let held = held(&absolute);
                files::remove(&absolute)?;
                ctx.ui.say(format_args!("removed {path}  ({held})"));
                went += 1;
            }
        }
        if went == 0 {
            ctx.ui.say("there was nothing to remove");
        }
        Ok(())
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|path| writeln!(f, "remove  {path}"))
    }
}

/// How many files something has, and their size.
fn held(path: &Utf8Path) -> String {
    let sizes = walkdir::WalkDir::new(path).into_iter().flatten().filter(|entry| !entry.file_type().is_dir());
    let sizes: Vec<u64> = sizes.filter_map(|entry| Some(entry.metadata().ok()?.len())).collect();
    format!("{}, {}", count(sizes.len(), "file"), size(sizes.iter().sum()))
}

//! What there is to do, as values: an [`Act`] says what it will do and does it, a [`Plan`] is a list of them.
//!
//! Paths in a plan are relative to the repository root and `/`-separated, so that it reads the same on every machine.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use crate::base::cmd::Cmd;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::text::{count, slashed};
use crate::base::{files, interrupt, process};

/// Something that was decided and is still to be done. Its text is what `--dry-run` prints: a line for each thing
/// that it changes or starts.
pub(crate) trait Act: fmt::Display {
    /// Does it.
    ///
    /// # Errors
    /// The first failure ends it; what is replaced stays as it was.
    fn apply(&self, ctx: &Ctx) -> Result<()>;
}

/// Prints what would be done under `--dry-run`; otherwise does it.
pub(crate) fn finish(ctx: &Ctx, act: &dyn Act) -> Result<()> {
    if ctx.dry_run {
        let text = act.to_string();
        if ctx.json {
            ctx.ui.data(json!({ "dryRun": text.trim_end().lines().collect::<Vec<_>>() }));
        } else {
            ctx.ui.data(text.trim_end());
        }
        return Ok(());
    }
    act.apply(ctx)
}

/// A small thing to do.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Runs a child in the foreground and waits for it.
    Run(Cmd),
    /// Removes a file or a whole folder; nothing there is fine.
    Remove(Utf8PathBuf),
    /// Writes a text file, whole or not at all.
    Write {
        /// Where it goes.
        path: Utf8PathBuf,
        /// What is in it.
        contents: String,
    },
    /// Ends the plan here: something is not as it has to be.
    Stop {
        /// What can't be done.
        what: String,
        /// Why.
        because: String,
        /// What to do next.
        hint: String,
    },
    /// Gives a file or a whole folder another name, and makes the folder that it goes into.
    Move {
        /// Its name until now.
        from: Utf8PathBuf,
        /// Its new name.
        to: Utf8PathBuf,
    },
    /// Copies a file, and makes the folder that it goes into.
    Copy {
        /// What is copied.
        from: Utf8PathBuf,
        /// Its new name.
        to: Utf8PathBuf,
    },
}

impl Act for Step {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        match self {
            Self::Run(cmd) => process::foreground(ctx, cmd),
            Self::Remove(path) => files::remove(&ctx.layout.absolute(path)),
            Self::Write { path, contents } => files::write_atomically(&ctx.layout.absolute(path), contents.as_bytes()),
            Self::Stop { what, because, hint } => Err(Fault::new(what).because(because).hint(hint)),
            Self::Move { from, to } => {
                let to = ctx.layout.absolute(to);
                files::make_folder(to.parent().unwrap_or(&to))?;
                files::rename(&ctx.layout.absolute(from), &to)
            }
            Self::Copy { from, to } => files::copy(&ctx.layout.absolute(from), &ctx.layout.absolute(to)),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Utf8Path| slashed(path.as_str());
        match self {
            Self::Run(cmd) => write!(f, "run     {cmd}"),
            Self::Remove(path) => write!(f, "remove  {}", shown(path)),
            Self::Write { path, contents } => {
                write!(f, "write   {}  ({})", shown(path), count(contents.lines().count(), "line"))
            }
            Self::Stop { what, because, .. } => write!(f, "stop    {}: {because}", slashed(what)),
            Self::Move { from, to } => write!(f, "move    {} -> {}", shown(from), shown(to)),
            Self::Copy { from, to } => write!(f, "copy    {} -> {}", shown(from), shown(to)),
        }
    }
}

/// An act, and what is said when it is done.
pub(crate) struct Told<A> {
    pub(crate) act: A,
    /// For people.
    pub(crate) said: String,
    /// For `--json`.
    pub(crate) data: Option<Value>,
}

impl<A: Act> Act for Told<A> {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        self.act.apply(ctx)?;
        ctx.ui.say(&self.said);
        if let Some(data) = self.data.as_ref().filter(|_| ctx.json) {
            ctx.ui.data(data);
        }
        Ok(())
    }
}

impl<A: fmt::Display> fmt::Display for Told<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.act.fmt(f)
    }
}

/// What a command is going to do, in order; the first failure ends it.
#[derive(Default)]
pub(crate) struct Plan(Vec<Box<dyn Act>>);

impl Plan {
    /// A plan without acts.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Appends an act.
    #[must_use]
    pub(crate) fn then(mut self, act: impl Act + 'static) -> Self {
        self.0.push(Box::new(act));
        self
    }

    /// Appends the acts of another plan.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The acts, for who goes on behind one that failed.
    pub(crate) fn acts(&self) -> impl Iterator<Item = &dyn Act> {
        self.0.iter().map(|act| &**act)
    }

    /// Appends what only one command does: the line that stands for it in a dry run, and how it is done.
    #[must_use]
    pub(crate) fn task(self, line: impl Into<String>, does: impl Fn(&Ctx) -> Result<()> + 'static) -> Self {
        self.then(Task { line: line.into(), does })
    }

    /// Appends a child process.
    #[must_use]
    pub(crate) fn run(self, cmd: Cmd) -> Self {
        self.then(Step::Run(cmd))
    }
}

/// See [`Plan::task`].
struct Task<F> {
    line: String,
    does: F,
}

impl<F: Fn(&Ctx) -> Result<()>> Act for Task<F> {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        (self.does)(ctx)
    }
}

impl<F> fmt::Display for Task<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl Act for Plan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        self.0.iter().try_for_each(|act| {
            interrupt::check()?;
            act.apply(ctx)
        })
    }
}

impl FromIterator<Cmd> for Plan {
    fn from_iter<I: IntoIterator<Item = Cmd>>(cmds: I) -> Self {
        cmds.into_iter().fold(Self::new(), Self::run)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return writeln!(f, "nothing to do");
        }
        self.0.iter().try_for_each(|act| writeln!(f, "{act}"))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_plan_reads_like_commands_to_paste() {
        let plan = Plan::new()
            .run(Cmd::new("uv").args(["run", "pytest", "it's"]).env("A", "1 2").cwd("backend"))
            .then(Step::Remove("dist".into()));
        expect![[r"
            run     A='1 2' uv run pytest 'it'\''s'  (in backend)
            remove  dist
        "]]
        .assert_eq(&plan.to_string());
        expect![[r"
            nothing to do
        "]]
        .assert_eq(&Plan::new().to_string());
    }
}

//! What git knows of this checkout.

use camino::Utf8PathBuf;

use crate::base::ask::ask;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::tools;

/// What git says in this checkout, without white space around it; nothing when it fails.
pub(crate) fn git(ctx: &Ctx, args: &[&str]) -> Option<String> {
    ask(ctx.layout.root(), &tools::find("git")?, args).ok().filter(|text| !text.is_empty())
}

/// Fails when something is not committed: what a command is going to change has to be told apart from it.
pub(crate) fn clean(ctx: &Ctx) -> Result<()> {
    let git = tools::resolve(ctx, "git")?;
    let ask = |args| ask(ctx.layout.root(), &git, args);
    let complains =
        |fault: Fault| fault.hint("run `git status`, mend what it complains about, and run the command again");
    if let Err(fault) = ask(&["rev-parse", "--git-dir"]) {
        // git also refuses a checkout that is damaged, or somebody else's.
        let is_one = ctx.layout.root().ancestors().any(|folder| folder.join(".git").exists());
        let none = || Fault::new("this is no git checkout").hint("`git init` makes one; then commit what is there");
        return Err(if is_one { complains(fault) } else { none() });
    }
    let changes = ask(&["status", "--porcelain"]).map_err(complains)?;
    if changes.is_empty() {
        return Ok(());
    }
    Err(Fault::new("the checkout has changes that are not committed")
        .because_all(changes.lines().take(10).map(str::trim))
        .hint("commit them, or put them aside with `git stash --include-untracked`"))
}

/// The files that git keeps, relative to the repository root.
pub(crate) fn tracked(ctx: &Ctx) -> Result<Vec<Utf8PathBuf>> {
    let listed = git(ctx, &["ls-files", "-z"]).ok_or_else(|| {
        Fault::new("git keeps no file of this checkout").hint("`git add --all` and `git commit` have it keep them")
    })?;
    Ok(listed.split('\0').filter(|path| !path.is_empty()).map(Utf8PathBuf::from).collect())
}

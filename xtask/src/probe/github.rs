//! Which server, which repository, whose token; and which branch is checked out.

use std::process::{Command, Stdio};

use crate::ctx::Ctx;
use crate::env;
use crate::fault::{Fault, Result};
use crate::plan::github::address::{self, Given};
use crate::step::github::place::{PUBLIC_HOST, Server, Settings, Token};

/// Finds them. `repository` is what `--repo` says.
pub(crate) fn settings(ctx: &Ctx, repository: Option<&str>) -> Result<Settings> {
    let remote = git(ctx, &["remote", "get-url", "origin"]);
    let github = &ctx.config.github;
    let (server, repository) = address::resolve(&Given {
        repository: repository.or(ctx.env.get(env::GH_REPO)).or(ctx.env.get(env::GITHUB_REPOSITORY)),
        api: ctx.env.get(env::GITHUB_API_URL),
        host: ctx.env.get(env::GH_HOST),
        remote: remote.as_deref(),
        configured_repository: github.repository.as_deref(),
        configured_api: github.api.as_deref(),
    })?;
    let token = token(ctx, &server);
    Ok(Settings { server, repository, token })
}

/// `GH_TOKEN`, `GITHUB_TOKEN`, the login of the GitHub CLI.
fn token(ctx: &Ctx, server: &Server) -> Option<Token> {
    let given = ctx.env.get(env::GH_TOKEN).or_else(|| ctx.env.get(env::GITHUB_TOKEN)).map(str::to_owned);
    let token = given.or_else(|| output(ctx, "gh", &["auth", "token", "--hostname", &server.host]));
    token.and_then(|token| Token::new(&token))
}

/// How a token is brought, one clause.
pub(crate) fn how_to_log_in(server: &Server) -> String {
    let host = if server.host == PUBLIC_HOST { String::new() } else { format!(" --hostname {}", server.host) };
    format!("set GH_TOKEN to a token with read and write access to Actions and contents, or run `gh auth login{host}`")
}

/// The branch that is checked out.
pub(crate) fn current_branch(ctx: &Ctx) -> Result<String> {
    git(ctx, &["symbolic-ref", "--quiet", "--short", "HEAD"]).ok_or_else(|| {
        let what = if git(ctx, &["rev-parse", "--git-dir"]).is_some() {
            "no branch is checked out (detached HEAD)"
        } else {
            "this is no git checkout, so there is no current branch"
        };
        Fault::new(what).hint("name a branch as the first argument, for example `cargo xtask github-package main`")
    })
}

/// The whole id of a commit that this checkout knows, else what was given.
pub(crate) fn full_commit(ctx: &Ctx, commit: &str) -> String {
    git(ctx, &["rev-parse", "--verify", "--quiet", &format!("{commit}^{{commit}}")])
        .unwrap_or_else(|| commit.to_owned())
}

/// What git says in this checkout, without white space around it; nothing when it fails.
pub(crate) fn git(ctx: &Ctx, args: &[&str]) -> Option<String> {
    output(ctx, "git", args)
}

/// What a program says, one line; nothing when it is not there or fails.
fn output(ctx: &Ctx, program: &str, args: &[&str]) -> Option<String> {
    let program = super::tools::find(program)?;
    let mut command = Command::new(program);
    command.args(args).current_dir(ctx.layout.root()).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

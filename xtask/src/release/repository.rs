//! Where runs and releases are: whose API, which repository, with whose token; and what git knows of this checkout.

use std::fmt;

use crate::base::ask::ask;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::{env, tools};
use crate::release::plan::address::{self, Given, PUBLIC_HOST, Repository, Server};

/// A secret. It can't be printed.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// A token that is not empty, without the white space around it.
    pub(crate) fn new(token: &str) -> Option<Self> {
        Some(token.trim().to_owned()).filter(|token| !token.is_empty()).map(Self)
    }

    /// The secret itself, for the one header that carries it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Where requests go, and with what.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The API.
    pub(crate) server: Server,
    /// The repository.
    pub(crate) repository: Repository,
    /// The token, where there is one.
    pub(crate) token: Option<Token>,
}

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
    ask(ctx.layout.root(), &tools::find(program)?, args).ok().filter(|text| !text.is_empty())
}

//! Where runs and releases are: whose API, which repository, with whose token; and what git knows of this checkout.

use std::fmt;

use semver::Version;

use crate::base::ask::ask;
use crate::base::checkout::git;
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
    /// Whether something is changed there.
    pub(crate) writes: bool,
    pub(crate) server: Server,
    pub(crate) repository: Repository,
    pub(crate) token: Option<Token>,
}

/// Finds them. `repository` is what `--repo` says.
pub(crate) fn settings(ctx: &Ctx, repository: Option<&str>) -> Result<Settings> {
    let remote = remote(ctx);
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
    Ok(Settings { writes: false, server, repository, token })
}

/// The address of `origin`, or else of `upstream`, or of the only remote there is. Where SSH knows the host by another
/// name, with the true one.
fn remote(ctx: &Ctx) -> Option<String> {
    let all = git(ctx, &["remote"])?;
    let all: Vec<&str> = all.lines().collect();
    let usual = ["origin", "upstream"].into_iter().find(|name| all.contains(name));
    let name = usual.or_else(|| all.first().copied().filter(|_| all.len() == 1))?;
    let address = git(ctx, &["remote", "get-url", name])?;
    let Some(alias) = address::ssh_alias(&address) else { return Some(address) };
    // It only reads the configuration, and connects to nothing.
    let configured = output(ctx, "ssh", &["-G", alias]).unwrap_or_default();
    let host = configured.lines().find_map(|line| line.strip_prefix("hostname "));
    Some(host.map_or_else(|| address.clone(), |host| address.replacen(alias, host.trim(), 1)))
}

/// `GH_TOKEN`, `GITHUB_TOKEN`, the login of the GitHub CLI.
fn token(ctx: &Ctx, server: &Server) -> Option<Token> {
    let given = ctx.env.get(env::GH_TOKEN).or_else(|| ctx.env.get(env::GITHUB_TOKEN)).map(str::to_owned);
    let token = given.or_else(|| output(ctx, "gh", &["auth", "token", "--hostname", &server.host]));
    token.and_then(|token| Token::new(&token))
}

impl Settings {
    /// The same for what changes something.
    pub(crate) fn writing(self) -> Self {
        Self { writes: true, ..self }
    }

    /// How a token is brought, one clause.
    pub(crate) fn how_to_log_in(&self) -> String {
        let host = &self.server.host;
        let host = if host == PUBLIC_HOST { String::new() } else { format!(" --hostname {host}") };
        let access = if self.writes { "read and write" } else { "read" };
        format!("set GH_TOKEN to a token with {access} access to Actions and contents, or run `gh auth login{host}`")
    }
}

/// The branch that is checked out.
pub(crate) fn current_branch(ctx: &Ctx) -> Result<String> {
    git(ctx, &["symbolic-ref", "--quiet", "--short", "HEAD"]).ok_or_else(|| {
        let fault = match refusal(ctx) {
            None => Fault::new("no branch is checked out (detached HEAD)"),
            Some(why) => {
                Fault::new("git does not take this for a checkout, so there is no current branch").because(why)
            }
        };
        fault.hint("name a branch as the first argument, for example `cargo xtask github-package main`")
    })
}

/// Why git takes nothing from this folder: it is no checkout, or belongs to somebody else.
fn refusal(ctx: &Ctx) -> Option<String> {
    let Some(git) = tools::find("git") else { return Some("there is no git".to_owned()) };
    ask(ctx.layout.root(), &git, &["rev-parse", "--git-dir"]).err().map(|fault| fault.last_cause())
}

/// Whether older commits are left out of this checkout.
pub(crate) fn is_shallow(ctx: &Ctx) -> bool {
    git(ctx, &["rev-parse", "--is-shallow-repository"]).as_deref() == Some("true")
}

/// The whole id of a commit that this checkout knows, else what was given.
pub(crate) fn full_commit(ctx: &Ctx, commit: &str) -> String {
    git(ctx, &["rev-parse", "--verify", "--quiet", &format!("{commit}^{{commit}}")])
        .unwrap_or_else(|| commit.to_owned())
}

/// What a program says, one line; nothing when it is not there or fails.
fn output(ctx: &Ctx, program: &str, args: &[&str]) -> Option<String> {
    ask(ctx.layout.root(), &tools::find(program)?, args).ok().filter(|text| !text.is_empty())
}

/// The version of a tag.
///
/// # Errors
/// No updater could compare it. A mistake on the command line.
pub(crate) fn version(tag: &str) -> Result<String> {
    let version = tag.strip_prefix('v').unwrap_or(tag);
    Version::parse(version).map(|_| version.to_owned()).map_err(|error| {
        Fault::usage(format!("`{tag}` is not a tag of a release"))
            .because(error)
            .hint("give one such as v1.2.3 or v1.2.3-beta.1")
    })
}

/// Whether a version is one that is not for everybody: 1.3.0-rc.1.
pub(crate) fn is_pre(version: &str) -> bool {
    Version::parse(version).is_ok_and(|version| !version.pre.is_empty())
}

/// The date of a release in seconds since 1970: `SOURCE_DATE_EPOCH`, or the date of the commit that is tagged.
///
/// # Errors
/// There is neither, because the clock would make other bytes of the same files on each run.
pub(crate) fn date_of(ctx: &Ctx, tag: &str) -> Result<u64> {
    if let Some(given) = ctx.env.source_date()? {
        return Ok(given);
    }
    let commit = format!("refs/tags/{tag}^{{commit}}");
    let told = git(ctx, &["log", "-1", "--format=%ct", &commit]);
    told.and_then(|secs| secs.parse().ok()).ok_or_else(|| {
        Fault::new(format!("the date of {tag} is not known"))
            .because("there is no such tag in this checkout, and SOURCE_DATE_EPOCH is not set")
            .hint("`git fetch --tags` brings the tags; or set SOURCE_DATE_EPOCH to the release's date in seconds since 1970")
    })
}

/// When what is checked out was committed, in seconds since 1970.
pub(crate) fn checked_out(ctx: &Ctx) -> Option<u64> {
    git(ctx, &["log", "-1", "--format=%ct", "HEAD"])?.parse().ok()
}

/// The tag before a tag.
pub(crate) fn previous(ctx: &Ctx, tag: &str) -> Option<String> {
    let from = match revision(ctx, tag) {
        there if there.starts_with("refs/") => there + "^",
        // Before the tag is made, what is checked out may still be the release before.
        head => head,
    };
    // Other things have tags, too: `ddstask-v0.1.0`.
    git(ctx, &["describe", "--tags", "--abbrev=0", "--match=v[0-9]*", "--match=[0-9]*", &from])
}

/// First lines of the commits since a tag that touched one of these paths, newest first, merges left out.
///
/// # Errors
/// There is no such tag.
pub(crate) fn subjects(ctx: &Ctx, since: &str, tag: &str, paths: &[&str]) -> Result<String> {
    let range = format!("{since}..{}", revision(ctx, tag));
    if git(ctx, &["rev-parse", "--verify", "--quiet", &format!("{since}^{{commit}}")]).is_none() {
        return Err(Fault::new(format!("there is no {since} in this checkout"))
            .hint("`git fetch --tags` brings the tags; `git tag` lists them"));
    }
    // No commit between them is not a failure.
    let args = [&["log", "--no-merges", "--format=%s", &range, "--"], paths].concat();
    Ok(git(ctx, &args).unwrap_or_default())
}

/// The tag, or what is checked out where it is not there yet.
fn revision(ctx: &Ctx, tag: &str) -> String {
    let full = format!("refs/tags/{tag}");
    let is_there = git(ctx, &["rev-parse", "--verify", "--quiet", &format!("{full}^{{commit}}")]).is_some();
    if is_there { full } else { "HEAD".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_can_be_compared() {
        for good in ["1.2.3", "v0.0.1", "1.2.3-beta.1", "1.2.3-rc-1+build.5"] {
            assert_eq!(version(good).unwrap(), good.trim_start_matches('v'));
        }
        for bad in ["", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "1.2.3-a..b", "latest", "main"] {
            assert!(version(bad).unwrap_err().to_string().contains("is not a tag of a release"), "{bad}");
        }
    }
}

//! Which server and which repository: from flags, variables, the `origin` remote and `dds.toml`.

use std::fmt;

use crate::base::fault::{Fault, Result};

/// The public server.
pub(crate) const PUBLIC_HOST: &str = "github.com";

/// `OWNER/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    pub(crate) owner: String,
    pub(crate) name: String,
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// A server's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// `https://api.github.com`, without a slash at the end.
    pub(crate) api: String,
    /// What `gh` calls it: `github.com`.
    pub(crate) host: String,
}

/// Everything that can name a server or a repository, from the most to the least binding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given<'a> {
    /// `--repo`, `GH_REPO`, `GITHUB_REPOSITORY`, the first that is set.
    pub(crate) repository: Option<&'a str>,
    /// `GITHUB_API_URL`.
    pub(crate) api: Option<&'a str>,
    /// `GH_HOST`.
    pub(crate) host: Option<&'a str>,
    /// The address of the `origin` remote.
    pub(crate) remote: Option<&'a str>,
    /// `github.repository` in `dds.toml`.
    pub(crate) configured_repository: Option<&'a str>,
    /// `github.api` in `dds.toml`.
    pub(crate) configured_api: Option<&'a str>,
}

/// Decides where requests go.
pub(crate) fn resolve(given: &Given<'_>) -> Result<(Server, Repository)> {
    let (named_host, named) = given.repository.map(parse_repository).transpose()?.unzip();
    let host = named_host.flatten().or_else(|| given.host.map(str::to_owned));
    let chosen = given.api.or(given.configured_api.filter(|_| host.is_none()));
    let server = match (chosen, &host) {
        (Some(api), _) => Server { api: checked_api(api)?, host: host.clone().unwrap_or_else(|| host_of_api(api)) },
        (None, Some(host)) => Server { api: api_of_host(host), host: host.clone() },
        (None, None) => Server { api: api_of_host(PUBLIC_HOST), host: PUBLIC_HOST.to_owned() },
    };
    if let Some(repository) = named {
        return Ok((server, repository));
    }
    let was_told = chosen.is_some() || host.is_some();
    match (given.remote.and_then(parse_remote), given.configured_repository) {
        (Some((host, repository)), _) if was_told || host == server.host => Ok((server, repository)),
        (_, Some(text)) => Ok((server, parse_repository(text)?.1)),
        (Some((host, _)), None) => Err(Fault::new(format!("the `origin` remote is on {host}, not on {}", server.host))
            .hint(format!("set GH_HOST={host} if that is a GitHub server, or pass --repo OWNER/NAME"))),
        (None, None) => Err(Fault::new("it is not known which repository on GitHub this is")
            .because("there is no `origin` remote that names one")
            .hint("pass --repo OWNER/NAME, set GH_REPO, or set `github.repository` in dds.toml")),
    }
}

/// The name in an address for SSH that may stand for a host in the person's own configuration.
pub(crate) fn ssh_alias(remote: &str) -> Option<&str> {
    let authority = match remote.split_once("://") {
        Some(("ssh", rest)) => rest.split('/').next()?,
        Some(_) => return None,
        None => remote.split_once(':').map(|(authority, _)| authority).filter(|authority| !authority.contains('/'))?,
    };
    let host = authority.rsplit('@').next()?.split(':').next()?;
    // A single letter is a drive of Windows.
    (host.len() > 1 && !host.starts_with('-') && host != PUBLIC_HOST).then_some(host)
}

/// `OWNER/NAME` or `HOST/OWNER/NAME`.
fn parse_repository(text: &str) -> Result<(Option<String>, Repository)> {
    let parts: Vec<&str> = text.split('/').collect();
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let repository = |owner: &str, name: &str| Repository { owner: owner.to_owned(), name: name.to_owned() };
    match parts[..] {
        [owner, name] if plain(owner) && plain(name) => Ok((None, repository(owner, name))),
        [host, owner, name] if !host.is_empty() && plain(owner) && plain(name) => {
            let host = if host == "www.github.com" { PUBLIC_HOST } else { host };
            Ok((Some(host.to_owned()), repository(owner, name)))
        }
        _ => Err(Fault::usage(format!("`{text}` does not name a repository"))
            .hint("write it as OWNER/NAME or HOST/OWNER/NAME")),
    }
}

/// Host and repository of a remote's address, in the forms that Git knows.
fn parse_remote(remote: &str) -> Option<(String, Repository)> {
    let (authority, path) = match remote.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        // git@github.com:owner/name.git
        None => remote.split_once(':')?,
    };
    let host = authority.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
    let host = if ["ssh.github.com", "www.github.com"].contains(&&*host) { PUBLIC_HOST.to_owned() } else { host };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let (_, repository) = parse_repository(path).ok()?;
    (!host.is_empty()).then_some((host, repository))
}

fn api_of_host(host: &str) -> String {
    match host {
        PUBLIC_HOST => "https://api.github.com".to_owned(),
        _ if host.ends_with(".ghe.com") => format!("https://api.{host}"),
        _ => format!("https://{host}/api/v3"),
    }
}

fn host_of_api(api: &str) -> String {
    let authority = api.split_once("://").map_or(api, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = authority.strip_prefix("api.").unwrap_or(authority);
    if host.is_empty() { PUBLIC_HOST.to_owned() } else { host.to_owned() }
}

/// The address without a slash at its end. Over plain http the token could be read on the way, so that is
/// for this machine only.
fn checked_api(api: &str) -> Result<String> {
    let api = api.trim_end_matches('/');
    let hint = "set GITHUB_API_URL to an address such as https://ghe.example.com/api/v3";
    let Some((scheme, rest)) = api.split_once("://") else {
        return Err(Fault::new(format!("`{api}` is not an address of an API")).hint(hint));
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') || rest.contains(['?', '#']) {
        return Err(Fault::new("the address of the GitHub API has no host, or more than host and path").hint(hint));
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let here = host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]";
    match scheme {
        "https" => Ok(api.to_owned()),
        "http" if here => Ok(api.to_owned()),
        _ => Err(Fault::new(format!("`{api}` would send the token unprotected")).hint(hint)),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(given: &Given<'_>, expected: &Expect) {
        expected.assert_eq(&match resolve(given) {
            Ok((server, repository)) => format!("{} {} {repository}", server.api, server.host),
            Err(fault) => fault.to_string(),
        });
    }

    #[test]
    fn remotes_in_every_form() {
        for remote in [
            "https://github.com/acme/app",
            "https://user:secret@github.com/acme/app.git",
            "git@github.com:acme/app.git",
            "ssh://git@ssh.github.com:443/acme/app.git",
            "git://GitHub.com/acme/app/",
            "https://www.github.com/acme/app",
        ] {
            check(
                &Given { remote: Some(remote), ..Given::default() },
                &expect!["https://api.github.com github.com acme/app"],
            );
        }
    }

    #[test]
    fn names_of_ssh_are_looked_up_and_nothing_else() {
        assert_eq!(ssh_alias("git@work:acme/app.git"), Some("work"));
        assert_eq!(ssh_alias("work:acme/app"), Some("work"));
        assert_eq!(ssh_alias("ssh://git@work:22/acme/app"), Some("work"));
        for other in ["git@github.com:a/b", "https://work/a/b", "C:/a/b", "/srv/a:b", "-oProxyCommand=x:a/b", "../a"] {
            assert_eq!(ssh_alias(other), None, "{other}");
        }
    }

    #[test]
    fn the_most_binding_name_counts() {
        let all = Given {
            repository: Some("one/a"),
            remote: Some("https://github.com/two/b"),
            configured_repository: Some("three/c"),
            ..Given::default()
        };
        check(&all, &expect!["https://api.github.com github.com one/a"]);
        check(&Given { repository: None, ..all.clone() }, &expect!["https://api.github.com github.com two/b"]);
        check(&Given { repository: None, remote: None, ..all }, &expect!["https://api.github.com github.com three/c"]);
    }

    #[test]
    fn enterprise_servers() {
        let remote = Some("git@ghe.example.com:acme/app.git");
        check(
            &Given { host: Some("ghe.example.com"), remote, ..Given::default() },
            &expect!["https://ghe.example.com/api/v3 ghe.example.com acme/app"],
        );
        check(
            &Given { repository: Some("acme.ghe.com/acme/app"), ..Given::default() },
            &expect!["https://api.acme.ghe.com acme.ghe.com acme/app"],
        );
        check(
            &Given { api: Some("https://ghe.example.com/api/v3/"), remote, ..Given::default() },
            &expect!["https://ghe.example.com/api/v3 ghe.example.com acme/app"],
        );
        check(
            &Given { remote, ..Given::default() },
            &expect![[r"
                the `origin` remote is on ghe.example.com, not on github.com
                  next: set GH_HOST=ghe.example.com if that is a GitHub server, or pass --repo OWNER/NAME"]],
        );
    }

    #[test]
    fn what_can_t_be_meant_is_refused() {
        check(
            &Given::default(),
            &expect![[r"
                it is not known which repository on GitHub this is
                  because: there is no `origin` remote that names one
                  next: pass --repo OWNER/NAME, set GH_REPO, or set `github.repository` in dds.toml"]],
        );
        check(
            &Given { repository: Some("../app"), ..Given::default() },
            &expect![[r"
                `../app` does not name a repository
                  next: write it as OWNER/NAME or HOST/OWNER/NAME"]],
        );
        check(
            &Given { repository: Some("a/b"), api: Some("http://ghe.example.com"), ..Given::default() },
            &expect![[r"
                `http://ghe.example.com` would send the token unprotected
                  next: set GITHUB_API_URL to an address such as https://ghe.example.com/api/v3"]],
        );
        check(
            &Given { repository: Some("a/b"), api: Some("http://127.0.0.1:4000"), ..Given::default() },
            &expect!["http://127.0.0.1:4000 127.0.0.1:4000 a/b"],
        );
    }
}

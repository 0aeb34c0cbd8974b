//! A place on a server: whose API, which repository, with whose token.

use std::fmt;

/// The public server.
pub(crate) const PUBLIC_HOST: &str = "github.com";

/// `OWNER/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    /// The user or organisation.
    pub(crate) owner: String,
    /// The repository's own name.
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

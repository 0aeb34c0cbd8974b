//! Every environment variable that `ddstask` reads, documented once, and the only door to them.
//!
//! The environment is read into an [`Env`] at start-up; nothing else in the tool calls `std::env::var`.
//! An empty value counts as unset.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::base::fault::{Fault, Result};

/// A variable and what it does.
#[cfg(test)]
pub(crate) struct Var {
    /// Its name.
    pub(crate) name: &'static str,
    /// What setting it does, one sentence.
    pub(crate) what: &'static str,
}

macro_rules! vars {
    ($($ident:ident = $name:literal, $what:literal;)*) => {
        $(#[doc = $what] pub(crate) const $ident: &str = $name;)*
        /// The table of variables, for the tests over it.
        #[cfg(test)]
        pub(crate) const VARS: &[Var] = &[$(Var { name: $name, what: $what }),*];
    };
}

vars! {
    UV = "UV", "The uv program to use, instead of the one on PATH.";
    CACHE_DIR = "DDSTASK_CACHE_DIR", "Where the staging store lives, instead of `.stage/store`; several checkouts may share one.";
    BUNDLED_PYTHON = "DESKTOP_DJANGO_BUNDLED_PYTHON_VERSION", "The bundled Python version, instead of `python.version` in dds.toml.";
    PLAN_FOR = "DDSTASK_PLAN_FOR", "With `--dry-run`: the system to plan for, such as `windows-x64`, instead of this one.";
    UV_OFFLINE = "UV_OFFLINE", "1 is like `--offline`: no child may use the network.";
    UV_PYTHON = "UV_PYTHON", "The Python of this machine to use, as uv takes it: a version, a name or a path.";
    UV_PYTHON_DOWNLOADS_JSON_URL = "UV_PYTHON_DOWNLOADS_JSON_URL", "A list of interpreters of one's own for uv, as a path or an address.";
    UV_PYTHON_INSTALL_MIRROR = "UV_PYTHON_INSTALL_MIRROR", "A mirror of the python-build-standalone releases for uv.";
    PYENV_ROOT = "PYENV_ROOT", "Where pyenv keeps its interpreters; they are candidates for `--python-source host`.";
    GH_TOKEN = "GH_TOKEN", "The token for the GitHub API; it is sent to the API's host only.";
    GITHUB_TOKEN = "GITHUB_TOKEN", "The same, where `GH_TOKEN` is not set; then the login of `gh` counts.";
    GH_HOST = "GH_HOST", "The host of a GitHub Enterprise server, instead of github.com.";
    GITHUB_API_URL = "GITHUB_API_URL", "The address of the GitHub API, instead of the one that belongs to the host.";
    GH_REPO = "GH_REPO", "The repository on GitHub, `[HOST/]OWNER/NAME`.";
    GITHUB_REPOSITORY = "GITHUB_REPOSITORY", "The same, where `GH_REPO` is not set; set by Actions.";
    HTTPS_PROXY = "HTTPS_PROXY", "The proxy for https addresses, `http://[USER:PASSWORD@]HOST:PORT`.";
    HTTP_PROXY = "HTTP_PROXY", "The proxy for http addresses.";
    ALL_PROXY = "ALL_PROXY", "The proxy for both, where the variable of its own is not set.";
    NO_PROXY = "NO_PROXY", "Hosts, domains and networks that are reached without a proxy, separated by commas.";
    SSL_CERT_FILE = "SSL_CERT_FILE", "A file of certificate authorities to trust, instead of those of the system.";
    RETRY_PAUSE_MS = "DDSTASK_RETRY_PAUSE_MS", "The first pause before a request to GitHub is repeated, in milliseconds; 500 by default.";
    SILENCE_MS = "DDSTASK_SILENCE_MS", "The longest silence of GitHub before a try is given up, in milliseconds; 30000 by default.";
    PATIENCE_MS = "DDSTASK_PATIENCE_MS", "How long an answer of GitHub is waited for when there is none at all, in milliseconds; 120000 by default, and a twelfth of it for a server that never answered.";
    PART_BYTES = "DDSTASK_PART_BYTES", "The smallest part of a body that gets a connection of its own; 8000000 by default.";
    RUNTIME_MODE = "DESKTOP_DJANGO_RUNTIME_MODE", "What a shell runs: `development` or `packaged`; set by the commands that start one.";
    BACKEND_ROOT = "DESKTOP_DJANGO_BACKEND_ROOT", "The staged backend that a shell runs or ships; set by the commands that start or package one.";
    APP_DATA_DIR = "DESKTOP_DJANGO_APP_DATA_DIR", "Where the app keeps its data; smoke commands name a throw-away folder.";
    ELECTRON_DIST = "ELECTRON_OVERRIDE_DIST_PATH", "A folder with an unpacked Electron, instead of the one that is fetched.";
    UPDATE_ENDPOINTS = "DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS", "Where the packaged Tauri shell looks for updates, separated by commas or new lines; https only.";
    UPDATE_PUBLIC_KEY = "DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY", "The key that its updates are checked with.";
    TAURI_KEY = "TAURI_SIGNING_PRIVATE_KEY", "The key that the Tauri shell's updates are signed with; without it none are made.";
    APPLE_IDENTITY = "APPLE_SIGNING_IDENTITY", "The certificate in the keychain that the Tauri shell is signed with on macOS.";
    APPLE_CERTIFICATE = "APPLE_CERTIFICATE", "The same, as base64 of a .p12 file.";
    SMOKE_TEST = "DESKTOP_DJANGO_SMOKE_TEST", "1: a shell quits shortly after the first page has loaded; set by the smoke commands.";
    DISPLAY = "DISPLAY", "The X display on which windows open; without it or `WAYLAND_DISPLAY` the Positron shell has none.";
    WAYLAND_DISPLAY = "WAYLAND_DISPLAY", "The same for Wayland.";
    GI_TYPELIB_PATH = "GI_TYPELIB_PATH", "More folders in which the bindings of GTK look for what they bind to.";
    CSC_NAME = "CSC_NAME", "The name of the certificate that macOS programs are signed with.";
    CSC_PASSWORD = "CSC_KEY_PASSWORD", "The password of the certificate that programs are signed with.";
    CSC_PASSWORD_FILE = "CSC_KEY_PASSWORD_FILE", "A file with that password, for `--sign-macos`.";
    SOURCE_DATE_EPOCH = "SOURCE_DATE_EPOCH", "The date of a release in seconds since 1970, instead of the date of its tag's commit; and of all that is in a package, instead of now.";
    CI = "CI", "Set by CI services: progress bars become plain lines.";
    GITHUB_ACTIONS = "GITHUB_ACTIONS", "Set by GitHub Actions: sections are folded with `::group::`.";
    NO_COLOR = "NO_COLOR", "Any value: no colour unless `--color always` is given.";
    SKIP_LOG = "DDS_SKIP_LOG", "A file into which tests write one line each when they are skipped; set by `test`.";
    REAL_ELECTRON = "DDS_REAL_ELECTRON", "The folder of an unpacked Electron to test the packaged shell in, or `fetch`; `test --all` sets that.";
    CHROMIUM = "DDS_CHROMIUM", "The Chromium program for browser tests, instead of the one on PATH.";
}

/// Variables that decide how the network is reached, in either case. `ddstask` only tells them; uv, pip, npm and
/// cargo read them.
pub(crate) const NETWORK: [&str; 9] = [
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "PIP_INDEX_URL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
];

/// A snapshot of the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env(BTreeMap<String, String>);

impl Env {
    /// Reads the environment of this process. Values that are not Unicode are left out.
    pub(crate) fn current() -> Self {
        Self::from_pairs(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// An environment of one's own.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// `SOURCE_DATE_EPOCH`, in seconds since 1970.
    ///
    /// # Errors
    /// It is set to something else.
    pub(crate) fn source_date(&self) -> Result<Option<u64>> {
        let Some(given) = self.get(SOURCE_DATE_EPOCH) else { return Ok(None) };
        given.parse().map(Some).map_err(|_| {
            Fault::usage(format!("SOURCE_DATE_EPOCH is `{given}`, which is not a number of seconds since 1970"))
                .hint("unset it, or set it to what `git log -1 --format=%ct` prints")
        })
    }

    /// The date of what is made, in seconds since 1970: `SOURCE_DATE_EPOCH`, or now.
    pub(crate) fn date(&self) -> Result<u64> {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Ok(self.source_date()?.unwrap_or_else(now))
    }

    /// Whether a variable says yes: set, and neither `0` nor `false`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// The variables whose names are picked, in order of their names.
    pub(crate) fn filter(&self, pick: impl Fn(&str) -> bool) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(move |(name, _)| pick(name)).map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_counts_as_unset() {
        let env = Env::from_pairs([("A".to_owned(), String::new()), ("B".to_owned(), "0".to_owned())]);
        assert_eq!(env.get("A"), None);
        assert!(!env.flag("B"));
    }

    #[test]
    fn the_table_has_each_name_once_and_a_sentence() {
        let mut names: Vec<_> = VARS.iter().map(|var| var.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), VARS.len());
        assert!(VARS.iter().all(|var| var.what.ends_with('.')));
    }
}

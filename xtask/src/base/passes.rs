//! What the children of staging get from the environment of the person who builds: an allow-list.
//!
//! How to reach things passes (proxies, certificates, credentials, mirrors, caches). What to choose does not (versions,
//! resolution, targets, import paths, settings), and neither does what nobody thought of: the lock, `dds.toml` and the
//! sources decide alone what is in a stage. `docs/what-may-reach-a-stage.md` goes through everything that the programs
//! read by themselves; a test keeps its list and this one together.

use crate::base::cmd::Sees;
use crate::base::env::Env;
use crate::base::host::{Host, Os};

/// Variables that pass for one reason.
struct Group {
    /// Why they pass.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is in the documentation, and a test compares the two"))]
    why: &'static str,
    /// Also to programs that fetch nothing: the interpreter, with the project's code or without.
    to_all: bool,
    /// A relative path would mean something else in a child's folder, so it is made absolute.
    paths: bool,
    /// Names, in either case; `*` stands for any part.
    names: &'static [&'static str],
}

const GROUPS: &[Group] = &[
    Group {
        why: "Windows starts no program without them",
        to_all: true,
        paths: false,
        names: &["SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"],
    },
    Group { why: "where temporary files go", to_all: true, paths: true, names: &["TMPDIR", "TEMP", "TMP"] },
    Group {
        why: "where uv and its helpers are: git, ssh, keyring",
        to_all: false,
        paths: false,
        names: &["PATH", "PYENV_ROOT", "PYENV_VERSION"],
    },
    Group {
        why: "whose caches, credentials and certificates",
        to_all: false,
        paths: true,
        names: &[
            "HOME",
            "USERPROFILE",
            "HOMEDRIVE",
            "HOMEPATH",
            "APPDATA",
            "LOCALAPPDATA",
            "PROGRAMDATA",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_RUNTIME_DIR",
        ],
    },
    Group {
        why: "proxies",
        to_all: false,
        paths: false,
        names: &["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "PIP_PROXY"],
    },
    Group {
        why: "certificates",
        to_all: false,
        paths: true,
        names: &[
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "SSL_CLIENT_CERT",
            "NIX_SSL_CERT_FILE",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "GIT_SSL_CAINFO",
            "GIT_SSL_CAPATH",
            "PIP_CERT",
            "PIP_CLIENT_CERT",
        ],
    },
    Group {
        why: "which certificates and hosts are trusted",
        to_all: false,
        paths: false,
        names: &["UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_INSECURE_HOST", "PIP_TRUSTED_HOST"],
    },
    Group {
        why: "files with credentials",
        to_all: false,
        paths: true,
        names: &["NETRC", "UV_CREDENTIALS_DIR", "GOOGLE_APPLICATION_CREDENTIALS", "PIP_CONFIG_FILE"],
    },
    Group {
        why: "credentials, and who is asked for them",
        to_all: false,
        paths: false,
        names: &[
            "USER",
            "LOGNAME",
            "USERNAME",
            "UV_KEYRING_PROVIDER",
            "UV_GITHUB_TOKEN",
            "PIP_KEYRING_PROVIDER",
            "AWS_*",
            "DBUS_SESSION_BUS_ADDRESS",
            "SSH_AUTH_SOCK",
            "SSH_AGENT_PID",
            "SSH_ASKPASS",
            "GIT_ASKPASS",
            "GIT_SSH",
            "GIT_SSH_COMMAND",
            "GIT_TERMINAL_PROMPT",
        ],
    },
    Group {
        why: "indexes: the lock pins version and hash, so they only decide where the same bytes come from",
        to_all: false,
        paths: false,
        names: &[
            "UV_INDEX",
            "UV_INDEX_*",
            "UV_DEFAULT_INDEX",
            "UV_EXTRA_INDEX_URL",
            "UV_FIND_LINKS",
            "UV_NO_INDEX",
            "UV_OFFLINE",
            "UV_S3_ENDPOINT_URL",
            "UV_GCS_ENDPOINT_URL",
            "UV_AZURE_ENDPOINT_URL",
            "PIP_INDEX_URL",
            "PIP_EXTRA_INDEX_URL",
            "PIP_FIND_LINKS",
            "PIP_NO_INDEX",
        ],
    },
    Group {
        why: "mirrors of interpreters",
        to_all: false,
        paths: false,
        names: &["UV_PYTHON_INSTALL_MIRROR", "UV_PYTHON_DOWNLOADS_JSON_URL"],
    },
    Group {
        why: "patience with a slow network, and haste",
        to_all: false,
        paths: false,
        names: &["UV_HTTP_*", "UV_REQUEST_TIMEOUT", "UV_CONCURRENT_*", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES"],
    },
    Group {
        why: "caches",
        to_all: false,
        paths: true,
        names: &["UV_CACHE_DIR", "UV_PYTHON_CACHE_DIR", "UV_PYTHON_INSTALL_DIR", "PIP_CACHE_DIR"],
    },
];

/// Settings of git that change what it checks out or run programs of the builder's. The other ones pass: addresses,
/// credentials and proxies are among them.
const GIT_SETTINGS: [(&str, &str); 4] = [
    ("core.autocrlf", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.hooksPath", "/dev/null"),
    ("init.templateDir", ""),
];

/// The variables of a child that does not see everything.
pub(crate) fn environment(env: &Env, host: Host, sees: Sees) -> Vec<(String, String)> {
    let group = |name: &str| {
        GROUPS.iter().find(|group| {
            (group.to_all || sees == Sees::Network) && group.names.iter().any(|pattern| matches(pattern, name))
        })
    };
    let mut passed: Vec<(String, String)> = env
        .filter(|name| group(name).is_some())
        .map(|(name, value)| {
            let is_path = group(name).is_some_and(|group| group.paths);
            (name.to_owned(), if is_path { absolute(value) } else { value.to_owned() })
        })
        .collect();
    if sees == Sees::Network {
        passed.push(("GIT_CONFIG_COUNT".to_owned(), GIT_SETTINGS.len().to_string()));
        for (number, (key, value)) in GIT_SETTINGS.iter().enumerate() {
            passed.push((format!("GIT_CONFIG_KEY_{number}"), (*key).to_owned()));
            passed.push((format!("GIT_CONFIG_VALUE_{number}"), (*value).to_owned()));
        }
    } else {
        passed.push(("PATH".to_owned(), system_path(env, host)));
    }
    passed
}

/// Where the programs of the system are, and none that a person installed for themselves.
fn system_path(env: &Env, host: Host) -> String {
    match host.os {
        Os::Windows => format!(r"{}\System32", env.get("SYSTEMROOT").unwrap_or(r"C:\Windows")),
        Os::Linux | Os::MacOs => "/usr/bin:/bin".to_owned(),
    }
}

fn absolute(value: &str) -> String {
    let path = std::path::absolute(value).ok();
    path.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or_else(|| value.to_owned())
}

fn matches(pattern: &str, name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    pattern.strip_suffix('*').map_or(name == pattern, |start| name.len() > start.len() && name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;

    fn passed(sees: Sees, variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let env = Env::from_pairs(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        environment(&env, Host { os: Os::Linux, ..Host::current() }, sees)
    }

    fn names(sees: Sees, names: &[&str]) -> Vec<String> {
        let variables: Vec<(&str, &str)> = names.iter().map(|name| (*name, "/x")).collect();
        let passed = passed(sees, &variables).into_iter().map(|(name, _)| name);
        passed.filter(|passed| names.contains(&passed.as_str())).collect()
    }

    #[test]
    fn how_to_reach_things_passes_and_what_to_choose_does_not() {
        let reach = ["HTTPS_PROXY", "UV_INDEX_CORP_PASSWORD", "UV_INDEX_CORP_USERNAME", "https_proxy"];
        assert_eq!(names(Sees::Network, &reach), reach);
        assert_eq!(names(Sees::Nothing, &reach), [""; 0]);
        let choose = ["PYTHONPATH", "UV_RESOLUTION", "UV_PYTHON", "DJANGO_SETTINGS_MODULE", "LD_PRELOAD", "LC_ALL"];
        assert_eq!(names(Sees::Network, &choose), [""; 0]);
    }

    #[test]
    fn a_relative_folder_is_made_absolute() {
        let [tmpdir] = &passed(Sees::Nothing, &[("TMPDIR", "here")])[..1] else { panic!() };
        let folder = Utf8Path::new(&tmpdir.1);
        assert!(folder.is_absolute() && folder.ends_with("here"), "{tmpdir:?}");
    }

    #[test]
    fn the_documentation_has_every_name_with_its_reason() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/what-may-reach-a-stage.md"));
        for group in GROUPS {
            let names: Vec<String> = group.names.iter().map(|name| format!("`{name}`")).collect();
            let row = format!("| {} | {} |", names.join(", "), group.why);
            assert!(page.contains(&row), "docs/what-may-reach-a-stage.md lacks the row\n{row}");
        }
        for (key, _) in GIT_SETTINGS {
            assert!(page.contains(&format!("`{key}`")), "docs/what-may-reach-a-stage.md lacks {key}");
        }
    }
}

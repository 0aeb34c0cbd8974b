//! `[project]` of `dds.toml`: the names of the program, and the systems that it is made for.

use camino::Utf8PathBuf;
use serde::Deserialize;

use super::mistake::Mistake;
use crate::base::host::Host;

/// What Windows allows in no name of a file.
pub(crate) const NOT_IN_A_TITLE: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// `[project]`: names.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Project {
    /// The start of artifact names: lower case, digits and `-`.
    pub(crate) name: String,
    /// The name that people read, and that of the program's folder on Windows and macOS.
    pub(crate) title: String,
    /// Reverse-domain identifier.
    pub(crate) identifier: String,
    /// The app's version; without it that in the project's `pyproject.toml`, Poetry's part included.
    pub(crate) version: Option<String>,
    /// The drawing or picture that icons are made from, relative to `dds.toml`; the starter's own without it.
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "path")))]
    pub(crate) icon: Option<Utf8PathBuf>,
    /// The systems that people get it for: of `linux-x64`, `linux-arm64`, `windows-x64`, `windows-arm64`, `macos-arm64` and
    /// `macos-x64`. `--target all` stages for them.
    #[serde(default = "usual_targets")]
    targets: Vec<String>,
}

fn usual_targets() -> Vec<String> {
    ["macos-arm64", "windows-x64", "linux-x64"].map(str::to_owned).to_vec()
}

impl Project {
    /// One of which nothing but the names is known.
    pub(crate) fn named(name: String, title: String, identifier: String) -> Self {
        Self { name, title, identifier, version: None, icon: None, targets: usual_targets() }
    }

    /// The systems that people get it for.
    pub(crate) fn targets(&self) -> Vec<Host> {
        self.targets.iter().filter_map(|name| Host::named(name)).collect()
    }

    /// The first value that can't be.
    pub(crate) fn mistake(&self) -> Option<Mistake> {
        let Self { name, title, identifier, targets, .. } = self;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Some(Mistake::new("project.name", name, "made of lower-case letters, digits and `-`"));
        }
        if !is_title(title) {
            let wanted = format!(
                "one line that a folder may be named with, so without {}",
                NOT_IN_A_TITLE.map(String::from).join(" ")
            );
            return Some(Mistake::new("project.title", title, &wanted));
        }
        if !is_identifier(identifier) {
            let wanted = "a reverse-domain name such as org.example.shop";
            return Some(Mistake::new("project.identifier", identifier, wanted));
        }
        let target = targets.iter().find(|target| Host::named(target).is_none())?;
        let names = Host::ALL.map(|target| target.to_string()).join(", ");
        Some(Mistake::new("project.targets", target, &format!("one of {names}")))
    }
}

/// What every system takes as the name of a folder and shows in one line. Windows drops a point or blank at the end.
fn is_title(text: &str) -> bool {
    let is_whole = !text.is_empty() && text.trim() == text && !text.ends_with('.');
    is_whole && !text.chars().any(|c| c.is_control() || NOT_IN_A_TITLE.contains(&c))
}

/// What every system takes as the identifier of a program: at least two parts of letters, digits and `-`, none of which
/// begins with a digit or a `-`.
fn is_identifier(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.contains('.') && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(name: &str, title: &str, identifier: &str) -> Option<String> {
        let [name, title, identifier] = [name, title, identifier].map(str::to_owned);
        Project::named(name, title, identifier).mistake().map(|mistake| mistake.why())
    }

    #[test]
    fn a_title_that_no_folder_can_have_is_refused() {
        for good in ["Shop", "Meine Äpfel & Co", "L'atelier", "注文", "A–Z 2.0", ".hidden"] {
            assert_eq!(mistake("shop", good, "org.example.shop"), None, "{good}");
        }
        for bad in ["", " ", "Shop ", "Shop.", "in/out", "Shop: Orders", "Why?", "\"Shop\"", "two\nlines", "a\\b"] {
            let why = mistake("shop", bad, "org.example.shop").unwrap_or_default();
            assert!(why.starts_with("project.title = "), "{bad}: {why}");
        }
        let wanted =
            "project.title = \"a/b\" is not one line that a folder may be named with, so without / \\ : * ? \" < > |";
        assert_eq!(mistake("shop", "a/b", "org.example.shop").as_deref(), Some(wanted));
    }

    #[test]
    fn an_identifier_that_no_system_takes_is_refused() {
        for good in ["org.example.shop", "io.github.a-b", "localhost.desktop-app"] {
            assert_eq!(mistake("shop", "Shop", good), None, "{good}");
        }
        for bad in
            ["", "shop", "org..shop", "org.example.2shop", "org.example.my shop", "org.example.shöp", "org.ex_a.shop"]
        {
            let wanted =
                format!("project.identifier = \"{bad}\" is not a reverse-domain name such as org.example.shop");
            assert_eq!(mistake("shop", "Shop", bad), Some(wanted));
        }
    }
}

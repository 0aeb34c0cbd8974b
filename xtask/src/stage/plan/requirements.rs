//! What is installed, and from where: `uv export` says what and with which hashes, `uv.lock` where it comes from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::fault::{Context, Fault, Result};

/// What `desktop_runtime` needs besides Django, locked: in its folder.
pub(crate) const RUNTIME_LOCK: &str = "requirements.lock";

/// A distribution that the lock has for some system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    /// Normalised, as indexes do.
    pub(crate) name: String,
    /// Empty where only its build tells.
    pub(crate) version: String,
    /// For which systems; empty for all.
    pub(crate) marker: String,
    /// The requirement as it was exported, with its hashes on lines below it.
    pub(crate) requirement: String,
    /// Where it comes from.
    pub(crate) source: Source,
    /// The names of its wheels; nothing where the lock does not tell them.
    pub(crate) wheels: Option<Vec<String>>,
    /// The name of the archive with its sources.
    pub(crate) archive: Option<String>,
}

/// Where a distribution comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// An index that uv asks by itself.
    Index,
    /// An index that only some distributions come from: `NAME=ADDRESS`, or its address.
    Explicit(String),
    /// A folder with wheels and archives, relative to the backend folder. The lock has no hashes of those.
    Flat(String),
    /// A file, here or elsewhere, that the requirement names.
    File,
    /// A folder with sources, relative to the backend folder.
    Folder(String),
    /// A commit.
    Git,
}

impl Source {
    /// Whether there are only sources of it, which are built without being asked for: they are the project's own.
    pub(crate) fn is_built(&self) -> bool {
        matches!(self, Self::Folder(_) | Self::Git)
    }
}

impl Package {
    /// Whether a file, by its path from the backend folder, is one that it is made of.
    pub(crate) fn is_made_of(&self, path: &str) -> bool {
        let below = |folder: &str| path.strip_prefix(folder).and_then(|path| path.strip_prefix('/'));
        match &self.source {
            Source::Folder(folder) => below(folder).is_some(),
            Source::Flat(folder) => below(folder).is_some_and(|name| self.files().any(|own| own == name)),
            _ => false,
        }
    }

    /// The names of its wheels and of its archive, as far as the lock tells them.
    pub(crate) fn files(&self) -> impl Iterator<Item = &String> {
        self.wheels.iter().flatten().chain(&self.archive)
    }

    /// The path of its file from the backend folder, where it is one on this machine.
    pub(crate) fn file(&self) -> Option<String> {
        let path = self.requirement.split([' ', '\n']).next().filter(|path| is_path(path))?;
        (self.source == Source::File).then(|| path.to_owned())
    }
}

/// What is read of `uv.lock`.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    source: LockedSource,
    #[serde(default)]
    wheels: Vec<Artifact>,
    sdist: Option<Artifact>,
}

#[derive(Default, Deserialize)]
struct LockedSource {
    registry: Option<String>,
    git: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
}

#[derive(Deserialize)]
struct Artifact {
    url: Option<String>,
    filename: Option<String>,
    path: Option<String>,
}

/// What is read of `pyproject.toml`.
#[derive(Default, Deserialize)]
struct Project {
    #[serde(default)]
    tool: Tool,
}

#[derive(Default, Deserialize)]
struct Tool {
    #[serde(default)]
    uv: Uv,
}

#[derive(Default, Deserialize)]
struct Uv {
    #[serde(default)]
    index: Vec<Index>,
}

#[derive(Deserialize)]
struct Index {
    name: Option<String>,
    url: String,
    #[serde(default)]
    explicit: bool,
}

impl Artifact {
    fn file_name(&self) -> Option<String> {
        let name = self.filename.as_ref().or(self.path.as_ref()).or(self.url.as_ref())?.rsplit('/').next()?;
        Some(percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned())
    }
}

impl Locked {
    fn folder(&self) -> Option<&str> {
        let LockedSource { directory, editable, r#virtual, .. } = &self.source;
        directory.as_deref().or(editable.as_deref()).or(r#virtual.as_deref())
    }

    fn source(&self, explicit: &[Index]) -> Source {
        if let Some(folder) = self.folder() {
            return Source::Folder(folder.to_owned());
        }
        let Some(registry) = &self.source.registry else {
            return if self.source.git.is_some() { Source::Git } else { Source::File };
        };
        if !registry.contains("://") {
            return Source::Flat(registry.clone());
        }
        let same = |index: &&Index| plain(&index.url) == plain(registry);
        match explicit.iter().filter(|index| index.explicit).find(same) {
            None => Source::Index,
            Some(Index { name: Some(name), url, .. }) => Source::Explicit(format!("{name}={url}")),
            Some(Index { url, .. }) => Source::Explicit(url.clone()),
        }
    }
}

/// A path or an address without what may be left out.
fn plain(place: &str) -> &str {
    place.trim_start_matches("./").trim_end_matches('/')
}

/// The folders of `uv.lock` with a `pyproject.toml` that it was made from, relative to the backend folder.
///
/// # Errors
/// It is not TOML.
pub(crate) fn folders(lock: &str) -> Result<Vec<String>> {
    Ok(parse(lock)?.package.iter().filter_map(Locked::folder).map(str::to_owned).collect())
}

fn parse(lock: &str) -> Result<Lock> {
    toml::from_str(lock)
        .fault(|| "cannot understand uv.lock".to_owned())
        .map_err(|fault| fault.hint("run `uv lock` in the backend folder and commit uv.lock"))
}

/// The distributions that `uv export` names, with what `uv.lock` and `pyproject.toml` know of each.
///
/// # Errors
/// One of the texts is not what it should be.
pub(crate) fn packages(exported: &str, lock: &str, pyproject: &str) -> Result<Vec<Package>> {
    let lock = parse(lock)?;
    let project: Project = toml::from_str(pyproject)
        .fault(|| "cannot understand pyproject.toml".to_owned())
        .map_err(|fault| fault.hint("mend pyproject.toml in the backend folder, then run `uv lock` there"))?;
    requirements(exported).into_iter().map(|lines| package(lines, &lock, &project.tool.uv.index)).collect()
}

fn package(requirement: String, lock: &Lock, indexes: &[Index]) -> Result<Package> {
    let first = requirement.lines().next().unwrap_or_default().trim_end_matches('\\').trim();
    let (what, marker) = first.split_once(" ; ").unwrap_or((first, ""));
    let named = name(what).filter(|_| !is_path(what));
    let version = what.split_once("==").map(|(_, version)| version);
    let is_this = |locked: &&Locked| {
        if let Some(named) = &named {
            return locked.name == *named && version.is_none_or(|version| version == locked.version);
        }
        let place = locked.folder().or(locked.source.path.as_deref());
        place.is_some_and(|place| plain(place) == plain(what))
    };
    let locked = lock.package.iter().find(is_this).ok_or_else(|| {
        Fault::new(format!("uv.lock has no package for the requirement {what}")).hint("update uv, then run `uv lock`")
    })?;
    Ok(Package {
        name: locked.name.clone(),
        version: locked.version.clone(),
        marker: marker.to_owned(),
        source: locked.source(indexes),
        wheels: Some(locked.wheels.iter().filter_map(Artifact::file_name).collect()),
        archive: locked.sdist.as_ref().and_then(Artifact::file_name),
        requirement,
    })
}

fn is_path(what: &str) -> bool {
    what.starts_with(['.', '/']) || what.contains('/') && !what.contains(" @ ")
}

/// Each requirement with the lines of its hashes; options are left out.
fn requirements(list: &str) -> Vec<String> {
    let mut requirements: Vec<String> = Vec::new();
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        match requirements.last_mut() {
            // A line with hashes goes with the requirement above it.
            Some(above) if line.starts_with(char::is_whitespace) => {
                above.push_str(line);
                above.push('\n');
            }
            _ => requirements.push(format!("{line}\n")),
        }
    }
    requirements.retain(|requirement| !requirement.starts_with(['#', '-']));
    requirements
}

/// The requirements of the list `more` for distributions that are not among `given`.
pub(crate) fn missing(given: &BTreeSet<&str>, more: &str) -> String {
    let is_missing = |line: &String| name(line).is_some_and(|name| !given.contains(name.as_str()));
    requirements(more).into_iter().filter(is_missing).collect()
}

/// The name of the distribution that a requirement is for, normalised as indexes do (PEP 503); nothing for other lines.
pub(crate) fn name(line: &str) -> Option<String> {
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(line.len());
    let name = line[..end].trim_end_matches(['.', '_', '-']);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    is_name.then(|| {
        name.to_lowercase().split(['.', '_', '-']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_the_project_locks_is_left_out() {
        let runtime = "# made by uv\nwaitress==3.0.2 \\\n    --hash=sha256:aa\nwhite_noise==6 ; python_version > '3' \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n";
        expect![[r"
            waitress==3.0.2 \
                --hash=sha256:aa
        "]]
        .assert_eq(&missing(&["django", "white-noise"].into(), runtime));
        assert_eq!(missing(&["waitress", "white-noise"].into(), runtime), "");
        assert_eq!(missing(&BTreeSet::new(), runtime).lines().count(), 5);
    }

    #[test]
    fn each_distribution_knows_where_it_comes_from() {
        let exported = "../lib\n./member ; sys_platform == 'linux'\n../wheels/idna-3.10-py3-none-any.whl \\\n    --hash=sha256:aa\n\
            gitlib @ git+file:///gitlib@b6bc\nsix==1.17.0 \\\n    --hash=sha256:bb\ntyping_extensions==4 ; python_version < '3.13' \\\n    --hash=sha256:cc\nflat==1 \\\n    --hash=sha256:dd\n";
        let lock = r#"
            version = 1
            [[package]]
            name = "app"
            version = "0.1"
            source = { virtual = "." }
            [[package]]
            name = "flat"
            version = "1"
            source = { registry = "../flat" }
            wheels = [{ path = "flat-1-py3-none-any.whl" }]
            [[package]]
            name = "gitlib"
            source = { git = "file:///gitlib#b6bc" }
            [[package]]
            name = "idna"
            version = "3.10"
            source = { path = "../wheels/idna-3.10-py3-none-any.whl" }
            wheels = [{ filename = "idna-3.10-py3-none-any.whl" }]
            [[package]]
            name = "liba"
            version = "1.0"
            source = { editable = "../lib" }
            [[package]]
            name = "member"
            version = "1.0"
            source = { editable = "member" }
            [[package]]
            name = "six"
            version = "1.17.0"
            source = { registry = "https://other.example/simple" }
            wheels = [{ url = "https://other.example/six-1.17.0%2Blocal-py3-none-any.whl" }]
            [[package]]
            name = "typing-extensions"
            version = "4"
            source = { registry = "https://pypi.org/simple" }
        "#;
        let pyproject = "[[tool.uv.index]]\nname = \"other\"\nurl = \"https://other.example/simple/\"\nexplicit = true\n\
            [[tool.uv.index]]\nurl = \"../flat\"\nformat = \"flat\"\nexplicit = true\n";
        let found = packages(exported, lock, pyproject).unwrap();
        let lines: Vec<String> = found
            .iter()
            .map(|found| {
                format!(
                    "{} {} [{}] {:?} {:?}",
                    found.name,
                    found.version,
                    found.marker,
                    found.source,
                    found.files().collect::<Vec<_>>()
                )
            })
            .collect();
        expect![[r#"
            liba 1.0 [] Folder("../lib") []
            member 1.0 [sys_platform == 'linux'] Folder("member") []
            idna 3.10 [] File ["idna-3.10-py3-none-any.whl"]
            gitlib  [] Git []
            six 1.17.0 [] Explicit("other=https://other.example/simple/") ["six-1.17.0+local-py3-none-any.whl"]
            typing-extensions 4 [python_version < '3.13'] Index []
            flat 1 [] Flat("../flat") ["flat-1-py3-none-any.whl"]"#]]
        .assert_eq(&lines.join("\n"));
        assert_eq!(folders(lock).unwrap(), [".", "../lib", "member"]);
        assert!(packages("unknown==1\n", lock, "").is_err());
    }
}

//! A checkout that talks to the stand-in, and what a download left in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{GitHub, REPOSITORY, TOKEN};
use crate::project::{Outcome, Project};

pub(crate) const PREFIX: &str = "deer-park";
pub(crate) const WORKFLOW: &str = "desktop-packages.yml";

/// A checkout that talks to the stand-in.
pub(crate) fn project(github: &GitHub) -> Project {
    Project::new()
        .env("GITHUB_API_URL", github.url())
        .env("GH_TOKEN", TOKEN)
        .env("GH_REPO", REPOSITORY)
        .env("DDSTASK_RETRY_PAUSE_MS", "1")
        .env("DDSTASK_PATIENCE_MS", "5000")
}

/// The run 7 with its six artifacts.
pub(crate) fn run_7(len: usize) -> (GitHub, Project, Vec<(String, Vec<u8>)>) {
    let github = GitHub::start();
    github.add_run(7, WORKFLOW, "success");
    let expected = github.add_packages(7, PREFIX, len);
    let project = project(&github);
    (github, project, expected)
}

/// The files of a downloaded run, without the tool's own record.
pub(crate) fn files(project: &Project, run: &str) -> Vec<(String, Vec<u8>)> {
    let root = project.path(&format!("dist/github-actions/{run}"));
    let mut files: Vec<(String, Vec<u8>)> = walkdir::WalkDir::new(&root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != ".download.json")
        .map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            (path, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

pub(crate) fn download(project: &Project) -> Outcome {
    project.run(&["github-package-download", "7"])
}

/// Nothing of a half download may be seen: the run's folder is not there, or as it was.
pub(crate) fn downloads(project: &Project) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut tree = project.tree();
    tree.retain(|path, _| !path.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.')));
    tree
}

/// The files that wait to be finished by the next try, and the bytes that they have of their bodies. While parts are put
/// together, the first has what the others have, too; that counts once.
pub(crate) fn partial(project: &Project) -> (usize, u64) {
    let entries = std::fs::read_dir(project.path("dist/github-actions/.partial")).into_iter().flatten();
    let named = |entry: std::fs::DirEntry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len());
    let files: BTreeMap<String, u64> = entries.map(Result::unwrap).map(named).collect();
    let next = |first: &str| {
        let start = |name: &String| name.strip_prefix(first)?.strip_prefix('.')?.parse::<u64>().ok();
        files.keys().filter_map(start).min()
    };
    (files.len(), files.iter().map(|(name, len)| next(name).map_or(*len, |next| next.min(*len))).sum())
}

//! Which run of a workflow is meant.

use serde::Deserialize;

/// A run, as the API lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Run {
    /// Unique on its server, growing.
    pub(crate) id: u64,
    /// `queued`, `in_progress`, `completed`, …
    #[serde(default)]
    pub(crate) status: Option<String>,
    /// `success`, `failure`, `cancelled`, …; nothing before it is completed.
    #[serde(default)]
    pub(crate) conclusion: Option<String>,
    /// The branch that it ran on.
    #[serde(default)]
    pub(crate) head_branch: Option<String>,
    /// The commit that it ran on.
    #[serde(default)]
    pub(crate) head_sha: String,
    /// What started it: `workflow_dispatch`, `push`, …
    #[serde(default)]
    pub(crate) event: String,
    /// When it was made: `2026-11-22T10:00:00Z`.
    #[serde(default)]
    pub(crate) created_at: String,
    #[serde(default)]
    pub(crate) html_url: String,
    /// The workflow's file: `.github/workflows/x.yml`.
    #[serde(default)]
    pub(crate) path: Option<String>,
    /// The repository whose workflow it is.
    #[serde(default)]
    pub(crate) repository: Option<Home>,
    /// The repository whose code it is; nothing for a fork that was deleted.
    #[serde(default)]
    pub(crate) head_repository: Option<Home>,
}

/// A repository, as a run names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Home {
    id: u64,
}

impl Run {
    /// `success`, `in_progress`, …: how it ended, or where it is.
    pub(crate) fn state(&self) -> &str {
        self.conclusion.as_deref().or(self.status.as_deref()).unwrap_or("unknown")
    }

    pub(crate) fn is_over(&self) -> bool {
        self.status.as_deref() == Some("completed")
    }

    /// Whether its code is of this repository, and not of a pull request from a fork: a stranger's branch may be named
    /// `main`, too.
    fn is_own(&self) -> bool {
        match (&self.repository, &self.head_repository) {
            (Some(here), Some(head)) => here == head,
            (_, None) => !self.event.starts_with("pull_request"),
            (None, Some(_)) => true,
        }
    }

    /// Whether it has ended well.
    pub(crate) fn is_successful(&self) -> bool {
        self.is_over() && self.conclusion.as_deref() == Some("success")
    }
}

/// The newest successful run of a branch, or of a commit where one is given.
pub(crate) fn newest_successful<'a>(runs: &'a [Run], branch: &str, commit: Option<&str>) -> Option<&'a Run> {
    runs.iter().filter(|run| run.is_successful() && run.is_own() && is_of(run, branch, commit)).max_by_key(|run| run.id)
}

fn is_of(run: &Run, branch: &str, commit: Option<&str>) -> bool {
    match commit {
        Some(commit) => run.head_sha.starts_with(commit),
        None => run.head_branch.as_deref() == Some(branch),
    }
}

/// The run that a dispatch has just started: by hand, on the branch, of the commit where that is known, and not
/// there before. The oldest of those, because a later one belongs to somebody else.
pub(crate) fn just_started<'a>(runs: &'a [Run], branch: &str, commit: Option<&str>, before: &[u64]) -> Option<&'a Run> {
    runs.iter()
        .filter(|run| run.event == "workflow_dispatch" && run.head_branch.as_deref() == Some(branch))
        .filter(|run| commit.is_none_or(|commit| run.head_sha == commit) && !before.contains(&run.id))
        .min_by_key(|run| run.id)
}

/// The newest runs with their states, a line each.
pub(crate) fn describe(runs: &[Run]) -> Vec<String> {
    const SHOWN: usize = 5;
    let mut newest: Vec<&Run> = runs.iter().collect();
    newest.sort_unstable_by_key(|run| std::cmp::Reverse(run.id));
    newest
        .into_iter()
        .take(SHOWN)
        .map(|run| {
            let branch = run.head_branch.as_deref().unwrap_or("no branch");
            let commit = run.head_sha.get(..9).unwrap_or(&run.head_sha);
            let from = if run.is_own() { "" } else { " of a fork" };
            format!("run {} on {branch}{from} at {commit}: {} ({})", run.id, run.state(), run.created_at)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn run(id: u64, branch: &str, conclusion: Option<&str>) -> Run {
        Run {
            id,
            status: Some(if conclusion.is_some() { "completed" } else { "in_progress" }.to_owned()),
            conclusion: conclusion.map(str::to_owned),
            head_branch: Some(branch.to_owned()),
            head_sha: format!("{id:040x}"),
            event: "workflow_dispatch".to_owned(),
            created_at: "2026-11-22T10:00:00Z".to_owned(),
            ..Run::default()
        }
    }

    #[test]
    fn the_newest_success_of_the_branch_is_taken() {
        let runs = [
            run(9, "main", Some("success")),
            run(10, "main", Some("success")),
            run(11, "main", Some("failure")),
            run(12, "other", Some("success")),
            run(13, "main", None),
        ];
        assert_eq!(newest_successful(&runs, "main", None).map(|run| run.id), Some(10));
        assert_eq!(newest_successful(&runs, "main", Some(&format!("{:040x}", 9))).map(|run| run.id), Some(9));
        assert_eq!(newest_successful(&runs, "topic", None), None);
        expect![[r"
            run 13 on main at 000000000: in_progress (2026-11-22T10:00:00Z)
            run 12 on other at 000000000: success (2026-11-22T10:00:00Z)
            run 11 on main at 000000000: failure (2026-11-22T10:00:00Z)
            run 10 on main at 000000000: success (2026-11-22T10:00:00Z)
            run 9 on main at 000000000: success (2026-11-22T10:00:00Z)"]]
        .assert_eq(&describe(&runs).join("\n"));
    }

    #[test]
    fn what_forks_propose_is_never_the_newest() {
        let home = |id| Some(Home { id });
        let of = |repository, head_repository, event: &str| Run {
            repository,
            head_repository,
            event: event.to_owned(),
            ..run(9, "main", Some("success"))
        };
        for event in ["pull_request", "pull_request_target"] {
            for fork in [of(home(1), home(2), event), of(home(1), None, event)] {
                let runs = [fork];
                assert_eq!(newest_successful(&runs, "main", None), None);
                assert_eq!(newest_successful(&runs, "main", Some(&runs[0].head_sha)), None);
            }
        }
        assert!(newest_successful(&[of(home(1), home(1), "pull_request")], "main", None).is_some());
        assert!(newest_successful(&[of(home(1), None, "push")], "main", None).is_some());
    }

    #[test]
    fn a_dispatch_finds_its_own_run() {
        let runs = [run(9, "main", None), run(10, "main", None), run(11, "main", None), run(8, "other", None)];
        assert_eq!(just_started(&runs, "main", None, &[9]).map(|run| run.id), Some(10));
        assert_eq!(just_started(&runs, "main", Some(&format!("{:040x}", 11)), &[9]).map(|run| run.id), Some(11));
        assert_eq!(just_started(&runs, "main", None, &[9, 10, 11]), None);
    }
}

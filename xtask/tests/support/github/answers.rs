//! Whole answers, with every field that GitHub's description of its API requires; `github_openapi.rs` checks them.

use serde_json::{Map, Value, json};

use super::{Artifact, Asset, REPOSITORY, Release};

const API: &str = "https://api.github.com";
const PAGE: &str = "https://github.com";

/// Addresses that a user has.
const OF_USER: &[&str] = &[
    "avatar",
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
];

/// Addresses that a repository has.
const OF_REPOSITORY: &[&str] = &[
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
];

/// One object of both; the fields of the second count.
fn merged(first: Value, second: &Value) -> Value {
    let mut fields = match first {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    for (name, value) in second.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    fields.into()
}

/// `X_url` of each, below an address.
fn addresses(names: &[&str], below: &str) -> Value {
    names
        .iter()
        .map(|name| (format!("{name}_url"), Value::from(format!("{below}/{name}"))))
        .collect::<Map<_, _>>()
        .into()
}

fn user() -> Value {
    let own = json!({
        "id": 1, "node_id": "U_1", "login": "acme", "gravatar_id": "", "site_admin": false, "type": "Organization",
        "url": format!("{API}/users/acme"), "html_url": format!("{PAGE}/acme"),
    });
    merged(addresses(OF_USER, &format!("{API}/users/acme")), &own)
}

fn repository() -> Value {
    let url = format!("{API}/repos/{REPOSITORY}");
    let own = json!({
        "id": 2, "node_id": "R_2", "name": "app", "full_name": REPOSITORY, "owner": user(), "private": false,
        "description": null, "fork": false, "url": url, "html_url": format!("{PAGE}/{REPOSITORY}"),
    });
    merged(addresses(OF_REPOSITORY, &url), &own)
}

/// A run, of what a test says of it.
pub(super) fn run(own: &Value) -> Value {
    let url = format!("{API}/repos/{REPOSITORY}/actions/runs/{}", own["id"]);
    let commit = json!({
        "id": own["head_sha"], "tree_id": "d".repeat(40), "message": "a change", "timestamp": own["created_at"],
        "author": { "name": "a", "email": "a@example.com" }, "committer": null,
    });
    let rest = json!({
        "node_id": format!("WFR_{}", own["id"]), "name": "packages", "run_number": own["id"], "run_attempt": 1,
        "display_title": "packages", "workflow_id": 3, "updated_at": own["created_at"], "url": url,
        "head_commit": commit, "head_repository": repository(), "repository": repository(), "pull_requests": [],
        "workflow_url": format!("{API}/repos/{REPOSITORY}/actions/workflows/3"),
    });
    let below = ["jobs", "logs", "check_suite", "cancel", "rerun", "artifacts"];
    merged(merged(addresses(&below, &url), &rest), own)
}

/// A job of a run, of what a test says of it.
pub(super) fn job(own: &Value, run: u64) -> Value {
    let id = 9000 + run;
    let of = format!("{API}/repos/{REPOSITORY}");
    let rest = json!({
        "id": id, "node_id": format!("CR_{id}"), "run_id": run, "run_attempt": 1, "head_sha": format!("{run:040x}"),
        "head_branch": "main", "workflow_name": "packages", "labels": ["ubuntu-latest"], "runner_id": 1,
        "runner_name": "one", "runner_group_id": 2, "runner_group_name": "two", "created_at": "2026-11-22T10:00:00Z",
        "started_at": "2026-11-22T10:00:05Z", "completed_at": null, "url": format!("{of}/actions/jobs/{id}"),
        "run_url": format!("{of}/actions/runs/{run}"), "check_run_url": format!("{of}/check-runs/{id}"),
        "html_url": format!("{PAGE}/{REPOSITORY}/actions/runs/{run}/job/{id}"),
    });
    merged(rest, own)
}

/// An artifact.
pub(super) fn artifact(artifact: &Artifact, host: &str, too_many: u64) -> Value {
    let url = format!("http://{host}/repos/{REPOSITORY}/actions/artifacts/{}", artifact.id);
    json!({
        "id": artifact.id, "node_id": format!("A_{}", artifact.id), "name": artifact.name, "digest": artifact.digest,
        "size_in_bytes": artifact.content.len() + too_many, "expired": artifact.expired,
        "created_at": artifact.created_at, "updated_at": artifact.created_at, "expires_at": "2026-02-20T10:00:00Z",
        "url": url, "archive_download_url": format!("{url}/zip"),
    })
}

/// A branch, at a commit.
pub(super) fn branch(name: &str, commit: &str) -> Value {
    let url = format!("{API}/repos/{REPOSITORY}/commits/{commit}");
    let of_git = json!({
        "url": url, "author": null, "committer": null, "message": "a change", "comment_count": 0,
        "tree": { "sha": "d".repeat(40), "url": format!("{API}/repos/{REPOSITORY}/git/trees/d") },
    });
    let page = format!("{PAGE}/{REPOSITORY}/tree/{name}");
    json!({
        "name": name, "protected": false, "protection": { "enabled": false }, "protection_url": format!("{url}/protection"),
        "_links": { "html": page, "self": format!("{API}/repos/{REPOSITORY}/branches/{name}") },
        "commit": {
            "sha": commit, "node_id": "C_1", "url": url, "html_url": page, "comments_url": format!("{url}/comments"),
            "commit": of_git, "author": null, "committer": null, "parents": [],
        },
    })
}

/// A release with its assets.
pub(super) fn release(release: &Release, host: &str) -> Value {
    let (id, tag) = (release.id, &release.tag);
    let url = format!("{API}/repos/{REPOSITORY}/releases/{id}");
    let time = "2026-11-22T10:00:00Z";
    json!({
        "id": id, "node_id": format!("RE_{id}"), "tag_name": tag, "target_commitish": release.target, "name": tag,
        "body": release.body, "draft": release.draft, "prerelease": release.prerelease, "immutable": release.immutable, "author": user(), "url": url,
        "html_url": format!("{PAGE}/{REPOSITORY}/releases/tag/{tag}"), "assets_url": format!("{url}/assets"),
        "upload_url": format!("http://{host}/repos/{REPOSITORY}/releases/{id}/assets{{?name,label}}"),
        "tarball_url": null, "zipball_url": null, "created_at": time,
        "published_at": if release.draft { Value::Null } else { time.into() },
        "assets": release.assets.iter().map(|one| asset(one, tag)).collect::<Vec<_>>(),
    })
}

pub(super) fn asset(asset: &Asset, tag: &str) -> Value {
    let (id, name) = (asset.id, &asset.name);
    json!({
        "id": id, "node_id": format!("RA_{id}"), "name": name, "label": "", "state": asset.state,
        "content_type": "application/octet-stream", "size": asset.content.len(), "digest": asset.digest,
        "download_count": 0, "uploader": user(), "created_at": "2026-11-22T10:00:00Z",
        "updated_at": "2026-11-22T10:00:00Z", "url": format!("{API}/repos/{REPOSITORY}/releases/assets/{id}"),
        "browser_download_url": format!("{PAGE}/{REPOSITORY}/releases/download/{tag}/{name}"),
    })
}

//! The routes of the API that the tool uses, and the store behind them.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::http::{Answer, Busy, Request};
use super::packages::Content;
use super::{Artifact, Asset, Fault, REPOSITORY, Release, Seen, State, TOKEN, answers};

pub(super) fn answer(state: &Mutex<State>, server: &'static str, mut request: Request) -> Answer {
    let mut state = state.lock().unwrap();
    let fault = state.faults.decide(server, &request);
    let asked = request.clone();
    if fault == Some(Fault::IgnoreRange) {
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("range"));
    }
    // A refusal is made before the request is carried out; an error of the server may come after it.
    let refused = matches!(fault, Some(Fault::Limit(..) | Fault::Status(..500)));
    let mut answer = match server {
        _ if refused => Answer::default(),
        "api" => api(&mut state, &request),
        _ => self::store(&state, &request),
    };
    let state = &mut *state;
    if let Some(meanwhile) = &mut state.meanwhile {
        meanwhile(&asked, &mut state.releases);
    }
    if let Some(fault) = fault {
        answer = fault.spoil(answer);
    }
    if server == "store" && answer.status / 100 == 2 {
        answer.busy = Some(Busy::new(&state.gauge));
    }
    if let Some((latency, speed)) = state.pace {
        answer.silence += latency;
        answer.speed = Some(speed);
    }
    let whole = answer.whole();
    let sent = answer.cut_after.map_or(whole, |cut| cut.min(whole));
    let told = if server == "api" { answer.content.read(0, answer.content.len()) } else { Vec::new() };
    state.seen.push(Seen { server, request: asked, status: answer.status, sent, answer: told });
    answer
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

fn not_found() -> Answer {
    Answer::json(
        404,
        &json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }),
    )
}

fn api(state: &mut State, request: &Request) -> Answer {
    let path = request.path().strip_prefix("/api/v3").unwrap_or(request.path());
    let named = path.strip_prefix(&format!("/repos/{REPOSITORY}/")).filter(|_| !state.is_renamed);
    if let (true, Some(rest)) = (state.is_renamed, request.target.split_once(&format!("/repos/{REPOSITORY}/"))) {
        let host = request.header("host").unwrap_or_default();
        return Answer { status: 301, ..Answer::default() }
            .header("Location", format!("http://{host}{}/repositories/1/{}", rest.0, rest.1));
    }
    let Some(rest) = named.or_else(|| path.strip_prefix("/repositories/1/")) else { return not_found() };
    let token = request.header("authorization").is_some_and(|value| value.ends_with(TOKEN));
    if !token {
        return Answer::json(401, &json!({ "message": "Bad credentials", "status": "401" }));
    }
    let parts: Vec<&str> = rest.split('/').collect();
    let host = request.header("host").unwrap_or_default();
    if let ["actions", "workflows", workflow, ..] = parts[..]
        && !state.workflows.contains(&workflow.replace("%2E", ".").replace("%2D", "-"))
    {
        return not_found();
    }
    match (request.method.as_str(), &parts[..]) {
        ("GET", ["actions", "runs"]) => runs(state, request, None),
        ("GET", ["actions", "workflows", workflow, "runs"]) => {
            // Only what was started may be late.
            if !state.dispatched.is_empty() && state.lists_lag > 0 {
                state.lists_lag -= 1;
                return page(request, Vec::new(), |page| json!({ "total_count": 0, "workflow_runs": page }));
            }
            runs(state, request, Some(&workflow.replace("%2E", ".").replace("%2D", "-")))
        }
        ("POST", ["actions", "workflows", workflow, "dispatches"]) => {
            dispatch(state, request, &workflow.replace("%2E", ".").replace("%2D", "-"))
        }
        ("GET", ["actions", "runs", id]) => run(state, id),
        ("GET", ["actions", "runs", _, "jobs"]) => {
            let jobs: Vec<Value> = state.jobs.iter().map(|job| answers::job(job, number(parts[2]))).collect();
            page(request, jobs, |page| json!({ "total_count": state.jobs.len(), "jobs": page }))
        }
        ("GET", ["actions", "runs", id, "artifacts"]) => artifacts(state, request, id),
        ("GET", ["actions", "artifacts", id, "zip"]) => redirect(state, "artifacts", id),
        ("GET", ["branches", branch]) if state.branches.iter().any(|known| known == branch) => {
            Answer::json(200, &answers::branch(branch, &"c".repeat(40)))
        }
        ("GET", ["releases"]) => {
            // Only what was made may be late.
            let known = state.releases.len() - if state.drafts_lag > 0 { state.drafts_made } else { 0 };
            state.drafts_lag = state.drafts_lag.saturating_sub(usize::from(state.drafts_made > 0));
            let releases: Vec<Value> = state.releases[..known].iter().map(|one| answers::release(one, host)).collect();
            page(request, releases, Value::from)
        }
        ("GET", ["releases", "assets", id]) => redirect(state, "assets", id),
        ("GET", ["releases", id]) => state
            .releases
            .iter()
            .find(|release| release.id.to_string() == *id)
            .map_or_else(not_found, |found| Answer::json(200, &answers::release(found, host))),
        ("PATCH", ["releases", id]) => publish(state, request, id),
        ("POST", ["releases"]) => draft(state, request),
        ("POST", ["releases", id, "assets"]) => upload(state, request, id),
        ("DELETE", ["releases", "assets", id]) => {
            for release in &mut state.releases {
                let before = release.assets.len();
                release.assets.retain(|asset| asset.id.to_string() != *id);
                if release.assets.len() < before {
                    return Answer { status: 204, ..Answer::default() };
                }
            }
            not_found()
        }
        _ => not_found(),
    }
}

/// A page of a list, with the address of the next one in a header, where there is one.
fn page(request: &Request, items: Vec<Value>, whole: impl Fn(Vec<Value>) -> Value) -> Answer {
    let number = |name, default| request.query(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (size, page): (usize, usize) = (number("per_page", 30), number("page", 1));
    let is_last = items.len() <= size * page;
    let answer = Answer::json(200, &whole(items.into_iter().skip(size * (page - 1)).take(size).collect()));
    if is_last {
        return answer;
    }
    let (host, path) = (request.header("host").unwrap_or_default(), request.path());
    answer.header("Link", format!("<http://{host}{path}?per_page={size}&page={}>; rel=\"next\"", page + 1))
}

fn runs(state: &State, request: &Request, workflow: Option<&str>) -> Answer {
    let matches = |run: &Value| {
        workflow.is_none_or(|workflow| run["path"].as_str().unwrap().ends_with(&format!("/{workflow}")))
            && request.query("branch").is_none_or(|branch| run["head_branch"] == branch)
            && request.query("status").is_none_or(|status| run["conclusion"] == status)
            && request.query("head_sha").is_none_or(|commit| run["head_sha"] == commit)
    };
    let runs: Vec<Value> = state.runs.iter().rev().filter(|run| matches(run)).map(answers::run).collect();
    let all = runs.len();
    page(request, runs, |page| json!({ "total_count": all, "workflow_runs": page }))
}

fn run(state: &State, id: &str) -> Answer {
    let found = state.runs.iter().find(|run| run["id"] == number(id));
    found.map_or_else(not_found, |run| Answer::json(200, &answers::run(run)))
}

fn dispatch(state: &mut State, request: &Request, workflow: &str) -> Answer {
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    let branch = asked["ref"].as_str().unwrap_or_default().to_owned();
    if state.workflow_is != "active" {
        return Answer::json(422, &json!({ "message": "Workflow is disabled", "status": "422" }));
    }
    if !state.branches.contains(&branch) {
        return Answer::json(422, &json!({ "message": format!("No ref found for: {branch}"), "status": "422" }));
    }
    if asked.get("return_run_details").is_some() && !state.tells_run_id {
        return Answer::json(
            state.refuses_details_with,
            &json!({ "message": "Invalid request. \"return_run_details\" is not a permitted key." }),
        );
    }
    let id = 500 + state.runs.len() as u64;
    state.runs.push(json!({
        "id": id, "status": "queued", "conclusion": null, "head_branch": branch, "head_sha": "c".repeat(40),
        "event": "workflow_dispatch", "created_at": "2026-11-22T11:00:00Z", "path": format!(".github/workflows/{workflow}"),
        "html_url": format!("https://github.com/{REPOSITORY}/actions/runs/{id}"),
    }));
    state.dispatched.push(asked);
    if state.tells_run_id {
        Answer::json(
            200,
            &json!({ "workflow_run_id": id, "run_url": format!("https://api.github.com/repos/{REPOSITORY}/actions/runs/{id}"), "html_url": format!("https://github.com/{REPOSITORY}/actions/runs/{id}") }),
        )
    } else {
        Answer { status: 204, ..Answer::default() }
    }
}

fn artifacts(state: &State, request: &Request, run: &str) -> Answer {
    let host = request.header("host").unwrap_or_default();
    let artifact = |artifact: &Artifact| answers::artifact(artifact, host, state.size_told_wrong);
    if !state.runs.iter().any(|known| known["id"] == number(run)) {
        return not_found();
    }
    let name = request.query("name");
    let of_run = state
        .artifacts
        .iter()
        .filter(|artifact| artifact.run.to_string() == run && name.is_none_or(|name| name == artifact.name));
    let artifacts: Vec<Value> = of_run.map(artifact).collect();
    let all = artifacts.len();
    page(request, artifacts, |page| json!({ "total_count": all, "artifacts": page }))
}

/// The API names a place in the store, with a signature that is good for a while.
fn redirect(state: &mut State, kind: &str, id: &str) -> Answer {
    state.next_signature += 1;
    let address = format!("{}/{kind}/{id}?sig=signature{}", state.store_url, state.next_signature);
    Answer { status: 302, ..Answer::default() }.header("Location", address)
}

fn store(state: &State, request: &Request) -> Answer {
    let parts: Vec<&str> = request.path().trim_matches('/').split('/').collect();
    let artifact = |id: &str| state.artifacts.iter().find(|artifact| artifact.id.to_string() == id);
    let assets = || state.releases.iter().flat_map(|release| &release.assets);
    match parts[..] {
        ["artifacts", id] => artifact(id).map_or_else(not_found, |artifact| {
            body(request, &artifact.content)
                .header("Content-Type", &artifact.content_type)
                .header("Content-Disposition", format!("attachment; filename=\"{}\"", artifact.file_name))
        }),
        ["assets", id] => assets()
            .find(|asset: &&Asset| asset.id.to_string() == id)
            .map_or_else(not_found, |asset| body(request, &asset.content)),
        _ => not_found(),
    }
}

fn body(request: &Request, content: &Content) -> Answer {
    let whole = content.len();
    match request.range() {
        Some((from, _)) if from >= whole => {
            Answer { status: 416, ..Answer::default() }.header("Content-Range", format!("bytes */{whole}"))
        }
        Some((from, to)) => Answer { status: 206, content: content.clone(), from, to, ..Answer::default() }
            .header("Content-Range", format!("bytes {from}-{}/{whole}", to.unwrap_or(whole).min(whole) - 1)),
        None => Answer { status: 200, content: content.clone(), ..Answer::default() },
    }
}

fn publish(state: &mut State, request: &Request, id: &str) -> Answer {
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    let Some(found) = state.releases.iter_mut().find(|release| release.id.to_string() == id) else {
        return not_found();
    };
    found.draft = asked["draft"].as_bool().unwrap_or(found.draft);
    found.prerelease = asked["prerelease"].as_bool().unwrap_or(found.prerelease);
    for (key, field) in [("body", &mut found.body), ("target_commitish", &mut found.target)] {
        if let Some(text) = asked[key].as_str() {
            text.clone_into(field);
        }
    }
    Answer::json(200, &answers::release(found, request.header("host").unwrap_or_default()))
}

/// As GitHub does, it makes as many drafts of one tag as it is asked for.
fn draft(state: &mut State, request: &Request) -> Answer {
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    let text = |key: &str| asked[key].as_str().unwrap_or_default().to_owned();
    let mut release = Release::draft(600 + state.releases.len() as u64, &text("tag_name"), Vec::new());
    release.prerelease = asked["prerelease"] == true;
    release.body = text("body");
    if asked["target_commitish"].is_string() {
        release.target = text("target_commitish");
    }
    let answer = Answer::json(201, &answers::release(&release, request.header("host").unwrap_or_default()));
    state.releases.push(release);
    state.drafts_made += 1;
    answer
}

fn upload(state: &mut State, request: &Request, id: &str) -> Answer {
    let (digests, next) = (state.tells_digests, 2000 + state.seen.len() as u64);
    let Some(release) = state.releases.iter_mut().find(|release| release.id.to_string() == id) else {
        return not_found();
    };
    let name = request.query("name").unwrap_or_default();
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    if release.assets.iter().any(|asset| asset.name == name) {
        let error = json!({ "resource": "ReleaseAsset", "code": "already_exists", "field": "name" });
        return Answer::json(422, &json!({ "message": "Validation Failed", "errors": [error], "status": "422" }));
    }
    let content = Content::bytes(request.body.clone());
    let digest = digests.then(|| format!("sha256:{}", content.sha256()));
    let asset = Asset { id: next, name, state: "uploaded".to_owned(), content, digest };
    let answer = Answer::json(201, &answers::asset(&asset, &release.tag));
    release.assets.push(asset);
    answer
}

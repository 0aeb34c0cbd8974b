//! Drafting a release against a stand-in for GitHub: made once, uploaded once, whatever breaks off.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use std::collections::BTreeMap;

use project::{Outcome, Project};
use serde_json::{Value, json};
use support::github::checkout::{PREFIX as NAME, project};
use support::github::releases::complete_draft;
use support::github::{Content, Fault, Faults, GitHub, Release};

/// A checkout with all of v1.2.3 in `dist/release`, and a server that knows nothing of it.
fn with_files(len: usize) -> (GitHub, Project, BTreeMap<String, Vec<u8>>) {
    let github = GitHub::start();
    let project = project(&github);
    let assets = complete_draft(len).assets.into_iter();
    let files: BTreeMap<_, _> = assets.map(|asset| (asset.name, asset.content.read(0, asset.content.len()))).collect();
    for (name, bytes) in &files {
        project.write(&format!("dist/release/{name}"), bytes);
    }
    project.write("notes.md", "What is new.\n");
    (github, project, files)
}

fn draft(project: &Project, more: &[&str]) -> Outcome {
    project.run(&[&["github-release-draft", "v1.2.3", "--from", "dist/release"], more].concat())
}

/// The one draft there is, and the bytes of its assets.
fn drafted(github: &GitHub) -> (Release, BTreeMap<String, Vec<u8>>) {
    let state = github.state();
    assert_eq!(state.releases.len(), 1, "there is more than one release");
    let release = state.releases[0].clone();
    assert!(release.draft, "it was published");
    let assets = release.assets.iter();
    let bytes: Vec<_> = assets.map(|asset| (asset.name.clone(), asset.content.read(0, asset.content.len()))).collect();
    let all = bytes.len();
    let bytes: BTreeMap<_, _> = bytes.into_iter().collect();
    assert_eq!(bytes.len(), all, "an asset is there twice");
    (release, bytes)
}

/// How often something was asked for.
fn asked(github: &GitHub, method: &str, ending: &str) -> usize {
    let is_meant = |target: &str| target.split('?').next().unwrap().ends_with(ending);
    github.seen().iter().filter(|seen| seen.request.method == method && is_meant(&seen.request.target)).count()
}

#[test]
fn a_draft_is_made_uploaded_and_publishable() {
    let (github, project, files) = with_files(200_000);
    let more = ["--notes", "notes.md", "--target", "abc123"];
    let before = project.tree();
    let dry = draft(&project, &[&more[..], &["--dry-run"]].concat()).expect_code(0).stdout;
    assert!(dry.starts_with("draft   release v1.2.3 of acme/app, new or as it is there, with the notes"), "{dry}");
    assert_eq!(dry.matches("\nupload  ").count(), 10, "{dry}");
    assert!(github.state().releases.is_empty() && project.tree() == before);

    let outcome = draft(&project, &[&more[..], &["--json"]].concat()).expect_code(0);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&told["uploaded"], &told["kept"]), (&json!(10), &json!(0)));
    let (release, there) = drafted(&github);
    assert_eq!(there, files);
    assert_eq!((release.body.as_str(), release.target.as_str()), ("What is new.\n", "abc123"));
    project.run(&["github-release-publish", "v1.2.3", "--against", "dist/release"]).expect_code(0);
    let said = draft(&project, &[]).expect_code(1).stderr;
    assert!(said.contains("error: release v1.2.3 is public already"), "{said}");
}

#[test]
fn what_is_there_and_right_is_not_uploaded_again() {
    let (github, project, files) = with_files(5000);
    draft(&project, &[]).expect_code(0);
    github.forget();
    let said = draft(&project, &[]).expect_code(0).stderr;
    assert!(said.contains("draft with 10 assets, 0 uploaded just now"), "{said}");
    assert!(github.seen().iter().all(|seen| seen.request.method == "GET"), "something was changed");
    // Another file under the name of one, the beginning of one, and one of somebody else.
    let exe = format!("{NAME}-windows-1.2.3-x64.exe");
    {
        let assets = &mut github.state().releases[0].assets;
        let other = Content::bytes("other");
        let wrong = assets.iter_mut().find(|asset| asset.name == exe).unwrap();
        wrong.digest = Some(format!("sha256:{}", other.sha256()));
        wrong.content = other;
        assets.iter_mut().find(|asset| asset.name == "latest.yml").unwrap().state = "starter".to_owned();
        let mut own = assets[0].clone();
        (own.id, own.name) = (7, "screenshot.png".to_owned());
        assets.push(own);
    }
    github.forget();
    let said = draft(&project, &["--notes", "notes.md"]).expect_code(0).stderr;
    assert!(said.contains("assets that are not here, too: screenshot.png"), "{said}");
    let deleted = github.seen().iter().filter(|seen| seen.request.method == "DELETE").count();
    assert_eq!((deleted, asked(&github, "POST", "/assets")), (2, 2));
    let (release, mut there) = drafted(&github);
    assert!(there.remove("screenshot.png").is_some() && there == files);
    assert_eq!(release.body, "What is new.\n");
    let patches = github.seen().into_iter().filter(|seen| seen.request.method == "PATCH");
    let patches: Vec<Value> = patches.map(|seen| serde_json::from_slice(&seen.request.body).unwrap()).collect();
    assert_eq!(patches, [json!({ "body": "What is new.\n" })], "more than the notes was changed");
}

#[test]
fn a_folder_that_is_not_whole_is_no_draft() {
    let (github, project, files) = with_files(1000);
    let image = format!("dist/release/{NAME}-linux-1.2.3-x86_64.AppImage");
    std::fs::remove_file(project.path(&image)).unwrap();
    let said = draft(&project, &[]).expect_code(1).stderr;
    assert!(
        said.contains("dist/release has not all of release v1.2.3") && said.contains("AppImage is missing"),
        "{said}"
    );
    project.write(&image, &files[image.rsplit('/').next().unwrap()]);
    project.write("dist/release/latest.yml", "");
    let said = draft(&project, &[]).expect_code(1).stderr;
    assert!(said.contains("latest.yml is empty"), "{said}");
    assert!(github.seen().is_empty(), "the server was asked for what could not be");
}

#[test]
fn a_lost_answer_makes_no_second_draft() {
    let (github, project, files) = with_files(1000);
    github.state().drafts_lag = 8;
    let mut first = true;
    github.state().faults = Faults::new(move |_, request| {
        let is_meant = request.method == "POST" && request.path().ends_with("/releases");
        (is_meant && std::mem::take(&mut first)).then_some(Fault::Status(502))
    });
    draft(&project, &[]).expect_code(0);
    assert_eq!(drafted(&github).1, files);
}

#[test]
fn an_upload_that_breaks_off_is_gone_on_with() {
    for fault in [Fault::Hangup, Fault::Status(502), Fault::Status(422), Fault::Limit(403, 0)] {
        let (github, project, files) = with_files(20_000);
        let mut left = 4;
        let once = fault.clone();
        github.state().faults = Faults::new(move |_, request| {
            let is_meant = request.method == "POST" && request.path().ends_with("/assets") && left > 0;
            left -= i32::from(is_meant);
            is_meant.then(|| once.clone())
        });
        let outcome = draft(&project, &[]);
        if fault == Fault::Status(422) {
            // Nothing is in the way, so it is what the server does not want.
            assert_eq!(outcome.code, 1, "{}", outcome.stderr);
            github.state().faults = Faults::default();
            draft(&project, &[]).expect_code(0);
        } else {
            assert_eq!(outcome.code, 0, "{fault:?}: {}", outcome.stderr);
        }
        assert_eq!(drafted(&github).1, files, "{fault:?}");
    }
}

#[test]
fn a_server_without_digests_is_believed_by_sizes_only_for_what_was_just_uploaded() {
    let (github, project, files) = with_files(1000);
    github.state().tells_digests = false;
    draft(&project, &[]).expect_code(0);
    assert_eq!(drafted(&github).1, files);
    let said = draft(&project, &[]).expect_code(0).stderr;
    assert!(said.contains("10 uploaded just now"), "{said}");
    assert_eq!(drafted(&github).1, files);
}

#[test]
fn files_of_the_same_bytes_are_files_of_their_own() {
    let (github, project, files) = with_files(1000);
    draft(&project, &[]).expect_code(0);
    // The three blockmaps are alike.
    let gone = format!("{NAME}-windows-1.2.3-x64.exe.blockmap");
    github.state().releases[0].assets.retain(|asset| asset.name != gone);
    let said = draft(&project, &[]).expect_code(0).stderr;
    assert!(said.contains("1 uploaded just now"), "{said}");
    assert_eq!(drafted(&github).1, files);
}

#[test]
fn two_drafts_and_a_missing_token_are_told() {
    let (github, project, _) = with_files(100);
    github.state().releases = [1, 2].map(|id| Release::draft(id, "v1.2.3", Vec::new())).into();
    let said = draft(&project, &[]).expect_code(1).stderr;
    assert!(said.contains("v1.2.3 has 2 releases"), "{said}");
    let said = draft(&project.env("GH_TOKEN", "").env("PATH", ""), &[]).expect_code(1).stderr;
    assert!(said.contains("there is no GitHub token, and a draft needs one"), "{said}");
}

/// Seeded faults: one draft with all of its assets in the end, and never one that is wrong with exit code 0.
fn seeded(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let (github, project, files) = with_files(3000);
        github.state().faults = Faults::seeded(seed, 30, 15, 3000);
        let outcome = draft(&project, &["--notes", "notes.md"]);
        if outcome.code != 0 {
            assert!(outcome.code == 1 && outcome.stderr.contains("because: "), "seed {seed}: {}", outcome.stderr);
            github.state().faults = Faults::default();
            draft(&project, &["--notes", "notes.md"]).expect_code(0);
        }
        let (release, there) = drafted(&github);
        assert_eq!(there, files, "seed {seed}");
        assert_eq!(release.body, "What is new.\n", "seed {seed}");
    }
}

#[test]
fn twenty_seeded_drafts_are_right() {
    seeded(0..20);
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn a_thousand_seeded_drafts_are_right() {
    seeded(20..1020);
}

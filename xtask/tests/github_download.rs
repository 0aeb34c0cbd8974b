//! Downloads, through the command line, from a stand-in for GitHub.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use project::Project;
use support::github::checkout::{PREFIX, WORKFLOW, download, downloads, files, project, run_7};
use support::github::packages::{archive, manifest, noise};
use support::github::{Content, Fault, Faults, GitHub, REPOSITORY, TOKEN};

#[test]
fn six_artifacts_are_fetched_checked_and_kept() {
    let (github, project, expected) = run_7(50_000);
    let outcome = download(&project).expect_code(0);
    assert_eq!(outcome.stdout.trim(), "<root>/dist/github-actions/7");
    assert_eq!(files(&project, "7"), expected);
    assert_eq!(project.read("dist/github-actions/latest-run.txt"), "7\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let link = project.path("dist/github-actions/latest");
        assert_eq!(std::fs::read_link(link).unwrap().to_str(), Some("7"));
        let mode = |path: &str| project.path(path).metadata().unwrap().permissions().mode() & 0o777;
        let folder = "dist/github-actions/7";
        assert_eq!(mode(&format!("{folder}/linux/{PREFIX}-linux-1.2.3-x86_64.AppImage")), 0o755);
        assert_eq!(mode(&format!("{folder}/macos/{PREFIX}-macos-1.2.3-arm64.dmg")) & 0o111, 0);
    }
    assert_eq!(std::fs::read_dir(project.path("dist/github-actions/.partial")).unwrap().count(), 0);

    github.forget();
    let again = download(&project).expect_code(0);
    assert_eq!(again.stdout, outcome.stdout);
    assert_eq!(github.fetched(), 0, "what is there and right was fetched again");
    assert_eq!(github.seen().len(), 1);
}

#[test]
fn artifacts_are_found_among_more_than_a_page_of_others() {
    let (github, project, expected) = run_7(1000);
    for number in 0..230 {
        github.add_artifact(7, &format!("log-{number}"), Content::bytes("x"));
    }
    github.state().artifacts.reverse();
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
}

#[test]
fn only_what_is_wrong_is_fetched_again() {
    let (github, project, expected) = run_7(50_000);
    download(&project).expect_code(0);
    github.forget();
    project.write(&format!("dist/github-actions/7/macos/{PREFIX}-macos-1.2.3-arm64.dmg"), "edited");
    let outcome = project.run(&["github-package-download", "7", "--json"]).expect_code(0);
    let result: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let fetched: Vec<&str> = result["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|artifact| artifact["fetched"] == true)
        .map(|artifact| artifact["name"].as_str().unwrap())
        .collect();
    assert_eq!(fetched, [format!("{PREFIX}-macos")]);
    assert_eq!(files(&project, "7"), expected);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let (github, project, _) = run_7(1000);
    let before = project.tree();
    let outcome = project.run(&["--dry-run", "github-package-download", "7"]).expect_code(0);
    assert!(outcome.stdout.starts_with("fetch   deer-park-macos ("), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with("swap    dist/github-actions/7\n"), "{}", outcome.stdout);
    assert_eq!(project.tree(), before);
    assert_eq!(github.fetched(), 0);
}

#[test]
fn the_token_stays_with_the_api_and_signatures_stay_out_of_sight() {
    let (github, project, _) = run_7(50_000);
    let mut left = 6;
    github.state().faults = Faults::new(move |server, _| {
        left -= i32::from(server == "store");
        (server == "store" && left >= 0).then_some(if left % 2 == 0 { Fault::Cut(5_000) } else { Fault::Hangup })
    });
    let good = project.run(&["-v", "github-package-download", "7"]).expect_code(0);
    github.state().faults = Faults::new(|server, _| (server == "store").then_some(Fault::Hangup));
    std::fs::remove_dir_all(project.path("dist")).unwrap();
    let bad = project.run(&["-v", "github-package-download", "7"]).expect_code(1);
    for seen in github.seen() {
        let told = format!("{:?}", seen.request);
        assert_eq!(told.contains(TOKEN), seen.server == "api", "{told}");
    }
    for text in [good.both(), bad.both()] {
        assert!(!text.contains(TOKEN) && !text.contains("signature"), "{text}");
    }
    for (path, bytes) in project.tree() {
        let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
        assert!(!text.contains(TOKEN) && !text.contains("sig=signature"), "{}", path.display());
    }
}

#[test]
fn what_is_missing_or_expired_is_named() {
    let (github, project, _) = run_7(1000);
    {
        let mut state = github.state();
        state.artifacts[0].expired = true;
        state.artifacts.remove(3);
    }
    let outcome = download(&project).expect_code(1);
    assert_eq!(
        outcome.stderr,
        "error: run 7 does not have all packages\n  \
         because: the artifact deer-park-macos expired on 2026-02-20\n  \
         because: the artifact deer-park-windows-checksums is missing\n  \
         next: take another run (`…-latest-run` names the newest), or package anew\n"
    );
    github.state().runs[0]["conclusion"] = "failure".into();
    assert!(download(&project).expect_code(1).stderr.contains("it ended with failure: see http://"));
    let outcome = project.run(&["github-package-download", "99"]).expect_code(1);
    assert!(outcome.stderr.contains("cannot list the artifacts of run 99"), "{}", outcome.stderr);
}

#[test]
fn wrong_checksums_are_refused() {
    let (github, project, _) = run_7(1000);
    let name = format!("{PREFIX}-macos-1.2.3-arm64.dmg");
    let other = archive(&[(&name, b"other bytes"), ("extra.dmg", b"more")]);
    {
        let mut state = github.state();
        let content = Content::bytes(other);
        state.artifacts[0].digest = Some(format!("sha256:{}", content.sha256()));
        state.artifacts[0].content = content;
    }
    let outcome = download(&project).expect_code(1);
    assert!(outcome.stderr.contains(&format!("{name} has another SHA-256 than is listed")), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("extra.dmg is there and not listed"), "{}", outcome.stderr);
    assert!(!project.path("dist/github-actions/7").exists());
}

#[test]
fn the_newest_attempt_counts_also_without_digests() {
    let (github, project, expected) = run_7(1000);
    {
        let mut state = github.state();
        let mut old = state.artifacts[0].clone();
        old.id = 1;
        old.created_at = "2026-11-21T10:00:00Z".to_owned();
        old.content = Content::bytes(b"an older attempt".to_vec());
        state.artifacts.push(old);
        state.artifacts.iter_mut().for_each(|artifact| artifact.digest = None);
    }
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
}

#[test]
fn an_artifact_without_an_archive_is_taken_as_it_is() {
    let (github, project, expected) = run_7(1000);
    let (path, bytes) = expected.iter().find(|(path, _)| path.ends_with(".AppImage")).unwrap().clone();
    {
        let mut state = github.state();
        let linux = state.artifacts.iter_mut().find(|artifact| artifact.name == format!("{PREFIX}-linux")).unwrap();
        linux.content = Content::bytes(bytes);
        linux.digest = Some(format!("sha256:{}", linux.content.sha256()));
        linux.file_name = path.rsplit('/').next().unwrap().to_owned();
        linux.content_type = "application/octet-stream".to_owned();
    }
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
}

#[test]
fn files_that_were_uploaded_one_by_one_are_taken_as_they_are() {
    let github = GitHub::start();
    github.add_run(7, WORKFLOW, "success");
    let mut expected = Vec::new();
    for (platform, ending) in [("macos", "arm64.zip"), ("windows", "x64.exe"), ("linux", "x86_64.AppImage")] {
        let name = format!("{PREFIX}-{platform}-1.2.3-{ending}");
        // The one for macOS is an archive itself, and stays one.
        let bytes = if platform == "macos" { archive(&[("App.app/x", b"bytes")]) } else { noise(5, 1000) };
        let list = manifest(&[(&name, &bytes)]);
        github.add_file(7, &name, Content::bytes(bytes.clone()));
        github.add_file(7, &format!("{PREFIX}-{platform}-sha256.txt"), Content::bytes(list.clone().into_bytes()));
        expected.push((format!("{platform}/{name}"), bytes));
        expected.push((format!("{platform}/{PREFIX}-{platform}-sha256.txt"), list.into_bytes()));
    }
    // Of another workflow in the same run, and with a name that is similar.
    github.add_file(7, &format!("{PREFIX}-tauri-linux-1.2.3.deb"), Content::bytes(noise(6, 10)));
    expected.sort();
    let project = project(&github);
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
    github.forget();
    download(&project).expect_code(0);
    assert_eq!(github.fetched(), 0);
}

#[test]
fn an_archive_that_is_not_what_it_should_be_is_named_and_nothing_is_replaced() {
    let (github, project, _) = run_7(1000);
    download(&project).expect_code(0);
    let before = downloads(&project);
    let name = format!("{PREFIX}-macos-1.2.3-arm64.dmg");
    let hostile: [(Vec<u8>, &str); 4] = [
        (archive(&[("../../../../escaped", b"x")]), "its entry `../../../../escaped` leads outside its folder"),
        (archive(&[(&name, &vec![0; 80_000_000])]), "are the most for an archive of its size"),
        (archive(&[(&name, b"some bytes")])[..40].to_vec(), "cannot unpack"),
        (archive(&[(&name, b"x"), (&name.to_uppercase(), b"y")]), "have one name"),
    ];
    for (number, (bytes, why)) in (1_u64..).zip(hostile) {
        {
            let mut state = github.state();
            let content = Content::bytes(bytes);
            state.artifacts[0].id = 5000 + number;
            state.artifacts[0].digest = Some(format!("sha256:{}", content.sha256()));
            state.artifacts[0].content = content;
        }
        let outcome = download(&project).expect_code(1);
        assert!(outcome.stderr.contains(&format!("the artifact {PREFIX}-macos is wrong")), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(why), "{why}\n{}", outcome.stderr);
        assert_eq!(downloads(&project), before, "{why}");
    }
    assert!(!project.path("escaped").exists() && !project.root().parent().unwrap().join("escaped").exists());
}

#[test]
fn the_newest_run_is_found_downloaded_and_remembered() {
    let github = GitHub::start();
    for (id, conclusion) in [(9, "success"), (10, "success"), (11, "failure"), (12, "")] {
        github.add_run(id, "tauri-packages.yml", conclusion);
        github.add_packages(id, "deer-park-tauri", 1000);
    }
    let project = project(&github);
    let latest = project.run(&["github-package-tauri-latest-run", "main"]).expect_code(0);
    assert_eq!((latest.stdout.as_str(), latest.stderr.as_str()), ("10\n", ""));
    let commit = format!("{:040x}", 9);
    let of_commit = project.run(&["github-package-tauri-latest-run", "--commit", &commit]).expect_code(0);
    assert_eq!(of_commit.stdout, "9\n");

    let none = project.run(&["github-package-tauri-latest-path"]).expect_code(1);
    assert!(none.stderr.contains("`cargo xtask github-package-tauri-download-latest`"), "{}", none.stderr);
    project.run(&["github-package-tauri-download-latest", "main"]).expect_code(0);
    project.run(&["github-package-tauri-download", "9"]).expect_code(0);
    assert_eq!(project.read("dist/github-actions/tauri/latest-run.txt"), "10\n");
    std::fs::remove_file(project.path("dist/github-actions/tauri/latest-run.txt")).unwrap();
    let _ = std::fs::remove_file(project.path("dist/github-actions/tauri/latest"));
    let path = project.run(&["github-package-tauri-latest-path"]).expect_code(0);
    assert_eq!(path.stdout, "<root>/dist/github-actions/tauri/10\n");
}

#[test]
fn without_a_successful_run_the_others_are_named() {
    let github = GitHub::start();
    github.add_run(11, WORKFLOW, "failure");
    github.add_run_on(12, WORKFLOW, "topic", "");
    let project = project(&github);
    let outcome = project.run(&["github-package-latest-run", "main"]).expect_code(1);
    assert!(outcome.stderr.contains("run 11 on main at 000000000: failure"), "{}", outcome.stderr);
    assert!(outcome.stdout.is_empty());
    let detached = project.run(&["github-package-latest-run"]).expect_code(1);
    assert!(detached.stderr.contains("name a branch as the first argument"), "{}", detached.stderr);
}

#[test]
fn branch_and_repository_come_from_the_checkout() {
    let github = GitHub::start();
    github.add_run_on(5, WORKFLOW, "topic", "success");
    let project = Project::new().env("GITHUB_API_URL", github.url()).env("GITHUB_TOKEN", TOKEN);
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git").args(args).current_dir(project.root()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "--quiet", "--initial-branch", "topic"]);
    let nowhere = project.run(&["github-package-latest-run"]).expect_code(1);
    assert!(nowhere.stderr.contains("next: pass --repo OWNER/NAME"), "{}", nowhere.stderr);
    git(&["remote", "add", "origin", &format!("git@github.com:{REPOSITORY}.git")]);
    assert_eq!(project.run(&["github-package-latest-run"]).expect_code(0).stdout, "5\n");
    git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "--message", "x"]);
    git(&["checkout", "--quiet", "--detach"]);
    let detached = project.run(&["github-package-latest-run"]).expect_code(1);
    assert!(detached.stderr.contains("error: no branch is checked out (detached HEAD)"), "{}", detached.stderr);
    assert!(detached.stderr.contains("next: name a branch as the first argument"), "{}", detached.stderr);
}

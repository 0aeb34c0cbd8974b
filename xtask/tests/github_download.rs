//! Downloads, through the command line, from a stand-in for GitHub.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use std::collections::BTreeMap;
use std::path::PathBuf;

use project::{Outcome, Project};
use support::github::packages::{archive, manifest, noise};
use support::github::{Content, Fault, Faults, GitHub, REPOSITORY, TOKEN};

const PREFIX: &str = "desktop-django-starter";
const WORKFLOW: &str = "desktop-packages.yml";

/// A checkout that talks to the stand-in.
fn project(github: &GitHub) -> Project {
    Project::new()
        .env("GITHUB_API_URL", github.url())
        .env("GH_TOKEN", TOKEN)
        .env("GH_REPO", REPOSITORY)
        .env("DDSTASK_RETRY_PAUSE_MS", "1")
}

/// The run 7 with its six artifacts.
fn run_7(len: usize) -> (GitHub, Project, Vec<(String, Vec<u8>)>) {
    let github = GitHub::start();
    github.add_run(7, WORKFLOW, "success");
    let expected = github.add_packages(7, PREFIX, len);
    let project = project(&github);
    (github, project, expected)
}

/// The files of a downloaded run, without the tool's own record.
fn files(project: &Project, run: &str) -> Vec<(String, Vec<u8>)> {
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

fn download(project: &Project) -> Outcome {
    project.run(&["github-package-download", "7"])
}

/// Nothing of a half download may be seen: the run's folder is not there, or as it was.
fn downloads(project: &Project) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut tree = project.tree();
    tree.retain(|path, _| !path.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.')));
    tree
}

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
    assert!(outcome.stdout.starts_with("fetch   desktop-django-starter-macos ("), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with("swap    dist/github-actions/7\n"), "{}", outcome.stdout);
    assert_eq!(project.tree(), before);
    assert_eq!(github.fetched(), 0);
}

#[test]
fn a_body_that_is_cut_at_each_tenth_is_resumed() {
    let (github, project, expected) = run_7(2_000_000);
    let sizes: BTreeMap<String, u64> =
        github.state().artifacts.iter().map(|a| (a.id.to_string(), a.content.len())).collect();
    let whole: u64 = sizes.values().sum();
    let mut cuts: BTreeMap<String, u32> = BTreeMap::new();
    github.state().faults = Faults::new(move |server, request| {
        let id = request.path().rsplit('/').next().unwrap().to_owned();
        let size = *sizes.get(&id).filter(|size| server == "store" && **size > 10_000)?;
        let cut = cuts.entry(id).or_default();
        *cut += 1;
        (*cut < 10).then_some(Fault::Cut(size / 10))
    });
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
    assert!(github.fetched() <= whole + 1_000_000, "{} bytes for {whole}", github.fetched());
}

#[test]
fn parts_of_a_body_that_are_cut_at_each_tenth_are_resumed() {
    const LEN: usize = 2_000_000;
    let (github, project, expected) = run_7(LEN);
    let project = project.env("DDSTASK_PART_BYTES", "100000");
    let whole: u64 = github.state().artifacts.iter().map(|artifact| artifact.content.len()).sum();
    let mut left: BTreeMap<String, u32> = BTreeMap::new();
    github.state().faults = Faults::new(move |server, request| {
        let left = left.entry(request.path().to_owned()).or_insert(9);
        *left = left.saturating_sub(u32::from(server == "store"));
        (server == "store" && *left > 0).then_some(Fault::Cut(LEN as u64 / 10))
    });
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
    assert!(github.fetched() <= whole + 1_000_000, "{} bytes for {whole}", github.fetched());
    let of = |id: &str| github.seen().iter().filter(|seen| seen.server == "store" && seen.request.path().ends_with(id)).count();
    assert!(of("/1000") > 8 && of("/1001") == 1, "the large ones are cut");
    assert_eq!(std::fs::read_dir(project.path("dist/github-actions/.partial")).unwrap().count(), 0);
}

#[test]
fn no_more_bodies_come_at_once_than_are_asked_for() {
    for (jobs, most) in [("1", 1), ("3", 3), ("6", 6)] {
        let (github, project, expected) = run_7(400_000);
        github.state().pace = Some((std::time::Duration::from_millis(5), 2_000_000));
        let project = project.env("DDSTASK_PART_BYTES", "50000");
        project.run(&["github-package-download", "7", "--jobs", jobs]).expect_code(0);
        assert_eq!(github.most_at_once(), most, "--jobs {jobs}");
        assert_eq!(files(&project, "7"), expected);
    }
    let (_github, project, _) = run_7(10);
    project.run(&["github-package-download", "7", "--jobs", "7"]).expect_code(2);
}

#[test]
fn a_server_that_gives_no_parts_is_served_as_a_whole() {
    // Ranges are ignored, or the size that the API tells is not that of the body.
    for told_wrong in [false, true] {
        let (github, project, expected) = run_7(50_000);
        let project = project.env("DDSTASK_PART_BYTES", "5000");
        if told_wrong {
            github.state().size_told_wrong = 10_000;
        } else {
            github.state().faults = Faults::new(|server, _| (server == "store").then_some(Fault::IgnoreRange));
        }
        download(&project).expect_code(0);
        assert_eq!(files(&project, "7"), expected);
        assert_eq!(std::fs::read_dir(project.path("dist/github-actions/.partial")).unwrap().count(), 0);
    }
}

#[test]
fn parts_are_gone_on_with_whatever_the_next_try_would_do() {
    let (github, project, expected) = run_7(900_000);
    let project = project.env("DDSTASK_PART_BYTES", "50000");
    let whole: u64 = github.state().artifacts.iter().map(|artifact| artifact.content.len()).sum();
    // The two parts of each bring 100 kB, and then nothing more.
    let mut left: BTreeMap<String, u32> = BTreeMap::new();
    github.state().faults = Faults::new(move |server, request| {
        let left = left.entry(request.path().to_owned()).or_insert(3);
        *left = left.saturating_sub(u32::from(server == "store"));
        (server == "store").then_some(Fault::Cut(if *left > 0 { 100_000 } else { 0 }))
    });
    download(&project).expect_code(1);
    let here: u64 = std::fs::read_dir(project.path("dist/github-actions/.partial"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(here > 200_000, "{here} bytes are here");
    github.state().faults = Faults::default();
    github.forget();
    project.run(&["github-package-download", "7", "--jobs", "1"]).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
    assert_eq!(github.fetched() + here, whole, "what was here was fetched again");
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    for fault in [Fault::Stall(20_000), Fault::Slow(std::time::Duration::from_secs(20))] {
        let (github, project, expected) = run_7(100_000);
        let project = project.env("DDSTASK_SILENCE_MS", "300");
        let mut first = true;
        let stalls = fault.clone();
        github.state().faults = Faults::new(move |server, request| {
            let large = server == "store" && request.path().ends_with("/1000");
            (large && std::mem::take(&mut first)).then(|| stalls.clone())
        });
        let outcome = download(&project).expect_code(0);
        assert!(outcome.stderr.contains("the server was silent for 0.30 s; next try in "), "{}", outcome.stderr);
        assert_eq!(files(&project, "7"), expected);
    }
    let (github, project, _) = run_7(1000);
    let project = project.env("DDSTASK_SILENCE_MS", "100");
    github.state().faults = Faults::new(|_, _| Some(Fault::Stall(10)));
    let outcome = download(&project).expect_code(1);
    assert!(outcome.stderr.contains("because: it was tried 6 times"), "{}", outcome.stderr);
}

#[test]
fn every_single_fault_is_survived() {
    let faults = [
        Fault::Hangup,
        Fault::Cut(20_000),
        Fault::Status(500),
        Fault::Status(503),
        Fault::Limit(403, 0),
        Fault::Limit(429, 0),
        Fault::Expired,
        Fault::Length(-100),
        Fault::Length(100),
        Fault::Corrupt(30_000),
    ];
    for fault in faults {
        let (github, project, expected) = run_7(50_000);
        let mut left = 2;
        let spoil = fault.clone();
        github.state().faults = Faults::new(move |server, _| {
            left -= i32::from(server == "store");
            (server == "store" && left >= 0).then(|| spoil.clone())
        });
        let outcome = download(&project);
        assert_eq!(outcome.code, 0, "{fault:?}\n{}", outcome.stderr);
        assert_eq!(files(&project, "7"), expected, "{fault:?}");
    }
}

#[test]
fn a_server_that_ignores_ranges_starts_from_the_beginning() {
    let (github, project, expected) = run_7(50_000);
    let mut first = true;
    github.state().faults = Faults::new(move |server, request| {
        if server != "store" {
            return None;
        }
        Some(if std::mem::take(&mut first) || request.header("range").is_none() && request.path().ends_with("1000") {
            Fault::Cut(20_000)
        } else {
            Fault::IgnoreRange
        })
    });
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
}

#[test]
fn a_failure_leaves_the_former_download_and_the_partial_files() {
    let (github, project, _) = run_7(50_000);
    download(&project).expect_code(0);
    github.add_run(8, WORKFLOW, "success");
    github.add_packages(8, PREFIX, 50_000);
    let before = downloads(&project);
    github.state().faults = Faults::new(|server, request| {
        let resumed = request.header("range").is_some();
        (server == "store" && request.path().ends_with("/1006")).then_some(Fault::Cut(if resumed { 0 } else { 10_000 }))
    });
    let outcome = project.run(&["github-package-download", "8"]).expect_code(1);
    assert!(outcome.stderr.contains("cannot fetch desktop-django-starter-macos"), "{}", outcome.stderr);
    assert_eq!(downloads(&project), before);

    github.state().faults = Faults::default();
    github.forget();
    project.run(&["github-package-download", "8"]).expect_code(0);
    let resumed = github.seen().iter().any(|seen| seen.server == "store" && seen.request.range().is_some());
    assert!(resumed, "what was here already was fetched again");
    assert_eq!(project.read("dist/github-actions/latest-run.txt"), "8\n");
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
         because: the artifact desktop-django-starter-macos expired on 2026-02-20\n  \
         because: the artifact desktop-django-starter-windows-checksums is missing\n  \
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
        github.add_packages(id, "desktop-django-starter-tauri", 1000);
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
fn a_server_that_wants_an_hour_is_not_waited_for() {
    let (github, project, _) = run_7(1000);
    github.state().faults = Faults::new(|server, _| (server == "api").then_some(Fault::Limit(403, 3000)));
    let outcome = download(&project).expect_code(1);
    assert!(outcome.stderr.contains("next: the server asks to wait 50 min 0 s"), "{}", outcome.stderr);
    assert_eq!(github.seen().len(), 1);
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

/// Seeded faults: each run is right, or fails with a cause and leaves nothing; and goes right when they stop.
fn seeded(seeds: std::ops::Range<u64>) {
    const LEN: usize = 30_000;
    for seed in seeds {
        let (github, project, expected) = run_7(LEN);
        // Every second one in parts, of which there are then up to six at work on one body.
        let project = if seed % 2 == 1 { project.env("DDSTASK_PART_BYTES", "7000") } else { project };
        let percent = if seed % 4 == 3 { 90 } else { 40 };
        let most = if seed % 4 == 3 { u32::MAX } else { 12 };
        github.state().faults = Faults::seeded(seed, percent, most, LEN as u64);
        let outcome = download(&project);
        if outcome.code == 0 {
            assert_eq!(files(&project, "7"), expected, "seed {seed}");
            continue;
        }
        assert_eq!(outcome.code, 1, "seed {seed}: {}", outcome.stderr);
        assert!(
            outcome.stderr.contains("because: ") && outcome.stderr.contains("next: "),
            "seed {seed}: {}",
            outcome.stderr
        );
        assert!(!project.path("dist/github-actions/7").exists(), "seed {seed}: half a download is in place");
        github.state().faults = Faults::default();
        download(&project).expect_code(0);
        assert_eq!(files(&project, "7"), expected, "seed {seed}, second run");
    }
}

#[test]
fn fifty_seeded_runs_end_right_or_leave_nothing() {
    seeded(0..50);
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn a_thousand_seeded_runs_end_right_or_leave_nothing() {
    seeded(50..1050);
}

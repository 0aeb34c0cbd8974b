//! Starting and watching runs, verifying and publishing releases, against a stand-in for GitHub.

#![cfg_attr(not(unix), allow(unused_imports, dead_code, reason = "tests with signals and mounts are left out there"))]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use project::Project;
use serde_json::{Value, json};
use support::github::checkout::{PREFIX as NAME, project};
use support::github::packages::noise;
use support::github::releases::complete_draft;
use support::github::{Content, Fault, Faults, GitHub, REPOSITORY, Release, TOKEN};

fn with_draft(len: usize) -> (GitHub, Project) {
    let github = GitHub::start();
    github.state().releases.push(complete_draft(len));
    let project = project(&github);
    (github, project)
}

#[test]
fn a_run_is_started_by_its_own_id() {
    let github = GitHub::start();
    let project = project(&github);
    let outcome = project.run(&["github-package", "main", "--publish"]).expect_code(0);
    assert_eq!(outcome.stdout, "500\n");
    assert_eq!(outcome.stderr, "https://github.com/acme/app/actions/runs/500\n");
    assert_eq!(github.state().dispatched[0]["inputs"], json!({ "publish_release": "true" }));
    let dry = project.run(&["--dry-run", "github-package-tauri", "main", "--watch"]).expect_code(0);
    assert_eq!(dry.stdout, "start   tauri-packages.yml on main in acme/app\nwatch   the run to its end\n");
    let no_input = project.run(&["github-package-tauri", "main", "--publish"]).expect_code(2);
    assert!(no_input.stderr.contains("tauri-packages.yml has no input that publishes"), "{}", no_input.stderr);
    assert_eq!(github.state().dispatched.len(), 1);
}

#[test]
fn a_dry_run_of_a_release_only_says_what_would_be_done() {
    let (github, project) = with_draft(1000);
    let before = project.tree();
    let verify = project.run(&["--dry-run", "github-release-verify", "v1.2.3"]).expect_code(0);
    assert_eq!(verify.stdout, "verify  release v1.2.3 of acme/app: names, sizes and digests of 10 assets\n");
    let publish = project.run(&["--dry-run", "github-release-publish", "v1.2.3"]).expect_code(0);
    assert_eq!(
        publish.stdout,
        "verify  release v1.2.3 of acme/app: every byte of 10 assets\n\
         publish release v1.2.3, if it is a draft and nothing is wrong\n"
    );
    assert!(github.state().releases[0].draft && github.fetched() == 0 && project.tree() == before);
}

#[test]
fn an_older_server_tells_no_id_and_the_run_is_found() {
    for status in [400, 422] {
        let github = GitHub::start();
        github.add_run(3, "desktop-packages.yml", "success");
        github.state().tells_run_id = false;
        github.state().refuses_details_with = status;
        let outcome = project(&github).run(&["github-package", "main", "--json"]).expect_code(0);
        assert_eq!(serde_json::from_str::<Value>(&outcome.stdout).unwrap()["run"], 501);
        assert_eq!(github.state().dispatched.len(), 1);
    }
}

#[test]
fn a_lost_answer_does_not_start_two_runs() {
    for fault in [Fault::Hangup, Fault::Status(502), Fault::Limit(403, 0)] {
        let github = GitHub::start();
        let mut first = true;
        github.state().faults = Faults::new(move |_, request| {
            (request.method == "POST" && std::mem::take(&mut first)).then(|| fault.clone())
        });
        let outcome = project(&github).run(&["github-package", "main"]).expect_code(0);
        let runs = github.state().runs.len();
        assert!(runs == 1 && outcome.stdout == "500\n", "{runs} runs\n{}", outcome.both());
    }
}

#[test]
fn a_lost_answer_is_looked_for_for_as_long_as_lists_lag() {
    let github = GitHub::start();
    github.state().lists_lag = 10;
    let mut first = true;
    github.state().faults = Faults::new(move |_, request| {
        (request.method == "POST" && std::mem::take(&mut first)).then_some(Fault::Status(502))
    });
    let outcome = project(&github).run(&["github-package", "main"]).expect_code(0);
    assert_eq!((github.state().dispatched.len(), outcome.stdout.as_str()), (1, "500\n"));
}

#[test]
fn a_watch_goes_on_for_as_long_as_it_is_dark_and_never_starts_a_second_run() {
    let github = GitHub::start();
    github.state().jobs = Vec::new();
    let (mut asked, mut since) = (false, None);
    // From the first look at the run on nobody answers, four times as long as a request would be tried.
    github.state().faults = Faults::new(move |_, request| {
        asked |= request.method == "POST";
        let started: &std::time::Instant = since.get_or_insert_with(std::time::Instant::now);
        (asked && request.method == "GET" && started.elapsed() < std::time::Duration::from_millis(1200))
            .then_some(Fault::Hangup)
    });
    let project = project(&github).env("DDSTASK_PATIENCE_MS", "300");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while github.state().dispatched.is_empty() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            std::thread::sleep(std::time::Duration::from_millis(600));
            let mut state = github.state();
            state.runs[0]["status"] = "completed".into();
            state.runs[0]["conclusion"] = "success".into();
        });
        let outcome = project.run(&["github-package", "--watch", "main"]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "500\n"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("next try in "), "{}", outcome.stderr);
    });
    assert_eq!(github.state().dispatched.len(), 1);
}

#[test]
fn a_watch_that_can_not_go_on_says_how_to_watch_the_same_run() {
    let github = GitHub::start();
    github.state().faults = Faults::new(|_, request| request.target.contains("/jobs").then_some(Fault::Status(401)));
    let outcome = project(&github).run(&["github-package", "--watch", "main"]).expect_code(1);
    let hint = outcome.stderr.lines().find(|line| line.starts_with("  next: ")).unwrap_or_default();
    assert!(
        hint.contains("the token is wrong or has expired")
            && hint.ends_with("; then watch the run with `cargo xtask github-package --watch --run 500`"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_repository_that_was_renamed_is_followed_with_the_token() {
    let (github, project) = with_draft(1000);
    github.add_run(7, "desktop-packages.yml", "success");
    github.add_packages(7, NAME, 1000);
    github.state().is_renamed = true;
    project.run(&["github-package-download", "7"]).expect_code(0);
    project.run(&["github-release-verify", "v1.2.3", "--download"]).expect_code(0);
    assert_eq!(project.run(&["github-package", "main"]).expect_code(0).stdout, "501\n");
    let to_the_store = github.seen().into_iter().filter(|seen| seen.server == "store");
    assert!(to_the_store.into_iter().all(|seen| seen.request.header("authorization").is_none()));
}

#[test]
fn each_refusal_says_what_to_do() {
    let said = |branch: &str, prepare: &dyn Fn(&GitHub)| {
        let github = GitHub::start();
        prepare(&github);
        project(&github).run(&["github-package", branch]).expect_code(1).stderr
    };
    let refuse = |status: u16| {
        move |github: &GitHub| {
            github.state().faults =
                Faults::new(move |_, request| (request.method == "POST").then_some(Fault::Status(status)));
        }
    };
    assert!(
        said("topic", &|_| ()).contains("next: topic is not on the server: `git push -u origin topic` brings it there")
    );
    let disabled = said("main", &|github| github.state().workflow_is = "disabled_manually".to_owned());
    assert!(disabled.contains("next: the workflow is disabled: enable it"), "{disabled}");
    let forbidden = said("main", &refuse(403));
    assert!(forbidden.contains("next: the token needs write access to Actions"), "{forbidden}");
    assert!(
        said("main", &refuse(404)).contains("next: push .github/workflows/desktop-packages.yml to the default branch")
    );
    // A workflow that is not there is already missed when its runs are listed.
    let nowhere = said("main", &|github| github.state().workflows.clear());
    assert!(nowhere.contains("next: push .github/workflows/desktop-packages.yml to the default branch"), "{nowhere}");
    let github = GitHub::start();
    let wrong = project(&github).env("GH_TOKEN", "ghp_another").run(&["github-package", "main"]).expect_code(1);
    assert!(wrong.stderr.contains("next: the token is wrong or has expired") && !wrong.stderr.contains("ghp_another"));
}

#[test]
fn a_watched_run_gives_its_result() {
    for (conclusion, code) in [("success", 0), ("failure", 1)] {
        let github = GitHub::start();
        github.add_run(7, "desktop-packages.yml", "");
        let step = |name: &str, at: Option<&str>, conclusion: Value| {
            let status = if conclusion.is_null() { "in_progress" } else { "completed" };
            json!({ "name": name, "status": status, "conclusion": conclusion, "number": 1,
                    "started_at": "2026-11-22T10:00:05Z", "completed_at": at })
        };
        let job = |at: Option<&str>, steps: Vec<Value>, conclusion: Value| {
            let status = if at.is_some() { "completed" } else { "in_progress" };
            json!({ "name": "linux", "status": status, "conclusion": conclusion, "steps": steps, "completed_at": at })
        };
        let check_out = step("Check out", Some("2026-11-22T10:00:07Z"), "success".into());
        github.state().jobs = vec![job(None, vec![check_out.clone(), step("Package", None, Value::Null)], Value::Null)];
        let project = project(&github);
        let ended = json!({ "status": "completed", "conclusion": conclusion });
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut looks = 0;
                while looks < 3 {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    looks = github.seen().iter().filter(|seen| seen.request.target.contains("/jobs")).count();
                }
                let mut state = github.state();
                let at = Some("2026-11-22T10:03:25Z");
                state.jobs = vec![job(at, vec![check_out, step("Package", at, conclusion.into())], conclusion.into())];
                state.runs[0]["status"] = ended["status"].clone();
                state.runs[0]["conclusion"] = ended["conclusion"].clone();
            });
            let outcome = project.run(&["-v", "github-package", "--watch", "--run", "7"]).expect_code(code);
            assert!(outcome.stdout == "7\n", "{}", outcome.stdout);
            let said: Vec<&str> = outcome.stderr.lines().skip(1).take(5).collect();
            let last = [
                format!("linux › Package: {conclusion} in 3 min 20 s"),
                format!("linux: {conclusion} in 3 min 20 s"),
                format!("run 7: {conclusion} in 3 min 20 s"),
            ];
            assert_eq!(
                said,
                [["linux › Check out: success in 2.00 s", "linux: in_progress"].map(str::to_owned).as_slice(), &last]
                    .concat()
            );
            assert_eq!(outcome.stderr.contains("because: linux: failure in the step `Package`"), code == 1);
        });
    }
}

/// Data and talk, files and requests to another host than the API have neither the token nor a signature in them.
fn has_no_secret(github: &GitHub, project: &project::Project, said: &[String]) {
    for seen in github.seen() {
        let told = format!("{:?}", seen.request);
        assert_eq!(told.contains(TOKEN), seen.server == "api", "{told}");
    }
    for text in said {
        assert!(!text.contains(TOKEN) && !text.contains("signature"), "{text}");
    }
    for (path, bytes) in project.tree() {
        let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
        assert!(!text.contains(TOKEN) && !text.contains("sig=signature"), "{}", path.display());
    }
}

#[test]
fn publishing_tells_no_secret() {
    let (github, project) = with_draft(20_000);
    let mut left = 8;
    github.state().faults = Faults::new(move |server, request| match (server, request.method.as_str()) {
        ("store", _) => {
            left -= 1;
            let faults = [Fault::Cut(5_000), Fault::Hangup, Fault::Expired, Fault::Length(-7)];
            usize::try_from(left).ok().map(|left| faults[left % faults.len()].clone())
        }
        _ => None,
    });
    let mut said = vec![project.run(&["-v", "github-release-publish", "v1.2.3", "--json"]).expect_code(0).both()];
    let (github_too, bad) = with_draft(20_000);
    for fault in [Fault::Hangup, Fault::Expired, Fault::Corrupt(100), Fault::Status(503)] {
        github_too.state().faults = Faults::new(move |server, _| (server == "store").then(|| fault.clone()));
        said.push(bad.run(&["-v", "github-release-publish", "v1.2.3"]).expect_code(1).both());
        said.push(bad.run(&["-v", "github-release-verify", "v1.2.3", "--download", "--json"]).expect_code(1).both());
    }
    github_too.state().faults = Faults::new(|_, request| (request.method == "PATCH").then_some(Fault::Status(403)));
    said.push(bad.run(&["-v", "github-release-publish", "v1.2.3"]).expect_code(1).both());
    has_no_secret(&github, &project, &said);
    has_no_secret(&github_too, &bad, &said);
}

#[test]
fn a_publication_that_broke_off_is_gone_on_with() {
    let (github, project) = with_draft(200_000);
    github.state().pace = Some((std::time::Duration::from_millis(10), 400_000));
    let mut command = project.command(&["-q", "github-release-publish", "v1.2.3"]);
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let begun = || github.seen().iter().filter(|seen| seen.server == "store").count();
    while begun() < 5 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(github.state().releases[0].draft, "it was published before all of it was verified");
    github.state().pace = None;
    github.forget();
    project.run(&["github-release-publish", "v1.2.3"]).expect_code(0);
    assert!(!github.state().releases[0].draft);
    let resumed = github.seen().iter().filter(|seen| seen.server == "store" && seen.request.range().is_some()).count();
    assert!(resumed > 3, "{resumed} bodies were gone on with");
    // A PATCH whose answer is lost has published all the same.
    let (github, project) = with_draft(1000);
    let mut first = true;
    github.state().faults = Faults::new(move |_, request| {
        (request.method == "PATCH" && std::mem::take(&mut first)).then_some(Fault::Hangup)
    });
    project.run(&["github-release-publish", "v1.2.3"]).expect_code(0);
    assert!(!github.state().releases[0].draft);
}

#[test]
fn each_command_has_a_result_as_json() {
    let (github, project) = with_draft(1000);
    github.add_run(7, "desktop-packages.yml", "success");
    github.add_packages(7, NAME, 1000);
    let commands: [(&[&str], &str, Value); 8] = [
        (&["github-package-latest-run", "main"], "/run", 7.into()),
        (&["github-package-download-latest", "main"], "/artifacts/0/fetched", true.into()),
        (&["github-package-download", "7"], "/artifacts/5/fetched", false.into()),
        (&["github-package-latest-path"], "/run", 7.into()),
        (&["github-release-verify", "v1.2.3"], "/state", "draft".into()),
        (&["github-release-publish", "v1.2.3"], "/publishedNow", true.into()),
        (&["github-package", "main"], "/run", 501.into()),
        (&["github-package", "--watch", "--run", "7"], "/state", "success".into()),
    ];
    for (command, pointer, expected) in commands {
        let outcome = project.run(&[command, &["--json"]].concat()).expect_code(0);
        let result: Value = serde_json::from_str(&outcome.stdout).expect(&outcome.stdout);
        assert_eq!(result.pointer(pointer), Some(&expected), "{command:?}: {result}");
    }
    github.state().releases[0].draft = true;
    github.state().releases[0].assets.remove(0);
    let wrong = project.run(&["github-release-verify", "v1.2.3", "--json"]).expect_code(1);
    let result: Value = serde_json::from_str(&wrong.stdout).unwrap();
    assert_eq!(result["wrong"], json!(["latest-mac.yml is missing"]));
}

/// A checkout without a token, and a GitHub CLI on PATH that is logged in at one host.
#[cfg(unix)]
fn with_fake_gh(github: &GitHub, host: &str) -> project::Project {
    use std::os::unix::fs::PermissionsExt;
    let project = project::Project::new();
    let script = format!(
        "#!/bin/sh\n# Stands in for the GitHub CLI: it is logged in at {host}, and notes what it is asked.\n\
         echo \"gh $*\" >> '{}'\n\
         if [ \"$*\" = 'auth token --hostname {host}' ]; then echo {TOKEN}; exit 0; fi\n\
         echo \"stand-in for gh: not logged in for: gh $*\" >&2\nexit 1\n",
        project.path("asked.txt").display()
    );
    project.write("bin/gh", script);
    std::fs::set_permissions(project.path("bin/gh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    project.env("PATH", path).env("GITHUB_API_URL", github.url()).env("GH_REPO", REPOSITORY)
}

#[test]
#[cfg(unix)]
fn the_login_of_the_github_cli_counts_where_no_token_is_set() {
    let github = GitHub::start();
    github.add_run(7, "desktop-packages.yml", "success");
    let host = github.api.to_string();
    let logged_in = with_fake_gh(&github, &host);
    assert_eq!(logged_in.run(&["github-package-latest-run", "main"]).expect_code(0).stdout, "7\n");
    assert_eq!(logged_in.read("asked.txt"), format!("gh auth token --hostname {host}\n"));
    for variable in ["GH_TOKEN", "GITHUB_TOKEN"] {
        let with_token = with_fake_gh(&github, &host).env(variable, "ghp_another");
        let outcome = with_token.run(&["github-package-latest-run", "main"]).expect_code(1);
        assert!(outcome.stderr.contains("next: the token is wrong or has expired"), "{}", outcome.stderr);
        assert!(!with_token.path("asked.txt").exists(), "gh was asked although {variable} is set");
    }
    let elsewhere = with_fake_gh(&github, "ghe.example.com");
    let outcome = elsewhere.run(&["github-package-latest-run", "main"]).expect_code(1);
    assert!(
        outcome.stderr.contains("next: there is no token, and this may need one: set GH_TOKEN"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains(&format!("`gh auth login --hostname {host}`")), "{}", outcome.stderr);
    assert!(elsewhere.run(&["github-package", "main"]).expect_code(1).stderr.contains("there is no GitHub token"));
}

#[test]
fn a_complete_draft_is_verified_and_published_once() {
    let (github, project) = with_draft(20_000);
    let verify = project.run(&["github-release-verify", "v1.2.3"]).expect_code(0);
    assert_eq!(verify.stderr, "release v1.2.3: complete and right (10 assets), draft\n");
    assert!(github.fetched() < 5_000, "only the update manifests are small enough to be fetched unasked");
    project.run(&["github-release-verify", "v1.2.3", "--download"]).expect_code(0);
    let publish = project.run(&["github-release-publish", "v1.2.3"]).expect_code(0);
    assert_eq!(
        publish.stderr,
        "release v1.2.3: complete and right (10 assets), published just now as the newest version\n"
    );
    assert!(!github.state().releases[0].draft);
    let again = project.run(&["github-release-publish", "v1.2.3", "--json"]).expect_code(0);
    assert!(again.stderr.contains("published already; there was nothing to do"), "{}", again.stderr);
    assert_eq!(serde_json::from_str::<Value>(&again.stdout).unwrap()["publishedNow"], false);
    assert_eq!(github.seen().iter().filter(|seen| seen.request.method == "PATCH").count(), 1);
    github.state().releases[0].immutable = true;
    let verify = project.run(&["github-release-verify", "v1.2.3"]).expect_code(0);
    assert_eq!(verify.stderr, "release v1.2.3: complete and right (10 assets), published and immutable\n");
}

/// Ways in which a draft can be wrong, and what must be said.
type Damage = (fn(&mut Release), &'static str);

const DAMAGES: &[Damage] = &[
    (|release| drop(release.assets.remove(4)), "is missing"),
    (|release| release.assets[5].content = Content::bytes(Vec::new()), "is empty"),
    (|release| "starter".clone_into(&mut release.assets[5].state), "is not whole: its upload broke off"),
    (|release| release.assets[5].content = Content::bytes(noise(77, 20_000)), "are not those that were uploaded"),
    (
        |release| {
            let content = Content::bytes(noise(78, 20_000));
            release.assets[5].digest = Some(format!("sha256:{}", content.sha256()));
            release.assets[5].content = content;
        },
        "latest.yml: names another SHA-512",
    ),
    (
        |release| {
            let content = Content::bytes(noise(79, 20_001));
            release.assets[5].digest = None;
            release.assets[5].content = content;
        },
        "has 20000 bytes; it has 20001",
    ),
    (
        |release| release.assets[6].name = format!("{NAME}-linux-1.2.2-x86_64.AppImage"),
        "does not belong to version 1.2.3",
    ),
];

#[test]
fn a_wrong_draft_is_never_published() {
    for (damage, expected) in DAMAGES {
        let (github, project) = with_draft(20_000);
        damage(&mut github.state().releases[0]);
        let outcome = project.run(&["github-release-publish", "v1.2.3"]).expect_code(1);
        assert!(outcome.stderr.contains(expected), "{expected}\n{}", outcome.stderr);
        assert!(github.state().releases[0].draft);
    }
    let (_github, project) = with_draft(1000);
    let outcome = project.run(&["github-release-verify", "v9"]).expect_code(1);
    assert!(outcome.stderr.contains("there are v1.2.3 (draft)"), "{}", outcome.stderr);
}

#[test]
fn an_asset_that_changes_meanwhile_stops_the_publication() {
    let (github, project) = with_draft(1000);
    // An upload comes in while the assets are looked at.
    github.state().meanwhile = Some(Box::new(|request, releases| {
        if request.path().ends_with("/releases/assets/50") {
            releases[0].assets[8].digest = Some(format!("sha256:{}", "0".repeat(64)));
        }
    }));
    let outcome = project.run(&["github-release-publish", "v1.2.3"]).expect_code(1);
    assert!(outcome.stderr.contains("its assets were changed while they were verified"), "{}", outcome.stderr);
    assert!(github.state().releases[0].draft);
}

#[test]
fn the_packages_of_a_run_are_compared() {
    let (github, project) = with_draft(1000);
    let exe = format!("{NAME}-windows-1.2.3-x64.exe");
    for asset in &github.state().releases[0].assets {
        project.write(&format!("packages/windows/{}", asset.name), asset.content.read(0, asset.content.len()));
    }
    project.run(&["github-release-verify", "v1.2.3", "--against", "packages"]).expect_code(0);
    std::fs::rename(project.path("packages/windows/latest.yml"), project.path("latest.yml")).unwrap();
    let outcome = project.run(&["github-release-publish", "v1.2.3", "--against", "packages"]).expect_code(1);
    assert!(outcome.stderr.contains("packages has no latest.yml to compare with"), "{}", outcome.stderr);
    project.write(&format!("packages/windows/{exe}"), noise(4, 1000));
    let outcome = project.run(&["github-release-verify", "v1.2.3", "--against", "packages"]).expect_code(1);
    assert!(outcome.stderr.contains("has another SHA-256 than packages/windows/"), "{}", outcome.stderr);
    assert!(github.state().releases[0].draft);
}

/// Gives an asset other bytes, with the digest that the server tells of them.
fn replace(release: &mut Release, name: &str, bytes: Vec<u8>) {
    let asset = release.assets.iter_mut().find(|asset| asset.name == name).unwrap();
    asset.content = Content::bytes(bytes);
    asset.digest = Some(format!("sha256:{}", asset.content.sha256()));
}

#[test]
fn publishing_says_what_the_release_is_and_nothing_else_changes() {
    /// The other releases and whether they are drafts, whether this one is marked, what is asked for, and what is said.
    type Case = (&'static [(&'static str, bool)], bool, Value, &'static str);
    let cases: [Case; 4] = [
        (
            &[("v1.2.2", false), ("v1.10.0-rc.1", false), ("v2.0.0", true)],
            false,
            json!({ "draft": false, "prerelease": false, "make_latest": "true" }),
            "as the newest version",
        ),
        (
            &[("v1.2.2", false), ("v1.10.0", false)],
            false,
            json!({ "draft": false, "prerelease": false, "make_latest": "false" }),
            "as a fix of an older line; v1.10.0 stays the latest",
        ),
        (&[], true, json!({ "draft": false, "prerelease": true, "make_latest": "false" }), "as a pre-release"),
        (&[], false, json!({ "draft": false, "prerelease": false, "make_latest": "true" }), "as the newest version"),
    ];
    for (others, marked, asked, said) in cases {
        let (github, project) = with_draft(1000);
        {
            let mut state = github.state();
            state.releases[0].prerelease = marked;
            for ((tag, draft), id) in others.iter().zip(90..) {
                state.releases.push(Release { draft: *draft, ..Release::draft(id, tag, Vec::new()) });
            }
        }
        let outcome = project.run(&["github-release-publish", "v1.2.3"]).expect_code(0);
        assert!(outcome.stderr.ends_with(&format!("(10 assets), published just now {said}\n")), "{}", outcome.stderr);
        let patches = github.seen().into_iter().filter(|seen| seen.request.method == "PATCH");
        let patches: Vec<Value> = patches.map(|seen| serde_json::from_slice(&seen.request.body).unwrap()).collect();
        assert_eq!(patches, [asked]);
    }
}

#[test]
fn what_one_verifier_refuses_the_other_refuses_too() {
    let zip = format!("{NAME}-macos-1.2.3-arm64.zip");
    let dmg_first = |release: &mut Release| {
        let content = release.assets.iter().find(|asset| asset.name == "latest-mac.yml").unwrap().content.clone();
        let text = String::from_utf8(content.read(0, content.len())).unwrap();
        let (zip, dmg) = text.split_once("  - url: ").unwrap().1.split_once("  - url: ").unwrap();
        let (dmg, _) = dmg.split_once("path: ").unwrap();
        let old = dmg.lines().take(2).map(str::trim).collect::<Vec<_>>().join("\n");
        let text = format!("version: 1.2.3\nfiles:\n  - url: {dmg}  - url: {zip}path: {old}\n");
        replace(release, "latest-mac.yml", text.into_bytes());
    };
    let no_map = |release: &mut Release| replace(release, &format!("{zip}.blockmap"), noise(5, 500));
    let damages: [&dyn Fn(&mut Release); 2] = [&dmg_first, &no_map];
    let reasons = [
        "latest-mac.yml: does not name a zip first",
        "arm64.zip.blockmap: it is not a blockmap that electron-updater 6 reads",
    ];
    for (damage, why) in damages.into_iter().zip(reasons) {
        let (github, project) = with_draft(1000);
        damage(&mut github.state().releases[0]);
        let commands = [
            &["github-release-verify", "v1.2.3", "--download"][..],
            &["update-manifest", "verify", "--release", "v1.2.3"],
        ];
        for command in commands {
            let said = project.run(command).expect_code(1).stderr;
            assert!(said.contains(why), "{command:?}: {why}\n{said}");
        }
    }
}

/// Seeded faults, and damage in every third: published is only what is complete and right.
fn seeded(seeds: std::ops::Range<u64>) {
    const LEN: usize = 8_000;
    for seed in seeds {
        let (github, project) = with_draft(LEN);
        let damage = (seed % 3 == 0).then(|| &DAMAGES[usize::try_from(seed / 3).unwrap() % DAMAGES.len()]);
        if let Some((damage, _)) = damage {
            damage(&mut github.state().releases[0]);
        }
        github.state().faults = Faults::seeded(seed, 30, 15, LEN as u64);
        let outcome = project.run(&["github-release-publish", "v1.2.3"]);
        let published = !github.state().releases[0].draft;
        assert!(!published || damage.is_none(), "seed {seed}: a wrong release was published");
        if outcome.code == 0 {
            assert!(published, "seed {seed}: {}", outcome.stderr);
            continue;
        }
        assert!(outcome.code == 1 && outcome.stderr.contains("because: "), "seed {seed}: {}", outcome.stderr);
        if damage.is_none() {
            github.state().faults = Faults::default();
            project.run(&["github-release-publish", "v1.2.3"]).expect_code(0);
            assert!(!github.state().releases[0].draft, "seed {seed}");
        }
    }
}

#[test]
fn fifty_seeded_publications_are_right_or_none() {
    seeded(0..50);
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn a_thousand_seeded_publications_are_right_or_none() {
    seeded(50..1050);
}

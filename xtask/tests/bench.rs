//! `bench`: that what it writes can be read again. Whether the figures are good is for people to judge.

mod support;

use std::path::Path;

use serde_json::Value;
use support::Project;

/// A project with the part of the workspace that the bench is built from; built things go where the tool's are.
fn project() -> Project {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = Path::new(env!("CARGO_BIN_EXE_ddstask")).ancestors().nth(2).unwrap();
    let project = Project::new().env("CARGO_TARGET_DIR", target.to_str().unwrap());
    for file in ["Cargo.toml", "Cargo.lock", "xtask/Cargo.toml"] {
        project.write(file, std::fs::read(repository.join(file)).unwrap());
    }
    project.write("xtask/src/main.rs", "");
    for entry in walkdir::WalkDir::new(repository.join("xtask/bench")).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(repository).unwrap();
            project.write(path.to_str().unwrap(), std::fs::read(entry.path()).unwrap());
        }
    }
    project
}

#[test]
#[ignore = "long: writes and hashes a gigabyte a few times"]
fn bench_writes_every_run() {
    let project = project();
    let outcome = project.run(&["bench", "checksums", "--runs", "2", "--json", "out/figures.json"]).expect_code(0);
    assert!(outcome.stdout.contains("write, 1 GB in 4 files"), "{}", outcome.stdout);
    let figures: Value = serde_json::from_str(&project.read("out/figures.json")).unwrap();
    let part = &figures["parts"][0];
    assert_eq!((part["name"].as_str(), figures["runs"].as_u64()), (Some("checksums"), Some(2)));
    let ours = &part["rows"][0]["ours"];
    assert_eq!(ours["runs"].as_array().map(Vec::len), Some(2));
    assert!(ours["median"].as_f64() >= ours["min"].as_f64());
    if cfg!(target_os = "linux") {
        let memory = part["rows"].as_array().unwrap().iter().find(|row| row["name"] == "peak memory").unwrap();
        assert!(memory["ours"]["value"].as_u64() > Some(1_000_000), "{memory}");
    }
    let left: Vec<_> = std::fs::read_dir(project.path("target")).unwrap().collect();
    assert!(left.is_empty(), "the throw-away copy is still there: {left:?}");
}

#[test]
fn the_data_on_stdout_and_the_exit_code_are_those_of_the_program_that_measures() {
    // A cargo that says what it is asked for.
    let project = Project::new();
    let cargo = project.path(if cfg!(windows) { "fake/cargo.cmd" } else { "fake/cargo" });
    let text = if cfg!(windows) {
        "@echo {\"asked\": \"%*\"}\r\n@exit 3\r\n"
    } else {
        "#!/bin/sh\necho \"{\\\"asked\\\": \\\"$*\\\"}\"\nexit 3\n"
    };
    project.write(cargo.strip_prefix(project.root()).unwrap().to_str().unwrap(), text);
    #[cfg(unix)]
    std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}{}", cargo.parent().unwrap().display(), if cfg!(windows) { ";" } else { ":" });
    let path = path + &std::env::var("PATH").unwrap();
    let project = project.env("PATH", path).env("UV", env!("CARGO_BIN_EXE_ddstask"));
    let outcome = project.run(&["-q", "bench", "launch", "stage", "--runs", "7", "--json"]).expect_code(3);
    let asked: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        asked["asked"], "run --quiet --package bench -- stage launch --runs 7 --python-source host --json - --quiet",
        "{outcome:?}"
    );
}

//! A program of one's own is made of this repository as a person would: the demo goes, `rename` gives it a name, another project
//! comes, `adopt` looks at it. Then `check` has to be content, and nothing may be skipped.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{Project, has, repository, skip};

const PROJECT: &str = "xtask/tests/fixtures/project";

/// The page that says what belongs to the demo.
const PAGE: &str = "docs/new-project.md";

/// Copies the files that git keeps, or would, below a folder of the repository.
fn take(fork: &Project, below: &str) {
    let folder = repository().join(below);
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&folder)
        .output()
        .unwrap();
    for path in String::from_utf8(output.stdout).unwrap().split('\0').filter(|path| !path.is_empty()) {
        if let Ok(bytes) = fs::read(folder.join(path)) {
            fork.write(path, bytes);
        }
    }
}

/// Takes the demo out with the commands of the page.
fn without_the_demo(fork: &Project) {
    let page = fork.read(PAGE);
    let lines: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("$ git rm ")).collect();
    assert!(lines.len() > 2, "{PAGE} does not say any more how the demo is taken out");
    for line in lines {
        let args: Vec<&str> = ["rm"].into_iter().chain(line.split(' ')).collect();
        fork.git(&args);
    }
}

/// Gives the fork what is compiled here of the libraries, as hard links; its own sources lie elsewhere and are compiled there.
fn lend_libraries(target: &Path) {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("debug");
    // Cargo writes into the files of what it compiles anew, which must not be ours as well: programs, and these packages.
    let is_ours = |name: &str| ["xtask-", "bench-"].iter().any(|package| name.starts_with(package));
    for folder in ["build", "deps", ".fingerprint"] {
        let entries = walkdir::WalkDir::new(here.join(folder)).into_iter().filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            !is_ours(&name) && (folder != "deps" || entry.depth() == 0 || name.starts_with("lib"))
        });
        for entry in entries.flatten() {
            let there = target.join("debug").join(entry.path().strip_prefix(&here).unwrap());
            if entry.file_type().is_dir() {
                fs::create_dir_all(there).unwrap();
            } else if !there.exists() {
                // Where there can be no links, more is compiled.
                let _ = fs::hard_link(entry.path(), there);
            }
        }
    }
}

/// Gives the fork's tests what those here have staged and imported: what lies in a store goes by what it was made of.
fn lend_store(target: &Path) {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stage-store");
    fs::create_dir_all(&here).unwrap();
    fs::create_dir_all(target.join("tmp")).unwrap();
    // Where there can be no links, more is made.
    #[cfg(unix)]
    let _ = std::os::unix::fs::symlink(&here, target.join("tmp/stage-store"));
}

/// Runs all checks of the fork. Whoever waits for the end of it can read in the file how far it is.
fn checked(fork: &Project, log: &Path) -> String {
    let file = fs::File::create(log).unwrap();
    let mut command = fork.command(&["check", "--no-skip"]);
    let status = command.stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
    let said = fs::read_to_string(log).unwrap();
    assert!(status.success(), "{said}");
    said
}

/// What is compiled once and run once is done sooner when the compiler tries less.
const PROFILE: &str = "\n[profile.dev.package.xtask]\nopt-level = 0\ndebug = false\n";

#[test]
#[ignore = "compiles the tool once more and runs its quick tests and everybody's: many minutes"]
fn a_program_of_ones_own_stays_green() {
    const NAME: &str = "a_program_of_ones_own_stays_green";
    for (program, command) in [("git", "apt-get install git"), ("uv", "pip install uv"), ("npm", "apt-get install npm")]
    {
        if !has(program) {
            return skip(NAME, program, command);
        }
    }
    if !repository().join("backend/src/example_app").is_dir() {
        // It is a program of one's own.
        return;
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fork");
    let fork = Project::empty().env("CARGO_TARGET_DIR", target.to_str().unwrap());
    lend_libraries(&target);
    lend_store(&target);
    take(&fork, "");
    fork.write(".cargo/config.toml", fork.read(".cargo/config.toml") + PROFILE);
    fork.git(&["init", "-q"]);
    fork.commit();
    without_the_demo(&fork);
    fork.commit();
    fork.run(&["rename", "deer-park", "--title", "Deer Park", "--identifier", "org.example.deer-park"]).expect_code(0);
    fork.commit();
    let kept = ["backend/pyproject.toml", "backend/uv.lock"].map(|path| (path, fork.read(path)));
    // With its own lines in dds.toml: a project that is made for the desktop says how it is started while it is worked on.
    take(&fork, PROJECT);
    for (path, text) in kept {
        fork.write(path, text);
    }
    // Of a file that names the project `adopt` keeps every line; the first one is for editors.
    let facts = fork.read("dds.toml").replace("[backend]\n", "[backend]\nroot = \"backend\"\n");
    fork.write("dds.toml", format!("#:schema docs/reference/dds.schema.json\n{facts}"));
    fork.commit();
    fork.run(&["adopt", "backend"]).expect_code(0);
    assert!(fork.read("dds.toml").contains("launcher-command = "), "a person's lines are gone");
    let said = checked(&fork, &target.join("check.txt"));
    assert!(said.ends_with("all parts passed\n"), "{said}");
    assert_eq!(fork.git(&["status", "--porcelain"]), "", "the checks leave nothing behind");
}

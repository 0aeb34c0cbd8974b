//! The stand-in for GitHub, and what ddstask asks it, against GitHub's own description of its API.
//!
//! The description is large (385 MB with all its editions), so it is no dependency: it is looked for in
//! `target/openapi`, and `CONTRIBUTING.md` says how it gets there.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use project::{has, skip};
use serde_json::{Value, json};
use support::github::checkout::{PREFIX, WORKFLOW, project};
use support::github::releases::complete_draft;
use support::github::{GitHub, Seen};

/// Every command, with success and with each refusal that has a message of its own.
fn conversation() -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut talk = |prepare: &dyn Fn(&GitHub), args: &[&str], code: i32| {
        let github = GitHub::start();
        github.add_run(7, WORKFLOW, "success");
        github.add_run_on(8, WORKFLOW, "topic", "failure");
        github.add_packages(7, PREFIX, 1000);
        github.state().releases.push(complete_draft(1000));
        prepare(&github);
        project(&github).run(args).expect_code(code);
        seen.extend(github.seen().into_iter().filter(|seen| seen.server == "api"));
    };
    let as_it_is = |_: &GitHub| ();
    talk(&as_it_is, &["github-package", "main", "--publish"], 0);
    talk(&|github| github.state().tells_run_id = false, &["github-package", "main"], 0);
    talk(&|github| "disabled_manually".clone_into(&mut github.state().workflow_is), &["github-package", "main"], 1);
    talk(&as_it_is, &["github-package", "nowhere"], 1);
    let with_jobs = |github: &GitHub| {
        let step = json!({ "name": "Package", "status": "completed", "conclusion": "success", "number": 1 });
        github.state().jobs = vec![
            json!({ "name": "linux", "status": "completed", "conclusion": "success", "steps": [step] }),
            json!({ "name": "macos", "status": "queued", "conclusion": Value::Null }),
        ];
    };
    talk(&with_jobs, &["github-package", "--watch", "--run", "7"], 0);
    talk(&as_it_is, &["github-package-latest-run", "main"], 0);
    talk(&as_it_is, &["github-package-latest-run", "--commit", &format!("{:040x}", 7)], 0);
    talk(&as_it_is, &["github-package-latest-run", "topic"], 1);
    talk(&as_it_is, &["github-package-download", "7"], 0);
    talk(&|github| github.state().artifacts[0].expired = true, &["github-package-download", "7"], 1);
    talk(&as_it_is, &["github-package-download", "9"], 1);
    talk(&as_it_is, &["github-release-verify", "v1.2.3", "--download"], 0);
    talk(&as_it_is, &["github-release-verify", "v9"], 1);
    talk(&as_it_is, &["github-release-publish", "v1.2.3"], 0);
    seen.extend(of_a_draft());
    let github = GitHub::start();
    project(&github).env("GH_TOKEN", "ghp_another").run(&["github-package-latest-run", "main"]).expect_code(1);
    seen.extend(github.seen());
    seen
}

/// A draft that is made, and one that is taken up because a file is another one by now.
fn of_a_draft() -> Vec<Seen> {
    let github = GitHub::start();
    let project = project(&github);
    for asset in complete_draft(1000).assets {
        project.write(&format!("dist/{}", asset.name), asset.content.read(0, asset.content.len()));
    }
    project.write("notes.md", "What is new.\n");
    let draft = ["github-release-draft", "v1.2.3", "--from", "dist"];
    project.run(&draft).expect_code(0);
    // What the description calls an upload that is not whole.
    "open".clone_into(&mut github.state().releases[0].assets[0].state);
    project.run(&[&draft[..], &["--notes", "notes.md"]].concat()).expect_code(0);
    github.seen()
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn the_stand_in_is_like_the_description_of_the_api() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../target/openapi");
    if !folder.join("node_modules/@octokit/openapi").is_dir() || !has("node") {
        return skip(
            "the_stand_in_is_like_the_description_of_the_api",
            "Node.js, and GitHub's description of its API in target/openapi",
            "npm install --prefix target/openapi --no-save @octokit/openapi ajv ajv-formats",
        );
    }
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or(Value::Null);
    let lines: Vec<String> = conversation()
        .iter()
        .map(|Seen { request, status, answer, .. }| {
            json!({ "method": request.method, "target": request.target, "request": json(&request.body), "status": status, "answer": json(answer) })
                .to_string()
        })
        .collect();
    let mut node = Command::new("node")
        .arg(root.join("tests/openapi/check.mjs"))
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    let (found, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{found}{said}");
    let mut operations: Vec<&str> = said.lines().collect();
    operations.sort_unstable();
    operations.dedup();
    let _ = writeln!(std::io::stderr(), "{} exchanges\n{}", lines.len(), operations.join("\n"));
    assert!(operations.len() >= 15, "too little was said: {operations:?}");
}

//! What the release commands do with a release on GitHub: a stand-in for it serves the assets.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use project::Project;
use serde_json::Value;
use sha2::{Digest, Sha512};
use support::github::packages::noise;
use support::github::{Asset, Content, GitHub, REPOSITORY, Release, TOKEN};

const NAME: &str = "deer-park";

/// A draft of v1.2.3 with packages of Linux and Tauri.
fn with_draft() -> (GitHub, Project) {
    let image = noise(4, 20_000);
    let sha512 = BASE64_STANDARD.encode(Sha512::digest(&image));
    let linux = format!("{NAME}-linux-1.2.3-x86_64.AppImage");
    let manifest = format!(
        "version: 1.2.3\nfiles:\n  - url: {linux}\n    sha512: {sha512}\n    size: 20000\npath: {linux}\nsha512: {sha512}\n"
    );
    let files = [(linux, image), ("latest-linux.yml".to_owned(), manifest.into_bytes())];
    let assets = files.into_iter().zip(50..).map(|((name, bytes), id)| {
        let content = Content::bytes(bytes);
        Asset { id, name, state: "uploaded".to_owned(), digest: Some(format!("sha256:{}", content.sha256())), content }
    });
    let release = Release::draft(40, "v1.2.3", assets.collect());
    let github = GitHub::start();
    github.state().releases.push(release);
    let project = Project::new()
        .env("GITHUB_API_URL", github.url())
        .env("GH_TOKEN", TOKEN)
        .env("GH_REPO", REPOSITORY)
        .env("DDSTASK_RETRY_PAUSE_MS", "1")
        .env("DDSTASK_PATIENCE_MS", "5000")
        .env("SOURCE_DATE_EPOCH", "1795345629");
    for name in ["release-notes.md.j2", "VERIFY.md.j2", "INSTALL.md.j2"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../release-templates").join(name);
        project.write(&format!("release-templates/{name}"), std::fs::read(path).unwrap());
    }
    project.write("CHANGELOG.md", "## 1.2.3\n\n- A stable.\n");
    let complete = "assets = [\"deer-park-linux-{version}-x86_64.AppImage\", \"latest-linux.yml\"]\nupdate-manifests = [\"latest-linux.yml\"]\n";
    let facts = project.read("dds.toml");
    project.write("dds.toml", format!("{facts}\n[github.release]\n{complete}"));
    (github, project)
}

#[test]
fn update_manifests_are_checked_against_the_assets() {
    let (github, project) = with_draft();
    let verify = ["update-manifest", "verify", "--release", "v1.2.3"];
    let dry = project.run(&[&verify[..], &["--dry-run"]].concat()).expect_code(0);
    assert_eq!(
        dry.stdout,
        "fetch   the assets of release v1.2.3 of acme/app into target/release-assets/v1.2.3\n\
         check   all update manifests against the assets\n\
         remove  target/release-assets/v1.2.3\n"
    );
    project.run(&verify).expect_code(0);
    assert!(!project.path("target/release-assets/v1.2.3").exists(), "what was fetched is not kept");
    let said = project.run(&[&verify[..], &["latest-mac.yml"]].concat()).expect_code(1).stderr;
    assert!(said.contains("has not all of the update manifests"), "{said}");

    let content = Content::bytes(noise(5, 20_000));
    github.state().releases[0].assets[0].digest = Some(format!("sha256:{}", content.sha256()));
    github.state().releases[0].assets[0].content = content;
    let said = project.run(&verify).expect_code(1).stderr;
    assert!(said.contains("latest-linux.yml: names another SHA-512 of deer-park-linux"), "{said}");
}

#[test]
fn a_kit_is_made_of_the_assets() {
    let (_github, project) = with_draft();
    // Left by another try, and no longer an asset.
    let stale = format!("{NAME}-windows-1.2.3-x64.exe");
    project.write(&format!("target/release-assets/v1.2.3/{stale}"), "stale");
    let kit = format!("dist/airgap/{NAME}-1.2.3-airgap");
    let dry = project.run(&["--dry-run", "airgap-kit", "v1.2.3"]).expect_code(0).stdout;
    let packed = format!("pack    {kit}.zip\nremove  target/release-assets/v1.2.3\n");
    assert!(dry.contains(&format!("copy    the packages of release v1.2.3 into {kit}\n")), "{dry}");
    assert!(dry.starts_with("fetch   the assets of release v1.2.3") && dry.ends_with(&packed), "{dry}");
    project.run(&["airgap-kit", "v1.2.3"]).expect_code(0);
    assert_eq!(
        std::fs::read(project.path(&format!("{kit}/{NAME}-linux-1.2.3-x86_64.AppImage"))).unwrap(),
        noise(4, 20_000)
    );
    assert!(!project.path(&format!("{kit}/{stale}")).exists());
    project.run(&["airgap-kit", "verify", &kit]).expect_code(0);
    assert!(!project.path("target/release-assets/v1.2.3").exists());
}

#[test]
fn a_release_that_is_not_whole_makes_no_kit() {
    for (damage, why) in [
        ((|assets| drop(assets.remove(0))) as fn(&mut Vec<Asset>), "x86_64.AppImage is missing"),
        (|assets| assets[1].content = Content::bytes(Vec::new()), "latest-linux.yml is empty"),
    ] {
        let (github, project) = with_draft();
        damage(&mut github.state().releases[0].assets);
        let said = project.run(&["airgap-kit", "v1.2.3"]).expect_code(1).stderr;
        assert!(said.contains("release v1.2.3 (draft) is not complete") && said.contains(why), "{said}");
        assert!(!project.path("dist/airgap").exists() && github.fetched() == 0);
    }
}

#[test]
fn an_asset_whose_name_is_a_path_is_refused() {
    for name in ["../evil.AppImage", "a/b.exe", "..", "latest-linux.yml"] {
        let (github, project) = with_draft();
        name.clone_into(&mut github.state().releases[0].assets[0].name);
        let said = project.run(&["airgap-kit", "v1.2.3"]).expect_code(1).stderr;
        assert!(said.contains("release v1.2.3 can't be fetched") && said.contains("its asset `"), "{said}");
        assert!(!project.path("dist/airgap").exists() && !project.path("target/evil.AppImage").exists());
    }
}

#[test]
fn a_draft_is_published_with_its_notes_in_one_call() {
    let (github, project) = with_draft();
    project.run(&["release-notes", "v1.2.3", "--output", "notes.md"]).expect_code(0);
    let publish = ["github-release-publish", "v1.2.3", "--notes", "notes.md"];
    let dry = project.run(&[&publish[..], &["--dry-run"]].concat()).expect_code(0);
    assert!(dry.stdout.contains("with the notes that were given"), "{}", dry.stdout);
    project.run(&publish).expect_code(0);
    let seen = github.seen();
    let patches: Vec<Value> = seen
        .iter()
        .filter(|seen| seen.request.method == "PATCH")
        .map(|seen| serde_json::from_slice(&seen.request.body).unwrap())
        .collect();
    assert_eq!(patches.len(), 1);
    assert_eq!(
        (&patches[0]["draft"], patches[0]["body"].as_str()),
        (&Value::Bool(false), Some(&*project.read("notes.md")))
    );
    assert!(!github.state().releases[0].draft);
}

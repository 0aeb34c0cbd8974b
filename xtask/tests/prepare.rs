//! `release-prepare`: one command for every place of the version, and what it refuses.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use support::{Project, has, skip};

const NPM: &str = "{\n  \"name\": \"a\",\n  \"version\": \"0.1.0\"\n}\n";
const NPM_LOCK: &str = "{\n  \"version\": \"0.1.0\",\n  \"packages\": {\n    \"\": {\n      \"version\": \"0.1.0\"\n    },\n    \
    \"node_modules/x\": {\n      \"version\": \"0.1.0\"\n    }\n  }\n}\n";
const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A stable.\n";

/// A committed project with all places of a version.
fn committed() -> Project {
    let project = Project::new().env("SOURCE_DATE_EPOCH", "1795345629");
    let package = project.read("dds.toml");
    let package = package.split("settings-module = \"").nth(1).unwrap().split(['.', '"']).next().unwrap();
    project.write("backend/pyproject.toml", "[project]\nname = \"app\" # short\nversion = \"0.1.0\"\n");
    project.write(
        "backend/uv.lock",
        "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\n\
         [[package]]\nname = \"other\"\nversion = \"0.1.0\"\n",
    );
    project.write(&format!("backend/src/{package}/__init__.py"), "\"\"\"The app.\"\"\"\n\n__version__ = \"0.1.0\"\n");
    for shell in ["electron", "tauri"] {
        project.write(&format!("shells/{shell}/package.json"), NPM);
        project.write(&format!("shells/{shell}/package-lock.json"), NPM_LOCK);
    }
    let manifest = "[package]\nname = \"shell\"\nversion = \"0.1.0\"\n";
    project.write("shells/tauri/src-tauri/Cargo.toml", manifest);
    project.write("shells/tauri/src-tauri/Cargo.lock", format!("version = 4\n\n[{manifest}").replace("]\n", "]]\n"));
    project.write("shells/positron/pyproject.toml", "[tool.briefcase]\nversion = \"0.1.0\"\n");
    project.write("CHANGELOG.md", CHANGELOG);
    project.write("release-templates/release-notes.md.j2", "{{ title }} {{ version }} {{ date }}\n{{ changes }}\n");
    project.git(&["init", "-q"]);
    project.commit();
    project
}

#[test]
fn one_command_changes_versions_locks_and_the_changelog_and_nothing_else() {
    if !has("git") {
        return skip("one_command_changes_versions", "git", "apt-get install git");
    }
    let project = committed();
    let plan = project.run(&["release-prepare", "0.2.0", "--dry-run"]).expect_code(0).stdout;
    assert!(plan.contains("edit    backend/pyproject.toml  0.1.0 -> 0.2.0\n"), "{plan}");
    assert!(plan.contains("edit    CHANGELOG.md  what is unreleased is of 0.2.0, 2026-11-22\n"), "{plan}");
    assert_eq!(project.git(&["status", "--porcelain"]), "", "a dry run changes nothing");

    let said = project.run(&["release-prepare", "0.2.0"]).expect_code(0).stderr;
    assert_eq!(said, "11 files changed; read `git diff`, then commit it and `git tag v0.2.0`\n");
    let changed = project.git(&["diff", "--name-only"]);
    assert_eq!(changed.lines().count(), 11, "{changed}");
    assert_eq!(plan.lines().filter(|line| changed.lines().any(|path| line.contains(path))).count(), 11);
    let diff = project.git(&["diff", "--unified=0"]);
    let lines = |sign: &str| -> Vec<String> {
        let lines = diff.lines().filter(|line| line.starts_with(sign) && !line.starts_with(&sign.repeat(3)));
        lines.map(|line| line[1..].to_owned()).collect()
    };
    let new: Vec<String> = lines("-").iter().map(|line| line.replace("0.1.0", "0.2.0")).collect();
    let mut added = lines("+");
    added.retain(|line| !line.is_empty() && line != "## 0.2.0 - 2026-11-22");
    assert_eq!(added, new, "only versions changed");
    assert!(project.read("backend/uv.lock").ends_with("name = \"other\"\nversion = \"0.1.0\"\n"));
    assert_eq!(
        project.read("CHANGELOG.md"),
        "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-11-22\n\n### Added\n\n- A stable.\n"
    );

    // Before the tag is there, the changelog knows the date.
    let mut notes = project.command(&["release-notes", "v0.2.0"]);
    let notes = notes.env_remove("SOURCE_DATE_EPOCH").output().unwrap();
    let told = String::from_utf8_lossy(&notes.stdout);
    assert!(told.contains(" 0.2.0 2026-11-22\n### Added\n\n- A stable."), "{notes:?}");

    // A release of the tool is no release of the app.
    project.git(&["tag", "v0.1.0"]);
    project.write("release-templates/release-notes.md.j2", "since {{ since }}\n");
    project.commit();
    project.git(&["tag", "ddstask-v0.1.0"]);
    assert_eq!(project.run(&["release-notes", "v0.2.0"]).expect_code(0).stdout.trim(), "since v0.1.0");
}

#[test]
fn what_would_be_no_release_is_refused() {
    if !has("git") {
        return skip("what_would_be_no_release_is_refused", "git", "apt-get install git");
    }
    let project = committed();
    let refused = |args: &[&str], code| {
        let said = project.run(&[&["release-prepare"], args].concat()).expect_code(code).stderr;
        assert!(said.contains("\n  next: "), "{said}");
        said
    };
    assert!(refused(&["0.1.0"], 2).contains("0.1.0 is not newer than 0.1.0, which backend/pyproject.toml has"));
    assert!(refused(&["0.2.0-rc.1"], 2).contains("0.2.0-rc.1 is a pre-release"));
    assert!(refused(&["0.2.0", "--pre"], 2).contains("0.2.0 is no pre-release"));
    for odd in ["later", "1.2", "v1"] {
        let said = refused(&[odd], 2);
        assert!(said.contains(&format!("`{odd}` is not a version")) && !said.contains("tag"), "{said}");
    }
    project.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n### Added\n");
    let said = refused(&["0.2.0"], 1);
    assert!(said.contains("changes that are not committed") && said.contains("CHANGELOG.md"), "{said}");
    let index = std::fs::read(project.path(".git/index")).unwrap();
    project.write(".git/index", "cut off");
    let said = refused(&["0.2.0"], 1);
    assert!(said.contains("git ended with") && said.contains("index"), "{said}");
    std::fs::write(project.path(".git/index"), index).unwrap();
    // git does not trust a checkout of somebody else.
    let mut of_another = project.command(&["release-prepare", "0.2.0"]);
    of_another.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").env("GIT_CONFIG_GLOBAL", project.path("none"));
    let said = String::from_utf8(of_another.output().unwrap().stderr).unwrap();
    assert!(said.contains("safe.directory") && said.contains("git status") && !said.contains("git init"), "{said}");
    project.commit();
    assert!(refused(&["0.2.0"], 1).contains("CHANGELOG.md does not say what is new in 0.2.0"));
    assert_eq!(project.git(&["status", "--porcelain"]), "", "what is refused changes nothing");

    project.run(&["release-prepare", "0.2.0-rc.1", "--pre"]).expect_code(0);
    assert!(project.read("backend/pyproject.toml").contains("\"0.2.0rc1\""));
    assert!(project.read("shells/electron/package.json").contains("\"0.2.0-rc.1\""));
    // It has no heading in the changelog, and no tag yet.
    project.commit();
    let day = project.git(&["log", "-1", "--format=%cs"]);
    let notes = project.command(&["release-notes", "v0.2.0-rc.1"]).env_remove("SOURCE_DATE_EPOCH").output().unwrap();
    let told = String::from_utf8_lossy(&notes.stdout);
    assert!(told.contains(&format!(" 0.2.0-rc.1 {}\n", day.trim())), "{notes:?}");
    let said = Project::new().run(&["release-prepare", "0.2.0"]).expect_code(1).stderr;
    assert!(said.starts_with("error: this is no git checkout"), "{said}");
}

/// A project of others is not written into: its version for the desktop stands in dds.toml.
#[test]
fn the_version_of_an_adopted_project_goes_into_dds_toml() {
    if !has("git") {
        return skip("the_version_of_an_adopted_project", "git", "apt-get install git");
    }
    let project = Project::empty();
    project.write(
        "dds.toml",
        "[project]\nname = \"shop\"\ntitle = \"Shop\"\nidentifier = \"org.example.shop\"\n\n\
         [backend]\nroot = \"../shop\"\nsettings-module = \"shop.settings\"\n",
    );
    project.write("CHANGELOG.md", CHANGELOG);
    project.git(&["init", "-q"]);
    project.commit();
    project.run(&["release-prepare", "2.0.0"]).expect_code(0);
    assert!(project.read("dds.toml").contains("identifier = \"org.example.shop\"\nversion = \"2.0.0\"\n"));
}

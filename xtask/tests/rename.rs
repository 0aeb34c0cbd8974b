//! `rename`: a copy of this repository gets another name, and nothing is left of the one before.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::process::Command;

use support::{Project, has, left_of, repository, skip};

/// Written so that `rename` leaves it alone.
const STARTER: [&str; 3] = ["desktop", "django", "starter"];

const RENAME: [&str; 8] = [
    "rename",
    "pony-farm",
    "--title",
    "Pony Farm",
    "--identifier",
    "org.example.pony-farm",
    "--author",
    "Ada Lovelace",
];

/// The files of this repository that may hold its names, committed.
fn copied() -> Project {
    let project = Project::empty();
    let places = ["dds.toml", "backend", "shells", ".github", "README.md", "CHANGELOG.md", "LICENSE"];
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"])
        .args(places)
        .current_dir(repository())
        .output()
        .unwrap();
    for path in String::from_utf8(listed.stdout).unwrap().split('\0').filter(|path| !path.is_empty()) {
        if let Ok(bytes) = std::fs::read(repository().join(path)) {
            project.write(path, bytes);
        }
    }
    // A program of one's own need not say who publishes it.
    let facts = project.read("dds.toml");
    if !facts.contains("\n[about]\n") {
        project.write("dds.toml", format!("{}\n\n[about]\npublisher = \"Somebody\"\n", facts.trim_end()));
    }
    project.git(&["init", "-q"]);
    project.commit();
    project
}

fn facts(project: &Project) -> toml::Table {
    project.read("dds.toml").parse().unwrap()
}

#[test]
fn nothing_is_left_of_the_name_before() {
    if !has("git") {
        return skip("nothing_is_left_of_the_name_before", "git", "apt-get install git");
    }
    let project = copied();
    // A project of others as a submodule, which is listed among the files.
    project.write("theirs/manage.py", "");
    project.git(&["init", "-q", "theirs"]);
    project.git(&["-C", "theirs", "add", "--all"]);
    project.git(&["-C", "theirs", "commit", "-q", "-m", "theirs"]);
    project.commit();
    let before = facts(&project)["project"]["name"].as_str().unwrap().to_owned();
    let plan = project.run(&[&RENAME[..], &["--dry-run"]].concat()).expect_code(0).stdout;
    assert!(
        plan.contains("edit    dds.toml\n") && plan.contains("edit    shells/electron/package-lock.json\n"),
        "{plan}"
    );
    assert_eq!(project.git(&["status", "--porcelain"]), "", "a dry run changes nothing");

    let said = project.run(&RENAME).expect_code(0).stderr;
    assert!(said.contains(" files changed; read `git diff`"), "{said}");
    project.commit();
    if before == STARTER.join("-") {
        let left = left_of(project.root(), &before);
        assert!(left.is_empty(), "{left:#?}");
    }

    let own = &facts(&project)["project"];
    assert_eq!(own["title"].as_str(), Some("Pony Farm"));
    assert_eq!(own["identifier"].as_str(), Some("org.example.pony-farm"));
    assert_eq!(facts(&project)["about"]["publisher"].as_str(), Some("Ada Lovelace"));
    let positron: toml::Table = project.read("shells/positron/pyproject.toml").parse().unwrap();
    let briefcase = &positron["tool"]["briefcase"];
    assert_eq!(
        (briefcase["bundle"].as_str(), briefcase["author"].as_str()),
        (Some("org.example"), Some("Ada Lovelace"))
    );
    assert_eq!(briefcase["app"]["pony-farm-positron"]["formal_name"].as_str(), Some("Pony Farm"));
    let packages: Vec<_> = std::fs::read_dir(project.path("shells/positron/src")).unwrap().flatten().collect();
    assert_eq!(packages.len(), 1, "the folder of before is gone: {packages:?}");
    assert!(packages[0].path().ends_with("pony_farm_positron") && packages[0].path().join("__main__.py").is_file());
    assert!(project.read("shells/electron/package.json").contains("\n  \"author\": \"Ada Lovelace\",\n"));
    let licence = project.read("LICENSE");
    assert!(licence.contains(" Ada Lovelace\nCopyright (c) "), "the notice before stays: {licence}");
    let of_runtime = project.read("backend/desktop_runtime/LICENSE");
    assert_eq!(of_runtime, std::fs::read_to_string("../backend/desktop_runtime/LICENSE").unwrap());

    // Once more: now the project's packages are somebody's own, and stay.
    let again = ["rename", "farm", "--title", "Farm", "--identifier", "org.example.farm"];
    project.run(&again).expect_code(0);
    project.commit();
    let mut left = left_of(project.root(), "pony-farm");
    left.retain(|place| !place.contains("pony_farm"));
    assert!(left.is_empty(), "{left:#?}");
    // A project that was adopted may have none.
    let facts = facts(&project);
    let root = facts["backend"].get("root").map_or("backend", |root| root.as_str().unwrap());
    let pyproject = format!("{root}/pyproject.toml");
    assert!(
        root != "backend" && !project.path(&pyproject).is_file()
            || project.read(&pyproject).contains("name = \"farm\"\n")
    );
    assert!(project.path("shells/positron/src/farm_positron/__main__.py").is_file());
}

/// `adopt` writes names into dds.toml that nothing else has, and a README may have the same words for something else.
#[test]
fn what_the_shells_are_called_goes_after_adopt_too() {
    if !has("git") {
        return skip("what_the_shells_are_called_goes_after_adopt_too", "git", "apt-get install git");
    }
    let project = copied();
    let before = project.read("shells/positron/pyproject.toml");
    let before: toml::Table = before.parse().unwrap();
    let before = before["tool"]["briefcase"]["project_name"].as_str().unwrap().to_owned();
    project.write(
        "dds.toml",
        "[project]\nname = \"their-project\"  # the name of the folder\ntitle = \"Theirs\"\n\
         identifier = \"com.example.their-project\"  # change it before you ship\n\
         icon = \"../their-project/logo.svg\"  # the project's own picture\n\n\
         [backend]\nroot = \"../their-project\"\nsettings-module = \"shop.settings\"\n",
    );
    project.commit();
    let said = project.run(&RENAME).expect_code(0).stderr;
    // Its icons are made of its own picture.
    assert!(said.contains("electron-icons") && !said.contains("draw shells/brand/icon.svg"), "{said}");
    // A name's reason goes with it, and other comments stay.
    let facts_now = project.read("dds.toml");
    assert!(!facts_now.contains("the name of the folder") && !facts_now.contains("before you ship"), "{facts_now}");
    assert!(facts_now.contains("# the project's own picture"), "{facts_now}");
    project.commit();
    let mut left = left_of(project.root(), &before);
    if before != STARTER.join("-") {
        left.retain(|place| place.starts_with("shells"));
    }
    assert!(left.is_empty(), "{left:#?}");
    let own = &facts(&project)["project"];
    assert_eq!([own["name"].as_str(), own["title"].as_str()], [Some("pony-farm"), Some("Pony Farm")]);
    assert_eq!(facts(&project)["backend"]["root"].as_str(), Some("../their-project"));
    assert!(project.path("shells/positron/src/pony_farm_positron/__main__.py").is_file());
    assert!(!project.read("README.md").contains("../pony-farm"));
}

#[test]
fn a_clone_of_the_starter_gets_pages_of_its_own() {
    if !has("git") {
        return skip("a_clone_of_the_starter_gets_pages_of_its_own", "git", "apt-get install git");
    }
    let project = Project::empty();
    let starter = STARTER.join("-");
    project.write(
        "dds.toml",
        format!(
            "[project]\nname = \"{starter}\" # ours\ntitle = \"T\"\nidentifier = \"io.github.{starter}\"\n\n\
             [backend]\nsettings-module = \"shop.settings\"\n"
        ),
    );
    project.write("README.md", format!("# {starter}\n"));
    project.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- Of the starter.\n");
    project.write(".github/run.sh", format!("echo {starter}-linux\n"));
    project.git(&["init", "-q"]);
    project.commit();
    project.run(&RENAME).expect_code(0);
    assert!(project.read("dds.toml").contains("name = \"pony-farm\" # ours\ntitle = \"Pony Farm\"\n"));
    assert!(project.read("README.md").starts_with("# Pony Farm\n"));
    assert!(project.read("CHANGELOG.md").ends_with("## Unreleased\n\n- The first version.\n"));
    assert_eq!(project.read(".github/run.sh"), "echo pony-farm-linux\n");

    // A README of one's own stays.
    project.commit();
    project.write("README.md", "# Ponies\n");
    let said =
        project.run(&["rename", "farm", "--title", "F", "--identifier", "org.example.farm"]).expect_code(1).stderr;
    assert!(said.contains("changes that are not committed") && said.contains("README.md"), "{said}");
    project.commit();
    project.run(&["rename", "farm", "--title", "F", "--identifier", "org.example.farm"]).expect_code(0);
    assert_eq!(project.read("README.md"), "# Ponies\n");
    project.run(&["rename", "farm", "--title", "F", "--identifier", "org.farm.example"]).expect_code(2);
}

//! `airgap-kit` and `airgap-kit verify`: what arrives is what was sent, or the difference is named.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use expect_test::expect;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};
use support::{Project, has, skip};

const NAME: &str = "deer-park";
const KIT: &str = "dist/airgap/deer-park-1.2.3-airgap";

/// A folder with the packages of a release, as a download leaves it, and all that notes are made of.
fn with_release() -> Project {
    let project = Project::new().env("SOURCE_DATE_EPOCH", "1795345629");
    for name in ["release-notes.md.j2", "VERIFY.md.j2", "INSTALL.md.j2"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../release-templates").join(name);
        project.write(&format!("release-templates/{name}"), std::fs::read(path).unwrap());
    }
    project.write(
        "CHANGELOG.md",
        "# Changelog\n\n## Unreleased\n\n- Not this.\n\n## 1.2.3\n\n- A stable.\n\n## 1.2.2\n\n- Old.\n",
    );
    let packages = [
        (
            "macos",
            &[
                "macos-1.2.3-arm64.dmg",
                "macos-1.2.3-arm64.zip",
                "macos-1.2.3-arm64.zip.blockmap",
                "macos-sbom.cdx.json",
            ][..],
        ),
        ("windows", &["windows-1.2.3-x64.exe"]),
        ("linux", &["linux-1.2.3-x86_64.AppImage"]),
    ];
    for (platform, names) in packages {
        let mut list = String::new();
        for name in names {
            let contents = format!("{name} of the tests\n");
            let digest = Sha256::digest(contents.as_bytes());
            digest.iter().for_each(|byte| write!(list, "{byte:02x}").unwrap());
            writeln!(list, "  {NAME}-{name}").unwrap();
            project.write(&format!("dist/run/{platform}/{NAME}-{name}"), contents);
        }
        project.write(&format!("dist/run/{platform}/{NAME}-{platform}-sha256.txt"), list);
    }
    project.write("dist/run/linux/latest-linux.yml", manifest("linux-1.2.3-x86_64.AppImage"));
    project.write("dist/run/linux/builder-debug.yml", "not of a release\n");
    project.write("dist/run/.download.json", "{}");
    // What packagers leave beside their packages: the program unpacked, with files of the same names.
    project.write("dist/run/win-unpacked/program.exe", "not of a release");
    project.write("dist/run/linux-unpacked/LICENSE", "one");
    project.write("dist/run/linux/LICENSE", "another");
    project.write("dist/run/macos/Program.app/Contents/MacOS/tool.exe", "not of a release");
    project
}

/// The update manifest of one of the packages.
fn manifest(name: &str) -> String {
    let contents = format!("{name} of the tests\n");
    let sha512 = BASE64_STANDARD.encode(Sha512::digest(contents.as_bytes()));
    format!("version: 1.2.3\npath: {NAME}-{name}\nsha512: {sha512}\nsize: {}\n", contents.len())
}

fn make(project: &Project) -> Value {
    let outcome = project.run(&["airgap-kit", "--from", "dist/run", "--json"]).expect_code(0);
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// The program on the other side: alone in an empty place, with the folder.
fn verify(folder: &Path, args: &[&str]) -> (i32, String) {
    let elsewhere = tempfile::tempdir().unwrap();
    let program = elsewhere.path().join("ddstask");
    if std::fs::hard_link(env!("CARGO_BIN_EXE_ddstask"), &program).is_err() {
        std::fs::copy(env!("CARGO_BIN_EXE_ddstask"), &program).unwrap();
    }
    let output = Command::new(program)
        .args(["airgap-kit", "verify"])
        .arg(folder)
        .args(args)
        .current_dir(elsewhere.path())
        .env_clear()
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A copy of the kit in another place, without anything around it.
fn brought_over(project: &Project) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("kit");
    std::fs::create_dir(&folder).unwrap();
    for entry in std::fs::read_dir(project.path(KIT)).unwrap().flatten() {
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    (place, folder)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_kit_has_all_of_a_release_and_is_the_same_each_time() {
    let project = with_release();
    let told = make(&project);
    expect![[r#"
        INSTALL.md
        RELEASE-NOTES.md
        VERIFY.md
        deer-park-1.2.3-airgap-kit-sha256.txt
        deer-park-linux-1.2.3-x86_64.AppImage
        deer-park-linux-sha256.txt
        deer-park-macos-1.2.3-arm64.dmg
        deer-park-macos-1.2.3-arm64.zip
        deer-park-macos-1.2.3-arm64.zip.blockmap
        deer-park-macos-sbom.cdx.json
        deer-park-macos-sha256.txt
        deer-park-windows-1.2.3-x64.exe
        deer-park-windows-sha256.txt
        latest-linux.yml
    "#]]
    .assert_eq(&(names(&project.path(KIT)).join("\n") + "\n"));
    assert_eq!(names(&project.path("dist/airgap")), ["deer-park-1.2.3-airgap", "deer-park-1.2.3-airgap.zip"]);
    let notes = project.read(&format!("{KIT}/RELEASE-NOTES.md"));
    assert!(
        notes.contains("- A stable.") && !notes.contains("Not this") && notes.contains("arm64.dmg` | 35 B |"),
        "{notes}"
    );
    let archive = std::fs::read(project.path(&format!("{KIT}.zip"))).unwrap();
    assert_eq!(make(&project), told);
    assert!(std::fs::read(project.path(&format!("{KIT}.zip"))).unwrap() == archive, "the archive is another");
}

#[test]
fn the_other_side_needs_the_folder_and_the_program_only() {
    let project = with_release();
    let told = make(&project);
    let (_place, folder) = brought_over(&project);
    let sha256 = told["sha256"].as_str().unwrap();
    let (code, said) = verify(&folder, &["--sha256", sha256]);
    assert_eq!((code, said.contains("13 files")), (0, true), "{said}");
    let (code, said) = verify(&folder, &["--sha256", &"0".repeat(64)]);
    assert!(code == 1 && said.contains("and not 0000"), "{said}");
    let (code, said) = verify(folder.parent().unwrap(), &[]);
    assert!(code == 1 && said.contains("is no kit"), "{said}");

    let unpacked = tempfile::tempdir().unwrap();
    let mut zip = zip::ZipArchive::new(std::fs::File::open(project.path(&format!("{KIT}.zip"))).unwrap()).unwrap();
    zip.extract(unpacked.path()).unwrap();
    let (code, said) = verify(&unpacked.path().join("deer-park-1.2.3-airgap"), &["--sha256", sha256]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_changed_byte_in_any_file_is_found_and_the_file_named() {
    let project = with_release();
    make(&project);
    let (_place, folder) = brought_over(&project);
    let mut random = fastrand::Rng::with_seed(7);
    for name in names(&folder) {
        let path = folder.join(&name);
        let good = std::fs::read(&path).unwrap();
        let mut places: Vec<usize> = (0..12).map(|_| random.usize(..good.len())).collect();
        places.extend([0, good.len() - 1]);
        for at in places {
            let mut bad = good.clone();
            bad[at] ^= 1 << random.u8(..8);
            std::fs::write(&path, bad).unwrap();
            let (code, said) = verify(&folder, &[]);
            let named = said.contains(&format!("because: {name} was changed"))
                || said.contains(&format!("because: {name}: it was changed"));
            assert!(code == 1 && named, "{name}, byte {at}: {said}");
        }
        std::fs::write(&path, good).unwrap();
    }
    assert_eq!(verify(&folder, &[]).0, 0);
}

#[test]
fn what_is_missing_added_or_cut_is_named() {
    let project = with_release();
    make(&project);
    let (_place, folder) = brought_over(&project);
    std::fs::remove_file(folder.join("INSTALL.md")).unwrap();
    std::fs::write(folder.join("setup.exe"), "a stranger").unwrap();
    std::fs::create_dir(folder.join("more")).unwrap();
    let image = folder.join(format!("{NAME}-linux-1.2.3-x86_64.AppImage"));
    std::fs::File::options().write(true).open(&image).unwrap().set_len(3).unwrap();
    let (code, said) = verify(&folder, &[]);
    assert_eq!(code, 1);
    expect![[r#"
        error: <kit> is not the kit that was made
          because: INSTALL.md is missing
          because: deer-park-linux-1.2.3-x86_64.AppImage was changed
          because: setup.exe does not belong there
          because: the folder more does not belong there
          next: don't install from it; have it brought over again
    "#]]
    .assert_eq(&said.replace(folder.to_str().unwrap(), "<kit>"));
}

#[test]
fn administrators_own_tools_read_the_list() {
    let project = with_release();
    make(&project);
    let list = format!("{NAME}-1.2.3-airgap-kit-sha256.txt");
    let mut tried = 0;
    for (program, args) in [("sha256sum", &["--check", "--strict"][..]), ("shasum", &["-a", "256", "--check"])] {
        if !has(program) {
            skip("administrators_own_tools_read_the_list", program, "apt-get install coreutils perl");
            continue;
        }
        tried += 1;
        let output = Command::new(program).args(args).arg(&list).current_dir(project.path(KIT)).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.lines().filter(|line| line.ends_with(": OK")).count() == 13,
            "{output:?}"
        );
    }
    assert!(tried > 0 || !cfg!(target_os = "linux"));
}

#[test]
fn packages_that_are_not_those_of_their_lists_make_no_kit() {
    let project = with_release();
    let exe = format!("dist/run/windows/{NAME}-windows-1.2.3-x64.exe");
    let good = project.read(&exe);
    project.write(&exe, "another");
    let said = project.run(&["airgap-kit", "--from", "dist/run"]).expect_code(1).stderr;
    assert!(said.contains("windows-sha256.txt lists another deer-park-windows-1.2.3-x64.exe"), "{said}");
    project.write(&exe, good);
    let said = project.run(&["airgap-kit", "v1.2.4", "--from", "dist/run"]).expect_code(1).stderr;
    assert!(said.contains("packages of several versions") && said.contains("1.2.3, 1.2.4"), "{said}");
    let said = project.run(&["airgap-kit", "--from", "backend"]).expect_code(1).stderr;
    assert!(said.contains("backend has no package"), "{said}");
    assert!(!project.path("dist/airgap").exists());
    project.run(&["airgap-kit"]).expect_code(2);
}

#[test]
fn what_is_not_whole_goes_into_no_kit_and_no_notes() {
    let project = with_release();
    let yml = "dist/run/linux/latest-linux.yml";
    let good = manifest("linux-1.2.3-x86_64.AppImage");
    let image = format!("dist/run/linux/{NAME}-linux-1.2.3-x86_64.AppImage");
    let bytes = project.read(&image);
    for (path, contents, why) in [
        (yml, String::new(), "latest-linux.yml is empty"),
        (yml, "version: 1.2.3\n".to_owned(), "latest-linux.yml: it has no text `path`"),
        (yml, good.replace("1.2.3\n", "1.2.2\n"), "latest-linux.yml: offers the version 1.2.2 and not 1.2.3"),
        (yml, good.replace("linux-1.2.3", "linux-1.2.4"), "AppImage, which is not there"),
        (yml, good.replace("sha512: ", "sha512: A"), "latest-linux.yml: names another SHA-512"),
        (&image, String::new(), "x86_64.AppImage is empty"),
        (&image, bytes.clone() + "x", "x86_64.AppImage has 41 bytes; it has 42"),
    ] {
        project.write(yml, &good);
        project.write(&image, &bytes);
        project.write(path, contents);
        for command in [&["airgap-kit", "--from", "dist/run"][..], &["release-notes", "v1.2.3", "--from", "dist/run"]] {
            let said = project.run(command).expect_code(1).stderr;
            assert!(said.contains(why) && said.contains("dist/run has not all of version 1.2.3"), "{why}\n{said}");
        }
    }
    project.write(yml, &good);
    project.write(&image, &bytes);
    let said = project.run(&["release-notes", "v1.2.4", "--from", "dist/run"]).expect_code(1);
    assert!(said.stderr.contains("x64.exe is of version 1.2.3") && said.stdout.is_empty(), "{}", said.both());
    project.run(&["release-notes", "v1.2.3", "--from", "dist/run"]).expect_code(0);
    assert!(!project.path("dist/airgap").exists());
}

#[test]
fn notes_tell_the_changes_since_the_tag_before() {
    if !has("git") {
        return skip("notes_tell_the_changes_since_the_tag_before", "git", "apt-get install git");
    }
    let project = with_release();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").args(identity).args(args).current_dir(project.root()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let commit = |path: &str, subject: &str| {
        project.write(path, subject);
        git(&["add", path]);
        git(&["commit", "-q", "-m", subject]);
    };
    git(&["init", "-q"]);
    commit("backend/a.py", "start");
    commit("backend/a.py", "stage: old");
    git(&["tag", "v1.2.2"]);
    commit("backend/a.py", "stage: faster");
    commit("shells/a.js", "ui: a stable\n\nWith a reason.");
    commit("xtask/a.rs", "tool: nothing for people");
    commit("shells/b.js", "stage: smaller");
    git(&["tag", "v1.2.3"]);
    commit("backend/a.py", "stage: later");
    let notes = project.run(&["release-notes", "v1.2.3", "--from", "dist/run"]).expect_code(0).stdout;
    for part in
        ["changes since v1.2.2", "- **stage**: smaller; faster", "- **ui**: a stable", "- A stable.", "2026-11-22"]
    {
        assert!(notes.contains(part), "{part}\n{notes}");
    }
    assert!(!notes.contains("nothing for people"), "only what is handed out is told: {notes}");
    assert!(!notes.contains("later") && !notes.contains("; old") && !notes.contains("; start"), "{notes}");
    let said = project.run(&["release-notes", "v1.2.3", "--since", "v0.9.9"]).expect_code(1).stderr;
    assert!(said.contains("there is no v0.9.9"), "{said}");
    let shallow = project.path("shallow");
    let from = format!("file://{}", project.root().display());
    git(&["clone", "-q", "--depth", "1", &from, shallow.to_str().unwrap()]);
    std::fs::rename(shallow.join(".git"), project.path(".git-shallow")).unwrap();
    std::fs::rename(project.path(".git"), project.path(".git-whole")).unwrap();
    std::fs::rename(project.path(".git-shallow"), project.path(".git")).unwrap();
    let said = project.run(&["release-notes", "v1.2.3"]).expect_code(0).stderr;
    assert!(said.contains("this checkout is shallow") && said.contains("`git fetch --unshallow --tags`"), "{said}");
    std::fs::remove_dir_all(project.path(".git")).unwrap();
    std::fs::rename(project.path(".git-whole"), project.path(".git")).unwrap();
    let output = ["release-notes", "v1.2.4", "--output", "notes.md"];
    let said = project.run(&output).expect_code(0).stderr;
    assert!(said.contains("no section 1.2.4") && project.read("notes.md").contains("- Not this."), "{said}");
    project.run(&["release-notes", "later"]).expect_code(2);
}

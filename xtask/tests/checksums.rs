//! `checksums` and `checksums-verify` on real files, and with the real `sha256sum` where there is one.

mod support;

use std::process::Command;

use expect_test::{Expect, expect};
use support::{Outcome, Project, has, skip};

/// A project with three packages and the list of them.
fn packages() -> Project {
    let project = Project::new();
    project.write("dist/app b.dmg", "one");
    project.write("dist/app.exe", "two");
    project.write("dist/.hidden.exe", "");
    project.write("dist/folder.exe/inner.txt", "");
    project
}

fn write(project: &Project, globs: &[&str]) -> Outcome {
    let mut args = vec!["checksums", "--output", "dist/sha256.txt"];
    args.extend(globs.iter().flat_map(|glob| ["--glob", glob]));
    project.run(&args)
}

fn verify(project: &Project, code: i32, expected: &Expect) {
    expected.assert_eq(&project.run(&["checksums-verify", "dist/sha256.txt"]).expect_code(code).both());
}

#[test]
fn the_list_has_each_file_once_and_not_itself() {
    let project = packages();
    for _ in 0..2 {
        write(&project, &["dist/*", "dist/app.*"]).expect_code(0);
        expect![[r"
            7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  app b.dmg
            3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  app.exe
        "]]
        .assert_eq(&project.read("dist/sha256.txt"));
    }
    verify(
        &project,
        0,
        &expect![[r"
        2 files (6 B) as listed
    "]],
    );
}

#[test]
fn json_tells_the_list() {
    let project = packages();
    let outcome =
        project.run(&["checksums", "--glob", "dist/*.exe", "--output", "dist/sha256.txt", "--json"]).expect_code(0);
    expect![[r#"
        {"files":[{"bytes":3,"name":"app.exe","sha256":"3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"}],"path":"dist/sha256.txt"}
    "#]]
    .assert_eq(&outcome.stdout);
}

#[test]
fn every_glob_that_matches_nothing_is_named() {
    let project = packages();
    let outcome = write(&project, &["dist/*", "dist/*.AppImage", "nowhere/**/*.zip"]).expect_code(1);
    expect![[r"
        error: no file matches `dist/*.AppImage`, `nowhere/**/*.zip`
          next: globs are relative to the repository root; quote them, so that the shell leaves them alone
    "]]
    .assert_eq(&outcome.both());
    assert!(!project.path("dist/sha256.txt").exists());
}

#[test]
fn two_files_of_one_name_are_both_named() {
    let project = packages();
    project.write("dist/old/app.exe", "older");
    let outcome = write(&project, &["dist/**/*.exe"]).expect_code(1);
    expect![[r"
        error: two files are named app.exe
          because: <root>/dist/app.exe and <root>/dist/old/app.exe
          next: a list of checksums holds plain file names: rename one of them, or write two lists
    "]]
    .assert_eq(&outcome.both());
}

#[test]
fn an_absolute_glob_and_a_folder_with_glob_characters_work() {
    let project = packages();
    project.write("odd [name]/dds.toml", project.read("dds.toml"));
    project.write("odd [name]/dist/a.zip", "zip");
    let root = project.path("odd [name]");
    let absolute = project.path("dist/*.exe");
    let mut command = project.command(&["checksums", "--glob", "dist/*.zip", "--output", "dist/a.txt", "--glob"]);
    assert!(command.arg(absolute).current_dir(root).status().unwrap().success());
    assert_eq!(project.read("odd [name]/dist/a.txt").lines().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_name_that_would_be_read_as_something_else_is_refused() {
    let project = packages();
    project.write("dist/a\nb.zip", "");
    let outcome = write(&project, &["dist/*.zip"]).expect_code(1);
    expect![[r"
        error: <root>/dist/a\nb.zip cannot be listed: its name has a control character in it
          next: rename the file
    "]]
    .assert_eq(&outcome.both());
    project.write("dist/a\\b.tar", "");
    write(&project, &["dist/*.tar"]).expect_code(1);
}

#[test]
fn every_missing_changed_and_unlisted_file_is_named() {
    let project = packages();
    project.write("dist/third.dmg", "three");
    project.write("dist/fourth.dmg", "four");
    write(&project, &["dist/*"]).expect_code(0);
    project.write("dist/app.exe", "twO");
    project.write("dist/old.exe", "");
    project.write("dist/notes.md", "");
    std::fs::remove_file(project.path("dist/third.dmg")).unwrap();
    std::fs::remove_file(project.path("dist/fourth.dmg")).unwrap();
    std::fs::create_dir(project.path("dist/fourth.dmg")).unwrap();
    verify(
        &project,
        1,
        &expect![[r"
        error: the check of dist/sha256.txt failed
          because: fourth.dmg is not a file
          because: third.dmg is missing
          because: app.exe was changed
          because: old.exe is not listed
          next: fetch or build the files again, or write the list anew with `cargo xtask checksums`
    "]],
    );
    let json = project.run(&["checksums-verify", "dist/sha256.txt", "--json", "--glob", "*.md"]).expect_code(1).stdout;
    assert!(json.contains(r#"{"name":"notes.md","what":"unlisted"}"#), "{json}");
    assert!(!json.contains("old.exe"), "{json}");
}

#[test]
fn several_lists_of_one_folder_know_of_each_other() {
    let project = packages();
    project.write("dist/app.dmg", "");
    let list = |glob, output| project.run(&["checksums", "--glob", glob, "--output", output]).expect_code(0);
    list("dist/app b.dmg", "dist/one.txt");
    list("dist/app.dmg", "dist/two.txt");
    project.run(&["checksums-verify", "dist/one.txt"]).expect_code(1);
    project.run(&["checksums-verify", "dist/one.txt", "dist/two.txt"]).expect_code(0);
    project.write("dist/two.txt", "nonsense\n");
    expect![[r"
        error: the check of dist/one.txt and dist/two.txt failed
          because: dist/one.txt: app.dmg is not listed
          because: dist/two.txt: line 1: it is not `<SHA-256 in hex>  <file name>`
          next: fetch or build the files again, or write the list anew with `cargo xtask checksums`
    "]]
    .assert_eq(&project.run(&["checksums-verify", "dist/one.txt", "dist/two.txt"]).expect_code(1).both());
}

#[test]
fn lists_of_other_tools_are_read() {
    let project = packages();
    write(&project, &["dist/*"]).expect_code(0);
    let text = project.read("dist/sha256.txt");
    let binary = text.replace("  app", " *app").replace('\n', "\r\n");
    let (digest, rest) = binary.split_once(' ').unwrap();
    project.write("dist/sha256.txt", format!("\u{feff}{} {rest}\r\n", digest.to_uppercase()));
    verify(
        &project,
        0,
        &expect![[r"
        2 files (6 B) as listed
    "]],
    );
}

#[test]
fn globs_are_those_of_a_shell() {
    let project = Project::new();
    for path in [
        "a.dmg",
        "b.zip",
        ".hidden.zip",
        "x/c.zip",
        "x/y/d.zip",
        ".git/e.zip",
        "x/.cache/f.zip",
        "x/.g.zip",
        "q[1].txt",
        "q1.txt",
    ] {
        project.write(&format!("dist/{path}"), path);
    }
    let listed = |globs: &[&str]| {
        write(&project, globs).expect_code(0);
        let text = project.read("dist/sha256.txt");
        text.lines().map(|line| line.split_once("  ").unwrap().1.to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (glob, expected) in [
        ("dist/*.{dmg,zip}", "a.dmg b.zip"),
        ("dist/{a,b}.*", "a.dmg b.zip"),
        ("dist/{x,x/y}/*.zip", "c.zip d.zip"),
        ("dist/**/*.zip", "b.zip c.zip d.zip"),
        ("dist/x/**", "c.zip d.zip"),
        ("dist/.*.zip", ".hidden.zip"),
        ("dist/*/.*.zip", ".g.zip"),
        ("dist/{.git,x/.cache}/*", "e.zip f.zip"),
        ("dist/[!a].zip", "b.zip"),
        ("dist/q[1].txt", "q[1].txt"),
        ("dist/x//y/../*.zip", "c.zip"),
    ] {
        assert_eq!(listed(&[glob]), expected, "{glob}");
    }
    let said = write(&project, &["dist/{1..3}.zip"]).expect_code(2).stderr;
    assert!(said.contains("a row like `{1..3}` is not known"), "{said}");
}

#[test]
fn every_tool_s_list_is_compared() {
    let project = packages();
    let hex = [
        "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
        "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
    ];
    let list = |line: &dyn Fn(&str, &str) -> String| [line(hex[0], "app b.dmg"), line(hex[1], "app.exe")].concat();
    let forms = [
        list(&|hex, name| format!("{hex}  ./{name}\n")),
        list(&|hex, name| format!("SHA256 ({name}) = {hex}\n")),
        list(&|hex, name| format!("SHA2-256({name})= {hex}\n")),
        list(&|hex, name| format!("{hex} {name}\n")),
        list(&|hex, name| format!("SHA256          {}       C:\\dist\\{name}\r\n", hex.to_uppercase())),
        list(&|hex, name| format!("\r\nAlgorithm : SHA256\r\nHash      : {hex}\r\nPath      : D:\\{name}\r\n")),
    ];
    for text in forms {
        for utf_16 in [false, true] {
            let wide = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
            project.write("dist/sha256.txt", if utf_16 { wide } else { text.clone().into_bytes() });
            let said = project.run(&["checksums-verify", "dist/sha256.txt"]).expect_code(0).stderr;
            assert_eq!(said, "2 files (6 B) as listed\n", "{text}");
        }
        project.write("dist/sha256.txt", text.replace("3fc4", "0fc4").replace("3FC4", "0FC4"));
        let said = project.run(&["checksums-verify", "dist/sha256.txt"]).expect_code(1).stderr;
        assert!(said.contains("app.exe was changed"), "{said}");
    }
    // Longer than what was taken for a list once.
    let mut long = list(&|hex, name| format!("{hex}  {name}\n"));
    long.extend((0..60_000).map(|_| "# from a build with many words, none of which is a file\n"));
    long.extend((0..30_000).map(|number| format!("{}  gone-{number}\n", hex[0])));
    project.write("dist/sha256.txt", long);
    let said = project.run(&["checksums-verify", "dist/sha256.txt"]).expect_code(1).stderr;
    assert!(said.contains("gone-29999 is missing") && !said.contains("app.exe"), "{} bytes", said.len());
}

#[cfg(unix)]
#[test]
fn names_that_coreutils_escapes_are_compared() {
    if !has("sha256sum") {
        return skip("names_that_coreutils_escapes_are_compared", "sha256sum", "apt-get install coreutils");
    }
    let project = packages();
    let names = ["a\\b.bin", "c\nd.bin"];
    for name in names {
        project.write(&format!("dist/{name}"), name);
    }
    for more in [&[][..], &["--tag"]] {
        let mut command = Command::new("sha256sum");
        let output = command.args(more).arg("--").args(names).current_dir(project.path("dist")).output().unwrap();
        project.write("dist/sha256.txt", &output.stdout);
        verify(&project, 0, &expect!["2 files (14 B) as listed\n"]);
    }
    std::fs::remove_file(project.path("dist/c\nd.bin")).unwrap();
    let said = project.run(&["checksums-verify", "dist/sha256.txt"]).expect_code(1).stderr;
    assert!(said.contains("because: c\\nd.bin is missing\n"), "{said}");
}

#[test]
fn what_is_no_list_is_refused() {
    let project = packages();
    project.write("dist/sha256.txt", vec![b'x'; 5 << 20]);
    verify(
        &project,
        1,
        &expect![[r#"
            error: <root>/dist/sha256.txt is not a list of checksums
              because: it has a line that is longer than any in a list
        "#]],
    );
    std::fs::remove_file(project.path("dist/sha256.txt")).unwrap();
    verify(
        &project,
        1,
        &expect![[r"
        error: cannot read <root>/dist/sha256.txt
          because: No such file or directory (os error 2)
          next: name a list that `cargo xtask checksums` wrote
    "]],
    );
}

#[test]
fn sha256sum_accepts_what_is_written_and_its_own_is_read() {
    if !has("sha256sum") {
        return skip("sha256sum_accepts_what_is_written_and_its_own_is_read", "sha256sum", "apt-get install coreutils");
    }
    let project = packages();
    for name in [" leading", "*star", "#hash", "-dash", "ünïcode", "trailing ", "'quote\"", "a  b"] {
        project.write(&format!("dist/{name}"), name);
    }
    write(&project, &["dist/*"]).expect_code(0);
    let in_dist =
        |args: &[&str]| Command::new("sha256sum").args(args).current_dir(project.path("dist")).output().unwrap();
    let checked = in_dist(&["--check", "--strict", "sha256.txt"]);
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(String::from_utf8_lossy(&checked.stdout).lines().count(), 10);

    let theirs = in_dist(&["--binary", "--", " leading", "*star", "#hash", "-dash", "ünïcode", "trailing ", "app.exe"]);
    project.write("dist/sha256.txt", &theirs.stdout);
    verify(
        &project,
        0,
        &expect![[r"
        7 files (44 B) as listed
    "]],
    );
}

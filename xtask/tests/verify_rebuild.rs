//! `verify-rebuild`: packages that were handed out against those that were built again.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::io::Write;
use std::process::Command;

use flate2::{Compression, GzBuilder};
use support::{Project, has, skip};

const NAME: &str = "deer-park-linux-1.0.0-x64";

/// Files of a package: name, contents, mode.
type Files<'a> = &'a [(&'a str, &'a str, u32)];

/// Makes a package of them.
type Make = fn(Files<'_>) -> Vec<u8>;

fn gzip(bytes: &[u8], date: u32) -> Vec<u8> {
    let mut out = GzBuilder::new().mtime(date).write(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn tar_gz(files: Files<'_>) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, contents, mode) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(*mode);
        header.set_size(contents.len() as u64);
        archive.append_data(&mut header, name, contents.as_bytes()).unwrap();
    }
    gzip(&archive.into_inner().unwrap(), 0)
}

fn zip(files: Files<'_>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, contents, mode) in files {
        // As on Linux: elsewhere modes are left out.
        let options = zip::write::SimpleFileOptions::default().system(zip::System::Unix).unix_permissions(*mode);
        archive.start_file(*name, options).unwrap();
        archive.write_all(contents.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn deb(files: Files<'_>) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, content) in [("debian-binary", b"2.0\n".to_vec()), ("data.tar.gz/", tar_gz(files))] {
        writeln!(out, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, 100_644, content.len()).unwrap();
        out.extend(&content);
        out.resize(out.len().next_multiple_of(2), b'\n');
    }
    out
}

fn rpm(files: Files<'_>) -> Vec<u8> {
    let header = |values: &[u8]| {
        let start =
            [b"\x8e\xad\xe8\x01\0\0\0\0\0\0\0\0".as_slice(), &u32::try_from(values.len()).unwrap().to_be_bytes()];
        [start.concat(), values.to_vec()].concat()
    };
    let mut archive = Vec::new();
    for (name, contents, mode) in files.iter().chain(&[("TRAILER!!!", "", 0)]) {
        write!(archive, "070701{:08x}{mode:08x}", 0).unwrap();
        let fields = [0, 0, 1, 0, contents.len(), 0, 0, 0, 0, name.len() + 1, 0];
        for field in fields {
            write!(archive, "{field:08x}").unwrap();
        }
        for text in [format!("{name}\0").as_bytes(), contents.as_bytes()] {
            archive.extend(text);
            archive.resize(archive.len().next_multiple_of(4), 0);
        }
    }
    [vec![0; 96], header(b"signed"), vec![0; 2], header(b"known"), gzip(&archive, 0)].concat()
}

/// A file system behind the header of a program, as `AppImage`s are; nothing where no tool makes one.
fn appimage(project: &Project, files: Files<'_>, flags: &[&str]) -> Option<Vec<u8>> {
    if !has("mksquashfs") || !has("unsquashfs") {
        return None;
    }
    std::fs::remove_dir_all(project.path("image")).ok();
    for (name, contents, _) in files {
        project.write(&format!("image/{name}"), contents);
    }
    std::fs::remove_file(project.path("squashed")).ok();
    let mut command = Command::new("mksquashfs");
    command.args(["image", "squashed", "-quiet", "-no-progress"]).args(flags).current_dir(project.root());
    assert!(command.output().unwrap().status.success());
    let mut program = b"\x7fELF\x02\x01".to_vec();
    program.resize(64, 0);
    // No sections: the program ends where its table of sections would be.
    program[0x28] = 64;
    Some([program, std::fs::read(project.path("squashed")).unwrap()].concat())
}

const BEFORE: Files<'_> = &[("app/a.txt", "one", 0o644), ("app/b.py", "print(1)", 0o644), ("app/c", "same", 0o755)];
const AFTER: Files<'_> = &[("app/a.txt", "one", 0o644), ("app/b.py", "print(2)", 0o644), ("app/c", "other", 0o755)];

fn project() -> Project {
    let project = Project::new();
    std::fs::create_dir_all(project.path("dist/electron")).unwrap();
    project
}

#[test]
fn the_first_file_that_differs_is_named_with_both_digests() {
    let project = project();
    let packages: [(&str, &str, Make); 4] = [
        ("zip", "app/b.py", zip),
        ("tar.gz", "app/b.py", tar_gz),
        ("deb", "data.tar.gz/app/b.py", deb),
        ("rpm", "app/b.py", rpm),
    ];
    for (end, _, make) in packages {
        project.write(&format!("given/{NAME}.{end}"), make(BEFORE));
        project.write(&format!("dist/electron/{NAME}.{end}"), make(AFTER));
    }
    let said = project.run(&["verify-rebuild", "given"]).expect_code(1).stderr;
    assert!(said.contains("4 of 4 packages in given differ from dist/electron"), "{said}");
    let (one, other) = (
        "d287bb7f9d15abdc5b6e98536263815744b6ef21c8f3c839fc434ca70d8efe99",
        "fc92339e2c864d8fc1782834ede5e96beb34e096745cdb559c3a8bb67fbfae7c",
    );
    for (end, member, _) in packages {
        let told = format!("{NAME}.{end}: {member}: {one} (mode 644) in given, {other} (mode 644) in dist/electron");
        assert!(said.contains(&told), "{told}\n{said}");
    }
    assert!(!said.contains("app/c"), "only the first one is told: {said}");
}

#[test]
fn packages_with_the_same_bytes_are_the_same() {
    let project = project();
    for folder in ["given/linux", "dist/electron"] {
        project.write(&format!("{folder}/{NAME}.deb"), deb(BEFORE));
        project.write(&format!("{folder}/deer-park-linux-sbom.cdx.json"), "{}");
    }
    // What belongs to packages, or was built for others, is not compared.
    project.write("given/linux/latest-linux.yml", "version: 1");
    project.write("dist/electron/deer-park-windows-1.0.0-x64.exe", "not handed out");
    let told = project.run(&["verify-rebuild", "given"]).expect_code(0).stdout;
    assert_eq!(told, format!("the same  {NAME}.deb\nthe same  deer-park-linux-sbom.cdx.json\n"));
    let told = project.run(&["verify-rebuild", "given", "--json"]).expect_code(0).stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(told["packages"][1]["difference"].is_null() && told["packages"][1]["name"].is_string(), "{told}");
}

#[test]
fn modes_names_dates_and_packages_that_are_not_there_count() {
    let project = project();
    let check = |given: Vec<u8>, built: Option<Vec<u8>>, expected: &str| {
        std::fs::remove_file(project.path(&format!("dist/electron/{NAME}.zip"))).ok();
        project.write(&format!("given/{NAME}.zip"), given);
        if let Some(built) = built {
            project.write(&format!("dist/electron/{NAME}.zip"), built);
        }
        let said = project.run(&["verify-rebuild", "given"]).expect_code(1).stderr;
        assert!(said.contains(expected), "{said}");
    };
    check(zip(BEFORE), None, "it is not in dist/electron");
    check(zip(&[("a", "x", 0o644)]), Some(zip(&[("a", "x", 0o755)])), "(mode 644) in given");
    check(zip(&[("a", "x", 0o644), ("b", "", 0o644)]), Some(zip(&[("a", "x", 0o644)])), "nothing in dist/electron");
    let turned: Vec<_> = BEFORE.iter().rev().copied().collect();
    check(zip(BEFORE), Some(zip(&turned)), "the same files with other dates, in another order");
    check(zip(BEFORE), Some(b"broken".to_vec()), &format!("cannot open <root>/dist/electron/{NAME}.zip"));
}

#[test]
fn what_is_no_package_or_no_folder_is_said() {
    let project = project();
    project.write("given/notes.txt", "");
    let said = project.run(&["verify-rebuild", "given"]).expect_code(1).stderr;
    assert!(said.contains("there is no package in given"), "{said}");
    let said = project.run(&["verify-rebuild", "nowhere"]).expect_code(1).stderr;
    assert!(said.contains("nowhere"), "{said}");
    for folder in ["given", "dist/electron"] {
        project.write(&format!("{folder}/deer-park-windows-1.0.0-x64.exe"), folder);
    }
    let said = project.run(&["verify-rebuild", "given"]).expect_code(1).stderr;
    assert!(said.contains("it can't be opened here: "), "{said}");
}

#[test]
fn of_an_appimage_only_what_is_in_it_counts() {
    let project = project();
    let Some(image) = appimage(&project, BEFORE, &[]) else {
        return skip("of_an_appimage", "mksquashfs and unsquashfs", "apt-get install squashfs-tools");
    };
    let packed_otherwise = appimage(&project, BEFORE, &["-noD", "-noF"]).unwrap();
    assert_ne!(image, packed_otherwise);
    project.write(&format!("given/{NAME}.AppImage"), &image);
    let built = format!("dist/electron/{NAME}.AppImage");
    project.write(&built, packed_otherwise);
    project.run(&["verify-rebuild", "given"]).expect_code(0);
    project.write(&built, appimage(&project, AFTER, &[]).unwrap());
    let said = project.run(&["verify-rebuild", "given"]).expect_code(1).stderr;
    assert!(said.contains(&format!("{NAME}.AppImage: app/b.py: ")), "{said}");
}

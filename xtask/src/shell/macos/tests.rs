//! A signed app, and what is found when something in it is changed.

// An app has links in it.
#![cfg(unix)]

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::shell::macos::macho;
use crate::shell::macos::seal::{LIST, check};

/// A small app that apple-codesign has signed ad hoc: a helper, a framework with a library and a program, and a backend.
fn signed() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let archive = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/signed-app.tar.gz"));
    tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice())).unpack(folder.path()).unwrap();
    let app = Utf8Path::from_path(folder.path()).unwrap().join("Deer.app");
    (folder, app)
}

fn wrong(app: &Utf8Path) -> Vec<String> {
    check(app).unwrap().wrong
}

/// The files that are no links and not empty.
fn files(app: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = walkdir::WalkDir::new(app).sort_by_file_name().into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file() && entry.metadata().unwrap().len() > 0);
    files.map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).unwrap()).collect()
}

fn flipped(whole: &[u8], at: usize, bit: usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    bytes[at] ^= 1 << bit;
    bytes
}

/// Whether a flipped bit of a byte is found; it is put back.
fn is_found(app: &Utf8Path, path: &Utf8Path, whole: &[u8], at: usize, bit: usize) -> bool {
    fs::write(path, flipped(whole, at, bit)).unwrap();
    let found = !wrong(app).is_empty();
    fs::write(path, whole).unwrap();
    found
}

#[test]
fn what_was_signed_fits() {
    let (_folder, app) = signed();
    let seen = check(&app).unwrap();
    assert_eq!((seen.files, seen.programs, seen.identifier.as_str()), (18, 7, "org.example.deer"));
    assert!(seen.wrong.is_empty() && !seen.has_certificate && !seen.is_hardened, "{seen:?}");
}

#[test]
fn a_flipped_bit_is_found_wherever_it_lies() {
    let (_folder, app) = signed();
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    for path in files(&app) {
        let whole = fs::read(&path).unwrap();
        let anywhere: [usize; 8] = std::array::from_fn(|_| random.usize(..whole.len()));
        for at in [0, whole.len() - 1].into_iter().chain(anywhere) {
            let bit = random.usize(..8);
            assert!(is_found(&app, &path, &whole, at, bit), "{path}, byte {at}, bit {bit}, seed {seed}");
        }
    }
    assert!(wrong(&app).is_empty());
}

#[test]
#[ignore = "long: each bit of the signatures, and some of each other place"]
fn each_flipped_bit_of_a_signature_is_found() {
    let (_folder, app) = signed();
    let names: Vec<Utf8PathBuf> = files(&app).iter().map(|path| path.strip_prefix(&app).unwrap().to_owned()).collect();
    names.par_iter().for_each(|name| {
        let (_folder, app) = signed();
        let path = app.join(name);
        let whole = fs::read(&path).unwrap();
        let is_program = macho::is_macho(&whole);
        let outside = if is_program { outside(&path, &whole) } else { Vec::new() };
        let outside: Vec<_> = outside.iter().map(|(slot, bytes)| (*slot, bytes.as_slice())).collect();
        for at in 0..whole.len() {
            // A program of the fixture is signed behind its first page, and has room for more behind that.
            let is_signature = is_program && (0x1000..0x1800).contains(&at);
            for bit in if is_signature { 0..8 } else { 0..usize::from(!is_program || at % 16 == 0) } {
                // The rest of the app takes longest to read; it only counts where the program alone does not tell.
                let tells = is_program && macho::check(&flipped(&whole, at, bit), &outside).is_err();
                assert!(tells || is_found(&app, &path, &whole, at, bit), "{path}, byte {at}, bit {bit}");
            }
        }
    });
}

/// The files that the signature of a bundle's program speaks of; none for other programs.
fn outside(program: &Utf8Path, whole: &[u8]) -> Vec<(u32, Vec<u8>)> {
    if macho::check(whole, &[]).is_ok() {
        return Vec::new();
    }
    let bundle = program.ancestors().find(|folder| folder.join(LIST).is_file()).unwrap();
    let info =
        ["Info.plist", "Resources/Info.plist"].map(|path| bundle.join(path)).into_iter().find(|path| path.is_file());
    let outside = [(macho::INFO, info.unwrap()), (macho::RESOURCES, bundle.join(LIST))];
    let outside = outside.map(|(slot, path)| (slot, fs::read(path).unwrap()));
    let given: Vec<_> = outside.iter().map(|(slot, bytes)| (*slot, bytes.as_slice())).collect();
    assert!(macho::check(whole, &given).is_ok(), "{program}");
    outside.to_vec()
}

#[test]
fn what_is_added_removed_or_exchanged_is_named() {
    let (_folder, app) = signed();
    let contents = app.join("Contents");
    let core = "Contents/Frameworks/Core.framework";
    let named = |what: &str, change: &dyn Fn(), back: &dyn Fn()| {
        change();
        let told = wrong(&app);
        assert!(told.iter().any(|line| line.contains(what)), "{what}: {told:#?}");
        back();
        assert!(wrong(&app).is_empty(), "{what}");
    };
    for (path, what) in [
        ("Contents/Resources/new.py", "Contents/Resources/new.py: it was added"),
        ("Contents/MacOS/more", "Contents/MacOS/more: it was added"),
        ("Contents/Frameworks/Core.framework/Versions/A/new", "Versions/A/new: it was added"),
        ("Contents/Frameworks/Core.framework/beside", "Core.framework/beside: it is not signed"),
        ("beside", "Deer.app/beside: nothing may lie beside Contents"),
    ] {
        named(what, &|| fs::write(app.join(path), "").unwrap(), &|| fs::remove_file(app.join(path)).unwrap());
    }
    let empty = contents.join("Resources/backend/empty");
    named("backend/empty: it is missing", &|| fs::remove_file(&empty).unwrap(), &|| fs::write(&empty, "").unwrap());
    let link = app.join(core).join("Core");
    let relink = |target: &str| {
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(target, &link).unwrap();
    };
    named("Core: it is not signed", &|| relink("Versions/A/Helpers/crash"), &|| relink("Versions/Current/Core"));
    // Each of them is rightly signed, and was not sealed here.
    let helper = app.join(core).join("Versions/A/Helpers/crash");
    let library = fs::read(app.join(core).join("Versions/A/Libraries/libx.dylib")).unwrap();
    let crash = fs::read(&helper).unwrap();
    let put = |bytes: &[u8]| fs::write(&helper, bytes).unwrap();
    named("crash: it was signed anew", &|| put(&library), &|| put(&crash));
}

#[test]
fn several_processors_in_one_file() {
    let (_folder, app) = signed();
    let one = fs::read(app.join("Contents/MacOS/Deer")).unwrap();
    let mut both: Vec<u8> = [0xcafe_babe, 2_u32].into_iter().flat_map(u32::to_be_bytes).collect();
    let length = u32::try_from(one.len()).unwrap();
    for from in [0x1000, 0x5000_u32] {
        both.extend([0x0100_000c, 0, from, length, 12].into_iter().flat_map(u32::to_be_bytes));
    }
    for from in [0x1000, 0x5000] {
        both.resize(from, 0);
        both.extend(&one);
    }
    let outside = ["Info.plist", LIST].map(|path| fs::read(app.join("Contents").join(path)).unwrap());
    let outside = [(macho::INFO, outside[0].as_slice()), (macho::RESOURCES, outside[1].as_slice())];
    assert_eq!(macho::check(&both, &outside).unwrap().len(), 2);
    assert!(macho::is_program(&both) && !macho::is_macho(b"\xca\xfe\xba\xbe\0\0\0\x41"), "Java's classes begin alike");
    for at in (0..0x1000).chain([0x1000, 0x3900, 0x4fff, 0x5000, both.len() - 1]) {
        both[at] ^= 1;
        assert!(macho::check(&both, &outside).is_err(), "byte {at}");
        both[at] ^= 1;
    }
    assert_eq!(macho::check(&both, &[]).unwrap_err(), "the Info.plist that it was signed with was changed");
    assert_eq!(macho::check(b"#!/bin/sh", &[]).unwrap_err(), "it is no program of macOS for 64 bits");
}

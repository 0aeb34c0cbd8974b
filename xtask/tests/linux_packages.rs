//! Packages for Linux that the tool writes itself: what is in them, that they are the same each time, and what dpkg and rpm
//! make of them.

// Modes, links and owners, and those who read such packages: dpkg and rpm.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/packager.rs"]
mod packager;
#[path = "support/staging.rs"]
mod staging;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use expect_test::expect;
use flate2::read::GzDecoder;
use packager::{checkout, fake_node};
use staging::{Backend, Checkout, repository};
use support::{has, skip};

const DEB: &str = "dist/electron/deer-park-linux-1.2.0-rc.1-amd64.deb";
const RPM: &str = "dist/electron/deer-park-linux-1.2.0-rc.1-x86_64.rpm";
const PACKAGES: [&str; 2] = [DEB, RPM];

/// What a deb and an rpm want to know.
const LINUX: &str = "\n[linux]\npackages = [\"deb\", \"rpm\"]\n[about]\npublisher = \"Ann Other <ann@example.org>\"\ndescription = \"Deer in a list\"\n\
                     homepage = \"https://example.org/deer\"\nlicense = \"MIT\"\n";

/// A checkout whose packager leaves a program and the staged backend, with the Linux packages that `linux` lists.
fn with_program(linux: &str) -> Checkout {
    let mut checkout = checkout();
    fake_node(&mut checkout);
    checkout.append("dds.toml", linux);
    checkout.write("shells/electron/package.json", "{\"version\": \"1.2.0-rc.1\"}");
    checkout.write("shells/electron/build/.keep", "");
    for icon in ["icon.ico", "icon.icns"] {
        let place = format!("shells/electron/build/{icon}");
        fs::copy(repository().join(&place), checkout.path(&place)).unwrap();
    }
    for (path, text, mode) in [
        ("deer-park", "#!/bin/sh\necho a window\n", 0o775),
        ("chrome-sandbox", "#!/bin/sh\n", 0o755),
        ("locales/en-US.pak", "words", 0o664),
        ("libffmpeg.so", "a library", 0o755),
        ("resources/app.asar", "the shell", 0o600),
    ] {
        let path = format!("packed/linux-unpacked/{path}");
        checkout.write(&path, text);
        fs::set_permissions(checkout.path(&path), fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("deer-park", checkout.path("packed/linux-unpacked/deer")).unwrap();
    checkout.env.push(("SOURCE_DATE_EPOCH".to_owned(), "1795345629".to_owned()));
    checkout
}

/// Packages, and returns what was printed for programs.
fn package(checkout: &Checkout) -> String {
    let output = checkout.run(&["package-dist"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The members of an `ar` archive.
fn members(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut rest = archive.strip_prefix(b"!<arch>\n").unwrap();
    let mut members = BTreeMap::new();
    while !rest.is_empty() {
        let field = |from: usize, to: usize| std::str::from_utf8(&rest[from..to]).unwrap().trim().to_owned();
        let (name, size) = (field(0, 16), field(48, 58).parse::<usize>().unwrap());
        members.insert(name, rest[60..60 + size].to_vec());
        rest = &rest[60 + size.next_multiple_of(2)..];
    }
    members
}

/// What is in a packed tar archive: a line for each member, and the texts.
fn unpacked(archive: &[u8]) -> (String, BTreeMap<String, String>) {
    let (mut lines, mut texts) = (Vec::new(), BTreeMap::new());
    for entry in tar::Archive::new(GzDecoder::new(archive)).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let link = entry.link_name().unwrap().map(|target| format!(" -> {}", target.display())).unwrap_or_default();
        let header = entry.header();
        let owner = format!("{}:{}", header.username().unwrap().unwrap(), header.groupname().unwrap().unwrap());
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 1_795_345_629));
        lines.push(format!("{:04o} {owner} {path}{link}\n", header.mode().unwrap()));
        let mut text = Vec::new();
        entry.read_to_end(&mut text).unwrap();
        texts.extend(String::from_utf8(text).map(|text| (path, text)));
    }
    (lines.concat(), texts)
}

/// The fields of a deb and its scripts.
fn check_control(archive: &[u8]) {
    let (scripts, fields) = unpacked(archive);
    expect![[r#"
        0644 root:root control
        0644 root:root md5sums
        0755 root:root postinst
        0755 root:root postrm
    "#]]
    .assert_eq(&scripts);
    expect![[r#"
        Package: deer-park
        Version: 1.2.0~rc.1
        Architecture: amd64
        Maintainer: Ann Other <ann@example.org>
        Installed-Size: 72
        Depends: libc6 (>= 2.28), libasound2 | libasound2t64, libatk1.0-0 | libatk1.0-0t64, libatk-bridge2.0-0 | libatk-bridge2.0-0t64, libatspi2.0-0 | libatspi2.0-0t64, libcairo2, libcups2 | libcups2t64, libdbus-1-3, libdrm2, libexpat1, libgbm1, libgcc-s1, libglib2.0-0 | libglib2.0-0t64, libgtk-3-0 | libgtk-3-0t64, libnspr4, libnss3, libpango-1.0-0, libudev1, libx11-6, libxcomposite1, libxdamage1, libxext6, libxfixes3, libxrandr2, libxcb1, libxkbcommon0
        Recommends: xdg-utils
        Section: misc
        Priority: optional
        Homepage: https://example.org/deer
        Description: Deer in a list
         Deer Park runs in a window of its own and works without a network: it brings
         all that it needs, with an interpreter for Python. What you enter stays in
         your home folder.
    "#]].assert_eq(&fields["control"]);
}

#[test]
fn a_deb_has_the_program_its_menu_entry_icons_and_profile() {
    let checkout = with_program(LINUX);
    let told = package(&checkout);
    assert!(PACKAGES.iter().all(|path| told.contains(path)), "{told}");
    assert_eq!(checkout.read("dist/electron/deer-park-linux-sha256.txt").lines().count(), 2);
    let deb = members(&fs::read(checkout.path(DEB)).unwrap());
    assert_eq!(deb.keys().collect::<Vec<_>>(), ["control.tar.gz", "data.tar.gz", "debian-binary"]);
    let (lines, texts) = unpacked(&deb["data.tar.gz"]);
    expect![[r#"
        0755 root:root opt/
        0755 root:root opt/deer-park/
        4755 root:root opt/deer-park/chrome-sandbox
        0777 root:root opt/deer-park/deer -> deer-park
        0755 root:root opt/deer-park/deer-park
        0644 root:root opt/deer-park/libffmpeg.so
        0755 root:root opt/deer-park/locales/
        0644 root:root opt/deer-park/locales/en-US.pak
        0755 root:root opt/deer-park/resources/
        0644 root:root opt/deer-park/resources/app.asar
        0644 root:root opt/deer-park/resources/apparmor-profile
        0644 root:root opt/deer-park/resources/package-type
        0755 root:root usr/
        0755 root:root usr/bin/
        0777 root:root usr/bin/deer-park -> /opt/deer-park/deer-park
        0755 root:root usr/share/
        0755 root:root usr/share/applications/
        0644 root:root usr/share/applications/deer-park.desktop
        0755 root:root usr/share/doc/
        0755 root:root usr/share/doc/deer-park/
        0644 root:root usr/share/doc/deer-park/changelog.gz
        0644 root:root usr/share/doc/deer-park/copyright
        0755 root:root usr/share/icons/
        0755 root:root usr/share/icons/hicolor/
        0755 root:root usr/share/icons/hicolor/128x128/
        0755 root:root usr/share/icons/hicolor/128x128/apps/
        0644 root:root usr/share/icons/hicolor/128x128/apps/deer-park.png
        0755 root:root usr/share/icons/hicolor/16x16/
        0755 root:root usr/share/icons/hicolor/16x16/apps/
        0644 root:root usr/share/icons/hicolor/16x16/apps/deer-park.png
        0755 root:root usr/share/icons/hicolor/24x24/
        0755 root:root usr/share/icons/hicolor/24x24/apps/
        0644 root:root usr/share/icons/hicolor/24x24/apps/deer-park.png
        0755 root:root usr/share/icons/hicolor/256x256/
        0755 root:root usr/share/icons/hicolor/256x256/apps/
        0644 root:root usr/share/icons/hicolor/256x256/apps/deer-park.png
        0755 root:root usr/share/icons/hicolor/32x32/
        0755 root:root usr/share/icons/hicolor/32x32/apps/
        0644 root:root usr/share/icons/hicolor/32x32/apps/deer-park.png
        0755 root:root usr/share/icons/hicolor/48x48/
        0755 root:root usr/share/icons/hicolor/48x48/apps/
        0644 root:root usr/share/icons/hicolor/48x48/apps/deer-park.png
        0755 root:root usr/share/icons/hicolor/512x512/
        0755 root:root usr/share/icons/hicolor/512x512/apps/
        0644 root:root usr/share/icons/hicolor/512x512/apps/deer-park.png
        0755 root:root usr/share/icons/hicolor/64x64/
        0755 root:root usr/share/icons/hicolor/64x64/apps/
        0644 root:root usr/share/icons/hicolor/64x64/apps/deer-park.png
        0755 root:root usr/share/lintian/
        0755 root:root usr/share/lintian/overrides/
        0644 root:root usr/share/lintian/overrides/deer-park
    "#]]
    .assert_eq(&lines);
    expect![[r#"
        [Desktop Entry]
        Type=Application
        Name=Deer Park
        Comment=Deer in a list
        Exec=deer-park %U
        Icon=deer-park
        Terminal=false
        Categories=Office;
        StartupWMClass=deer-park
    "#]]
    .assert_eq(&texts["usr/share/applications/deer-park.desktop"]);
    check_control(&deb["control.tar.gz"]);
    assert!(
        texts["opt/deer-park/resources/apparmor-profile"].contains("\"/opt/deer-park/deer-park\" flags=(unconfined)")
    );
    assert!(texts["usr/share/doc/deer-park/copyright"].contains("License: MIT"));

    // With the date that SOURCE_DATE_EPOCH names a second run leaves the same bytes, whatever the dates of the files.
    let first = PACKAGES.map(|path| fs::read(checkout.path(path)).unwrap());
    fs::write(checkout.path("packed/linux-unpacked/resources/app.asar"), "the shell").unwrap();
    package(&checkout);
    assert!(first == PACKAGES.map(|path| fs::read(checkout.path(path)).unwrap()), "the packages differ");
}

#[test]
fn what_a_deb_needs_and_is_not_there_is_said_before_anything_is_made() {
    let without = |key: &str| {
        let lines = LINUX.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n"));
        lines.collect::<String>()
    };
    for (key, wanted) in [("publisher", "Name <mail@example.org>"), ("description", "in one line"), ("license", "SPDX")]
    {
        let checkout = with_program(&without(key));
        let said = checkout.fails(1, &["package-dist"]);
        assert!(said.contains(&format!("about.{key} = \"\" is not ")) && said.contains(wanted), "{said}");
        assert!(!checkout.path("dist").exists(), "something was made");
    }
    let checkout = with_program(&LINUX.replace("https://example.org/deer", "our web site"));
    assert!(checkout.fails(1, &["package-dist"]).contains("about.homepage = \"our web site\" is not an address"));
    let checkout = with_program(&LINUX.replace("\"deb\"", "\"snap\""));
    assert!(checkout.fails(1, &["package-dist"]).contains("expected one of `AppImage`, `deb`, `rpm`"));
}

#[test]
fn a_program_for_another_processor_is_not_packaged() {
    let checkout = with_program(LINUX);
    let mut header = b"\x7fELF\x02\x01".to_vec();
    header.resize(64, 0);
    header[18] = 0xb7;
    fs::write(checkout.path("packed/linux-unpacked/deer-park"), header).unwrap();
    let said = checkout.fails(1, &["package-dist"]);
    assert!(said.contains("linux-unpacked/deer-park is for another processor than the package"), "{said}");
    assert!(said.contains("ELECTRON_OVERRIDE_DIST_PATH"), "{said}");
    for left in ["packed/linux-unpacked/other", ""] {
        fs::remove_dir_all(checkout.path("dist")).unwrap();
        fs::remove_dir_all(checkout.path("packed")).unwrap();
        fs::create_dir_all(checkout.path(left)).unwrap();
        let said = checkout.fails(1, &["package-dist"]);
        assert!(said.contains("there is no program `deer-park` in dist/electron/linux-unpacked"), "{said}");
    }
    assert!(!checkout.path(DEB).exists());
}

#[test]
fn a_dry_run_names_the_packages_for_each_processor() {
    let checkout = with_program(LINUX);
    let dry = |system: &str, args: &[&str]| {
        let mut command = checkout.command(&[&["package-dist", "--dry-run"], args].concat());
        String::from_utf8(command.env("DDSTASK_PLAN_FOR", system).output().unwrap().stdout).unwrap()
    };
    let lines = |folder: &str, packages: [&str; 2]| {
        packages.map(|path| format!("write   {path}  (from dist/electron/{folder})\n")).concat()
    };
    let told = dry("linux-x64", &[]);
    assert!(told.contains("--linux dir ") && told.contains(&lines("linux-unpacked", PACKAGES)), "{told}");
    let of_arm = [DEB.replace("amd64", "arm64"), RPM.replace("x86_64", "aarch64")];
    let told = dry("linux-arm64", &[]);
    assert!(told.contains(&lines("linux-arm64-unpacked", [&of_arm[0], &of_arm[1]])), "{told}");
    let told = dry("linux-x64", &["--", "--config.extraMetadata.version=2.1.0"]);
    assert!(told.contains(&lines("linux-unpacked", PACKAGES).replace("1.2.0-rc.1", "2.1.0")), "{told}");
    // What is asked for of electron-builder is all that is made.
    let told = dry("linux-x64", &["--", "--linux", "tar.gz"]);
    assert!(told.contains("--linux tar.gz") && !told.contains("-unpacked"), "{told}");
}

fn runs(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {said}");
    said
}

/// A checkout whose packages have the staged backend in them; nothing where the test has to be skipped.
fn with_backend(test: &str, tool: &'static str) -> Option<Checkout> {
    if !has(tool) {
        skip(test, tool, &format!("apt-get install {tool}"));
        return None;
    }
    if !rustix::process::geteuid().is_root() {
        skip(test, "root, to whom the files of a package belong", "sudo cargo xtask test --all");
        return None;
    }
    let checkout = with_program(LINUX);
    checkout.stage(&[]);
    let backend = checkout.path("packed/linux-unpacked/resources/backend");
    runs("cp", &["-R", checkout.staged().to_str().unwrap(), backend.to_str().unwrap()]);
    package(&checkout);
    for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "etc/apparmor.d", "home/ann"] {
        fs::create_dir_all(checkout.path("system").join(folder)).unwrap();
    }
    checkout.write("system/var/lib/dpkg/status", "");
    Some(checkout)
}

/// Starts the installed backend, sees its page, and stops it.
fn opens(root: &Path, data: &Path) {
    let backend = Backend::start(&root.join("opt/deer-park/resources/backend"), data);
    assert!(backend.get("/").contains("Deer"));
    backend.stop();
}

/// Installs with one command, updates with another, and removes with a third: what was brought goes, data stay.
fn comes_and_goes(checkout: &Checkout, commands: [&dyn Fn(); 3]) {
    let root = checkout.path("system");
    let [install, update, remove] = commands;
    install();
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("opt/deer-park/chrome-sandbox"), mode("opt/deer-park/deer-park")), (0o4755, 0o755));
    let program = fs::read_link(root.join("usr/bin/deer-park")).unwrap();
    assert!(root.join(program.strip_prefix("/").unwrap()).is_file());
    let data = root.join("home/ann/data");
    opens(&root, &data);
    update();
    opens(&root, &data);
    remove();
    assert!(!root.join("opt/deer-park").exists() && !root.join("usr/bin/deer-park").exists());
    assert!(!root.join("etc/apparmor.d/deer-park").exists());
    assert!(data.join("app.sqlite3").is_file(), "the data are gone");
}

#[test]
#[ignore = "stages, packs, installs and starts; run by `cargo xtask test --all`"]
fn a_deb_is_installed_started_and_removed_and_data_stay() {
    let Some(checkout) = with_backend("a_deb_is_installed", "dpkg") else { return };
    let (at, deb) = (format!("--root={}", checkout.path("system").display()), checkout.path(DEB));
    // The scripts find the folder in DPKG_ROOT: there is no shell in it.
    let dpkg =
        |args: &[&str]| drop(runs("dpkg", &[&[&at, "--force-script-chrootless", "--force-depends"], args].concat()));
    let install = || dpkg(&["--install", deb.to_str().unwrap()]);
    comes_and_goes(&checkout, [&install, &install, &|| dpkg(&["--purge", "deer-park"])]);
}

#[test]
#[ignore = "stages, packs, installs and starts; run by `cargo xtask test --all`"]
fn an_rpm_is_installed_started_and_removed_and_data_stay() {
    let Some(checkout) = with_backend("an_rpm_is_installed", "rpm") else { return };
    let (at, rpm) = (format!("--root={}", checkout.path("system").display()), checkout.path(RPM));
    runs("rpm", &["--checksig", rpm.to_str().unwrap()]);
    // A folder has neither the libraries nor the shell that the package needs.
    let flags = ["--nodeps", "--noscripts"];
    let call = |args: &[&str]| drop(runs("rpm", &[&[at.as_str()], &flags[..], args].concat()));
    let verify = || drop(runs("rpm", &[&at, "--verify", "--nodeps", "--noscripts", "--nomtime", "deer-park"]));
    let install = || {
        call(&["--install", rpm.to_str().unwrap()]);
        verify();
    };
    let update = || call(&["--upgrade", "--replacepkgs", rpm.to_str().unwrap()]);
    comes_and_goes(&checkout, [&install, &update, &|| call(&["--erase", "deer-park"])]);
}

#[test]
#[ignore = "stages and packs; the checks take a minute; run by `cargo xtask test --all`"]
fn what_lintian_and_rpmlint_find_is_answered() {
    let Some(checkout) = with_backend("what_lintian_and_rpmlint_find", "lintian") else { return };
    if !has("rpmlint") {
        return skip("what_lintian_and_rpmlint_find", "rpmlint", "apt-get install rpmlint");
    }
    runs("lintian", &["--fail-on", "error,warning", checkout.path(DEB).to_str().unwrap()]);
    let answers = repository().join("xtask/resources/linux/rpmlint.toml");
    runs("rpmlint", &["--config", answers.to_str().unwrap(), checkout.path(RPM).to_str().unwrap()]);
}

#[test]
fn readers_of_packages_find_no_mistake() {
    let tools = ["dpkg-deb", "desktop-file-validate", "rpm"];
    if let Some(missing) = tools.into_iter().find(|tool| !has(tool)) {
        return skip("readers_of_packages", missing, "apt-get install dpkg desktop-file-utils rpm");
    }
    let checkout = with_program(LINUX);
    package(&checkout);
    let path = |path: &str| checkout.path(path).to_str().unwrap().to_owned();
    runs("dpkg-deb", &["--extract", &path(DEB), &path("extracted")]);
    assert_eq!(runs("desktop-file-validate", &[&path("extracted/usr/share/applications/deer-park.desktop")]), "");
    assert!(runs("dpkg-deb", &["--field", &path(DEB), "Version"]).contains("1.2.0~rc.1"));
    let said = runs("rpm", &["--query", "--package", "--queryformat", "%{NEVRA} %{LICENSE} %{SOURCERPM}", &path(RPM)]);
    assert!(said.contains("deer-park-1.2.0~rc.1-1.x86_64 MIT deer-park-1.2.0~rc.1-1.src.rpm"), "{said}");
    assert!(runs("rpm", &["--checksig", &path(RPM)]).contains("digests OK"));
    let rows = runs("rpm", &["--query", "--package", "--list", "--verbose", &path(RPM)]);
    assert!(rows.contains("-rwsr-xr-x    1 root     root") && !rows.contains(" /usr/bin\n"), "{rows}");
}

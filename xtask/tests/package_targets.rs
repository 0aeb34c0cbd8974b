//! Packages for other systems than this one, made with the real electron-builder: what is in them, and who has signed.
//!
//! Electron and the interpreters of other systems are stand-ins: programs in the form of those systems, without code.

// Links, modes and the stand-ins as they are there.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/interpreters.rs"]
mod interpreters;
#[path = "support/macho.rs"]
mod macho;
#[path = "support/staging.rs"]
mod staging;
mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use interpreters::{HOST, OTHER_LINUX, StandIns};
use serde_json::Value;
use staging::{Backend, Checkout, interpreter, listing, repository, uv};
use support::{has, skip};

/// A checkout with an Electron shell of its own, stand-ins for Electron, and interpreters for some systems.
struct Workshop {
    checkout: Checkout,
    /// Kept as long as something is staged from them.
    _interpreters: StandIns,
}

impl Workshop {
    /// What a test needs and this machine lacks, and the command that brings it.
    fn missing(programs: &[(&'static str, &'static str)]) -> Option<(&'static str, &'static str)> {
        if !repository().join("shells/electron/node_modules/.package-lock.json").is_file() {
            return Some(("the shell's modules", "cargo xtask electron-install"));
        }
        let all = [&[("7za", "apt-get install p7zip-full"), ("node", "https://nodejs.org")], programs].concat();
        all.into_iter().find(|(program, _)| !has(program))
    }

    fn new(targets: &[&str]) -> Self {
        let mut checkout = Checkout::new();
        let own = checkout.path("shells");
        let shells = repository().join("shells");
        // Links where that is possible: there are many files.
        let copy = |how: &str| shell("cp", &[how.as_ref(), shells.as_ref(), own.as_ref()]);
        assert!(copy("-al") || fs::remove_dir_all(&own).is_ok() && copy("-a"));
        let dds = checkout.read("dds.toml").replace("[python]\n", "[python]\nsource = \"host\"\n");
        checkout.write("dds.toml", &dds);
        let interpreters = StandIns::new(&checkout, &[&[HOST], targets].concat());
        checkout.write("dds.toml", &dds.replace("\"host\"", &format!("\"{}\"", interpreters.source())));
        if targets.contains(&"windows-x64") {
            // What is signed has to have the form of a program.
            let mut files = interpreters.files(&checkout, "windows-x64");
            files.insert("python.exe".to_owned(), windows_program(&own, ""));
            files.insert("DLLs/_ssl.pyd".to_owned(), windows_program(&own, "OpenSSL 3.0.15 3 Sep 2024"));
            interpreters.write("windows-x64", files);
        }
        for target in targets {
            let kind = match target.split('-').next() {
                Some("macos") => "mac",
                Some("windows") => "win",
                _ => "linux",
            };
            let make = own.join("electron/tests/stand-in/make.js");
            assert!(shell(
                "node",
                &[make.as_ref(), checkout.path(&format!("electron/{target}")).as_ref(), kind.as_ref()]
            ));
        }
        checkout.env = vec![
            ("ELECTRON_BUILDER_7ZIP_PATH".to_owned(), which::which("7za").unwrap().display().to_string()),
            ("ELECTRON_OVERRIDE_DIST_PATH".to_owned(), "electron/{target}".to_owned()),
            // Without a feed there is nothing to tell an updater.
            ("DESKTOP_DJANGO_UPDATE_URL".to_owned(), "https://updates.example/".to_owned()),
        ];
        Self { checkout, _interpreters: interpreters }
    }

    /// Packages.
    fn make(&self, args: &[&str]) {
        let all = [&["package-dist"], args, &["--", "--config.compression=store"]].concat();
        let output = self.checkout.run(&all);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The packages with this ending, in order of their names.
    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let files = fs::read_dir(self.checkout.path("dist/electron")).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == ending)).collect();
        found.sort();
        found
    }

    /// What was packaged, unpacked: a folder for each `.zip`, in order of their names.
    fn package(&self, args: &[&str]) -> Vec<PathBuf> {
        let unpack = |zip: PathBuf| {
            let folder = zip.with_extension("unpacked");
            let _ = fs::remove_dir_all(&folder);
            zip::ZipArchive::new(fs::File::open(&zip).unwrap()).unwrap().extract(&folder).unwrap();
            folder
        };
        self.make(args);
        self.files("zip").into_iter().map(unpack).collect()
    }

    fn verify(&self, app: &Path) -> Output {
        self.checkout.run(&["signature-verify", "--json", app.to_str().unwrap()])
    }

    fn stage(&self, target: &str) -> PathBuf {
        if target == HOST { self.checkout.staged() } else { self.checkout.path(&format!(".stage/{target}/backend")) }
    }
}

/// A program for Windows, with something in it.
fn windows_program(shells: &Path, payload: &str) -> Vec<u8> {
    let script = shells.join("electron/tests/stand-in/windows-program.js");
    let print = "process.stdout.write(require(process.argv[1]).windowsProgram(process.argv[2]))";
    let output = Command::new("node").args(["-e", print]).arg(script).arg(payload).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

fn shell(program: &str, args: &[&std::ffi::OsStr]) -> bool {
    Command::new(program).args(args).output().unwrap().status.success()
}

/// Puts `rcodesign` on the path of a checkout: this machine's own, or a wheel with the same library.
fn with_rcodesign(checkout: &mut Checkout) {
    checkout.append("dds.toml", "\n[sign.macos]\ntimestamp = \"none\"\n");
    if has("rcodesign") {
        return;
    }
    let script = repository().join("xtask/tests/support/rcodesign.py");
    let uv = uv().unwrap_or_else(|| "uv".into());
    let line = format!(
        "#!/bin/sh\nexec {} run --quiet --no-project --python {} --with apple-platform-py==0.1.0 {} \"$@\"\n",
        uv.display(),
        interpreter().display(),
        script.display(),
    );
    checkout.write("tools/rcodesign", &line);
    fs::set_permissions(checkout.path("tools/rcodesign"), fs::Permissions::from_mode(0o755)).unwrap();
    checkout.append("dds.toml", "program = \"tools/rcodesign\"\n");
}

/// All packages for Linux, and what they tell people.
const LINUX: &str = "\n[linux]\npackages = [\"AppImage\", \"deb\", \"rpm\"]\n[about]\npublisher = \"Ann Other <ann@example.org>\"\n\
                     description = \"Deer in a list\"\nlicense = \"MIT\"\n";

const MAC: &str = "Deer Park.app/Contents/Resources/backend";

#[test]
#[ignore = "long: packages for real"]
fn what_is_staged_for_another_system_is_in_its_package() {
    if let Some((needs, command)) = Workshop::missing(&[]) {
        return skip("what_is_staged_for_another_system", needs, command);
    }
    let workshop = Workshop::new(&["windows-x64", "macos-arm64"]);
    let unpacked = workshop.package(&["--target", "windows-x64,macos-arm64"]);
    let [mac, windows] = unpacked.as_slice() else { panic!("{unpacked:?}") };
    for (target, backend) in [("windows-x64", windows.join("resources/backend")), ("macos-arm64", mac.join(MAC))] {
        let staged = listing(&workshop.stage(target));
        assert!(staged.len() > 500);
        assert_eq!(listing(&backend), staged, "{target}");
    }
    assert!(windows.join("Deer Park.exe").is_file() && mac.join("Deer Park.app/Contents/MacOS/Deer Park").is_file());
    let names = |end: &str| workshop.checkout.read(&format!("dist/electron/deer-park-{end}-sha256.txt"));
    assert!(names("windows").contains("-x64.zip\n") && names("macos").contains("-arm64.zip\n"));
    assert!(names("macos").contains("latest-mac.yml"));

    // Another one's folder is made as well.
    let output = workshop.checkout.run(&["package-dist-dir", "--target", "windows-x64"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = workshop.checkout.path("dist/electron/win-unpacked/resources/backend");
    assert_eq!(listing(&folder), listing(&workshop.stage("windows-x64")));
}

/// What electron-builder makes an `AppImage` with: this machine's own programs, and a header of a program in the place of
/// the one that starts the rest.
fn with_appimage_tools(checkout: &mut Checkout) {
    let mut header = b"\x7fELF\x02\x01".to_vec();
    header.resize(HEADER, 0);
    // Its table of sections, of which there are none, begins where it ends.
    header[0x28] = u8::try_from(HEADER).unwrap();
    let tools = checkout.path("tools");
    for processor in ["x64", "arm64"] {
        fs::create_dir_all(tools.join("lib").join(processor)).unwrap();
        fs::create_dir_all(tools.join("runtimes")).unwrap();
        fs::write(tools.join("runtimes").join(format!("runtime-{processor}")), &header).unwrap();
    }
    for program in ["mksquashfs", "desktop-file-validate"] {
        symlink(which::which(program).unwrap(), tools.join(program)).unwrap();
    }
    checkout.env.push(("APPIMAGE_TOOLS_PATH".to_owned(), tools.display().to_string()));
    checkout.env.push(("SOURCE_DATE_EPOCH".to_owned(), "1795345629".to_owned()));
}

/// How long a header is.
const HEADER: usize = 64;

/// The files of a Linux package, in a folder beside it.
fn opened(package: &Path) -> PathBuf {
    let folder = PathBuf::from(format!("{}-opened", package.display()));
    fs::create_dir(&folder).unwrap();
    let (from, to) = (package.as_os_str(), folder.as_os_str());
    let at = HEADER.to_string();
    let flags = ["-quiet", "-no-progress", "-force", "-offset", &at, "-dest"].map(AsRef::<std::ffi::OsStr>::as_ref);
    let is_open = match package.extension().unwrap().to_str().unwrap() {
        "AppImage" => shell("unsquashfs", &[&flags[..], &[to, from]].concat()),
        "deb" => shell("dpkg-deb", &["--extract".as_ref(), from, to]),
        _ => shell("sh", &["-c".as_ref(), "cd \"$1\" && rpm2cpio \"$0\" | cpio -idm".as_ref(), from, to]),
    };
    assert!(is_open, "{}", package.display());
    let installed = folder.join("opt/deer-park");
    if installed.is_dir() { installed } else { folder }
}

#[test]
#[ignore = "long: packages for real"]
fn packages_for_linux_have_the_staged_backend_and_the_same_bytes_each_time() {
    let needed = [
        ("mksquashfs", "apt-get install squashfs-tools"),
        ("desktop-file-validate", "apt-get install desktop-file-utils"),
        ("dpkg-deb", "apt-get install dpkg"),
        ("rpm2cpio", "apt-get install rpm"),
        ("cpio", "apt-get install cpio"),
    ];
    if let Some((needs, command)) = Workshop::missing(&needed) {
        return skip("packages_for_linux_have_the_staged_backend", needs, command);
    }
    let targets = [HOST, OTHER_LINUX.0];
    let mut workshop = Workshop::new(&targets);
    with_appimage_tools(&mut workshop.checkout);
    workshop.checkout.append("dds.toml", LINUX);
    let args = ["--target", &targets.join(",")];
    let kinds = ["AppImage", "deb", "rpm"];
    workshop.make(&args);
    let packages: Vec<PathBuf> = kinds.iter().flat_map(|kind| workshop.files(kind)).collect();
    assert_eq!(packages.len(), 6, "{packages:?}");
    fs::create_dir(workshop.checkout.path("given")).unwrap();
    for (at, package) in packages.iter().enumerate() {
        let name = package.file_name().unwrap().to_str().unwrap();
        let target = if name.contains("arm64") || name.contains("aarch64") { "linux-arm64" } else { "linux-x64" };
        let backend = opened(package).join("resources/backend");
        assert_eq!(listing(&backend), listing(&workshop.stage(target)), "{name}");
        if target == HOST {
            let backend = Backend::start(&backend, &workshop.checkout.path(&format!("data-{at}")));
            assert!(backend.get("/").contains("Deer"));
            backend.stop();
        }
        fs::rename(package, workshop.checkout.path("given").join(name)).unwrap();
    }
    workshop.make(&args);
    let output = workshop.checkout.run(&["verify-rebuild", "given"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.matches("the same  deer-park-linux-").count(), packages.len(), "{told}");
}

/// A certificate with its key, for nobody. Apple's own tools write such files with the older ciphers.
fn certificate(checkout: &Checkout, password: &str) -> PathBuf {
    let [key, certificate, p12] = ["key.pem", "certificate.pem", "own.p12"].map(|name| checkout.path(name));
    let openssl = |line: &str| {
        let place = |word: &str| match word {
            "KEY" => key.clone().into_os_string(),
            "CERTIFICATE" => certificate.clone().into_os_string(),
            "P12" => p12.clone().into_os_string(),
            word => word.into(),
        };
        let output = Command::new("openssl").args(line.split(' ').map(place)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout KEY -out CERTIFICATE -subj /CN=Deer -addext extendedKeyUsage=codeSigning",
    );
    openssl(&format!(
        "pkcs12 -export -inkey KEY -in CERTIFICATE -out P12 -passout pass:{password} -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1"
    ));
    p12
}

#[test]
#[ignore = "long: packages for real, and fetches what signs"]
fn a_mac_app_is_signed_here_and_each_change_is_found() {
    if let Some((needs, command)) = Workshop::missing(&[("openssl", "apt-get install openssl")]) {
        return skip("a_mac_app_is_signed_here", needs, command);
    }
    let mut workshop = Workshop::new(&["macos-arm64"]);
    with_rcodesign(&mut workshop.checkout);
    let electron = workshop.checkout.path("electron/macos-arm64/Electron.app/Contents");
    programs_of_electron(&electron);
    let target = ["--target", "macos-arm64", "--sign-macos"];
    let unpacked = workshop.package(&[&target[..], &["ad-hoc"]].concat());
    let app = unpacked[0].join("Deer Park.app");
    let output = workshop.verify(&app);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!([&told["certificate"], &told["hardened"]], [false, false]);
    // The main program, the framework's, four helpers and Python.
    assert_eq!(told["programs"], 7);
    let python = "python/bin/python3";
    let without = |folder: &Path| {
        let mut lines = listing(folder);
        lines.retain(|line| !line.starts_with(python));
        lines
    };
    assert_eq!(without(&app.join("Contents/Resources/backend")), without(&workshop.stage("macos-arm64")));
    assert!(!workshop.checkout.path(".stage/macos-arm64/unsigned").exists());
    assert!(workshop.verify(&workshop.checkout.path("dist/electron/mac-arm64/Deer Park.app")).status.success());

    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    for path in [
        "MacOS/Deer Park",
        "Info.plist",
        "_CodeSignature/CodeResources",
        "Resources/app.asar",
        "Resources/app-update.yml",
        "Resources/backend/manage.py",
        "Resources/backend/python/bin/python3",
        "Frameworks/Electron Framework.framework/Versions/A/Electron Framework",
        "Frameworks/Deer Park Helper (GPU).app/Contents/Info.plist",
    ] {
        let path = app.join("Contents").join(path);
        let whole = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (at, bit) = (random.usize(..whole.len()), random.usize(..8));
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        fs::write(&path, bytes).unwrap();
        let output = workshop.verify(&app);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{}, byte {at}, bit {bit}, seed {seed}", path.display());
        assert!(said.contains("is not as it was signed") && said.contains("Deer Park.app/Contents"), "{said}");
        fs::write(&path, whole).unwrap();
    }
    assert!(workshop.verify(&app).status.success());

    let p12 = certificate(&workshop.checkout, "Zebra7");
    let args = [&target[..], &[p12.to_str().unwrap()]].concat();
    workshop.checkout.env.push(("CSC_KEY_PASSWORD".to_owned(), "Giraffe9".to_owned()));
    let said = workshop.checkout.fails(1, &[&["package-dist"], args.as_slice()].concat());
    assert!(said.contains("--p12-password-file") && !said.contains("Giraffe9"), "{said}");
    workshop.checkout.env.pop();
    workshop.checkout.write("password.txt", "Zebra7\n");
    workshop.checkout.env.push(("CSC_KEY_PASSWORD_FILE".to_owned(), "password.txt".to_owned()));
    let app = workshop.package(&args)[0].join("Deer Park.app");
    let told: Value = serde_json::from_slice(&workshop.verify(&app).stdout).unwrap();
    assert_eq!([&told["certificate"], &told["hardened"]], [true, true]);
}

/// The stand-in's programs, in the form of programs.
fn programs_of_electron(contents: &Path) {
    // Where Electron's binary keeps its fuses.
    let fuses = b"dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\x01\x09101100010";
    let write = |path: &str, is_program: bool| {
        let path = contents.join(path);
        assert!(path.is_file(), "{}", path.display());
        fs::write(path, macho::arm64(is_program, fuses)).unwrap();
    };
    write("MacOS/Electron", true);
    write("Frameworks/Electron Framework.framework/Versions/A/Electron Framework", false);
    let info = contents.join("Frameworks/Electron Framework.framework/Versions/A/Resources/Info.plist");
    let text = fs::read_to_string(contents.join("Info.plist")).unwrap();
    let identifier = "<dict><key>CFBundleIdentifier</key><string>com.github.Electron.framework</string>";
    let text = text.replace("<string>Electron</string>", "<string>Electron Framework</string>");
    fs::write(info, text.replace("<dict>", identifier)).unwrap();
    for kind in ["", " (GPU)", " (Plugin)", " (Renderer)"] {
        write(&format!("Frameworks/Electron Helper{kind}.app/Contents/MacOS/Electron Helper{kind}"), true);
    }
}

#[test]
#[ignore = "long: packages for real"]
fn programs_for_windows_are_signed_here_and_nothing_else_is_changed() {
    let needed = [("openssl", "apt-get install openssl"), ("osslsigncode", "apt-get install osslsigncode")];
    if let Some((needs, command)) = Workshop::missing(&needed) {
        return skip("programs_for_windows_are_signed_here", needs, command);
    }
    let mut workshop = Workshop::new(&["windows-x64"]);
    let p12 = certificate(&workshop.checkout, "Zebra7");
    let command = format!(
        "\n[sign.windows]\ncommand = [\"osslsigncode\", \"sign\", \"-pkcs12\", \"{}\", \"-pass\", \"{{env:DEER_PASSWORD}}\",          \"-h\", \"sha256\", \"-in\", \"{{file}}\", \"-out\", \"{{signed}}\"]\n",
        p12.display()
    );
    workshop.checkout.append("dds.toml", &command);
    workshop.checkout.env.push(("DEER_PASSWORD".to_owned(), "Zebra7".to_owned()));
    let folder = workshop.package(&["--target", "windows-x64"]).remove(0);
    let signed = [
        "Deer Park.exe",
        "ffmpeg.dll",
        "resources/backend/python/python.exe",
        "resources/backend/python/DLLs/_ssl.pyd",
    ];
    let certificate = workshop.checkout.path("certificate.pem");
    let verify = |path: &Path| {
        let args = ["verify".as_ref(), "-CAfile".as_ref(), certificate.as_os_str(), "-in".as_ref(), path.as_os_str()];
        shell("osslsigncode", &args)
    };
    for path in signed {
        assert!(verify(&folder.join(path)), "{path}");
    }
    let changed = workshop.checkout.path("changed.exe");
    let mut bytes = fs::read(folder.join(signed[0])).unwrap();
    bytes[0x280] ^= 1;
    fs::write(&changed, bytes).unwrap();
    assert!(!verify(&changed));
    let without = |folder: &Path| {
        let mut lines = listing(folder);
        lines.retain(|line| !line.starts_with("python/python.exe ") && !line.starts_with("python/DLLs/_ssl.pyd "));
        lines
    };
    assert_eq!(without(&folder.join("resources/backend")), without(&workshop.stage("windows-x64")));
}

//! A stage for Linux on ARM, made on x64 and started: a real Python for ARM, run by qemu with the libraries of Debian.
//!
//! It takes minutes: `cargo xtask test --all` runs it, where qemu is installed.

// qemu runs the programs, in namespaces of Linux.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/debian.rs"]
mod debian;
#[path = "support/elsewhere.rs"]
mod elsewhere;
#[path = "support/staging.rs"]
mod staging;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use elsewhere::{is_used, of_3_13, shows, started};
use staging::{Backend, Checkout};
use support::skip;

const QEMU: &str = "qemu-aarch64-static";

/// Has the kernel hand programs for ARM to qemu, also those that such a program starts, then runs the arguments. Only what
/// lives in this namespace sees it.
const ENTER: &str = r#"
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc || exit 1
echo ":arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$QEMU:F" > /proc/sys/fs/binfmt_misc/register || exit 1
exec "$@"
"#;

/// A line for the place where Debian's own Python looks for packages: they lie where all others have them.
const PACKAGES: &str = "import site, sys; site.addsitedir(f'{sys.prefix}/lib/python3.13/site-packages')\n";

/// The root folder of a Debian for ARM.
struct Arm {
    root: PathBuf,
}

impl Arm {
    /// Nothing where something is missing; that is told.
    fn new(test: &str) -> Option<Self> {
        if !support::has(QEMU) {
            skip(test, QEMU, "apt-get install qemu-user-static");
            return None;
        }
        let arm = Self { root: debian::unpacked(test, "arm64", &["python3.13"])? };
        let output = arm.command().arg(arm.root.join("usr/bin/python3.13")).arg("--version").output().unwrap();
        if !output.status.success() {
            skip(test, "a kernel with a binfmt_misc for each user namespace", "Linux 6.7 or later");
            return None;
        }
        Some(arm)
    }

    /// What runs the program for ARM that its first argument names, with nothing of this machine.
    fn command(&self) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", ENTER, "sh"]);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("QEMU", which::which(QEMU).unwrap());
        command.env("QEMU_LD_PREFIX", &self.root).stderr(Stdio::null());
        command
    }

    /// Debian's interpreter as an archive in the form of python-build-standalone.
    fn archive(&self, folder: &Path) -> PathBuf {
        let path = folder.join("cpython-3.13-linux-arm64.tar.gz");
        let file = std::fs::File::create(&path).unwrap();
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
        let mut add = |name: &str, bytes: &[u8], mode: u32| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(mode);
            tar.append_data(&mut header, Path::new("python").join(name), bytes).unwrap();
        };
        add("bin/python3", &std::fs::read(self.root.join("usr/bin/python3.13")).unwrap(), 0o755);
        add("lib/python3.13/dist-packages/debian.pth", PACKAGES.as_bytes(), 0o644);
        let library = self.root.join("usr/lib/python3.13");
        for entry in walkdir::WalkDir::new(&library).into_iter().map(Result::unwrap) {
            // Where links lead is a file of its own, or in /etc.
            if entry.file_type().is_file() {
                let name = entry.path().strip_prefix(&library).unwrap().to_str().unwrap();
                add(&format!("lib/python3.13/{name}"), &std::fs::read(entry.path()).unwrap(), 0o644);
            }
        }
        tar.into_inner().unwrap().finish().unwrap();
        path
    }
}

/// How many programs and libraries are in a folder; all are for ARM.
fn programs_of_arm(tree: &Path) -> usize {
    let files = walkdir::WalkDir::new(tree).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let elf = files.filter_map(|entry| {
        let bytes = std::fs::read(entry.path()).unwrap();
        bytes.starts_with(b"\x7fELF").then(|| assert_eq!(bytes[18], 0xb7, "{}", entry.path().display()))
    });
    elf.count()
}

#[test]
#[ignore = "long: fetches a CPython for ARM and starts it under qemu; run by `cargo xtask test --all`"]
fn a_stage_for_arm_starts_under_qemu() {
    const NAME: &str = "a_stage_for_arm_starts_under_qemu";
    let Some(arm) = Arm::new(NAME) else { return };
    let checkout = Checkout::new();
    of_3_13(&checkout);
    // The worker is a process that a program for ARM starts.
    checkout.write(
        "backend/src/deer/management/commands/graze.py",
        "import platform\nimport time\n\nfrom django.core.management.base import BaseCommand\n\n\n\
         class Command(BaseCommand):\n    def handle(self, **options):\n\
         \x20       print('grazing on', platform.machine(), flush=True)\n        time.sleep(100_000)\n",
    );
    if !checkout.stage(&[])["python"].as_str().unwrap().starts_with("3.13.") {
        return skip(NAME, "CPython 3.13", "uv python install 3.13");
    }
    let folder = tempfile::tempdir().unwrap();
    let source = format!("archive:{}", arm.archive(folder.path()).display());
    let output = checkout.run(&["packaged-stage", "--target", "linux-arm64", "--python-source", &source]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (tree, data) = (checkout.path(".stage/linux-arm64/backend"), checkout.path("data"));
    assert!(programs_of_arm(&tree) > 20);
    std::fs::create_dir(&data).unwrap();
    let start = || started(arm.command(), &tree, &data, &|path| path.display().to_string());
    is_used(&start, "Deer Park");
    let backend = Backend::ready(&mut start());
    let grazes = || checkout.read("data/logs/desktop.log").contains("grazing on aarch64");
    let long = std::time::Instant::now() + std::time::Duration::from_mins(10);
    while !grazes() && std::time::Instant::now() < long {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert!(grazes(), "the worker did not start: {}", checkout.read("data/logs/desktop.log"));
    backend.stop();
    shows(&start, "Deer Park");
    let output = checkout.run(&["packaged-stage", "--verify", "--target", "linux-arm64"]);
    assert!(output.status.success(), "running it changed the tree: {}", String::from_utf8_lossy(&output.stderr));
}

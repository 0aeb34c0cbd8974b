//! Writing, copying and removing files: whole or not at all, and patient where Windows is slow to let go.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use camino::Utf8Path;

use crate::base::fault::{Context, Result};
use crate::base::host::{Host, Os};
use crate::base::interrupt;

/// Removes a file or a folder with everything in it. Nothing there is fine.
pub(crate) fn remove(path: &Utf8Path) -> Result<()> {
    let outcome = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => patiently(|| std::fs::remove_dir_all(path)),
        Ok(_) => patiently(|| std::fs::remove_file(path)),
        Err(error) => Err(error),
    };
    match outcome {
        // The second: one of the folders above is a file.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(()),
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
pub(crate) fn write_whole(path: &Utf8Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
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
    patiently(|| std::fs::copy(from, to)).map(drop).fault(|| format!("cannot copy {from} to {to}"))
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
pub(crate) fn patiently<T>(mut act: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    let mut pause = Duration::from_millis(10);
    loop {
        match act() {
            Err(error)
                if pause < Duration::from_secs(1)
                    && passes(&error, Host::current().os)
                    && interrupt::check().is_ok() =>
            {
                std::thread::sleep(pause);
                pause *= 2;
            }
            outcome => return outcome,
        }
    }
}

/// Whether what is refused now may work in a moment.
fn passes(error: &std::io::Error, os: Os) -> bool {
    /// Another program has the file open, or a part of it locked.
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    match error.kind() {
        ErrorKind::DirectoryNotEmpty | ErrorKind::ResourceBusy => true,
        kind => {
            let is_held = matches!(error.raw_os_error(), Some(SHARING_VIOLATION | LOCK_VIOLATION));
            os == Os::Windows && (is_held || kind == ErrorKind::PermissionDenied)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use super::*;

    #[test]
    fn what_another_program_holds_for_a_moment_is_tried_again() {
        let passes = |error: &Error| [Os::Windows, Os::Linux].map(|os| super::passes(error, os));
        for held in [32, 33] {
            assert_eq!(passes(&Error::from_raw_os_error(held)), [true, false], "error {held} of Windows");
        }
        assert_eq!(passes(&ErrorKind::PermissionDenied.into()), [true, false]);
        assert_eq!(passes(&ErrorKind::DirectoryNotEmpty.into()), [true, true]);
        assert_eq!(passes(&ErrorKind::NotFound.into()), [false, false]);

        let mut left = 3;
        let busy = patiently(|| {
            left -= 1;
            if left > 0 { Err(ErrorKind::ResourceBusy.into()) } else { Ok("copied") }
        });
        assert_eq!(busy.unwrap(), "copied");
        let mut times = 0;
        let missing: std::io::Result<()> = patiently(|| {
            times += 1;
            Err(ErrorKind::NotFound.into())
        });
        assert_eq!((missing.unwrap_err().kind(), times), (ErrorKind::NotFound, 1));
    }
}

//! A folder as a program sees it in an installed, signed app: readable, not writable.

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};

/// A read-only view of a folder; gone when dropped.
#[derive(Debug)]
pub(crate) struct ReadOnly {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there are no such views"))]
    at: Utf8PathBuf,
}

#[cfg(target_os = "linux")]
impl ReadOnly {
    /// Mounts `folder` read-only at `at`; nothing where that is not allowed.
    pub(crate) fn mount(folder: &Utf8Path, at: &Utf8Path) -> Result<Option<Self>> {
        use rustix::mount::{MountFlags, mount_bind, mount_remount};
        fs_err::create_dir_all(at)?;
        if mount_bind(folder.as_std_path(), at.as_std_path()).is_err() {
            return Ok(None);
        }
        let view = Self { at: at.to_owned() };
        let remounted = mount_remount(at.as_std_path(), MountFlags::BIND | MountFlags::RDONLY, "");
        Ok(remounted.is_ok().then_some(view))
    }
}

#[cfg(target_os = "linux")]
impl Drop for ReadOnly {
    fn drop(&mut self) {
        use rustix::mount::{UnmountFlags, unmount};
        // A process that still has a file open there must not keep the folder from being removed.
        let _ = unmount(self.at.as_std_path(), UnmountFlags::DETACH);
    }
}

#[cfg(not(target_os = "linux"))]
impl ReadOnly {
    pub(crate) fn mount(_: &Utf8Path, at: &Utf8Path) -> Result<Option<Self>> {
        let _ = Self { at: at.to_owned() };
        Ok(None)
    }
}

//! What tells a changed file from an unchanged one: its stat, and its digest kept with it.

use std::collections::HashMap;
use std::fs::Metadata;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::hash::Digest;

/// What changes when a file is changed. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Bytes.
    pub(crate) size: u64,
    /// Last change of the content, as the file says.
    pub(crate) modified_ns: i64,
    /// Last change of the content, name or mode, as the kernel says; 0 where there is none.
    pub(crate) changed_ns: i64,
    /// The file's number in its file system; 0 where there is none.
    pub(crate) inode: u64,
    /// Whether it is a program; always false on Windows.
    pub(crate) executable: bool,
}

impl Stat {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;

        let ns = |secs: i64, nsecs: i64| secs.saturating_mul(1_000_000_000).saturating_add(nsecs);
        Self {
            size: metadata.len(),
            modified_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            executable: metadata.mode() & 0o111 != 0,
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let since_1970 = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Self {
            size: metadata.len(),
            modified_ns: since_1970.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)),
            changed_ns: 0,
            inode: 0,
            executable: false,
        }
    }
}

/// A file with its digest and the stat that it had when it was read. In JSON it is a short row: records have tens of
/// thousands, and reading them is most of the work where nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HashedFile {
    /// Relative, `/`-separated.
    pub(crate) path: String,
    /// Its stat.
    pub(crate) stat: Stat,
    /// Of its content.
    pub(crate) sha256: Digest,
}

impl Serialize for HashedFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { path, stat, sha256 } = self;
        let Stat { size, modified_ns, changed_ns, inode, executable } = stat;
        (path, sha256, size, modified_ns, changed_ns, inode, executable).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for HashedFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (path, sha256, size, modified_ns, changed_ns, inode, executable) = Deserialize::deserialize(deserializer)?;
        Ok(Self { path, stat: Stat { size, modified_ns, changed_ns, inode, executable }, sha256 })
    }
}

/// Digests by path, for files that have not changed since they were hashed.
pub(crate) struct Known<'a>(HashMap<&'a str, &'a HashedFile>);

impl<'a> Known<'a> {
    /// Indexes a list.
    pub(crate) fn new(files: &'a [HashedFile]) -> Self {
        Self(files.iter().map(|file| (file.path.as_str(), file)).collect())
    }

    /// The entry of a file, if its stat is the recorded one.
    pub(crate) fn unchanged(&self, path: &str, stat: &Stat) -> Option<&'a HashedFile> {
        self.0.get(path).copied().filter(|file| file.stat == *stat)
    }

    /// The entry of a path, whatever its stat.
    pub(crate) fn get(&self, path: &str) -> Option<&'a HashedFile> {
        self.0.get(path).copied()
    }
}

//! The folder of a run while it is put together: what is unpacked into it, taken over from the former one, and checked.

use camino::Utf8Path;

use crate::base::digests::FileDigest;
use crate::base::fault::{Context, Fault, Result};
use crate::base::stat::{HashedFile, Stat};
use crate::base::{files, interrupt};
use crate::github::archive::{self, Failure};
use crate::github::downloads::{self, Downloaded, Record};
use crate::github::fetch::Fetched;
use crate::github::plan::archive::why_not_a_path;
use crate::github::plan::artifacts::{Artifact, Wanted};

/// One artifact of a download.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) wanted: Wanted,
    /// What the server has.
    pub(crate) artifact: Artifact,
    /// It is there already and right.
    pub(crate) kept: bool,
}

/// An artifact in the folder that is being put together.
pub(crate) struct Arrived {
    pub(crate) item: Item,
    pub(crate) sha256: String,
    pub(crate) files: Vec<FileDigest>,
}

impl Arrived {
    /// Nothing told whether the bytes that came for this platform are those that were sent.
    pub(crate) fn may_be_spoilt(&self, platform: &str) -> bool {
        let Item { wanted, artifact, kept } = &self.item;
        wanted.platform == platform && !kept && artifact.sha256().is_none()
    }
}

/// Unpacks an archive; what was uploaded without one is taken as it is.
pub(crate) fn place(
    name: &str,
    path: &Utf8Path,
    target: &Utf8Path,
    fetched: &Fetched,
    limit_mb: u64,
) -> std::result::Result<Vec<FileDigest>, Failure> {
    if fetched.is_archive(name, path)? {
        return archive::unpack(path, target, limit_mb, &interrupt::check);
    }
    let file_name = fetched.file_name.as_deref().unwrap_or(name);
    if file_name.contains('/') || why_not_a_path(file_name).is_some() {
        let fault = Fault::new(format!("`{}` is not a name for a file", file_name.escape_debug()));
        return Err(Failure::Wrong(fault));
    }
    let to = target.join(file_name);
    if to.exists() {
        return Err(Failure::Wrong(Fault::new(format!("there are two files of the name {file_name}"))));
    }
    // Linked where that works, so that a large file is not copied for nothing; the body goes away afterwards.
    std::fs::hard_link(path, &to)
        .or_else(|_| std::fs::copy(path, &to).map(drop).inspect_err(|_| drop(std::fs::remove_file(&to))))
        .fault(|| format!("cannot write {to}"))?;
    let size = std::fs::metadata(&to).fault(|| format!("cannot read {to}"))?.len();
    Ok(vec![FileDigest { path: file_name.into(), size, sha256: fetched.sha256.clone() }])
}

/// Copies what is there already and right. Links would make one folder change with the other.
pub(crate) fn keep(
    items: &[Item],
    there: Option<&Record>,
    old: &Utf8Path,
    assembly: &Utf8Path,
) -> Result<Vec<Arrived>> {
    let Some(record) = there else { return Ok(Vec::new()) };
    let mut kept = Vec::new();
    for item in items.iter().filter(|item| item.kept) {
        let own = record.artifacts.iter().find(|own| own.id == item.artifact.id).ok_or_else(|| {
            Fault::new(format!("{} was changed while this was running", item.artifact.name))
                .hint("run the command again")
        })?;
        for file in &own.files {
            let to = assembly.join(&own.platform).join(&file.path);
            files::make_folder(to.parent().unwrap_or(&to))?;
            std::fs::copy(old.join(&own.platform).join(&file.path), &to).fault(|| format!("cannot write {to}"))?;
        }
        let files = own.files.iter().map(|file| FileDigest {
            path: file.path.as_str().into(),
            size: file.stat.size,
            sha256: file.sha256.to_string(),
        });
        kept.push(Arrived { item: item.clone(), sha256: own.sha256.clone(), files: files.collect() });
    }
    Ok(kept)
}

/// Checks a platform against its manifest, and makes programs executable.
pub(crate) fn check(manifest: &str, assembly: &Utf8Path, arrived: &[Arrived], platform: &str) -> Result<()> {
    let of_platform = arrived.iter().filter(|arrived| arrived.item.wanted.platform == platform);
    let unpacked: Vec<FileDigest> = of_platform.flat_map(|arrived| arrived.files.iter().cloned()).collect();
    let folder = assembly.join(platform);
    downloads::verify(&folder, &manifest.replace("{platform}", platform), &unpacked)?;
    for file in unpacked.iter().filter(|file| file.path.extension() == Some("AppImage")) {
        downloads::make_executable(&folder.join(&file.path))?;
    }
    Ok(())
}

/// What the record of the run says of them.
pub(crate) fn recorded(arrived: &[Arrived], assembly: &Utf8Path) -> Result<Vec<Downloaded>> {
    let recorded = |arrived: &Arrived| {
        let platform = arrived.item.wanted.platform;
        let files = arrived.files.iter().map(|file| {
            let path = assembly.join(platform).join(&file.path);
            let metadata = std::fs::metadata(&path).fault(|| format!("cannot read {path}"))?;
            let sha256 = file.sha256.parse().fault(|| format!("{path} has no SHA-256"))?;
            Ok(HashedFile { path: file.path.to_string(), stat: Stat::of(&metadata), sha256 })
        });
        Ok(Downloaded {
            name: arrived.item.artifact.name.clone(),
            id: arrived.item.artifact.id,
            platform: platform.to_owned(),
            sha256: arrived.sha256.clone(),
            files: files.collect::<Result<_>>()?,
        })
    };
    arrived.iter().map(recorded).collect()
}

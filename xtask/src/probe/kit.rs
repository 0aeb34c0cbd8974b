//! Looks at a kit: its list, and the files that are there. It needs the folder and nothing else.

use camino::Utf8Path;

use crate::fault::{Context, Fault, Result};
use crate::hash;
use crate::plan::checksums::Entry;
use crate::plan::release::build_kit::{BuildKit, FILE_NAME, SCHEMA};
use crate::plan::release::kit::{self, LIST_END};
use crate::probe::checksums::{digests, list, names_in};

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// The name of the list.
    pub(crate) list: String,
    /// The SHA-256 of the list: the one number to compare.
    pub(crate) digest: String,
    /// Listed files.
    pub(crate) files: usize,
    /// Bytes of all files that are there.
    pub(crate) bytes: u64,
    /// Everything that is not as it should be, a sentence each.
    pub(crate) wrong: Vec<String>,
}

/// Compares a kit with its list; `name` is the list's, where it is known.
///
/// # Errors
/// The folder has no list, or can't be read.
pub(crate) fn verify(folder: &Utf8Path, name: Option<&str>) -> Result<Checked> {
    let found = files(folder)?;
    let lists = found.iter().map(|(file, _)| file.as_str()).filter(|file| file.ends_with(LIST_END));
    let lists: Vec<&str> = lists.filter(|file| name.is_none_or(|name| name == *file)).collect();
    let [name] = lists[..] else {
        let how_many = if lists.is_empty() { "no list".to_owned() } else { format!("{} lists", lists.len()) };
        return Err(Fault::new(format!("{folder} is no kit"))
            .because(format!("it has {how_many} whose name ends with {LIST_END}"))
            .hint("name the folder that `airgap-kit` made, unpacked"));
    };
    let bytes = list(&folder.join(name))?;
    let sized: Vec<_> = found.iter().map(|(file, size)| (folder.join(file), *size)).collect();
    let hashed = digests(&sized, |_| Ok(()))?;
    let present = found.iter().zip(hashed).map(|((file, _), sha256)| Entry { name: file.clone(), sha256 });
    let present: Vec<Entry> = present.collect();
    let (files, wrong) = match kit::read(&bytes) {
        Ok(entries) => (entries.len(), kit::findings(name, &entries, &present, &folders(folder)?)),
        Err(why) => (0, why.into_iter().map(|why| format!("{name}: {why}")).collect()),
    };
    Ok(Checked {
        list: name.to_owned(),
        digest: hash::bytes(&bytes),
        files,
        bytes: found.iter().map(|(_, size)| size).sum(),
        wrong,
    })
}

/// The files in a folder with their sizes, sorted by name.
pub(crate) fn files(folder: &Utf8Path) -> Result<Vec<(String, u64)>> {
    let size = |name: String| {
        let path = folder.join(&name);
        let metadata = std::fs::metadata(&path).fault(|| format!("cannot read {path}"))?;
        Ok((name, metadata.len()))
    };
    names_in(folder)
        .map_err(|fault| fault.hint("name the folder that `airgap-kit` made"))?
        .into_iter()
        .map(size)
        .collect()
}

/// The names of what is no file.
fn folders(folder: &Utf8Path) -> Result<Vec<String>> {
    let entries = folder.read_dir_utf8().fault(|| format!("cannot read {folder}"))?.flatten();
    let mut names: Vec<String> =
        entries.filter(|entry| !entry.path().is_file()).map(|entry| entry.file_name().to_owned()).collect();
    names.sort_unstable();
    Ok(names)
}

/// What a kit for staging has, after every byte of it was compared with its list.
///
/// # Errors
/// It is none, was changed, or is for another machine.
pub(crate) fn build_kit(folder: &Utf8Path, host: &str) -> Result<BuildKit> {
    let checked = verify(folder, None)?;
    if !checked.wrong.is_empty() {
        let fault = Fault::new(format!("{folder} is not as it was made"));
        return Err(checked.wrong.iter().fold(fault, Fault::because).hint("bring it over again"));
    }
    let path = folder.join(FILE_NAME);
    let text = std::fs::read(&path).fault(|| format!("{folder} is no kit for staging")).map_err(|fault| {
        fault.hint("`cargo xtask airgap-kit export-build` makes one; this may be one of installers")
    })?;
    let kit: BuildKit = serde_json::from_slice(&text).fault(|| format!("{path} can't be read"))?;
    if kit.schema != SCHEMA || kit.host != host {
        return Err(Fault::new(format!("{folder} is not for this machine"))
            .because(format!("it is for {} (form {}), this is {host} (form {SCHEMA})", kit.host, kit.schema))
            .hint("export it on a machine like this one"));
    }
    Ok(kit)
}

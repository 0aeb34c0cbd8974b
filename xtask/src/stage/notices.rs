//! `THIRD-PARTY-NOTICES.txt`: every part that others wrote, with its version, its licence and the text of that.
//!
//! The same parts give the same bytes. A text that several parts have stands there once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use camino::Utf8Path;

use crate::base::fault::{Context, Result};
use crate::base::files;
use crate::stage::distribution::{self, Distribution, decoded};
use crate::stage::libraries;
use crate::stage::record::PythonFacts;
use crate::stage::store::StoredLayer;

/// The name of the file, wherever it lies.
pub(crate) const FILE_NAME: &str = "THIRD-PARTY-NOTICES.txt";

/// The licence of `desktop_runtime`, in its folder.
pub(crate) const RUNTIME_LICENCE: &str = "LICENSE";

/// Something that others wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    /// Name and version, for people.
    pub(crate) name: String,
    /// An SPDX expression, or its own words; nothing where it does not tell.
    pub(crate) licence: Option<String>,
    /// Each text, with the place that it was found in.
    pub(crate) texts: Vec<(String, String)>,
}

impl Part {
    /// A part whose texts lie in files below `folder`.
    pub(crate) fn read<'a>(
        name: String,
        licence: Option<String>,
        folder: &Utf8Path,
        files: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self> {
        let read = |path: &str| {
            let bytes = std::fs::read(folder.join(path)).fault(|| format!("cannot read {folder}/{path}"))?;
            Ok((path.to_owned(), decoded(&bytes)))
        };
        let texts = files.into_iter().map(read).collect::<Result<_>>()?;
        Ok(Self { name, licence, texts })
    }
}

/// The notices as a file. `of` says what the parts are parts of.
pub(crate) fn format(of: &str, mut parts: Vec<Part>) -> String {
    const LINE: &str = "================================================================================";
    parts.sort_by_cached_key(|part| (part.name.to_lowercase(), part.clone()));
    let mut text = format!("{of} contains work of others, under the licences below.\n\n");
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut owners: Vec<(String, Vec<String>)> = Vec::new();
    for part in &parts {
        let licence = part.licence.as_deref().unwrap_or("licence not told");
        let mut numbers_of_part = BTreeSet::new();
        for (place, words) in &part.texts {
            let words = settled(words);
            let number = *numbers.entry(words.clone()).or_insert(owners.len());
            if number == owners.len() {
                owners.push((words, Vec::new()));
            }
            owners[number].1.push(format!("{}, {place}", part.name));
            numbers_of_part.insert(number + 1);
        }
        let numbers: Vec<String> = numbers_of_part.iter().map(|number| format!("[{number}]")).collect();
        let numbers = if numbers.is_empty() { "no text".to_owned() } else { numbers.join(" ") };
        let _ = writeln!(text, "- {} ({licence}): {numbers}", part.name);
    }
    for (at, (words, owners)) in owners.iter().enumerate() {
        let _ = writeln!(text, "\n{LINE}\n[{}] {}\n{LINE}\n\n{words}", at + 1, owners.join("\n    "));
    }
    text
}

/// A text without what differs between systems and editors: ends of lines, blanks before them, empty lines around it.
fn settled(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// What people should know: the parts without a licence text.
pub(crate) fn warning(parts: &[Part]) -> Option<String> {
    let mut without: Vec<&str> =
        parts.iter().filter(|part| part.texts.is_empty()).map(|part| part.name.as_str()).collect();
    without.sort_unstable();
    (!without.is_empty()).then(|| {
        format!(
            "no licence text comes with {}; {FILE_NAME} has the names alone. Where a licence asks for its text, add that to what you hand out",
            without.join(", ")
        )
    })
}

/// Writes the notices of a packages layer in `tree`, with those of the interpreter below it and of the runtime, whose
/// folder is `own`; what people should know.
pub(crate) fn write(python: &StoredLayer, own: &Utf8Path, tree: &Utf8Path, to: &Utf8Path) -> Result<Option<String>> {
    let mut parts: Vec<Part> =
        distribution::installed(tree)?.iter().map(|found| of_distribution(tree, found)).collect::<Result<_>>()?;
    parts.extend(of_interpreter(&python.tree, python.python()?)?);
    parts.push(of_runtime(own)?);
    let warning = warning(&parts);
    files::write_atomically(to, format("This program", parts).as_bytes())?;
    Ok(warning)
}

/// `desktop_runtime`, whose folder is `own`.
pub(crate) fn of_runtime(own: &Utf8Path) -> Result<Part> {
    Part::read("desktop_runtime".to_owned(), Some("MIT".to_owned()), own, [RUNTIME_LICENCE])
}

/// A distribution that lies in a folder of packages.
pub(crate) fn of_distribution(packages: &Utf8Path, found: &Distribution) -> Result<Part> {
    let licence = found.licence.as_ref().map(ToString::to_string);
    let mut part = Part::read(format!("{} {}", found.name, found.version), licence, packages, found.notices())?;
    if part.texts.is_empty() {
        part.texts.extend(found.licence_text.clone().map(|text| ("METADATA".to_owned(), text)));
    }
    Ok(part)
}

/// The interpreter, and the native libraries that it reports.
fn of_interpreter(tree: &Utf8Path, facts: &PythonFacts) -> Result<Vec<Part>> {
    let library = facts.purelib.rsplit_once('/').map_or("", |(library, _)| library);
    let python = of_python(&facts.version, tree, &[&format!("{library}/LICENSE.txt"), "LICENSE.txt"])?;
    let of_library = |(name, version): (&String, &String)| {
        let known = libraries::find(name);
        Part {
            name: format!("{name} {version}"),
            licence: known.map(|known| known.licence.to_owned()),
            texts: known.map(|known| ("a part of CPython".to_owned(), known.text.to_owned())).into_iter().collect(),
        }
    };
    Ok(facts.libraries.iter().map(of_library).chain([python]).collect())
}

/// An interpreter, with those of the files below `folder` that are there.
pub(crate) fn of_python(version: &str, folder: &Utf8Path, files: &[&str]) -> Result<Part> {
    let files = files.iter().copied().filter(|file| folder.join(file).is_file());
    Part::read(format!("CPython {version}"), Some(libraries::PYTHON_LICENCE.to_owned()), folder, files)
}

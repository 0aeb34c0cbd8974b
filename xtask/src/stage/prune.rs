//! What a layer goes without: by the tool's rules, by the project's own patterns, and how much each saved.

use std::cell::RefCell;
use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use globset::GlobSet;
use serde::{Deserialize, Serialize};

use crate::base::config::prune::Rule;
use crate::base::fault::Result;
use crate::base::globs::patterns;

/// What one rule or pattern kept out of a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// The rule or pattern, for people.
    pub(crate) what: String,
    /// How many files.
    pub(crate) files: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
}

/// Decides about each path of a layer, and remembers what does not stay.
pub(crate) struct Prune {
    /// What is left out, and how its paths look.
    rules: Vec<(String, GlobSet)>,
    /// Files and folders that were left out, with the position of their rule.
    left_out: RefCell<BTreeMap<Utf8PathBuf, usize>>,
}

impl Prune {
    /// The tool's rules without those of `keep`, and the patterns that `key` of dds.toml has beside them.
    pub(crate) fn new(key: &str, rules: &[Rule], keep: &[String], own: &[String]) -> Result<Self> {
        let of_tool = rules.iter().filter(|rule| !keep.iter().any(|kept| kept == rule.name)).map(|rule| {
            let globs: Vec<String> = rule.globs.iter().map(|glob| (*glob).to_owned()).collect();
            Ok((format!("{} ({})", rule.name, rule.what), patterns(key, &globs)?))
        });
        let of_project = own.iter().map(|glob| Ok((glob.clone(), patterns(key, std::slice::from_ref(glob))?)));
        Ok(Self { rules: of_tool.chain(of_project).collect::<Result<_>>()?, left_out: RefCell::default() })
    }

    /// Whether `path` stays in the layer; the file or folder itself lies at `place`.
    pub(crate) fn keeps(&self, path: &str, place: &Utf8Path) -> bool {
        let rule = self.rules.iter().position(|(_, globs)| globs.is_match(path));
        if let Some(rule) = rule {
            self.left_out.borrow_mut().insert(place.to_owned(), rule);
        }
        rule.is_none()
    }

    /// What each rule saved, as long as what was left out still lies in its place.
    pub(crate) fn saved(&self) -> Vec<Saved> {
        let mut saved: Vec<Saved> =
            self.rules.iter().map(|(what, _)| Saved { what: what.clone(), ..Saved::default() }).collect();
        for (place, rule) in self.left_out.borrow().iter() {
            // Bytecode that lies there would not be shipped anyway, and what nobody can read is no fault.
            let entries =
                walkdir::WalkDir::new(place).into_iter().filter_entry(|entry| entry.file_name() != "__pycache__");
            for entry in entries.flatten().filter(|entry| !entry.file_type().is_dir()) {
                saved[*rule].files += 1;
                saved[*rule].bytes += entry.metadata().map_or(0, |metadata| metadata.len());
            }
        }
        saved.retain(|saved| saved.files > 0);
        saved
    }
}

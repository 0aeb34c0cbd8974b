//! `packaged-stage --report`: one page about what is shipped, for a browser and without a network.

mod difference;
mod tree;

use std::cmp::Reverse;
use std::collections::HashMap;

use camino::Utf8Path;
use serde_json::{Value, json};

use self::difference::difference;
use self::tree::tree;
use crate::base::ctx::Ctx;
use crate::base::fault::Result;
use crate::base::files;
use crate::base::stat::HashedFile;
use crate::stage::distribution::{self, Distribution};
use crate::stage::model::Layer;
use crate::stage::plan::left_out::LeftOut;
use crate::stage::record::Record;

/// The page, with a place for what it shows.
const PAGE: &str = include_str!("../../../resources/stage_report.html");

/// Where the data goes.
const DATA: &str = "{\"for\":\"ddstask\"}";

/// As many of the biggest files are listed.
const MOST_FILES: usize = 50;

/// Writes the page about a stage. `left_out` is what of the project is not shipped.
pub(crate) fn write(ctx: &Ctx, record: &Record, left_out: &[LeftOut], to: &Utf8Path) -> Result<()> {
    let staged = ctx.layout.absolute(ctx.layout.staged_backend());
    let distributions = distribution::installed(&staged.join("python").join(&record.python.purelib))?;
    let owners = Owners::new(record, &distributions);
    let former = Record::read(&ctx.layout.absolute(ctx.layout.spare_record()));
    let backend = ctx.layout.absolute(ctx.layout.backend());
    let data = json!({
        "title": ctx.config.project.title,
        "host": ctx.target.to_string(),
        "python": { "version": record.python.version, "source": record.seen.source.kind() },
        "digest": record.digest,
        "tree": tree(&ctx.config.project.title, owners.files().map(|(way, file)| (way, file.stat.size))),
        "pruned": pruned(record),
        "leftOut": left_out.iter().map(|left| excluded(&backend, left)).collect::<Vec<_>>(),
        "parts": parts(&owners, &distributions),
        "biggest": biggest(record),
        "former": former.map(|former| difference(&former, record)),
    });
    files::write_atomically(to, page(&data).as_bytes())
}

/// The page with its data. Nothing in that can end the element that it stands in.
fn page(data: &Value) -> String {
    PAGE.replacen(DATA, &data.to_string().replace('<', "\\u003c"), 1)
}

/// Which layer and which distribution the files of a stage belong to.
struct Owners<'a> {
    record: &'a Record,
    packages: String,
    by_path: HashMap<&'a str, &'a str>,
}

impl<'a> Owners<'a> {
    fn new(record: &'a Record, distributions: &'a [Distribution]) -> Self {
        let of = |found: &'a Distribution| found.files.iter().map(|path| (path.as_str(), found.name.as_str()));
        Self {
            record,
            packages: format!("python/{}/", record.python.purelib),
            by_path: distributions.iter().flat_map(of).collect(),
        }
    }

    /// The distribution that a file belongs to, and the rest of its path; the first folder where none has it.
    fn distribution<'p>(&'p self, path: &'p str) -> Option<(&'p str, &'p str)> {
        let path = path.strip_prefix(&self.packages)?;
        let first = || path.split('/').next().unwrap_or(path);
        Some((self.by_path.get(path).copied().unwrap_or_else(first), path))
    }

    /// Each file, with its way through the map: layer, distribution, folders.
    fn files(&self) -> impl Iterator<Item = (Vec<&str>, &HashedFile)> {
        self.record.tree.iter().zip(&self.record.owners).map(|(file, layer)| {
            let mut way = vec![title(*layer)];
            match self.distribution(&file.path).filter(|_| *layer == Some(Layer::Packages)) {
                Some((distribution, path)) => {
                    way.push(distribution);
                    // A file that no distribution has is a part of its own.
                    way.extend(path.split('/').skip(usize::from(distribution == path)));
                }
                None => way.extend(file.path.strip_prefix("python/").unwrap_or(&file.path).split('/')),
            }
            (way, file)
        })
    }
}

/// A layer for people.
fn title(layer: Option<Layer>) -> &'static str {
    match layer {
        Some(Layer::Runtime) => "Python",
        Some(Layer::Packages) => "Packages",
        Some(Layer::App) => "App",
        Some(Layer::Static) => "Static files",
        None => "Manifest",
    }
}

fn pruned(record: &Record) -> Vec<Value> {
    let of_layer = |layer| record.layer(layer).map(|layer| &layer.facts.pruned).into_iter().flatten();
    let all = Layer::ALL.into_iter().flat_map(|layer| of_layer(layer).map(move |saved| (layer, saved)));
    all.map(|(layer, saved)| {
        json!({ "layer": title(Some(layer)), "what": saved.what, "files": saved.files, "bytes": saved.bytes })
    })
    .collect()
}

/// A file or folder of the project that is not shipped, with what is in it as far as it can be read.
fn excluded(backend: &Utf8Path, left: &LeftOut) -> Value {
    let entries = walkdir::WalkDir::new(backend.join(&left.path)).into_iter().flatten();
    let (mut files, mut bytes) = (0, 0);
    for entry in entries.filter(|entry| !entry.file_type().is_dir()) {
        files += 1;
        bytes += entry.metadata().map_or(0, |metadata| metadata.len());
    }
    json!({ "path": left.path, "because": left.because, "files": files, "bytes": bytes })
}

/// The distributions with their licences and sizes.
fn parts(owners: &Owners<'_>, distributions: &[Distribution]) -> Vec<Value> {
    let mut sizes: HashMap<&str, (u64, u64)> = HashMap::new();
    for file in owners.record.files(Layer::Packages) {
        let size = owners.distribution(&file.path).map(|(name, _)| sizes.entry(name).or_default());
        if let Some((files, bytes)) = size {
            *files += 1;
            *bytes += file.stat.size;
        }
    }
    let part = |found: &Distribution| {
        let (files, bytes) = sizes.get(found.name.as_str()).copied().unwrap_or_default();
        json!({
            "name": found.name, "version": found.version, "files": files, "bytes": bytes,
            "licence": found.licence.as_ref().map(ToString::to_string),
            "texts": found.notices().count() + usize::from(found.licence_text.is_some()),
        })
    };
    distributions.iter().map(part).collect()
}

fn biggest(record: &Record) -> Vec<Value> {
    let mut files: Vec<&HashedFile> = record.tree.iter().collect();
    files.sort_by_key(|file| (Reverse(file.stat.size), &file.path));
    files.into_iter().take(MOST_FILES).map(|file| json!({ "path": file.path, "bytes": file.stat.size })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_a_name() {
        let name = "</script><script>alert(1)</script><!--\u{2028}";
        let page = page(&json!({ "title": name }));
        let data = page.split_once("type=\"application/json\">").unwrap().1.split_once("</script").unwrap().0;
        assert_eq!(serde_json::from_str::<Value>(data).unwrap()["title"], name);
        assert!(!page.contains("alert(1)</script>"));
        assert_eq!(PAGE.matches(DATA).count(), 1);
    }
}

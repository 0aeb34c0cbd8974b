//! Requirements files: which of them counts, and what is in it.

use std::collections::BTreeSet;

use crate::adopt::facts::{Needs, Place, Text, Tree, has_extension, join};
use crate::adopt::layout::{self, is_aside, pattern};
use crate::adopt::listing::{Line, Listing};
use crate::stage::plan::requirements::name;

const EXTENSIONS: [&str; 3] = ["txt", "in", "pip"];

/// The best list in a folder, with those that it includes.
pub(crate) fn best(tree: &Tree, home: &str) -> Option<(Needs, Listing)> {
    let inner = join(home, "requirements");
    let is_named = |text: &Text| text.name().to_lowercase().contains("requirements") && text.folder() == home;
    let listings = read(tree, |text| is_named(text) || text.folder() == inner);
    let best = listings.iter().position(|(_, listing)| asks_for_django(listing)).unwrap_or(0);
    listings.into_iter().nth(best)
}

/// A list of any name in any folder that asks for Django.
pub(crate) fn anywhere(tree: &Tree) -> Option<(Needs, Listing)> {
    let mut listings = read(tree, |text| !is_aside(&text.path));
    // Any other text may begin a line with that word.
    let requirement = pattern(r"^[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*(?:[=<>!~;@(].*)?$|^\.|://");
    let is_list = |listing: &Listing| listing.lines.iter().all(|line| requirement.is_match(&line.text));
    listings.retain(|(_, listing)| asks_for_django(listing) && is_list(listing));
    let depth = |needs: &Needs| match needs {
        Needs::Listed(files) => files.iter().map(|file| layout::depth(file)).min(),
        _ => None,
    };
    listings.into_iter().min_by_key(|(needs, _)| depth(needs))
}

/// The line of a list that asks for Django.
pub(crate) fn django_in(listing: &Listing) -> Option<&Line> {
    listing.lines.iter().find(|line| name(&line.text).as_deref() == Some("django"))
}

pub(crate) fn asks_for_django(listing: &Listing) -> bool {
    django_in(listing).is_some()
}

/// The lists among the files that `is_meant` lets pass, the best one first.
fn read(tree: &Tree, is_meant: impl Fn(&Text) -> bool) -> Vec<(Needs, Listing)> {
    let is_list = |text: &&Text| EXTENSIONS.iter().any(|extension| has_extension(&text.path, extension));
    let files = tree.texts.values().filter(is_list).filter(|text| is_meant(text) && rank(&text.path).is_some());
    let mut files: Vec<&Text> = files.collect();
    files.sort_by_key(|text| (rank(&text.path), has_extension(&text.path, "in"), text.path.clone()));
    let listings = files.into_iter().map(|file| {
        let (mut listing, mut read) = (Listing::default(), BTreeSet::new());
        flatten(tree, file, &mut listing, &mut read);
        (Needs::Listed(read.into_iter().collect()), listing)
    });
    listings.collect()
}

/// Production before everything else, and what developers need not at all.
fn rank(path: &str) -> Option<u8> {
    let words: Vec<&str> = path.split(['/', '.', '-', '_']).collect();
    let any = |of: &[&str]| words.iter().any(|word| of.contains(word));
    if any(&["dev", "development", "test", "tests", "testing", "local", "docs", "doc", "ci", "lint", "constraints"]) {
        return None;
    }
    Some(u8::from(!any(&["prod", "production", "live", "deploy"])))
}

/// Adds the lines of a file and of those that it includes.
fn flatten(tree: &Tree, file: &Text, listing: &mut Listing, read: &mut BTreeSet<String>) {
    if !read.insert(file.path.clone()) {
        return;
    }
    for (text, line) in logical(&file.text) {
        let place = Place { file: file.path.clone(), line };
        let option = |names: &[&str]| {
            let name = names.iter().find(|name| text.starts_with(**name))?;
            Some(text[name.len()..].trim_start_matches(['=', ' ']).trim().to_owned())
        };
        let other = |path: &str| tree.texts.get(&plain("", &join(file.folder(), path)));
        if let Some(path) = option(&["--requirement", "-r"]) {
            match other(&path) {
                Some(other) => flatten(tree, other, listing, read),
                None => listing.lost.push(Line { text: path, place }),
            }
        } else if let Some(path) = option(&["--constraint", "-c"]) {
            match other(&path).map(|other| logical(&other.text)) {
                Some(lines) => listing.constraints.extend(lines.iter().map(|(text, _)| without_options(text))),
                None => listing.lost.push(Line { text: path, place }),
            }
        } else if let Some(path) = option(&["--editable", "-e"]) {
            listing.lines.push(Line { text: as_path(tree, file, &named(&path)), place });
        } else if text.starts_with("--") || text.starts_with("-i") || text.starts_with("-f") {
            listing.indexes.push(text);
        } else {
            let text = named(&without_options(&text));
            let text = if text.contains('/') && !text.contains('@') { as_path(tree, file, &text) } else { text };
            listing.lines.push(Line { text, place });
        }
    }
}

/// A path with a name, so that `--drop` and `--replace` know it: `lib/parts` is `parts @ ./lib/parts`. The project itself,
/// `.` or what is above it, has none.
fn as_path(tree: &Tree, file: &Text, text: &str) -> String {
    let path = text.split(['[', ';', ' ']).next().unwrap_or_default().trim_end_matches('/');
    let is_relative = !text.contains("://") && tree.has_folder(&plain(file.folder(), path));
    let place = if is_relative && !path.starts_with(['.', '/']) { format!("./{text}") } else { text.to_owned() };
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = last.split('-').take_while(|part| !part.starts_with(|c: char| c.is_ascii_digit())).collect::<Vec<_>>();
    let is_named = place.starts_with(['.', '/']) && !last.is_empty() && !last.starts_with('.');
    if is_named { format!("{} @ {place}", name.join("-")) } else { place }
}

/// The lines of a list without comments, continued ones joined; with their numbers.
fn logical(text: &str) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut is_continued = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.starts_with('#') {
            continue;
        }
        let part = line.trim_end_matches('\\').trim();
        match found.last_mut() {
            Some((whole, _)) if is_continued => *whole = format!("{whole} {part}"),
            _ if part.is_empty() => {}
            _ => found.push((part.to_owned(), number + 1)),
        }
        is_continued = line.ends_with('\\');
    }
    found
}

/// A requirement without the options behind it, such as its hashes.
fn without_options(line: &str) -> String {
    line.split(" --").next().unwrap_or_default().trim().to_owned()
}

/// A requirement from a repository with its name: the one behind `#egg=`, or that of the repository.
fn named(text: &str) -> String {
    let is_repository = ["git+", "hg+", "svn+"].iter().any(|start| text.starts_with(start));
    let egg = text.split_once("egg=").map(|(_, name)| name);
    let last = text.split(['#', '@']).next().unwrap_or(text).trim_end_matches('/').rsplit('/').next();
    let own = egg.or(last).map(|name| name.split(['&', '[', ';', ' ']).next().unwrap_or(name).trim_end_matches(".git"));
    own.filter(|_| is_repository).map_or_else(|| text.to_owned(), |name| format!("{name} @ {text}"))
}

/// A path from a folder on, without `.`, and with `..` only where it leads out.
pub(crate) fn plain(start: &str, path: &str) -> String {
    let mut parts: Vec<&str> = if start.is_empty() { Vec::new() } else { start.split('/').collect() };
    for part in path.split('/') {
        match (part, parts.last()) {
            ("." | "", _) => {}
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            (part, _) => parts.push(part),
        }
    }
    parts.join("/")
}

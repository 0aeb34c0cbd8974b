//! Facts from the files of a project. Nothing is run, and nothing is decided.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use regex::Regex;
use toml::{Table, Value};

use crate::adopt::facts::{Facts, Layout, Place, Tree};
use crate::adopt::layout::pattern;
use crate::adopt::listing::{Listing, pyproject};
use crate::adopt::requirements::{Wishes, find};
use crate::adopt::{layout, sources, versions};
use crate::stage::plan::requirements::name;

/// Looks at the files.
pub(crate) fn observe(tree: &Tree, folder: &Utf8Path, wishes: &Wishes) -> (Facts, Listing) {
    let places = layout::layout(tree);
    let (needs, listing) = find(tree, &places, wishes);
    let project = pyproject(tree, "").map(|(_, table)| table);
    let facts = Facts {
        written_root: relative(&tree.root, folder),
        folder_name: tree.root.file_name().unwrap_or("app").to_owned(),
        candidates: layout::candidates(tree, &places),
        variables: Vec::new(),
        mentions: sources::mentions(tree),
        needs,
        name: project.as_ref().and_then(name_of),
        version: version_of(tree, project.as_ref(), &places),
        requires_python: project.as_ref().and_then(python_of),
        django: django_of(tree, &listing),
        builds: sources::builds(tree),
        icon: sources::icon(tree),
        lost: tree.lost.clone(),
        in_the_way: tree.paths.iter().filter(|path| path.eq_ignore_ascii_case("python")).cloned().collect(),
        packages: layout::own_packages(tree, &places),
        above: tree.above.iter().map(|(name, place)| (name.clone(), relative(place, folder))).collect(),
        fixtures: sources::fixtures(tree),
        samples: sources::samples(tree),
        uncompiled: sources::uncompiled(tree),
        data: Vec::new(),
        commands: sources::commands(tree),
        layout: places,
    };
    (facts, listing)
}

fn name_of(project: &Table) -> Option<String> {
    let poetry = || project.get("tool")?.get("poetry")?.get("name");
    let name = project.get("project").and_then(|project| project.get("name")).or_else(poetry);
    name.and_then(Value::as_str).map(str::to_owned)
}

/// The version: that of `pyproject.toml`, Poetry's part included; else of `setup.cfg` or `setup.py`; else the one
/// `__version__` that the project's packages have.
fn version_of(tree: &Tree, project: Option<&Table>, layout: &Layout) -> Option<(String, Place)> {
    let poetry = || project?.get("tool")?.get("poetry")?.get("version")?.as_str();
    let written = project.and_then(|table| table.get("project")?.get("version")?.as_str()).or_else(poetry);
    if let (Some(version), Some(file)) = (written, tree.texts.get("pyproject.toml")) {
        return Some((version.to_owned(), file.place(file.text.find(version).unwrap_or(0))));
    }
    let literal = pattern(r#"(?m)^(?:__version__|version)\s*=\s*["']?(\d[\w.+!-]*)["']?\s*$"#);
    let argument = pattern(r#"[(,\s]version\s*=\s*["'](\d[\w.+!-]*)["']"#);
    let read_as = |path: &str, written: &Regex| {
        let file = tree.texts.get(path)?;
        let found = written.captures(&file.text)?.get(1)?;
        Some((found.as_str().to_owned(), file.place(found.start())))
    };
    let read = |path: &str| read_as(path, &literal);
    let mut modules = layout::own_modules(tree, layout).into_iter().filter_map(|path| read(&path));
    let of_setup = read("setup.cfg").or_else(|| read_as("setup.py", &argument));
    of_setup.or_else(|| modules.next().filter(|_| modules.next().is_none()))
}

fn python_of(project: &Table) -> Option<String> {
    let poetry = || project.get("tool")?.get("poetry")?.get("dependencies")?.get("python");
    let range = project.get("project").and_then(|project| project.get("requires-python"));
    range
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| poetry().and_then(Value::as_str).map(crate::adopt::locks::ranges))
}

/// The range of Django: of the lock where there is one, of the list otherwise.
fn django_of(tree: &Tree, listing: &Listing) -> Option<String> {
    let is_django = |text: &&str| name(text).as_deref() == Some("django");
    let of_list = || listing.lines.iter().map(|line| line.text.as_str()).find(is_django).map(versions::range_of);
    let pinned = listing.constraints.iter().map(String::as_str).find(is_django).map(versions::range_of);
    locked_django(tree).or(pinned).or_else(of_list)
}

fn locked_django(tree: &Tree) -> Option<String> {
    let lock: Table = toml::from_str(&tree.texts.get("uv.lock")?.text).ok()?;
    let packages = lock.get("package")?.as_array()?;
    let django = packages.iter().find(|package| package.get("name").and_then(Value::as_str) == Some("django"))?;
    Some(format!("=={}", django.get("version")?.as_str()?))
}

/// The path from one folder to another, both absolute, as it is written into a file; absolute where there is none.
pub(crate) fn relative(to: &Utf8Path, from: &Utf8Path) -> String {
    let (to_parts, from_parts): (Vec<_>, Vec<_>) = (to.components().collect(), from.components().collect());
    let common = to_parts.iter().zip(&from_parts).take_while(|(a, b)| a == b).count();
    if common == 0 || matches!(to_parts.get(common), Some(Utf8Component::Prefix(_))) {
        return to.as_str().replace('\\', "/");
    }
    let ups = from_parts[common..].iter().map(|_| "..");
    let path: Utf8PathBuf = ups.chain(to_parts[common..].iter().map(Utf8Component::as_str)).collect();
    if path.as_str().is_empty() { ".".to_owned() } else { path.as_str().replace('\\', "/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_from_folder_to_folder() {
        let check = |to: &str, from: &str, path: &str| assert_eq!(relative(to.into(), from.into()), path);
        check("/a/shop", "/a/starter", "../shop");
        check("/a/starter/vendor/shop", "/a/starter", "vendor/shop");
        check("/a", "/a", ".");
        check("/b/c", "/a/starter", "../../b/c");
    }
}

//! Where the parts of a project lie: the entry script, what goes on the import path, the settings modules that are named.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::adopt::facts::{Candidate, Layout, Text, Tree, folder, join};

/// Entry scripts farther down belong to something else.
const DEEPEST: usize = 3;

/// Words of a path that tell an example or a test from the project itself.
const ASIDE: [&str; 7] = ["test", "tests", "example", "examples", "demo", "sandbox", "docs"];

/// Files outside of Python in which a settings module is named, and what they are to people.
const NAMED_IN: [&str; 7] =
    ["Dockerfile", "Procfile", "Makefile", "pytest.ini", "setup.cfg", "pyproject.toml", "tox.ini"];

/// A pattern that stands in the sources, so whether it is valid does not depend on a project.
pub(crate) fn pattern(text: &str) -> Regex {
    match Regex::new(text) {
        Ok(pattern) => pattern,
        Err(error) => unreachable!("{error}"),
    }
}

/// The entry scripts, that of the project first.
pub(crate) fn entries(tree: &Tree) -> Vec<&Text> {
    let mut scripts: Vec<&Text> = tree.texts.values().filter(|text| is_entry(text)).collect();
    scripts.sort_by_key(|text| (is_aside(&text.path), depth(&text.path), text.path.clone()));
    scripts
}

/// The entry script and the import roots.
pub(crate) fn layout(tree: &Tree) -> Layout {
    let mut scripts = entries(tree).into_iter();
    let manage = scripts.next().map(|text| text.path.clone());
    let others = scripts.filter(|text| !is_aside(&text.path)).map(|text| text.path.clone()).collect();
    let home = manage.as_deref().map_or_else(|| home_without_script(tree), |path| folder(path).to_owned());
    let source_roots = source_roots(tree, &home);
    Layout { manage, others, source_roots, cwd: dotted(&home) }
}

/// The folder of the entry script, where that one has the `uv.lock` and the top has none.
pub(crate) fn with_own_lock(tree: &Tree) -> Option<String> {
    let home = layout(tree).cwd;
    (home != "." && !tree.has("uv.lock") && tree.has(&join(&home, "uv.lock"))).then_some(home)
}

/// How many folders a file lies in.
pub(crate) fn depth(path: &str) -> usize {
    path.matches('/').count()
}

/// Whether a file belongs to something beside the project.
pub(crate) fn is_aside(path: &str) -> bool {
    path.split('/').any(|part| ASIDE.contains(&part))
}

fn is_entry(text: &Text) -> bool {
    let calls = text.text.contains("execute_from_command_line") || text.text.contains("DJANGO_SETTINGS_MODULE");
    text.name() == "manage.py" && depth(&text.path) <= DEEPEST && calls
}

/// A folder as `dds.toml` has it.
fn dotted(folder: &str) -> String {
    if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
}

/// Without an entry script: the folder above the package with the WSGI module or the settings.
fn home_without_script(tree: &Tree) -> String {
    let is_start = |text: &&Text| {
        let is_module = matches!(text.name(), "wsgi.py" | "asgi.py" | "settings.py");
        is_module && (text.text.contains("DJANGO_SETTINGS_MODULE") || text.text.contains("INSTALLED_APPS"))
    };
    let starts = tree.sources().filter(is_start);
    let first = starts.min_by_key(|text| (is_aside(&text.path), depth(&text.path), text.path.clone()));
    let mut home = first.map_or("", Text::folder);
    while tree.has(&join(home, "__init__.py")) && !home.is_empty() {
        home = folder(home);
    }
    // Settings outside of a package are imported from their own folder's parent, as a namespace package.
    if first.is_some_and(|text| text.folder() == home) { folder(home).to_owned() } else { home.to_owned() }
}

/// The folders that go on the import path: that of the entry script, what scripts add to it, and where the packages of the
/// project lie that are imported from there.
fn source_roots(tree: &Tree, home: &str) -> Vec<String> {
    let mut roots = vec![home.to_owned()];
    roots.extend(added_to_path(tree, home));
    for other in ["", "src"] {
        if !roots.iter().any(|root| root == other) && imports_from(tree, home, other) {
            roots.push(other.to_owned());
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    roots.retain(|root| seen.insert(root.clone()));
    roots.iter().map(|root| dotted(root)).collect()
}

/// Folders that `manage.py`, `wsgi.py` or the settings append to `sys.path` by name.
fn added_to_path(tree: &Tree, home: &str) -> Vec<String> {
    let call = pattern(r"sys\.path\.(?:append|insert)\(([^\n]*)\)");
    let word = pattern(r#"["']([\w/.-]+)["']"#);
    let is_start =
        |text: &&Text| matches!(text.name(), "manage.py" | "wsgi.py" | "asgi.py") || text.path.contains("settings");
    let mut found = Vec::new();
    for text in tree.sources().filter(is_start) {
        for arguments in call.captures_iter(&text.text) {
            let named = word.captures_iter(&arguments[1]).map(|word| word[1].to_owned());
            let places = named.flat_map(|name| [join(home, &name), join(text.folder(), &name), name]);
            found.extend(places.filter(|place| !place.contains("..") && tree.has_folder(place)).take(1));
        }
    }
    found
}

/// Whether a source below `home` imports a package that lies in another folder of the project, and not beside it.
fn imports_from(tree: &Tree, home: &str, other: &str) -> bool {
    let packages = packages(tree, other);
    let import = pattern(r"(?m)^\s*(?:from|import)\s+(\w+)|^\s+[\x22'](\w+)[\x22'.]");
    let below = format!("{home}/");
    let inside = tree.sources().filter(|text| home.is_empty() || text.path.starts_with(&below));
    let mut names = inside.flat_map(|text| import.captures_iter(&text.text).collect::<Vec<_>>());
    names.any(|found| {
        let name = found.get(1).or(found.get(2)).map_or("", |name| name.as_str());
        packages.contains(&name) && !tree.has_folder(&join(home, name)) && !tree.has(&join(home, &format!("{name}.py")))
    })
}

/// The packages in a folder, by name.
fn packages<'a>(tree: &'a Tree, folder: &str) -> Vec<&'a str> {
    let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let below = tree.paths.iter().filter_map(|path| path.strip_prefix(&start));
    below.filter_map(|path| path.strip_suffix("/__init__.py")).filter(|name| !name.contains('/')).collect()
}

/// The folders on the import path; the project's own is empty.
fn roots(layout: &Layout) -> impl Iterator<Item = &str> {
    layout.source_roots.iter().map(|root| if root == "." { "" } else { root })
}

/// The packages on the import path.
pub(crate) fn own_packages(tree: &Tree, layout: &Layout) -> BTreeSet<String> {
    roots(layout).flat_map(|root| packages(tree, root)).map(str::to_owned).collect()
}

/// The files that these packages begin with.
pub(crate) fn own_modules(tree: &Tree, layout: &Layout) -> Vec<String> {
    let modules = roots(layout).flat_map(|root| {
        packages(tree, root).into_iter().map(move |package| join(&join(root, package), "__init__.py"))
    });
    modules.collect()
}

/// The settings modules that something names and that are there, with their siblings in a package of settings.
pub(crate) fn candidates(tree: &Tree, layout: &Layout) -> Vec<Candidate> {
    let naming = pattern(r#"DJANGO_SETTINGS_MODULE["']?\s*[,=:\]]+\s*["']?([A-Za-z_][\w.]*)|--ds[= ]([\w.]+)"#);
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in tree.texts.values().filter(|text| names_settings(text)) {
        for found in naming.captures_iter(&text.text) {
            let Some(module) = found.get(1).or(found.get(2)) else { continue };
            named.entry(module.as_str().to_owned()).or_default().push(text.place(module.start()).to_string());
        }
    }
    named.retain(|module, _| file_of(tree, layout, module).is_some());
    // Often only the tests' own are named, and those of the program are made anew on each server.
    if named.keys().all(|module| is_of_tests(module)) {
        for module in by_content(tree, layout) {
            named.entry(module).or_default();
        }
    }
    for module in named.keys().cloned().collect::<Vec<_>>() {
        for sibling in siblings(tree, layout, &module) {
            named.entry(sibling).or_default();
        }
    }
    let found = named
        .into_iter()
        .filter_map(|(module, named_by)| Some(Candidate { file: file_of(tree, layout, &module)?, module, named_by }));
    found.collect()
}

/// Words that settings have for a server.
pub(crate) const OF_PRODUCTION: [&str; 5] = ["production", "prod", "live", "deployment", "deploy"];
/// Words that settings have for the machine of a developer.
pub(crate) const OF_DEVELOPMENT: [&str; 5] = ["development", "develop", "dev", "local", "debug"];

/// Whether a settings module is there for tests alone: its own name says so, or that of a package, whatever its own is.
pub(crate) fn is_of_tests(module: &str) -> bool {
    let own = module.rsplit('.').next().unwrap_or(module);
    own.split('_').any(|word| word.starts_with("test") || word == "ci")
        || module.split('.').any(|part| matches!(part, "test" | "tests"))
}

fn names_settings(text: &Text) -> bool {
    let is_known = NAMED_IN.iter().any(|name| text.name().starts_with(name)) || text.name().contains("compose");
    is_known || matches!(text.name(), "manage.py" | "wsgi.py" | "asgi.py" | "celery.py" | "celery_app.py")
}

/// Modules that look like settings, where nothing names one that is there.
fn by_content(tree: &Tree, layout: &Layout) -> Vec<String> {
    let apps = pattern(r"(?m)^INSTALLED_APPS\b");
    let is_settings = |text: &&Text| {
        text.path.contains("settings") && !text.path.contains("migrations/") && apps.is_match(&text.text)
    };
    tree.sources().filter(is_settings).filter_map(|text| module_of(layout, &text.path)).collect()
}

/// The modules beside one in a package that is called settings, config or the like.
fn siblings(tree: &Tree, layout: &Layout, module: &str) -> Vec<String> {
    let Some(file) = file_of(tree, layout, module) else { return Vec::new() };
    let home = folder(&file).to_owned();
    let name = home.rsplit('/').next().unwrap_or_default();
    if !["settings", "config", "conf"].contains(&name) && !name.ends_with("settings") {
        return Vec::new();
    }
    let beside = tree.sources().filter(|text| text.folder() == home && text.name() != "__init__.py");
    // What only adds to the list, or asks for it, is a part of the settings, or none.
    let apps = pattern(r"(?m)^INSTALLED_APPS\s*(?::[^=\n]+)?=");
    let is_settings = |text: &&Text| text.text.contains("import *") || apps.is_match(&text.text);
    beside.filter(is_settings).filter_map(|text| module_of(layout, &text.path)).collect()
}

/// The dotted name of a file, from the deepest import root.
fn module_of(layout: &Layout, file: &str) -> Option<String> {
    let below = roots(layout).filter_map(|root| {
        let rest = if root.is_empty() { Some(file) } else { file.strip_prefix(root)?.strip_prefix('/') }?;
        Some(rest.strip_suffix(".py")?.trim_end_matches("/__init__").replace('/', "."))
    });
    let is_name = |module: &String| !module.contains('-');
    let below = below.filter(is_name);
    below.min_by_key(String::len)
}

/// The file of a module.
pub(crate) fn file_of(tree: &Tree, layout: &Layout, module: &str) -> Option<String> {
    let path = module.replace('.', "/");
    let files = layout.source_roots.iter().map(|root| join(root, &path));
    files.flat_map(|file| [format!("{file}.py"), format!("{file}/__init__.py")]).find(|file| tree.has(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_tests_are_known_by_their_name_or_by_that_of_a_package() {
        for module in
            ["tests.settings", "shop.test.base", "shop.settings_test", "shop.testsettings", "shop.settings.ci"]
        {
            assert!(is_of_tests(module), "{module}");
        }
        for module in ["testproject.settings", "latest.settings", "shop.settings.local", "circus.settings"] {
            assert!(!is_of_tests(module), "{module}");
        }
    }
}

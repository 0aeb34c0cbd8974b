//! What a project needs, from whichever file says so, as one list that can be locked.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::adopt::facts::{Layout, Needs, Place, Text, Tree, folder, has_extension, join};
use crate::adopt::layout::pattern;
use crate::adopt::listing::{Line, Listing, place_of, pyproject, strings};
use crate::adopt::{locks, sources};
use crate::stage::plan::requirements::name;

/// Servers, their tools and drivers, which a desktop program has no use for unless a source imports them; and what only
/// developers use. The distribution and the module by which it would be known.
const OF_SERVERS: [(&str, &str); 30] = [
    ("gunicorn", "gunicorn"),
    ("uwsgi", "uwsgi"),
    ("pyuwsgi", "uwsgi"),
    ("uwsgitop", "uwsgitop"),
    ("supervisor", "supervisor"),
    ("setproctitle", "setproctitle"),
    ("psycopg2", "psycopg2"),
    ("psycopg2-binary", "psycopg2"),
    ("psycopg", "psycopg"),
    ("psycopg-binary", "psycopg"),
    ("psycopg-c", "psycopg"),
    ("mysqlclient", "MySQLdb"),
    ("cx-oracle", "cx_Oracle"),
    ("oracledb", "oracledb"),
    ("uvicorn", "uvicorn"),
    ("uvicorn-worker", "uvicorn_worker"),
    ("hypercorn", "hypercorn"),
    ("daphne", "daphne"),
    ("django-heroku", "django_heroku"),
    ("pytest", "pytest"),
    ("pytest-django", "pytest_django"),
    ("pytest-cov", "pytest_cov"),
    ("coverage", "coverage"),
    ("black", "black"),
    ("flake8", "flake8"),
    ("isort", "isort"),
    ("mypy", "mypy"),
    ("ruff", "ruff"),
    ("tox", "tox"),
    ("pre-commit", "pre_commit"),
];

/// Modules whose distribution has another name.
const DISTRIBUTIONS: &str = "PIL=pillow yaml=pyyaml rest_framework=djangorestframework \
    rest_framework_simplejwt=djangorestframework-simplejwt crispy_forms=django-crispy-forms \
    crispy_bootstrap5=crispy-bootstrap5 crispy_bootstrap4=crispy-bootstrap4 allauth=django-allauth \
    debug_toolbar=django-debug-toolbar environ=django-environ decouple=python-decouple dotenv=python-dotenv \
    bs4=beautifulsoup4 cv2=opencv-python-headless sklearn=scikit-learn dateutil=python-dateutil \
    pkg_resources=setuptools jwt=pyjwt corsheaders=django-cors-headers widget_tweaks=django-widget-tweaks \
    django_filters=django-filter taggit=django-taggit mptt=django-mptt import_export=django-import-export \
    django_tasks=django-tasks ckeditor=django-ckeditor storages=django-storages sorl=sorl-thumbnail \
    compressor=django-compressor simple_history=django-simple-history guardian=django-guardian \
    reversion=django-reversion rosetta=django-rosetta constance=django-constance \
    modeltranslation=django-modeltranslation haystack=django-haystack phonenumber_field=django-phonenumber-field \
    social_django=social-auth-app-django oauth2_provider=django-oauth-toolkit sekizai=django-sekizai axes=django-axes ldap=python-ldap \
    magic=python-magic docx=python-docx pptx=python-pptx Crypto=pycryptodome git=gitpython serial=pyserial \
    OpenSSL=pyopenssl attr=attrs slugify=python-slugify model_utils=django-model-utils \
    polymorphic=django-polymorphic extra_views=django-extra-views treebeard=django-treebeard \
    tinymce=django-tinymce tagging=django-tagging formtools=django-formtools waffle=django-waffle \
    webpack_loader=django-webpack-loader two_factor=django-two-factor-auth auditlog=django-auditlog";

/// The distributions of servers and developers that no source imports.
pub(crate) fn unused(tree: &Tree, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let module = |name: &str| OF_SERVERS.iter().find(|(own, _)| *own == name).map(|(_, module)| *module);
    names.into_iter().filter(|name| module(name).is_some_and(|module| !sources::uses(tree, module))).collect()
}

/// What a person says about packages in `dds.toml`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) add: Vec<String>,
    pub(crate) drop: Vec<String>,
    pub(crate) replace: BTreeMap<String, String>,
    pub(crate) extras: Vec<String>,
    pub(crate) groups: Vec<String>,
}

impl Wishes {
    /// Reads `[packages]`.
    pub(crate) fn of(packages: Option<&Table>) -> Self {
        let list = |key: &str| strings(packages.and_then(|table| table.get(key)));
        let replace = packages.and_then(|table| table.get("replace")?.as_table());
        let replace =
            replace.into_iter().flatten().filter_map(|(key, value)| Some((name(key)?, value.as_str()?.to_owned())));
        let drop = list("drop").iter().filter_map(|line| name(line)).collect();
        Self { add: list("add"), drop, replace: replace.collect(), extras: list("extras"), groups: list("groups") }
    }

    /// The same with what the command line says.
    pub(crate) fn with(mut self, add: &[String], drop: &[String], replace: &[String]) -> Self {
        let is_new = |line: &&String| !self.add.contains(line);
        self.add.extend(add.iter().filter(is_new).cloned().collect::<Vec<_>>());
        self.drop.extend(drop.iter().filter_map(|line| name(line)));
        self.drop.sort_unstable();
        self.drop.dedup();
        self.replace.extend(replace.iter().filter_map(|line| Some((name(line)?, line.clone()))));
        self
    }
}

/// Where the project says what it needs, and the list of it. Nothing for `uv.lock`, which is a list already.
pub(crate) fn find(tree: &Tree, layout: &Layout, wishes: &Wishes) -> (Needs, Listing) {
    if tree.has("uv.lock") {
        return (Needs::UvLock, Listing::default());
    }
    let homes = homes(layout);
    let of_lock = homes.iter().find_map(|home| locks::read(tree, home));
    let of_files = || homes.iter().find_map(|home| of_files(tree, home));
    let of_project = || homes.iter().find_map(|home| of_project(tree, home, wishes));
    let (needs, mut listing) =
        of_lock.or_else(of_files).or_else(of_project).unwrap_or_else(|| by_imports(tree, layout));
    arrange(tree, &mut listing, wishes);
    (needs, listing)
}

/// The folders in which such files are looked for.
fn homes(layout: &Layout) -> Vec<String> {
    let cwd = if layout.cwd == "." { "" } else { &layout.cwd };
    let mut homes = vec![String::new(), cwd.to_owned()];
    homes.dedup();
    homes
}

/// Replaces, adds and drops.
fn arrange(tree: &Tree, listing: &mut Listing, wishes: &Wishes) {
    for line in &mut listing.lines {
        if let Some(other) = name(&line.text).and_then(|name| wishes.replace.get(&name)) {
            line.text.clone_from(other);
        }
    }
    let here = Place { file: "dds.toml".to_owned(), line: 1 };
    listing.lines.extend(wishes.add.iter().map(|text| Line { text: text.clone(), place: here.clone() }));
    let is_needed = |line: &Line| {
        let Some(name) = name(&line.text) else { return true };
        let is_unused = !wishes.add.contains(&line.text) && !unused(tree, [name.clone()]).is_empty();
        !wishes.drop.contains(&name) && !is_unused
    };
    let (kept, dropped) = std::mem::take(&mut listing.lines).into_iter().partition(is_needed);
    (listing.lines, listing.dropped) = (kept, dropped);
}

/// The best list of requirements in a folder, with those that it includes.
fn of_files(tree: &Tree, home: &str) -> Option<(Needs, Listing)> {
    let inner = join(home, "requirements");
    let is_list = |text: &&Text| {
        let is_named = text.name().contains("requirements") && text.folder() == home || text.folder() == inner;
        is_named && (has_extension(&text.path, "txt") || has_extension(&text.path, "in"))
    };
    let mut files: Vec<&Text> = tree.texts.values().filter(is_list).filter(|text| rank(&text.path).is_some()).collect();
    files.sort_by_key(|text| (rank(&text.path), has_extension(&text.path, "in"), text.path.clone()));
    let listings = files.into_iter().map(|file| {
        let (mut listing, mut read) = (Listing::default(), BTreeSet::new());
        flatten(tree, file, &mut listing, &mut read);
        (Needs::Listed(read.into_iter().collect()), listing)
    });
    let listings: Vec<_> = listings.collect();
    let has_django = |listing: &Listing| listing.lines.iter().any(|line| name(&line.text).as_deref() == Some("django"));
    let best = listings.iter().position(|(_, listing)| has_django(listing)).unwrap_or(0);
    let found = listings.into_iter().nth(best)?;
    // A project that also has a list of its own takes that, where the file is for something else.
    (has_django(&found.1) || !has_own_list(tree, home)).then_some(found)
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
                Some(lines) => listing.constraints.extend(lines.iter().map(|(text, _)| without_hashes(text))),
                None => listing.lost.push(Line { text: path, place }),
            }
        } else if let Some(path) = option(&["--editable", "-e"]) {
            listing.lines.push(Line { text: named(&path), place });
        } else if text.starts_with("--") || text.starts_with("-i") || text.starts_with("-f") {
            listing.indexes.push(text);
        } else {
            listing.lines.push(Line { text: named(&without_hashes(&text)), place });
        }
    }
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

fn without_hashes(line: &str) -> String {
    line.split(" --hash").next().unwrap_or_default().trim().to_owned()
}

/// A requirement from a repository with its name: the one behind `#egg=`, or that of the repository.
fn named(text: &str) -> String {
    let is_repository = ["git+", "hg+", "svn+"].iter().any(|start| text.starts_with(start));
    let egg = text.split_once("egg=").map(|(_, name)| name);
    let last = text.split(['#', '@']).next().unwrap_or(text).trim_end_matches('/').rsplit('/').next();
    let own = egg.or(last).map(|name| name.split(['&', '[', ';', ' ']).next().unwrap_or(name).trim_end_matches(".git"));
    own.filter(|_| is_repository).map_or_else(|| text.to_owned(), |name| format!("{name} @ {text}"))
}

/// A path without `.` and `..`.
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

fn has_own_list(tree: &Tree, home: &str) -> bool {
    of_project(tree, home, &Wishes::default()).is_some()
}

/// `[project]` or `[tool.poetry]` of `pyproject.toml`, or `setup.cfg`.
fn of_project(tree: &Tree, home: &str, wishes: &Wishes) -> Option<(Needs, Listing)> {
    let Some((path, table)) = pyproject(tree, home) else { return of_setup(tree, home) };
    let project = table.get("project").and_then(Value::as_table);
    let mut texts = strings(project.and_then(|project| project.get("dependencies")));
    let extras = project.and_then(|project| project.get("optional-dependencies"));
    let groups = table.get("dependency-groups");
    for (names, lists) in [(&wishes.extras, extras), (&wishes.groups, groups)] {
        texts.extend(names.iter().flat_map(|name| strings(lists.and_then(|lists| lists.get(name)))));
    }
    if texts.is_empty() {
        texts = locks::of_poetry(&table, true);
    }
    let file = tree.texts.get(&path)?;
    let lines = texts.into_iter().map(|text| Line { place: place_of(file, &text), text }).collect();
    let listing = Listing { lines, indexes: indexes(&table), ..Listing::default() };
    if listing.lines.is_empty() { of_setup(tree, home) } else { Some((Needs::Listed(vec![path]), listing)) }
}

/// Where the project says that packages come from, as options of a list: `[tool.uv]` or `[[tool.poetry.source]]`.
pub(crate) fn indexes(project: &Table) -> Vec<String> {
    let tool = |name: &str| project.get("tool").and_then(|tool| tool.get(name));
    let get = |name: &str| tool("uv").and_then(|uv| uv.get(name)).or_else(|| tool("uv")?.get("pip")?.get(name));
    let tables = [get("index"), tool("poetry").and_then(|poetry| poetry.get("source"))];
    let tables = tables.into_iter().flatten().filter_map(Value::as_array).flatten();
    let named = tables.filter_map(|table| {
        let is_first = table.get("default").and_then(Value::as_bool) == Some(true)
            || matches!(table.get("priority").and_then(Value::as_str), Some("primary" | "default"));
        Some((if is_first { "--index-url" } else { "--extra-index-url" }, table.get("url")?.as_str()?.to_owned()))
    });
    let first = get("index-url").and_then(Value::as_str).map(|url| ("--index-url", url.to_owned()));
    let more = strings(get("extra-index-url")).into_iter().map(|url| ("--extra-index-url", url));
    let links = strings(get("find-links")).into_iter().map(|url| ("--find-links", url));
    named.chain(first).chain(more).chain(links).map(|(option, url)| format!("{option} {url}")).collect()
}

fn of_setup(tree: &Tree, home: &str) -> Option<(Needs, Listing)> {
    of_setup_cfg(tree, home).or_else(|| of_setup_py(tree, home))
}

/// `install_requires` of `setup.py`, where it is written out.
fn of_setup_py(tree: &Tree, home: &str) -> Option<(Needs, Listing)> {
    let file = tree.texts.get(&join(home, "setup.py"))?;
    let list =
        pattern(r"install_requires\s*=\s*\[([^\[\]]*(?:\[[\w,\s-]*\][^\[\]]*)*)\]").captures(&file.text)?.get(1)?;
    let text = pattern(r#"'([^'\n]+)'|"([^"\n]+)""#);
    let texts = text.captures_iter(list.as_str()).filter_map(|found| found.get(1).or(found.get(2)));
    let lines: Vec<Line> = texts
        .map(|found| Line { text: found.as_str().to_owned(), place: file.place(list.start() + found.start()) })
        .collect();
    (!lines.is_empty()).then(|| (Needs::Listed(vec![file.path.clone()]), Listing { lines, ..Listing::default() }))
}

fn of_setup_cfg(tree: &Tree, home: &str) -> Option<(Needs, Listing)> {
    let file = tree.texts.get(&join(home, "setup.cfg"))?;
    let (_, rest) = file.text.split_once("install_requires")?;
    let lines =
        rest.lines().skip(1).take_while(|line| line.starts_with(char::is_whitespace) && !line.trim().is_empty());
    let lines = lines.map(|line| Line { text: line.trim().to_owned(), place: place_of(file, line.trim()) });
    let listing = Listing { lines: lines.collect(), ..Listing::default() };
    Some((Needs::Listed(vec![file.path.clone()]), listing))
}

/// The distributions that the sources import; modules of Python itself are left to the caller.
fn by_imports(tree: &Tree, layout: &Layout) -> (Needs, Listing) {
    let lines = sources::imported(tree, layout).into_iter().filter(|(module, _)| !is_of_python(module));
    let lines = lines.map(|(module, place)| {
        let (file, line) = place.rsplit_once(':').unwrap_or((&place, "1"));
        let place = Place { file: file.to_owned(), line: line.parse().unwrap_or(1) };
        Line { text: requirement(&module), place }
    });
    (Needs::Imported, Listing { lines: lines.collect(), ..Listing::default() })
}

/// The distribution that brings a module.
pub(crate) fn distribution(module: &str) -> String {
    let mut pairs = DISTRIBUTIONS.split(' ').filter_map(|pair| pair.split_once('='));
    let known = pairs.find(|(own, _)| *own == module).map(|(_, distribution)| distribution);
    known.map_or_else(|| module.replace('_', "-"), str::to_owned)
}

/// What to ask for where a module is missing: its newest distribution that still has it.
pub(crate) fn requirement(module: &str) -> String {
    let bound = if module == "pkg_resources" { "<82" } else { "" };
    distribution(module) + bound
}

/// Whether a module is of the standard library of some supported version.
pub(crate) fn is_of_python(module: &str) -> bool {
    include_str!("../../resources/standard_library.txt").split_whitespace().any(|own| own == module)
}

/// Why a list can't be locked: where each requirement that has no hash stands.
pub(crate) fn objections(listing: &Listing) -> Vec<(Line, &'static str)> {
    let judge = |line: &Line| {
        let text = &line.text;
        if text.contains("git+") || text.contains("hg+") || text.contains("svn+") {
            return Some("comes from a repository, which has no hash");
        }
        let path = text.strip_prefix("file:").unwrap_or(text);
        let is_path = path.starts_with(['.', '/']) || text.starts_with("file:");
        let is_own =
            is_path && plain(folder(&line.place.file), path).split('/').all(|part| part.is_empty() || part == "..");
        (is_path && !is_own).then_some("is a folder, which has no hash")
    };
    listing.lines.iter().filter_map(|line| Some((line.clone(), judge(line)?))).collect()
}

/// Where a list asks for Django.
pub(crate) fn place_of_django(listing: &Listing) -> Option<String> {
    let line = listing.lines.iter().find(|line| name(&line.text).as_deref() == Some("django"))?;
    Some(line.place.to_string())
}

/// The list that uv is given: the project itself stands for what it needs.
pub(crate) fn input(listing: &Listing) -> String {
    let is_named = |line: &&Line| name(&line.text).is_some() && !line.text.starts_with('.');
    let lines = listing.lines.iter().filter(is_named).map(|line| line.text.clone());
    let mut all: Vec<String> = listing.indexes.iter().cloned().chain(lines).collect();
    all.push(String::new());
    all.join("\n")
}

//! What a project needs, from whichever file says so, as one list that can be locked.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::adopt::facts::{Layout, Needs, Place, Tree, folder, has_extension, join};
use crate::adopt::layout::pattern;
use crate::adopt::listing::{Line, Listing, place_of, pyproject, strings};
use crate::adopt::{lists, locks, sources};
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
    let of_lists = || homes.iter().find_map(|home| of_lists(tree, home, wishes));
    let of_project = || homes.iter().find_map(|home| of_project(tree, home, wishes));
    let of_pipfile = || homes.iter().find_map(|home| locks::pipfile_without_lock(tree, home));
    let found = of_lock.or_else(of_lists).or_else(of_project).or_else(of_pipfile).or_else(|| lists::anywhere(tree));
    let (needs, mut listing) = found.unwrap_or_else(|| by_imports(tree, layout));
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

/// The list of a folder. A project that also says what it needs elsewhere takes that, where the list is for something else.
fn of_lists(tree: &Tree, home: &str, wishes: &Wishes) -> Option<(Needs, Listing)> {
    let found = with_own(tree, lists::best(tree, home)?, wishes);
    let has_other = || of_project(tree, home, &Wishes::default()).is_some();
    (lists::asks_for_django(&found.1) || !has_other()).then_some(found)
}

/// A list in which the project itself is one of the lines (`-e .[server]`), with what the project says that it needs.
fn with_own(tree: &Tree, (needs, listing): (Needs, Listing), wishes: &Wishes) -> (Needs, Listing) {
    let Needs::Listed(mut files) = needs else { return (needs, listing) };
    let mut lines = Vec::new();
    let mut indexes = listing.indexes;
    for line in listing.lines {
        let Some(extras) = extras_of_own(&line) else {
            lines.push(line);
            continue;
        };
        let wishes = Wishes { extras: [wishes.extras.clone(), extras].concat(), ..wishes.clone() };
        if let Some((Needs::Listed(more), own)) = of_project(tree, "", &wishes) {
            files.extend(more);
            lines.extend(own.lines);
            indexes.extend(own.indexes);
        }
    }
    (Needs::Listed(files), Listing { lines, indexes, ..listing })
}

/// The extras that a line asks of the project itself, or of a folder that it lies in.
fn extras_of_own(line: &Line) -> Option<Vec<String>> {
    let text = line.text.strip_prefix("file:").unwrap_or(&line.text);
    let (path, extras) = text.split_once('[').unwrap_or((text, ""));
    let path = path.starts_with(['.', '/']).then(|| lists::plain(folder(&line.place.file), path.trim()))?;
    let is_own = path.split('/').all(|part| part.is_empty() || part == "..");
    let extras = extras.trim_end_matches(']').split(',').map(|extra| extra.trim().to_owned());
    is_own.then(|| extras.filter(|extra| !extra.is_empty()).collect())
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
        let path = text.split_once(" @ ").map_or(text.as_str(), |(_, path)| path);
        let is_path = path.starts_with(['.', '/']) || path.starts_with("file:");
        let is_wheel = [".whl", ".gz", ".zip"].iter().any(|end| text.ends_with(end));
        let what = if is_wheel { "is a file, which nobody else has" } else { "is a folder, which has no hash" };
        (is_path && extras_of_own(line).is_none()).then_some(what)
    };
    listing.lines.iter().filter_map(|line| Some((line.clone(), judge(line)?))).collect()
}

/// Where it is decided which Django that is: in a lock, or where a list asks for it.
pub(crate) fn place_of_django(tree: &Tree, needs: &Needs, listing: &Listing) -> Option<String> {
    let file = match needs {
        Needs::UvLock => Some("uv.lock"),
        Needs::Listed(files) => files.iter().map(String::as_str).find(|file| has_extension(file, "lock")),
        Needs::Imported => None,
    };
    let locked = file.and_then(|file| tree.texts.get(file)).filter(|text| text.text.contains(DJANGO_IN_A_LOCK));
    let locked = locked.map(|text| place_of(text, DJANGO_IN_A_LOCK));
    Some(locked.or_else(|| Some(lists::django_in(listing)?.place.clone()))?.to_string())
}

/// The requirements in uv's export that have no hash, with their places in its lock.
pub(crate) fn of_repositories(tree: &Tree, export: &str) -> Vec<Line> {
    let is_one = |line: &&str| line.contains(" @ git+");
    let at = |line: &str| {
        let own = name(line).unwrap_or_default();
        Some(place_of(tree.texts.get("uv.lock")?, &format!("name = \"{own}\"\nversion")))
    };
    let found = export.lines().filter(is_one).map(|line| line.split(" ;").next().unwrap_or(line).trim());
    found.filter_map(|line| Some(Line { text: line.to_owned(), place: at(line)? })).collect()
}

/// How `uv.lock` and `poetry.lock` begin the part about Django.
const DJANGO_IN_A_LOCK: &str = "name = \"django\"\nversion";

/// The list that uv is given: the project itself stands for what it needs.
pub(crate) fn input(listing: &Listing) -> String {
    let is_named = |line: &&Line| name(&line.text).is_some() && !line.text.starts_with('.');
    let lines = listing.lines.iter().filter(is_named).map(|line| line.text.clone());
    let mut all: Vec<String> = listing.indexes.iter().cloned().chain(lines).collect();
    all.push(String::new());
    all.join("\n")
}

//! What the sources say: which variables the settings read, and what a desktop program has no place for.

use std::collections::{BTreeMap, BTreeSet};

use crate::adopt::facts::{Build, Layout, Mention, Place, Text, Tree, Variable, folder, has_extension, join};
use crate::adopt::layout::{file_of, pattern};

/// Reads of a variable: the pattern, with the name first; whether the settings fail without it.
const READS: [(&str, bool); 6] = [
    (r#"\benviron\[\s*["'](\w+)["']\s*\]"#, true),
    (r#"\b(?:environ\.get|getenv)\(\s*["'](\w+)["']([^\n]*)"#, false),
    (r#"\benv(?:iron)?\.(\w+)\(\s*["'](\w+)["']([^\n]*)"#, true),
    (r#"\b(env|get_secret|\w+_env|env_\w+|\w+_env_\w+|getenv_\w+)\(\s*["'](\w+)["']([^\n]*)"#, true),
    (r#"\bconfig\(\s*["'](\w+)["']([^\n]*)"#, true),
    (r"\b(?:env\.(db|cache|email)(?:_url)?\(\s*\)|dj_database_url\.(config)\(([^\n]*))", true),
];

/// What is looked for in all sources that are not tests, and how it is called.
const MENTIONS: [(&str, &str); 12] = [
    ("template", r"\{\{ ?project_name ?\}\}"),
    ("django-configurations", r"(?m)^\s*from configurations import|^\s*import configurations\b"),
    ("dynaconf", r"(?m)dynaconf\.DjangoDynaconf|^\s*from dynaconf import"),
    ("host routing", r"django_hosts\.middleware|(?m)^ROOT_HOSTCONF|subdomains\.middleware"),
    ("tenants", r#"["']django_tenants["']|["']tenant_schemas["']"#),
    // Others import such a class for a query or a form. `SQLite` keeps texts in whatever type a column has, so fields
    // for searches and without case are tried.
    ("PostgreSQL fields", r"(?m)^\s+\w+ = (?:\w+\.)*(?:ArrayField|HStoreField|\w+RangeField)\("),
    ("DISTINCT ON", r#"\.distinct\(\s*["'*]"#),
    (
        "PostgreSQL queries",
        r"(?m)^\s*from django\.contrib\.postgres\.(?:search|aggregates|expressions|functions) import",
    ),
    (
        "PostgreSQL SQL",
        r#"(?:\.execute|\.raw|RawSQL|\.extra)\(\s*[frb]*["']{1,3}[^"']*?(?i-u:\bilike\b|::\w|\bto_tsvector\b|\bjsonb?_\w+\(|\bpg_\w|\barray_agg\b|=\s*any\s*\(|\btruncate\s)"#,
    ),
    ("GIS", r"(?m)^from django\.contrib\.gis\.db import models"),
    ("WebSockets", r"(?m)^\s*(?:from|import) channels\b[^\n]*consumer|ProtocolTypeRouter"),
    ("object storage", r"class \w+\([^)]*(?:S3\w*Storage|S3StaticStorage|GoogleCloudStorage|AzureStorage)"),
];

/// The variables that a settings module reads, those of the modules that it takes from included.
pub(crate) fn variables(tree: &Tree, layout: &Layout, module: &str) -> Vec<Variable> {
    let mut found: BTreeMap<String, Variable> = BTreeMap::new();
    for file in taken_from(tree, layout, module) {
        for variable in tree.texts.get(&file).map(reads).unwrap_or_default() {
            let is_needed_here = variable.default.is_none();
            let known = found.entry(variable.name.clone()).or_insert_with(|| variable.clone());
            if is_needed_here && known.default.is_some() {
                *known = variable;
            }
        }
    }
    found.into_values().collect()
}

/// The files of a module and of what it imports from the project's own settings.
fn taken_from(tree: &Tree, layout: &Layout, module: &str) -> BTreeSet<String> {
    let import = pattern(r"(?m)^\s*(?:from\s+(\.*)([\w.]*)\s+import|import\s+([\w.]+))");
    let mut files = BTreeSet::new();
    let mut queue: Vec<String> = file_of(tree, layout, module).into_iter().collect();
    while let Some(file) = queue.pop() {
        let Some(text) = tree.texts.get(&file).filter(|_| files.insert(file.clone())) else { continue };
        for found in import.captures_iter(&text.text) {
            let dots = found.get(1).map_or(0, |dots| dots.len());
            let name = found.get(2).or(found.get(3)).map_or("", |name| name.as_str());
            let home = (1..dots).fold(text.folder(), |home, _| folder(home));
            let beside = join(home, &name.replace('.', "/"));
            let target = if dots > 0 {
                let own = [format!("{beside}.py"), join(&beside, "__init__.py")];
                own.into_iter().find(|path| tree.has(path))
            } else {
                file_of(tree, layout, name)
            };
            queue.extend(target);
        }
    }
    files
}

fn reads(text: &Text) -> Vec<Variable> {
    let has_decouple = text.text.contains("decouple") || text.text.contains("starlette.config");
    let schema = schema(text);
    let mut found = Vec::new();
    for (number, (read, fails)) in READS.iter().enumerate() {
        if number == 4 && !has_decouple {
            continue;
        }
        for captures in pattern(read).captures_iter(&text.text) {
            let at = captures.get(0).map_or(0, |whole| whole.start());
            if is_comment(&text.text, at) {
                continue;
            }
            let part = |group: usize| captures.get(group).map_or("", |part| part.as_str());
            let (name, kind, rest) = match number {
                2 => (part(2), part(1), part(3)),
                3 => (part(2), "", part(3)),
                5 if part(2) == "config" => ("DATABASE_URL", "db", part(3)),
                5 => (of_method(part(1)), part(1), ""),
                _ => (part(1), "", part(2)),
            };
            if ["get", "setdefault", "pop", "read_env"].contains(&kind) {
                continue;
            }
            // A function of the project's own takes the default as its second argument; django-environ takes a type.
            let is_positional = number == 1 || number == 3 && part(1) != "env";
            let default = default(rest, is_positional, *fails).or_else(|| schema.get(name).cloned());
            let kind = kind_of(kind, rest, &text.text[..at]);
            found.push(Variable { name: name.to_owned(), default, kind, place: Some(text.place(at)) });
        }
    }
    found
}

fn is_comment(text: &str, at: usize) -> bool {
    text[..at].rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#'))
}

fn of_method(method: &str) -> &'static str {
    match method {
        "db" => "DATABASE_URL",
        "cache" => "CACHE_URL",
        _ => "EMAIL_URL",
    }
}

/// The defaults that `environ.Env(NAME=(type, default))` declares.
fn schema(text: &Text) -> BTreeMap<String, String> {
    let pair = pattern(r"(\w+)\s*=\s*\(\s*(?:bool|str|int|float|list|dict)\s*,\s*([^)\n]*)\)");
    let call = pattern(r"\bEnv\(");
    if !call.is_match(&text.text) {
        return BTreeMap::new();
    }
    pair.captures_iter(&text.text).map(|found| (found[1].to_owned(), found[2].trim().to_owned())).collect()
}

/// The text of the default in the arguments after the name; empty where one may be missing.
fn default(rest: &str, is_positional: bool, fails: bool) -> Option<String> {
    let named = pattern(r"^\s*(?:,.*?)?\bdefault\s*=\s*([^,)\n]+)");
    let second = pattern(r"^\s*,\s*([^=,)\n]+)\s*[,)]");
    let found = named.captures(rest).or_else(|| is_positional.then(|| second.captures(rest)).flatten());
    let text = found.map(|found| found[1].trim().trim_matches(['"', '\'']).to_owned());
    text.or_else(|| (!fails || rest.contains("default")).then(String::new))
}

fn kind_of(method: &str, rest: &str, before: &str) -> String {
    let is_number = before.trim_end().trim_end_matches("os.").ends_with("int(") || rest.contains("cast=int");
    let kind = match method {
        "bool" | "int" | "list" | "db" | "cache" | "email" => method,
        "db_url" => "db",
        "cache_url" => "cache",
        "email_url" => "email",
        "tuple" => "list",
        "float" => "int",
        _ if is_switch_of_debug(before) && rest.contains("!=") && rest.contains("False") => "debug-unless-false",
        _ if is_switch_of_debug(before) => "debug",
        _ if rest.contains("cast=bool") => "bool",
        _ if is_number => "int",
        _ => "str",
    };
    kind.to_owned()
}

/// Whether the variable decides about `DEBUG`, whatever it is called.
fn is_switch_of_debug(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.strip_prefix("DEBUG").is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
}

/// The first place of each thing that a desktop program has no place for.
pub(crate) fn mentions(tree: &Tree) -> Vec<Mention> {
    let mut found = Vec::new();
    for (what, text) in MENTIONS {
        let wanted = pattern(text);
        // Migrations of the past may name what the models no longer have: they are tried.
        let is_model = |text: &&Text| match what {
            "template" => matches!(text.name(), "manage.py" | "wsgi.py" | "asgi.py"),
            "PostgreSQL fields" => text.text.contains("contrib.postgres") && !text.path.contains("migrations/"),
            // Who asks for the kind of database goes another way where it is another one.
            "DISTINCT ON" | "PostgreSQL queries" | "PostgreSQL SQL" => {
                !text.text.contains(".vendor") && !text.path.contains("migrations/")
            }
            _ => true,
        };
        let mut places = tree.sources().filter(is_model).filter_map(|text| {
            let at = wanted.find_iter(&text.text).map(|hit| hit.start()).find(|at| !is_comment(&text.text, *at))?;
            Some(text.place(at + text.text[at..].len() - text.text[at..].trim_start().len()))
        });
        found.extend(places.next().map(|place| Mention { what, place }));
    }
    found
}

/// Whether a source imports a module, or names it as an app.
pub(crate) fn uses(tree: &Tree, module: &str) -> bool {
    // Django's app for PostgreSQL imports its driver.
    let by_django = if module.starts_with("psycopg") { r"|\bdjango\.contrib\.postgres\b" } else { "" };
    let wanted = pattern(&format!(
        r#"(?m)^\s*(?:from|import)\s+{0}\b|["']{0}["']|["']{0}\.[\w.]+["']{by_django}"#,
        regex::escape(module)
    ));
    let is_config_of_server = |text: &&Text| text.name().starts_with("gunicorn") || text.name().starts_with("uwsgi");
    tree.sources().filter(|text| !is_config_of_server(text)).any(|text| wanted.is_match(&text.text))
}

/// The names of apps that settings list, each with the byte at which it stands.
fn apps(text: &Text) -> Vec<(&str, usize)> {
    let list = pattern(r"(?m)^INSTALLED_APPS\s*(?::[^=\n]+)?\+?=\s*[\[(]([^\])]*)");
    let app = pattern(r#"["']([A-Za-z_]\w*)[\w.]*["']"#);
    let lists = list.captures_iter(&text.text).filter_map(|list| list.get(1));
    let named = lists.flat_map(|list| {
        let names = app.captures_iter(list.as_str()).filter_map(|name| name.get(1));
        names.map(|name| (name.as_str(), list.start() + name.start())).collect::<Vec<_>>()
    });
    named.filter(|(_, at)| !is_comment(&text.text, *at)).collect()
}

/// The top-level modules that the sources import or settings list as apps, each with the first place, without the
/// project's own.
pub(crate) fn imported(tree: &Tree, layout: &Layout) -> BTreeMap<String, String> {
    let import = pattern(r"(?m)^(?:from\s+([A-Za-z_]\w*)[\w.]*\s+import|import\s+([A-Za-z_]\w*))");
    let mut found = BTreeMap::new();
    for text in tree.sources() {
        let modules = import.captures_iter(&text.text).filter_map(|hit| hit.get(1).or(hit.get(2)));
        for (name, at) in modules.map(|name| (name.as_str(), name.start())).chain(apps(text)) {
            let is_own = layout
                .source_roots
                .iter()
                .map(|root| join(root, name))
                .any(|path| tree.has_folder(&path) || tree.has(&format!("{path}.py")));
            if !is_own && !tree.has(&join(text.folder(), &format!("{name}.py"))) {
                found.entry(name.to_owned()).or_insert_with(|| text.place(at).to_string());
            }
        }
    }
    found
}

/// The front-end builds: each `package.json` with a script that is called `build`.
pub(crate) fn builds(tree: &Tree) -> Vec<Build> {
    let script = pattern(r#""build"\s*:\s*""#);
    let is_of_others = |part: &str| matches!(part, "docs" | "doc" | "tests" | "e2e" | "vendor" | "static" | "dist");
    let is_aside = |text: &&Text| text.folder().split('/').any(is_of_others);
    let files = tree.texts.values().filter(|text| text.name() == "package.json" && !is_aside(text));
    let builds = files.filter_map(|text| {
        let at = script.find(&text.text)?.start();
        let lock = |name: &str| tree.has(&join(text.folder(), name));
        let manager = if lock("pnpm-lock.yaml") {
            "pnpm"
        } else if lock("yarn.lock") {
            "yarn"
        } else {
            "npm"
        };
        Some(Build { folder: text.folder().to_owned(), manager: manager.to_owned(), place: text.place(at) })
    });
    builds.collect()
}

/// The picture that stands for the project: a favicon or logo that can be drawn large.
pub(crate) fn icon(tree: &Tree) -> Option<String> {
    let rank = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
        let order = ["icon-512", "android-chrome-512", "apple-touch-icon", "favicon", "logo", "icon"];
        let at = order.iter().position(|start| name.starts_with(start))?;
        let is_picture = has_extension(path, "svg") || has_extension(path, "png");
        is_picture.then(|| (at, !has_extension(path, "svg"), path.matches('/').count(), path.clone()))
    };
    tree.paths.iter().filter_map(rank).min().map(|(.., path)| path)
}

/// Commands that say nothing about the data of a new installation.
const EVERYDAY: &str = "runserver runserver_plus migrate makemigrations collectstatic test check shell shell_plus dbshell \
    compilemessages makemessages compress createsuperuser changepassword createcachetable flush reset_db sqlflush \
    showmigrations squashmigrations startapp startproject dumpdata inspectdb celery qcluster run_huey \
    rqworker process_tasks db_worker wait_for_db spectacular help version";

/// What scripts, Makefiles and container files of the project run with `manage.py`, and what its README tells people to
/// run, besides the everyday commands.
pub(crate) fn commands(tree: &Tree) -> Vec<(String, Place)> {
    let call = pattern(r"(?:manage\.py|django-admin|-m django)[ \t]+([a-z][\w-]*(?:[ \t]+[\w./:=-]+)*)");
    // Its sentences speak of `manage.py`, too.
    let shown = pattern(
        r"(?m)(?:python3?[ \t]+|`|\./|\brun[ \t]+|^[ \t]*)(?:[\w.-]+/)*manage\.py[ \t]+([a-z][\w-]*(?:[ \t]+[\w./:=-]+)*)",
    );
    let is_script = |text: &&Text| {
        let name = text.name();
        let is_named = name == "Makefile" || name.starts_with("Dockerfile") || name.contains("compose");
        (is_named || has_extension(&text.path, "sh")) && !text.path.split('/').any(|part| part.starts_with("test"))
    };
    let is_readme = |text: &&Text| text.path.starts_with("README");
    let scripts = tree.texts.values().filter(is_script).map(|text| (text, &call));
    let mut found: Vec<(String, Place)> = Vec::new();
    for (text, call) in scripts.chain(tree.texts.values().filter(is_readme).map(|text| (text, &shown))) {
        for hit in call.captures_iter(&text.text).filter_map(|captures| captures.get(1)) {
            let words = hit.as_str().split_whitespace().filter(|word| !word.starts_with("--settings"));
            let command = words.collect::<Vec<_>>().join(" ");
            let name = command.split(' ').next().unwrap_or_default();
            let is_everyday = EVERYDAY.split(' ').any(|own| own == name);
            if !is_everyday && !is_comment(&text.text, hit.start()) && found.iter().all(|(own, _)| *own != command) {
                found.push((command, text.place(hit.start())));
            }
        }
    }
    found
}

/// Data that the project brings along for `loaddata`, by name.
pub(crate) fn fixtures(tree: &Tree) -> Vec<String> {
    let is_fixture = |path: &&String| {
        let is_test = path.split('/').any(|part| part.starts_with("test"));
        !is_test && folder(path).rsplit('/').next() == Some("fixtures")
    };
    let kinds = ["json", "yaml", "yml", "xml", "jsonl"];
    let fixtures =
        tree.paths.iter().filter(is_fixture).filter(|path| kinds.iter().any(|kind| has_extension(path, kind)));
    fixtures.cloned().collect()
}

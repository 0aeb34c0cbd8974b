//! What the sources say: what a desktop program has no place for, what is imported, built, run and brought along.

use std::collections::BTreeMap;

use crate::adopt::facts::{Build, Layout, Mention, Place, Text, Tree, folder, has_extension, join};
use crate::adopt::layout::pattern;

/// Modules with fields of `PostgreSQL`: Django's own, and add-ons with another widget for them.
const HAVE_ITS_FIELDS: [&str; 3] = ["contrib.postgres", "better_admin_arrayfield", "django_jsonform"];

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

/// The first place of each thing that a desktop program has no place for.
pub(crate) fn mentions(tree: &Tree) -> Vec<Mention> {
    let mut found = Vec::new();
    for (what, text) in MENTIONS {
        let wanted = pattern(text);
        // Migrations of the past may name what the models no longer have: they are tried.
        let is_model = |text: &&Text| match what {
            "template" => matches!(text.name(), "manage.py" | "wsgi.py" | "asgi.py"),
            "PostgreSQL fields" => {
                HAVE_ITS_FIELDS.iter().any(|name| text.text.contains(name)) && !text.path.contains("migrations/")
            }
            // Who asks for the kind of database goes another way where it is another one.
            "DISTINCT ON" | "PostgreSQL queries" | "PostgreSQL SQL" => {
                !text.text.contains(".vendor") && !text.path.contains("migrations/")
            }
            _ => true,
        };
        let mut places = tree.sources().filter(is_model).filter_map(|text| {
            let at = wanted.find_iter(&text.text).map(|hit| hit.start()).find(|at| !text.is_comment(*at))?;
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
    named.filter(|(_, at)| !text.is_comment(*at)).collect()
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

/// What sets the name of a sample apart from that of the file that it is a sample of.
const OF_A_SAMPLE: &str =
    r"(?i-u)[._-](?:example|sample|template|dist|default)\b|^(?:example|sample|template|default)[._-]";

/// Files that are not there, each with its sample.
pub(crate) fn samples(tree: &Tree) -> Vec<(String, String)> {
    let sign = pattern(OF_A_SAMPLE);
    let sampled = |path: &String| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let own = join(folder, &sign.replace(name, ""));
        (own != *path && !tree.has(&own)).then(|| (own, path.clone()))
    };
    tree.paths.iter().filter_map(sampled).collect()
}

/// Catalogues of translations with texts, of which nobody has made what is read.
pub(crate) fn uncompiled(tree: &Tree) -> Vec<String> {
    let translated = pattern(r#"(?m)^msgstr(?:\[\d\])? "[^"]"#);
    let is_one = |path: &&String| {
        let Some(start) = path.strip_suffix(".po").filter(|start| start.contains("LC_MESSAGES/")) else { return false };
        let has_texts = || std::fs::read_to_string(tree.root.join(path)).is_ok_and(|text| translated.is_match(&text));
        !tree.has(&format!("{start}.mo")) && has_texts()
    };
    tree.paths.iter().filter(is_one).cloned().collect()
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
const EVERYDAY: &str = "runserver livereload runserver_plus migrate makemigrations collectstatic test check shell shell_plus dbshell \
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
            if !is_everyday && !text.is_comment(hit.start()) && found.iter().all(|(own, _)| *own != command) {
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

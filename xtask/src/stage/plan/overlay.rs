//! `desktop-overlay.json`: what the runtime makes the settings of an adopted project of. `docs/reference/overlay.md` has
//! its format.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value, json};

use crate::base::config::Config;
use crate::base::config::backend::Backend;
use crate::base::stat::HashedFile;
use crate::base::text::is_below;

/// Where static files are in the staged tree.
const STATIC: &str = "staticfiles";

/// Where they are when the project itself has a folder of that name.
const OTHER_STATIC: &str = "desktop-staticfiles";

/// Where the data of a new installation are in the staged tree.
const SEED: &str = "desktop-seed";

/// The folder of the static files in the staged tree. Settings that were written for a desktop know only the usual one.
pub(crate) fn static_folder(backend: &Backend, inputs: &[HashedFile]) -> &'static str {
    let is_taken = backend.is_adopted() && inputs.iter().any(|file| is_below(&file.path, STATIC));
    if is_taken { OTHER_STATIC } else { STATIC }
}

/// The name of the file in the staged tree.
pub(crate) const FILE_NAME: &str = "desktop-overlay.json";

/// The file; nothing for a project whose own settings are written for a desktop. `version` is the app's, where it is
/// known.
pub(crate) fn text(config: &Config, static_folder: &str, version: Option<&str>) -> Option<String> {
    let backend = &config.backend;
    backend.is_adopted().then(|| format!("{:#}\n", Value::Object(values(backend, static_folder, version))))
}

/// The same for a process that collects static files into a folder, relative to the one that the file lies in.
pub(crate) fn with_static_root(text: &str, folder: &str) -> String {
    let mut values: Value = serde_json::from_str(text).unwrap_or_default();
    values["static-root"] = folder.into();
    values.to_string()
}

fn values(backend: &Backend, static_folder: &str, version: Option<&str>) -> Map<String, Value> {
    let needed = [
        ("schemaVersion", json!(1)),
        ("settings-module", json!(backend.settings_module)),
        ("root", json!(backend.working_folder())),
        ("source-roots", json!(backend.source_roots)),
    ];
    let env = (!backend.env.is_empty()).then(|| json!(backend.env));
    let overlay = (!backend.overlay.is_empty()).then(|| table(&backend.overlay));
    let seed: Map<String, Value> = seed(backend).map(|(name, place)| (name.to_owned(), json!(place))).collect();
    let chosen = [
        ("static-root", (static_folder != STATIC).then(|| json!(static_folder))),
        ("env", env),
        ("overlay", overlay),
        ("settings-file", backend.settings_file.as_ref().and_then(|file| file.file_name()).map(Value::from)),
        ("account", backend.account.map(|account| json!(account))),
        ("first-run", backend.first_run.as_ref().map(|commands| json!(commands))),
        ("every-start", backend.every_start.as_ref().map(|commands| json!(commands))),
        ("worker", backend.worker.as_ref().map(|worker| json!(worker))),
        ("start-path", backend.start_path.as_ref().map(|path| json!(path))),
        ("version", version.map(Value::from)),
        ("seed", (!seed.is_empty()).then_some(Value::Object(seed))),
    ];
    let chosen = chosen.into_iter().filter_map(|(name, value)| Some((name, value?)));
    needed.into_iter().chain(chosen).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The parts of the seed and their places in the staged tree.
fn seed(backend: &Backend) -> impl Iterator<Item = (&'static str, String)> {
    let database = backend.seed.database.as_ref().map(|_| ("database", format!("{SEED}/database.sqlite3")));
    database.into_iter().chain(backend.seed.media.as_ref().map(|_| ("media", format!("{SEED}/media"))))
}

/// The place in the staged tree of a file, which is given by its path from `dds.toml`.
pub(crate) fn place(backend: &Backend, path: &str) -> Option<String> {
    let is = |own: &Option<Utf8PathBuf>| own.as_deref().is_some_and(|own| own == path);
    if is(&backend.settings_file) {
        return Utf8Path::new(path).file_name().map(str::to_owned);
    }
    if is(&backend.seed.database) {
        return Some(format!("{SEED}/database.sqlite3"));
    }
    let media = backend.seed.media.as_ref()?;
    Some(format!("{SEED}/media/{}", path.strip_prefix(media.as_str())?.trim_start_matches('/')))
}

/// Whether a place in the staged tree belongs to the seed.
pub(crate) fn is_seed(place: &str) -> bool {
    is_below(place, SEED)
}

fn table(table: &toml::Table) -> Value {
    Value::Object(table.iter().map(|(name, value)| (name.clone(), json_of(value))).collect())
}

/// Dates become texts: JSON has none.
fn json_of(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(is_on) => json!(is_on),
        toml::Value::Datetime(date) => json!(date.to_string()),
        toml::Value::Array(values) => values.iter().map(json_of).collect(),
        toml::Value::Table(values) => table(values),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn config(more: &str) -> Config {
        let text = "[project]\nname = \"shop\"\ntitle = \"Shop\"\nidentifier = \"org.example.shop\"\n[backend]\n";
        Config::parse(&format!("{text}settings-module = \"shop.settings\"\n{more}")).unwrap()
    }

    #[test]
    fn what_is_not_said_is_not_there() {
        expect![[r#"{"root":".","schemaVersion":1,"settings-module":"shop.settings","source-roots":["."]}"#]]
            .assert_eq(&Value::Object(values(&config("").backend, STATIC, None)).to_string());
        assert!(text(&config("launcher-command = [\"manage.py\", \"desktop\"]"), STATIC, None).is_none());
    }

    #[test]
    fn everything_that_is_said_is_there() {
        let more = "cwd = \"src\"\nsource-roots = [\"src\", \"lib\"]\nworker = false\naccount = \"owner\"\n\
                    first-run = [\"loaddata a\", [\"b\"]]\nsettings-file = \"on/desktop_settings.py\"\n\
                    [backend.env]\nA = \"{data}\"\n[backend.overlay]\nSINCE = 2020-01-01\nRATES = [1, 2.5]\n\
                    [backend.seed]\ndatabase = \"db.sqlite3\"\nmedia = \"media\"\n";
        expect![[r#"{"account":"owner","env":{"A":"{data}"},"first-run":["loaddata a",["b"]],"overlay":{"RATES":[1,2.5],"SINCE":"2020-01-01"},"root":"src","schemaVersion":1,"seed":{"database":"desktop-seed/database.sqlite3","media":"desktop-seed/media"},"settings-file":"desktop_settings.py","settings-module":"shop.settings","source-roots":["src","lib"],"static-root":"desktop-staticfiles","version":"1.2","worker":false}"#]]
            .assert_eq(&Value::Object(values(&config(more).backend, OTHER_STATIC, Some("1.2"))).to_string());
    }
}

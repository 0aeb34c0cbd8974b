//! What uv may take from its configuration files: how to reach things, and nothing that it would choose by.
//!
//! uv looks for `uv.toml` in the folders of the user and of the system, and for that or `[tool.uv]` of `pyproject.toml`
//! in the working folder and every one above it, also above the checkout. A child that only fetches gets one file made
//! of all of them instead.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;
use toml::{Table, Value};

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::Os;

/// The variable with which a person names the one file that counts.
const FILE: &str = "UV_CONFIG_FILE";

/// Settings that say how something is reached; they count at the top and in `[pip]`.
const REACH: [&str; 17] = [
    "allow-insecure-host",
    "cache-dir",
    "concurrent-downloads",
    "extra-index-url",
    "find-links",
    "http-proxy",
    "https-proxy",
    "index",
    "index-strategy",
    "index-url",
    "keyring-provider",
    "native-tls",
    "no-index",
    "no-proxy",
    "offline",
    "python-downloads-json-url",
    "python-install-mirror",
];

/// Settings with paths, which are relative to the file that they stand in.
const PLACES: [&str; 4] = ["cache-dir", "extra-index-url", "find-links", "index-url"];

/// Writes the file for one child; it is gone when it is dropped.
pub(crate) fn write(ctx: &Ctx) -> Result<NamedTempFile> {
    let text = reach(ctx)?.to_string();
    let mut file = tempfile::Builder::new().prefix("uv-").suffix(".toml").tempfile().fault(what)?;
    file.write_all(text.as_bytes()).fault(what)?;
    Ok(file)
}

fn what() -> String {
    format!("cannot write the configuration of uv into {}", std::env::temp_dir().display())
}

/// What all files say together, the nearest first.
fn reach(ctx: &Ctx) -> Result<Table> {
    let mut merged = Table::new();
    for path in files(ctx) {
        let text = std::fs::read_to_string(&path).fault(|| format!("cannot read {path}"))?;
        let table: Table = toml::from_str(&text).map_err(|error| {
            Fault::new(format!("{path} is not valid TOML")).because(error.to_string().trim_end()).hint("mend that line")
        })?;
        let is_project = path.file_name() == Some("pyproject.toml");
        let section = |name: &str| table.get(name).and_then(Value::as_table);
        let Some(settings) =
            (if is_project { section("tool").and_then(|tool| tool.get("uv")?.as_table()) } else { Some(&table) })
        else {
            continue;
        };
        let folder = path.parent().unwrap_or(Utf8Path::new("/"));
        merge(&mut merged, &picked(settings, folder));
    }
    Ok(merged)
}

/// The settings of one file that count.
fn picked(settings: &Table, folder: &Utf8Path) -> Table {
    let picked = settings.iter().filter_map(|(key, value)| match (key.as_str(), value) {
        ("pip", Value::Table(pip)) => Some((key.clone(), Value::Table(picked(pip, folder)))),
        (key, value) if REACH.contains(&key) => Some((key.to_owned(), placed(key, value, folder))),
        _ => None,
    });
    picked.collect()
}

/// A value with its relative paths made absolute.
fn placed(key: &str, value: &Value, folder: &Utf8Path) -> Value {
    match value {
        Value::String(text) if PLACES.contains(&key) || key == "url" => {
            let is_address = text.contains("://");
            Value::String(if is_address { text.clone() } else { folder.join(text).into_string() })
        }
        Value::Array(values) => values.iter().map(|value| placed(key, value, folder)).collect::<Vec<_>>().into(),
        Value::Table(table) => {
            let table = table.iter().map(|(key, value)| (key.clone(), placed(key, value, folder)));
            Value::Table(table.collect())
        }
        other => other.clone(),
    }
}

/// Adds what a file farther away says: lists grow, everything else stays.
fn merge(merged: &mut Table, more: &Table) {
    for (key, value) in more {
        match (merged.get_mut(key), value) {
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more.iter().cloned()),
            (Some(Value::Table(there)), Value::Table(more)) => merge(there, more),
            (Some(_), _) => {}
            (None, value) => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The files that uv would read, without those above the checkout.
fn files(ctx: &Ctx) -> Vec<Utf8PathBuf> {
    if ctx.env.flag("UV_NO_CONFIG") {
        return Vec::new();
    }
    if let Some(given) = ctx.env.get(FILE) {
        return vec![given.into()];
    }
    let backend = ctx.layout.absolute(ctx.layout.backend());
    let inside = backend.ancestors().filter(|folder| folder.starts_with(ctx.layout.root()));
    let of_project = inside.flat_map(|folder| [folder.join("uv.toml"), folder.join("pyproject.toml")]);
    let candidates = of_project.chain(folders(ctx).into_iter().map(|folder| folder.join("uv").join("uv.toml")));
    candidates.filter(|path| path.is_file()).collect()
}

/// Where the user's and the system's file are looked for.
fn folders(ctx: &Ctx) -> Vec<Utf8PathBuf> {
    let variable = |name: &str| ctx.env.get(name).map(Utf8PathBuf::from);
    if ctx.host.os == Os::Windows {
        return ["APPDATA", "PROGRAMDATA"].into_iter().filter_map(variable).collect();
    }
    let user = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    user.into_iter().chain(["/etc/xdg".into(), "/etc".into()]).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn only_what_says_how_to_reach_things_is_taken() {
        let mut merged = Table::new();
        for (folder, text) in [
            (
                "/checkout",
                "resolution = \"lowest\"\nfind-links = [\"wheels\"]\noffline = true\n[[index]]\nname = \"a\"\nurl = \"https://a\"",
            ),
            (
                "/home",
                "offline = false\nexclude-newer = \"2020-01-01\"\nfind-links = [\"/w\"]\n[pip]\ntarget = \"/t\"\nno-index = true",
            ),
        ] {
            merge(&mut merged, &picked(&toml::from_str(text).unwrap(), Utf8Path::new(folder)));
        }
        expect![[r#"
            find-links = ["/checkout/wheels", "/w"]
            offline = true

            [[index]]
            name = "a"
            url = "https://a"

            [pip]
            no-index = true
        "#]]
        // Windows joins paths in its own way, and TOML writes them in its own quotes.
        .assert_eq(&merged.to_string().replace('\\', "/").replace('\'', "\""));
    }
}

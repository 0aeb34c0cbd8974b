//! `dds.toml`: written anew, or compared with what a person has made of it.

use toml::{Table, Value};
use toml_edit::{DocumentMut, Item, TableLike};

use crate::adopt::listing::SAID;
use crate::adopt::plan::Line;
use crate::base::fault::{Fault, Result};

/// The first line is for editors.
const HEAD: &str = "#:schema docs/reference/dds.schema.json\n\
    # Made by `cargo xtask adopt`; yours from now on. docs/existing-project.md says what there is to decide.\n";

/// What differs between the file and what would be decided today.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The file with these changes; a person's own lines and comments are still there.
    pub(crate) text: String,
    /// Only with what the person has just said on the command line.
    pub(crate) said: String,
    /// One line each, for people.
    pub(crate) told: Vec<String>,
}

/// A new file.
pub(crate) fn fresh(lines: &[Line]) -> String {
    let mut text = HEAD.to_owned();
    let mut table = "";
    for line in sorted(lines) {
        if line.table != table {
            table = line.table;
            text.extend(["\n[", table, "]\n"]);
        }
        text.extend([&*line.key, " = ", &value(&line.value), "  # ", &line.reason, "\n"]);
    }
    text
}

/// The lines, those of a table side by side.
fn sorted(lines: &[Line]) -> Vec<&Line> {
    const ORDER: [&str; 7] =
        ["project", "python", "backend", "backend.env", "backend.overlay", "backend.static", "packages"];
    let mut lines: Vec<&Line> = lines.iter().collect();
    lines.sort_by_key(|line| ORDER.iter().position(|table| *table == line.table));
    lines
}

/// A value as TOML has it.
pub(crate) fn value(value: &Value) -> String {
    value.to_string()
}

/// Compares a file of an earlier run, and says what would be another line today.
///
/// # Errors
/// The file is not TOML.
pub(crate) fn compare(before: &str, lines: &[Line]) -> Result<Changes> {
    let mut document: DocumentMut = before.parse().map_err(|error: toml_edit::TomlError| {
        Fault::new("dds.toml is not valid TOML").because(error.to_string().trim_end()).hint("mend that line")
    })?;
    for line in lines.iter().filter(|line| line.reason == SAID) {
        let path = path(line);
        if !find(document.as_item(), &path).is_some_and(|present| is_same(present, &line.value)) {
            set(&mut document, &path, line);
        }
    }
    let said = document.to_string();
    let mut told = Vec::new();
    for line in sorted(lines) {
        let path = path(line);
        let wanted = value(&line.value);
        match find(document.as_item(), &path) {
            Some(present) if is_same(present, &line.value) => continue,
            Some(_) if line.table == "project" => continue,
            Some(present) => {
                let present = present.to_string().trim().to_owned();
                told.push(format!("{}.{} = {present}: would be {wanted}  # {}", line.table, line.key, line.reason));
            }
            None => told.push(format!("{}.{} = {wanted} would be new  # {}", line.table, line.key, line.reason)),
        }
        set(&mut document, &path, line);
    }
    Ok(Changes { text: document.to_string(), said, told })
}

fn path(line: &Line) -> Vec<&str> {
    line.table.split('.').chain(line.key.split('.')).collect()
}

fn find<'a>(item: &'a Item, path: &[&str]) -> Option<&'a Item> {
    path.iter().try_fold(item, |item, key| item.as_table_like()?.get(key))
}

fn is_same(present: &Item, wanted: &Value) -> bool {
    // Its comment is no part of a value, and a `#` in a text is no comment: the parser knows which is which.
    let text = format!("value = {}\n", present.to_string().trim());
    toml::from_str::<Table>(&text).ok().as_ref().and_then(|table| table.get("value")) == Some(wanted)
}

/// Sets a value; what a person wrote around the old one stays.
fn set(document: &mut DocumentMut, path: &[&str], line: &Line) {
    let Some((last, folders)) = path.split_last() else { return };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for folder in folders {
        let item = table.entry(folder).or_insert_with(toml_edit::table);
        let Some(next) = item.as_table_like_mut() else { return };
        table = next;
    }
    let Ok(mut new) = value(&line.value).parse::<toml_edit::Value>() else { return };
    if let Some(old) = table.get(last).and_then(Item::as_value) {
        *new.decor_mut() = old.decor().clone();
    } else {
        new.decor_mut().set_suffix(format!("  # {}", line.reason));
    }
    table.insert(last, Item::Value(new));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn line(table: &'static str, key: &str, value: impl Into<Value>, reason: &str) -> Line {
        Line { table, key: key.to_owned(), value: value.into(), reason: reason.to_owned() }
    }

    fn lines() -> Vec<Line> {
        vec![
            line("project", "name", "shop", "the folder"),
            line("backend", "root", "../shop", "the project"),
            line("backend", "settings-module", "shop.settings", "shop/wsgi.py:14"),
            line("backend.overlay", "DATABASES.default.ENGINE", "django.db.backends.sqlite3", "needs a server"),
            line("backend", "worker", vec!["qcluster"], "django-q"),
        ]
    }

    #[test]
    fn a_new_file_has_a_reason_for_each_line() {
        expect![[r#"
            #:schema docs/reference/dds.schema.json
            # Made by `cargo xtask adopt`; yours from now on. docs/existing-project.md says what there is to decide.

            [project]
            name = "shop"  # the folder

            [backend]
            root = "../shop"  # the project
            settings-module = "shop.settings"  # shop/wsgi.py:14
            worker = ["qcluster"]  # django-q

            [backend.overlay]
            DATABASES.default.ENGINE = "django.db.backends.sqlite3"  # needs a server
        "#]]
        .assert_eq(&fresh(&lines()));
    }

    #[test]
    fn what_a_person_wrote_stays_and_differences_are_told() {
        let before = "# mine\n[project]\nname = \"store\"  # better\n\n[backend]\nroot = \"../shop\"\n\
            settings-module = \"shop.desktop\"  # my own\nworker = [ \"qcluster\" ]\n";
        let changes = compare(before, &lines()).unwrap();
        expect![[r#"
            backend.settings-module = "shop.desktop"  # my own: would be "shop.settings"  # shop/wsgi.py:14
            backend.overlay.DATABASES.default.ENGINE = "django.db.backends.sqlite3" would be new  # needs a server"#]]
        .assert_eq(&changes.told.join("\n"));
        expect![[r#"
            # mine
            [project]
            name = "store"  # better

            [backend]
            root = "../shop"
            settings-module = "shop.settings"  # my own
            worker = [ "qcluster" ]

            [backend.overlay]

            [backend.overlay.DATABASES]

            [backend.overlay.DATABASES.default]
            ENGINE = "django.db.backends.sqlite3"  # needs a server
        "#]]
        .assert_eq(&changes.text);
        assert!(compare(&fresh(&lines()), &lines()).unwrap().told.is_empty());
        let odd = [line("project", "title", "No. #1", "its name"), line("backend", "worker", vec!["a#b"], "# odd")];
        assert!(compare(&fresh(&odd), &odd).unwrap().told.is_empty(), "a `#` in a text is no comment");
    }
}

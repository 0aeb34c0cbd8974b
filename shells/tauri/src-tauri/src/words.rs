//! What people read in menus and dialogs, in the language of their system. English stands in the code, and is the key of the
//! table that all shells share.

use std::{collections::BTreeMap, sync::LazyLock};

type Table = BTreeMap<String, String>;

/// The language of this start, and its table; an empty one for English.
static SPOKEN: LazyLock<(String, Table)> = LazyLock::new(|| table_for(sys_locale::get_locales()));

/// The first language that there is, with its table.
pub fn table_for(languages: impl IntoIterator<Item = String>) -> (String, Table) {
    let mut tables: BTreeMap<String, Table> =
        serde_json::from_str(include_str!("../../../words.json")).unwrap_or_default();
    let mut short =
        languages.into_iter().map(|name| name.split(['-', '_', '.']).next().unwrap_or_default().to_lowercase());
    let known = short.find(|name| name == "en" || tables.contains_key(name)).unwrap_or_else(|| "en".to_owned());
    let table = tables.remove(&known).unwrap_or_default();
    (known, table)
}

/// The language that is spoken, for the backend.
pub fn language() -> &'static str {
    &SPOKEN.0
}

/// In a menu, with the letter that is pressed for it.
pub fn menu(label: &str) -> &str {
    SPOKEN.1.get(&label.replacen('&', "", 1)).map_or(label, String::as_str)
}

/// Anywhere else.
pub fn word(english: &str) -> String {
    SPOKEN.1.get(english).map_or_else(|| english.to_owned(), |other| other.replacen('&', "", 1))
}

/// The same, with values for what stands in braces.
pub fn fill(english: &str, values: &[(&str, &str)]) -> String {
    let put = |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
    values.iter().fold(word(english), put)
}

//! The words of menus and dialogs in other languages.

use std::fs;

use desktop_shell::words::table_for;

fn close(languages: &[&str]) -> String {
    let (_, mut table) = table_for(languages.iter().map(ToString::to_string));
    table.remove("Close").unwrap_or_else(|| "Close".to_owned())
}

#[test]
fn the_first_language_of_the_system_that_there_is() {
    for languages in [&["de-AT", "en"][..], &["fr", "de_DE.UTF-8"]] {
        assert_eq!(close(languages), "S&chließen", "{languages:?}");
    }
    for languages in [&["en-US", "de"][..], &["C"], &[]] {
        assert_eq!(close(languages), "Close", "{languages:?}");
    }
}

/// What stands behind each of these in the sources, up to its end.
fn texts(source: &str, before: &str) -> Vec<String> {
    let behind = source.split(before).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    let whole = behind.filter_map(|text| text.split_once('"')).map(|(text, _)| text);
    // A long one goes on in the next line.
    whole.map(|text| text.split("\\\n").map(str::trim_start).collect()).collect()
}

#[test]
fn each_text_of_the_code_has_its_words() {
    let (language, table) = table_for(["de".to_owned()]);
    assert_eq!(language, "de");
    let sources = fs::read_dir("src").unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let source: String = sources.map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut used: Vec<String> =
        ["words::fill(", "words::word(", "Failure::new("].iter().flat_map(|it| texts(&source, it)).collect();
    let items = source.split("const ITEMS").nth(1).and_then(|rest| rest.split("];").next()).unwrap();
    let labels = items.lines().filter_map(|line| line.split('"').nth(5));
    used.extend(labels.filter(|label| !label.is_empty()).map(|label| label.replacen('&', "", 1)));
    assert!(used.len() > 40, "{}", used.len());
    // What only developers see.
    used.retain(|text| !text.starts_with("The smoke test"));
    let unknown: Vec<_> = used.iter().filter(|text| !table.contains_key(*text)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

//! What the docs say that a window has is shown by tests in real windows, and they are named here.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::fs;

use support::repository;

/// As the docs call them, with the folders of their tests.
const SHELLS: [(&str, &str); 3] =
    [("Electron", "shells/electron/tests"), ("Tauri", "shells/tauri/tests"), ("Positron", "shells/positron/tests")];

/// A row of the table; for each shell the tests that show it. No row is an exception.
type Row = (&'static str, [&'static [&'static str]; 3]);

const USUAL: &str = "what people are used to from a window";
const KEYS: &str = "zoom, reload, copy and paste, a right click, mail, and the menu's folder and log";
const KEYS_OF_POSITRON: &str = "test_zoom_reload_copy_and_paste_a_right_click_print_about_and_the_data_folder";
const STAYS: &str = "test_a_page_stays_and_what_leads_elsewhere_opens_outside";

const ROWS: [Row; 19] = [
    (
        "title of the page, menu, zoom, reload",
        [
            &[
                USUAL,
                "the title follows the page, and Back and Forward go through pages and never out",
                "zoom, with the key that has no plus sign, too",
                "unsaved text is left when the person says so, and then only",
            ],
            &["the title is the page's", KEYS],
            &[STAYS, KEYS_OF_POSITRON],
        ],
    ),
    (
        "Back, never out of the app",
        [
            &["the title follows the page, and Back and Forward go through pages and never out"],
            &["Back goes through pages and never out"],
            &["test_the_menu_goes_back_but_not_out_and_opens_the_data"],
        ],
    ),
    (
        "find in page",
        [
            &["find in page counts, goes on, and goes away"],
            &["find in page selects what is found"],
            &["test_find_in_page_selects_what_is_found"],
        ],
    ),
    (
        "print",
        [&["the menu opens the data folder and the log, and prints"], &["a page can be printed"], &[KEYS_OF_POSITRON]],
    ),
    (
        "right click, copy and paste",
        [
            &[
                "a right click on a field offers what can be done with its text",
                "a page may copy, and fill the screen; it may not read the clipboard",
            ],
            &[KEYS],
            &[KEYS_OF_POSITRON],
        ],
    ),
    (
        "downloads ask where to",
        [
            &["a download asks where to, with the file's name"],
            &["a download asks where to, with the file's name"],
            &[STAYS],
        ],
    ),
    (
        "uploads: a file that is chosen is sent",
        [
            &["a file that is chosen is sent, byte for byte"],
            &["a file that is chosen is sent, byte for byte"],
            &["test_a_file_that_is_chosen_is_sent_byte_for_byte"],
        ],
    ),
    (
        "`confirm()` waits",
        [&["a question of the page waits for its answer"], &["a question waits for its answer"], &[STAYS]],
    ),
    (
        "unsaved text is asked about before the window closes",
        [
            &["leaving unsaved text by closing the window ends it; a signal asks nothing, and is heard meanwhile"],
            &["unsaved text is left when the person says so, and then only"],
            &["test_unsaved_text_is_left_when_the_person_says_so"],
        ],
    ),
    (
        "a PDF fills the window",
        [&["a PDF fills the window"], &["a PDF fills the window"], &["test_a_pdf_fills_the_window"]],
    ),
    (
        "outside links, mail addresses",
        [
            &["links to other places open outside"],
            &["a page goes nowhere else, and asks the desktop for one thing", KEYS],
            &[STAYS],
        ],
    ),
    (
        "About, with name and version",
        [&["About tells the version"], &["About tells the name and the version"], &[KEYS_OF_POSITRON]],
    ),
    (
        "back up and restore from the menu",
        [
            &["a backup is made and restored from the menu, and the window comes back with its data"],
            &["a backup is made and restored from the menu, and the window comes back with its data"],
            &["test_a_backup_is_made_and_restored_from_the_menu"],
        ],
    ),
    (
        "a support file from the menu",
        [
            &["a support file is shown before it is saved"],
            &["a backup is made and restored from the menu, and the window comes back with its data"],
            &["test_a_support_file_is_shown_and_saved_from_the_menu"],
        ],
    ),
    (
        "localStorage and logins after a restart",
        [
            &["what a page has kept, and who is logged in, are there after a restart"],
            &["what a page keeps, and the cookie of a session, are there after a restart"],
            &["test_what_a_page_keeps_and_the_cookie_of_a_session_are_there_after_a_restart"],
        ],
    ),
    (
        "data folder, log",
        [
            &["the menu opens the data folder and the log, and prints"],
            &[KEYS],
            &[KEYS_OF_POSITRON, "test_the_menu_goes_back_but_not_out_and_opens_the_data"],
        ],
    ),
    (
        "place of the window, second start",
        [
            &["the window comes back where it was", "a second start shows the first one's window"],
            &[
                "closing the window ends the program, and its place is remembered",
                "a second start shows the first one's window, and ends",
            ],
            &["test_the_window_comes_back_where_it_was", "test_a_second_program_says_so_and_ends"],
        ],
    ),
    (
        "menus and dialogs in the language of the system",
        [
            &["menus and dialogs are in the language of the system"],
            &["menus and dialogs are in the language of the system"],
            &["test_the_menu_is_in_the_language_of_the_system"],
        ],
    ),
    (
        "reached without a proxy",
        [
            &["no proxy of the environment or of the system sees the address or the token"],
            &["no proxy of the environment sees the address or the token"],
            &[STAYS],
        ],
    ),
];

#[test]
fn each_row_of_the_docs_names_its_tests() {
    let page = fs::read_to_string(repository().join("docs/shells/index.md")).unwrap();
    let (_, table) = page.split_once("\n## What a window has\n\n").expect("the docs have the table");
    let (head, rows) = table.split_once("| --- | --- | --- | --- |\n").expect("it has four columns");
    assert_eq!(cells(head), ["", "Electron", "Tauri", "Positron"]);
    let told: Vec<&str> = rows.lines().take_while(|line| line.starts_with('|')).map(|line| cells(line)[0]).collect();
    assert_eq!(told, ROWS.map(|(what, _)| what), "the table of docs/shells/index.md, and the tests that show its rows");
}

fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_start_matches('|').trim_end_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn each_of_these_tests_exists() {
    for (number, (shell, folder)) in SHELLS.into_iter().enumerate() {
        let tests = names_of_tests(folder);
        for (what, seen) in ROWS {
            assert!(!seen[number].is_empty(), "{shell}: nothing shows “{what}”");
            for test in seen[number] {
                assert!(tests.iter().any(|name| name == test), "{shell}: no test in {folder} is called “{test}”");
            }
        }
    }
}

/// What follows `test("` or `def `, in all files of a folder.
fn names_of_tests(folder: &str) -> Vec<String> {
    let own = |entry: &walkdir::DirEntry| entry.file_name() != "node_modules";
    let files = walkdir::WalkDir::new(repository().join(folder)).into_iter().filter_entry(own).flatten();
    let texts = files.filter(|entry| entry.file_type().is_file()).map(|entry| fs::read_to_string(entry.path()));
    let names = texts.flatten().flat_map(|text| text.lines().filter_map(name_of_test).collect::<Vec<_>>()).collect();
    assert_ne!(names, Vec::<String>::new(), "{folder} has no tests");
    names
}

fn name_of_test(line: &str) -> Option<String> {
    let line = line.trim_start();
    let (rest, end) = ["test(\"", "await t.test(\"", "inElectron(\""]
        .into_iter()
        .find_map(|start| line.strip_prefix(start).map(|rest| (rest, '"')))
        .or_else(|| line.strip_prefix("def ").map(|rest| (rest, '(')))?;
    rest.split_once(end).map(|(name, _)| name.to_owned())
}

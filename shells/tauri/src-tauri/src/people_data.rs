//! File › Back Up…, Restore…, Export… and Help › Save Support File…: the backend does it, and here are the questions before, the
//! progress, and what came of it.

use std::{sync::Mutex, thread};

use serde::Deserialize;
use serde_json::{Value, json};
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder};
use time::OffsetDateTime;

use crate::launcher::{Failure, Place};
use crate::{Running, restart, windows, words};

/// One at a time.
static BUSY: Mutex<()> = Mutex::new(());

/// What the backend answers, as far as it is told to a person.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    needed: Needed,
    free: u64,
    file: String,
    bytes: u64,
    summary: String,
    contents: Vec<Content>,
}

/// What a backup takes, without and with the files that were uploaded.
#[derive(Default, Deserialize)]
struct Needed {
    databases: u64,
    media: u64,
}

/// A file in a support file.
#[derive(Deserialize)]
struct Content {
    name: String,
    bytes: u64,
}

/// Somebody chose one of them. A dialog waits for its answer, so it goes on in a thread of its own.
pub fn chosen(app: &AppHandle, command: &str) {
    let (app, command) = (app.clone(), command.to_owned());
    thread::spawn(move || {
        let Ok(_busy) = BUSY.try_lock() else { return };
        let done = match command.as_str() {
            "back-up" => back_up(&app),
            "restore" => restore(&app),
            "export" => save(&app, "Export", "data", "exporting", "export", json!({}), "Your data are exported"),
            _ => save_support_file(&app),
        };
        if let Err(failure) = done {
            tell_refused(&app, &failure);
        }
    });
}

fn back_up(app: &AppHandle) -> Result<(), Failure> {
    let Answer { needed, free, .. } = follow(app, "", "list", json!({}))?;
    let (with, without, free) = (size(needed.media), size(needed.databases), size(free));
    let detail = words::fill(
        "With them the backup takes up to {all}, without them {databases}. {free} are free on the disk.",
        &[("all", &with), ("databases", &without), ("free", &free)],
    );
    let question = "Back up uploaded files, too?";
    let media =
        needed.media > needed.databases && windows::ask(app, question, &detail, "With Files", Some("Without Files"));
    save(app, "Back Up", "backup", "backing up", "backup", json!({ "media": media }), "The backup is saved")
}

fn restore(app: &AppHandle) -> Result<(), Failure> {
    let folder = app.state::<Place>().data_folder.join("backups");
    let dialog = file_dialog(app, "Restore").add_filter(words::word("Backups"), &["zip", "sqlite3"]);
    let dialog = if folder.is_dir() { dialog.set_directory(folder) } else { dialog };
    let Some(backup) = dialog.blocking_pick_file().and_then(|file| file.into_path().ok()) else { return Ok(()) };
    let name = backup.file_name().unwrap_or_default().to_string_lossy();
    let detail = words::fill(
        "Your data become what they were in {name}. What is there now is kept as a backup first. The app is closed for a \
         moment and comes back with the restored data.",
        &[("name", &name)],
    );
    if windows::ask(app, "Restore this backup?", &detail, "Restore", Some("Cancel")) {
        follow(app, "restoring", "restore", json!({ "backup": backup }))?;
        restart(app);
    }
    Ok(())
}

fn save_support_file(app: &AppHandle) -> Result<(), Failure> {
    let Answer { summary, contents, .. } = follow(app, "", "support", json!({}))?;
    let files: Vec<String> = contents.iter().map(|file| format!("{} ({})", file.name, size(file.bytes))).collect();
    let files = files.join(", ");
    let detail = words::fill("Passwords and secrets are left out. It holds {files}.", &[("files", &files)]);
    let detail = format!("{detail}\n\n{summary}");
    if windows::ask(app, "Save a file for whoever helps you?", &detail, "Save…", Some("Cancel")) {
        save(app, "Save Support File", "support", "saving", "support", json!({}), "The support file is saved")?;
    }
    Ok(())
}

/// Asks where to, has it done, and says that it is.
fn save(
    app: &AppHandle,
    title: &str,
    name: &str,
    doing: &str,
    verb: &str,
    mut options: Value,
    done: &str,
) -> Result<(), Failure> {
    let name = format!("{} {} {}.zip", app.package_info().name, words::word(name), OffsetDateTime::now_utc().date());
    let dialog = file_dialog(app, title).add_filter("ZIP", &["zip"]).set_file_name(name);
    let Some(to) = dialog.blocking_save_file().and_then(|file| file.into_path().ok()) else { return Ok(()) };
    options["to"] = json!(to);
    let Answer { file, bytes, .. } = follow(app, doing, verb, options)?;
    windows::ask(app, done, &format!("{file}, {}", size(bytes)), "OK", None);
    Ok(())
}

/// Waits for the backend, while the window says how far it is.
fn follow(app: &AppHandle, doing: &str, verb: &str, options: Value) -> Result<Answer, Failure> {
    let show = |percent| {
        if !doing.is_empty() {
            windows::show_progress(app, &format!("{} {percent} %", words::word(doing)));
        }
    };
    let answer = app.state::<Running>().get().ask(verb, options, show);
    windows::show_progress(app, "");
    serde_json::from_value(answer?).map_err(|error| Failure::new("The app's answer is not understood", error))
}

fn tell_refused(app: &AppHandle, failure: &Failure) {
    let mut detail = failure.detail.clone();
    let unchanged = words::word("Nothing was changed.");
    if !detail.contains(&unchanged) {
        detail += &format!("\n\n{unchanged}");
    }
    if !windows::ask(app, &failure.title, &detail, "OK", Some("Open Log")) {
        windows::open_path(&app.state::<Place>().log());
    }
}

fn file_dialog(app: &AppHandle, title: &str) -> FileDialogBuilder<tauri::Wry> {
    let dialog = app.dialog().file().set_title(words::word(title));
    match app.get_webview_window(windows::MAIN) {
        Some(main) => dialog.set_parent(&main),
        None => dialog,
    }
}

/// Bytes, for people.
fn size(bytes: u64) -> String {
    let (unit, name) = if bytes < 1_000_000 { (1_000, "kB") } else { (1_000_000, "MB") };
    format!("{} {name}", bytes.div_ceil(unit))
}

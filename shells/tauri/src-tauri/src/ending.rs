//! Every way out: each stops the backend first and leaves no process behind. A second call changes nothing.

use std::{io::Write, sync::OnceLock, thread, time::Duration};

use tauri::{AppHandle, Manager};

use crate::launcher::{Failure, Place};
use crate::{Running, windows, words};

/// A program that does not get out of its loop by itself is ended this much later.
const PATIENCE: Duration = Duration::from_millis(500);

/// Decided by the first who wants to end the program.
static EXIT_CODE: OnceLock<i32> = OnceLock::new();

/// Stops the backend and waits for that.
pub fn release(app: &AppHandle) {
    if let Some(running) = app.try_state::<Running>() {
        running.get().stop();
    }
}

/// Stops the backend and leaves.
pub fn end(app: &AppHandle, code: i32) {
    let (app, code) = (app.clone(), *EXIT_CODE.get_or_init(|| code));
    thread::spawn(move || {
        release(&app);
        app.exit(code);
        // A dialog may keep the loop from ending.
        thread::sleep(PATIENCE);
        std::process::exit(code);
    });
}

/// Somebody wants to leave: closed windows, the menu, a signal. For a smoke test that is too early.
pub fn leave(app: &AppHandle) {
    end(app, app.state::<Place>().is_smoke_test.into());
}

/// Says what went wrong, then ends. Only the first failure counts.
pub fn fail(app: &AppHandle, mut failure: Failure) {
    if EXIT_CODE.set(1).is_err() {
        return;
    }
    let log = failure.log.or_else(|| Some(app.state::<Place>().log()).filter(|log| log.exists()));
    if let Some(log) = &log {
        failure.detail += &format!("\n\n{}", words::fill("The log: {log}", &[("log", &log.to_string_lossy())]));
    }
    // Nobody may be listening to stderr.
    let _ = writeln!(std::io::stderr(), "{}: {}", failure.title, failure.detail);
    let (app, may_ask) = (app.clone(), !app.state::<Place>().is_smoke_test);
    thread::spawn(move || {
        let open_log = log.as_ref().map(|_| "Open Log");
        if may_ask && !windows::ask(&app, &failure.title, &failure.detail, "Quit", open_log) {
            log.iter().for_each(|log| windows::open_path(log));
        }
        end(&app, 1);
    });
}

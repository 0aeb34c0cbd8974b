//! Every way out: each stops the backend first and leaves no process behind. A second call changes nothing.

use std::sync::{OnceLock, atomic::AtomicBool, atomic::Ordering, mpsc};
use std::{io::Write, thread, time::Duration};

use tauri::{AppHandle, Manager, WebviewWindow};

use crate::launcher::{Failure, Place};
use crate::{Running, windows, words};

/// A program that does not get out of its loop by itself is ended this much later.
const PATIENCE: Duration = Duration::from_millis(500);

/// A page that does not answer in this time has nothing to ask.
const ANSWER: Duration = Duration::from_secs(3);

/// Whether the page would have a person asked before it is left, as its engine finds out. Tauri's windows close without that.
const IS_UNSAVED: &str = "(() => {
  const event = document.createEvent('BeforeUnloadEvent');
  event.initEvent('beforeunload', false, true);
  return !dispatchEvent(event) || event.returnValue !== '';
})()";

/// One question at a time.
static IS_ASKED: AtomicBool = AtomicBool::new(false);

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
        quit(code);
    });
}

/// The loop has ended, and plugins have written down what they keep. Without a code the program is to start again.
pub fn finish(app: &AppHandle) {
    release(app);
    if let Some(code) = EXIT_CODE.get().filter(|_| cfg!(target_os = "linux")) {
        quit(*code);
    }
}

/// Ends the process. On Linux no library tidies up before: other threads, like the one that watches the mouse, would find them
/// taken down, and crash.
fn quit(code: i32) -> ! {
    // SAFETY: it takes a number, and does not come back.
    #[cfg(target_os = "linux")]
    let exit = |code| unsafe { libc::_exit(code) };
    #[cfg(not(target_os = "linux"))]
    let exit = std::process::exit;
    exit(code)
}

/// Somebody closes the window or chooses Quit: unsaved text on the page is asked about first.
pub fn ask_to_leave(main: WebviewWindow) {
    if IS_ASKED.swap(true, Ordering::SeqCst) {
        return;
    }
    thread::spawn(move || {
        let (app, detail) = (main.app_handle(), "What you typed on this page would be lost.");
        if is_unsaved(&main) && !windows::ask(app, "Leave without saving?", detail, "Leave", Some("Stay")) {
            return IS_ASKED.store(false, Ordering::SeqCst);
        }
        let _ = main.hide();
        leave(app);
    });
}

/// Whether that goes on: the process of the page may be gone first.
pub fn is_asked_to_leave() -> bool {
    IS_ASKED.load(Ordering::SeqCst)
}

fn is_unsaved(main: &WebviewWindow) -> bool {
    let (answer, answered) = mpsc::channel();
    let asked = main.eval_with_callback(IS_UNSAVED, move |is_unsaved| drop(answer.send(is_unsaved)));
    asked.is_ok() && answered.recv_timeout(ANSWER).is_ok_and(|is_unsaved| is_unsaved == "true")
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

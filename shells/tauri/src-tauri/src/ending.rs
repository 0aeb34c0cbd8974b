//! Every way out: each stops the backend first and leaves no process behind. A second call changes nothing.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};

use crate::launcher::{Backend, Failure};
use crate::{menu, windows};

/// A program that does not get out of its loop by itself is ended this much later.
const PATIENCE: Duration = Duration::from_millis(500);

/// Knows the backend, and how to leave.
#[derive(Default)]
pub struct Ending {
    /// The running backend, once there is one.
    pub backend: OnceLock<Arc<Backend>>,
    /// The program, once there is one.
    pub app: OnceLock<AppHandle>,
    /// Ask nobody anything.
    is_smoke_test: bool,
    has_failed: AtomicBool,
    is_leaving: AtomicBool,
}

impl Ending {
    /// Nothing runs yet.
    pub fn new(is_smoke_test: bool) -> Self {
        Self { is_smoke_test, ..Self::default() }
    }

    /// Stops the backend and waits for that.
    pub fn release(&self) {
        if let Some(backend) = self.backend.get() {
            backend.stop();
        }
    }

    /// Stops the backend and leaves. The first call decides the exit code, unless something has failed.
    pub fn end(self: &Arc<Self>, code: i32) {
        if self.is_leaving.swap(true, Ordering::SeqCst) {
            return;
        }
        let ending = self.clone();
        thread::spawn(move || {
            ending.release();
            let code = if ending.has_failed.load(Ordering::SeqCst) { 1 } else { code };
            if let Some(app) = ending.app.get() {
                app.exit(code);
                // A dialog may keep the loop from ending.
                thread::sleep(PATIENCE);
            }
            std::process::exit(code);
        });
    }

    /// Somebody wants to leave: closed windows, the menu, a signal. For a smoke test that is too early.
    pub fn leave(self: &Arc<Self>) {
        self.end(i32::from(self.is_smoke_test));
    }

    /// Says what went wrong, then ends. Only the first failure counts.
    pub fn fail(self: &Arc<Self>, failure: Failure) {
        if self.is_leaving.load(Ordering::SeqCst) || self.has_failed.swap(true, Ordering::SeqCst) {
            return;
        }
        // Nobody may be listening to stderr.
        let _ = writeln!(std::io::stderr(), "{failure}");
        let Some(app) = self.app.get().filter(|_| !self.is_smoke_test) else { return self.end(1) };
        // It has nothing to do any more; whoever reads the message may take a long time.
        let ending = self.clone();
        thread::spawn(move || ending.release());
        self.tell(app, failure);
    }

    fn tell(self: &Arc<Self>, app: &AppHandle, failure: Failure) {
        let (quit, open_log) = ("Quit".to_owned(), "Open Log".to_owned());
        let buttons = match &failure.log {
            Some(_) => MessageDialogButtons::OkCancelCustom(quit, open_log),
            None => MessageDialogButtons::OkCustom(quit),
        };
        let whereabouts = failure.log.as_ref().map(|log| format!("\n\nLog: {}", log.display())).unwrap_or_default();
        let mut dialog = app.dialog().message(format!("{}{whereabouts}", failure.detail));
        if let Some(window) = windows::current(app) {
            dialog = dialog.parent(&window);
        }
        let ending = self.clone();
        dialog.title(failure.title).kind(MessageDialogKind::Error).buttons(buttons).show(move |is_quit| {
            if let Some(log) = failure.log.filter(|_| !is_quit) {
                menu::open(&log);
            }
            ending.end(1);
        });
    }
}

//! Whether the first page is a page at all: a person gets to see it then.
//!
//! A smoke test (`DESKTOP_DJANGO_SMOKE_TEST=1`) is more strict, and leaves with 0 after it, and with 1 after anything else,
//! without asking anybody.

use std::{io::Write, thread, time::Duration};

use tauri::{AppHandle, Manager, Url, WebviewWindow};

use crate::{ending, launcher::Failure, launcher::Place, windows};

/// From the start of the program: what a busy machine needs to open a window is a part of it. With the time that it takes to
/// stop a stubborn backend, this stays below 20 s.
const LIMIT: Duration = Duration::from_secs(12);

/// Not every engine tells the status of the page; where it does not, the page is asked for again.
const SEEN: &str = "(() => {
  const status = performance.getEntriesByType('navigation')[0]?.responseStatus;
  const request = new XMLHttpRequest();
  request.open('GET', location.href, false);
  try { if (!status) request.send(); } catch {}
  return [location.href, status || request.status, document.title, document.body?.innerText.trim().length ?? 0];
})()";

/// A smoke test that sees no page fails.
pub fn limit(app: &AppHandle) {
    let app = app.clone();
    thread::spawn(move || {
        thread::sleep(LIMIT.saturating_sub(app.state::<Place>().started.elapsed()));
        let detail = format!("There was no page within {} s.", LIMIT.as_secs());
        ending::fail(&app, Failure::new("The smoke test took too long", detail));
    });
}

/// Looks at the page that has loaded, and shows it.
pub fn judge(main: &WebviewWindow) {
    let window = main.clone();
    let _ = main.eval_with_callback(SEEN, move |answer| {
        let Ok((url, status, title, length)) = serde_json::from_str::<(Url, u16, String, u64)>(&answer) else { return };
        let place = window.state::<Place>();
        if let Some(failure) = problem(&url, status, length, place.is_smoke_test) {
            return ending::fail(window.app_handle(), failure);
        }
        windows::show_main(&window);
        if place.is_smoke_test {
            let millis = place.started.elapsed().as_millis();
            let _ = writeln!(std::io::stdout(), "smoke test: {url} status {status} “{title}” after {millis} ms");
            ending::end(window.app_handle(), 0);
        }
    });
}

/// People get to see an error page of Django's; nobody gets to see that of the engine.
fn problem(url: &Url, status: u16, length: u64, is_smoke_test: bool) -> Option<Failure> {
    let (title, problem) = match (status, length) {
        (0, _) => ("The app's first page did not load", "does not answer".to_owned()),
        _ if (status == 200 && length > 0) || !is_smoke_test => return None,
        (200, 0) => ("The smoke test saw the wrong page", "is blank".to_owned()),
        _ => ("The smoke test saw the wrong page", format!("answered with status {status}")),
    };
    Some(Failure::new(title, format!("{url} {problem}.")))
}

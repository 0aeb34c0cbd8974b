//! Is the first page a page? A person gets to see it then; a smoke test (`DESKTOP_DJANGO_SMOKE_TEST=1`) is more strict, and
//! leaves with 0 after it, and with 1 after anything else, without asking anybody.

use std::io::Write;
use std::time::Duration;
use std::{env, thread};

use tauri::{AppHandle, Manager, Url, WebviewWindow};

use crate::launcher::{Failure, Place};
use crate::{ending, windows};

/// With the time that it takes to stop a stubborn backend, this stays below 20 s.
const LIMIT: Duration = Duration::from_secs(12);

/// Not every engine tells the status of the page, so the page is asked for again.
const SEEN: &str = "(() => {
  const request = new XMLHttpRequest();
  try {
    request.open('GET', location.href, false);
    request.send();
  } catch {}
  return [location.href, request.status, document.title, document.body?.innerText.trim().length ?? 0];
})()";

/// Ask nobody anything, and leave after the first page.
pub fn is_smoke_test() -> bool {
    env::var_os("DESKTOP_DJANGO_SMOKE_TEST").is_some_and(|value| value == "1")
}

/// A smoke test that sees no page fails.
pub fn limit(app: &AppHandle) {
    let app = app.clone();
    thread::spawn(move || {
        thread::sleep(LIMIT);
        let detail = format!("There was no page within {} s.", LIMIT.as_secs());
        ending::fail(&app, Failure::new("The smoke test took too long", detail));
    });
}

/// Looks at the page that has loaded, and shows it.
pub fn judge(main: &WebviewWindow) {
    let window = main.clone();
    let _ = main.eval_with_callback(SEEN, move |answer| {
        let Ok((url, status, title, length)) = serde_json::from_str::<(Url, u16, String, u64)>(&answer) else { return };
        if let Some(failure) = problem(&url, status, length) {
            return ending::fail(window.app_handle(), failure);
        }
        windows::show_main(&window);
        if is_smoke_test() {
            let millis = window.state::<Place>().started.elapsed().as_millis();
            let _ = writeln!(std::io::stdout(), "smoke test: {url} status {status} “{title}” after {millis} ms");
            ending::end(window.app_handle(), 0);
        }
    });
}

/// People get to see an error page of Django's; nobody gets to see that of the engine.
fn problem(url: &Url, status: u16, length: u64) -> Option<Failure> {
    let (title, problem) = match (status, length) {
        (0, _) => ("The app's first page did not load", "does not answer".to_owned()),
        (200, 1..) => return None,
        _ if !is_smoke_test() => return None,
        (200, 0) => ("The smoke test saw the wrong page", "is blank".to_owned()),
        _ => ("The smoke test saw the wrong page", format!("answered with status {status}")),
    };
    Some(Failure::new(title, format!("{url} {problem}.")))
}

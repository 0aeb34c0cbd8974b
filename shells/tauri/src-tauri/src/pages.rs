//! Where a page may go, what it may ask the desktop for, and whether the first one is a page at all.
//!
//! A person gets to see it then; a smoke test (`DESKTOP_DJANGO_SMOKE_TEST=1`) is more strict, and leaves with 0 after it, and
//! with 1 after anything else, without asking anybody.

use std::{env, io::Write, sync::OnceLock, thread, time::Duration};

use tauri::{AppHandle, Manager, State, Url, WebviewWindow};

use crate::{ending, launcher::Failure, launcher::Place, windows};

const OUTSIDE: [&str; 3] = ["http", "https", "mailto"];

/// All that a page gets from the desktop.
pub const FOR_PAGES: &str = "window.desktop = Object.freeze({
  openAppDataDirectory: () => window.__TAURI_INTERNALS__.invoke('open_app_data_directory'),
});";

/// Where Django is, once it is known.
static SITE: OnceLock<Url> = OnceLock::new();

/// Django is here from now on. The answer is where a session begins: it gets the token as a cookie there, and goes on to the
/// start page.
pub fn enter(start: Url, token: &str) -> Url {
    let mut url = start.clone();
    url.set_path("/desktop-auth/bootstrap/");
    url.query_pairs_mut().clear().append_pair("token", token).append_pair("next", start.path());
    let _ = SITE.set(start);
    url
}

/// Scheme, host and port are Django's. `blob:` addresses are not.
pub fn is_own(url: &Url) -> bool {
    SITE.get().is_some_and(|site| site.scheme() == url.scheme() && site.origin() == url.origin())
}

/// Whether the main window may go there by itself, as it does to nowhere while it waits; other places open outside.
pub fn may_go(url: &Url) -> bool {
    let may = is_own(url) || url.as_str() == "about:blank";
    if !may && OUTSIDE.contains(&url.scheme()) {
        let _ = tauri_plugin_opener::open_url(url, None::<&str>);
    }
    may
}

/// Shows the folder with the person's data in the system's file manager.
#[tauri::command]
pub async fn open_app_data_directory(place: State<'_, Place>) -> Result<(), tauri_plugin_opener::Error> {
    tauri_plugin_opener::open_path(&place.data_folder, None::<&str>)
}

/// With the time that it takes to stop a stubborn backend, this stays below 20 s.
const LIMIT: Duration = Duration::from_secs(12);

/// Not every engine tells the status of the page; where it does not, the page is asked for again.
const SEEN: &str = "(() => {
  const status = performance.getEntriesByType('navigation')[0]?.responseStatus;
  const request = new XMLHttpRequest();
  request.open('GET', location.href, false);
  try { if (!status) request.send(); } catch {}
  return [location.href, status || request.status, document.title, document.body?.innerText.trim().length ?? 0];
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
        _ if (status == 200 && length > 0) || !is_smoke_test() => return None,
        (200, 0) => ("The smoke test saw the wrong page", "is blank".to_owned()),
        _ => ("The smoke test saw the wrong page", format!("answered with status {status}")),
    };
    Some(Failure::new(title, format!("{url} {problem}.")))
}

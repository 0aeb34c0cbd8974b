//! Django's address: how a session begins there, where its pages may go, and what they may ask the desktop for.

use std::sync::{Mutex, PoisonError};

use tauri::plugin::{Builder, TauriPlugin};
use tauri::{State, Url, Wry};

use crate::launcher::Place;

const OUTSIDE: [&str; 3] = ["http", "https", "mailto"];

/// All that a page gets from the desktop.
pub const FOR_PAGES: &str = "window.desktop = Object.freeze({
  openAppDataDirectory: () => window.__TAURI_INTERNALS__.invoke('open_app_data_directory'),
});";

/// `confirm` must wait for the answer. The dialog plugin puts one there that doesn't, so every "Really delete?" would go through.
const QUESTIONS: &str = "for (const name of ['alert', 'confirm', 'prompt']) {
  const own = window[name];
  Object.defineProperty(window, name, { get: () => own, set() {} });
}";

/// To be added before the dialog plugin: pages keep the questions of their engine.
pub fn keep_questions() -> TauriPlugin<Wry> {
    Builder::new("questions").js_init_script(QUESTIONS.to_owned()).build()
}

/// Where Django is, once it is known.
static SITE: Mutex<Option<Url>> = Mutex::new(None);

/// Django is here from now on. The answer is where a session begins: it gets the token as a cookie there, and goes on to the
/// start page.
pub fn enter(start: Url, token: &str) -> Url {
    let mut url = start.clone();
    url.set_path("/desktop-auth/bootstrap/");
    let next = &start[url::Position::BeforePath..url::Position::AfterQuery];
    url.query_pairs_mut().clear().append_pair("token", token).append_pair("next", next);
    *SITE.lock().unwrap_or_else(PoisonError::into_inner) = Some(start);
    url
}

/// Scheme, host and port are Django's. `blob:` addresses are not.
pub fn is_own(url: &Url) -> bool {
    let site = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    site.as_ref().is_some_and(|site| site.scheme() == url.scheme() && site.origin() == url.origin())
}

/// A page of Django's has made it: to be saved, mostly. It is as much Django's as the page.
pub fn is_made_here(url: &Url) -> bool {
    url.scheme() == "blob" && Url::parse(url.path()).is_ok_and(|url| is_own(&url))
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

//! Where a page may go, and what it may ask the desktop for.

use std::sync::OnceLock;

use tauri::{AppHandle, Manager, State, Url, WebviewWindow};

use crate::settings::Settings;
use crate::windows;

const OUTSIDE: [&str; 3] = ["http", "https", "mailto"];

/// All that a page gets from the desktop.
pub const FOR_PAGES: &str = "window.desktop = Object.freeze({
  openAppDataDirectory: () => window.__TAURI_INTERNALS__.invoke('open_app_data_directory'),
});";

/// Where Django is, once it is known.
#[derive(Default)]
pub struct Site(OnceLock<Url>);

impl Site {
    /// Django is at this address from now on.
    pub fn open(&self, url: Url) {
        let _ = self.0.set(url);
    }

    /// Scheme, host and port are Django's. `blob:` addresses are not.
    pub fn has(&self, url: &Url) -> bool {
        self.0.get().is_some_and(|site| site.scheme() == url.scheme() && site.origin() == url.origin())
    }

    /// Where the session begins: it gets the token as a cookie there and goes on to the start page.
    pub fn bootstrap(&self, token: &str) -> Option<Url> {
        let mut url = self.0.get()?.clone();
        let next = url.path().to_owned();
        url.set_path("/desktop-auth/bootstrap/");
        url.query_pairs_mut().clear().append_pair("token", token).append_pair("next", &next);
        Some(url)
    }
}

/// Whether the main window may go there by itself; other places open outside.
pub fn may_go(app: &AppHandle, url: &Url) -> bool {
    let is_own = app.state::<Site>().has(url) || url.as_str() == windows::EMPTY;
    if !is_own {
        open_outside(url);
    }
    is_own
}

/// A page asks for a window. Django answers nobody but this program, so a page of its own goes to the window that is there.
pub fn open_elsewhere(app: &AppHandle, url: Url) {
    if !app.state::<Site>().has(&url) {
        open_outside(&url);
    } else if let Some(main) = app.get_webview_window(windows::MAIN) {
        let _ = main.navigate(url);
    }
}

fn open_outside(url: &Url) {
    if OUTSIDE.contains(&url.scheme()) {
        let _ = tauri_plugin_opener::open_url(url, None::<&str>);
    }
}

/// Shows the folder with the person's data in the system's file manager.
#[tauri::command]
pub async fn open_app_data_directory(
    window: WebviewWindow,
    site: State<'_, Site>,
    settings: State<'_, Settings>,
) -> Result<(), String> {
    if !window.url().is_ok_and(|url| site.has(&url)) {
        return Err("Refused".to_owned());
    }
    tauri_plugin_opener::open_path(&settings.place.data_folder, None::<&str>).map_err(|error| error.to_string())
}

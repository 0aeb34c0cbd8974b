//! The two windows: the splash at once, the main window when the first page is there.

use std::{fs, path::Path, sync::Mutex, sync::PoisonError};

use tauri::webview::{DownloadEvent, NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Url, Webview, WebviewWindow, WebviewWindowBuilder, Wry};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons};

use crate::{launcher::Place, site, words::word};

/// The label of the window with Django's pages.
pub const MAIN: &str = "main";
/// The label of the splash.
pub const SPLASH: &str = "splash";

/// What the splash says; it may not have loaded when the backend says it.
static PHASE: Mutex<String> = Mutex::new(String::new());

/// What the main window is titled: the page's title, and what goes on beside it.
static TITLE: Mutex<(String, String)> = Mutex::new((String::new(), String::new()));

/// What becomes of a download.
type Save = fn(&Webview, DownloadEvent<'_>) -> bool;

/// The window that a person looks at.
fn current(app: &AppHandle) -> Option<WebviewWindow> {
    [MAIN, SPLASH].iter().filter_map(|label| app.get_webview_window(label)).find(|it| it.is_visible().unwrap_or(false))
}

/// To the front.
pub fn focus(app: &AppHandle) {
    if let Some(window) = current(app) {
        let _ = window.unminimize().and_then(|()| window.set_focus());
    }
}

/// Shows a message, in the language of the system, and waits, not in the thread of the windows, for the answer.
pub fn ask(app: &AppHandle, title: &str, detail: &str, yes: &str, no: Option<&str>) -> bool {
    let buttons = match no {
        Some(no) => MessageDialogButtons::OkCancelCustom(word(yes), word(no)),
        None => MessageDialogButtons::OkCustom(word(yes)),
    };
    let dialog = app.dialog().message(word(detail)).title(word(title)).buttons(buttons);
    match current(app) {
        Some(window) => dialog.parent(&window).blocking_show(),
        None => dialog.blocking_show(),
    }
}

/// Shows a file, or the folder that is there as long as the file is not, with the program that is for it.
pub fn open_path(path: &Path) {
    if let Some(there) = path.ancestors().find(|path| path.exists()) {
        let _ = tauri_plugin_opener::open_path(there, None::<&str>);
    }
}

/// Opens the splash, with the project's own page if there is one, and makes the main window, hidden and empty: it gets ready
/// while the backend does. `judge` looks at the first page when it has loaded, before anybody sees it;
/// `save` takes what pages save.
pub fn open(app: &AppHandle, splash: &Path, judge: fn(&WebviewWindow), save: Save) -> tauri::Result<WebviewWindow> {
    let on_window = app.clone();
    // The first one, because WebKitGTK asks the first about the downloads of both.
    let main = builder(app, MAIN)?
        .initialization_script(site::FOR_PAGES)
        .on_navigation(|url| site::is_made_here(url) || site::may_go(url))
        .on_new_window(move |url, _| {
            // Django answers nobody but this program, so a page of its own goes to the window that is there.
            if let Some(main) = on_window.get_webview_window(MAIN).filter(|_| site::may_go(&url)) {
                let _ = main.navigate(url);
            }
            NewWindowResponse::Deny
        })
        .on_document_title_changed(|main, title| {
            // A page without one is the program's all the same.
            let page = if title.is_empty() { main.package_info().name.clone() } else { title };
            entitle(&main, |(shown, _)| *shown = page);
        })
        .on_download(move |webview, event| save(&webview, event))
        .on_page_load(move |main, payload| {
            let is_there = payload.event() == PageLoadEvent::Finished && site::is_own(payload.url());
            if is_there && !main.is_visible().unwrap_or(true) {
                judge(&main);
            }
        })
        .build()?;
    let page = fs::read(splash).ok();
    builder(app, SPLASH)?
        // So the project's page has the policy of a page of this program.
        .on_web_resource_request(move |_, response| {
            if let Some(page) = &page {
                *response.body_mut() = page.clone().into();
            }
        })
        .on_page_load(|splash, _| paint_phase(&splash))
        .build()?;
    Ok(main)
}

/// Tells the splash what is going on.
pub fn show_phase(app: &AppHandle, name: String) {
    *PHASE.lock().unwrap_or_else(PoisonError::into_inner) = name;
    app.get_webview_window(SPLASH).iter().for_each(paint_phase);
}

/// A splash that is on its way in or out shows no phase, and that is all.
fn paint_phase(splash: &WebviewWindow) {
    let name = serde_json::Value::from(PHASE.lock().unwrap_or_else(PoisonError::into_inner).as_str());
    let _ = splash.eval(format!("document.getElementById('splash-phase').dataset.phase = {name} || 'prepare'"));
}

/// How far something is that goes on beside the page; nothing when it is over.
pub fn show_progress(app: &AppHandle, doing: &str) {
    if let Some(main) = app.get_webview_window(MAIN) {
        entitle(&main, |(_, shown)| doing.clone_into(shown));
    }
}

fn entitle(main: &WebviewWindow, change: impl FnOnce(&mut (String, String))) {
    let mut title = TITLE.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut title);
    let (page, doing) = &*title;
    let _ = main.set_title(&if doing.is_empty() { page.clone() } else { format!("{page} – {doing}") });
}

/// Nobody can do anything with the page any more: its server is about to be another one.
pub fn pause(app: &AppHandle) {
    if let Some(main) = app.get_webview_window(MAIN) {
        let _ = main.eval("document.documentElement.inert = true");
    }
}

/// Sends the main window to Django. Here and below, only a loop that has ended does nothing.
pub fn open_main(app: &AppHandle, url: Url) {
    let url = site::enter(url, &app.state::<Place>().token);
    if let Some(main) = app.get_webview_window(MAIN) {
        let _ = main.navigate(url);
    }
}

/// The page is there: the main window takes the splash's place.
pub fn show_main(main: &WebviewWindow) {
    let _ = main.show().and_then(|()| main.set_focus());
    if let Some(splash) = main.get_webview_window(SPLASH) {
        let _ = splash.destroy();
    }
}

fn builder<'a>(app: &'a AppHandle, label: &str) -> tauri::Result<WebviewWindowBuilder<'a, Wry, AppHandle>> {
    let config =
        app.config().app.windows.iter().find(|config| config.label == label).ok_or(tauri::Error::WindowNotFound)?;
    let folder = app.state::<Place>().data_folder.join("browser");
    Ok(WebviewWindowBuilder::from_config(app, config)?.title(&app.package_info().name).data_directory(folder))
}

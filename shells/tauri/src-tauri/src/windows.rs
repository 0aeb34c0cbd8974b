//! The two windows: the splash at once, the main window when the first page is there.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};

use crate::ending::Ending;
use crate::first_page;
use crate::pages::{self, FOR_PAGES, Site};
use crate::settings::Settings;
use crate::{menu, platform, window_place};

/// The label of the window with Django's pages.
pub const MAIN: &str = "main";
const SPLASH: &str = "splash";
/// What the main window shows while it waits.
pub const EMPTY: &str = "about:blank";

const DARK: Color = Color(0x22, 0x21, 0x21, 0xff);
const LIGHT: Color = Color(0xf2, 0xf4, 0xf3, 0xff);

/// What the splash says; it may not have loaded when the backend says it.
pub struct Phase(Mutex<String>);

impl Default for Phase {
    fn default() -> Self {
        Self(Mutex::new("prepare".to_owned()))
    }
}

/// The window that a person looks at.
pub fn current(app: &AppHandle) -> Option<WebviewWindow> {
    [MAIN, SPLASH].iter().filter_map(|label| app.get_webview_window(label)).find(|it| it.is_visible().unwrap_or(false))
}

/// To the front.
pub fn focus(app: &AppHandle) {
    if let Some(window) = current(app) {
        let _ = window.unminimize().and_then(|()| window.set_focus());
    }
}

/// Opens the splash, and makes the main window, hidden.
pub fn open(app: &AppHandle, splash: Option<PathBuf>) -> tauri::Result<()> {
    open_splash(app, splash)?;
    prepare_main(app)?;
    if cfg!(target_os = "macos") {
        app.set_menu(menu::build(app)?)?;
    }
    Ok(())
}

/// Opens the splash: the project's own page, or, without one, the one of this program.
fn open_splash(app: &AppHandle, page: Option<PathBuf>) -> tauri::Result<()> {
    let page = page.and_then(|file| std::fs::read(file).ok());
    let splash = builder(app, SPLASH, WebviewUrl::App("splash.html".into()))
        .inner_size(480.0, 340.0)
        .decorations(false)
        .resizable(false)
        .center()
        // So the project's page has the policy of a page of this program.
        .on_web_resource_request(move |_, response| {
            if let Some(page) = &page {
                *response.body_mut() = page.clone().into();
            }
        })
        .on_page_load(|splash, payload| {
            if payload.event() == PageLoadEvent::Finished {
                paint_phase(splash.app_handle());
            }
        })
        .build()?;
    let ending = app.state::<Arc<Ending>>().inner().clone();
    // The main window is there as well, but nobody sees it.
    splash.on_window_event(move |event| {
        if matches!(event, WindowEvent::CloseRequested { .. }) {
            ending.leave();
        }
    });
    Ok(())
}

/// Tells the splash what is going on.
pub fn show_phase(app: &AppHandle, name: String) {
    *app.state::<Phase>().0.lock().unwrap_or_else(PoisonError::into_inner) = name;
    paint_phase(app);
}

fn paint_phase(app: &AppHandle) {
    let phase = app.state::<Phase>().0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(splash) = app.get_webview_window(SPLASH) {
        let name = serde_json::Value::from(phase);
        // A splash that is on its way in or out shows no phase, and that is all.
        let _ = splash.eval(format!("document.getElementById('splash-phase').dataset.phase = {name}"));
    }
}

/// Makes the main window, hidden and empty: it gets ready while the backend does.
fn prepare_main(app: &AppHandle) -> tauri::Result<()> {
    let settings = app.state::<Settings>();
    let place = window_place::restored(app, &settings.place.data_folder);
    let (on_navigation, on_window) = (app.clone(), app.clone());
    let mut builder = builder(app, MAIN, WebviewUrl::External(empty()))
        .visible(false)
        .inner_size(place.width, place.height)
        .min_inner_size(420.0, 360.0)
        .maximized(place.is_maximized)
        .initialization_script(FOR_PAGES)
        .on_navigation(move |url| pages::may_go(&on_navigation, url))
        .on_new_window(move |url, _| {
            pages::open_elsewhere(&on_window, url);
            NewWindowResponse::Deny
        })
        .on_page_load(|main, payload| {
            let is_there = payload.event() == PageLoadEvent::Finished && payload.url().as_str() != EMPTY;
            if is_there && !main.is_visible().unwrap_or(true) {
                first_page::judge(&main);
            }
        });
    if let (Some(x), Some(y)) = (place.x, place.y) {
        builder = builder.position(x, y);
    }
    if !cfg!(target_os = "macos") {
        builder = builder.menu(menu::build(app)?);
    }
    let main = builder.build()?;
    window_place::remember(&main, place);
    platform::watch(&main, app.state::<Arc<Ending>>().inner().clone());
    Ok(())
}

/// Sends the main window to Django.
pub fn open_main(app: &AppHandle, url: Url) -> tauri::Result<()> {
    let site = app.state::<Site>();
    site.open(url);
    let start = site.bootstrap(&app.state::<Settings>().place.token);
    match (app.get_webview_window(MAIN), start) {
        (Some(main), Some(url)) => main.navigate(url),
        _ => Ok(()),
    }
}

/// The page is there: the main window takes the splash's place.
pub fn show_main(main: &WebviewWindow) -> tauri::Result<()> {
    main.show()?;
    main.set_focus()?;
    main.get_webview_window(SPLASH).map_or(Ok(()), |splash| splash.destroy())
}

fn builder<'a>(app: &'a AppHandle, label: &str, url: WebviewUrl) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    let settings = app.state::<Settings>();
    let is_dark = platform::theme(app) == Some(Theme::Dark);
    WebviewWindowBuilder::new(app, label, url)
        .title(&settings.title)
        .background_color(if is_dark { DARK } else { LIGHT })
        .data_directory(settings.browser_folder())
        .devtools(!settings.is_installed)
        .zoom_hotkeys_enabled(true)
}

#[expect(clippy::expect_used)]
fn empty() -> Url {
    EMPTY.parse().expect("a fixed address")
}

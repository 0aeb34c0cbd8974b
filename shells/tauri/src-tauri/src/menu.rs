//! The menu, and what it asks the desktop for.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tauri::menu::{Menu, MenuBuilder, MenuEvent, MenuItem, Submenu, SubmenuBuilder};
use tauri::{AppHandle, Manager, WebviewWindow, Wry};

use crate::ending::Ending;
use crate::settings::Settings;
use crate::{platform, updates, windows};

/// Editing commands of WebKit: name, label, keys.
const EDITING: [(&str, &str, &str); 6] = [
    ("Undo", "&Undo", "CmdOrCtrl+Z"),
    ("Redo", "&Redo", "CmdOrCtrl+Shift+Z"),
    ("Cut", "Cu&t", "CmdOrCtrl+X"),
    ("Copy", "&Copy", "CmdOrCtrl+C"),
    ("Paste", "&Paste", "CmdOrCtrl+V"),
    ("SelectAll", "Select &All", "CmdOrCtrl+A"),
];

/// How much larger than usual the page is, in percent.
static ZOOM: AtomicU32 = AtomicU32::new(100);

fn item(app: &AppHandle, id: &str, label: &str, keys: Option<&str>) -> tauri::Result<MenuItem<Wry>> {
    MenuItem::with_id(app, id, label, true, keys)
}

/// The whole menu.
pub fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let settings = app.state::<Settings>();
    let mut menu = MenuBuilder::new(app);
    let program = SubmenuBuilder::new(app, &settings.title).about(None).separator().services().separator();
    let program = program.hide().hide_others().show_all().separator().quit().build()?;
    if cfg!(target_os = "macos") {
        menu = menu.item(&program);
    }
    let mut file = SubmenuBuilder::new(app, "&File");
    file = if cfg!(target_os = "macos") {
        file.close_window()
    } else {
        file.item(&item(app, "quit", "&Quit", Some("CmdOrCtrl+Q"))?)
    };
    let mut view = SubmenuBuilder::new(app, "&View").item(&item(app, "reload", "&Reload", Some("CmdOrCtrl+R"))?);
    if !settings.is_installed {
        view = view.item(&item(app, "tools", "Toggle &Developer Tools", Some("CmdOrCtrl+Shift+I"))?);
    }
    let view = view
        .separator()
        .item(&item(app, "zoom-100", "&Actual Size", Some("CmdOrCtrl+0"))?)
        .item(&item(app, "zoom-in", "Zoom &In", Some("CmdOrCtrl+="))?)
        .item(&item(app, "zoom-out", "Zoom &Out", Some("CmdOrCtrl+-"))?)
        .item(&item(app, "full-screen", "Toggle &Full Screen", Some("F11"))?);
    let window = SubmenuBuilder::new(app, "&Window").minimize().maximize().separator().close_window();
    let help = SubmenuBuilder::new(app, "&Help")
        .item(&item(app, "updates", "Check for &Updates…", None)?)
        .separator()
        .item(&item(app, "data", "Open App &Data Folder", None)?)
        .item(&item(app, "log", "Open &Log", None)?);
    let edit = edit_menu(app)?;
    menu.items(&[&file.build()?, &edit, &view.build()?, &window.build()?, &help.build()?]).build()
}

fn edit_menu(app: &AppHandle) -> tauri::Result<Submenu<Wry>> {
    let mut edit = SubmenuBuilder::new(app, "&Edit");
    if !cfg!(target_os = "linux") {
        return edit.undo().redo().separator().cut().copy().paste().select_all().build();
    }
    for (command, label, keys) in EDITING {
        if command == "Cut" {
            edit = edit.separator();
        }
        edit = edit.item(&item(app, command, label, Some(keys))?);
    }
    edit.build()
}

/// Somebody chose an item.
pub fn chosen(app: &AppHandle, event: &MenuEvent) {
    let settings = app.state::<Settings>();
    match event.id().as_ref() {
        "quit" => app.state::<Arc<Ending>>().leave(),
        "updates" => updates::check(app),
        "data" => open(&settings.place.data_folder),
        "log" => open(&settings.log),
        id => {
            if let Some(main) = app.get_webview_window(windows::MAIN) {
                let _ = change_view(&main, id);
            }
        }
    }
}

fn change_view(main: &WebviewWindow, id: &str) -> tauri::Result<()> {
    match id {
        "reload" => main.reload(),
        "tools" => {
            #[cfg(debug_assertions)]
            if main.is_devtools_open() {
                main.close_devtools()
            } else {
                main.open_devtools()
            }
            Ok(())
        }
        "zoom-100" => zoom(main, |_| 100),
        "zoom-in" => zoom(main, |percent| percent + 10),
        "zoom-out" => zoom(main, |percent| percent - 10),
        "full-screen" => main.set_fullscreen(!main.is_fullscreen()?),
        _ => {
            if let Some((command, ..)) = EDITING.iter().find(|(command, ..)| *command == id) {
                platform::edit(main, command);
            }
            Ok(())
        }
    }
}

fn zoom(main: &WebviewWindow, change: impl Fn(u32) -> u32) -> tauri::Result<()> {
    let percent = change(ZOOM.load(Ordering::SeqCst)).clamp(30, 500);
    ZOOM.store(percent, Ordering::SeqCst);
    main.set_zoom(f64::from(percent) / 100.0)
}

/// Shows a file, or its folder as long as there is no such file, with the program that is for it.
pub fn open(path: &Path) {
    let there = if path.exists() { Some(path) } else { path.parent() };
    if let Some(path) = there {
        let _ = tauri_plugin_opener::open_path(path, None::<&str>);
    }
}

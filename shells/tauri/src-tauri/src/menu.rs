//! The menu, and what it asks the desktop for.

use std::sync::atomic::{AtomicU32, Ordering};

use tauri::menu::{AboutMetadataBuilder, Menu, MenuBuilder, MenuItem, SubmenuBuilder};
use tauri::{AppHandle, Manager, WebviewWindow, Wry};

use crate::{ending, launcher::Place, people_data, updates, windows, words};

/// Menu, command, label, keys. Without a command it is a line between others.
const ITEMS: [(&str, &str, &str, &str); 29] = [
    ("&File", "back-up", "&Back Up…", ""),
    ("&File", "restore", "&Restore…", ""),
    ("&File", "export", "&Export…", ""),
    ("&File", "", "", ""),
    ("&File", "print", "&Print…", "CmdOrCtrl+P"),
    ("&File", "quit", "&Quit", "CmdOrCtrl+Q"),
    ("&Edit", "Undo", "&Undo", "CmdOrCtrl+Z"),
    ("&Edit", "Redo", "&Redo", "CmdOrCtrl+Shift+Z"),
    ("&Edit", "Cut", "Cu&t", "CmdOrCtrl+X"),
    ("&Edit", "Copy", "&Copy", "CmdOrCtrl+C"),
    ("&Edit", "Paste", "&Paste", "CmdOrCtrl+V"),
    ("&Edit", "SelectAll", "Select &All", "CmdOrCtrl+A"),
    ("&Edit", "find", "&Find…", "CmdOrCtrl+F"),
    ("&View", "back", "&Back", "Alt+Left"),
    ("&View", "reload", "&Reload", "CmdOrCtrl+R"),
    ("&View", "", "", ""),
    ("&View", "zoom-100", "&Actual Size", "CmdOrCtrl+0"),
    ("&View", "zoom-in", "Zoom &In", "CmdOrCtrl+="),
    ("&View", "zoom-out", "Zoom &Out", "CmdOrCtrl+-"),
    ("&View", "full-screen", "Toggle &Full Screen", "F11"),
    ("&Window", "minimize", "&Minimize", "CmdOrCtrl+M"),
    ("&Window", "maximize", "Ma&ximize", ""),
    ("&Window", "close", "&Close", "CmdOrCtrl+W"),
    ("&Help", "updates", "Check for &Updates…", ""),
    ("&Help", "", "", ""),
    ("&Help", "data", "Open App &Data Folder", ""),
    ("&Help", "log", "Open &Log", ""),
    ("&Help", "support", "Save &Support File…", ""),
    ("&Help", "about", "&About", ""),
];

/// How much larger than usual the page is, in percent.
static ZOOM: AtomicU32 = AtomicU32::new(100);

/// The whole menu.
pub fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let mut menu = MenuBuilder::new(app);
    let program = app.package_info();
    let about = AboutMetadataBuilder::new()
        .name(Some(&program.name))
        .version(Some(program.version.to_string()))
        .icon(app.default_window_icon().cloned())
        .build();
    if cfg!(target_os = "macos") {
        let submenu = SubmenuBuilder::new(app, &program.name).about(None).separator().services().separator();
        menu = menu.item(&submenu.hide().hide_others().show_all().separator().quit().build()?);
    }
    for items in ITEMS.chunk_by(|item, next| item.0 == next.0) {
        let mut submenu = SubmenuBuilder::new(app, words::menu(items[0].0));
        for (_, command, label, keys) in items {
            submenu = match *command {
                "" => submenu.separator(),
                "quit" if cfg!(target_os = "macos") => submenu.close_window(),
                // There it is in the menu of the program.
                "about" if cfg!(target_os = "macos") => submenu,
                "about" => submenu.separator().about_with_text(words::menu(label), Some(about.clone())),
                // The system's own; GTK has none for a page.
                "Undo" if cfg!(not(target_os = "linux")) => {
                    submenu.undo().redo().separator().cut().copy().paste().select_all()
                }
                // WebView2 has a bar of its own, with the same keys.
                "find" if cfg!(not(target_os = "linux")) => submenu,
                "Redo" | "Cut" | "Copy" | "Paste" | "SelectAll" if cfg!(not(target_os = "linux")) => submenu,
                _ => {
                    let keys = Some(keys).filter(|keys| !keys.is_empty());
                    submenu.item(&MenuItem::with_id(app, command, words::menu(label), true, keys)?)
                }
            };
        }
        menu = menu.item(&submenu.build()?);
    }
    menu.build()
}

/// Somebody chose an item.
pub fn chosen(app: &AppHandle, command: &str) -> tauri::Result<()> {
    let place = app.state::<Place>();
    let Some(main) = app.get_webview_window(windows::MAIN) else { return Ok(()) };
    match command {
        "quit" if main.is_visible()? => ending::ask_to_leave(main),
        "quit" => ending::leave(app),
        "updates" => updates::check(app),
        "data" => windows::open_path(&place.data_folder),
        "log" => windows::open_path(&place.log()),
        "back-up" | "restore" | "export" | "support" if main.is_visible()? => people_data::chosen(app, command),
        #[cfg(target_os = "linux")]
        "find" if main.is_visible()? => crate::find::open(&main)?,
        "print" if main.is_visible()? => main.print()?,
        #[cfg(target_os = "linux")]
        "back" => main.with_webview(|it| crate::webkit::go_back(&it.inner()))?,
        // Only what was a page of Django's counts there, and not the empty page that the window begins with.
        #[cfg(not(target_os = "linux"))]
        "back" => main.eval("window.navigation?.canGoBack && navigation.back()")?,
        "reload" => main.reload()?,
        "zoom-100" => zoom(&main, |_| 100)?,
        "zoom-in" => zoom(&main, |percent| percent + 10)?,
        "zoom-out" => zoom(&main, |percent| percent - 10)?,
        "full-screen" => main.set_fullscreen(!main.is_fullscreen()?)?,
        "minimize" => main.minimize()?,
        "maximize" => main.maximize()?,
        "close" => main.close()?,
        #[cfg(target_os = "linux")]
        "Undo" | "Redo" | "Cut" | "Copy" | "Paste" | "SelectAll" => {
            let command = command.to_owned();
            main.with_webview(move |it| webkit2gtk::WebViewExt::execute_editing_command(&it.inner(), &command))?;
        }
        _ => {}
    }
    Ok(())
}

fn zoom(main: &WebviewWindow, change: impl Fn(u32) -> u32) -> tauri::Result<()> {
    let percent = change(ZOOM.load(Ordering::SeqCst)).clamp(30, 500);
    ZOOM.store(percent, Ordering::SeqCst);
    main.set_zoom(f64::from(percent) / 100.0)
}

//! What the windows of one system need and those of others do not.

use std::sync::Arc;

use tauri::{AppHandle, Theme, WebviewWindow};

use crate::ending::Ending;

/// Whether the desktop is dark. A window knows; the first one is made before there is one to ask.
pub fn theme(app: &AppHandle) -> Option<Theme> {
    #[cfg(target_os = "linux")]
    {
        use webkit2gtk::glib::prelude::ObjectExt;
        let _ = app;
        let settings = gtk::Settings::default()?;
        let name: Option<String> = settings.property("gtk-theme-name");
        let is_dark = settings.property("gtk-application-prefer-dark-theme")
            || name.is_some_and(|name| name.ends_with("-dark") || name.ends_with(":dark"));
        Some(if is_dark { Theme::Dark } else { Theme::Light })
    }
    #[cfg(not(target_os = "linux"))]
    tauri::Manager::webview_windows(app).values().next().and_then(|window| window.theme().ok())
}

/// Ends the program when the process that shows the pages has died.
#[cfg(target_os = "linux")]
pub fn watch(window: &WebviewWindow, ending: Arc<Ending>) {
    use webkit2gtk::{WebProcessTerminationReason as Reason, WebViewExt};
    let _ = window.with_webview(move |webview| {
        webview.inner().connect_web_process_terminated(move |_, reason| {
            if reason != Reason::TerminatedByApi {
                let detail = format!("Reason: {reason:?}. Start the app again to go on.");
                ending.fail(crate::launcher::Failure::new("The app's window stopped working", detail));
            }
        });
    });
}

#[cfg(not(target_os = "linux"))]
pub fn watch(_: &WebviewWindow, _: Arc<Ending>) {}

/// Does what an item of the Edit menu says. Elsewhere the system's own items do it.
#[cfg(target_os = "linux")]
pub fn edit(window: &WebviewWindow, command: &'static str) {
    use webkit2gtk::WebViewExt;
    let _ = window.with_webview(move |webview| webview.inner().execute_editing_command(command));
}

#[cfg(not(target_os = "linux"))]
pub fn edit(_: &WebviewWindow, _: &'static str) {}

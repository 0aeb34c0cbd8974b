//! The desktop program: a window, a menu and a pipe around the backend. Each module below is one concern of it.

mod ending;
pub mod launcher;
mod menu;
mod pages;
pub mod updates;
mod windows;

use std::{env, thread};

use tauri::utils::platform::resource_dir;
use tauri::{Env, Manager, RunEvent, WindowEvent};
use tauri_plugin_window_state::{Builder as Places, StateFlags};

use crate::launcher::{Backend, Event, Failure, Place};
use crate::pages::is_smoke_test;

/// The main window's; that it is hidden until its page is there is not for the next start.
const REMEMBERED: StateFlags = StateFlags::SIZE.union(StateFlags::POSITION).union(StateFlags::MAXIMIZED);

/// Runs the program until it is left.
pub fn run() {
    let mut context = tauri::generate_context!();
    let resources = resource_dir(context.package_info(), &Env::default()).unwrap_or_default();
    // `cargo xtask` writes these facts for development, and no package has them.
    let checkout = context.config().plugins.0.get("checkout").cloned().and_then(|it| serde_json::from_value(it).ok());
    let variables = env::vars_os().collect();
    let place = Place::new(&context.config().identifier, resources.join("backend"), checkout, &variables);
    context.config_mut().identifier.clone_from(&place.instance);
    // Not after the windows are up: the two take their time side by side.
    let begun = place.claim_data_folder().and_then(|()| {
        let (mut command, splash) = launcher::plan(&place, &variables)?;
        let (backend, events) = Backend::start(&mut command)?;
        Ok((backend, events, splash))
    });

    let mut builder = tauri::Builder::default();
    if !is_smoke_test() {
        // A smoke test must not hand over to a program that runs already.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| windows::focus(app)));
    }
    if let Ok(Some(_)) = updates::source() {
        builder = builder.plugin(tauri_plugin_updater::Builder::new().build());
    }
    let app = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(Places::new().with_state_flags(REMEMBERED).with_denylist(&[windows::SPLASH]).build())
        .manage(place)
        .invoke_handler(tauri::generate_handler![pages::open_app_data_directory])
        .on_menu_event(|app, event| drop(menu::chosen(app, event.id().as_ref())))
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                // It is there until the place of the window has been written down.
                api.prevent_close();
                let _ = window.hide();
                ending::leave(window.app_handle());
            }
        })
        .setup(move |app| {
            let app = app.handle().clone();
            let signalled = app.clone();
            ctrlc::set_handler(move || ending::leave(&signalled))?;
            if is_smoke_test() {
                pages::limit(&app);
            }
            let opened = begun.and_then(|(backend, events, splash)| {
                app.manage(backend);
                windows::open(&app, &splash)
                    .map_err(|error| Failure::new("The app's window can't be opened", error))?;
                let app = app.clone();
                thread::spawn(move || {
                    events.into_iter().for_each(|event| match event {
                        Event::Phase { name } => windows::show_phase(&app, name),
                        Event::Ready { url } => windows::open_main(&app, url),
                        Event::Failed(failure) => ending::fail(&app, failure),
                        Event::AlreadyRunning { .. } => {}
                    });
                });
                Ok(())
            });
            opened.unwrap_or_else(|failure| ending::fail(&app, failure));
            Ok(())
        })
        .build(context)
        .unwrap_or_else(|error| panic!("the program can't be started: {error}"));
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            ending::release(app);
        }
    });
}

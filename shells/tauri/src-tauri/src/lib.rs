//! The desktop program: a window, a menu and a pipe around the backend. Each module below is one concern of it.

mod ending;
mod first_page;
pub mod launcher;
mod menu;
mod pages;
mod platform;
pub mod settings;
pub mod updates;
mod window_place;
mod windows;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use tauri::utils::platform::resource_dir;
use tauri::{AppHandle, Env, Manager, RunEvent};

use crate::ending::Ending;
use crate::launcher::{Backend, Event, Failure};
use crate::settings::Settings;

/// Runs the program until it is left.
pub fn run() {
    let started = first_page::Started(Instant::now());
    end_on_a_panic();
    let mut context = tauri::generate_context!();
    let resources = resource_dir(context.package_info(), &Env::default()).unwrap_or_default();
    let env = std::env::vars_os().collect();
    let settings = Settings::new(context.config(), resources, &env);
    let instance = settings.instance(&context.config().identifier);
    context.config_mut().identifier = instance;

    let ending = Arc::new(Ending::new(settings.is_smoke_test));
    let leaving = ending.clone();
    let listens = ctrlc::set_handler(move || leaving.leave());
    let (events, told) = channel();
    if let Err(error) = listens {
        let _ = events.send(Event::Failed(Failure::new("Signals can't be received", error.to_string())));
    }
    // Not after the windows are up: the two take their time side by side.
    let splash = start_backend(&settings, env, &ending, events);

    let mut builder = tauri::Builder::default();
    if settings.is_smoke_test {
        first_page::limit(&ending, &settings);
    } else {
        // A smoke test must not hand over to a program that runs already.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| windows::focus(app)));
    }
    if let Ok(Some(source)) = updates::source() {
        builder = builder.plugin(tauri_plugin_updater::Builder::new().pubkey(source.public_key).build());
    }
    let (at_setup, at_end) = (ending.clone(), ending.clone());
    let built = builder
        .plugin(tauri_plugin_dialog::init())
        .manage(started)
        .manage(settings)
        .manage(ending.clone())
        .manage(pages::Site::default())
        .manage(windows::Phase::default())
        .invoke_handler(tauri::generate_handler![pages::open_app_data_directory])
        .on_menu_event(|app, event| menu::chosen(app, &event))
        .setup(move |app| {
            let _ = at_setup.app.set(app.handle().clone());
            let app = app.handle().clone();
            if let Err(error) = windows::open(&app, splash) {
                at_setup.fail(Failure::new("The app's window can't be opened", error.to_string()));
            }
            std::thread::spawn(move || listen(&app, &at_setup, &told));
            Ok(())
        })
        .build(context);
    match built {
        Ok(app) => app.run(move |_, event| match event {
            RunEvent::ExitRequested { code: None, api, .. } => {
                api.prevent_exit();
                at_end.leave();
            }
            RunEvent::Exit => at_end.release(),
            _ => {}
        }),
        Err(error) => {
            ending.fail(Failure::new("The app's window can't be opened", error.to_string()));
            std::thread::park();
        }
    }
}

/// A program that has lost a thread does not go on: the backend would wait for it for ever. Its pipe closes, and it ends.
fn end_on_a_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
}

/// Starts the backend; what goes wrong is told like any other event. The answer is the splash.
fn start_backend(
    settings: &Settings,
    env: std::collections::BTreeMap<std::ffi::OsString, std::ffi::OsString>,
    ending: &Ending,
    events: Sender<Event>,
) -> Option<PathBuf> {
    let launch = settings.claim_data_folder().and_then(|()| launcher::plan(&settings.place, env));
    let splash = launch.as_ref().ok().and_then(|launch| launch.splash.clone());
    let tell = events.clone();
    // Nobody listens any more at the very end.
    let backend = launch.and_then(|launch| Backend::start(&launch, &settings.log, move |event| drop(tell.send(event))));
    match backend {
        Ok(backend) => drop(ending.backend.set(backend)),
        Err(failure) => drop(events.send(Event::Failed(failure))),
    }
    splash
}

/// Does what the backend's events ask for.
fn listen(app: &AppHandle, ending: &Arc<Ending>, told: &Receiver<Event>) {
    for event in told {
        match event {
            Event::Phase(name) => windows::show_phase(app, name),
            Event::Failed(failure) => ending.fail(failure),
            Event::Ready(url) => {
                let log = &app.state::<Settings>().log;
                if let Err(error) = windows::open_main(app, url) {
                    let failure = Failure::new("The app's first page did not load", error.to_string());
                    ending.fail(failure.log(log));
                }
            }
        }
    }
}

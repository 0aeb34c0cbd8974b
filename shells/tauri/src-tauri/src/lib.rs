//! The desktop program: a window, a menu and a pipe around the backend. Each module below is one concern of it.

mod downloads;
mod ending;
#[cfg(target_os = "linux")]
mod find;
pub mod launcher;
mod menu;
mod people_data;
mod site;
mod smoke;
pub mod updates;
#[cfg(target_os = "linux")]
pub mod webkit;
mod windows;
pub mod words;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc::Receiver};
use std::{env, thread};

use tauri::utils::platform::resource_dir;
use tauri::{AppHandle, Env, Manager, RunEvent, Window, WindowEvent};
use tauri_plugin_window_state::{Builder as Places, StateFlags};

use crate::launcher::{Backend, Event, Failure, Place};

/// The main window's; that it is hidden until its page is there is not for the next start.
const REMEMBERED: StateFlags = StateFlags::SIZE.union(StateFlags::POSITION).union(StateFlags::MAXIMIZED);

/// A backend on its way, what it says, and the page to show until it is ready.
type Begun = Result<(Arc<Backend>, Receiver<Event>, PathBuf), Failure>;

/// The backend that runs now.
struct Running(Mutex<Arc<Backend>>);

impl Running {
    fn get(&self) -> Arc<Backend> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs the program until it is left.
pub fn run() {
    let mut context = tauri::generate_context!();
    let resources = resource_dir(context.package_info(), &Env::default()).unwrap_or_default();
    // `cargo xtask` writes these facts for development, and no package has them.
    let checkout = context.config().plugins.0.get("checkout").cloned().and_then(|it| serde_json::from_value(it).ok());
    let variables = env::vars_os().collect();
    // Windows names it in a form that Python can't work in.
    let backend = dunce::simplified(&resources).join("backend");
    let place = Place::new(&context.config().identifier, backend, checkout, &variables);
    context.config_mut().identifier.clone_from(&place.instance);
    // Not after the windows are up: the two take their time side by side.
    let begun = place.claim_data_folder().and_then(|()| {
        let (mut command, splash) = launcher::plan(&place, &variables)?;
        let (backend, events) = Backend::start(&mut command)?;
        Ok((backend, events, splash))
    });

    let mut builder = tauri::Builder::default();
    if !place.is_smoke_test {
        // A smoke test must not hand over to a program that runs already.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| windows::focus(app)));
    }
    if let Ok(Some(_)) = updates::source(&place) {
        builder = builder.plugin(tauri_plugin_updater::Builder::new().build());
    }
    let app = builder
        .plugin(site::keep_questions())
        .plugin(tauri_plugin_dialog::init())
        .plugin(Places::new().with_state_flags(REMEMBERED).with_denylist(&[windows::SPLASH]).build())
        .manage(place)
        .invoke_handler(tauri::generate_handler![site::open_app_data_directory])
        .on_menu_event(|app, event| drop(menu::chosen(app, event.id().as_ref())))
        .on_window_event(closed)
        .setup(move |app| set_up(app.handle(), begun))
        .build(context)
        .unwrap_or_else(|error| panic!("the program can't be started: {error}"));
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            ending::finish(app);
        }
    });
}

/// Somebody closes a window. It is there until the place of the window has been written down.
fn closed(window: &Window, event: &WindowEvent) {
    if let WindowEvent::CloseRequested { api, .. } = event {
        api.prevent_close();
        if let Some(main) = window.get_webview_window(windows::MAIN).filter(|main| main.label() == window.label()) {
            return ending::ask_to_leave(main);
        }
        let _ = window.hide();
        ending::leave(window.app_handle());
    }
}

/// Opens the windows, and shows in them what the backend tells.
fn set_up(app: &AppHandle, begun: Begun) -> Result<(), Box<dyn std::error::Error>> {
    let signalled = app.clone();
    ctrlc::set_handler(move || ending::leave(&signalled))?;
    if app.state::<Place>().is_smoke_test {
        smoke::limit(app);
    }
    #[cfg(target_os = "linux")]
    let begun = webkit::check(&tauri::webview_version().unwrap_or_default()).and(begun);
    let opened = begun.and_then(|(backend, events, splash)| {
        app.manage(Running(Mutex::new(backend)));
        open_windows(app, &splash).map_err(|error| Failure::new("The app's window can't be opened", error))?;
        hear(app, events);
        Ok(())
    });
    opened.unwrap_or_else(|failure| ending::fail(app, failure));
    Ok(())
}

fn hear(app: &AppHandle, events: Receiver<Event>) {
    let app = app.clone();
    thread::spawn(move || events.into_iter().for_each(|event| told(&app, event)));
}

/// Starts the backend anew: it puts a restored backup in place before anything uses the data. The window stays, and gets its
/// page when there is one.
fn restart(app: &AppHandle) {
    windows::pause(app);
    ending::release(app);
    let plan = launcher::plan(&app.state::<Place>(), &env::vars_os().collect());
    match plan.and_then(|(mut command, _)| Backend::start(&mut command)) {
        Ok((backend, events)) => {
            *app.state::<Running>().0.lock().unwrap_or_else(PoisonError::into_inner) = backend;
            hear(app, events);
        }
        // Without its backend the app can't go on.
        Err(failure) => ending::fail(app, failure),
    }
}

fn open_windows(app: &AppHandle, splash: &Path) -> tauri::Result<()> {
    let main = windows::open(app, splash, smoke::judge, downloads::handle)?;
    let menu = menu::build(app)?;
    // Where windows have menus, the splash has none.
    let _former = if cfg!(target_os = "macos") { app.set_menu(menu)? } else { main.set_menu(menu)? };
    #[cfg(target_os = "linux")]
    webkit::settle(&main)?;
    Ok(())
}

/// The backend says something.
fn told(app: &AppHandle, event: Event) {
    match event {
        Event::Phase { name } => windows::show_phase(app, name),
        Event::Ready { url } => windows::open_main(app, url),
        Event::Failed(failure) => ending::fail(app, failure),
        Event::AlreadyRunning { .. } => {}
    }
}

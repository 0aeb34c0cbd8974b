//! Help › Check for Updates. Nothing happens by itself: it asks before it downloads and before it installs.
//!
//! Where updates come from is given when the program is built or when it is started: endpoints and the public key of
//! their signatures, both or none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tauri::async_runtime::block_on;
use tauri::{AppHandle, Manager, Url};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons};
use tauri_plugin_updater::UpdaterExt;

use crate::ending::Ending;
use crate::launcher::Failure;
use crate::settings::Settings;
use crate::windows;

const ENDPOINTS: &str = "DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS";
const PUBLIC_KEY: &str = "DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY";
const OF_THE_BUILD: [Option<&str>; 2] =
    [option_env!("DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS"), option_env!("DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY")];

static IS_BUSY: AtomicBool = AtomicBool::new(false);

/// Where updates come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Tried in this order.
    pub endpoints: Vec<Url>,
    /// What updates are signed with.
    pub public_key: String,
}

/// The source, if there is one. What is given at start goes before what was given when the program was built.
pub fn source() -> Result<Option<Source>, Failure> {
    let given = |name: &str, built: Option<&str>| {
        let built = built.map(str::to_owned);
        std::env::var(name).ok().filter(|value| !value.trim().is_empty()).or(built).unwrap_or_default()
    };
    parse(&given(ENDPOINTS, OF_THE_BUILD[0]), &given(PUBLIC_KEY, OF_THE_BUILD[1]))
}

/// Endpoints are separated by commas or new lines.
pub fn parse(endpoints: &str, public_key: &str) -> Result<Option<Source>, Failure> {
    let wrong = |detail: String| Failure::new("Updates are not set up right", detail);
    let endpoints: Vec<&str> = endpoints.split([',', '\n']).map(str::trim).filter(|text| !text.is_empty()).collect();
    let public_key = public_key.trim().to_owned();
    match (endpoints.is_empty(), public_key.is_empty()) {
        (true, true) => return Ok(None),
        (true, false) => return Err(wrong(format!("{PUBLIC_KEY} is set, but {ENDPOINTS} is not."))),
        (false, true) => return Err(wrong(format!("{ENDPOINTS} is set, but {PUBLIC_KEY} is not."))),
        (false, false) => {}
    }
    let parsed = endpoints.iter().map(|text| match Url::parse(text) {
        Ok(url) if url.scheme() == "https" => Ok(url),
        Ok(_) => Err(wrong(format!("{text} in {ENDPOINTS} does not begin with https://."))),
        Err(error) => Err(wrong(format!("{text} in {ENDPOINTS} is no address ({error})."))),
    });
    Ok(Some(Source { endpoints: parsed.collect::<Result<_, _>>()?, public_key }))
}

/// Asks, downloads, asks, installs; on a thread of its own.
pub fn check(app: &AppHandle) {
    if IS_BUSY.swap(true, Ordering::SeqCst) {
        return;
    }
    let app = app.clone();
    thread::spawn(move || {
        let settings = app.state::<Settings>();
        let outcome = match source() {
            Err(failure) => Err(failure.detail),
            Ok(None) => {
                tell(&app, "This copy can't update itself", "Please download the newest version.");
                Ok(())
            }
            Ok(Some(_)) if !settings.is_installed => {
                tell(&app, "This is a development run", "Only the installed app can be updated.");
                Ok(())
            }
            Ok(Some(source)) => update(&app, source, &settings.title).map_err(|error| error.to_string()),
        };
        if let Err(detail) = outcome {
            tell(&app, "The update did not work", &detail);
        }
        IS_BUSY.store(false, Ordering::SeqCst);
    });
}

fn update(app: &AppHandle, source: Source, title: &str) -> tauri_plugin_updater::Result<()> {
    let updater = app.updater_builder().endpoints(source.endpoints)?.pubkey(source.public_key).build()?;
    let Some(update) = block_on(updater.check())? else {
        tell(app, "You have the newest version", &app.package_info().version.to_string());
        return Ok(());
    };
    let name = format!("{title} {}", update.version);
    if !ask(app, &format!("{name} is available"), "Download it now? You can go on working.", "Download") {
        return Ok(());
    }
    // Its signature is checked here.
    let package = block_on(update.download(|_, _| (), || ()))?;
    if !ask(app, &format!("{name} is ready"), "Install it and restart the app now?", "Install") {
        return Ok(());
    }
    let ending = app.state::<Arc<Ending>>();
    ending.release();
    if let Err(error) = update.install(package) {
        // Without its backend the app can't go on.
        ending.fail(Failure::new("The update could not be installed", error.to_string()));
        return Ok(());
    }
    app.restart()
}

fn tell(app: &AppHandle, title: &str, detail: &str) {
    show(app, title, detail, MessageDialogButtons::Ok);
}

fn ask(app: &AppHandle, title: &str, detail: &str, yes: &str) -> bool {
    show(app, title, detail, MessageDialogButtons::OkCancelCustom(yes.to_owned(), "Later".to_owned()))
}

fn show(app: &AppHandle, title: &str, detail: &str, buttons: MessageDialogButtons) -> bool {
    let dialog = app.dialog().message(detail).title(title).buttons(buttons);
    let dialog = match windows::current(app) {
        Some(window) => dialog.parent(&window),
        None => dialog,
    };
    dialog.blocking_show()
}

//! Help › Check for Updates. Nothing happens by itself: it asks before it downloads and before it installs.
//!
//! Where updates come from is given when the program is built: endpoints and the public key of their signatures, both or
//! none.

use std::{env, sync::Mutex, thread};

use tauri::{AppHandle, Manager, Url, async_runtime::block_on};
use tauri_plugin_updater::UpdaterExt;

use crate::{ending, launcher::Failure, launcher::Place, windows, words};

const ENDPOINTS: &str = "DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS";
const PUBLIC_KEY: &str = "DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY";
const OF_THE_BUILD: [Option<&str>; 2] =
    [option_env!("DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS"), option_env!("DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY")];

/// One check at a time.
static BUSY: Mutex<()> = Mutex::new(());

/// Where updates come from: endpoints, tried in this order, and the public key of what updates are signed with.
pub type Source = (Vec<Url>, String);

/// The source, if there is one. An installed program has that of its build: whoever can set its environment must not be able
/// to hand it another program. In a checkout, what is given at start goes first.
pub fn source(place: &Place) -> Result<Option<Source>, Failure> {
    let given = |name: &str, built: Option<&str>| {
        let now = env::var(name).ok().filter(|value| place.checkout.is_some() && !value.trim().is_empty());
        now.or(built.map(str::to_owned)).unwrap_or_default()
    };
    parse(&given(ENDPOINTS, OF_THE_BUILD[0]), &given(PUBLIC_KEY, OF_THE_BUILD[1]))
}

/// Endpoints are separated by commas or new lines.
pub fn parse(endpoints: &str, public_key: &str) -> Result<Option<Source>, Failure> {
    let wrong = |detail: String| Failure::new("Updates are not set up right", detail);
    let given = endpoints.split([',', '\n']).map(str::trim).filter(|text| !text.is_empty());
    let parsed = given.map(|text| {
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "https");
        url.ok_or_else(|| wrong(format!("{text} in {ENDPOINTS} is no address that begins with https://.")))
    });
    let endpoints: Vec<Url> = parsed.collect::<Result<_, _>>()?;
    match (endpoints.is_empty(), public_key.trim()) {
        (true, "") => Ok(None),
        (true, _) => Err(wrong(format!("{PUBLIC_KEY} is set, but {ENDPOINTS} is not."))),
        (false, "") => Err(wrong(format!("{ENDPOINTS} is set, but {PUBLIC_KEY} is not."))),
        (false, key) => Ok(Some((endpoints, key.to_owned()))),
    }
}

/// Asks, downloads, asks, installs; on a thread of its own.
pub fn check(app: &AppHandle) {
    let app = app.clone();
    thread::spawn(move || {
        let Ok(_busy) = BUSY.try_lock() else { return };
        let (title, detail) = match source(&app.state::<Place>()) {
            Ok(Some(source)) => match update(&app, source) {
                Ok(true) => return,
                Ok(false) => ("You have the newest version", app.package_info().version.to_string()),
                Err(error) => ("The update did not work", error.to_string()),
            },
            Ok(None) => ("This copy can't update itself", "Please download the newest version.".to_owned()),
            Err(Failure { detail, .. }) => ("Updates are not set up right", detail),
        };
        windows::ask(&app, title, &detail, "OK", None);
    });
}

/// Whether there is an update at all; a person may not want it.
fn update(app: &AppHandle, (endpoints, public_key): Source) -> tauri_plugin_updater::Result<bool> {
    let updater = app.updater_builder().endpoints(endpoints)?.pubkey(public_key).build()?;
    let Some(update) = block_on(updater.check())? else { return Ok(false) };
    let ask = |what: &str, detail: &str, yes: &str| {
        let title = words::fill(what, &[("name", &format!("{} {}", app.package_info().name, update.version))]);
        windows::ask(app, &title, detail, yes, Some("Later"))
    };
    if !ask("{name} is available", "Download it now? You can go on working.", "Download") {
        return Ok(true);
    }
    // Its signature is checked here.
    let package = block_on(update.download(|_, _| (), || ()))?;
    if ask("{name} is ready", "Install it and restart the app now?", "Install") {
        ending::release(app);
        match update.install(package) {
            Ok(()) => app.restart(),
            // Without its backend the app can't go on.
            Err(error) => ending::fail(app, Failure::new("The update could not be installed", error)),
        }
    }
    Ok(true)
}

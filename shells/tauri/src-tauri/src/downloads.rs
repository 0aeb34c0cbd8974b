//! Where a download goes: a person is asked when it is here, because the engines wait for no answer. Until then it lies in a
//! folder of its own.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf, sync::Mutex, sync::PoisonError};

use tauri::webview::DownloadEvent;
use tauri::{AppHandle, Manager, Webview};
use tauri_plugin_dialog::DialogExt;
use uuid::Uuid;

use crate::{launcher::Place, windows, words};

/// Address and file; not every engine tells the file at the end.
static RUNNING: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// A page saves something.
pub fn handle(webview: &Webview, event: DownloadEvent<'_>) -> bool {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        DownloadEvent::Requested { url, destination } => {
            let data = &webview.state::<Place>().data_folder;
            let folder = data.join("browser").join("downloads").join(Uuid::new_v4().simple().to_string());
            let file = folder.join(destination.file_name().unwrap_or("download".as_ref()));
            running.insert(url.to_string(), file.clone());
            *destination = file;
            fs::create_dir_all(&folder).is_ok()
        }
        DownloadEvent::Finished { url, success, .. } => {
            if let Some(file) = running.remove(url.as_str()) {
                ask_where(webview.app_handle(), file, success);
            }
            true
        }
        _ => true,
    }
}

fn ask_where(app: &AppHandle, file: PathBuf, is_whole: bool) {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let dialog = app.dialog().file().set_title(words::fill("Save {name}", &[("name", &name)])).set_file_name(&name);
    let app = app.clone();
    dialog.save_file(move |chosen| {
        let place = chosen.and_then(|place| place.into_path().ok());
        let saved = place
            .map_or(Ok(()), |place| if is_whole { move_to(&file, &place) } else { Err(words::word("It broke off")) });
        if let Err(why) = saved {
            let detail = words::fill("{why}. Look whether there is room, and save it once more.", &[("why", &why)]);
            let title = words::fill("{name} could not be saved", &[("name", &name)]);
            windows::ask(&app, &title, &detail, "OK", None);
        }
        let _ = file.parent().map(fs::remove_dir_all);
    });
}

/// It may be on another disk.
fn move_to(file: &Path, place: &Path) -> Result<(), String> {
    fs::copy(file, place).map(drop).map_err(|error| format!("{}: {error}", place.display()))
}

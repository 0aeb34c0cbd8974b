//! Size and place of the main window, kept from one start to the next.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, WebviewWindow, WindowEvent};

/// So much of the title bar must be on a screen, or nobody could take hold of the window.
const GRIP: f64 = 80.0;

/// In logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowPlace {
    /// Left edge; the system decides without it.
    pub x: Option<f64>,
    /// Upper edge.
    pub y: Option<f64>,
    /// Without frame.
    pub width: f64,
    /// Without frame.
    pub height: f64,
    /// The other values are then those of the window before.
    #[serde(default)]
    pub is_maximized: bool,
}

const DEFAULT: WindowPlace = WindowPlace { x: None, y: None, width: 1180.0, height: 820.0, is_maximized: false };

fn file_in(folder: &Path) -> PathBuf {
    folder.join("window.json")
}

/// Where the window was, if somebody could take hold of it there.
pub fn restored(app: &AppHandle, folder: &Path) -> WindowPlace {
    let text = fs::read(file_in(folder)).ok();
    let Some(place) = text.and_then(|text| serde_json::from_slice::<WindowPlace>(&text).ok()) else { return DEFAULT };
    let is_reachable = |(x, y): (f64, f64)| {
        app.available_monitors().unwrap_or_default().iter().any(|monitor| {
            let corner = monitor.position().to_logical::<f64>(monitor.scale_factor());
            let size = monitor.size().to_logical::<f64>(monitor.scale_factor());
            let visible = (x + place.width).min(corner.x + size.width) - x.max(corner.x);
            visible >= GRIP && y >= corner.y && y <= corner.y + size.height - GRIP
        })
    };
    if place.x.zip(place.y).is_some_and(is_reachable) { place } else { DEFAULT }
}

/// Writes the place down when the window closes.
pub fn remember(window: &WebviewWindow, place: WindowPlace) {
    let (seen, latest) = (window.clone(), Mutex::new(place));
    window.on_window_event(move |event| {
        let Ok(mut latest) = latest.lock() else { return };
        match event {
            WindowEvent::Resized(_) | WindowEvent::Moved(_) => {
                latest.is_maximized = seen.is_maximized().unwrap_or(false);
                let is_normal = !latest.is_maximized && !seen.is_fullscreen().unwrap_or(false);
                let measured = seen.outer_position().and_then(|at| Ok((at, seen.inner_size()?, seen.scale_factor()?)));
                if let (true, Ok((at, size, scale))) = (is_normal, measured) {
                    let (at, size) = (at.to_logical::<f64>(scale), size.to_logical::<f64>(scale));
                    (latest.x, latest.y, latest.width, latest.height) =
                        (Some(at.x), Some(at.y), size.width, size.height);
                }
            }
            WindowEvent::Destroyed => {
                let settings = seen.state::<crate::settings::Settings>();
                // A full disk must not keep a window open.
                let _ = serde_json::to_vec(&*latest).map(|text| fs::write(file_in(&settings.place.data_folder), text));
            }
            _ => {}
        }
    });
}

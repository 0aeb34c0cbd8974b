//! Talks to GitHub: the only async code of the tool, and the only door to the network besides child processes.
//!
//! The token goes to the API's host alone. Bodies come from wherever the API points to, through a client that
//! never had the token, and go to the disk piece by piece.

pub(crate) mod actions;
pub(crate) mod archive;
pub(crate) mod artifact;
pub(crate) mod assets;
pub(crate) mod client;
pub(crate) mod commands;
pub(crate) mod connect;
pub(crate) mod dispatch;
pub(crate) mod download;
pub(crate) mod downloads;
pub(crate) mod fetch;
pub(crate) mod folders;
pub(crate) mod local;
pub(crate) mod model;
pub(crate) mod package;
pub(crate) mod package_download;
pub(crate) mod package_download_latest;
pub(crate) mod package_latest_path;
pub(crate) mod package_latest_run;
pub(crate) mod package_tauri;
pub(crate) mod package_tauri_download;
pub(crate) mod package_tauri_download_latest;
pub(crate) mod package_tauri_latest_path;
pub(crate) mod package_tauri_latest_run;
pub(crate) mod partial;
pub(crate) mod plan;
pub(crate) mod release;
pub(crate) mod release_publish;
pub(crate) mod release_verify;
pub(crate) mod trouble;
pub(crate) mod watch;

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::base::fault::{Context, Fault, Result};
use crate::base::interrupt;

/// How often it is looked whether the user wants to stop.
const TICK: Duration = Duration::from_millis(50);

/// Runs the conversation to its end, or until the user stops it.
pub(crate) fn block_on<T>(conversation: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .build()
        .fault(|| "cannot start talking to GitHub".to_owned())?;
    let outcome = runtime.block_on(async {
        match select(pin!(conversation), pin!(interruption())).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right((fault, _)) => Err(fault),
        }
    });
    // Work on other threads notices the interrupt by itself; nobody waits for it.
    runtime.shutdown_background();
    outcome
}

async fn interruption() -> Fault {
    loop {
        if let Err(fault) = interrupt::check() {
            return fault;
        }
        tokio::time::sleep(TICK).await;
    }
}

//! Talks to GitHub: the only async code of the tool, and the only door to the network besides child processes.
//!
//! The token goes to the API's host alone, and with an upload to the host that the same server takes uploads at. Bodies
//! come from wherever the API points to, through a client that never had the token, and go to the disk piece by piece.

mod actions;
mod archive;
mod assembly;
mod assets;
mod client;
mod connect;
mod dispatch;
mod download;
mod downloads;
pub(crate) mod draft;
mod error;
mod fetch;
mod latest;
mod partial;
mod plan;
pub(crate) mod release;
pub(crate) mod runs;
mod upload;
mod watch;

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::base::fault::{Context, Fault, Result};
use crate::base::interrupt;

/// How often to look whether the user wants to stop.
const TICK: Duration = Duration::from_millis(50);

/// Runs the conversation to its end, or until the user stops it.
fn block_on<T>(conversation: impl Future<Output = Result<T>>) -> Result<T> {
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
    // Work on other threads sees the interrupt too; nobody waits for it.
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

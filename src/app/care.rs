//! What keeps the library tidy, unasked.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::library::Library;
use crate::task::Stop;

/// Files that belong to nothing are rare, and looking for them reads all folders.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Until told to stop.
pub(super) async fn run(library: Library, mut stop: Stop) {
    let mut sweeps = interval(SWEEP_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sweeps.tick() => {
                match library.sweep().await {
                    Ok(0) => {}
                    Ok(removed) => log::info!("library: {removed} files that belonged to nothing were removed"),
                    Err(error) => log::warn!("library: {error}"),
                }
                if let Err(error) = library.sweep_plays().await {
                    log::warn!("library: {error}");
                }
            }
            () = stop.stopped() => return,
        }
    }
}

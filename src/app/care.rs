//! What keeps the library tidy, unasked.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::library::Library;
use crate::task::Stop;

/// As much as may be lost of a database that is destroyed. Each takes a look through the whole of it, and a copy.
const SPARE_EVERY: Duration = Duration::from_secs(6 * 3600);
/// Files that belong to nothing are rare, and looking for them reads all folders.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Until told to stop.
pub(super) async fn run(library: Library, mut stop: Stop) {
    let mut sweeps = interval(SWEEP_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut spares = interval(SPARE_EVERY);
    spares.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut changes, mut signage_changes) = (library.changes(), library.signage_changes());
    // One of this run: what changed before it is not known.
    changes.mark_changed();
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
            _ = spares.tick() => {
                if is_new(&mut changes) | is_new(&mut signage_changes)
                    && let Err(error) = library.keep_spare().await
                {
                    log::warn!("library: no spare copy of the database can be made: {error}");
                }
            }
            () = stop.stopped() => return,
        }
    }
}

/// Whether it rose since it was asked last.
fn is_new(changes: &mut watch::Receiver<u64>) -> bool {
    let changed = changes.has_changed().unwrap_or(false);
    changes.mark_unchanged();
    changed
}

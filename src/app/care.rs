//! What keeps the library tidy, unasked.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::library::Library;
use crate::task::Stop;

/// As much as may be lost of a database that is destroyed.
const SPARE_EVERY: Duration = Duration::from_secs(10 * 60);
/// The same for a large one: each copy is a look through the whole of it, and as many bytes to an SD card.
const LARGE_SPARE_EVERY: Duration = Duration::from_secs(6 * 3600);
/// Of some 5,000 assets; every ten minutes that is 2.3 GB a day at most, if something changes all the time.
const LARGE_BYTES: u64 = 16 << 20;
/// Files that belong to nothing are rare, and looking for them reads all folders.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Until told to stop.
pub(super) async fn run(library: Library, mut stop: Stop) {
    let mut sweeps = interval(SWEEP_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut spares = interval(SPARE_EVERY);
    spares.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut spare = Spare::of(&library);
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
                spare.look(&library).await;
                let library = library.clone();
                if let Err(error) = tokio::task::spawn_blocking(move || library.keep_ballast()).await {
                    log::error!("library: keeping room failed: {error}");
                }
            }
            () = stop.stopped() => return,
        }
    }
}

/// When the next spare copy of the database is due.
struct Spare {
    changes: watch::Receiver<u64>,
    signage_changes: watch::Receiver<u64>,
    not_before: Instant,
}

impl Spare {
    fn of(library: &Library) -> Self {
        let mut changes = library.changes();
        // One of this run: what changed before it is not known.
        changes.mark_changed();
        Self { changes, signage_changes: library.signage_changes(), not_before: Instant::now() }
    }

    async fn look(&mut self, library: &Library) {
        let now = Instant::now();
        if now < self.not_before || !(is_new(&mut self.changes) | is_new(&mut self.signage_changes)) {
            return;
        }
        if library.database_bytes() > LARGE_BYTES {
            self.not_before = now + LARGE_SPARE_EVERY;
        }
        if let Err(error) = library.keep_spare().await {
            log::warn!("library: no spare copy of the database can be made: {error}");
        }
    }
}

/// Whether it rose since it was asked last.
fn is_new(changes: &mut watch::Receiver<u64>) -> bool {
    let changed = changes.has_changed().unwrap_or(false);
    changes.mark_unchanged();
    changed
}

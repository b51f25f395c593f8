//! Cards that are plugged in: one watch on /dev for the whole process.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use notify::event::{CreateKind, EventKind, MetadataKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;
use tokio::time::sleep;

const DEV: &str = "/dev";
/// A card makes several nodes, and udev sets rights and links a moment after each: one look after all that.
const SETTLE: Duration = Duration::from_millis(200);

/// Kept for the life of the process, as /dev is.
static WATCH: LazyLock<Watch> = LazyLock::new(Watch::start);

struct Watch {
    /// Counts what happened.
    events: watch::Sender<u64>,
    /// `None` if the system refused: cards are then found by the next attempt.
    _watcher: Option<RecommendedWatcher>,
}

impl Watch {
    fn start() -> Self {
        let (events, _) = watch::channel(0);
        let counter = events.clone();
        let on_event = move |event: Result<Event, notify::Error>| {
            if event.is_ok_and(|event| is_plug(&event)) {
                counter.send_modify(|count| *count += 1);
            }
        };
        let watcher = notify::recommended_watcher(on_event).and_then(|mut watcher| {
            watcher.watch(Path::new(DEV), RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        let watcher = watcher.inspect_err(|error| {
            log::warn!("{DEV} can't be watched, a capture card that is plugged in is found later: {error}");
        });
        Self { events, _watcher: watcher.ok() }
    }
}

/// A video node came, or its rights changed: udev opens it to its group after it was made.
fn is_plug(event: &Event) -> bool {
    let kind = matches!(
        event.kind,
        EventKind::Create(CreateKind::Any | CreateKind::File | CreateKind::Other)
            | EventKind::Modify(
                ModifyKind::Metadata(MetadataKind::Any | MetadataKind::Ownership | MetadataKind::Permissions)
                    | ModifyKind::Name(_)
            )
    );
    let is_video = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("video"))
    };
    kind && event.paths.iter().any(is_video)
}

/// Notices cards that are plugged in after it was made.
#[derive(Clone, Debug)]
pub struct Changes {
    events: watch::Receiver<u64>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { events: WATCH.events.subscribe() }
    }
}

impl Changes {
    /// Waits for a video node that came, since the last call or since this was made. Cancel-safe.
    pub async fn next(&mut self) {
        let mut seen = self.events.clone();
        // The watch is kept for the life of the process: there always is a sender.
        let _ = seen.changed().await;
        sleep(SETTLE).await;
        self.events.mark_unchanged();
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use futures_util::FutureExt;

    use super::*;

    fn check(kind: EventKind, path: &str, expected: bool) {
        let event = Event { kind, paths: vec![PathBuf::from(path)], attrs: Default::default() };
        assert_eq!(is_plug(&event), expected, "{kind:?} {path}");
    }

    #[test]
    fn new_nodes_and_new_rights_are_noticed() {
        let created = EventKind::Create(CreateKind::File);
        check(created, "/dev/video0", true);
        check(EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)), "/dev/video0", true);
        check(created, "/dev/null", false);
        check(EventKind::Remove(notify::event::RemoveKind::File), "/dev/video0", false);
        check(EventKind::Modify(ModifyKind::Data(notify::event::DataChange::Any)), "/dev/video0", false);
        check(
            EventKind::Access(notify::event::AccessKind::Open(notify::event::AccessMode::Any)),
            "/dev/video0",
            false,
        );
    }

    #[tokio::test]
    async fn what_happened_between_two_calls_is_not_missed() {
        let (events, receiver) = watch::channel(0);
        let mut changes = Changes { events: receiver };
        events.send_modify(|count| *count += 1);
        changes.next().await;
        assert!(changes.next().now_or_never().is_none(), "nothing more happened");
        events.send_modify(|count| *count += 1);
        changes.next().await;
    }
}

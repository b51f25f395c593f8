//! What is wrong with the box, kept up to date for the pages: the facts are gathered here, what of them is wrong is told by
//! [`trouble`](crate::trouble).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use crate::access::Access;
use crate::config::{CaptureDevice, Config, Port};
use crate::device::{Condition, DataState};
use crate::hub::Registry;
use crate::library::{Library, NoLibrary, OpenError, UPLOAD_RESERVE_BYTES};
use crate::output::hdmi;
use crate::program::Power;
use crate::rtc::Engine;
use crate::signage::{Presence, Signage, now_ms};
use crate::task::{self, Stop, Stopper, Task};
use crate::telemetry::health::Heartbeats;
use crate::trouble::{
    Disk, Facts, File, Kind, LISTED_MAX, LibraryTrouble, LostData, Memory, MissingWebRtc, Screen, Source,
    Troubles,
};
use crate::watched::{Latest, LatestSeen};
use crate::web::{Site, Stored};

/// How often is looked: a person who looks at the list sees a change before wondering.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often it is tried whether the disk can be written: each time costs some kilobytes of a card.
const DISK_EVERY: Duration = Duration::from_secs(300);
/// The same while it is known to refuse something.
const DISK_SOON: Duration = Duration::from_secs(10);

/// Where the facts come from.
pub(super) struct Watched {
    pub(super) sources: Registry,
    pub(super) access: Arc<Access>,
    pub(super) heartbeats: Heartbeats,
    pub(super) engine: Engine,
    pub(super) site: watch::Receiver<Site>,
    pub(super) condition: watch::Receiver<Condition>,
    pub(super) ports: watch::Receiver<Vec<hdmi::Status>>,
    pub(super) stored: watch::Receiver<Result<Stored, NoLibrary>>,
}

/// What of the configuration counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Settings {
    /// Sources that come by themselves, with a card: nobody wrote them down.
    uninvited: BTreeSet<String>,
    /// Ports with a section of their own.
    ports: BTreeSet<Port>,
}

pub(super) struct Running {
    settings: watch::Sender<Settings>,
    stopper: Stopper,
    task: Task,
}

impl Settings {
    fn of(config: &Config) -> Self {
        let optional = CaptureDevice::Auto { optional: true };
        let uninvited = config.captures.iter().filter(|capture| capture.device == optional);
        Self {
            uninvited: uninvited.map(|capture| capture.id.clone()).collect(),
            ports: config.screens.iter().map(|screen| screen.port).collect(),
        }
    }
}

impl Running {
    pub(super) fn start(watched: Watched, config: &Config) -> (Self, watch::Receiver<Troubles>) {
        let (settings, settings_watch) = watch::channel(Settings::of(config));
        let (troubles, troubles_watch) = watch::channel(Troubles::default());
        let (stopper, stop) = Stopper::new();
        let task = task::spawn("what is wrong", look(watched, settings_watch, troubles, stop));
        (Self { settings, stopper, task }, troubles_watch)
    }

    pub(super) fn follow(&self, config: &Config) {
        self.settings.send_replace(Settings::of(config));
    }

    pub(super) async fn stop(self) {
        self.stopper.stop();
        self.task.join().await;
    }
}

async fn look(
    mut watched: Watched,
    settings: watch::Receiver<Settings>,
    troubles: watch::Sender<Troubles>,
    mut stop: Stop,
) {
    let mut memory = Memory::new(Instant::now(), SystemTime::now());
    let (mut files, mut seen, mut disk_tried) = (Files::default(), BTreeSet::new(), None);
    loop {
        let library =
            watched.stored.with_seen(|stored| stored.as_ref().ok().map(|stored| stored.library.clone()));
        tokio::select! {
            () = stop.stopped() => return,
            () = files.look(library.as_ref()) => {}
        }
        tokio::select! {
            () = stop.stopped() => return,
            () = watched.try_disk(library, &mut disk_tried) => {}
        }
        let facts = watched.facts(&settings.latest(), &mut seen, &files);
        let now = memory.look(&facts, Instant::now(), SystemTime::now());
        troubles.send_if_modified(|known| {
            let changed = *known != now;
            *known = now;
            changed
        });
        tokio::select! {
            () = stop.stopped() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            Ok(()) = watched.site.changed() => {}
            Ok(()) = watched.condition.changed() => {}
            Ok(()) = watched.stored.changed() => {}
        }
    }
}

/// Files that can't be played, as they were when the library changed last.
#[derive(Default)]
struct Files {
    generation: Option<u64>,
    newest: Vec<File>,
    total: u64,
}

impl Files {
    async fn look(&mut self, library: Option<&Library>) {
        let Some(library) = library.filter(|library| library.damage().is_none()) else {
            *self = Self::default();
            return;
        };
        let generation = library.changes().latest();
        if self.generation == Some(generation) {
            return;
        }
        // What fails is told as what it is, a damaged database or a folder that is gone.
        if let Ok((failed, total)) = library.failed(LISTED_MAX).await {
            let file = |failed: crate::library::Failed| File {
                asset: failed.asset,
                name: failed.name,
                since: failed.at,
                problem: failed.problem,
            };
            let newest = failed.into_iter().map(file).collect();
            *self = Self { generation: Some(generation), newest, total };
        }
    }
}

impl Watched {
    /// Has the disk tried if it is time; a login that could not be written down makes it time.
    async fn try_disk(&self, library: Option<Library>, tried: &mut Option<Instant>) {
        let Some(library) = library else { return };
        let is_suspect = library.is_read_only() || self.access.unwritten().is_some();
        let every = if is_suspect { DISK_SOON } else { DISK_EVERY };
        if tried.is_none_or(|tried| tried.elapsed() >= every) {
            *tried = Some(Instant::now());
            // A disk that hangs holds this up alone, and ends with the program.
            let _ = tokio::task::spawn_blocking(move || library.try_disk()).await;
        }
    }

    /// `seen`: ports at which a TV was seen since the start.
    fn facts(&mut self, settings: &Settings, seen: &mut BTreeSet<Port>, files: &Files) -> Facts {
        let condition = self.condition.latest_seen();
        let stored = self.stored.latest();
        let ports = self.ports.latest();
        seen.extend(ports.iter().filter(|status| status.connected).map(|status| status.port));
        let mistakes =
            self.site.with_seen(|site| site.config_errors.iter().map(ToString::to_string).collect());
        let missing = self.engine.missing();
        let stuck = self.heartbeats.problems(Instant::now());
        let mut facts = Facts {
            stuck: stuck.into_iter().map(|problem| (problem.part, problem.problem)).collect(),
            under_voltage: condition.board.under_voltage == Some(true),
            hot: condition.hot,
            data: condition
                .data
                .filter(crate::device::Data::is_lost)
                .map(|data| LostData { in_memory: data.state == DataState::Memory, text: data.text }),
            mistakes,
            clock_unset: condition.clock_unset,
            webrtc: missing
                .map(|missing| MissingWebRtc { port_is_busy: missing.port_is_busy, why: missing.why }),
            sources: self.sources(settings),
            files: files.newest.clone(),
            files_total: files.total,
            ..Facts::default()
        };
        match stored {
            Ok(Stored { library, signage, .. }) => {
                facts.library = trouble_of(&library);
                let disk = library.disk().ok();
                facts.disk = disk
                    .map(|disk| Disk { free_bytes: disk.free_bytes, reserve_bytes: UPLOAD_RESERVE_BYTES });
                let now_ms = now_ms();
                let screens = signage.presences(now_ms, Instant::now());
                let screen = |presence| screen(presence, &signage, &ports, settings, seen);
                facts.screens = screens.into_iter().filter_map(screen).collect();
                facts.empty_playlists = signage.empty_playlists(now_ms);
            }
            Err(why) => facts.library = why_missing(&why),
        }
        facts
    }

    fn sources(&self, settings: &Settings) -> Vec<Source> {
        let source = |source: &Arc<crate::hub::Source>| {
            let status = source.status.latest();
            Source {
                id: source.id.clone(),
                name: source.name.clone(),
                is_configured: !settings.uninvited.contains(&source.id),
                state: status.state.clone(),
                since: status.since,
                key_frames_too_far: source.video.key_frames_too_far(),
            }
        };
        self.sources.list().iter().map(source).collect()
    }
}

/// `None`: a port that this machine does not have.
fn screen(
    presence: Presence,
    signage: &Signage,
    ports: &[hdmi::Status],
    settings: &Settings,
    seen: &BTreeSet<Port>,
) -> Option<Screen> {
    let Presence { id, name, connector, is_placed, is_awaited, is_active, heard_at, leaves_out } = presence;
    let network =
        Screen { id, name, is_known: is_placed, is_awaited, is_on: is_active, seen: heard_at, leaves_out };
    let Some(connector) = connector else { return Some(network) };
    let status = ports.iter().find(|status| status.port.id() == connector)?;
    let port = status.port;
    Some(Screen {
        is_known: is_placed || seen.contains(&port) || settings.ports.contains(&port),
        is_on: status.connected && signage.tv(port) != Some(Power::Standby),
        // A port is not heard; since when its TV is away is counted here.
        seen: None,
        ..network
    })
}

fn trouble_of(library: &Library) -> Option<LibraryTrouble> {
    // The folder can go while it is open: a disk that was pulled out.
    if let Err(error) = library.disk() {
        return Some(LibraryTrouble { kind: Kind::LibraryGone, detail: error.to_string() });
    }
    if let Some(why) = library.damage() {
        return Some(LibraryTrouble { kind: Kind::LibraryDamaged, detail: why });
    }
    let read_only = || LibraryTrouble { kind: Kind::LibraryReadOnly, detail: String::new() };
    library.is_read_only().then(read_only)
}

/// A box without a data folder was started so.
fn why_missing(why: &NoLibrary) -> Option<LibraryTrouble> {
    let NoLibrary::Unusable(error) = why else { return None };
    let kind = match error {
        OpenError::Damaged { .. } | OpenError::Database { .. } => Kind::LibraryDamaged,
        OpenError::Newer { .. } => Kind::LibraryNewer,
        OpenError::Folder { .. } | OpenError::InUse { .. } => Kind::LibraryMissing,
    };
    Some(LibraryTrouble { kind, detail: error.to_string() })
}

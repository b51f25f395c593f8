//! Requests: the server, its routes, what goes over the wire, and the pages.
//!
//! The path of a request: `server` (accept, limits) → `connection` (HTTP, time-outs) → `route` (path to enum, pure) →
//! one handler in `api` → the handles in [`Services`] → `wire` types → bytes.
//!
//! Belongs here: HTTP, WebSockets, events, JSON, embedded files.
//! Does not belong here: anything that outlives a request. Handlers hold no state.

mod admission;
mod answer;
mod api;
mod auth;
mod base_path;
mod body;
mod conditional;
mod connection;
mod cors;
mod encoding;
mod events;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod language;
mod limits;
mod media;
mod origin;
mod pages;
mod player_events;
mod problem;
mod proxy;
mod route;
mod route_signage;
pub mod server;
mod stall;
mod tus;
#[cfg(not(embedded_pages))]
mod ui_build;
mod ui_files;
mod viewing;
mod wire;
mod wire_access;
mod wire_library;
mod wire_playlist;
mod wire_program;
mod wire_signage;
mod wire_trouble;
mod wire_uploads;

use admission::Admission;
use limits::{
    CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, EVENT_STREAMS_MAX, EVENT_STREAMS_PER_ADDRESS_MAX,
};
pub use wire_program::RENDER;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use jiff::tz::TimeZone;
use tokio::sync::{mpsc, oneshot, watch};

use crate::access::Access;
use crate::config::{BasePath, Language, PageOrigin, Subnet};
use crate::device::Condition;
use crate::hub::Registry;
use crate::library::work::Work;
use crate::library::{Library, NoLibrary};
use crate::output::hdmi;
use crate::output::jpeg::Snapshots;
use crate::output::mse::Mse;
use crate::output::whep::Whep;
use crate::signage::Signage;
use crate::telemetry::Routes;
use crate::telemetry::health::{Heartbeats, Problem};
use crate::trouble::Troubles;
use crate::watched::Latest;

/// Everything that handlers reach. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    inner: Arc<Inner>,
}

/// The handles that [`Services`] are made of.
pub struct Parts {
    pub sources: Registry,
    /// Who may do what.
    pub access: Arc<Access>,
    /// The library and what stands on it, or why there is none; it may come late.
    pub stored: watch::Receiver<Result<Stored, NoLibrary>>,
    /// The way to a library where none could be opened.
    pub reopening: Reopening,
    pub whep: Whep,
    pub mse: Mse,
    pub snapshots: Snapshots,
    pub heartbeats: Heartbeats,
    pub routes: Routes,
    /// What the configuration says about the box, and how it fares itself.
    pub site: watch::Receiver<Site>,
    /// What is on the HDMI ports.
    pub screens: watch::Receiver<Vec<hdmi::Status>>,
    /// What the board and the data partition say.
    pub condition: watch::Receiver<Condition>,
    /// What is wrong, for people.
    pub troubles: watch::Receiver<Troubles>,
    pub started: SystemTime,
}

/// The library, and what stands on it.
#[derive(Clone)]
pub struct Stored {
    pub library: Library,
    /// What is done with assets in the background.
    pub work: Work,
    /// What screens play.
    pub signage: Signage,
}

/// How a library comes late: opened by whoever mended it, and handed to those who start what stands on it.
#[derive(Clone)]
pub struct Reopening {
    /// `None`: there is no data folder, and never a library.
    pub data: Option<PathBuf>,
    pub opened: mpsc::Sender<Opened>,
}

/// A library that is there now.
pub struct Opened {
    pub library: Library,
    /// Told once everything that stands on it has started.
    pub started: oneshot::Sender<()>,
}

/// What the pages show of the configuration. Replaced when its file changes.
#[derive(Clone, Debug)]
pub struct Site {
    /// Of the box.
    pub name: String,
    pub time_zone: TimeZone,
    /// Of network TVs; `None`: that of their browsers.
    pub language: Option<Language>,
    /// What a proxy has in front of all addresses.
    pub base_path: BasePath,
    /// Believed when they say who asks.
    pub trusted_proxies: Vec<Subnet>,
    /// Of other servers, whose pages may show the live pictures.
    pub origins: Vec<PageOrigin>,
    /// Ids of the sources that not everybody may look at.
    pub private_sources: BTreeSet<String>,
    /// How long something stays in the bin; 0: until somebody empties it.
    pub bin_days: u32,
    /// The file the configuration came from; `None` with the built-in defaults.
    pub config_file: Option<String>,
    /// What is wrong with the file; the box then runs with the last good one.
    pub config_errors: Vec<crate::config::Problem>,
}

/// Of a box that has no file.
impl Default for Site {
    fn default() -> Self {
        Self {
            name: "marquee".to_owned(),
            time_zone: TimeZone::UTC,
            language: None,
            base_path: BasePath::default(),
            trusted_proxies: Vec::new(),
            origins: Vec::new(),
            private_sources: BTreeSet::new(),
            bin_days: 30,
            config_file: None,
            config_errors: Vec::new(),
        }
    }
}

/// What [`Services`] deref to.
pub struct Inner {
    parts: Parts,
    started_at: Instant,
    feed: events::Feed,
    admission: Admission,
    event_streams: Admission,
}

impl Services {
    pub fn new(parts: Parts) -> Self {
        let inner = Inner {
            parts,
            started_at: Instant::now(),
            feed: events::Feed::default(),
            admission: Admission::new(CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX),
            event_streams: Admission::new(EVENT_STREAMS_MAX, EVENT_STREAMS_PER_ADDRESS_MAX),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What of the program does not run as it should.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = self.heartbeats.problems(Instant::now());
        let mut told =
            |part: &str, problem: String| problems.push(Problem { part: part.to_owned(), problem });
        if let Some(missing) = self.whep.engine().missing() {
            told("webrtc", format!("is missing: {}", missing.why));
        }
        match self.stored() {
            Ok(Stored { library, .. }) => {
                // Its folder can go while it is open: a disk that was pulled out.
                if let Err(error) = library.disk() {
                    told("library", format!("is missing: its folder is gone ({error})"));
                }
                if library.is_read_only() {
                    told("library", "can't be written: the disk is read-only".to_owned());
                }
                if let Some(why) = library.damage() {
                    told("library", format!("is missing: its database is damaged ({why})"));
                }
            }
            Err(NoLibrary::NoFolder) => {}
            Err(why) => told("library", format!("is missing: {why}")),
        }
        problems
    }

    /// The library and what stands on it, or why there is none.
    fn stored(&self) -> Result<Stored, NoLibrary> {
        self.stored.latest()
    }

    /// The same, or the answer that tells why there is none.
    fn there(&self) -> Result<Stored, problem::Problem> {
        self.stored().map_err(|why| problem::Problem::no_library(&why.to_string()))
    }

    /// A place for a stream of events, which goes with what is returned.
    fn event_stream(&self, asker: IpAddr) -> Result<admission::Ticket, problem::Problem> {
        let ticket = self.event_streams.enter(asker);
        ticket.ok_or_else(|| {
            problem::Problem::come_again("There are too many streams of events from this address.")
        })
    }

    /// Has everything started that stands on a library which was opened just now.
    async fn hand_over(&self, library: Library) -> Result<(), problem::Problem> {
        let (started, waiting) = oneshot::channel();
        let sent = self.reopening.opened.send(Opened { library, started }).await;
        sent.map_err(|_| problem::Problem::internal())?;
        waiting.await.map_err(|_| problem::Problem::internal())
    }

    fn library(&self) -> Result<Library, problem::Problem> {
        Ok(self.there()?.library)
    }

    fn work(&self) -> Result<Work, problem::Problem> {
        Ok(self.there()?.work)
    }

    fn signage(&self) -> Result<Signage, problem::Problem> {
        Ok(self.there()?.signage)
    }
}

impl Deref for Services {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl Deref for Inner {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

//! `/api/events`: the list of sources, the library at a glance, what is wrong, and that something of the screens has changed,
//! pushed (server-sent events, WHATWG HTML section 9.2).
//!
//! The list is sent every 2 s, so no other sign of life is needed; the others at changes.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use hyper::{HeaderMap, Response};
use tokio::sync::watch;
use tokio::time::Instant;

use super::admission::Ticket;
use super::answer::Call;
use super::body::{self, Body};
use super::connection::stopped;
use super::problem::Problem;
use super::wire_trouble::Problems;
use super::{Services, Stored, api, auth, wire, wire_signage};
use crate::access::Right;
use crate::library::NoLibrary;
use crate::library::work;
use crate::output::hdmi;
use crate::trouble::Troubles;
use crate::watched::{Latest, LatestSeen};

/// The least time between two events, and how often changes are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Figures change all the time; they are sent this often even if nothing else happens.
const SEND_EVERY: Duration = Duration::from_secs(2);

/// The newest event, written once for all who listen.
#[derive(Default)]
pub(super) struct Feed {
    newest: Mutex<Option<Event>>,
}

#[derive(Clone)]
struct Event {
    at: Instant,
    /// Of all that is to be told at once when it changes.
    fingerprint: u64,
    text: Bytes,
}

/// One who listens.
struct Listener {
    services: Services,
    stopping: watch::Receiver<bool>,
    /// The library, which may come late.
    stored: watch::Receiver<Result<Stored, NoLibrary>>,
    /// The state of the library that was told.
    library: Option<u64>,
    /// What is done with its assets.
    work: Option<watch::Receiver<work::Status>>,
    /// The state of the screens that was told.
    screens: Option<u64>,
    signage: Option<watch::Receiver<u64>>,
    ports: watch::Receiver<Vec<hdmi::Status>>,
    troubles: watch::Receiver<Troubles>,
    /// By what it was let in.
    headers: HeaderMap,
    access: watch::Receiver<u64>,
    /// When the last event was sent, and its fingerprint.
    sent: Option<(Instant, u64)>,
    over: bool,
    _place: Ticket,
}

pub(super) fn get(call: &Call) -> Result<Response<Body>, Problem> {
    let place = call.services.event_stream(call.client.address)?;
    let mut stored = call.services.stored.clone();
    stored.mark_changed();
    let mut troubles = call.services.troubles.clone();
    troubles.mark_changed();
    let listener = Listener {
        services: call.services.clone(),
        stopping: call.stopping.clone(),
        stored,
        library: None,
        work: None,
        screens: None,
        signage: None,
        ports: call.services.screens.clone(),
        troubles,
        headers: call.headers().clone(),
        access: call.services.access.changes(),
        sent: None,
        over: call.is_head(),
        _place: place,
    };
    let events = stream::unfold(listener, |mut listener| async {
        let text = listener.next().await?;
        Some((text, listener))
    });
    Ok(body::event_stream(events))
}

impl Listener {
    /// The text to send next; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.over {
            self.follow_stored();
            if let Some(text) = self.problems() {
                return Some(text);
            }
            if let Some(text) = self.library().await {
                return Some(text);
            }
            if let Some(text) = self.screens() {
                return Some(text);
            }
            let event = self.services.feed.newest(&self.services);
            let now = Instant::now();
            let due = match self.sent {
                None => true,
                Some((at, fingerprint)) => {
                    fingerprint != event.fingerprint || now.duration_since(at) >= SEND_EVERY
                }
            };
            if due {
                self.sent = Some((now, event.fingerprint));
                return Some(event.text);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                // Whoever let it in may no longer: it comes again, and is told so.
                Ok(()) = self.access.changed() => {
                    let right = auth::right(&self.services.access, &self.headers);
                    self.over = !right.is_some_and(|right| right.covers(Right::View));
                }
                () = stopped(&mut self.stopping) => {
                    self.over = true;
                    return Some(Bytes::from_static(b"event: end\ndata: {}\n\n"));
                }
            }
        }
        None
    }
}

impl Listener {
    /// Listens to the library that has come since.
    fn follow_stored(&mut self) {
        if !self.stored.has_changed().unwrap_or(false) {
            return;
        }
        let stored = self.stored.latest_seen().ok();
        self.work = stored.as_ref().map(|stored| stored.work.status());
        self.signage = stored.map(|stored| stored.signage.changes());
        (self.library, self.screens) = (None, None);
    }

    /// The library, if it is not what was told.
    async fn library(&mut self) -> Option<Bytes> {
        let generation = self.services.stored().map_or(0, |stored| stored.library.changes().latest());
        let working = self.work.as_mut().is_some_and(|work| {
            let changed = work.has_changed().unwrap_or(false);
            work.mark_unchanged();
            changed
        });
        if self.library.replace(generation) == Some(generation) && !working {
            return None;
        }
        let library = api::library::read(&self.services).await.ok()?;
        Some([&b"event: library\ndata: "[..], &wire::to_json(&library), b"\n\n"].concat().into())
    }
}

impl Listener {
    /// What is wrong, if it is not what was told.
    fn problems(&mut self) -> Option<Bytes> {
        if !self.troubles.has_changed().unwrap_or(false) {
            return None;
        }
        let zone = self.services.site.with(|site| site.time_zone.clone());
        let problems = self.troubles.with_seen(|troubles| Problems::new(troubles, &zone));
        Some([&b"event: problems\ndata: "[..], &wire::to_json(&problems), b"\n\n"].concat().into())
    }

    /// That screens, playlists, the schedule or the message are not what they were. Who shows them asks for them: not
    /// everybody who listens does, and 500 screens are a long list.
    fn screens(&mut self) -> Option<Bytes> {
        let generation = self.signage.as_ref()?.latest();
        let ports = self.ports.has_changed().unwrap_or(false);
        self.ports.mark_unchanged();
        if self.screens.replace(generation) == Some(generation) && !ports {
            return None;
        }
        let changed = wire::to_json(&wire_signage::Changed { generation });
        Some([&b"event: screens\ndata: "[..], &changed, b"\n\n"].concat().into())
    }
}

impl Feed {
    fn newest(&self, services: &Services) -> Event {
        let mut newest = self.newest.lock().expect("no holder of this lock can panic");
        match &*newest {
            Some(event) if event.at.elapsed() < LOOK_EVERY => event.clone(),
            _ => newest.insert(Event::of(&api::sources::all(services))).clone(),
        }
    }
}

impl Event {
    fn of(sources: &wire::Sources) -> Self {
        let json = wire::to_json(sources);
        let text = [&b"event: sources\ndata: "[..], &json, b"\n\n"].concat();
        Self { at: Instant::now(), fingerprint: fingerprint(sources), text: text.into() }
    }
}

fn fingerprint(sources: &wire::Sources) -> u64 {
    let mut hasher = DefaultHasher::new();
    for source in &sources.sources {
        let cause = source.cause.as_ref().map(|cause| (cause.code, &cause.detail));
        let times = (&source.since, &source.next_try);
        (&source.id, &source.name, source.state, cause, times, source.viewers).hash(&mut hasher);
    }
    hasher.finish()
}

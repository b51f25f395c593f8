//! Who may look at a live source, and for how long.
//!
//! Pages from elsewhere that the configuration does not name open no stream: a WebSocket asks nobody's leave before it reads
//! (RFC 6455, section 10.2). A private source (`private = true`) wants a login, a link or a token, or the key of a TV whose
//! program has it. A TV shows its key in a cookie: a WebSocket and a picture can bring no header of their own, and addresses
//! are written down by proxies.

use std::future::pending;
use std::sync::Arc;

use hyper::header::{AUTHORIZATION, COOKIE};
use hyper::{HeaderMap, StatusCode};
use tokio::sync::watch;

use super::answer::Call;
use super::auth::{self, SCREEN_COOKIE};
use super::origin::{self, Page};
use super::problem::Problem;
use super::route::Route;
use super::{Services, Site, Stored};
use crate::access::Right;
use crate::library::NoLibrary;
use crate::signage::State;
use crate::watched::{Latest, LatestSeen};

/// What a request shows of who asks. A viewer is judged by it again whenever something changes.
#[derive(Clone)]
pub(super) struct Asker {
    headers: HeaderMap,
    is_secure: bool,
}

/// Lets somebody look at a source, for as long as it holds.
pub(super) struct Permit {
    services: Services,
    asker: Asker,
    source: String,
    access: watch::Receiver<u64>,
    site: watch::Receiver<Site>,
    stored: watch::Receiver<Result<Stored, NoLibrary>>,
}

/// The source whose pictures a route brings.
fn source_of(route: &Route) -> Option<&str> {
    match route {
        Route::WhepOffer { source }
        | Route::Mse { source }
        | Route::Frame { source }
        | Route::Mjpeg { source } => Some(source),
        _ => None,
    }
}

/// The private source that a route brings pictures of.
pub(super) fn private_source<'r>(route: &'r Route, services: &Services) -> Option<&'r str> {
    source_of(route).filter(|source| is_private(services, source))
}

fn is_private(services: &Services, source: &str) -> bool {
    services.site.with(|site| site.private_sources.contains(source))
}

/// Refuses the streams of pages from elsewhere. Single pictures need no refusal: pages can't read what is not answered to
/// them.
pub(super) fn check_page(route: &Route, call: &Call) -> Result<(), Problem> {
    let is_stream = matches!(
        route,
        Route::Mse { .. } | Route::WhepOffer { .. } | Route::WhepPatch { .. } | Route::WhepDelete { .. }
    );
    if is_stream && call.page() == Page::Foreign {
        let detail = "Pages of other servers may show live pictures only if [web] origins in marquee.toml \
                      names their origin.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(())
}

impl Asker {
    pub(super) fn of(call: &Call) -> Self {
        let mut headers = HeaderMap::new();
        for name in [AUTHORIZATION, COOKIE].into_iter().chain(origin::LOOKED_AT) {
            for value in call.headers().get_all(&name) {
                headers.append(name.clone(), value.clone());
            }
        }
        Self { headers, is_secure: call.client.is_secure }
    }

    fn page(&self, services: &Services) -> Page {
        services.site.with(|site| origin::page(&self.headers, self.is_secure, &site.origins))
    }

    /// The right to look at a private source, if it covers that. Errors: nobody can tell yet.
    pub(super) fn right(&self, services: &Services, source: &str) -> Result<Option<Right>, Problem> {
        let mut headers = self.headers.clone();
        if self.page(services) == Page::Any {
            // Whoever is logged in here shows nothing of it to pages from anywhere.
            headers.remove(COOKIE);
        }
        let right = auth::right(&services.access, &headers);
        let tv = auth::cookie(&headers, SCREEN_COOKIE).filter(|_| !headers.contains_key(AUTHORIZATION));
        match tv {
            Some(key) if !right.is_some_and(|right| right.covers(Right::View)) => {
                Ok(if plays(services, &key, source)? { Some(Right::View) } else { right })
            }
            _ => Ok(right),
        }
    }
}

/// Whether the TV of this key plays the source, today or within the next day: that far it knows what it plays.
fn plays(services: &Services, key: &str, source: &str) -> Result<bool, Problem> {
    let signage = services.signage()?;
    let state = signage.state();
    match state.by_key(key) {
        Some((_, answer)) => Ok(answer.plan.shows(source)),
        None if signage.is_current(&state) && !state.is_empty() => Ok(false),
        None => Err(Problem::come_again("What the screens play is being worked out.")),
    }
}

impl Permit {
    /// For somebody who was let in to a source.
    pub(super) fn of(call: &Call, source: &str) -> Self {
        let services = call.services.clone();
        let (access, site) = (services.access.changes(), services.site.clone());
        let stored = services.stored.clone();
        Self { asker: Asker::of(call), source: source.to_owned(), access, site, stored, services }
    }

    /// Waits until whoever has it would not be let in any more.
    pub(super) async fn ended(mut self) {
        let mut states = None;
        // What changes from here on is not missed.
        self.stored.mark_changed();
        loop {
            if self.stored.has_changed().unwrap_or(false) {
                states = self.stored.latest_seen().ok().map(|stored| stored.signage.states());
            }
            if !self.holds() {
                return;
            }
            tokio::select! {
                Ok(()) = self.access.changed() => {}
                Ok(()) = self.site.changed() => {}
                Ok(()) = self.stored.changed() => self.stored.mark_changed(),
                () = changed(&mut states) => {}
                else => pending().await,
            }
        }
    }

    fn holds(&self) -> bool {
        if self.asker.page(&self.services) == Page::Foreign {
            return false;
        }
        if !is_private(&self.services, &self.source) {
            return true;
        }
        // While nobody can tell, pictures go on: a TV's, say, while its library is mended.
        let right = self.asker.right(&self.services, &self.source);
        right.map_or(true, |right| right.is_some_and(|right| right.covers(Right::View)))
    }
}

/// Waits for the next state of the screens; for ever without one.
async fn changed(states: &mut Option<watch::Receiver<Arc<State>>>) {
    if let Some(receiver) = states
        && receiver.changed().await.is_ok()
    {
        return;
    }
    *states = None;
    pending::<()>().await;
}

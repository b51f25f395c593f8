//! `/api/screens/events`: what a player on a TV is told (server-sent events, WHATWG HTML section 9.2).

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use hyper::Response;
use tokio::sync::watch;

use super::admission::Ticket;
use super::answer::Call;
use super::api::signage::by_key;
use super::body::{self, Body};
use super::connection::stopped;
use super::problem::Problem;
use super::wire_program::Event;
use crate::signage::{Order, Orders, State};
use crate::watched::LatestSeen;

/// A line without meaning, by which both ends notice that the other is gone.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(15);
const SIGN_OF_LIFE: &[u8] = b":\n\n";

/// One player that listens.
struct Listener {
    key: String,
    states: watch::Receiver<std::sync::Arc<State>>,
    orders: Orders,
    stopping: watch::Receiver<bool>,
    /// What it was told last: the state's content, and its answer's ETag.
    told: Option<(u64, String)>,
    over: bool,
    _place: Ticket,
}

pub(super) fn get(call: &Call, key: String) -> Result<Response<Body>, Problem> {
    let signage = call.services.signage()?;
    let state = signage.state();
    let (screen, _) = by_key(&signage, &state, &key)?;
    signage.heard(screen.id, Some(call.client.address));
    let listener = Listener {
        key,
        states: signage.states(),
        orders: signage.orders(screen.id),
        stopping: call.stopping.clone(),
        told: None,
        over: call.is_head(),
        _place: call.services.event_stream(call.client.address)?,
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
            if let Some(text) = self.news() {
                return Some(text);
            }
            tokio::select! {
                changed = self.states.changed() => self.over = changed.is_err(),
                order = self.orders.next() => match order {
                    Some(order) => return Some(event(order).text()),
                    None => self.over = true,
                },
                () = tokio::time::sleep(SIGN_OF_LIFE_EVERY) => return Some(Bytes::from_static(SIGN_OF_LIFE)),
                () = stopped(&mut self.stopping) => self.over = true,
            }
        }
        None
    }

    /// That there is another answer for this screen, if there is. What is on by the time alone is no news.
    fn news(&mut self) -> Option<Bytes> {
        let state = self.states.latest_seen();
        let Some((_, answer)) = state.by_key(&self.key) else {
            // It was taken away: with its next question it learns that.
            self.over = true;
            return Some(Event::Playlist { etag: "" }.text());
        };
        let told = self.told.replace((state.content, answer.etag.clone()));
        let known = told.is_some_and(|(content, etag)| content == state.content || etag == answer.etag);
        (!known).then(|| Event::Playlist { etag: &answer.etag }.text())
    }
}

fn event(order: Order) -> Event<'static> {
    match order {
        Order::Identify { until_ms } => Event::Identify { until_ms },
        Order::Reload => Event::Reload,
        Order::Screenshot { id } => Event::Screenshot { id },
    }
}

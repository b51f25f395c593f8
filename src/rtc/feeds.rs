//! The tracks that viewers watch: one reader each, however many watch.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use str0m::media::MediaKind;

use super::SessionId;
use crate::hub::{ReadError, Reader, Start, Track};
use crate::media::Frame;

type Reading = Pin<Box<dyn Future<Output = (Reader, Result<Frame, ReadError>)>>>;

/// A track with at least one viewer. Its reader is the demand that keeps the encoder running.
pub(super) struct Feed {
    pub(super) track: Track,
    pub(super) kind: MediaKind,
    pub(super) viewers: Vec<SessionId>,
    reading: Reading,
}

#[derive(Default)]
pub(super) struct Feeds {
    feeds: Vec<Feed>,
    /// Where the next look begins, so that a busy track can't starve others.
    turn: usize,
}

impl Feeds {
    pub(super) fn join(&mut self, track: &Track, kind: MediaKind, viewer: SessionId) {
        if let Some(feed) = self.feeds.iter_mut().find(|feed| feed.track.is(track)) {
            feed.viewers.push(viewer);
            return;
        }
        // From the newest key frame on, and not the next, so that it has reached the live end when a viewer that was
        // given what the track holds goes on from there.
        let reading = read(track.read(Start::NewestKeyFrame));
        self.feeds.push(Feed { track: track.clone(), kind, viewers: vec![viewer], reading });
    }

    /// Takes a viewer out of all tracks; tracks without any are not read any more.
    pub(super) fn leave(&mut self, viewer: SessionId) {
        for feed in &mut self.feeds {
            feed.viewers.retain(|other| *other != viewer);
        }
        self.feeds.retain(|feed| !feed.viewers.is_empty());
    }

    pub(super) fn track(&self, kind: MediaKind, viewer: SessionId) -> Option<&Track> {
        let mut feeds = self.feeds.iter();
        feeds.find(|feed| feed.kind == kind && feed.viewers.contains(&viewer)).map(|feed| &feed.track)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Feed> {
        self.feeds.get(index)
    }

    /// The source is gone: nobody can watch this any more.
    pub(super) fn remove(&mut self, index: usize) -> Feed {
        self.feeds.swap_remove(index)
    }

    /// The next frame or error of any track, and which one it is of. Waits for ever if there is none. Cancel-safe.
    pub(super) async fn next(&mut self) -> (usize, Result<Frame, ReadError>) {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<(usize, Result<Frame, ReadError>)> {
        let count = self.feeds.len();
        for step in 0..count {
            let index = (self.turn + step) % count;
            let feed = &mut self.feeds[index];
            if let Poll::Ready((reader, outcome)) = feed.reading.as_mut().poll(context) {
                feed.reading = read(reader);
                self.turn = index + 1;
                return Poll::Ready((index, outcome));
            }
        }
        Poll::Pending
    }
}

fn read(mut reader: Reader) -> Reading {
    Box::pin(async move {
        let outcome = reader.next().await;
        (reader, outcome)
    })
}

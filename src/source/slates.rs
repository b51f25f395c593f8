//! Feeds slates and silence to those who watch a source that has no picture.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::feed::Feed;
use super::plan::Plan;
use crate::draw;
use crate::pipeline::{RawPicture, clock};
use crate::watched::Latest;
use crate::words;

/// Slates move nothing: this often is enough for players to see that the stream lives.
const INTERVAL: Duration = Duration::from_millis(200);
/// A still picture is shown anew each so many slates to those who fetch pictures, so that a stalled stream can be
/// told from a slate.
const SHOWN_EVERY: u32 = 5;

/// The slate of one source. Does nothing unless the plan has one.
pub(super) struct Slates {
    feed: Arc<Feed>,
    /// What is drawn, for which size.
    drawn: Option<(draw::Slate, RawPicture)>,
    next: Option<Instant>,
    fed: u32,
}

impl Slates {
    pub(super) fn new(feed: Arc<Feed>) -> Self {
        Self { feed, drawn: None, next: None, fed: 0 }
    }

    /// A new encoder waits for its first picture.
    pub(super) fn hurry(&mut self) {
        self.next = None;
    }

    /// When the next one is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next
    }

    /// Feeds the slate and silence when they are due.
    pub(super) async fn follow(&mut self, plan: &Plan, now: Instant) {
        if plan.silence {
            self.feed.silence();
        }
        if plan.slate.is_none() && !plan.silence {
            (self.drawn, self.next) = (None, None);
            return;
        }
        let due = self.next.is_none_or(|next| next <= now);
        if let Some((width, height)) = plan.slate {
            let changed = self.draw(width, height).await;
            if due || changed {
                self.feed_slate(changed);
            }
        }
        if due {
            self.next = Some(now + INTERVAL);
        }
    }

    fn feed_slate(&mut self, changed: bool) {
        let Some((_, picture)) = &self.drawn else { return };
        let picture = picture.at(clock::now());
        self.feed.encode_slate(&picture);
        if changed || self.fed.is_multiple_of(SHOWN_EVERY) {
            self.feed.show_slate(picture);
        }
        self.fed = self.fed.wrapping_add(1);
    }

    /// Draws the slate if its text or size changed; true if it did.
    async fn draw(&mut self, width: u32, height: u32) -> bool {
        let wanted = self.text();
        let same = |(text, picture): &(draw::Slate, RawPicture)| {
            *text == wanted && (picture.width, picture.height) == (width, height)
        };
        if self.drawn.as_ref().is_some_and(same) {
            return false;
        }
        let drawing = spawn_blocking(move || {
            let pixels = draw::draw(&wanted, width, height);
            (wanted, RawPicture::from_rgba(width, height, pixels, clock::now()))
        });
        match drawing.await {
            Ok(drawn) => self.drawn = Some(drawn),
            Err(error) => log::error!("{}: the slate can't be drawn: {error}", self.feed.source.id),
        }
        true
    }

    /// The words for people of what the source is doing.
    fn text(&self) -> draw::Slate {
        let source = &self.feed.source;
        let cause = source.status.with(|status| status.state.loss().map(|loss| loss.cause));
        let (title, advice) = match cause {
            Some(cause) => words::of_cause(words::language(), cause),
            None => (words::connecting(words::language()), ""),
        };
        draw::Slate { name: source.name.clone(), title: title.to_owned(), advice: advice.to_owned() }
    }
}

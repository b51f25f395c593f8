//! From one item to the next: the last picture of the one fades into what the other shows.

use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use crate::pipeline::RawPicture;
use crate::pipeline::blend::{Still, Stiller};

/// As on network TVs.
const LENGTH: Duration = Duration::from_millis(600);
/// Items that are shorter are cut: a fade would be most of them.
pub(super) const ITEM_MS_MIN: u64 = 2000;
/// From one step to the next, 25 in a second.
const STEP: Duration = Duration::from_millis(40);
/// A sum of parts, see [`Still::towards`].
const WHOLE: u128 = 256;

/// A picture, and whether it fills the screen.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) picture: RawPicture,
    pub(super) cover: bool,
}

pub(super) struct Fade {
    from: Seen,
    /// The newest of what comes; until there is one, nothing moves.
    to: Option<Seen>,
    begun: Instant,
    size: (u32, u32),
    kept: Option<Kept>,
}

/// What the last step has made that the next one needs.
#[derive(Default)]
struct Kept {
    from: Option<Still>,
    to: Stiller,
}

impl Fade {
    pub(super) fn new(from: Seen, size: (u32, u32)) -> Self {
        Self { from, to: None, begun: Instant::now(), size, kept: Some(Kept::default()) }
    }

    /// What is to be seen at its end. It begins with the first.
    pub(super) fn towards(&mut self, to: Seen) {
        if self.to.replace(to).is_none() {
            self.begun = Instant::now();
        }
    }

    /// Waits for the next step. Cancel-safe.
    pub(super) async fn step(&self) {
        match self.to {
            Some(_) => {
                let elapsed = self.begun.elapsed().as_nanos();
                let steps = u32::try_from(elapsed / STEP.as_nanos()).unwrap_or(u32::MAX - 1);
                tokio::time::sleep_until((self.begun + STEP * (steps + 1)).into()).await;
            }
            None => std::future::pending().await,
        }
    }

    /// The picture of this moment; `None`: it is over, or pictures of these kinds can't be looked at, and the last of
    /// what came is to be shown.
    pub(super) async fn picture(&mut self) -> Option<RawPicture> {
        let (to, mut kept) = (self.to.clone()?, self.kept.take()?);
        let part = self.begun.elapsed().as_nanos() * WHOLE / LENGTH.as_nanos();
        let part = u16::try_from(part).ok().filter(|part| u128::from(*part) < WHOLE)?;
        let (from, (width, height)) = (self.from.clone(), self.size);
        let mixing = spawn_blocking(move || {
            if kept.from.is_none() {
                kept.from = Stiller::default().still(&from.picture, width, height, from.cover);
            }
            let to = kept.to.still(&to.picture, width, height, to.cover)?;
            let mixed = kept.from.as_ref()?.towards(&to, part);
            Some((kept, mixed))
        });
        let (kept, mixed) = mixing.await.ok().flatten()?;
        self.kept = Some(kept);
        Some(mixed)
    }
}

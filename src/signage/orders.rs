//! What screens are asked to do, and the pictures of themselves that they send.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{Signage, now_ms};

/// Of one screenshot: 1080p as JPEG is a fifth of it.
pub const SHOT_BYTES_MAX: usize = 1 << 20;
/// Of all screenshots together; the oldest go first.
const SHOTS_BYTES_MAX: usize = 16 << 20;
/// A screenshot that was asked for may come so late.
const SHOT_WITHIN: Duration = Duration::from_secs(60);
/// How long a screen shows its code.
const IDENTIFY_MS: i64 = 10_000;

/// What a screen is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Show name and code up to this moment.
    Identify {
        until_ms: i64,
    },
    Reload,
    /// Send a picture of what is on under this number.
    Screenshot {
        id: u64,
    },
}

/// The orders for one screen.
pub struct Orders {
    screen: i64,
    orders: broadcast::Receiver<(i64, Order)>,
}

/// Why a screenshot is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShotError {
    #[error("nobody asked this screen for that screenshot")]
    NotAsked,
    #[error("the screenshot is no JPEG of at most 1 MiB")]
    NotAPicture,
}

#[derive(Debug, Default)]
pub(super) struct Shots {
    /// Numbers asked for, of each screen the last one.
    asked: HashMap<i64, (u64, Instant)>,
    taken: HashMap<i64, (u64, Bytes)>,
    last: u64,
}

impl Orders {
    /// The next order; `None`: there will be none any more. Cancel-safe.
    pub async fn next(&mut self) -> Option<Order> {
        loop {
            match self.orders.recv().await {
                Ok((screen, order)) if screen == self.screen => return Some(order),
                // What a stream was too slow for is asked again by whoever clicked.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

impl Shots {
    fn ask(&mut self, screen: i64, now: Instant) -> u64 {
        // Numbers start where no browser's cache has any, also after a restart.
        self.last = self.last.max(now_ms().unsigned_abs()) + 1;
        self.asked.retain(|_, (_, at)| now.duration_since(*at) < SHOT_WITHIN);
        self.asked.insert(screen, (self.last, now));
        self.last
    }

    fn take(&mut self, screen: i64, id: u64, jpeg: Bytes, now: Instant) -> Result<(), ShotError> {
        let asked = self.asked.get(&screen).filter(|(_, at)| now.duration_since(*at) < SHOT_WITHIN);
        if asked.is_none_or(|(asked, _)| *asked != id) {
            return Err(ShotError::NotAsked);
        }
        if !jpeg.starts_with(&[0xff, 0xd8, 0xff]) || jpeg.len() > SHOT_BYTES_MAX {
            return Err(ShotError::NotAPicture);
        }
        self.asked.remove(&screen);
        self.taken.insert(screen, (id, jpeg));
        while self.taken.values().map(|(_, jpeg)| jpeg.len()).sum::<usize>() > SHOTS_BYTES_MAX {
            let oldest = self.taken.iter().min_by_key(|(_, (id, _))| *id).map(|(screen, _)| *screen);
            oldest.map(|oldest| self.taken.remove(&oldest));
        }
        Ok(())
    }

    /// Forgets those of screens that are no more.
    pub(super) fn retain(&mut self, is_screen: impl Fn(i64) -> bool) {
        self.taken.retain(|screen, _| is_screen(*screen));
    }
}

impl Signage {
    pub fn orders(&self, screen: i64) -> Orders {
        Orders { screen, orders: self.inner.orders.subscribe() }
    }

    pub fn identify(&self, screen: i64) {
        self.order(screen, Order::Identify { until_ms: now_ms() + IDENTIFY_MS });
    }

    pub fn reload(&self, screen: i64) {
        self.order(screen, Order::Reload);
    }

    /// Returns the number under which the picture will come.
    pub fn ask_for_shot(&self, screen: i64) -> u64 {
        let id = self.shots().ask(screen, Instant::now());
        self.order(screen, Order::Screenshot { id });
        id
    }

    fn order(&self, screen: i64, order: Order) {
        // Nobody listens: the screen is away, and does not do it later either.
        let _ = self.inner.orders.send((screen, order));
    }

    pub fn take_shot(&self, screen: i64, id: u64, jpeg: Bytes) -> Result<(), ShotError> {
        self.shots().take(screen, id, jpeg, Instant::now())?;
        self.changed();
        Ok(())
    }

    /// The number of a screen's last screenshot.
    pub fn shot_id(&self, screen: i64) -> Option<u64> {
        self.shots().taken.get(&screen).map(|(id, _)| *id)
    }

    pub fn shot(&self, screen: i64) -> Option<Bytes> {
        self.shots().taken.get(&screen).map(|(_, jpeg)| jpeg.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(len: usize) -> Bytes {
        let mut bytes = vec![0; len];
        bytes[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
        bytes.into()
    }

    #[test]
    fn only_what_was_asked_for_is_taken_and_once() {
        let (mut shots, now) = (Shots::default(), Instant::now());
        assert_eq!(shots.take(1, 1, jpeg(10), now), Err(ShotError::NotAsked));
        let id = shots.ask(1, now);
        assert_eq!(shots.take(2, id, jpeg(10), now), Err(ShotError::NotAsked));
        assert_eq!(shots.take(1, id, Bytes::from_static(b"GIF89a"), now), Err(ShotError::NotAPicture));
        assert_eq!(shots.take(1, id, jpeg(SHOT_BYTES_MAX + 1), now), Err(ShotError::NotAPicture));
        assert_eq!(shots.take(1, id, jpeg(10), now), Ok(()));
        assert_eq!(shots.take(1, id, jpeg(10), now), Err(ShotError::NotAsked));
        let late = shots.ask(1, now);
        assert!(late > id);
        assert_eq!(shots.take(1, late, jpeg(10), now + SHOT_WITHIN), Err(ShotError::NotAsked));
    }

    #[test]
    fn the_oldest_pictures_make_room() {
        let (mut shots, now) = (Shots::default(), Instant::now());
        for screen in 0..20 {
            let id = shots.ask(screen, now);
            shots.take(screen, id, jpeg(SHOT_BYTES_MAX), now).expect("asked for");
        }
        let mut kept: Vec<i64> = shots.taken.keys().copied().collect();
        kept.sort_unstable();
        assert_eq!(kept, (4..20).collect::<Vec<_>>());
    }
}

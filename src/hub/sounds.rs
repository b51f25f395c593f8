//! A source's sound as it comes in, before any encoder: for screens, which need no Opus.

use tokio::sync::broadcast;

use super::{Demand, DemandGuard, ReadError};
use crate::media::Sound;

/// Buffers held for a listener that is behind: half a second of a card's 10 ms. What is older, no screen plays.
const HELD_MAX: usize = 50;

/// The sound of one source: one writer, many listeners, nothing kept for those who come later.
pub struct Sounds {
    sender: broadcast::Sender<Sound>,
    demand: Demand,
}

/// One who listens; dropping it takes the wish back.
#[derive(Debug)]
pub struct Listener {
    receiver: broadcast::Receiver<Sound>,
    _demand: DemandGuard,
}

impl Default for Sounds {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(HELD_MAX), demand: Demand::default() }
    }
}

impl Sounds {
    /// Hands it to all listeners. Never waits for any of them, and does nothing if there is none.
    pub fn push(&self, sound: impl FnOnce() -> Option<Sound>) {
        if self.demand.count() > 0
            && let Some(sound) = sound()
        {
            // All listeners have left in this moment: nobody misses it.
            let _ = self.sender.send(sound);
        }
    }

    pub fn listen(&self) -> Listener {
        Listener { receiver: self.sender.subscribe(), _demand: self.demand.enter() }
    }

    pub fn demand(&self) -> &Demand {
        &self.demand
    }
}

impl Listener {
    /// The next buffer; waits for it. One that lags is told, and goes on with the oldest that is held. Cancel-safe.
    pub async fn next(&mut self) -> Result<Sound, ReadError> {
        self.receiver.recv().await.map_err(|error| match error {
            broadcast::error::RecvError::Lagged(missed) => ReadError::Lagged { missed },
            broadcast::error::RecvError::Closed => ReadError::Closed,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::media::MediaTime;

    fn sound(millis: u64) -> Option<Sound> {
        Some(Sound { time: MediaTime::from_millis(millis), data: Arc::new(()) })
    }

    #[tokio::test]
    async fn all_who_listen_hear_what_comes_from_then_on() {
        let sounds = Sounds::default();
        sounds.push(|| unreachable!("nobody listens: nothing is made"));
        let mut first = sounds.listen();
        sounds.push(|| sound(1));
        let mut second = sounds.listen();
        sounds.push(|| sound(2));
        assert_eq!(first.next().await.map(|sound| sound.time), Ok(MediaTime::from_millis(1)));
        assert_eq!(first.next().await.map(|sound| sound.time), Ok(MediaTime::from_millis(2)));
        assert_eq!(second.next().await.map(|sound| sound.time), Ok(MediaTime::from_millis(2)));
        drop((first, second));
        assert_eq!(sounds.demand().count(), 0);
    }

    #[tokio::test]
    async fn one_that_lags_is_told_and_goes_on() {
        let sounds = Sounds::default();
        let mut listener = sounds.listen();
        // The ring is rounded up to a power of two.
        let pushed = 3 * HELD_MAX as u64;
        (0..pushed).for_each(|millis| sounds.push(|| sound(millis)));
        let Err(ReadError::Lagged { missed }) = listener.next().await else { panic!("not told") };
        assert!(missed >= pushed - HELD_MAX.next_power_of_two() as u64);
        assert_eq!(listener.next().await.map(|sound| sound.time), Ok(MediaTime::from_millis(missed)));
        drop(sounds);
        while listener.next().await.is_ok() {}
        assert_eq!(listener.next().await.map(|sound| sound.time), Err(ReadError::Closed));
    }
}

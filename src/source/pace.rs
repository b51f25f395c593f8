//! How often a source's pictures come, and how long one may be waited for. Pure.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::media::MediaTime;

/// Without a picture for this long a source is lost, whatever its socket or device says.
const PATIENCE_MIN: Duration = Duration::from_secs(2);
/// The slowest cameras send a picture every few seconds, at night or to save their battery.
const PATIENCE_MAX: Duration = Duration::from_secs(30);
/// A picture is late, not lost, up to so many times the usual.
const LATE: u64 = 3;
/// How much one picture counts: one pause of a network makes no slow camera.
const WEIGHT: u64 = 4;

/// Written by the thread that takes pictures, read by the supervisor.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Media time of the newest picture's arrival, in ns; 0: none since the last loss.
    newest_ns: AtomicU64,
    /// What usually lies between two, in ns; 0: not known. Kept across losses.
    usual_ns: AtomicU64,
}

impl Pace {
    /// A picture arrived.
    pub(super) fn arrived(&self, now: MediaTime) {
        let before = self.newest_ns.swap(now.nanos(), Ordering::Relaxed);
        if before == 0 {
            return;
        }
        let step = now.since(MediaTime::from_nanos(before)).min(PATIENCE_MAX).as_nanos() as u64;
        let usual = match self.usual_ns.load(Ordering::Relaxed) {
            0 => step,
            usual => (usual * (WEIGHT - 1) + step) / WEIGHT,
        };
        self.usual_ns.store(usual, Ordering::Relaxed);
    }

    /// What comes next follows a loss: the time in between says nothing.
    pub(super) fn forget_newest(&self) {
        self.newest_ns.store(0, Ordering::Relaxed);
    }

    /// Media time of the newest picture's arrival; zero without one.
    pub(super) fn newest(&self) -> MediaTime {
        MediaTime::from_nanos(self.newest_ns.load(Ordering::Relaxed))
    }

    /// How long the next picture may take; `None` as long as it is not known how often they come.
    pub(super) fn patience(&self) -> Option<Duration> {
        let usual = self.usual_ns.load(Ordering::Relaxed);
        (usual > 0)
            .then(|| Duration::from_nanos(usual.saturating_mul(LATE)).clamp(PATIENCE_MIN, PATIENCE_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(steps_ms: &[u64]) -> Option<u64> {
        let (pace, mut time) = (Pace::default(), 1000);
        pace.arrived(MediaTime::from_millis(time));
        for step in steps_ms {
            time += step;
            pace.arrived(MediaTime::from_millis(time));
        }
        pace.patience().map(|patience| patience.as_millis() as u64)
    }

    #[test]
    fn patience_follows_the_camera() {
        assert_eq!(patience(&[]), None);
        assert_eq!(patience(&[40; 20]), Some(2000));
        assert_eq!(patience(&[5000; 3]), Some(15_000));
        assert_eq!(patience(&[60_000; 3]), Some(30_000));
    }

    #[test]
    fn one_pause_makes_no_slow_camera() {
        let steps: Vec<u64> = [40; 20].into_iter().chain([1500]).collect();
        assert_eq!(patience(&steps), Some(2000));
    }

    #[test]
    fn a_loss_is_no_step() {
        let pace = Pace::default();
        pace.arrived(MediaTime::from_millis(1000));
        pace.forget_newest();
        pace.arrived(MediaTime::from_millis(60_000));
        assert_eq!(pace.patience(), None);
    }
}

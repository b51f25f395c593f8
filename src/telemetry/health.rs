//! Heartbeats of the parts that must run for the box to be well, and which of them are late.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// All parts that beat. Cheap to clone.
#[derive(Clone)]
pub struct Heartbeats {
    shared: Arc<Shared>,
}

struct Shared {
    start: Instant,
    parts: Mutex<Vec<Arc<Part>>>,
}

struct Part {
    name: String,
    silence_max: Duration,
    /// Milliseconds from `start` to the newest beat, or [`ENDED`].
    beat_ms: AtomicU64,
}

const ENDED: u64 = u64::MAX;

/// The beat of one part, held by it. Dropping it without [`Beat::retire`], as a panic or an early return does, means
/// that the part has ended though it should not have.
pub struct Beat {
    heartbeats: Heartbeats,
    part: Arc<Part>,
}

/// What is not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub part: String,
    /// For people, such as `has not answered for 12 s`.
    pub problem: String,
}

impl Heartbeats {
    pub fn new(now: Instant) -> Self {
        Self { shared: Arc::new(Shared { start: now, parts: Mutex::default() }) }
    }

    /// Adds a part, which beats with this. It is late when it has been silent for longer than `silence_max`.
    pub fn register(&self, name: impl Into<String>, silence_max: Duration, now: Instant) -> Beat {
        let part = Part { name: name.into(), silence_max, beat_ms: AtomicU64::new(0) };
        let beat = Beat { heartbeats: self.clone(), part: Arc::new(part) };
        beat.tick(now);
        self.parts().push(Arc::clone(&beat.part));
        beat
    }

    /// Every part that is late or has ended, in the order they were registered.
    pub fn problems(&self, now: Instant) -> Vec<Problem> {
        let now = self.since_start(now);
        self.parts().iter().filter_map(|part| part.problem(now)).collect()
    }

    fn since_start(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.shared.start)
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Arc<Part>>> {
        self.shared.parts.lock().expect("no holder of this lock can panic")
    }
}

impl Part {
    fn problem(&self, now: Duration) -> Option<Problem> {
        let beat_ms = self.beat_ms.load(Ordering::Relaxed);
        let silence = now.saturating_sub(Duration::from_millis(beat_ms));
        let problem = if beat_ms == ENDED {
            "has ended".to_owned()
        } else if silence > self.silence_max {
            format!("has not answered for {} s", silence.as_secs())
        } else {
            return None;
        };
        Some(Problem { part: self.name.clone(), problem })
    }
}

impl Beat {
    /// Says that the part is alive.
    pub fn tick(&self, now: Instant) {
        let beat_ms = u64::try_from(self.heartbeats.since_start(now).as_millis()).unwrap_or(ENDED - 1);
        self.part.beat_ms.store(beat_ms, Ordering::Relaxed);
    }

    /// Takes the part off the list: it ends as it should.
    pub fn retire(self) {
        self.heartbeats.parts().retain(|part| !Arc::ptr_eq(part, &self.part));
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.part.beat_ms.store(ENDED, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(heartbeats: &Heartbeats, now: Instant, expected: &[&str]) {
        let problems = heartbeats.problems(now);
        let texts: Vec<_> =
            problems.iter().map(|problem| format!("{} {}", problem.part, problem.problem)).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_part_that_is_silent_for_too_long_is_named_until_it_beats_again() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let heartbeats = Heartbeats::new(start);
        let hub = heartbeats.register("hub", Duration::from_secs(5), start);
        let _slow = heartbeats.register("rtc", Duration::from_secs(20), after(3));
        check(&heartbeats, after(5), &[]);
        check(&heartbeats, after(12), &["hub has not answered for 12 s"]);
        hub.tick(after(13));
        check(&heartbeats, after(14), &[]);
        check(&heartbeats, after(30), &["hub has not answered for 17 s", "rtc has not answered for 27 s"]);
    }

    #[test]
    fn a_part_that_is_gone_is_a_problem_unless_it_retired() {
        let start = Instant::now();
        let heartbeats = Heartbeats::new(start);
        let crashed = heartbeats.register("rtc", Duration::from_secs(5), start);
        let retired = heartbeats.register("camera door", Duration::from_secs(5), start);
        drop(crashed);
        retired.retire();
        check(&heartbeats, start, &["rtc has ended"]);
    }
}

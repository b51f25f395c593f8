//! Whether pictures come in the order in which they are shown. Pure.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::MediaTime;

/// So many pictures before the newest show that it is no clock that was set back: after that they would all be.
const SEEN_MIN: u64 = 2;
/// Pictures that follow the newest in a row before it counts as one of a clock that was set back.
const BEHIND_MAX: u64 = 16;

/// Written by the thread that takes pictures.
#[derive(Debug, Default)]
pub struct Order {
    newest_ns: AtomicU64,
    /// Pictures in a row that are shown before the newest.
    behind: AtomicU64,
    /// Times that such a row ended with a picture newer than all.
    rows: AtomicU64,
    /// Kept across losses.
    reorders: AtomicBool,
}

impl Order {
    pub fn reorders(&self) -> bool {
        self.reorders.load(Ordering::Relaxed)
    }

    /// Takes the next picture's time. True from the moment at which it is clear that pictures come in another order.
    pub fn is_found_to_reorder(&self, time: MediaTime) -> bool {
        let newest = self.newest_ns.load(Ordering::Relaxed);
        if time.nanos() < newest {
            if self.behind.fetch_add(1, Ordering::Relaxed) < BEHIND_MAX {
                return false;
            }
            // A clock that was set back: its own time counts from here.
            self.behind.store(0, Ordering::Relaxed);
        } else if self.behind.swap(0, Ordering::Relaxed) > 0 {
            let rows = self.rows.fetch_add(1, Ordering::Relaxed) + 1;
            self.reorders.store(rows >= SEEN_MIN, Ordering::Relaxed);
        }
        self.newest_ns.store(time.nanos(), Ordering::Relaxed);
        self.reorders()
    }

    /// Another connection: its clock may be another.
    pub fn begin_anew(&self) {
        for count in [&self.newest_ns, &self.behind, &self.rows] {
            count.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found_at(times_ms: impl IntoIterator<Item = u64>) -> Option<usize> {
        let order = Order::default();
        times_ms.into_iter().position(|time| order.is_found_to_reorder(MediaTime::from_millis(time)))
    }

    #[test]
    fn b_frames_are_found_in_their_second_group() {
        // I P B B P B B P
        assert_eq!(found_at([1000, 1120, 1040, 1080, 1240, 1160, 1200, 1360]), Some(7));
    }

    #[test]
    fn a_clock_that_is_set_back_reorders_nothing() {
        let times =
            (0..50).map(|count| 100_000 + count * 40).chain((0..200).map(|count| 50_000 + count * 40));
        assert_eq!(found_at(times), None);
    }

    #[test]
    fn one_picture_of_a_confused_clock_reorders_nothing() {
        assert_eq!(found_at([1000, 1040, 900, 1080, 1120, 1160, 1200]), None);
    }
}

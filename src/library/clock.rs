//! The wall clock, by which bins and uploads have their age. A box without a clock of its own starts in the past and is set
//! right later: what was done meanwhile must not look months old then.

use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::Error;
use super::{Library, now};

/// What is less than this is drift that a time server takes back, and harms no age of days.
const JUMP_MIN_S: u64 = 120;

/// Compares the wall clock with the steady one.
pub(super) struct Clock(Mutex<Seen>);

#[derive(Clone, Copy)]
struct Seen {
    /// What the wall clock said at the start, or would have said had it been as it is now.
    started: i64,
    at: Instant,
}

/// The wall clock was set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Jump {
    /// Times told by this run of the program before it.
    pub told: RangeInclusive<i64>,
    /// Seconds that they are to be moved by to be as old as they are.
    pub by: i64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Seen { started: now(), at: Instant::now() }))
    }

    /// What happened to it since the last time.
    fn look(&self) -> Option<Jump> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let jump = seen.jump(now(), seen.at.elapsed())?;
        seen.started += jump.by;
        Some(jump)
    }
}

impl Seen {
    fn jump(&self, now: i64, running: Duration) -> Option<Jump> {
        let expected = self.started.saturating_add_unsigned(running.as_secs());
        let by = now.saturating_sub(expected);
        (by.unsigned_abs() >= JUMP_MIN_S).then_some(Jump { told: self.started..=expected + 1, by })
    }
}

impl Library {
    /// Moves what this run of the program dated with a clock that has been set since. To be called before anything is
    /// removed for its age.
    pub(super) async fn follow_clock(&self) -> Result<(), Error> {
        let Some(Jump { told, by }) = self.inner.clock.look() else { return Ok(()) };
        log::info!("library: the clock was set by {by} s; what was thrown away and uploaded keeps its age");
        self.move_uploads(&told, by).await;
        let (first, last) = told.into_inner();
        self.db()
            .write(move |connection| {
                let sql = "UPDATE assets SET binned = binned + ?1 WHERE binned BETWEEN ?2 AND ?3";
                connection.prepare_cached(sql)?.execute((by, first, last))?;
                Ok(())
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Kind, New, NewUpload};

    const DAY_S: i64 = 24 * 3600;

    #[test]
    fn a_clock_that_is_set_is_a_jump_and_drift_is_none() {
        let seen = Seen { started: 1000, at: Instant::now() };
        let after = |seconds, now| seen.jump(now, Duration::from_secs(seconds));
        assert_eq!(after(50, 1050), None);
        assert_eq!(after(50, 1050 + 119), None);
        assert_eq!(after(50, 1050 - 119), None);
        assert_eq!(after(50, 90_000), Some(Jump { told: 1000..=1051, by: 90_000 - 1050 }));
        assert_eq!(after(50, 0), Some(Jump { told: 1000..=1051, by: -1050 }));
    }

    async fn thrown_away(library: &Library, content: &str, at: i64) -> i64 {
        let from = library.store().incoming().join(content);
        std::fs::write(&from, content).unwrap();
        let (file_name, ext) = (format!("{content}.svg"), "svg".to_owned());
        let new = New { kind: Kind::Slide, file_name, ext, tags: vec![], steps: vec![] };
        let id = library.add(from, new).await.unwrap().id;
        library.bin(vec![id]).await.unwrap();
        let sql = "UPDATE assets SET binned = ? WHERE id = ?";
        library.db().write(move |connection| Ok(connection.execute(sql, [at, id])?)).await.unwrap();
        id
    }

    async fn binned(library: &Library, id: i64) -> i64 {
        library.asset(id).await.unwrap().summary.binned.unwrap()
    }

    #[tokio::test]
    async fn what_was_done_with_a_wrong_clock_keeps_its_age() {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let wrong = now() - 90 * DAY_S;
        let (fresh, old) =
            (thrown_away(&library, "a", wrong).await, thrown_away(&library, "b", wrong - DAY_S).await);
        let (file_name, metadata) = ("c.mp4".to_owned(), String::new());
        let new = NewUpload { file_name, bytes: 10, tags: vec![], metadata };
        let upload = library.create_upload(new).await.unwrap().id;
        library.date_upload(upload, wrong);
        // As if this run had begun three months ago by the wall clock, and a moment ago by the steady one.
        library.inner.clock.0.lock().unwrap().started = wrong;
        library.follow_clock().await.unwrap();
        let age = now() - binned(&library, fresh).await;
        assert!((0..60).contains(&age), "it was thrown away a moment ago, not {age} s");
        assert_eq!(binned(&library, old).await, wrong - DAY_S, "an earlier run knew the time");
        library.remove_expired(now()).await;
        assert!(library.peek_upload(upload).is_ok(), "it was begun a moment ago");
        library.follow_clock().await.unwrap();
        assert!(now() - binned(&library, fresh).await < 60, "it is moved once");
        drop(library);
        let library = Library::open(folder.path()).unwrap();
        library.remove_expired(now()).await;
        assert!(library.peek_upload(upload).is_ok(), "and the next run knows");
    }
}

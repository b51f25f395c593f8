//! How long what is wrong has been so.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use super::find::{Found, find};
use super::{Facts, Kind, LISTED_MAX, Trouble, Troubles};
use crate::media::Cause;

/// What the wall clock is off by less than this is drift; more, and it was set.
const JUMP_MIN: Duration = Duration::from_secs(60);

/// What was found before. One for the program.
pub struct Memory {
    known: HashMap<(Kind, Option<String>), Known>,
    /// What both clocks said at the last look.
    looked: (Instant, SystemTime),
}

struct Known {
    first: Instant,
    since: SystemTime,
    /// The newest that was told.
    cause: Option<Cause>,
    detail: String,
}

impl Memory {
    pub fn new(now: Instant, wall: SystemTime) -> Self {
        Self { known: HashMap::new(), looked: (now, wall) }
    }

    /// The list as of now. To be asked again and again, with the facts of the moment.
    pub fn look(&mut self, facts: &Facts, now: Instant, wall: SystemTime) -> Troubles {
        self.follow_clock(now, wall);
        let found = find(facts);
        let mut known = HashMap::with_capacity(found.len());
        let mut listed = Vec::new();
        for found in found {
            let key = (found.kind, found.subject.as_ref().map(|subject| subject.id.clone()));
            let before = self.known.remove(&key);
            let Some(entry) = Known::next(before, &found, now, wall) else { continue };
            if now.saturating_duration_since(entry.first) >= found.kind.patience() {
                listed.push(Trouble {
                    kind: found.kind,
                    subject: found.subject,
                    cause: entry.cause,
                    detail: entry.detail.clone(),
                    disk: found.disk,
                    since: entry.since,
                });
            }
            known.insert(key, entry);
        }
        self.known = known;
        let unlisted = facts.files_total.saturating_sub(facts.files.len() as u64);
        let total = listed.len() as u64 + unlisted;
        listed.truncate(LISTED_MAX);
        Troubles { listed: listed.into(), total }
    }

    /// A box without a clock starts in the past: what began before it was set right began when it did all the same.
    fn follow_clock(&mut self, now: Instant, wall: SystemTime) {
        let (at, then) = std::mem::replace(&mut self.looked, (now, wall));
        let Some(expected) = then.checked_add(now.saturating_duration_since(at)) else { return };
        let (ahead, by) = match wall.duration_since(expected) {
            Ok(by) => (true, by),
            Err(error) => (false, error.duration()),
        };
        if by < JUMP_MIN {
            return;
        }
        for known in self.known.values_mut() {
            let moved = if ahead { known.since.checked_add(by) } else { known.since.checked_sub(by) };
            known.since = moved.unwrap_or(known.since);
        }
    }
}

impl Known {
    /// `None`: there is nothing to go on.
    fn next(before: Option<Self>, found: &Found, now: Instant, wall: SystemTime) -> Option<Self> {
        match before {
            Some(before) if found.goes_on => Some(before),
            None if found.goes_on => None,
            Some(before) => Some(Self { cause: found.cause, detail: found.detail.clone(), ..before }),
            // What is said to begin later began now: the clock was set meanwhile.
            None => Some(Self {
                first: now,
                since: found.since.map_or(wall, |since| since.min(wall)),
                cause: found.cause,
                detail: found.detail.clone(),
            }),
        }
    }
}

//! Sources as playlists see them: their names, and whether there is something to be seen.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::hub;
use crate::media::State;
use crate::program;
use crate::watched::Latest;

/// A signal that is away for a blink takes nothing out of a playlist.
const LOST_AFTER: Duration = Duration::from_secs(3);
/// A lost source that nobody watches any more is not asked for pictures, so nobody knows whether it is back: after so
/// long it gets another chance.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(300);

/// What was seen of them last.
#[derive(Debug, Default)]
pub(super) struct Sources {
    known: HashMap<String, program::Source>,
}

impl Sources {
    /// Returns true if something has changed.
    pub(super) fn look(&mut self, sources: &[Arc<hub::Source>], now: SystemTime) -> bool {
        let mut seen = HashMap::with_capacity(sources.len());
        for source in sources {
            let (state, since) = source.status.with(|status| (status.state.clone(), status.since));
            let age = now.duration_since(since).unwrap_or_default();
            let was_lost = self.known.get(&source.id).is_some_and(|known| known.is_lost);
            let is_lost = is_lost(&state, age, was_lost);
            seen.insert(source.id.clone(), program::Source { name: source.name.clone(), is_lost });
        }
        let changed = seen != self.known;
        self.known = seen;
        changed
    }

    pub(super) fn known(&self) -> HashMap<String, program::Source> {
        self.known.clone()
    }
}

fn is_lost(state: &State, age: Duration, was_lost: bool) -> bool {
    match state {
        State::Live => false,
        State::Lost(_) => was_lost || age >= LOST_AFTER,
        State::Idle | State::Starting => was_lost && age < TRIED_AGAIN_AFTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Cause, Loss};

    #[test]
    fn a_source_is_lost_once_that_is_sure_and_until_it_is_back() {
        let lost = State::Lost(Loss::new(Cause::NoSignal, ""));
        let second = Duration::from_secs(1);
        assert!(!is_lost(&lost, second, false));
        assert!(is_lost(&lost, LOST_AFTER, false));
        assert!(is_lost(&lost, second, true), "another cause is no signal");
        assert!(!is_lost(&State::Live, second, true));
        assert!(!is_lost(&State::Starting, second, false), "at the start of the box nothing is lost");
        assert!(is_lost(&State::Idle, second, true));
        assert!(!is_lost(&State::Idle, TRIED_AGAIN_AFTER, true));
    }

    #[test]
    fn changes_are_noticed_once() {
        let source = |state| Arc::new(hub::Source::create("door", "Door", hub::SourceKind::Camera, state).0);
        let (mut sources, now) = (Sources::default(), SystemTime::now());
        let live = [source(State::Live)];
        assert!(sources.look(&live, now) && !sources.look(&live, now));
        assert!(!sources.known()["door"].is_lost);
        let lost = [source(State::Lost(Loss::new(Cause::NoSignal, "")))];
        assert!(!sources.look(&lost, now), "not yet");
        assert!(sources.look(&lost, now + LOST_AFTER + LOST_AFTER));
        assert!(sources.look(&[], now));
    }
}

//! Which screens are there, and which are to be.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Signage;
use crate::library::signage::Screen;
use crate::program::{Plan, Program, Reason, Window};

/// One screen, as those who run the box see it.
#[derive(Clone, Debug)]
pub struct Presence {
    pub id: i64,
    pub name: String,
    /// Of a port of the box.
    pub connector: Option<String>,
    /// Somebody gave it a place: a name, a group, or one in the schedule.
    pub is_placed: bool,
    /// The schedule has something to be seen on it now.
    pub is_awaited: bool,
    /// It was heard within a minute.
    pub is_active: bool,
    /// When it was heard last.
    pub heard_at: Option<SystemTime>,
    /// What it says it leaves out, since it can't play it.
    pub leaves_out: Option<String>,
}

impl Signage {
    /// All screens at a moment.
    pub fn presences(&self, now_ms: i64, now: Instant) -> Vec<Presence> {
        let state = self.state();
        let lives = self.lives();
        let presence = |(screen, plan): (&Screen, &Plan)| {
            let live = lives.by_screen.get(&screen.id);
            let is_active = live.is_some_and(|live| live.is_active(now));
            let report = live.and_then(|live| live.report.as_ref()).filter(|_| is_active);
            Presence {
                id: screen.id,
                name: screen.name.clone(),
                connector: screen.connector.clone(),
                is_placed: is_placed(screen, &state.world.windows),
                is_awaited: plan.is_awaited(now_ms),
                is_active,
                heard_at: live.map(|live| live.heard_at).or_else(|| written(screen)),
                leaves_out: report.and_then(|report| report.problem.clone()),
            }
        };
        state.all().map(|(screen, answer)| presence((screen, &answer.plan))).collect()
    }

    /// Playlists that are on somewhere, of which nothing can be played: id and name.
    pub fn empty_playlists(&self, now_ms: i64) -> Vec<(i64, String)> {
        let state = self.state();
        let idle = state.all().flat_map(|(_, answer)| answer.plan.idle_at(now_ms));
        let named = idle
            .filter(|program| !gives_way(program))
            .filter_map(|program| Some((program.playlist?, program.name.clone())));
        named.collect::<BTreeMap<_, _>>().into_iter().collect()
    }
}

/// A port has no name that people give it to begin with.
fn is_placed(screen: &Screen, windows: &[Window]) -> bool {
    let named = screen.connector.is_none() && screen.is_confirmed();
    named || screen.group.is_some() || windows.iter().any(|window| window.target.screens.contains(&screen.id))
}

/// Somebody arranged that it gives way, to another without a signal.
fn gives_way(program: &Program) -> bool {
    program.skipped.iter().any(|skipped| skipped.reason == Reason::NoSignal)
}

/// What is known from before the start.
fn written(screen: &Screen) -> Option<SystemTime> {
    let seconds = u64::try_from(screen.seen).ok().filter(|seconds| *seconds > 0)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

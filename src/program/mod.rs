//! What a screen plays at which moment: playlists, the schedule, and what the two come to. Pure: what there is, who asks
//! and what time it is are arguments.
//!
//! The way from what people typed to what players get: a [`Playlist`] becomes a round of [`Item`]s by what is on the
//! [`Shelf`] (`unroll`), maybe shuffled (`shuffle`); [`Window`]s become stretches of time by the wall clock of the zone
//! (`wall`, `schedule`); the two together, and the message, are a screen's [`Plan`] (`compile`). What is on at a moment
//! is asked of the plan alone (`plan`): by players, by the HDMI ports, by the API; whether the TV is to be on, too (`power`).
//!
//! Belongs here: arithmetic over these values. Does not belong here: where they are kept (`library`), who is told of them
//! (`signage`).

mod compile;
mod idle;
mod message;
mod plan;
mod playlist;
mod power;
mod schedule;
mod shelf;
mod shuffle;
#[cfg(test)]
mod tests;
mod unroll;
mod wall;
mod window;

pub use compile::{Anchors, Compiled, Compiler, Key, Place, World};
pub use idle::Idle;
pub use message::{Message, Shown, TEXT_CHARS_MAX, Template, check_minutes};
pub use plan::{DAY_MS, HORIZON_MS, Now, PassedOver, Plan, Program, Segment, Show, Text};
pub use playlist::{
    DURATION_MS_MAX, DURATION_MS_MIN, Entry, Fit, ITEMS_MAX, LIVE_MS, PAGES_MAX, Playlist, SLIDE_MS,
    Transition, What,
};
pub use power::{Power, SHORT_MS, Wanted};
pub use schedule::Stretch;
pub use shelf::{Asset, File, Media, Page, Shelf, Source};
pub use unroll::{Item, Kind, Reason, Round, Skipped, UNROLLED_MAX, unroll};
pub use wall::moment;
pub use window::{Days, PRIORITY_MAX, TARGETS_MAX, Target, WINDOWS_MAX, Window};

/// What is wrong with what somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {allowed}")]
pub struct Wrong {
    pub what: &'static str,
    pub allowed: &'static str,
}

impl Wrong {
    const fn new(what: &'static str, allowed: &'static str) -> Self {
        Self { what, allowed }
    }
}

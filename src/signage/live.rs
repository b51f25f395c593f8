//! What screens say of themselves. In memory only: they say it again.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Signage, now_ms};
use crate::library::signage::Screen;

/// A screen that was heard within this is active.
pub const ACTIVE: Duration = Duration::from_secs(60);
/// Plays that one screen may bring in an hour: two days without the box, of items of six seconds.
const PLAYS_PER_HOUR: usize = 30_000;
/// The same for all screens at one address that nobody has given a name or a group: two such TVs that were away, or 166
/// with items of ten seconds behind one router.
const STRANGERS_PLAYS_PER_HOUR: usize = 60_000;
/// Pages of one screen that may bring plays in an hour: each calls itself something else for as long as its storage is.
const PLAYERS_PER_HOUR: usize = 10;
/// Addresses counted; beyond, all others share one count.
const ADDRESSES_MAX: usize = 256;
/// Of a player's name: what is longer is refused later.
const PLAYER_CHARS_MAX: usize = 100;
const HOUR: Duration = Duration::from_secs(3600);
/// Of two screens side by side, less is not seen; the cards of the screens begin there, too.
const LATE_MS: i64 = 100;
/// Of what is playing.
const NAME_CHARS_MAX: usize = 200;

/// What is on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Playing {
    Play,
    Splash,
    Standby,
    Message,
}

impl Playing {
    const ALL: [Self; 4] = [Self::Play, Self::Splash, Self::Standby, Self::Message];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Splash => "splash",
            Self::Standby => "standby",
            Self::Message => "message",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|playing| playing.name() == name)
    }
}

/// What a screen says is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub item: Option<String>,
    pub name: Option<String>,
    /// Since when the item is on, in milliseconds since 1970 by the box's clock.
    pub since_ms: Option<i64>,
    pub dropped_frames: u64,
    /// How far the screen's clock is off, as it was measured.
    pub offset_ms: Option<i64>,
    /// How late what it showed was at most since its report before: what came late, or a video that was behind.
    pub late_ms: Option<i64>,
    /// What it leaves out, since it can't play it.
    pub problem: Option<String>,
    pub state: Playing,
}

/// What is known of one screen now.
#[derive(Clone, Debug)]
pub struct Live {
    heard: Instant,
    pub heard_at: SystemTime,
    pub address: Option<IpAddr>,
    pub report: Option<Report>,
    brought: Brought,
}

/// Plays that came within an hour.
#[derive(Clone, Debug)]
struct Brought {
    since: Instant,
    plays: usize,
    players: BTreeSet<String>,
}

impl Brought {
    const fn new(since: Instant) -> Self {
        Self { since, plays: 0, players: BTreeSet::new() }
    }

    /// How long to wait, if there are too many.
    fn may_bring(&mut self, plays: usize, max: usize, now: Instant) -> Result<(), Duration> {
        if now.duration_since(self.since) >= HOUR {
            *self = Self::new(now);
        }
        if self.plays + plays > max {
            return Err((self.since + HOUR).saturating_duration_since(now));
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Lives {
    pub(super) by_screen: HashMap<i64, Live>,
    /// What screens that nobody knows brought from each address.
    strangers: HashMap<Option<IpAddr>, Brought>,
    /// Screens that were active when it was looked last.
    active: usize,
}

impl Live {
    fn new(now: Instant) -> Self {
        let heard_at = SystemTime::now();
        Self { heard: now, heard_at, address: None, report: None, brought: Brought::new(now) }
    }

    pub fn is_active(&self, now: Instant) -> bool {
        now.duration_since(self.heard) < ACTIVE
    }
}

impl Lives {
    /// Returns true if the screen was not active before.
    fn heard(&mut self, screen: i64, address: Option<IpAddr>, now: Instant) -> bool {
        let was_active = self.by_screen.get(&screen).is_some_and(|live| live.is_active(now));
        let live = self.by_screen.entry(screen).or_insert_with(|| Live::new(now));
        (live.heard, live.heard_at) = (now, SystemTime::now());
        live.address = address.or(live.address);
        !was_active
    }

    fn may_record(
        &mut self,
        screen: &Screen,
        player: &str,
        address: IpAddr,
        plays: usize,
        now: Instant,
    ) -> Result<(), Duration> {
        let own = &mut self.by_screen.entry(screen.id).or_insert_with(|| Live::new(now)).brought;
        own.may_bring(plays, PLAYS_PER_HOUR, now)?;
        if !own.players.contains(player) && own.players.len() >= PLAYERS_PER_HOUR {
            return Err((own.since + HOUR).saturating_duration_since(now));
        }
        if !screen.is_confirmed() {
            self.strangers.retain(|_, brought| now.duration_since(brought.since) < HOUR);
            let full = self.strangers.len() >= ADDRESSES_MAX;
            let key = Some(address).filter(|address| !full || self.strangers.contains_key(&Some(*address)));
            let together = self.strangers.entry(key).or_insert_with(|| Brought::new(now));
            together.may_bring(plays, STRANGERS_PLAYS_PER_HOUR, now)?;
            together.plays += plays;
        }
        own.plays += plays;
        own.players.insert(player.chars().take(PLAYER_CHARS_MAX).collect());
        Ok(())
    }

    /// Forgets screens that are no more. Returns true if there are others active than at the last look.
    pub(super) fn look(&mut self, is_screen: impl Fn(i64) -> bool, now: Instant) -> bool {
        self.by_screen.retain(|screen, _| is_screen(*screen));
        let active = self.by_screen.values().filter(|live| live.is_active(now)).count();
        std::mem::replace(&mut self.active, active) != active
    }

    /// Screens and when they were heard, in seconds since 1970: those heard since `since`.
    pub(super) fn seen(&self, since: Instant) -> Vec<(i64, i64)> {
        let seconds =
            |at: SystemTime| at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed());
        let heard = self.by_screen.iter().filter(|(_, live)| live.heard >= since);
        heard.map(|(screen, live)| (*screen, seconds(live.heard_at))).collect()
    }
}

impl Signage {
    /// A screen gave a sign of life.
    pub fn heard(&self, screen: i64, address: Option<IpAddr>) {
        if self.lives().heard(screen, address, Instant::now()) {
            self.changed();
        }
    }

    /// A screen says what is on it.
    pub fn report(&self, screen: i64, address: Option<IpAddr>, report: Report) {
        let cut =
            |text: Option<String>| text.map(|text| text.chars().take(NAME_CHARS_MAX).collect::<String>());
        let report =
            Report { item: cut(report.item), name: cut(report.name), problem: cut(report.problem), ..report };
        let mut lives = self.lives();
        let came = lives.heard(screen, address, Instant::now());
        let live = lives.by_screen.get_mut(&screen).expect("it was heard just now");
        let shown = |report: &Report| {
            let is_late = report.late_ms >= Some(LATE_MS);
            (report.item.clone(), report.name.clone(), report.problem.clone(), report.state, is_late)
        };
        let other = live.report.as_ref().map(shown) != Some(shown(&report));
        live.report = Some(report);
        drop(lives);
        if came || other {
            self.changed();
        }
    }

    /// Screens that said since the start what is on them.
    pub fn reported(&self) -> BTreeSet<i64> {
        let lives = self.lives();
        lives.by_screen.iter().filter(|(_, live)| live.report.is_some()).map(|(id, _)| *id).collect()
    }

    /// `None`: it was not heard since the start.
    pub fn live(&self, screen: i64) -> Option<Live> {
        self.lives().by_screen.get(&screen).cloned()
    }

    /// Of network TVs.
    pub fn active(&self) -> usize {
        let state = self.state();
        let (lives, now) = (self.lives(), Instant::now());
        let web = state.screens.iter().filter(|screen| screen.connector.is_none());
        web.filter(|screen| lives.by_screen.get(&screen.id).is_some_and(|live| live.is_active(now))).count()
    }

    /// Whether a screen may bring so many plays more; how long to wait, if not.
    pub fn may_record(
        &self,
        screen: &Screen,
        player: &str,
        address: IpAddr,
        plays: usize,
    ) -> Result<(), Duration> {
        let (mut lives, now) = (self.lives(), Instant::now());
        lives.may_record(screen, player, address, plays, now)
    }

    /// Since when an item is on, if a screen says what can be true.
    pub fn since(report: &Report) -> Option<SystemTime> {
        let since = report.since_ms.filter(|since| (0..=now_ms().saturating_add(60_000)).contains(since))?;
        Some(UNIX_EPOCH + Duration::from_millis(since.cast_unsigned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_active_for_a_minute_after_it_was_heard() {
        let (mut lives, start) = (Lives::default(), Instant::now());
        assert!(lives.heard(1, None, start) && !lives.heard(1, None, start));
        assert!(lives.look(|_| true, start) && !lives.look(|_| true, start));
        let later = start + ACTIVE;
        assert!(lives.look(|_| true, later), "it is gone");
        assert!(lives.heard(1, Some([10, 0, 0, 1].into()), later), "and comes back");
        assert_eq!(lives.seen(later).len(), 1);
        assert!(lives.seen(later + ACTIVE).is_empty());
        lives.look(|screen| screen != 1, later);
        assert!(lives.by_screen.is_empty());
    }
}

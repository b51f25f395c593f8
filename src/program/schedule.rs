//! From windows to stretches of time: which one rules a screen, and until when.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::wall::{moment, shown};
use super::window::{Narrowness, Window};

/// All windows as they lie in a stretch of time, ready to be asked for any screen.
pub(super) struct Schedule<'w> {
    windows: &'w [Window],
    from_ms: i64,
    until_ms: i64,
    occurrences: Vec<Occurrence>,
}

/// A window on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Occurrence {
    /// Index.
    window: usize,
    from_ms: i64,
    until_ms: i64,
    base_ms: i64,
}

/// A time in which one window rules, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from_ms: i64,
    pub until_ms: i64,
    /// Index into the windows; `None`: nothing is scheduled.
    pub window: Option<usize>,
    /// When its playlist began, which may be before the stretch: another window may have come between. Of a window
    /// that never ends, 1970.
    pub base_ms: i64,
}

/// What decides between windows at the same time: whether there is something to show, priority, then the narrower target,
/// then the newer.
type Rank = (bool, u8, Narrowness, i64);

/// A window that concerns a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Concern {
    /// Index.
    pub window: usize,
    /// How closely it concerns the screen.
    pub narrowness: Narrowness,
    /// Nothing of it can be played: any other window comes before it.
    pub is_idle: bool,
}

impl<'w> Schedule<'w> {
    /// Of the time from `from_ms` to `until_ms`.
    pub(super) fn new(windows: &'w [Window], zone: &TimeZone, from_ms: i64, until_ms: i64) -> Self {
        let until_ms = until_ms.max(from_ms);
        let mut occurrences = Vec::new();
        for (index, window) in windows.iter().enumerate() {
            for day in days(zone, from_ms, until_ms).filter(|day| window.starts_on(*day)) {
                let (from, until) = bounds(window, zone, day);
                if from < until && from < until_ms && until > from_ms {
                    let base_ms = base(window, zone, day, from);
                    occurrences.push(Occurrence { window: index, from_ms: from, until_ms: until, base_ms });
                }
            }
        }
        Self { windows, from_ms, until_ms, occurrences }
    }

    /// Which windows concern a screen, as if all could be played: what [`stretches`](Self::stretches) depends on.
    pub(super) fn concerning(&self, screen: i64, group: Option<i64>) -> Vec<Concern> {
        let windows = self.windows.iter().enumerate();
        let concern = |(window, known): (usize, &Window)| {
            let narrowness = known.target.narrowness(screen, group)?;
            Some(Concern { window, narrowness, is_idle: false })
        };
        windows.filter_map(concern).collect()
    }

    /// What rules a screen, without a gap, from the begin to the end of this schedule.
    pub(super) fn stretches(&self, concerning: &[Concern]) -> Vec<Stretch> {
        let mut ranks: Vec<Option<Rank>> = vec![None; self.windows.len()];
        for Concern { window, narrowness, is_idle } in concerning.iter().copied() {
            let known = &self.windows[window];
            ranks[window] = Some((!is_idle, known.priority, narrowness, known.id));
        }
        let mut begins: Vec<(&Occurrence, Rank)> =
            self.occurrences.iter().filter_map(|one| Some((one, ranks[one.window]?))).collect();
        begins.sort_by_key(|(one, _)| one.from_ms);
        let mut ends: Vec<i64> = begins.iter().map(|(one, _)| one.until_ms).collect();
        ends.extend(begins.iter().map(|(one, _)| one.from_ms));
        ends.push(self.until_ms);
        ends.retain(|at| (self.from_ms..=self.until_ms).contains(at));
        ends.sort_unstable();
        ends.dedup();

        let mut stretches: Vec<Stretch> = Vec::new();
        // By rank, the winner last; the index is of `begins`.
        let mut ruling: BTreeSet<(Rank, usize)> = BTreeSet::new();
        let (mut at, mut next) = (self.from_ms, 0);
        for until_ms in ends.into_iter().filter(|end| *end > self.from_ms) {
            while let Some((begun, rank)) = begins.get(next).filter(|(begun, _)| begun.from_ms <= at) {
                if begun.until_ms > at {
                    ruling.insert((*rank, next));
                }
                next += 1;
            }
            ruling.retain(|(_, index)| begins[*index].0.until_ms > at);
            let winner = ruling.last().map(|(_, index)| begins[*index].0);
            let (window, base_ms) = winner.map_or((None, 0), |one| (Some(one.window), one.base_ms));
            match stretches.last_mut() {
                // The same goes on: one day's window touches the next day's.
                Some(last) if (last.window, last.base_ms) == (window, base_ms) => last.until_ms = until_ms,
                _ => stretches.push(Stretch { from_ms: at, until_ms, window, base_ms }),
            }
            at = until_ms;
        }
        stretches
    }
}

/// Days on which a window may start that is on within this time: it may end two days later.
fn days(zone: &TimeZone, from_ms: i64, until_ms: i64) -> impl Iterator<Item = Date> {
    let first = shown(zone, from_ms).date().saturating_sub(2.days());
    let last = shown(zone, until_ms).date();
    let next = |day: &Date| day.tomorrow().ok();
    std::iter::successors(Some(first), next).take_while(move |day| *day <= last)
}

/// From when until when it is on, if it starts on this day.
fn bounds(window: &Window, zone: &TimeZone, day: Date) -> (i64, i64) {
    let next = day.tomorrow().unwrap_or(day);
    let ends_on = if window.until > window.from { day } else { next };
    let until = match window.until {
        // 24:00
        1440.. => next.to_datetime(Time::midnight()),
        minutes => at(ends_on, minutes),
    };
    (moment(zone, at(day, window.from)), moment(zone, until))
}

fn at(day: Date, minutes: u16) -> DateTime {
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    let part = |value: u16| i8::try_from(value).expect("below 60");
    day.at(part(hour), part(minute), 0, 0)
}

/// When the playlist of a window began that is on from `from_ms` of `day` on: a window that lasts whole days goes on
/// through midnight, so that no item is cut there.
fn base(window: &Window, zone: &TimeZone, day: Date, from_ms: i64) -> i64 {
    if !window.lasts_a_day() {
        return from_ms;
    }
    if window.days == super::Days::ALL {
        return window.first.map_or(0, |first| bounds(window, zone, first).0);
    }
    let earlier =
        std::iter::successors(Some(day), |day| day.yesterday().ok().filter(|day| window.starts_on(*day)));
    // At most the days of a week: one of them is missing.
    let begun = earlier.last().unwrap_or(day);
    bounds(window, zone, begun).0
}

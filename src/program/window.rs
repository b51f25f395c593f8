//! A window of the schedule, as somebody drew it.
//!
//! The rule: a window belongs to the day it starts on, excludes its end, and follows the wall clock.

use jiff::civil::{Date, Weekday};

use super::Wrong;

/// Of one box: a screen can change its playlist every 20 minutes of a week.
pub const WINDOWS_MAX: usize = 500;
/// Screens and groups that one window names.
pub const TARGETS_MAX: usize = 500;
pub const PRIORITY_MAX: u8 = 9;
/// Of a day.
const MINUTES: u16 = 24 * 60;
/// Dates beyond are typing mistakes.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2999;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rises: of two, the higher one is newer.
    pub id: i64,
    /// `None`: standby.
    pub playlist: Option<i64>,
    pub target: Target,
    /// On which it starts.
    pub days: Days,
    /// Minutes of the day; below 1440.
    pub from: u16,
    /// Minutes of the day, up to 1440; at or before `from`, of the next day.
    pub until: u16,
    /// Of the days it starts on; both inclusive.
    pub first: Option<Date>,
    pub last: Option<Date>,
    /// 0 to [`PRIORITY_MAX`]; the higher one wins.
    pub priority: u8,
}

/// Which screens a window or a message is for: each of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub everywhere: bool,
    pub screens: Vec<i64>,
    pub groups: Vec<i64>,
}

/// How exactly a window names a screen; the narrower one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Narrowness {
    Everywhere,
    Group,
    Screen,
}

/// Days of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days(u8);

impl Days {
    pub const ALL: Self = Self(0x7f);
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// Of bits as they are stored, Monday the lowest.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    pub const fn bits(self) -> u8 {
        self.0
    }

    /// `None` if one is no day.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut days = Self::default();
        for name in names {
            days.0 |= 1 << Self::NAMES.iter().position(|known| *known == name)?;
        }
        Some(days)
    }

    /// From Monday on.
    pub fn names(self) -> Vec<&'static str> {
        let named = Self::NAMES.into_iter().enumerate();
        named.filter(|(day, _)| self.0 & (1 << day) != 0).map(|(_, name)| name).collect()
    }

    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }
}

impl Target {
    /// All screens where neither is given.
    pub fn of(screens: Option<Vec<i64>>, groups: Option<Vec<i64>>) -> Self {
        let everywhere = screens.is_none() && groups.is_none();
        Self { everywhere, screens: screens.unwrap_or_default(), groups: groups.unwrap_or_default() }
    }

    pub(super) fn narrowness(&self, screen: i64, group: Option<i64>) -> Option<Narrowness> {
        if self.screens.contains(&screen) {
            Some(Narrowness::Screen)
        } else if group.is_some_and(|group| self.groups.contains(&group)) {
            Some(Narrowness::Group)
        } else {
            self.everywhere.then_some(Narrowness::Everywhere)
        }
    }

    pub fn includes(&self, screen: i64, group: Option<i64>) -> bool {
        self.narrowness(screen, group).is_some()
    }

    pub(super) fn check(&self) -> Result<(), Wrong> {
        if self.screens.len() > TARGETS_MAX || self.groups.len() > TARGETS_MAX {
            return Err(Wrong::new("screens", "at most 500"));
        }
        if !self.everywhere && self.screens.is_empty() && self.groups.is_empty() {
            return Err(Wrong::new("screens", "given, or groups, or all screens"));
        }
        Ok(())
    }
}

impl Window {
    pub fn check(&self) -> Result<(), Wrong> {
        self.target.check()?;
        if self.days == Days::default() {
            return Err(Wrong::new("days", "at least one of mon, tue, wed, thu, fri, sat, sun"));
        }
        if self.from >= MINUTES || self.until > MINUTES {
            return Err(Wrong::new("from", "a time such as 08:30, until up to 24:00"));
        }
        if self.priority > PRIORITY_MAX {
            return Err(Wrong::new("priority", "0 to 9"));
        }
        let known = |date: Option<Date>| date.is_none_or(|date| YEARS.contains(&date.year()));
        if !known(self.first) || !known(self.last) {
            return Err(Wrong::new("first", "a date of the years 2000 to 2999"));
        }
        match (self.first, self.last) {
            (Some(first), Some(last)) if last < first => Err(Wrong::new("last", "not before first")),
            _ => Ok(()),
        }
    }

    /// Whether it is a screen's, at some time.
    pub fn concerns(&self, screen: i64, group: Option<i64>) -> bool {
        self.target.narrowness(screen, group).is_some()
    }

    /// Whether it starts on this day.
    pub(super) fn starts_on(&self, day: Date) -> bool {
        self.days.contains(day.weekday())
            && self.first.is_none_or(|first| first <= day)
            && self.last.is_none_or(|last| day <= last)
    }

    /// From midnight to midnight, or from any other time to the same: one day's follows another's without a gap.
    pub(super) fn lasts_a_day(&self) -> bool {
        self.from == self.until || self.from == 0 && self.until == MINUTES
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn window() -> Window {
        Window {
            id: 1,
            playlist: None,
            target: Target { everywhere: true, ..Target::default() },
            days: Days::ALL,
            from: 0,
            until: MINUTES,
            first: None,
            last: None,
            priority: 0,
        }
    }

    #[test]
    fn days_are_read_by_name_and_told_in_order() {
        let days = Days::named(["sun", "mon"]).expect("both are days");
        assert_eq!(days.names(), ["mon", "sun"]);
        assert!(days.contains(Weekday::Sunday) && !days.contains(Weekday::Tuesday));
        assert_eq!((Days::named(["sunday"]), Days::from_bits(0xff)), (None, Days::ALL));
    }

    #[test]
    fn mistakes_are_named() {
        let check = |change: fn(&mut Window), expected| {
            let mut window = window();
            change(&mut window);
            assert_eq!(window.check().err().map(|wrong| wrong.what), expected);
        };
        check(|_| {}, None);
        check(|window| window.days = Days::default(), Some("days"));
        check(|window| window.from = MINUTES, Some("from"));
        check(|window| window.until = MINUTES + 1, Some("from"));
        check(|window| window.priority = 10, Some("priority"));
        check(|window| window.target.everywhere = false, Some("screens"));
        check(|window| window.first = Some(date(1999, 12, 31)), Some("first"));
        check(
            |window| (window.first, window.last) = (Some(date(2026, 2, 2)), Some(date(2026, 2, 1))),
            Some("last"),
        );
        check(|window| (window.first, window.last) = (Some(date(2026, 2, 2)), Some(date(2026, 2, 2))), None);
    }

    #[test]
    fn the_narrowest_way_to_name_a_screen_counts() {
        let target = Target { everywhere: true, screens: vec![1], groups: vec![5] };
        assert_eq!(target.narrowness(1, Some(5)), Some(Narrowness::Screen));
        assert_eq!(target.narrowness(2, Some(5)), Some(Narrowness::Group));
        assert_eq!(target.narrowness(2, None), Some(Narrowness::Everywhere));
        let some = Target { everywhere: false, ..target };
        assert_eq!(some.narrowness(2, Some(6)), None);
    }
}

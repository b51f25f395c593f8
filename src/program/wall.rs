//! The clock on the wall: which moment it is when it shows a time.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The first moment at which the clocks of `zone` show this time or a later one, in milliseconds since 1970.
///
/// Of a time that is shown twice, since clocks are set back, it is the first; of one that is never shown, since they are
/// set forward over it, the moment they are. So later times never come before earlier ones, and windows that touch on
/// paper touch on every day.
pub fn moment(zone: &TimeZone, wall: DateTime) -> i64 {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let moment = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(wall),
        AmbiguousOffset::Gap { before, .. } => {
            before.to_timestamp(wall).map(|after| set_forward(zone, after))
        }
    };
    // Out of range only some hours around the year 9999, which nothing here is about.
    moment.unwrap_or(Timestamp::MAX).as_millisecond()
}

/// The last moment up to `after` at which clocks were set.
fn set_forward(zone: &TimeZone, after: Timestamp) -> Timestamp {
    let beyond = after.checked_add(SignedDuration::from_nanos(1)).unwrap_or(after);
    zone.preceding(beyond).next().map_or(after, |transition| transition.timestamp())
}

/// What the clocks of `zone` show.
pub(super) fn shown(zone: &TimeZone, ms: i64) -> DateTime {
    zone.to_datetime(Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, wall: &str, expected: &str) {
        let tz = TimeZone::get(zone).expect("a zone");
        let found = moment(&tz, wall.parse().expect("a time"));
        let expected: Timestamp = expected.parse().expect("a moment");
        assert_eq!(found, expected.as_millisecond(), "{wall} in {zone}");
    }

    #[test]
    fn a_time_that_is_never_shown_is_when_clocks_are_set_forward() {
        check("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59:00Z");
        for wall in ["2026-03-29T02:00", "2026-03-29T02:30", "2026-03-29T02:59:59", "2026-03-29T03:00"] {
            check("Europe/Berlin", wall, "2026-03-29T01:00:00Z");
        }
        check("Europe/Berlin", "2026-03-29T03:01", "2026-03-29T01:01:00Z");
        // At midnight, by half an hour, and past what tables of zones hold.
        check("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00:00Z");
        check("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z");
        check("Europe/Berlin", "2199-03-31T02:30", "2199-03-31T01:00:00Z");
    }

    #[test]
    fn a_time_that_is_shown_twice_is_the_first() {
        check("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00:00Z");
        check("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59:00Z");
        check("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z");
    }

    #[test]
    fn a_day_that_never_was_is_the_midnight_after_it() {
        // Samoa went over the date line.
        check("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z");
        check("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00:00Z");
    }
}

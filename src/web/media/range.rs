//! The header `Range` (RFC 9110 section 14.2). Pure.

use std::ops::Range;

/// Ranges in one request. Players ask for one, readers of PDF files for a few; more is an attack or a mistake.
const RANGES_MAX: usize = 16;
/// What stands between two parts of an answer is about this long: sending a smaller gap costs less.
const GAP_BYTES_MAX: u64 = 160;

/// What of a file is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) enum Wanted {
    /// All of it; also if the header is not understood, which is then as if it were not there.
    Whole,
    /// At least one part; none is empty, overlaps another or is close to one. In the order they were asked for.
    Parts(Vec<Range<u64>>),
    /// Nothing of what is asked for is there, or too much is asked for.
    Unsatisfiable,
}

/// One range as it was asked for.
enum Spec {
    /// The last one included.
    From(u64, Option<u64>),
    Last(u64),
}

/// `header` for a file of `bytes`.
pub(in crate::web) fn wanted(header: &str, bytes: u64) -> Wanted {
    let Some(specs) = header.split_once('=').filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"))
    else {
        return Wanted::Whole;
    };
    let mut parts = Vec::new();
    let mut count = 0;
    // Lists may have empty places.
    for text in specs.1.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let Some(spec) = Spec::read(text) else { return Wanted::Whole };
        count += 1;
        if count > RANGES_MAX {
            return Wanted::Unsatisfiable;
        }
        if let Some(part) = spec.within(bytes) {
            add(&mut parts, part);
        }
    }
    match (count, parts.is_empty()) {
        (0, _) => Wanted::Whole,
        (_, true) => Wanted::Unsatisfiable,
        (_, false) => Wanted::Parts(parts),
    }
}

impl Spec {
    fn read(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        match (first.is_empty(), last.is_empty()) {
            (true, _) => Some(Self::Last(number(last)?)),
            (false, true) => Some(Self::From(number(first)?, None)),
            (false, false) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// `None` if nothing of it is there.
    fn within(&self, bytes: u64) -> Option<Range<u64>> {
        let part = match *self {
            Self::From(first, last) => first..last.map_or(bytes, |last| last.saturating_add(1)).min(bytes),
            Self::Last(count) => bytes.saturating_sub(count)..bytes,
        };
        (!part.is_empty()).then_some(part)
    }
}

/// `None` if it is no number; one that is too large for us is larger than any file.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Adds a part; with those that it overlaps or is close to, it becomes one, in the place of the first of them.
fn add(parts: &mut Vec<Range<u64>>, mut new: Range<u64>) {
    let reaches = |one: &Range<u64>, two: &Range<u64>| one.start <= two.end.saturating_add(GAP_BYTES_MAX);
    let mut place = parts.len();
    // What it has become may be close to yet another.
    while let Some(index) = parts.iter().position(|part| reaches(part, &new) && reaches(&new, part)) {
        let part = parts.remove(index);
        new = part.start.min(new.start)..part.end.max(new.end);
        place = place.min(index);
    }
    parts.insert(place, new);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::single_range_in_vec_init, reason = "a list of one range is what is meant")]

    use super::*;

    fn check(header: &str, expected: &[Range<u64>]) {
        assert_eq!(wanted(header, 10_000), Wanted::Parts(expected.to_vec()), "{header}");
    }

    #[test]
    fn one_range_is_cut_to_the_file() {
        check("bytes=0-0", &[0..1]);
        check("bytes=0-", &[0..10_000]);
        check("Bytes = 500-999", &[500..1000]);
        check("bytes=9999-", &[9999..10_000]);
        check("bytes=9000-99999", &[9000..10_000]);
        check("bytes=-1", &[9999..10_000]);
        check("bytes=-10001", &[0..10_000]);
        check("bytes=5-99999999999999999999999999", &[5..10_000]);
        check("bytes=-99999999999999999999999999", &[0..10_000]);
        check("bytes=0-18446744073709551615", &[0..10_000]);
    }

    #[test]
    fn several_stay_in_order_and_close_ones_become_one() {
        check("bytes=0-99,5000-5099", &[0..100, 5000..5100]);
        check("bytes=5000-5099, ,0-99 ,", &[5000..5100, 0..100]);
        check("bytes=0-99,50-149", &[0..150]);
        check("bytes=0-99,100-199", &[0..200]);
        check("bytes=0-99,260-299", &[0..300]);
        check("bytes=0-99,261-299", &[0..100, 261..300]);
        // The third joins the other two.
        check("bytes=4000-4099,0-99,100-3999", &[0..4100]);
        check("bytes=9000-9099,4000-4099,0-99,100-3999", &[9000..9100, 0..4100]);
        check("bytes=0-0,20000-", &[0..1]);
    }

    #[test]
    fn what_is_not_understood_is_as_if_it_were_not_there() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-4",
            "bytes=+1-2",
            "bytes=1--2",
            "bytes=0-1,x",
            "items=0-1",
            "bytes=1",
            "bytes=0x1-2",
            "bytes=½-",
            "=",
            "bytes=0 - 1",
        ] {
            assert_eq!(wanted(header, 10_000), Wanted::Whole, "{header}");
        }
    }

    #[test]
    fn what_is_not_there_or_too_much_is_refused() {
        for header in ["bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=20000-,-0"] {
            assert_eq!(wanted(header, 10_000), Wanted::Unsatisfiable, "{header}");
        }
        let many = |count: u64| {
            let specs: Vec<_> = (0..count).map(|at| format!("{0}-{0}", at * 500)).collect();
            wanted(&format!("bytes={}", specs.join(",")), 10_000)
        };
        assert!(matches!(many(16), Wanted::Parts(parts) if parts.len() == 16));
        assert_eq!(many(17), Wanted::Unsatisfiable);
        for header in ["bytes=0-", "bytes=-1", "bytes=0-0"] {
            assert_eq!(wanted(header, 0), Wanted::Unsatisfiable, "an empty file: {header}");
        }
    }
}

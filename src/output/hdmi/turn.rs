//! What a port shows at a moment, and what comes after it. Pure.
//!
//! A [`Turn`] follows from the plan, the port's own `show` and the moment alone, so that both ports, and the TVs of a
//! group, change at once without a word between them.

use std::sync::Arc;

use crate::program::{Item, Plan, Show};

/// An item whose playlist changed goes on; the epoch that was moved for it is rounded to this.
const SAME_MS: i64 = 60;
/// Where nothing says when it ends.
const FOR_EVER: i64 = i64::MAX;

/// Something that is on a screen for a while. Times in milliseconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) what: What,
    /// When it would have begun: an item may be joined in its middle.
    pub(super) from_ms: i64,
    /// From when on it is shown.
    pub(super) shown_ms: i64,
    pub(super) until_ms: i64,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Splash,
    /// The port's own, where nothing is scheduled.
    Source(String),
    /// Night.
    Standby,
    Message(String),
    Item(Arc<Item>, Option<i64>),
}

impl Turn {
    /// `own`: the source that the configuration names for the port.
    pub(super) fn at(plan: &Plan, own: Option<&str>, now_ms: i64) -> Self {
        if let Some(text) = plan.text_at(now_ms) {
            let until_ms = text.until_ms.unwrap_or(FOR_EVER);
            return Self::rest(What::Message(text.text.clone()), now_ms, until_ms);
        }
        let rest = own.map_or(What::Splash, |own| What::Source(own.to_owned()));
        let Some(now) = plan.at(now_ms) else {
            let next = plan.segments.iter().map(|segment| segment.from_ms).find(|from_ms| *from_ms > now_ms);
            return Self::rest(rest, now_ms, next.unwrap_or(FOR_EVER));
        };
        let (from_ms, until_ms) = (now.segment.from_ms, now.segment.until_ms);
        // The configuration's word comes before what people chose for when nothing is scheduled.
        if own.is_some() && now.segment.window.is_none() && !now.segment.is_message {
            return Self::rest(rest, from_ms, until_ms);
        }
        match (now.program.show, now.item) {
            (Show::Standby, _) => Self::rest(What::Standby, from_ms, until_ms),
            (Show::Play, Some((index, since_ms))) => {
                let item = &now.program.items[index];
                let since_ms = i64::try_from(since_ms).unwrap_or(i64::MAX);
                let begin_ms = now_ms.saturating_sub(since_ms);
                let end_ms = begin_ms.saturating_add_unsigned(item.duration_ms);
                Self {
                    what: What::Item(Arc::clone(item), now.program.playlist),
                    from_ms: begin_ms,
                    shown_ms: begin_ms.max(from_ms),
                    until_ms: end_ms.min(until_ms),
                }
            }
            _ => Self::rest(rest, from_ms, until_ms),
        }
    }

    fn rest(what: What, from_ms: i64, until_ms: i64) -> Self {
        Self { what, from_ms, shown_ms: from_ms, until_ms }
    }

    /// What begins within `within_ms` from now, at most so much of it.
    pub(super) fn following(
        &self,
        plan: &Plan,
        own: Option<&str>,
        now_ms: i64,
        within_ms: i64,
        count: usize,
    ) -> Vec<Self> {
        let next = |turn: &Self| {
            let begins_ms = turn.until_ms;
            (begins_ms <= now_ms.saturating_add(within_ms)).then(|| Self::at(plan, own, begins_ms))
        };
        std::iter::successors(next(self), next).take(count).collect()
    }

    /// Whether it is the same thing, so that what is on the screen goes on.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (&self.what, &other.what) {
            (What::Item(a, _), What::Item(b, _)) => {
                a.key == b.key
                    && (a.fit, a.sound, a.from_ms) == (b.fit, b.sound, b.from_ms)
                    && self.from_ms.abs_diff(other.from_ms) <= SAME_MS.unsigned_abs()
            }
            (What::Source(a), What::Source(b)) => a == b,
            (What::Message(a), What::Message(b)) => a == b,
            (What::Splash, What::Splash) | (What::Standby, What::Standby) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Fit, Kind, Program, Segment, Text, Transition};

    fn item(key: &str, duration_ms: u64) -> Arc<Item> {
        Arc::new(Item {
            key: key.to_owned(),
            kind: Kind::Slide,
            name: key.to_owned(),
            asset: Some(1),
            page: None,
            source: None,
            file: None,
            duration_ms,
            from_ms: 0,
            fit: Fit::Contain,
            sound: true,
            transition: Transition::Cut,
            until_no_signal: false,
        })
    }

    /// `a` for 10 s and `b` for 5 s from 1000 s to 2000 s, then night until 3000 s, then nothing.
    fn plan() -> Plan {
        let program = |show, items: Vec<Arc<Item>>| {
            Arc::new(Program {
                playlist: Some(7),
                name: String::new(),
                show,
                epoch_ms: 998_000,
                total_ms: items.iter().map(|item| item.duration_ms).sum(),
                in_step: false,
                items,
                skipped: Vec::new(),
            })
        };
        let segment = |from_s: i64, until_s: i64, program| Segment {
            from_ms: from_s * 1000,
            until_ms: until_s * 1000,
            program,
            window: Some(1),
            is_message: false,
        };
        Plan {
            programs: vec![
                program(Show::Play, vec![item("a", 10_000), item("b", 5000)]),
                program(Show::Standby, Vec::new()),
                program(Show::Splash, Vec::new()),
            ],
            segments: vec![segment(1000, 2000, 0), segment(2000, 3000, 1), segment(3000, 4000, 2)],
            ..Plan::empty()
        }
    }

    fn name(turn: &Turn) -> &str {
        match &turn.what {
            What::Item(item, _) => &item.key,
            What::Source(id) => id,
            What::Message(text) => text,
            What::Splash => "splash",
            What::Standby => "standby",
        }
    }

    /// At so many milliseconds: what, from, shown from, until.
    fn check(plan: &Plan, own: Option<&str>, at_ms: i64, expected: (&str, i64, i64, i64)) {
        let turn = Turn::at(plan, own, at_ms);
        assert_eq!((name(&turn), turn.from_ms, turn.shown_ms, turn.until_ms), expected, "{at_ms}");
    }

    #[test]
    fn what_is_on_follows_from_the_moment() {
        let plan = plan();
        check(&plan, None, 1_000_000, ("a", 998_000, 1_000_000, 1_008_000));
        check(&plan, None, 1_007_999, ("a", 998_000, 1_000_000, 1_008_000));
        check(&plan, None, 1_008_000, ("b", 1_008_000, 1_008_000, 1_013_000));
        // The last item is cut off by the night.
        check(&plan, None, 1_999_999, ("b", 1_998_000, 1_998_000, 2_000_000));
        check(&plan, None, 2_500_000, ("standby", 2_000_000, 2_000_000, 3_000_000));
        check(&plan, None, 3_500_000, ("splash", 3_000_000, 3_000_000, 4_000_000));
        check(&plan, Some("door"), 3_500_000, ("door", 3_000_000, 3_000_000, 4_000_000));
        check(&plan, Some("door"), 2_500_000, ("standby", 2_000_000, 2_000_000, 3_000_000));
    }

    #[test]
    fn a_plan_that_is_over_or_unknown_leaves_the_ports_own() {
        check(&Plan::empty(), None, 5, ("splash", 5, 5, FOR_EVER));
        check(&Plan::empty(), Some("door"), 5, ("door", 5, 5, FOR_EVER));
        check(&plan(), None, 999_000, ("splash", 999_000, 999_000, 1_000_000));
        check(&plan(), None, 4_000_000, ("splash", 4_000_000, 4_000_000, FOR_EVER));
    }

    #[test]
    fn a_message_is_over_everything() {
        let text = Text { id: 1, text: "Fire".to_owned(), until_ms: Some(2_600_000) };
        let plan = Plan { message: Some(text), ..plan() };
        check(&plan, Some("door"), 2_500_000, ("Fire", 2_500_000, 2_500_000, 2_600_000));
        check(&plan, Some("door"), 2_600_000, ("standby", 2_000_000, 2_000_000, 3_000_000));
    }

    #[test]
    fn what_comes_next_is_known_in_time() {
        let plan = plan();
        let turn = Turn::at(&plan, None, 1_007_000);
        let names = |within_ms, count| -> Vec<String> {
            let following = turn.following(&plan, None, 1_007_000, within_ms, count);
            following.iter().map(|turn| name(turn).to_owned()).collect()
        };
        assert_eq!(names(500, 3), Vec::<String>::new());
        assert_eq!(names(1000, 3), ["b"]);
        assert_eq!(names(6000, 3), ["b", "a"]);
        assert_eq!(names(60_000, 3), ["b", "a", "b"]);
        let last = Turn::at(&plan, None, 5_000_000);
        assert!(last.following(&plan, None, 5_000_000, 5000, 3).is_empty(), "for ever");
    }

    #[test]
    fn an_item_whose_epoch_was_rounded_goes_on() {
        let turn = Turn::at(&plan(), None, 1_001_000);
        let moved = |by_ms: i64| Turn { from_ms: turn.from_ms + by_ms, ..turn.clone() };
        assert!(turn.is(&moved(0)) && turn.is(&moved(40)) && turn.is(&moved(-40)));
        assert!(!turn.is(&moved(15_000)), "the same once more");
        assert!(!turn.is(&Turn::at(&plan(), None, 1_008_000)));
    }
}

//! Whether the TV behind a screen should be on. Only HDMI ports can see to it (`device/cec`).

use super::plan::{Plan, Segment, Show};

/// A time on or off that is no longer than this is not worth a switch: a TV takes up to half a minute to wake and as long
/// to fall asleep. Times of the schedule are whole minutes, so that what ends 23:59 for 24:00 is one of these.
pub const SHORT_MS: i64 = 2 * 60 * 1000;

/// What a TV should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    On,
    Standby,
}

/// What a plan wants of a TV at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// `None`: nothing; the TV is nobody's business but its owner's.
    pub power: Option<Power>,
    /// When it may be something else; `None`: not as far as the plan knows.
    pub until_ms: Option<i64>,
}

/// Segments in a row that want the same.
#[derive(Clone, Copy, Debug)]
struct Run {
    power: Option<Power>,
    from_ms: i64,
    until_ms: i64,
    /// The playlist of a message is in it: that is seen, however short it is.
    urgent: bool,
}

impl Power {
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Standby => "standby",
        }
    }
}

impl Plan {
    /// What the TV should be. `scheduled`: the schedule has a window for it at some time; then it is also on between its
    /// windows.
    pub fn power(&self, now_ms: i64, scheduled: bool) -> Wanted {
        let runs = self.runs(scheduled);
        let Some(at) = runs.iter().position(|run| (run.from_ms..run.until_ms).contains(&now_ms)) else {
            return Wanted::default();
        };
        let (run, next) = (runs[at], runs.get(at + 1));
        let text = self.text_at(now_ms);
        let ends = text.and_then(|text| text.until_ms);
        let until_ms = ends.into_iter().chain(next.map(|_| run.until_ms)).min();
        let power = match next {
            _ if text.is_some() => Some(Power::On),
            Some(next) if run.is_short() => next.power,
            _ => run.power,
        };
        Wanted { power, until_ms }
    }

    /// Whether the schedule has something to be seen now: a screen that is off is then missed. Between windows and in
    /// standby it is not, and a message is no reason to expect a screen that is switched off.
    pub fn is_awaited(&self, now_ms: i64) -> bool {
        let now = self.at(now_ms);
        now.is_some_and(|now| now.segment.window.is_some() && now.program.show != Show::Standby)
    }

    fn runs(&self, scheduled: bool) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for segment in &self.segments {
            let run = self.run(segment, scheduled);
            match runs.last_mut() {
                Some(last) if last.power == run.power => {
                    last.until_ms = run.until_ms;
                    last.urgent |= run.urgent;
                }
                _ => runs.push(run),
            }
        }
        runs
    }

    fn run(&self, segment: &Segment, scheduled: bool) -> Run {
        let Segment { from_ms, until_ms, program, window, is_message } = *segment;
        let power = match self.programs[program].show {
            // Of a TV that the schedule does not know, what is shown meanwhile is no reason to switch it.
            _ if window.is_none() && !is_message && !scheduled => None,
            Show::Standby => Some(Power::Standby),
            Show::Play | Show::Splash => Some(Power::On),
        };
        Run { power, from_ms, until_ms, urgent: is_message }
    }
}

impl Run {
    const fn is_short(&self) -> bool {
        !self.urgent && self.until_ms - self.from_ms < SHORT_MS
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::program::{Program, Text};

    const MINUTE_MS: i64 = 60 * 1000;

    /// A plan of stretches, each a letter and its minutes: `p` a playlist, `m` one of a message, `e` a window of which
    /// nothing can be played, `-` nothing scheduled, `d` nothing scheduled and dark, `f` and a playlist, `s` standby.
    fn plan(stretches: &str) -> Plan {
        let mut plan = Plan::empty();
        let mut from_ms = 0;
        for stretch in stretches.split(' ') {
            let (kind, minutes) = stretch.split_at(1);
            let until_ms = from_ms + minutes.parse::<i64>().expect("a number") * MINUTE_MS;
            let show = match kind {
                "p" | "m" | "f" => Show::Play,
                "s" | "d" => Show::Standby,
                _ => Show::Splash,
            };
            let window = matches!(kind, "p" | "e" | "s").then_some(1);
            let (program, is_message) = (plan.programs.len(), kind == "m");
            plan.segments.push(Segment { from_ms, until_ms, program, window, is_message });
            plan.programs.push(Arc::new(Program {
                playlist: None,
                name: String::new(),
                show,
                epoch_ms: 0,
                total_ms: 0,
                in_step: false,
                items: Vec::new(),
                skipped: Vec::new(),
            }));
            from_ms = until_ms;
        }
        plan
    }

    fn letter(power: Option<Power>) -> char {
        match power {
            Some(Power::On) => '1',
            Some(Power::Standby) => '0',
            None => '-',
        }
    }

    /// What is wanted in each minute, looked at from its middle.
    fn check(stretches: &str, scheduled: bool, expected: &str) {
        let plan = plan(stretches);
        let minutes = plan.segments.last().map_or(0, |last| last.until_ms / MINUTE_MS);
        let middle = |minute: i64| minute * MINUTE_MS + MINUTE_MS / 2;
        let wanted: String =
            (0..minutes).map(|minute| letter(plan.power(middle(minute), scheduled).power)).collect();
        assert_eq!(wanted, expected, "{stretches}");
    }

    #[test]
    fn standby_of_the_schedule_is_standby_and_all_else_is_on() {
        check("p3 s3 -3", true, "111000111");
        check("e2 s3 p2", true, "1100011");
        check("p2 d3 f2", true, "1100011");
    }

    #[test]
    fn a_tv_that_the_schedule_does_not_know_is_left_alone() {
        check("-3", false, "---");
        check("d3", false, "---");
        check("f3", false, "---");
        check("-3 m2 -2", false, "---11--");
        assert_eq!(Plan::empty().power(0, true), Wanted::default());
    }

    #[test]
    fn a_moment_between_two_windows_switches_nothing() {
        check("s3 p1 s3", true, "0000000");
        check("s2 -1 s2", true, "00000");
        check("p3 s1 p3", true, "1111111");
        check("p3 e1 p3", true, "1111111");
        // What is split by the schedule is one stretch of time.
        check("p3 s1 s1 p3", true, "11100111");
        // Before what nobody knows it is what it is.
        check("p3 s1", true, "1110");
    }

    #[test]
    fn a_screen_is_awaited_while_a_playlist_is_scheduled() {
        let plan = plan("p2 e2 s2 -2 m2");
        let awaited: Vec<_> = (0..10).map(|minute| plan.is_awaited(minute * MINUTE_MS)).collect();
        assert_eq!(awaited, [true, true, true, true, false, false, false, false, false, false]);
        assert!(!Plan::empty().is_awaited(0));
    }

    #[test]
    fn a_message_is_seen_however_short_it_is() {
        check("s3 m1 s3", true, "0001000");
        let mut plan = plan("s9 p9");
        plan.message = Some(Text { id: 1, text: "Closing".to_owned(), until_ms: Some(MINUTE_MS) });
        let at = |ms| (letter(plan.power(ms, true).power), plan.power(ms, true).until_ms);
        assert_eq!(at(0), ('1', Some(MINUTE_MS)));
        assert_eq!(at(MINUTE_MS), ('0', Some(9 * MINUTE_MS)));
        // What comes after the last segment is not known.
        assert_eq!(at(10 * MINUTE_MS), ('1', None));
    }
}

//! The button: from edges and levels to what was meant. Pure; `now` comes from outside.

use std::time::{Duration, Instant};

/// A contact bounces for some milliseconds; a level counts once it has been left alone for this long.
const SETTLE: Duration = Duration::from_millis(30);
/// Longer is no short press any more: from here on LEDs warn of what is coming, and letting go calls it off.
const SHORT_MAX: Duration = Duration::from_secs(1);
/// Held for so long it means power-off: nobody leans on a box for that long by mistake.
const POWER_OFF: Duration = Duration::from_secs(5);

/// What was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Short: the next source on the screens.
    Next,
    /// Held: a clean power-off.
    PowerOff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    Down {
        since: Instant,
    },
    /// Down, and nothing more comes of it: it has been acted on, or was down from the start. A wire that touches ground
    /// must not switch a box off at each start.
    Spent,
}

#[derive(Debug)]
pub(super) struct Button {
    state: State,
    /// An edge was seen; the level is looked at then.
    settled: Option<Instant>,
}

impl Button {
    /// `pressed`: the level at the start.
    pub(super) fn new(pressed: bool) -> Self {
        Self { state: if pressed { State::Spent } else { State::Up }, settled: None }
    }

    /// The level has changed, maybe more than once.
    pub(super) fn edge(&mut self, now: Instant) {
        self.settled = Some(now + SETTLE);
    }

    /// When to [`turn`](Self::turn) next, after `now`; `None`: after the next edge.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let held = match self.state {
            // The LEDs change at the first, the box at the second.
            State::Down { since } => [since + SHORT_MAX, since + POWER_OFF].into_iter().find(|at| *at > now),
            State::Up | State::Spent => None,
        };
        self.settled.into_iter().chain(held).min()
    }

    /// Takes note of the time and of the level, and answers what was meant, if it is clear by now.
    pub(super) fn turn(&mut self, now: Instant, pressed: bool) -> Option<Press> {
        if self.settled.is_some_and(|settled| settled <= now) {
            self.settled = None;
            match (self.state, pressed) {
                (State::Up, true) => self.state = State::Down { since: now },
                (State::Down { since }, false) => {
                    self.state = State::Up;
                    return (now.saturating_duration_since(since) < SHORT_MAX).then_some(Press::Next);
                }
                (State::Spent, false) => self.state = State::Up,
                (State::Up, false) | (State::Down { .. } | State::Spent, true) => {}
            }
        }
        // While the level is unsure nobody's box is switched off.
        let long = self.held_for(now) >= POWER_OFF && self.settled.is_none();
        long.then(|| {
            self.state = State::Spent;
            Press::PowerOff
        })
    }

    /// Long enough to be no short press any more.
    pub(super) fn is_held(&self, now: Instant) -> bool {
        self.held_for(now) >= SHORT_MAX
    }

    fn held_for(&self, now: Instant) -> Duration {
        match self.state {
            State::Down { since } => now.saturating_duration_since(since),
            State::Up | State::Spent => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels from a moment on (milliseconds; the first is the start), and what came of it until `end`, with the moment.
    fn check(levels: &[(u64, bool)], end: u64, expected: &[(u64, Press)]) {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut button = Button::new(levels[0].1);
        let mut meant = Vec::new();
        let mut now = start;
        let mut edges = levels[1..].iter().map(|(ms, _)| at(*ms)).peekable();
        loop {
            let due = button.due(now);
            let edge = edges.peek().copied();
            let Some(next) = due.into_iter().chain(edge).min().filter(|next| *next <= at(end)) else { break };
            assert!(next >= now, "time goes forward");
            now = next;
            if edge == Some(now) {
                edges.next();
                button.edge(now);
            }
            let level = levels.iter().rev().find(|(ms, _)| at(*ms) <= now).expect("the first is the start").1;
            if let Some(press) = button.turn(now, level) {
                meant.push((u64::try_from((now - start).as_millis()).expect("small"), press));
            }
        }
        assert_eq!(meant, expected, "{levels:?}");
    }

    #[test]
    fn a_short_press_is_told_once_it_is_let_go() {
        check(&[(0, false), (100, true), (300, false)], 60_000, &[(330, Press::Next)]);
        check(
            &[(0, false), (100, true), (200, false), (400, true), (500, false)],
            60_000,
            &[(230, Press::Next), (530, Press::Next)],
        );
    }

    #[test]
    fn bouncing_contacts_are_one_press() {
        let bouncing = [
            (0, false),
            (100, true),
            (105, false),
            (112, true),
            (113, false),
            (120, true),
            (300, false),
            (304, true),
            (309, false),
        ];
        check(&bouncing, 60_000, &[(339, Press::Next)]);
        // A spark nobody's finger is quick enough for.
        check(&[(0, false), (100, true), (110, false)], 60_000, &[]);
    }

    #[test]
    fn held_it_is_a_power_off_once_and_no_short_press_after() {
        check(&[(0, false), (100, true), (20_000, false)], 60_000, &[(5_130, Press::PowerOff)]);
    }

    #[test]
    fn let_go_in_between_it_is_nothing() {
        check(&[(0, false), (100, true), (1_200, false)], 60_000, &[]);
        check(&[(0, false), (100, true), (5_110, false)], 60_000, &[]);
    }

    #[test]
    fn a_button_that_is_down_from_the_start_counts_after_it_was_let_go() {
        check(&[(0, true)], 60_000, &[]);
        check(&[(0, true), (7_000, false), (8_000, true), (8_100, false)], 60_000, &[(8_130, Press::Next)]);
    }

    #[test]
    fn the_leds_are_told_between_short_and_long() {
        let start = Instant::now();
        let mut button = Button::new(false);
        button.edge(start);
        let down = button.due(start).expect("settling");
        assert_eq!((button.turn(down, true), button.is_held(down)), (None, false));
        let warned = button.due(down).expect("still down");
        assert_eq!((button.turn(warned, true), button.is_held(warned)), (None, true));
        let off = button.due(warned).expect("still down");
        assert_eq!((button.turn(off, true), button.is_held(off)), (Some(Press::PowerOff), false));
        assert_eq!(button.due(off), None, "nothing to wake for");
    }
}

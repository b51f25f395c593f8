//! What the box tells by its LEDs. Pure: from the state of the box to a pattern for each LED, from a pattern to light.

use std::time::Duration;

/// Half a period of slow blinking: calm, seen as on or off at a glance.
const SLOW: Duration = Duration::from_millis(1000);
/// Half a period of fast blinking: unrest, and still no flicker.
const FAST: Duration = Duration::from_millis(125);
/// A flash, and the dark after it: slow enough to be counted.
const FLASH: Duration = Duration::from_millis(250);
/// The dark between two groups of flashes.
const PAUSE: Duration = Duration::from_millis(1500);

/// Where the box is between power-on and power-off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Starting,
    Running,
    PoweringOff,
}

/// Everything that LEDs tell of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub phase: Phase,
    /// A part of the program does not answer.
    pub stuck: bool,
    pub under_voltage: bool,
    pub hot: bool,
    /// The data partition is not what it was, or there is none.
    pub data_lost: bool,
    /// The configuration file does not check.
    pub config_wrong: bool,
    pub sources_live: usize,
    pub sources_lost: usize,
    /// A viewer or a screen shows a live picture.
    pub watched: bool,
}

/// How one LED behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pattern {
    #[default]
    Off,
    On,
    /// Once in two seconds.
    Slow,
    /// Four times a second.
    Fast,
    /// Groups of so many flashes, to be counted.
    Flashes(u32),
}

/// A pattern for each LED.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lights {
    pub(super) ready: Pattern,
    pub(super) live: Pattern,
    pub(super) fault: Pattern,
}

/// `held`: the button is held, and what that leads to is not decided yet.
pub(super) fn lights(facts: &Facts, held: bool) -> Lights {
    // Which of them is wired does not matter: all of them answer to a hand on the button.
    let all = |pattern| Lights { ready: pattern, live: pattern, fault: pattern };
    match facts.phase {
        Phase::PoweringOff => all(Pattern::On),
        _ if held => all(Pattern::Fast),
        Phase::Starting => Lights { ready: Pattern::Slow, live: Pattern::Off, fault: fault(facts) },
        Phase::Running => Lights { ready: Pattern::On, live: live(facts), fault: fault(facts) },
    }
}

fn live(facts: &Facts) -> Pattern {
    match facts.sources_live {
        0 => Pattern::Off,
        _ if facts.watched => Pattern::On,
        _ => Pattern::Slow,
    }
}

/// Of several troubles the worst; the more flashes, the worse.
fn fault(facts: &Facts) -> Pattern {
    let troubles = [
        (facts.under_voltage, 5),
        (facts.hot, 4),
        (facts.data_lost, 3),
        (facts.config_wrong, 2),
        (facts.sources_lost > 0, 1),
    ];
    if facts.stuck {
        return Pattern::Fast;
    }
    let worst = troubles.into_iter().find(|(there, _)| *there);
    worst.map_or(Pattern::Off, |(_, flashes)| Pattern::Flashes(flashes))
}

impl Pattern {
    /// Whether the LED is lit at `time` since the pattern began.
    pub(super) fn is_lit(self, time: Duration) -> bool {
        let half = |half: Duration| (time.as_millis() / half.as_millis()).is_multiple_of(2);
        match self {
            Self::Off => false,
            Self::On => true,
            Self::Slow => half(SLOW),
            Self::Fast => half(FAST),
            Self::Flashes(count) => {
                let at = time.as_millis() % group(count).as_millis();
                at < (FLASH * 2 * count).as_millis() && (at / FLASH.as_millis()).is_multiple_of(2)
            }
        }
    }

    /// When the light changes next, after `time`; `None`: never.
    pub(super) fn next_edge(self, time: Duration) -> Option<Duration> {
        let next = |period: Duration| time + period - modulo(time, period);
        match self {
            Self::Off | Self::On => None,
            Self::Slow => Some(next(SLOW)),
            Self::Fast => Some(next(FAST)),
            Self::Flashes(count) => {
                let at = modulo(time, group(count));
                // The dark of the last flash runs into the pause.
                let last = (FLASH * 2 * count).saturating_sub(FLASH);
                Some(time - at + if at < last { at + FLASH - modulo(at, FLASH) } else { group(count) })
            }
        }
    }
}

/// Flashes with the pause behind them.
fn group(count: u32) -> Duration {
    FLASH * 2 * count + PAUSE
}

/// To the millisecond, as which all periods are given.
fn modulo(time: Duration, period: Duration) -> Duration {
    let rest = time.as_nanos() % period.as_nanos();
    Duration::from_nanos(u64::try_from(rest).expect("a period is a few seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an eye sees in 4 s: a letter for each 125 ms.
    fn seen(pattern: Pattern) -> String {
        (0..32)
            .map(|step| if pattern.is_lit(Duration::from_millis(step * 125)) { '#' } else { '.' })
            .collect()
    }

    #[test]
    fn patterns_look_as_the_readme_says() {
        assert_eq!(seen(Pattern::Off), ".".repeat(32));
        assert_eq!(seen(Pattern::On), "#".repeat(32));
        assert_eq!(seen(Pattern::Slow), "########........########........");
        assert_eq!(seen(Pattern::Fast), "#.".repeat(16));
        assert_eq!(seen(Pattern::Flashes(1)), "##..............##..............");
        assert_eq!(seen(Pattern::Flashes(3)), "##..##..##..............##..##..");
    }

    /// Going from edge to edge meets every change and nothing else.
    #[test]
    fn between_two_edges_nothing_changes_and_at_each_it_does() {
        let all =
            [Pattern::Slow, Pattern::Fast, Pattern::Flashes(1), Pattern::Flashes(2), Pattern::Flashes(5)];
        for pattern in all {
            let mut at = Duration::ZERO;
            for _ in 0..100 {
                let next = pattern.next_edge(at).expect("it blinks");
                assert!(next > at, "{pattern:?} at {at:?}");
                let mut between = at;
                while between < next {
                    assert_eq!(pattern.is_lit(between), pattern.is_lit(at), "{pattern:?} at {between:?}");
                    assert_eq!(pattern.next_edge(between), Some(next), "{pattern:?} at {between:?}");
                    between += Duration::from_micros(31_250);
                }
                assert_ne!(pattern.is_lit(next), pattern.is_lit(at), "{pattern:?} at {next:?}");
                at = next;
            }
        }
        assert_eq!((Pattern::Off.next_edge(FLASH), Pattern::On.next_edge(FLASH)), (None, None));
    }

    fn check(facts: &Facts, expected: [Pattern; 3]) {
        let Lights { ready, live, fault } = lights(facts, false);
        assert_eq!([ready, live, fault], expected, "{facts:?}");
    }

    #[test]
    fn ready_and_live_tell_how_far_it_is() {
        use Pattern::{Off, On, Slow};
        let facts = Facts::default();
        check(&facts, [Slow, Off, Off]);
        let facts = Facts { phase: Phase::Running, ..facts };
        check(&facts, [On, Off, Off]);
        let facts = Facts { sources_live: 2, ..facts };
        check(&facts, [On, Slow, Off]);
        let facts = Facts { watched: true, ..facts };
        check(&facts, [On, On, Off]);
        // A slate on a screen is no live picture.
        check(&Facts { sources_live: 0, ..facts }, [On, Off, Off]);
    }

    #[test]
    fn the_worst_trouble_is_told() {
        let mut facts = Facts { phase: Phase::Running, ..Facts::default() };
        let fault = |facts: &Facts| lights(facts, false).fault;
        assert_eq!(fault(&facts), Pattern::Off);
        facts.sources_lost = 3;
        assert_eq!(fault(&facts), Pattern::Flashes(1));
        facts.config_wrong = true;
        assert_eq!(fault(&facts), Pattern::Flashes(2));
        facts.data_lost = true;
        assert_eq!(fault(&facts), Pattern::Flashes(3));
        facts.hot = true;
        assert_eq!(fault(&facts), Pattern::Flashes(4));
        facts.under_voltage = true;
        assert_eq!(fault(&facts), Pattern::Flashes(5));
        facts.stuck = true;
        assert_eq!(fault(&facts), Pattern::Fast);
        facts.phase = Phase::Starting;
        assert_eq!(fault(&facts), Pattern::Fast, "also while it starts");
    }

    #[test]
    fn a_hand_on_the_button_is_answered_by_every_led() {
        let running = Facts { phase: Phase::Running, stuck: true, ..Facts::default() };
        let all = |pattern| Lights { ready: pattern, live: pattern, fault: pattern };
        assert_eq!(lights(&running, true), all(Pattern::Fast));
        let off = Facts { phase: Phase::PoweringOff, ..running };
        assert_eq!((lights(&off, true), lights(&off, false)), (all(Pattern::On), all(Pattern::On)));
    }
}

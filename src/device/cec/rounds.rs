//! When a TV is told something, and asked. Pure: what time it is is an argument.
//!
//! It is told at each change, when it is plugged in, and again and again: somebody may have switched it by its remote
//! control, or it missed what it was told.

use std::time::{Duration, Instant};

use super::bus::Trouble;
use super::message::Status;
use crate::program::Power;

/// How often a TV is told what it was told before.
pub(super) const SAID_EVERY: Duration = Duration::from_secs(600);
/// Standby must be wanted for so long: somebody who moves windows about in the schedule makes gaps for a moment.
const SETTLED: Duration = Duration::from_secs(5);
/// After one that did not hear: a TV may be about to fall asleep, or claim its address anew. Then with the next round.
const AGAIN: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// A TV that takes its plug out and puts it in again within this time was switched by somebody, or changed its input: it
/// is the same one, and nobody wants it switched back at once.
const BLINK: Duration = Duration::from_secs(10);
/// How often a TV is asked what it is, and how often while it wakes up.
const ASKED_EVERY: Duration = Duration::from_secs(60);
const ASKED_WAKING: Duration = Duration::from_secs(10);
/// A TV that is not awake by then will not be.
const WAKING: Duration = Duration::from_secs(60);

/// What is to be done with a TV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Say(Power),
    Ask,
}

#[derive(Debug)]
pub(super) struct Rounds {
    wanted: Option<Power>,
    /// What the TV heard last, and when.
    heard: Option<(Power, Instant)>,
    say_at: Instant,
    /// That did not hear, in a row.
    failures: usize,
    /// Where it is plugged in.
    tv: Option<u16>,
    /// Where it was, until when.
    gone: Option<(u16, Instant)>,
    ask_at: Instant,
    /// Until when it is to say that it is on, which it was not: it may have missed what it is to show.
    waking: Option<Instant>,
    power: Option<Power>,
}

impl Rounds {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            wanted: None,
            heard: None,
            say_at: now,
            failures: 0,
            tv: None,
            gone: None,
            ask_at: now,
            waking: None,
            power: None,
        }
    }

    /// What the TV should be. May be called with the same as often as one likes.
    pub(super) fn want(&mut self, power: Option<Power>, now: Instant) {
        // What we switched off, we switch on before we leave it alone.
        let asleep = matches!(self.heard, Some((Power::Standby, _)));
        let power = power.or(asleep.then_some(Power::On));
        if power == self.wanted {
            return;
        }
        self.wanted = power;
        self.failures = 0;
        self.say_at = match (self.heard, power) {
            (Some((heard, at)), Some(power)) if heard == power => at + SAID_EVERY,
            (_, Some(Power::Standby)) => now + SETTLED,
            _ => now,
        };
    }

    /// Where the TV is plugged in, if there is one.
    pub(super) fn plugged(&mut self, tv: Option<u16>, now: Instant) {
        match (self.tv, tv) {
            (was, is) if was == is => return,
            (Some(was), None) => {
                self.gone = Some((was, now));
                self.power = None;
            }
            (was, _) => {
                let gone = self.gone.take().filter(|_| was.is_none());
                let same = gone.is_some_and(|(was, at)| Some(was) == tv && now < at + BLINK);
                if !same {
                    self.failures = 0;
                    self.say_at = match self.wanted {
                        Some(Power::Standby) => now + SETTLED,
                        _ => now,
                    };
                }
                self.ask_at = now;
            }
        }
        self.tv = tv;
    }

    /// What to do now.
    pub(super) fn job(&self, now: Instant) -> Option<Job> {
        self.next().filter(|(_, at)| *at <= now).map(|(job, _)| job)
    }

    /// When there is something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next().map(|(_, at)| at)
    }

    fn next(&self) -> Option<(Job, Instant)> {
        // One that seems unplugged can be woken, but not sent to sleep.
        let wanted = self.wanted.filter(|power| self.tv.is_some() || *power == Power::On);
        let say = wanted.map(|power| (Job::Say(power), self.say_at));
        let ask = self.tv.map(|_| (Job::Ask, self.ask_at));
        // Of two at the same time the first: one that is on already need not be woken.
        ask.into_iter().chain(say).min_by_key(|(_, at)| *at)
    }

    /// Whether the last try of a round failed, too.
    pub(super) fn has_given_up(&self) -> bool {
        self.failures > AGAIN.len()
    }

    /// What became of [`Job::Say`].
    pub(super) fn said(&mut self, power: Power, outcome: Result<(), Trouble>, now: Instant) {
        if outcome.is_err() {
            let again = AGAIN.get(self.failures).copied().unwrap_or(SAID_EVERY);
            self.failures = self.failures.saturating_add(1);
            self.say_at = now + again;
            return;
        }
        self.failures = 0;
        let was_on = self.power == Some(Power::On);
        self.waking = (power == Power::On && !was_on).then_some(now + WAKING);
        self.heard = Some((power, now));
        if self.tv.is_none() {
            // When it comes back, it is because of this.
            self.gone = None;
        }
        // Something else may be wanted meanwhile.
        if self.wanted == Some(power) {
            self.say_at = now + SAID_EVERY;
        }
        self.ask_at = now + ASKED_WAKING;
    }

    /// What became of [`Job::Ask`].
    pub(super) fn asked(&mut self, status: Option<Status>, now: Instant) {
        self.waking = self.waking.filter(|until| now < *until);
        self.power = status.map(Status::power);
        self.ask_at = now
            + match status {
                // One that does not say now will hardly say in a minute.
                None => SAID_EVERY,
                Some(_) if self.waking.is_some() => ASKED_WAKING,
                Some(_) => ASKED_EVERY,
            };
        self.show_again(status, now);
    }

    /// The TV told of itself.
    pub(super) fn told(&mut self, status: Status, now: Instant) {
        self.power = Some(status.power());
        self.show_again(Some(status), now);
    }

    /// One that has woken up is told once more what to show.
    fn show_again(&mut self, status: Option<Status>, now: Instant) {
        if status == Some(Status::On) && self.waking.take().is_some() && self.wanted == Some(Power::On) {
            self.say_at = now;
        }
    }

    /// What the TV said last.
    pub(super) const fn power(&self) -> Option<Power> {
        self.power
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Option<Power> = Some(Power::On);
    const STANDBY: Option<Power> = Some(Power::Standby);
    const INPUT: Option<u16> = Some(0x1000);

    /// A TV and its box in simulated time.
    struct Scene {
        start: Instant,
        now: Instant,
        rounds: Rounds,
        /// What the TV says when it is asked; and whether it hears what it is told.
        tv: Option<Status>,
        hears: bool,
        /// `seconds what` of what it was told.
        told: Vec<String>,
        asked: usize,
    }

    impl Scene {
        fn new(tv: Option<u16>) -> Self {
            let now = Instant::now();
            let mut rounds = Rounds::new(now);
            rounds.plugged(tv, now);
            let tv = Some(Status::On);
            Self { start: now, now, rounds, tv, hears: true, told: Vec::new(), asked: 0 }
        }

        fn want(&mut self, power: Option<Power>) {
            self.rounds.want(power, self.now);
        }

        fn plug(&mut self, tv: Option<u16>) {
            self.rounds.plugged(tv, self.now);
        }

        /// Lets so much time pass.
        fn pass(&mut self, seconds: u64) {
            let end = self.now + Duration::from_secs(seconds);
            while let Some(due) = self.rounds.due().filter(|due| *due <= end) {
                self.now = self.now.max(due);
                match self.rounds.job(self.now).expect("it is due") {
                    Job::Say(power) => {
                        let second = (self.now - self.start).as_secs();
                        self.told.push(format!("{second} {}", power.name()));
                        let outcome = self.hears.then_some(()).ok_or(Trouble::NoAnswer);
                        self.rounds.said(power, outcome, self.now);
                    }
                    Job::Ask => {
                        self.asked += 1;
                        self.rounds.asked(self.tv, self.now);
                    }
                }
                assert!(self.told.len() + self.asked < 1000, "it never rests: {:?}", self.told);
            }
            self.now = end;
        }

        fn check(&self, expected: &[&str]) {
            assert_eq!(self.told, expected);
        }
    }

    #[test]
    fn it_is_told_at_the_start_at_each_change_and_every_ten_minutes() {
        let mut scene = Scene::new(INPUT);
        scene.pass(1);
        scene.want(ON);
        scene.pass(1300);
        scene.want(STANDBY);
        scene.tv = Some(Status::Standby);
        scene.pass(700);
        scene.check(&["1 on", "601 on", "1201 on", "1306 standby", "1906 standby"]);
    }

    #[test]
    fn nothing_is_said_while_nothing_is_wanted() {
        let mut scene = Scene::new(INPUT);
        scene.want(None);
        scene.pass(7200);
        scene.check(&[]);
        // It is asked, for those who look at the dashboard.
        assert_eq!((scene.asked, scene.rounds.power()), (121, ON));
    }

    #[test]
    fn a_moment_of_standby_is_none() {
        let mut scene = Scene::new(INPUT);
        scene.want(ON);
        scene.pass(100);
        scene.want(STANDBY);
        scene.pass(4);
        scene.want(ON);
        scene.pass(500);
        scene.check(&["0 on", "600 on"]);
    }

    #[test]
    fn what_was_switched_off_is_switched_on_before_it_is_left_alone() {
        let mut scene = Scene::new(INPUT);
        scene.want(STANDBY);
        scene.pass(10);
        scene.want(None);
        scene.pass(10);
        scene.want(None);
        scene.pass(1000);
        scene.check(&["5 standby", "10 on"]);
    }

    #[test]
    fn one_that_does_not_hear_is_told_soon_again_and_then_with_the_rounds() {
        let mut scene = Scene::new(INPUT);
        scene.hears = false;
        scene.want(ON);
        scene.pass(6);
        assert!(!scene.rounds.has_given_up());
        scene.pass(700);
        assert!(scene.rounds.has_given_up());
        scene.check(&["0 on", "5 on", "35 on", "635 on"]);
        scene.hears = true;
        scene.pass(600);
        assert!(!scene.rounds.has_given_up());
        scene.check(&["0 on", "5 on", "35 on", "635 on", "1235 on"]);
    }

    #[test]
    fn another_tv_or_one_that_comes_back_is_told() {
        let mut scene = Scene::new(INPUT);
        scene.want(ON);
        scene.pass(100);
        scene.plug(None);
        scene.pass(20);
        scene.plug(INPUT);
        scene.pass(20);
        scene.plug(Some(0x2000));
        scene.pass(20);
        scene.check(&["0 on", "120 on", "140 on"]);
    }

    #[test]
    fn one_that_blinks_is_left_until_the_next_round() {
        let mut scene = Scene::new(INPUT);
        scene.want(ON);
        scene.pass(100);
        scene.plug(None);
        assert_eq!(scene.rounds.power(), None);
        scene.pass(3);
        scene.plug(INPUT);
        scene.pass(600);
        scene.check(&["0 on", "600 on"]);
    }

    #[test]
    fn one_that_seems_unplugged_is_woken_but_never_sent_to_sleep() {
        let mut scene = Scene::new(None);
        scene.want(STANDBY);
        scene.pass(1000);
        scene.check(&[]);
        scene.want(ON);
        scene.pass(1);
        scene.plug(INPUT);
        scene.pass(100);
        scene.check(&["1000 on", "1001 on"]);
    }

    #[test]
    fn one_that_comes_back_because_it_was_woken_does_not_blink() {
        let mut scene = Scene::new(INPUT);
        scene.want(STANDBY);
        scene.pass(6);
        scene.plug(None);
        scene.pass(2);
        scene.want(ON);
        scene.pass(1);
        scene.plug(INPUT);
        scene.pass(100);
        scene.check(&["5 standby", "8 on", "9 on"]);
    }

    #[test]
    fn one_that_wakes_up_is_told_once_more_what_to_show() {
        let mut scene = Scene::new(INPUT);
        scene.tv = Some(Status::Standby);
        scene.pass(5);
        scene.want(ON);
        scene.pass(12);
        scene.tv = Some(Status::Becoming(Power::On));
        scene.pass(10);
        scene.tv = Some(Status::On);
        scene.pass(400);
        scene.check(&["5 on", "35 on"]);
    }

    #[test]
    fn one_that_tells_of_itself_is_believed() {
        let mut scene = Scene::new(INPUT);
        scene.want(ON);
        scene.pass(5);
        scene.rounds.told(Status::Standby, scene.now);
        assert_eq!(scene.rounds.power(), STANDBY);
        scene.tv = Some(Status::Standby);
        scene.pass(590);
        // Somebody switched it off by hand: that holds until the next round.
        scene.check(&["0 on"]);
    }

    #[test]
    fn one_that_never_says_what_it_is_is_seldom_asked() {
        let mut scene = Scene::new(INPUT);
        scene.tv = None;
        scene.want(ON);
        scene.pass(3600);
        assert!(scene.asked <= 13, "asked {} times in an hour", scene.asked);
        assert_eq!(scene.told.len(), 7);
    }
}

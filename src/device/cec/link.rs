//! One adapter and the TV behind it: what is told to it next, and what it told. Knows neither clock nor kernel.

use std::time::{Duration, Instant};

use super::Wish;
use super::bus::{Addresses, Identity, Trouble};
use super::message;
use super::ports::Candidate;
use super::rounds::{Job, Rounds};
use super::worker::{News, Order, Worker};
use crate::config::Port;
use crate::program::Power;

/// A transmission takes some tenths of a second, and a few seconds on a wire that is never free.
const STUCK_AFTER: Duration = Duration::from_secs(15);
/// After an address could not be claimed.
const CLAIM_AGAIN: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Link {
    worker: Worker,
    identity: Identity,
    addresses: Addresses,
    port: Option<Port>,
    /// The name it was given, as soon as that was asked for.
    claimed: Option<String>,
    claim_at: Option<Instant>,
    /// While it has an address, or will have with the next TV.
    rounds: Option<Rounds>,
    /// An order is under way since.
    busy: Option<Instant>,
    /// What is known to be wrong, so that it is logged once.
    trouble: Option<Trouble>,
    /// What the TV was told last.
    said: Option<Power>,
}

impl Link {
    pub(super) fn new(worker: Worker, identity: Identity, addresses: Addresses) -> Self {
        Self {
            worker,
            identity,
            addresses,
            port: None,
            claimed: None,
            claim_at: None,
            rounds: None,
            busy: None,
            trouble: None,
            said: None,
        }
    }

    pub(super) fn candidate(&self) -> Candidate<'_> {
        Candidate { identity: &self.identity, addresses: self.addresses, port: self.port }
    }

    pub(super) fn port(&self) -> Option<Port> {
        self.port
    }

    pub(super) fn give(&mut self, port: Port, path: &str) {
        if self.port.is_none() {
            let Identity { driver, name, .. } = &self.identity;
            log::info!("{}: its TV can be switched over CEC, by {path} ({driver}, {name})", port.id());
            self.port = Some(port);
        }
    }

    /// What the TV says it is.
    pub(super) fn power(&self) -> Option<Power> {
        let stuck = self.trouble == Some(Trouble::Stuck);
        self.rounds.as_ref().filter(|_| !stuck).and_then(Rounds::power)
    }

    /// All but `Opened` and `Ended`, which are of adapters that are no link yet, or no more.
    pub(super) fn hear(&mut self, news: &News, now: Instant) {
        let answers = !matches!(news, News::Plugged(_) | News::Told(_));
        if answers {
            self.busy = None;
            if self.trouble == Some(Trouble::Stuck) {
                self.trouble = None;
            }
        }
        match *news {
            News::Plugged(addresses) | News::Claimed(Ok(addresses)) => self.find(addresses, answers, now),
            News::Claimed(Err(trouble)) => {
                self.tell(trouble);
                self.claimed = None;
                self.claim_at = Some(now + CLAIM_AGAIN);
            }
            News::Released => self.rounds = None,
            News::Told(status) => self.each_round(|rounds| rounds.told(status, now)),
            News::Asked(status) => self.each_round(|rounds| rounds.asked(status, now)),
            News::Said(power, outcome) => {
                self.each_round(|rounds| rounds.said(power, outcome, now));
                self.judge(power, outcome);
            }
            News::Opened(..) | News::Ended(_) => {}
        }
    }

    fn each_round(&mut self, act: impl FnOnce(&mut Rounds)) {
        if let Some(rounds) = &mut self.rounds {
            act(rounds);
        }
    }

    fn find(&mut self, addresses: Addresses, claimed: bool, now: Instant) {
        self.addresses = addresses;
        if claimed {
            self.rounds.get_or_insert_with(|| Rounds::new(now));
        }
        // Without an address of ours there is a TV, but no talking to it yet.
        let tv = addresses.place().map(|place| place.physical);
        self.each_round(|rounds| rounds.plugged(tv, now));
    }

    fn judge(&mut self, power: Power, outcome: Result<(), Trouble>) {
        let port = self.port.map_or("", Port::id);
        match outcome {
            Ok(()) => {
                self.trouble = None;
                if self.said.replace(power) != Some(power) {
                    let what = match power {
                        Power::On => "on",
                        Power::Standby => "to standby",
                    };
                    log::info!("{port}: the TV was switched {what}");
                }
            }
            // Nobody there has nothing to answer, and one that is asleep may hear the next time.
            Err(Trouble::NoAnswer) if self.addresses.physical.is_none() => {}
            Err(trouble) => {
                if self.rounds.as_ref().is_none_or(Rounds::has_given_up) {
                    self.tell(trouble);
                }
            }
        }
    }

    fn tell(&mut self, trouble: Trouble) {
        if self.trouble.replace(trouble) != Some(trouble) {
            let port = self.port.map_or("", Port::id);
            log::warn!("{port}: the TV can't be switched over CEC: {trouble}");
        }
    }

    /// Has the adapter do what is due. Returns when to look again, if nothing happens before.
    pub(super) fn turn(&mut self, wish: Wish, name: &str, now: Instant) -> Option<Instant> {
        if let Some(since) = self.busy {
            let stuck_at = since + STUCK_AFTER;
            if now >= stuck_at {
                self.tell(Trouble::Stuck);
                return None;
            }
            return Some(stuck_at);
        }
        if let Some(order) = self.next(wish, name, now) {
            self.worker.order(order);
            self.busy = Some(now);
            return Some(now + STUCK_AFTER);
        }
        let claiming = self.claim_at.filter(|_| wish.allowed && self.claimed.is_none());
        claiming.or_else(|| self.rounds.as_ref().and_then(Rounds::due))
    }

    fn next(&mut self, wish: Wish, name: &str, now: Instant) -> Option<Order> {
        if !wish.allowed {
            self.said = None;
            let claimed = self.claimed.take();
            if claimed.is_none() {
                // Nothing to give back, and nothing that could be due.
                self.rounds = None;
            }
            return claimed.map(|_| Order::Release);
        }
        let name = message::name(name);
        if self.claimed.as_ref() != Some(&name) {
            if self.claim_at.is_some_and(|at| now < at) {
                return None;
            }
            self.claimed = Some(name.clone());
            return Some(Order::Claim(name));
        }
        let rounds = self.rounds.as_mut()?;
        rounds.want(wish.power, now);
        Some(match rounds.job(now)? {
            Job::Say(power) => Order::Say(power),
            Job::Ask => Order::Ask,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;

    use super::*;

    const ON: Wish = Wish { allowed: true, power: Some(Power::On) };
    const NOBODY: Wish = Wish { allowed: true, power: None };
    const FORBIDDEN: Wish = Wish { allowed: false, power: Some(Power::On) };
    const TV: Addresses = Addresses { physical: Some(0x1000), logical: Some(4) };

    struct Scene {
        link: Link,
        orders: Receiver<Order>,
        now: Instant,
    }

    impl Scene {
        fn new() -> Self {
            let (worker, orders) = Worker::idle();
            let link = Link::new(worker, Identity::default(), Addresses::default());
            Self { link, orders, now: Instant::now() }
        }

        /// What the adapter is told now.
        fn order(&mut self, wish: Wish) -> Option<Order> {
            self.named(wish, "Bar")
        }

        fn named(&mut self, wish: Wish, name: &str) -> Option<Order> {
            self.link.turn(wish, name, self.now);
            self.orders.try_recv().ok()
        }

        #[expect(clippy::needless_pass_by_value, reason = "news are made for it")]
        fn hear(&mut self, news: News) {
            self.link.hear(&news, self.now);
        }

        fn pass(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }

        /// With an address, and asked what its TV is.
        fn claimed() -> Self {
            let mut scene = Self::new();
            assert_eq!(scene.order(ON), Some(Order::Claim("Bar".to_owned())));
            scene.hear(News::Claimed(Ok(TV)));
            assert_eq!(scene.order(ON), Some(Order::Ask));
            scene.hear(News::Asked(None));
            scene
        }
    }

    #[test]
    fn an_address_is_claimed_before_anything_is_said() {
        let mut scene = Scene::claimed();
        assert_eq!(scene.order(ON), Some(Order::Say(Power::On)));
        // One thing after the other.
        assert_eq!(scene.order(NOBODY), None);
        scene.hear(News::Said(Power::On, Ok(())));
        assert_eq!((scene.order(ON), scene.link.trouble), (None, None));
    }

    #[test]
    fn a_port_of_which_nothing_is_wanted_gets_an_address_and_no_word() {
        let mut scene = Scene::new();
        assert_eq!(scene.order(NOBODY), Some(Order::Claim("Bar".to_owned())));
        scene.hear(News::Claimed(Ok(TV)));
        assert_eq!(scene.order(NOBODY), Some(Order::Ask));
        scene.hear(News::Asked(Some(message::Status::Standby)));
        assert_eq!((scene.order(NOBODY), scene.link.power()), (None, Some(Power::Standby)));
    }

    #[test]
    fn a_forbidden_port_is_left_and_its_address_given_back() {
        assert_eq!(Scene::new().order(FORBIDDEN), None);
        let mut scene = Scene::claimed();
        assert_eq!(scene.order(FORBIDDEN), Some(Order::Release));
        scene.hear(News::Released);
        assert_eq!((scene.order(FORBIDDEN), scene.link.turn(FORBIDDEN, "Bar", scene.now)), (None, None));
        assert_eq!(scene.order(ON), Some(Order::Claim("Bar".to_owned())));
    }

    #[test]
    fn another_name_is_claimed_anew_and_the_tv_left_in_peace() {
        let mut scene = Scene::claimed();
        scene.order(ON);
        scene.hear(News::Said(Power::On, Ok(())));
        assert_eq!(scene.named(ON, "Hall"), Some(Order::Claim("Hall".to_owned())));
        // As the kernel has it meanwhile.
        scene.hear(News::Plugged(Addresses { logical: None, ..TV }));
        scene.hear(News::Claimed(Ok(TV)));
        assert_eq!(scene.named(ON, "Hall"), Some(Order::Ask));
        scene.hear(News::Asked(None));
        assert_eq!(scene.named(ON, "Hall"), None);
    }

    #[test]
    fn an_address_that_is_refused_is_asked_for_again_later() {
        let mut scene = Scene::new();
        scene.order(ON);
        scene.hear(News::Claimed(Err(Trouble::Busy)));
        assert_eq!((scene.order(ON), scene.link.trouble), (None, Some(Trouble::Busy)));
        let again = scene.link.turn(ON, "Bar", scene.now);
        assert_eq!(again, Some(scene.now + CLAIM_AGAIN));
        scene.pass(30);
        assert_eq!(scene.order(ON), Some(Order::Claim("Bar".to_owned())));
    }

    #[test]
    fn a_port_that_is_forbidden_while_its_address_is_refused_has_nothing_due() {
        let mut scene = Scene::claimed();
        assert_eq!(scene.named(ON, "Hall"), Some(Order::Claim("Hall".to_owned())));
        scene.hear(News::Claimed(Err(Trouble::Busy)));
        scene.pass(3600);
        assert_eq!(scene.link.turn(FORBIDDEN, "Hall", scene.now), None);
        assert_eq!(scene.link.power(), None);
    }

    #[test]
    fn trouble_is_told_when_all_tries_of_a_round_failed() {
        let mut scene = Scene::claimed();
        for seconds in [0, 5, 30] {
            assert_eq!(scene.link.trouble, None);
            scene.pass(seconds);
            while scene.order(ON) == Some(Order::Ask) {
                scene.hear(News::Asked(None));
            }
            scene.hear(News::Said(Power::On, Err(Trouble::NoAnswer)));
        }
        assert_eq!(scene.link.trouble, Some(Trouble::NoAnswer));
        scene.hear(News::Said(Power::On, Ok(())));
        assert_eq!(scene.link.trouble, None);
    }

    #[test]
    fn a_port_with_nothing_in_it_is_no_trouble() {
        let mut scene = Scene::new();
        scene.order(ON);
        scene.hear(News::Claimed(Ok(Addresses::default())));
        for seconds in [0, 5, 30, 600] {
            scene.pass(seconds);
            assert_eq!(scene.order(ON), Some(Order::Say(Power::On)));
            scene.hear(News::Said(Power::On, Err(Trouble::NoAnswer)));
        }
        assert_eq!(scene.link.trouble, None);
    }

    #[test]
    fn a_driver_that_does_not_come_back_is_told_of_and_waited_for() {
        let mut scene = Scene::claimed();
        assert_eq!(scene.order(ON), Some(Order::Say(Power::On)));
        scene.pass(14);
        let due = scene.link.turn(ON, "Bar", scene.now).expect("it is watched");
        assert_eq!((scene.link.trouble, due), (None, scene.now + Duration::from_secs(1)));
        scene.pass(1);
        assert_eq!((scene.link.turn(ON, "Bar", scene.now), scene.link.trouble), (None, Some(Trouble::Stuck)));
        scene.pass(3600);
        scene.hear(News::Said(Power::On, Ok(())));
        assert_eq!(scene.link.trouble, None);
        scene.pass(10);
        assert_eq!(scene.order(ON), Some(Order::Ask));
    }
}

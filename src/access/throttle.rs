//! How long whoever guesses has to wait. Pure.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::host::host_of;

/// People mistype.
const FREE_ATTEMPTS: u32 = 5;
/// The wait after the free attempts, doubled by each further one.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const WAIT_MAX: Duration = Duration::from_secs(5 * 60);
/// Who has not tried for so long starts anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);
/// Addresses remembered; beyond, all others share one count.
const ADDRESSES_MAX: usize = 1024;

/// Attempts of each address since the last right one.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    by_address: HashMap<IpAddr, Attempts>,
}

#[derive(Clone, Copy, Debug)]
struct Attempts {
    count: u32,
    last: Instant,
}

impl Throttle {
    /// Counts an attempt before it is looked at, so that many at once are as many; or says how long to wait. `known`:
    /// from where somebody logged in before, which has a count of its own however many others there are.
    pub(super) fn begin(&mut self, from: IpAddr, known: bool, now: Instant) -> Result<(), Duration> {
        self.by_address.retain(|_, attempts| now.duration_since(attempts.last) < FORGOTTEN_AFTER);
        let key = self.key(from, known);
        let attempts = self.by_address.entry(key).or_insert(Attempts { count: 0, last: now });
        if let Some(wait) = attempts.wait(now) {
            return Err(wait);
        }
        attempts.count = attempts.count.saturating_add(1);
        attempts.last = now;
        Ok(())
    }

    /// Whoever knew the password is no guesser.
    pub(super) fn forget(&mut self, from: IpAddr, known: bool) {
        let key = self.key(from, known);
        self.by_address.remove(&key);
    }

    fn key(&self, from: IpAddr, known: bool) -> IpAddr {
        let key = host_of(from);
        let full = self.by_address.len() >= ADDRESSES_MAX && !self.by_address.contains_key(&key);
        if full && !known { Ipv6Addr::UNSPECIFIED.into() } else { key }
    }
}

impl Attempts {
    /// How long the next one has to wait.
    fn wait(self, now: Instant) -> Option<Duration> {
        let over = self.count.checked_sub(FREE_ATTEMPTS)?;
        let wait = FIRST_WAIT.saturating_mul(1_u32.checked_shl(over).unwrap_or(u32::MAX)).min(WAIT_MAX);
        (self.last + wait).checked_duration_since(now).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn the_wait_doubles_up_to_a_limit_and_is_forgotten() {
        let (mut throttle, mut now) = (Throttle::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..16 {
            let wait = throttle.begin(address(1), false, now).err().unwrap_or_default();
            waits.push(wait.as_secs());
            now += wait;
            if !wait.is_zero() {
                throttle.begin(address(1), false, now).unwrap();
            }
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert!(throttle.begin(address(1), false, now).is_err());
        throttle.begin(address(2), false, now).unwrap();
        throttle.begin(address(1), false, now + FORGOTTEN_AFTER).unwrap();
        assert_eq!(throttle.by_address.len(), 1);
    }

    #[test]
    fn many_at_once_are_as_many() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let tried = (0..250).filter(|_| throttle.begin(address(1), false, now).is_ok()).count();
        assert_eq!(tried, 5);
    }

    #[test]
    fn guessing_from_many_addresses_does_not_fill_the_memory_and_locks_no_known_one_out() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        for number in 0..5000 {
            // Those who came too late share one count.
            let _ = throttle.begin(address(number), false, start);
        }
        assert!(throttle.by_address.len() <= ADDRESSES_MAX + 1);
        assert!(throttle.begin(address(9999), false, start).is_err());
        throttle.begin(address(9999), true, start).unwrap();
    }
}

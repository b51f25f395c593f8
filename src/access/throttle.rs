//! How long whoever guesses has to wait. Pure.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// People mistype.
const FREE_ATTEMPTS: u32 = 5;
/// The wait after the free attempts, doubled by each further one.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const WAIT_MAX: Duration = Duration::from_secs(5 * 60);
/// Who has not tried for so long starts anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);
/// Addresses remembered; beyond, all others share one count.
const ADDRESSES_MAX: usize = 1024;

/// Wrong attempts of each address.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    by_address: HashMap<IpAddr, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Throttle {
    /// How long this address has to wait before its next attempt is looked at.
    pub(super) fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let failures = self.by_address.get(&self.key(from))?;
        let over = failures.count.checked_sub(FREE_ATTEMPTS)?;
        let wait = FIRST_WAIT.saturating_mul(1_u32.checked_shl(over).unwrap_or(u32::MAX)).min(WAIT_MAX);
        (failures.last + wait).checked_duration_since(now).filter(|left| !left.is_zero())
    }

    pub(super) fn failed(&mut self, from: IpAddr, now: Instant) {
        self.by_address.retain(|_, failures| now.duration_since(failures.last) < FORGOTTEN_AFTER);
        let failures = self.by_address.entry(self.key(from)).or_insert(Failures { count: 0, last: now });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// Whoever knew the password is no guesser.
    pub(super) fn forget(&mut self, from: IpAddr) {
        self.by_address.remove(&self.key(from));
    }

    /// One IPv6 host has as many addresses as it likes, all within a /64.
    fn key(&self, from: IpAddr) -> IpAddr {
        let key = match from.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            address => address,
        };
        let full = self.by_address.len() >= ADDRESSES_MAX && !self.by_address.contains_key(&key);
        if full { Ipv6Addr::UNSPECIFIED.into() } else { key }
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
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..16 {
            throttle.failed(address(1), start);
            waits.push(throttle.wait(address(1), start).map_or(0, |wait| wait.as_secs()));
        }
        assert_eq!(waits, [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
        assert_eq!(throttle.wait(address(1), start + WAIT_MAX), None);
        assert_eq!(throttle.wait(address(2), start), None);
        throttle.failed(address(2), start + FORGOTTEN_AFTER);
        assert_eq!(throttle.by_address.len(), 1);
    }

    #[test]
    fn guessing_from_many_addresses_does_not_fill_the_memory() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        for number in 0..5000 {
            throttle.failed(address(number), start);
        }
        assert!(throttle.by_address.len() <= ADDRESSES_MAX + 1);
        assert!(throttle.wait(address(9999), start).is_some(), "those who came too late share one count");
    }
}

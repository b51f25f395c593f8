//! How many new screens one address may bring. Pure.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::host::host_of;

/// A hundred TVs that are switched on for the first time behind one router are all there within two minutes.
const PER_MINUTE: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);
/// Addresses remembered; beyond, all others share one count.
const ADDRESSES_MAX: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Arrivals {
    by_address: HashMap<IpAddr, (Instant, u32)>,
}

impl Arrivals {
    /// Or how long to wait.
    pub(super) fn arrive(&mut self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        self.by_address.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        let host = host_of(from);
        let full = self.by_address.len() >= ADDRESSES_MAX && !self.by_address.contains_key(&host);
        let key = if full { Ipv6Addr::UNSPECIFIED.into() } else { host };
        let (since, count) = self.by_address.entry(key).or_insert((now, 0));
        if *count >= PER_MINUTE {
            return Err((*since + MINUTE).saturating_duration_since(now));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_and_others_are_not_held_up() {
        let (mut arrivals, start) = (Arrivals::default(), Instant::now());
        let (one, other) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        for _ in 0..PER_MINUTE {
            arrivals.arrive(one, start).expect("within the limit");
        }
        let later = start + Duration::from_secs(20);
        assert_eq!(arrivals.arrive(one, later), Err(Duration::from_secs(40)));
        assert_eq!((arrivals.arrive(other, later), arrivals.arrive(one, start + MINUTE)), (Ok(()), Ok(())));
    }

    #[test]
    fn many_addresses_take_no_more_memory() {
        let (mut arrivals, start) = (Arrivals::default(), Instant::now());
        let told =
            (0..2000_u32).map(|number| arrivals.arrive(std::net::Ipv4Addr::from_bits(number).into(), start));
        assert!(told.last().expect("some").is_err(), "those who came too late share one count");
        assert!(arrivals.by_address.len() <= ADDRESSES_MAX + 1);
    }
}

//! How many connections there may be, in all and from one address. Pure but for its lock.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard};

use super::limits::{CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX};

/// Counts connections. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Admission {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection that was let in; dropping it makes room.
pub(super) struct Ticket {
    admission: Admission,
    key: IpAddr,
}

impl Admission {
    /// `None` if there are too many already.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Ticket> {
        let key = key(address);
        let mut counts = self.counts();
        let of_address = counts.by_address.get(&key).copied().unwrap_or(0);
        if counts.total >= CONNECTIONS_MAX || of_address >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        counts.total += 1;
        counts.by_address.insert(key, of_address + 1);
        Some(Ticket { admission: self.clone(), key })
    }

    /// Connections there are.
    pub(super) fn count(&self) -> usize {
        self.counts().total
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("no holder of this lock can panic")
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = self.admission.counts();
        counts.total -= 1;
        if let Some(count) = counts.by_address.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.by_address.remove(&self.key);
            }
        }
    }
}

/// One IPv6 host has as many addresses as it likes, all within a /64.
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_leaves_room_for_others_and_room_comes_back() {
        let admission = Admission::default();
        let enter = |text| admission.enter(address(text));
        let mut held: Vec<_> = (0..CONNECTIONS_PER_ADDRESS_MAX).map(|_| enter("192.0.2.1")).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(enter("192.0.2.1").is_none() && enter("::ffff:192.0.2.1").is_none());
        assert!(enter("192.0.2.2").is_some());
        held.pop();
        assert!(enter("192.0.2.1").is_some());
        drop(held);
        assert!(admission.counts().by_address.is_empty() && admission.counts().total == 0);
    }

    #[test]
    fn a_host_with_many_addresses_is_one() {
        assert_eq!(key(address("2001:db8::1")), key(address("2001:db8::2:3:4:5")));
        assert_ne!(key(address("2001:db8::1")), key(address("2001:db8:0:1::1")));
    }

    #[test]
    fn in_all_there_is_a_limit_too() {
        let admission = Admission::default();
        let held: Vec<_> = (0..CONNECTIONS_MAX)
            .map(|number| admission.enter(address(&format!("10.0.{}.{}", number / 256, number % 256))))
            .collect();
        assert!(held.iter().all(Option::is_some));
        assert!(admission.enter(address("192.0.2.1")).is_none());
    }
}

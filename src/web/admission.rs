//! How many connections, or streams of one kind, there may be, in all and from one host. Pure but for its lock.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::host::host_of;

/// Counts them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Admission {
    counts: Arc<Mutex<Counts>>,
    max: usize,
    of_host_max: usize,
}

#[derive(Default)]
struct Counts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One that was let in; dropping it makes room.
pub(super) struct Ticket {
    admission: Admission,
    key: IpAddr,
}

impl Admission {
    pub(super) fn new(max: usize, of_host_max: usize) -> Self {
        Self { counts: Arc::default(), max, of_host_max }
    }

    /// `None` if there are too many already.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Ticket> {
        self.enter_bounded(address, self.of_host_max)
    }

    /// The same for a host that stands for many.
    pub(super) fn enter_any(&self, address: IpAddr) -> Option<Ticket> {
        self.enter_bounded(address, self.max)
    }

    fn enter_bounded(&self, address: IpAddr, of_host_max: usize) -> Option<Ticket> {
        let key = host_of(address);
        let mut counts = self.counts();
        let of_address = counts.by_address.get(&key).copied().unwrap_or(0);
        if counts.total >= self.max || of_address >= of_host_max {
            return None;
        }
        counts.total += 1;
        counts.by_address.insert(key, of_address + 1);
        Some(Ticket { admission: self.clone(), key })
    }

    /// How many there are.
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

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 300;
    const OF_HOST_MAX: usize = 20;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_leaves_room_for_others_and_room_comes_back() {
        let admission = Admission::new(MAX, OF_HOST_MAX);
        let enter = |text| admission.enter(address(text));
        let mut held: Vec<_> = (0..OF_HOST_MAX).map(|_| enter("192.0.2.1")).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(enter("192.0.2.1").is_none() && enter("::ffff:192.0.2.1").is_none());
        assert!(enter("192.0.2.2").is_some());
        held.pop();
        assert!(enter("192.0.2.1").is_some());
        drop(held);
        assert!(admission.counts().by_address.is_empty() && admission.counts().total == 0);
    }

    #[test]
    fn in_all_there_is_a_limit_too() {
        let admission = Admission::new(MAX, OF_HOST_MAX);
        let held: Vec<_> = (0..MAX)
            .map(|number| admission.enter(address(&format!("10.0.{}.{}", number / 256, number % 256))))
            .collect();
        assert!(held.iter().all(Option::is_some));
        assert!(admission.enter(address("192.0.2.1")).is_none());
    }
}

//! A shuffled playlist, unrolled into rounds, so that what is on stays a function of time that every player computes.
//!
//! In each round every item is played once, in an order made by hashing seed, round and item: an item that joins or
//! leaves changes nothing about the order of the others. After the last round the first follows again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::unroll::Item;

/// Rounds at most: nobody remembers the order of so many.
const ROUNDS_MAX: usize = 16;
/// Items of all rounds: keeps an answer small. Longer playlists have fewer rounds, and take hours for one.
const ITEMS_MAX: usize = 500;

/// As many rounds of these items as make sense.
pub(super) fn shuffle(items: &[Arc<Item>], seed: u64) -> Vec<Arc<Item>> {
    let count = items.len();
    // Two can only alternate.
    if count <= 2 {
        return items.to_vec();
    }
    let rounds = (ITEMS_MAX / count).clamp(1, ROUNDS_MAX);
    let mut all: Vec<Arc<Item>> = Vec::with_capacity(rounds * count);
    for round in 0..rounds {
        let mut order = ordered(items, seed, round as u64);
        // The same one twice in a row looks like a fault.
        if let Some(last) = all.last()
            && let Some(other) = order.iter().position(|item| item.key != last.key)
        {
            order.swap(0, other);
        }
        all.append(&mut order);
    }
    let (first, end) = (Arc::clone(&all[0]), all.len() - 1);
    // Nor from the last round to the first. Not the round's first item, which fits the round before.
    if all[end].key == first.key
        && let Some(other) = (end + 2 - count..end).rev().find(|at| all[*at].key != first.key)
    {
        all.swap(other, end);
    }
    all
}

fn ordered(items: &[Arc<Item>], seed: u64, round: u64) -> Vec<Arc<Item>> {
    let mut seen = Counter::default();
    let mut order: Vec<(u64, &Arc<Item>)> =
        items.iter().map(|item| (hash(seed, round, &item.key, seen.next(item.key.as_str())), item)).collect();
    order.sort_by_key(|(hash, _)| *hash);
    order.into_iter().map(|(_, item)| Arc::clone(item)).collect()
}

/// How often each was met before.
pub(super) struct Counter<T> {
    seen: HashMap<T, u64>,
}

impl<T> Default for Counter<T> {
    fn default() -> Self {
        Self { seen: HashMap::new() }
    }
}

impl<T: Eq + Hash> Counter<T> {
    pub(super) fn next(&mut self, what: T) -> u64 {
        let count = self.seen.entry(what).or_insert(0);
        *count += 1;
        *count - 1
    }
}

/// The seed of a playlist that began at a moment.
pub(super) fn seed(playlist: i64, base_ms: i64) -> u64 {
    mix(mix(playlist.cast_unsigned()) ^ base_ms.cast_unsigned())
}

/// FNV-1a over the key, then mixed: the same on every box and in every version.
fn hash(seed: u64, round: u64, key: &str, occurrence: u64) -> u64 {
    let folded = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(mix(folded ^ seed).wrapping_add(mix(round)) ^ occurrence)
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::program::playlist::{Fit, Transition};
    use crate::program::unroll::Kind;

    fn items(count: usize) -> Vec<Arc<Item>> {
        let item = |number: usize| Item {
            key: format!("a{number}"),
            kind: Kind::Slide,
            name: String::new(),
            asset: Some(1),
            page: None,
            source: None,
            file: None,
            duration_ms: 1000,
            from_ms: 0,
            fit: Fit::Contain,
            sound: false,
            transition: Transition::Cut,
            until_no_signal: false,
        };
        (0..count).map(|number| Arc::new(item(number))).collect()
    }

    fn keys(items: &[Arc<Item>]) -> Vec<&str> {
        items.iter().map(|item| item.key.as_str()).collect()
    }

    #[test]
    fn every_round_has_every_item_and_none_comes_twice_in_a_row() {
        for count in 1..60 {
            let items = items(count);
            let wanted: BTreeSet<&str> = keys(&items).into_iter().collect();
            for seed in 0..20 {
                let all = shuffle(&items, seed);
                assert_eq!(all.len() % count, 0);
                for round in all.chunks(count) {
                    assert_eq!(keys(round).into_iter().collect::<BTreeSet<_>>(), wanted);
                }
                if count > 1 {
                    let after = all.iter().cycle().skip(1);
                    assert!(all.iter().zip(after).all(|(one, next)| one.key != next.key), "{count} {seed}");
                }
            }
        }
    }

    #[test]
    fn orders_differ_by_round_and_seed_and_every_item_comes_first_as_often() {
        let items = items(5);
        let orders: BTreeSet<Vec<&str>> = shuffle(&items, 1)
            .chunks(5)
            .map(keys)
            .map(|keys| {
                keys.into_iter()
                    .map(|key| items.iter().find(|item| item.key == key).expect("one of them").key.as_str())
                    .collect()
            })
            .collect();
        assert!(orders.len() > 10, "{orders:?}");
        let mut firsts: BTreeMap<String, u32> = BTreeMap::new();
        for seed in 0..5000 {
            *firsts.entry(shuffle(&items, seed)[0].key.clone()).or_default() += 1;
        }
        // 1000 each are expected; ten standard deviations are some 280.
        assert!(firsts.len() == 5 && firsts.values().all(|times| (720..1280).contains(times)), "{firsts:?}");
    }

    #[test]
    fn one_that_joins_does_not_disturb_the_others() {
        let more = items(9);
        let without = ordered(&more[..8], 7, 3);
        let with: Vec<_> = ordered(&more, 7, 3).into_iter().filter(|item| item.key != "a8").collect();
        assert_eq!(keys(&without), keys(&with));
    }

    #[test]
    fn long_playlists_have_one_round_and_the_same_thing_again_is_no_trouble() {
        assert_eq!(shuffle(&items(1000), 1).len(), 1000);
        let same: Vec<_> = items(1).into_iter().cycle().take(4).collect();
        assert_eq!(shuffle(&same, 1).len() % 4, 0);
        assert!(shuffle(&[], 1).is_empty());
    }
}

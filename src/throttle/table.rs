//! A bounded map of what is remembered per key. When it is full, what says nothing any more goes first, then what is not penalised,
//! then the longest unused (security 11).

use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

use crate::clock::Timestamp;

/// How much is lost when an entry is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Nothing: it is as if it were not there.
    Spent,
    /// A little.
    Calm,
    /// Somebody would get away with something.
    Penalised,
}

/// What a table holds.
pub(super) trait Ranked {
    /// How much is lost without it.
    fn rank(&self, now: Timestamp) -> Rank;
}

/// The map, in parts with a lock each.
#[derive(Debug)]
pub(super) struct Table<V> {
    parts: [Mutex<IndexMap<u128, Entry<V>>>; PARTS],
    part_size: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    used: Timestamp,
}

impl<V: Ranked + Copy> Table<V> {
    /// With room for about `size` keys.
    pub(super) fn new(size: usize) -> Self {
        Self {
            parts: std::array::from_fn(|_| Mutex::new(IndexMap::new())),
            part_size: size.div_ceil(PARTS),
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: u128) -> Option<V> {
        self.part(key).get(&key).map(|entry| entry.value)
    }

    /// Changes the value of a key, which is `fresh` when there was none; nobody else sees it meanwhile.
    pub(super) fn change<R>(
        &self,
        key: u128,
        now: Timestamp,
        fresh: V,
        change: impl FnOnce(&mut V) -> R,
    ) -> R {
        let mut part = self.part(key);
        if let Some(entry) = part.get_mut(&key) {
            entry.used = now;
            return change(&mut entry.value);
        }
        if part.len() >= self.part_size {
            make_room(&mut part, key, now);
        }
        let mut entry = Entry {
            value: fresh,
            used: now,
        };
        let result = change(&mut entry.value);
        part.insert(key, entry);
        result
    }

    /// Changes the value of a key if it is there.
    pub(super) fn change_known(&self, key: u128, change: impl FnOnce(&mut V)) {
        if let Some(entry) = self.part(key).get_mut(&key) {
            change(&mut entry.value);
        }
    }

    /// Forgets a key.
    pub(super) fn remove(&self, key: u128) -> Option<V> {
        self.part(key).swap_remove(&key).map(|entry| entry.value)
    }

    /// A change of a value cannot be left half done, so a lock that somebody died with is as good as any.
    fn part(&self, key: u128) -> MutexGuard<'_, IndexMap<u128, Entry<V>>> {
        let [first, ..] = &self.parts;
        let index = usize::try_from(key % PARTS as u128).unwrap_or_default();
        let part = self.parts.get(index).unwrap_or(first);
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives up the cheapest of a few entries, picked by the new key: keys are uniform, so this is as good as chance.
fn make_room<V: Ranked>(part: &mut IndexMap<u128, Entry<V>>, key: u128, now: Timestamp) {
    let length = part.len() as u128;
    if length == 0 {
        return;
    }
    let picks = (0..SAMPLE).map(|pick| ((key >> (pick * 8)) ^ key.rotate_left(64)) % length);
    let cheapest = picks
        .filter_map(|pick| usize::try_from(pick).ok())
        .filter_map(|index| Some((index, part.get_index(index)?.1)))
        .min_by_key(|(_, entry)| (entry.value.rank(now), entry.used))
        .map(|(index, _)| index);
    if let Some(index) = cheapest {
        part.swap_remove_index(index);
    }
}

const PARTS: usize = 16;
const SAMPLE: u32 = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::streak::Streak;

    fn key(number: u64) -> u128 {
        let digest = crate::crypto::Digest::of(&number.to_be_bytes());
        u128::from_be_bytes(digest.0[..16].try_into().expect("sixteen bytes"))
    }

    #[test]
    fn a_flood_of_new_keys_pushes_out_no_penalty() {
        let table = Table::new(1_600);
        let now = Timestamp::from_micros(1_764_000_000_000_000);
        for number in 0..100 {
            let penalised = Streak {
                count: 9,
                last: now,
            };
            table.change(key(number), now, penalised, |_| ());
        }
        for number in 1_000..20_000 {
            table.change(key(number), now, Streak::NONE, |streak| {
                streak.count_one(now);
            });
        }
        let held: usize = table
            .parts
            .iter()
            .map(|part| part.lock().expect("nobody died").len())
            .sum();
        assert!(held <= 1_600, "{held} keys");
        let kept = (0..100)
            .filter(|number| table.get(key(*number)).is_some())
            .count();
        assert_eq!(kept, 100);
    }
}

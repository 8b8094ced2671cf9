//! Deadlines in order, each removable by the key that its insertion gave.
//!
//! A B-tree rather than a binary heap: removal by key is O(log n) without tombstones, and what falls
//! due soon can be read in order (the engine boots spares ahead of it).

use std::collections::BTreeMap;
use std::num::NonZeroU64;

/// Names one deadline until it fires or is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerKey<At> {
    at: At,
    /// Not zero, so that an optional key takes no more room than a key.
    sequence: NonZeroU64,
}

impl<At: Copy> TimerKey<At> {
    /// When the deadline falls due.
    pub fn at(&self) -> At {
        self.at
    }
}

/// Deadlines of one clock. Equal deadlines fire in the order in which they were inserted.
#[derive(Debug)]
pub struct TimerHeap<At, T> {
    entries: BTreeMap<TimerKey<At>, T>,
    next_sequence: NonZeroU64,
}

impl<At: Ord + Copy, T> TimerHeap<At, T> {
    /// An empty heap.
    pub fn new() -> Self {
        TimerHeap { entries: BTreeMap::new(), next_sequence: NonZeroU64::MIN }
    }

    /// Adds a deadline. O(log n).
    pub fn insert(&mut self, at: At, item: T) -> TimerKey<At> {
        let key = TimerKey { at, sequence: self.next_sequence };
        self.next_sequence = self.next_sequence.saturating_add(1);
        self.entries.insert(key, item);
        key
    }

    /// Removes a deadline that has not fired; `None` when it has. O(log n).
    pub fn cancel(&mut self, key: TimerKey<At>) -> Option<T> {
        self.entries.remove(&key)
    }

    /// The earliest deadline.
    pub fn next_at(&self) -> Option<At> {
        self.entries.first_key_value().map(|(key, _)| key.at)
    }

    /// The earliest deadline later than `at`.
    pub fn next_after(&self, at: At) -> Option<At> {
        let last_at = TimerKey { at, sequence: NonZeroU64::MAX };
        self.entries
            .range((std::ops::Bound::Excluded(last_at), std::ops::Bound::Unbounded))
            .next()
            .map(|(key, _)| key.at)
    }

    /// Takes the earliest deadline that is at or before `now`.
    pub fn pop_due(&mut self, now: At) -> Option<(At, T)> {
        let first = self.entries.first_entry()?;
        (first.key().at <= now).then(|| first.remove_entry()).map(|(key, item)| (key.at, item))
    }

    /// The deadlines, earliest first.
    pub fn iter(&self) -> impl Iterator<Item = (At, &T)> {
        self.entries.iter().map(|(key, item)| (key.at, item))
    }

    /// The deadlines at or before `at`, earliest first.
    pub fn iter_until(&self, at: At) -> impl Iterator<Item = &T> {
        self.entries.range(..=TimerKey { at, sequence: NonZeroU64::MAX }).map(|(_, item)| item)
    }
}

impl<At: Ord + Copy, T> Default for TimerHeap<At, T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_deadlines_fire_in_order_of_insertion() {
        let mut heap = TimerHeap::new();
        for name in ["first", "second", "third"] {
            heap.insert(7, name);
        }
        heap.insert(3, "earlier");
        let fired: Vec<_> = std::iter::from_fn(|| heap.pop_due(7)).collect();
        assert_eq!(fired, [(3, "earlier"), (7, "first"), (7, "second"), (7, "third")]);
    }

    #[test]
    fn nothing_fires_before_its_time() {
        let mut heap = TimerHeap::new();
        heap.insert(10, ());
        assert_eq!(heap.pop_due(9), None);
        assert_eq!(heap.next_at(), Some(10));
        assert_eq!(heap.pop_due(10), Some((10, ())));
    }

    #[test]
    fn a_cancelled_deadline_does_not_fire_and_cancelling_twice_is_harmless() {
        let mut heap = TimerHeap::new();
        let key = heap.insert(1, "gone");
        heap.insert(1, "stays");
        assert_eq!(heap.cancel(key), Some("gone"));
        assert_eq!(heap.cancel(key), None);
        assert_eq!(heap.pop_due(1), Some((1, "stays")));
    }

    #[test]
    fn what_comes_next_can_be_read_without_taking_it() {
        let mut heap = TimerHeap::new();
        for at in [1, 2, 2, 5] {
            heap.insert(at, at);
        }
        assert_eq!(heap.iter_until(2).copied().collect::<Vec<_>>(), [1, 2, 2]);
        assert_eq!(heap.next_after(2), Some(5));
        assert_eq!(heap.next_after(5), None);
    }
}

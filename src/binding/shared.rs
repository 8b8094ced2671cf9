//! Values that many jobs share, kept once while any job uses them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A table of shared values, by the key that they were made from.
#[derive(Debug)]
pub(super) struct Shared<K, V>(Mutex<HashMap<K, Weak<V>>>);

/// The table is cleared of what is no longer used when it has grown beyond this, and then beyond
/// twice of what was left.
const SWEEP_ABOVE: usize = 1024;

impl<K: Eq + Hash, V> Shared<K, V> {
    pub(super) fn new() -> Self {
        Shared(Mutex::new(HashMap::new()))
    }

    /// The value for `key`, made if no job has it.
    pub(super) fn get_or_try_make<E>(
        &self,
        key: K,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        // A panic in `make` leaves the table as it was.
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = table.get(&key).and_then(Weak::upgrade) {
            return Ok(value);
        }
        let value = Arc::new(make()?);
        if table.len() >= SWEEP_ABOVE && table.len() == table.capacity() {
            table.retain(|_, value| value.strong_count() > 0);
        }
        table.insert(key, Arc::downgrade(&value));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(table: &Shared<u32, u32>, value: u32) -> Arc<u32> {
        table.get_or_try_make(value, || Ok::<u32, ()>(value)).unwrap()
    }

    #[test]
    fn equal_values_are_shared_while_any_is_in_use() {
        let table = Shared::new();
        let first = shared(&table, 1);
        assert!(Arc::ptr_eq(&first, &shared(&table, 1)));
        assert!(!Arc::ptr_eq(&first, &shared(&table, 2)));
    }

    #[test]
    fn the_table_does_not_grow_with_what_is_gone() {
        let table = Shared::new();
        for number in 0..100_000 {
            drop(shared(&table, number));
        }
        assert!(table.0.lock().unwrap().len() < 4 * SWEEP_ABOVE);
    }

    #[test]
    fn what_cannot_be_made_is_not_kept() {
        let table: Shared<u8, u8> = Shared::new();
        assert_eq!(table.get_or_try_make(1, || Err("no")), Err("no"));
        assert_eq!(*table.get_or_try_make(1, || Ok::<u8, &str>(2)).unwrap(), 2);
    }
}

//! A cache of what was computed from the trials of a study so far.
//!
//! Samplers and pruners are functions of the trials. To be fast, they keep what they have computed
//! from the trials that had ended, and add those that have ended since. The cache belongs to a key,
//! which says what it was computed from, and is dropped when the key changes or when a panic
//! interrupts the computation. So it changes no result.

use std::fmt;
use std::sync::{Arc, Mutex};

use crate::space::FlatSpace;
use crate::sync::lock;

/// A value that was computed from the entries of a list that only grows, behind a lock.
///
/// It belongs neither to the equality of its owner, so all caches are equal, nor to its contents,
/// so a clone is empty.
pub(crate) struct HistoryCache<K, T>(Mutex<Option<Box<Folded<K, T>>>>);

/// The value for a key, and the number of entries that it contains.
struct Folded<K, T> {
    key: K,
    count: usize,
    value: T,
}

impl<K: PartialEq, T> HistoryCache<K, T> {
    /// Passes the value for a key to `work`: the cached one, or `new` if that has another key.
    pub(crate) fn with<A>(
        &self,
        key: K,
        new: impl FnOnce() -> T,
        work: impl FnOnce(&mut T) -> A,
    ) -> A {
        self.fold(key, &[] as &[()], new, |_, ()| {}, work)
    }

    /// Passes the value for a key to `work`, after it has added the entries of `list` that the
    /// value does not contain yet. For the same key, the list may only have grown.
    pub(crate) fn fold<E, A>(
        &self,
        key: K,
        list: &[E],
        new: impl FnOnce() -> T,
        mut add: impl FnMut(&mut T, &E),
        work: impl FnOnce(&mut T) -> A,
    ) -> A {
        let mut cache = lock(&self.0);
        // A panic below leaves the cache empty.
        let mut folded = cache
            .take()
            .filter(|folded| folded.key == key && folded.count <= list.len())
            .unwrap_or_else(|| Box::new(Folded { key, count: 0, value: new() }));
        for entry in &list[folded.count..] {
            add(&mut folded.value, entry);
        }
        folded.count = list.len();
        let result = work(&mut folded.value);
        *cache = Some(folded);
        result
    }
}

impl<K, T> Default for HistoryCache<K, T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<K, T> Clone for HistoryCache<K, T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<K, T> PartialEq for HistoryCache<K, T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The contents are not printed, since they may be all reports of a study.
impl<K, T> fmt::Debug for HistoryCache<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HistoryCache(..)")
    }
}

/// A search space as the key of a cache. It is equal only to itself, not to another space with the
/// same parameters.
#[derive(Clone)]
pub(crate) struct SpaceKey(pub(super) Arc<FlatSpace>);

impl PartialEq for SpaceKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(cache: &HistoryCache<u8, Vec<u32>>, key: u8, list: &[u32]) -> Vec<u32> {
        cache.fold(key, list, Vec::new, |read, entry| read.push(*entry), |read| read.clone())
    }

    #[test]
    fn each_entry_is_added_once_until_the_key_changes_or_the_list_shrinks() {
        let cache = HistoryCache::default();
        assert_eq!(sum(&cache, 0, &[1, 2]), [1, 2]);
        assert_eq!(sum(&cache, 0, &[9, 9, 3]), [1, 2, 3], "read entries are not read again");
        assert_eq!(sum(&cache, 1, &[4, 5, 6, 7]), [4, 5, 6, 7]);
        assert_eq!(sum(&cache, 1, &[8]), [8]);
        assert_eq!(sum(&cache.clone(), 1, &[]), [0_u32; 0], "a clone is empty");
    }

    #[test]
    fn a_panic_drops_the_cache() {
        let cache = HistoryCache::default();
        sum(&cache, 0, &[1, 2]);
        let work = std::panic::AssertUnwindSafe(|| {
            cache.with(0, Vec::new, |read: &mut Vec<u32>| {
                read.clear();
                panic!("of a test")
            })
        });
        std::panic::catch_unwind(work).expect_err("the panic goes on");
        assert_eq!(sum(&cache, 0, &[1, 2]), [1, 2]);
    }
}

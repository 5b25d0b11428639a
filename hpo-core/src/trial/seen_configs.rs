//! The configs that a study has tried.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use super::param_map::ParamMap;
use super::trials::Trials;
use crate::space::Params;

/// The configs tried so far, for the check on duplicates. Half of each key is stored: with a
/// million configs, the probability that a new one is mistaken for an old one is below one in ten
/// million.
#[derive(Debug)]
pub struct SeenConfigs {
    keys: HashSet<u64, BuildHasherDefault<KeyHasher>>,
    pub(super) id: u64,
    /// The ended trials that belong to the space, in the order in which they ended. It is used only
    /// if some trials do not belong to the space.
    pub(super) counting: Vec<u64>,
    /// The number of ended trials that were examined for `counting`.
    looked_at: usize,
}

impl Default for SeenConfigs {
    fn default() -> Self {
        Self { keys: HashSet::default(), id: next_id(), counting: Vec::new(), looked_at: 0 }
    }
}

impl Clone for SeenConfigs {
    /// Clones the configs under a new id, because the two may differ from now on.
    fn clone(&self) -> Self {
        let (keys, counting, looked_at) =
            (self.keys.clone(), self.counting.clone(), self.looked_at);
        Self { keys, id: next_id(), counting, looked_at }
    }
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl SeenConfigs {
    /// Adds a config and returns true if it is new.
    pub fn insert(&mut self, params: &Params) -> bool {
        self.keys.insert(params.key() as u64)
    }

    /// Examines the trials that have ended since the last call, where some may belong to another
    /// space.
    pub(crate) fn update(&mut self, trials: &Trials, map: &ParamMap) {
        if map.sets_aside() {
            let ended = &trials.finished()[self.looked_at.min(trials.finished().len())..];
            self.counting
                .extend(ended.iter().filter(|number| map.counts(&trials.params(**number))));
            self.looked_at = trials.finished().len();
        }
    }

    /// Returns true if the config was tried.
    #[must_use]
    pub fn contains(&self, params: &Params) -> bool {
        self.keys.contains(&(params.key() as u64))
    }

    /// Returns the number of different configs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns true if no config was tried.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// A hasher that returns the key, which is a hash already.
#[derive(Clone, Copy, Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

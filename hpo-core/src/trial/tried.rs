//! The configs that a study has tried.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use super::param_map::ParamMap;
use super::trials::Trials;
use crate::space::Params;

/// The configs tried so far: what the duplicate policy asks. Half of each key is kept: among a million configs, the
/// chance that any new one is taken for an old one is below one in ten million.
#[derive(Debug)]
pub struct Tried {
    keys: HashSet<u64, BuildHasherDefault<KeyHasher>>,
    pub(super) id: u64,
    /// The ended trials that are of the space, in the order in which they ended; only where some are not.
    pub(super) counting: Vec<u64>,
    /// How many of the ended trials were looked at for that.
    looked_at: usize,
}

impl Default for Tried {
    fn default() -> Self {
        Self { keys: HashSet::default(), id: next_id(), counting: Vec::new(), looked_at: 0 }
    }
}

impl Clone for Tried {
    /// The same configs, under an identity of its own: from now on the two may differ.
    fn clone(&self) -> Self {
        let (keys, counting, looked_at) = (self.keys.clone(), self.counting.clone(), self.looked_at);
        Self { keys, id: next_id(), counting, looked_at }
    }
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Tried {
    /// Adds a config; whether it is new.
    pub fn insert(&mut self, params: &Params) -> bool {
        self.keys.insert(params.key() as u64)
    }

    /// Looks at the trials that have ended since, where some may be of another space.
    pub(crate) fn follow(&mut self, trials: &Trials, map: &ParamMap) {
        if map.sets_aside() {
            let ended = &trials.finished()[self.looked_at.min(trials.finished().len())..];
            self.counting.extend(ended.iter().filter(|number| map.counts(&trials.params(**number))));
            self.looked_at = trials.finished().len();
        }
    }

    /// Whether it was tried.
    #[must_use]
    pub fn contains(&self, params: &Params) -> bool {
        self.keys.contains(&(params.key() as u64))
    }

    /// How many different ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether none was tried.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// The keys are hashes already.
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

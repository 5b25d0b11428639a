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
    /// The results that belong to the space, as [`Trials::results`] has them, likewise.
    pub(super) results: Vec<(u64, Option<u64>)>,
    /// The numbers of ends and of pauses that were examined for `counting` and `results`.
    looked_at: (usize, usize),
}

impl Default for SeenConfigs {
    fn default() -> Self {
        let (counting, results) = (Vec::new(), Vec::new());
        Self { keys: HashSet::default(), id: next_id(), counting, results, looked_at: (0, 0) }
    }
}

impl Clone for SeenConfigs {
    /// Clones the configs under a new id, because the two may differ from now on.
    fn clone(&self) -> Self {
        Self {
            keys: self.keys.clone(),
            id: next_id(),
            counting: self.counting.clone(),
            results: self.results.clone(),
            looked_at: self.looked_at,
        }
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

    /// Examines the results that have arrived since the last call, where some may belong to another
    /// space. So the parameters of each are read once, and not at each proposal.
    pub(crate) fn update(&mut self, trials: &Trials, map: &ParamMap) {
        if !map.sets_aside() {
            return;
        }
        let (ended, paused) = self.looked_at;
        for (number, step) in trials.results_after(ended, paused) {
            let looked_at = &mut self.looked_at;
            *if step.is_none() { &mut looked_at.0 } else { &mut looked_at.1 } += 1;
            if map.counts(&trials.params(number)) {
                self.results.push((number, step));
                self.counting.extend(step.is_none().then_some(number));
            }
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

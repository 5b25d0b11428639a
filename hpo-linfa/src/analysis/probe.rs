//! A fitted model with rows that it has not seen.

use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::index;

use crate::features::{Features, Targets};

/// The prediction of a fitted model: the probability of each class of each row, or one number.
pub(crate) type Predict<'a> = Box<dyn Fn(&Features) -> Vec<f64> + 'a>;

/// A fitted model with rows that it has not seen.
pub(crate) struct Probe<'a> {
    pub(crate) predict: Predict<'a>,
    pub(crate) features: Features,
    pub(crate) targets: Targets,
}

impl Probe<'_> {
    /// Returns the probe with at most `most` random rows.
    pub(super) fn reduced(&self, most: usize, seed: u64) -> (Features, Targets) {
        let count = self.features.rows;
        if count <= most {
            return (self.features.clone(), self.targets.clone());
        }
        let mut rng = StdRng::seed_from_u64(seed);
        let mut rows = index::sample(&mut rng, count, most).into_vec();
        rows.sort_unstable();
        (self.features.select(&rows), self.targets.select(&rows))
    }
}

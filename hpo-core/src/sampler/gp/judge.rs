//! What a config is worth: by the model of the losses, and by that of the constraints if trials broke any.
//!
//! Under constraints the worth is the logarithm of the expected improvement times the probability that they are kept
//! ([Gardner et al. 2014](https://proceedings.mlr.press/v32/gardner14.html), in logarithms); as long as no trial has kept them, the
//! strains are searched for the least themselves (`model.rs`).

use super::acquisition::{Acquisition, Worth};
use super::posterior::{Belief, Posterior};
use crate::numeric::normal;

/// Models and what is sought in them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'a> {
    pub(super) losses: &'a Posterior<'a>,
    pub(super) constraints: Option<Constraints<'a>>,
    pub(super) acquisition: Acquisition,
}

/// The model of the strains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constraints<'a> {
    pub(super) strains: &'a Posterior<'a>,
    /// What keeps all constraints lies below.
    pub(super) limit: f64,
}

impl Judge<'_> {
    /// What each point is worth.
    pub(super) fn worths(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let beliefs = self.losses.beliefs(points).into_iter();
        let mut worths: Vec<f64> = beliefs.map(|belief| self.by_loss(belief).value).collect();
        if let Some(constraints) = self.constraints {
            for (worth, belief) in worths.iter_mut().zip(constraints.strains.beliefs(points)) {
                *worth += constraints.chance(belief).value;
            }
        }
        worths
    }

    /// What a point is worth; its derivatives by the places in some columns are written to `slopes`.
    pub(super) fn worth_with_slopes(&self, point: &[f64], columns: &[usize], slopes: &mut [f64]) -> f64 {
        slopes.fill(0.0);
        let mut value = 0.0;
        let mut add = |posterior: &Posterior<'_>, judged: &dyn Fn(Belief) -> Worth| {
            let (belief, by_place) = posterior.belief_with_slopes(point, columns);
            let worth = judged(belief);
            for (slope, [mean, variance]) in slopes.iter_mut().zip(by_place) {
                *slope += worth.by_mean * mean + worth.by_variance * variance;
            }
            value += worth.value;
        };
        add(self.losses, &|belief| self.by_loss(belief));
        if let Some(constraints) = self.constraints {
            add(constraints.strains, &|belief| constraints.chance(belief));
        }
        value
    }

    fn by_loss(&self, belief: Belief) -> Worth {
        // A probability can only be added to a logarithm.
        let acquisition = match self.constraints {
            Some(_) => Acquisition::LogExpectedImprovement,
            None => self.acquisition,
        };
        acquisition.worth(belief, self.losses.incumbent())
    }
}

impl Constraints<'_> {
    /// The logarithm of the probability that a config keeps all constraints.
    fn chance(&self, belief: Belief) -> Worth {
        /// From here on down the probability itself would lose its digits.
        const FAR: f64 = -5.0;
        const HALF_LOG: f64 = 0.918_938_533_204_672_8;
        let deviation = belief.variance.sqrt();
        let z = (self.limit - belief.mean) / deviation;
        let density = -z * z / 2.0 - HALF_LOG;
        let (value, slope) = if z < FAR {
            let ratio = normal::mills(-z);
            (density + ratio.ln(), 1.0 / ratio)
        } else {
            let chance = normal::cdf(z);
            (chance.ln(), density.exp() / chance)
        };
        Worth { value, by_mean: -slope / deviation, by_variance: -slope * z / (2.0 * belief.variance) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::gp::embed::Embedding;
    use crate::sampler::gp::kernel::Hyperparameters;
    use crate::space::{Slots, Space};

    #[test]
    fn the_chance_falls_with_the_strain_and_its_slopes_are_those_of_its_value() {
        let slots = Slots::new(&Space::from_json(r#"{"float": {"low": 0, "high": 1}}"#).unwrap()).unwrap();
        let embedding = Embedding::new(&slots);
        let hyper = Hyperparameters { weights: vec![4.0], signal: 1.0, drift: 0.0, noise: vec![1e-3] };
        let (low, high) = ([0.1, 0.0], [0.9, 0.0]);
        let strains = Posterior::new(&embedding, &hyper, &[&low, &high], &[-1.0, 1.0]).unwrap();
        let constraints = Constraints { strains: &strains, limit: 0.0 };
        let judge = Judge {
            losses: &strains,
            constraints: Some(constraints),
            acquisition: Acquisition::LogExpectedImprovement,
        };
        let points = [vec![0.1, 0.0], vec![0.5, 0.0], vec![0.9, 0.0]];
        let chances: Vec<f64> =
            strains.beliefs(&points).into_iter().map(|belief| constraints.chance(belief).value).collect();
        assert!(chances[0] > -0.01 && chances[0] > chances[1] && chances[1] > chances[2], "{chances:?}");
        for place in [0.2, 0.5, 0.85] {
            let mut slopes = [0.0];
            let worth = judge.worth_with_slopes(&[place, 0.0], &[0], &mut slopes);
            let moved = judge.worths(&[vec![place + 1e-6, 0.0], vec![place, 0.0]]);
            assert!((moved[1] - worth).abs() < 1e-9);
            assert!(((moved[0] - moved[1]) / 1e-6 / slopes[0] - 1.0).abs() < 1e-3, "{slopes:?} {moved:?}");
        }
    }
}

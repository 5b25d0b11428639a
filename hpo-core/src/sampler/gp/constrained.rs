//! The acquisition function under constraints, from a model of the losses and one of the
//! violations.
//!
//! It is the logarithm of the expected improvement times the probability that the constraints are
//! kept ([Gardner et al. 2014](https://proceedings.mlr.press/v32/gardner14.html), in logarithms).
//! As long as no trial has kept them, the violations themselves are minimized (`model.rs`).

use super::acquisition::{Acquisition, AcquisitionValue};
use crate::gp::posterior::{Posterior, Prediction};
use crate::numeric::normal;

/// The models and the acquisition function.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConstrainedAcquisition<'a> {
    pub(super) losses: &'a Posterior<'a>,
    pub(super) constraints: Option<Constraints<'a>>,
    pub(super) acquisition: Acquisition,
}

/// The model of the constraint violations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constraints<'a> {
    pub(super) violations: &'a Posterior<'a>,
    /// A config keeps all constraints if its standardized violation is below this limit.
    pub(super) limit: f64,
}

impl ConstrainedAcquisition<'_> {
    /// Returns the acquisition value of each point.
    pub(super) fn evaluate(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let predict = self.losses.predict(points).into_iter();
        let mut evaluate: Vec<f64> =
            predict.map(|prediction| self.by_loss(prediction).value).collect();
        if let Some(constraints) = self.constraints {
            for (worth, prediction) in
                evaluate.iter_mut().zip(constraints.violations.predict(points))
            {
                *worth += constraints.log_probability(prediction).value;
            }
        }
        evaluate
    }

    /// Returns the acquisition value of a point, and writes its derivatives by the coordinates in
    /// the given columns to `slopes`.
    pub(super) fn evaluate_with_gradient(
        &self,
        point: &[f64],
        columns: &[usize],
        slopes: &mut [f64],
    ) -> f64 {
        slopes.fill(0.0);
        let mut value = 0.0;
        let mut add = |posterior: &Posterior<'_>,
                       judged: &dyn Fn(Prediction) -> AcquisitionValue| {
            let (prediction, by_place) = posterior.predict_with_gradient(point, columns);
            let worth = judged(prediction);
            for (slope, [mean, variance]) in slopes.iter_mut().zip(by_place) {
                *slope += worth.by_mean * mean + worth.by_variance * variance;
            }
            value += worth.value;
        };
        add(self.losses, &|prediction| self.by_loss(prediction));
        if let Some(constraints) = self.constraints {
            add(constraints.violations, &|prediction| constraints.log_probability(prediction));
        }
        value
    }

    fn by_loss(&self, prediction: Prediction) -> AcquisitionValue {
        // A log probability can only be added to a logarithm.
        let acquisition = match self.constraints {
            Some(_) => Acquisition::LogExpectedImprovement,
            None => self.acquisition,
        };
        acquisition.worth(prediction, self.losses.incumbent())
    }
}

impl Constraints<'_> {
    /// Returns the logarithm of the probability that a config keeps all constraints.
    fn log_probability(&self, prediction: Prediction) -> AcquisitionValue {
        /// Below this, the probability itself would lose its digits.
        const FAR: f64 = -5.0;
        const HALF_LOG: f64 = 0.918_938_533_204_672_8;
        let deviation = prediction.variance.sqrt();
        let z = (self.limit - prediction.mean) / deviation;
        let density = -z * z / 2.0 - HALF_LOG;
        let (value, slope) = if z < FAR {
            let ratio = normal::mills(-z);
            (density + ratio.ln(), 1.0 / ratio)
        } else {
            let log_probability = normal::cdf(z);
            (log_probability.ln(), density.exp() / log_probability)
        };
        AcquisitionValue {
            value,
            by_mean: -slope / deviation,
            by_variance: -slope * z / (2.0 * prediction.variance),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::encoding::Encoding;
    use crate::gp::kernel::Hyperparameters;
    use crate::space::{FlatSpace, Space};

    #[test]
    fn the_chance_falls_with_the_strain_and_its_slopes_are_those_of_its_value() {
        let flat =
            FlatSpace::new(&Space::from_json(r#"{"float": {"low": 0, "high": 1}}"#).unwrap())
                .unwrap();
        let encoding = Encoding::new(&flat);
        let hyper = Hyperparameters {
            weights: vec![4.0],
            signal: 1.0,
            lag_variance: 0.0,
            noise: vec![1e-3],
        };
        let (low, high) = ([0.1, 0.0], [0.9, 0.0]);
        let violations = Posterior::new(&encoding, &hyper, &[&low, &high], &[-1.0, 1.0]).unwrap();
        let constraints = Constraints { violations: &violations, limit: 0.0 };
        let judge = ConstrainedAcquisition {
            losses: &violations,
            constraints: Some(constraints),
            acquisition: Acquisition::LogExpectedImprovement,
        };
        let points = [vec![0.1, 0.0], vec![0.5, 0.0], vec![0.9, 0.0]];
        let chances: Vec<f64> = violations
            .predict(&points)
            .into_iter()
            .map(|prediction| constraints.log_probability(prediction).value)
            .collect();
        assert!(
            chances[0] > -0.01 && chances[0] > chances[1] && chances[1] > chances[2],
            "{chances:?}"
        );
        for place in [0.2, 0.5, 0.85] {
            let mut slopes = [0.0];
            let worth = judge.evaluate_with_gradient(&[place, 0.0], &[0], &mut slopes);
            let moved = judge.evaluate(&[vec![place + 1e-6, 0.0], vec![place, 0.0]]);
            assert!((moved[1] - worth).abs() < 1e-9);
            assert!(
                ((moved[0] - moved[1]) / 1e-6 / slopes[0] - 1.0).abs() < 1e-3,
                "{slopes:?} {moved:?}"
            );
        }
    }
}

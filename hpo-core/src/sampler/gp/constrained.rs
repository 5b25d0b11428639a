//! The acquisition function under constraints, from a model of the losses and one of each
//! constraint.
//!
//! It is the logarithm of the expected improvement times the probabilities that the constraints are
//! kept ([Gardner et al. 2014](https://proceedings.mlr.press/v32/gardner14.html), in logarithms as
//! by [Ament et al. 2023](https://arxiv.org/abs/2310.20708)). As long as no trial has kept all
//! constraints, it is the logarithm of the probability to keep them.

use super::acquisition::{Acquisition, AcquisitionValue};
use crate::gp::posterior::{Posterior, Prediction};
use crate::numeric::normal;

/// The number of points for which constraints are predicted at a time.
const CHUNK: usize = 32;

/// The models and the acquisition function.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConstrainedAcquisition<'a> {
    /// `None` as long as no trial has kept all constraints.
    pub(super) losses: Option<&'a Posterior<'a>>,
    pub(super) constraints: &'a [ConstraintModel<'a>],
    pub(super) acquisition: Acquisition,
}

/// The model of one constraint.
#[derive(Debug)]
pub(super) struct ConstraintModel<'a> {
    pub(super) posterior: Posterior<'a>,
    /// A config keeps the constraint if its standardized value is below this limit.
    pub(super) limit: f64,
}

impl ConstrainedAcquisition<'_> {
    /// Returns the acquisition values of the best `count` points; for others, at least a bound that
    /// is above their value and below those of the best. A log probability is at most 0, so a point
    /// whose sum is too low already needs no further model.
    pub(super) fn evaluate_best(&self, points: &[impl AsRef<[f64]>], count: usize) -> Vec<f64> {
        let (mut values, rest) = self.first_terms(points);
        if rest.is_empty() {
            return values;
        }
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
        let mut best: Vec<f64> = Vec::new();
        for chunk in order.chunks(CHUNK) {
            let least = if best.len() < count { f64::NEG_INFINITY } else { best[count - 1] };
            let mut left = chunk.to_vec();
            for constraint in rest {
                left.retain(|index| values[*index] > least);
                let some: Vec<&[f64]> = left.iter().map(|index| points[*index].as_ref()).collect();
                for (index, prediction) in left.iter().zip(constraint.posterior.predict(&some)) {
                    values[*index] += constraint.log_probability(prediction).value;
                }
            }
            best.extend(left.iter().map(|index| values[*index]));
            best.sort_by(|a, b| b.total_cmp(a));
            best.truncate(count);
        }
        values
    }

    /// Returns the first term of each point's sum, and the constraints that are not in it.
    fn first_terms(&self, points: &[impl AsRef<[f64]>]) -> (Vec<f64>, &[ConstraintModel<'_>]) {
        match (self.losses, self.constraints.split_first()) {
            (Some(losses), _) => {
                let predict = losses.predict(points).into_iter();
                let value = |prediction| self.by_loss(losses, prediction).value;
                (predict.map(value).collect(), self.constraints)
            }
            (None, Some((first, rest))) => {
                let predict = first.posterior.predict(points).into_iter();
                let value = |prediction| first.log_probability(prediction).value;
                (predict.map(value).collect(), rest)
            }
            (None, None) => (vec![0.0; points.len()], &[]),
        }
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
        if let Some(losses) = self.losses {
            add(losses, &|prediction| self.by_loss(losses, prediction));
        }
        for constraint in self.constraints {
            add(&constraint.posterior, &|prediction| constraint.log_probability(prediction));
        }
        value
    }

    fn by_loss(&self, losses: &Posterior<'_>, prediction: Prediction) -> AcquisitionValue {
        // A log probability can only be added to a logarithm.
        let acquisition = if self.constraints.is_empty() {
            self.acquisition
        } else {
            Acquisition::LogExpectedImprovement
        };
        acquisition.worth(prediction, losses.incumbent())
    }
}

impl ConstraintModel<'_> {
    /// Returns the logarithm of the probability that a config keeps the constraint.
    fn log_probability(&self, prediction: Prediction) -> AcquisitionValue {
        log_probability_below(self.limit, prediction)
    }
}

/// Returns the logarithm of the probability that a value is below `limit`.
fn log_probability_below(limit: f64, prediction: Prediction) -> AcquisitionValue {
    /// Below this, the probability itself would lose its digits.
    const FAR: f64 = -5.0;
    const HALF_LOG: f64 = 0.918_938_533_204_672_8;
    let deviation = prediction.variance.sqrt();
    let z = (limit - prediction.mean) / deviation;
    let density = -z * z / 2.0 - HALF_LOG;
    let (value, slope) = if z < FAR {
        let ratio = normal::mills(-z);
        (density + ratio.ln(), 1.0 / ratio)
    } else {
        let probability = normal::cdf(z);
        (probability.ln(), density.exp() / probability)
    };
    AcquisitionValue {
        value,
        by_mean: -slope / deviation,
        by_variance: -slope * z / (2.0 * prediction.variance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::encoding::Encoding;
    use crate::gp::kernel::Hyperparameters;
    use crate::rng::Rng;
    use crate::space::{FlatSpace, Space};

    fn encoding() -> Encoding {
        let flat =
            FlatSpace::new(&Space::from_json(r#"{"float": {"low": 0, "high": 1}}"#).unwrap());
        Encoding::new(&flat.unwrap())
    }

    fn hyperparameters() -> Hyperparameters {
        Hyperparameters { weights: vec![4.0], signal: 1.0, lag_variance: 0.0, noise: vec![1e-3] }
    }

    fn constraint<'a>(
        encoding: &'a Encoding,
        hyper: &'a Hyperparameters,
        values: [f64; 2],
        limit: f64,
    ) -> ConstraintModel<'a> {
        let (low, high) = ([0.1, 0.0], [0.9, 0.0]);
        let posterior = Posterior::new(encoding, hyper, &[&low, &high], &values).unwrap();
        ConstraintModel { posterior, limit }
    }

    /// The integral of `of` times the density of a normal number up to `to`, by Simpson's rule.
    fn integral(normal: Prediction, to: f64, of: impl Fn(f64) -> f64) -> f64 {
        const STEPS: u32 = 20_000;
        let (mean, deviation) = (normal.mean, normal.variance.sqrt());
        let from = to.min(mean) - 12.0 * deviation;
        let width = (to - from) / f64::from(STEPS);
        let density = |x: f64| {
            let z = (x - mean) / deviation;
            (-z * z / 2.0).exp() / (deviation * (2.0 * std::f64::consts::PI).sqrt())
        };
        let term = |step: u32| {
            let x = from + f64::from(step) * width;
            let factor = match step {
                0 | STEPS => 1.0,
                step if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            factor * density(x) * of(x)
        };
        (0..=STEPS).map(term).sum::<f64>() * width / 3.0
    }

    /// The mean of improvement times feasibility, over independent normal numbers.
    #[test]
    fn the_acquisition_is_the_logarithm_of_what_quadrature_finds() {
        let rng = &mut Rng::derive(9, 1);
        for _ in 0..50 {
            let [loss, first, second] =
                [0; 3].map(|_| Prediction { mean: rng.normal(), variance: 0.1 + rng.unit() });
            let (incumbent, limit) = (rng.normal(), rng.normal());
            let improvement = Acquisition::LogExpectedImprovement.worth(loss, incumbent).value;
            let kept = [first, second].map(|own| log_probability_below(limit, own).value);
            let found = improvement + kept[0] + kept[1];
            let expected = integral(loss, incumbent, |x| incumbent - x)
                * integral(first, limit, |_| 1.0)
                * integral(second, limit, |_| 1.0);
            let expected = expected.ln();
            assert!(
                (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
                "{found} {expected}"
            );
        }
    }

    /// Computed by `scipy.stats.norm.logcdf`, 1.16.
    #[test]
    fn the_log_probability_is_right_from_hopeless_to_certain() {
        let recorded = [
            (-40.0, -804.608_442_013_753_8),
            (-10.0, -53.231_285_151_247_05),
            (-5.0, -15.064_998_393_988_727),
            (-1.0, -1.841_021_645_009_264),
            (0.0, -std::f64::consts::LN_2),
            (3.0, -1.350_809_964_748_193e-3),
        ];
        for (z, expected) in recorded {
            let found = log_probability_below(0.0, Prediction { mean: -2.0 * z, variance: 4.0 });
            assert!((found.value - expected).abs() <= 1e-10 * expected.abs(), "{z}: {found:?}");
        }
    }

    #[test]
    fn the_probability_falls_with_the_constraint_and_its_slopes_are_those_of_its_value() {
        let (encoding, hyper) = (encoding(), hyperparameters());
        let constraints =
            [[-1.0, 1.0], [-0.5, 2.0]].map(|values| constraint(&encoding, &hyper, values, 0.0));
        let losses = &constraints[1].posterior;
        let points = [vec![0.1, 0.0], vec![0.5, 0.0], vec![0.9, 0.0]];
        let predictions = constraints[0].posterior.predict(&points).into_iter();
        let chances: Vec<f64> = predictions
            .map(|prediction| constraints[0].log_probability(prediction).value)
            .collect();
        assert!(
            chances[0] > -0.01 && chances[0] > chances[1] && chances[1] > chances[2],
            "{chances:?}"
        );
        for losses in [Some(losses), None] {
            let acquisition = Acquisition::LogExpectedImprovement;
            let judge = ConstrainedAcquisition { losses, constraints: &constraints, acquisition };
            for place in [0.2, 0.5, 0.85] {
                let mut slopes = [0.0];
                let value = judge.evaluate_with_gradient(&[place, 0.0], &[0], &mut slopes);
                let moved = judge.evaluate_best(&[vec![place + 1e-6, 0.0], vec![place, 0.0]], 2);
                assert!((moved[1] - value).abs() < 1e-9);
                assert!(
                    ((moved[0] - moved[1]) / 1e-6 / slopes[0] - 1.0).abs() < 1e-3,
                    "{slopes:?} {moved:?}"
                );
            }
        }
    }

    #[test]
    fn the_best_points_are_exact_and_no_other_one_seems_better() {
        let (encoding, hyper) = (encoding(), hyperparameters());
        let constraints = [[-1.0, 1.0], [-0.5, 2.0], [1.0, -3.0]]
            .map(|values| constraint(&encoding, &hyper, values, 0.3));
        let losses = constraint(&encoding, &hyper, [1.0, -1.0], 0.0);
        let rng = &mut Rng::derive(3, 1);
        let points: Vec<Vec<f64>> = (0..200).map(|_| vec![rng.unit(), 0.0]).collect();
        for losses in [Some(&losses.posterior), None] {
            let acquisition = Acquisition::LogExpectedImprovement;
            let judge = ConstrainedAcquisition { losses, constraints: &constraints, acquisition };
            let exact = judge.evaluate_best(&points, usize::MAX);
            let mut order: Vec<usize> = (0..points.len()).collect();
            order.sort_by(|a, b| exact[*b].total_cmp(&exact[*a]));
            for count in [1, 10] {
                let found = judge.evaluate_best(&points, count);
                let (best, others) = order.split_at(count);
                assert!(best.iter().all(|index| found[*index] == exact[*index]));
                let least = exact[best[count - 1]];
                assert!(others.iter().all(|index| found[*index] <= least));
                assert!(others.iter().all(|index| found[*index] >= exact[*index]));
            }
        }
    }
}

//! Scalarization of several objectives, with other weights for each trial, so that a model of one
//! loss can find all parts of the front.
//!
//! J. Knowles, *`ParEGO`* ([2006](https://doi.org/10.1109/TEVC.2005.851274)): the augmented
//! Chebyshev norm of the losses, each scaled to `[0, 1]` by its range so far, with random weights.
//! A trial's weights are drawn from its own random stream, so a proposal remains a function of the
//! history.
//!
//! Deviations: weights are uniform on the simplex rather than on a grid of it. The range of an
//! objective is that of the front rather than of all trials, so that a few very bad trials do not
//! compress the front. Absurd losses (`numeric/ordinary.rs`) are clipped first, since a trial may
//! be on the front because of one of them.

use super::absurd;
use crate::numeric::ordinary::Ordinary;
use crate::numeric::{mix, pareto};
use crate::rng::Rng;

/// The weight of the sum of the losses; that of the largest loss is 1.
const SUM: f64 = 0.05;

/// Weights of the objectives, shape `(objectives,)`, which sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scalarization {
    weights: Vec<f64>,
}

impl Scalarization {
    /// Draws the weights of a trial.
    pub(super) fn of_trial(objectives: usize, number: u64, seed: u64) -> Self {
        let rng = &mut Rng::derive(mix(seed ^ WEIGHTS), number);
        let drawn: Vec<f64> = (0..objectives).map(|_| -(1.0 - rng.unit()).ln()).collect();
        let sum = drawn.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        Self { weights: drawn.into_iter().map(|weight| weight / sum).collect() }
    }

    /// Returns one loss for each point of several losses; infinity for a point with an infinite
    /// loss, or with an absurdly good one.
    pub(super) fn losses(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let points = &clipped(absurd::penalized(points.to_vec()), self.weights.len());
        let ranges = ranges(points, self.weights.len());
        points.iter().map(|point| self.loss(point, &ranges)).collect()
    }

    fn loss(&self, point: &[f64], ranges: &[(f64, f64)]) -> f64 {
        if point.contains(&f64::INFINITY) {
            return f64::INFINITY;
        }
        let scaled = |(loss, (best, worst)): (&f64, &(f64, f64))| {
            let range = worst / 2.0 - best / 2.0;
            if range > 0.0 { ((loss / 2.0 - best / 2.0) / range).max(0.0) } else { 0.0 }
        };
        let weighted = || {
            point
                .iter()
                .zip(ranges)
                .map(scaled)
                .zip(&self.weights)
                .map(|(scaled, weight)| scaled * weight)
        };
        weighted().fold(0.0, f64::max) + SUM * weighted().sum::<f64>()
    }
}

const WEIGHTS: u64 = 0x5745_4947_4854_5300;

/// Clips absurd losses to the worst, or the best, ordinary one of their objective.
fn clipped(mut points: Vec<Vec<f64>>, objectives: usize) -> Vec<Vec<f64>> {
    for objective in 0..objectives {
        let finite = points.iter().filter(|point| point.iter().all(|loss| loss.is_finite()));
        let Some(ordinary) =
            Ordinary::of(&finite.map(|point| point[objective]).collect::<Vec<_>>())
        else {
            continue;
        };
        for point in points.iter_mut().filter(|point| point.iter().all(|loss| loss.is_finite())) {
            point[objective] = point[objective].clamp(ordinary.best, ordinary.worst);
        }
    }
    points
}

/// Returns the best loss of each objective, and the worst one on the front. If all points of the
/// front are equal in an objective, its worst loss is that of all points.
fn ranges(points: &[Vec<f64>], objectives: usize) -> Vec<(f64, f64)> {
    let finite: Vec<&Vec<f64>> =
        points.iter().filter(|point| point.iter().all(|loss| loss.is_finite())).collect();
    let fronts = pareto::fronts(&finite);
    let first =
        || finite.iter().zip(&fronts).filter(|(_, front)| **front == 0).map(|(point, _)| point);
    let range = |objective: usize| {
        let best = first().map(|point| point[objective]).fold(f64::INFINITY, f64::min);
        let on_front = first().map(|point| point[objective]).fold(f64::NEG_INFINITY, f64::max);
        let worst = finite.iter().map(|point| point[objective]).fold(f64::NEG_INFINITY, f64::max);
        (best, if on_front > best { on_front } else { worst })
    };
    (0..objectives).map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trial_has_weights_of_its_own() {
        let weights = |number| Scalarization::of_trial(3, number, 1).weights;
        assert_eq!(weights(5), weights(5));
        assert_ne!(weights(5), weights(6));
        let mean = (0..4000).map(|number| weights(number)[0]).sum::<f64>() / 4000.0;
        assert!((mean - 1.0 / 3.0).abs() < 0.01, "{mean}");
        assert!((0..100).all(|number| (weights(number).iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }

    /// A dominated point is never the best one, and units do not matter.
    #[test]
    fn the_lowest_loss_is_on_the_front() {
        let points: Vec<Vec<f64>> = (0..40)
            .map(|row| vec![f64::from(row * 37 % 41), 1e9 * f64::from(row * 23 % 43)])
            .chain([vec![f64::INFINITY, -1.0]])
            .collect();
        let scaled: Vec<Vec<f64>> =
            points.iter().map(|point| vec![point[0] * 8.0, point[1] / 1024.0]).collect();
        let fronts = pareto::fronts(&points[..40]);
        for number in 0..50 {
            let scalar = Scalarization::of_trial(2, number, 7);
            let losses = scalar.losses(&points);
            let best = (0..losses.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b])).unwrap();
            assert_eq!(fronts[best], 0, "{losses:?}");
            assert_eq!(losses, scalar.losses(&scaled));
            assert_eq!(losses[40], f64::INFINITY);
        }
    }

    #[test]
    fn objectives_that_are_constant_say_nothing() {
        let losses = Scalarization::of_trial(2, 1, 1).losses(&[vec![1.0, 5.0], vec![1.0, 6.0]]);
        assert!(losses[0] < losses[1]);
        assert_eq!(Scalarization::of_trial(2, 1, 1).losses(&[vec![1.0, 5.0]]), [0.0]);
        let huge =
            Scalarization::of_trial(2, 1, 1).losses(&[vec![-f64::MAX, 0.0], vec![f64::MAX, -1.0]]);
        assert!(huge.iter().all(|loss| loss.is_finite()), "{huge:?}");
    }

    /// This includes points that are on the front because of their other loss.
    #[test]
    fn absurd_losses_do_not_squeeze_the_others_together() {
        let plain: Vec<Vec<f64>> =
            (0..30).map(|row| vec![f64::from(row * 7 % 30), f64::from(row * 11 % 30)]).collect();
        for absurd in [vec![-1.0, 1e9], vec![1e300, -1.0], vec![f64::MAX; 2], vec![-1.0, f64::MIN]]
        {
            let all = [&plain[..], std::slice::from_ref(&absurd)].concat();
            let scalar = Scalarization::of_trial(2, 3, 1);
            let spread =
                |losses: &[f64]| losses.iter().copied().fold(f64::MIN, f64::max) - losses[0];
            let (before, after) =
                (spread(&scalar.losses(&plain)), spread(&scalar.losses(&all)[..30]));
            assert!(after > 0.5 * before, "{absurd:?}: {after} instead of {before}");
        }
    }
}

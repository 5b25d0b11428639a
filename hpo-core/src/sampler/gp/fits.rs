//! Fitted hyperparameters, and a cache of the latest ones, each with all its inputs.

use std::sync::{Arc, OnceLock};

use super::target::Target;
use super::training_data::{TrainingSet, borrowed, picked, thinned};
use crate::gp::encoding::Encoding;
use crate::gp::fit::{self, LengthScalePrior};
use crate::gp::kernel::Hyperparameters;
use crate::gp::posterior::Posterior;
use crate::numeric::cholesky::Cholesky;

/// The largest number of results to which hyperparameters are fitted.
const MOST_FITTED: usize = 120;

/// The largest number of results that the model is conditioned on, not counting those since the
/// last fit.
pub(super) const MOST_MODELLED: usize = 500;

/// The number of fits of losses that are cached: warped and plain, each with both length scale
/// priors.
const MOST_FITS: usize = 4;

/// Hyperparameters fitted to some results, and the Cholesky factor of the points that the model is
/// conditioned on.
#[derive(Debug)]
pub(super) struct Fit {
    points: Vec<Vec<f64>>,
    values: Vec<f64>,
    lengths: LengthScalePrior,
    noise: Option<f64>,
    pub(super) hyper: Hyperparameters,
    /// The leave-one-out rank correlation of the better half of these values, computed on demand.
    loo_rank_correlation: OnceLock<f64>,
    held: Vec<Vec<f64>>,
    /// `None` if the covariances cannot be factored.
    base: Option<Cholesky>,
}

/// The latest fits, the newest first.
#[derive(Debug, Default)]
pub(super) struct Fits(Vec<Arc<Fit>>);

impl Fits {
    /// Returns the fit to the rows that have a value, from the cache if possible.
    pub(super) fn fit(
        &mut self,
        encoding: &Encoding,
        target: Target,
        rows: &TrainingSet,
        noise: Option<f64>,
        lengths: LengthScalePrior,
    ) -> Arc<Fit> {
        let known = target.known(rows);
        let order = picked(&rows.order(), &known);
        let best = |most: usize| -> Vec<usize> {
            thinned(&order, most).into_iter().map(|index| known[index]).collect()
        };
        let which = best(MOST_FITTED);
        let (points, values) = (borrowed(&rows.points, &which), target.values(rows, &which));
        let held = borrowed(&rows.points, &best(MOST_MODELLED));
        let is_equal = |fit: &&Arc<Fit>| {
            let settings = fit.lengths == lengths && fit.noise == noise;
            settings && fit.values == values && fit.points == points && fit.held == held
        };
        if let Some(fit) = self.0.iter().find(is_equal) {
            return Arc::clone(fit);
        }
        let hyper = fit::fit(encoding, &points, &values, noise, lengths);
        let base = Posterior::base(encoding, &hyper, &held);
        let owned = |points: Vec<&[f64]>| points.into_iter().map(<[f64]>::to_vec).collect();
        let (points, held, loo_rank_correlation) = (owned(points), owned(held), OnceLock::new());
        let fit = Arc::new(Fit {
            points,
            values,
            lengths,
            noise,
            hyper,
            loo_rank_correlation,
            held,
            base,
        });
        self.0.truncate(MOST_FITS + 2 * rows.constraints.len() - 1);
        self.0.insert(0, Arc::clone(&fit));
        fit
    }
}

impl Fit {
    /// Returns the Cholesky factor, if it is that of the first of these rows. It is not if a trial
    /// has gone on since the fit, which changes the lag of its point.
    pub(super) fn base_of(&self, rows: &TrainingSet, held: &[usize]) -> Option<&Cholesky> {
        let is_prefix = self.held.len() <= held.len()
            && self.held.iter().zip(held).all(|(point, row)| *point == rows.points[*row]);
        self.base.as_ref().filter(|_| is_prefix)
    }

    pub(super) fn loo_rank_correlation(&self, encoding: &Encoding) -> f64 {
        *self.loo_rank_correlation.get_or_init(|| {
            let points: Vec<&[f64]> = self.points.iter().map(Vec::as_slice).collect();
            let posterior = Posterior::new(encoding, &self.hyper, &points, &self.values);
            posterior.map_or(-1.0, |posterior| posterior.loo_rank_correlation(&self.values))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::output_transform::Outputs;
    use crate::space::{FlatSpace, Space};

    /// Losses and constraints may be equal, and yet be fitted differently: their fits must not be
    /// confused in the cache.
    #[test]
    fn fits_with_another_noise_are_others() {
        let flat =
            FlatSpace::new(&Space::from_json(r#"{"float": {"low": 0, "high": 1}}"#).unwrap())
                .unwrap();
        let encoding = Encoding::new(&flat);
        let points: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i) / 5.0, 0.0]).collect();
        let values = vec![1.0, -0.5, 1.0, -0.5, 1.0, -0.5];
        let (violations, constraints) = (vec![0.0; 6], vec![values.clone()]);
        let rows = TrainingSet { points, losses: values, violations, constraints };
        let (mut warm, mut cold) = (Fits::default(), Fits::default());
        let fit = |fits: &mut Fits, target, noise| {
            fits.fit(&encoding, target, &rows, noise, LengthScalePrior::Short)
        };
        let plain = Target::Losses(Outputs::Plain);
        let fixed = fit(&mut warm, plain, Some(0.01));
        let constraint = fit(&mut warm, Target::Constraint(0), None);
        assert_eq!(fixed.hyper.noise, [0.01]);
        assert_eq!(constraint.hyper, fit(&mut cold, Target::Constraint(0), None).hyper);
        assert!(Arc::ptr_eq(&fixed, &fit(&mut warm, plain, Some(0.01))), "an equal one is kept");
    }
}

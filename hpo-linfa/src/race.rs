//! Cross-validation as a race: fold by fold, so that a pruner can stop a losing config early.
//!
//! Fold `k` is step `k` of the trial, from 1. All configs use the folds in the same order, so their
//! scores are paired: the Wilcoxon pruner compares a trial with the best one over the folds that
//! both have run. This is the idea of racing ([Maron & Moore
//! 1993](https://papers.nips.cc/paper/1993/hash/02a32ad2669e6fe298e607fe7cc0e1a0-Abstract.html);
//! [Birattari et al. 2002](https://dl.acm.org/doi/10.5555/2955491.2955494)): fits that cannot
//! change the outcome are skipped.

use hpo_core::study::{Trial, TrialError, Values};

use crate::spread;

/// The value that a trial reports after each fold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reports {
    /// The score of the fold: for pruners that compare fold by fold (Wilcoxon).
    #[default]
    Folds,
    /// The mean of the folds so far: for pruners that compare one number (median, successive
    /// halving).
    Means,
}

/// The user attribute of a trial that stores its standard error.
pub const STANDARD_ERROR: &str = "standard_error";

/// The scores of a config over the folds. Its value as an objective is their mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The score of each fold, in the order of the folds.
    pub folds: Vec<f64>,
}

impl Score {
    /// Returns the mean over the folds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.folds.iter().sum::<f64>() / self.folds.len() as f64
    }

    /// Returns the standard error of the mean: the standard deviation of the folds divided by the
    /// square root of their number. `None` for a single fold. Training parts overlap, so the true
    /// standard error is somewhat larger
    /// ([Bengio & Grandvalet 2004](https://jmlr.org/papers/v5/grandvalet04a.html)).
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        let count = self.folds.len() as f64;
        let mean = self.mean();
        let unit = spread::unit(&self.folds);
        let squares: f64 =
            self.folds.iter().map(|score| (score / unit - mean / unit).powi(2)).sum();
        (self.folds.len() > 1).then(|| unit * (squares / (count - 1.0) / count).sqrt())
    }
}

impl Values for Score {
    fn values(self) -> Vec<f64> {
        vec![self.mean()]
    }
}

/// Scores a config fold by fold, reports each score, and stores the standard error of the mean on
/// the trial.
///
/// # Errors
/// The errors of `score`, a score that is NaN, and the end of the trial by a pruner, a time limit
/// or an interruption. Pass all of them on with `?`.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_linfa::race::{Reports, cross_validate};
/// use hpo_linfa::split::Splits;
///
/// #[derive(Debug, SearchSpace)]
/// struct Power {
///     #[search_space(range = 1..=3)]
///     degree: i32,
/// }
///
/// // y = x²: how well does the mean of the training rows' y / x^degree fit the test rows?
/// let rows: Vec<(f64, f64)> = (1..=12).map(|x| (f64::from(x), f64::from(x * x))).collect();
/// let plan = Splits::KFold { folds: 4 }.plan(rows.len(), None, 7)?;
/// let study = Study::<Power>::minimize().seed(1).open()?;
/// study.optimize(3, |power, trial| {
///     cross_validate(trial, Reports::Folds, plan.splits(), |split| {
///         let factors = split.train.iter().map(|row| rows[*row].1 / rows[*row].0.powi(power.degree));
///         let factor = factors.sum::<f64>() / split.train.len() as f64;
///         let errors = split.test.iter().map(|row| (rows[*row].1 - factor * rows[*row].0.powi(power.degree)).abs());
///         Ok(errors.sum())
///     })
/// })?;
/// assert_eq!(study.best_config()?.degree, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cross_validate<F>(
    trial: &mut Trial<'_>,
    reports: Reports,
    folds: impl IntoIterator<Item = F>,
    mut score: impl FnMut(F) -> Result<f64, TrialError>,
) -> Result<Score, TrialError> {
    let mut scores = Score { folds: Vec::new() };
    for (step, fold) in (1..).zip(folds) {
        let value = score(fold)?;
        if value.is_nan() {
            return Err(TrialError::failed(format!("the score of fold {step} is NaN")));
        }
        scores.folds.push(value);
        let reported = match reports {
            Reports::Folds => value,
            Reports::Means => scores.mean(),
        };
        trial.report(step, reported)?;
    }
    if let Some(error) = scores.standard_error() {
        trial.set_attribute(STANDARD_ERROR, error)?;
    }
    Ok(scores)
}

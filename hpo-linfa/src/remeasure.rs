//! Finalists: the best trials of a search, measured again on splits that the search has not used.
//!
//! The best of many cross-validated scores is partly luck, so it does not decide alone.

use hpo_core::Study;
use hpo_core::space::counted;
use hpo_core::study::Parallel;
use hpo_core::trial::TrialRecord;

use crate::data::Dataset;
use crate::error::Error;
use crate::in_parallel::in_parallel;
use crate::prepared::{Categories, Prepared};
use crate::split::Splits;
use crate::task::Task;

/// The default number of finalists.
pub(crate) const FINALISTS: usize = 3;

/// The number of fresh splits.
const SPLITS: u64 = 2;

/// The rows of a search, and how they are split and scored.
pub(crate) struct Measuring<'a, K: Task> {
    pub(crate) table: &'a Dataset<K::Target>,
    pub(crate) splits: Splits,
    pub(crate) categories: &'a Categories,
    pub(crate) metric: K::Metric,
    pub(crate) seed: u64,
    /// The number of finalists.
    pub(crate) finalists: usize,
    /// The number of folds that are fitted at a time.
    pub(crate) workers: usize,
    /// Returns true if the time of the search is over.
    pub(crate) is_over: &'a (dyn Fn() -> bool + Sync),
}

impl<K: Task> Measuring<'_, K> {
    /// Returns the finalist with the best mean score on fresh splits, with this score; `None` if
    /// splits are not random, there are fewer than two finalists, or the time is over.
    pub(crate) fn best(
        &self,
        study: &Study<K::Config, Parallel>,
    ) -> Result<Option<(TrialRecord, f64)>, Error> {
        let finalists = study.best_trials(self.finalists)?;
        if finalists.len() < 2 || matches!(self.splits, Splits::TimeSeries { .. }) {
            return Ok(None);
        }
        study.announce(&format!(
            "measuring the best {} again, on {} fresh splits",
            counted(finalists.len(), "config"),
            SPLITS
        ));
        let fresh: Vec<Prepared<K::Target>> = (1..=SPLITS)
            .map(|round| {
                let seed = self.seed.wrapping_add(round.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                Prepared::new::<K>(self.table, self.splits, self.categories, seed)
            })
            .collect::<Result<_, _>>()?;
        let direction = study.oracle().directions()[0];
        let mut best: Option<(TrialRecord, f64)> = None;
        for trial in finalists {
            let config: K::Config = trial.config().map_err(hpo_core::Error::from)?;
            let score = self.score(&config, &fresh);
            if (self.is_over)() {
                return Ok(None);
            }
            let is_better = |best: &(TrialRecord, f64)| direction.is_better(score, best.1);
            if score.is_finite() && best.as_ref().is_none_or(is_better) {
                best = Some((trial, score));
            }
        }
        Ok(best)
    }

    /// Returns the mean score over all folds; NaN if a fold cannot be fitted, or the time is over.
    fn score(&self, config: &K::Config, fresh: &[Prepared<K::Target>]) -> f64 {
        let folds: Vec<_> = fresh.iter().flat_map(Prepared::folds).collect();
        let scores = in_parallel(folds.len(), self.workers, |place| {
            let fold = &folds[place];
            let fitted = K::fit(config, &fold.train, self.seed).ok().filter(|_| !(self.is_over)());
            fitted.map_or(f64::NAN, |fitted| K::score(self.metric, &fitted, &fold.test))
        });
        scores.into_iter().map(|score| score.unwrap_or(f64::NAN)).sum::<f64>() / folds.len() as f64
    }
}

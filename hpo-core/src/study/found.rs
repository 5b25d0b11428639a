//! What a search began with, and what it found by other measures than its values.

use super::{Config, Study};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::trial::TrialRecord;

impl<C: Config> Study<C> {
    /// The config of all defaults, with which a search begins; what has none is in the middle of its range, or the first choice.
    /// A search has to beat it on data that neither has seen.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    ///
    /// #[derive(Debug, Clone, PartialEq, SearchSpace)]
    /// struct Forest {
    ///     #[search_space(range = 1..=32, default = 8)]
    ///     depth: usize,
    ///     #[search_space(range = 0.0..=1.0)]
    ///     share: f64,
    /// }
    ///
    /// let study = Study::<Forest>::maximize().open()?;
    /// assert_eq!(study.default_config()?, Forest { depth: 8, share: 0.5 });
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the type, written by hand, does not read what its own space holds.
    pub fn default_config(&self) -> Result<C> {
        Ok(C::from_params(&self.slots().default_params())?)
    }

    /// The trial that is best, in the direction of the first objective, by a measure of yours; whatever its state, so that trials
    /// that were paused, pruned or have failed count with what they reported. Those that break a constraint do not count, nor those
    /// without the measure or with NaN; of equals the first is it.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    ///
    /// # #[derive(Debug, Clone, SearchSpace)]
    /// # struct Rate { #[search_space(range = 0.0..=1.0)] rate: f64 }
    /// let study = Study::<Rate>::minimize().seed(1).open()?;
    /// study.optimize(5, |config, trial| {
    ///     for epoch in trial.steps(3) {
    ///         trial.report(epoch, (config.rate - 0.1 * epoch as f64).abs())?;
    ///     }
    ///     Ok::<_, TrialError>(config.rate)
    /// })?;
    /// let by_last = study.best_by(|trial| Some(trial.last_report()?.1))?.unwrap();
    /// let by_best = study.best_by(|trial| Some(trial.best_report(Direction::Minimize)?.1))?.unwrap();
    /// assert_eq!(by_last.last_report().unwrap().0, 3);
    /// assert!(by_best.best_report(Direction::Minimize) <= by_last.best_report(Direction::Minimize));
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the storage fails.
    pub fn best_by(&self, measure: impl Fn(&TrialRecord) -> Option<f64>) -> Result<Option<TrialRecord>> {
        let direction = self.oracle().directions()[0];
        let measured = self
            .trials()?
            .into_iter()
            .filter(|trial| trial.is_feasible() && !trial.is_set_aside())
            .filter_map(|trial| Some((measure(&trial)?, trial)));
        let best = measured
            .filter(|(value, _)| !value.is_nan())
            .reduce(|best, next| if direction.is_better(next.0, best.0) { next } else { best });
        Ok(best.map(|(_, trial)| trial))
    }

    /// The checkpoint of a trial's best report; else its last one. `None` if it has kept none, and after several executions outside
    /// a schedule, of which none is the trial's own.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn checkpoint(&self, number: u64) -> Result<Option<Checkpoint>> {
        self.oracle().checkpoint(number)
    }
}

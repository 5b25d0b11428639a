//! Runs of a study, with closures that one thread calls, or several.

use std::sync::atomic::Ordering;

use super::outcome::Evaluation;
use super::run::{Run, RunEvent, Runner, SharedEvaluate};
use super::{Config, Parallel, Study, Trial};
use crate::error::{Error, Result};
use crate::sync::lock;

impl<C, W> Study<C, W> {
    /// Tells the callbacks that the program goes on with work of its own after a run
    /// ([`RunEvent::Continued`]), so that [`Progress`](super::Progress) does not end in silence.
    /// `work` is a line of text.
    pub fn announce(&self, work: &str) {
        for callback in &self.settings.callbacks {
            // The run is over: there is nothing to stop.
            let _ = callback.notice(&RunEvent::Continued { work });
        }
    }
}

impl<C: Config> Study<C> {
    /// Evaluates configs until the study has `n` trials; existing trials count.
    ///
    /// The objective gets the config and the running trial. It returns its value (`f64`), its
    /// values (`[f64; N]`, `Vec<f64>`) or a `Result` of these with any error:
    /// [`TrialError`](super::TrialError), `anyhow::Error`, `Box<dyn Error>`, or your own. Errors,
    /// panics and NaN make a failed trial with a message; the search goes on.
    ///
    /// ```
    /// # use hpo_core::prelude::*;
    /// # #[derive(SearchSpace, Clone, Debug)]
    /// # struct Config { #[search_space(range = 0.0..=1.0)] rate: f64 }
    /// let study = Study::<Config>::minimize().seed(1).open()?;
    /// let mut rates = Vec::new();
    /// study.optimize(10, |config, trial| {
    ///     rates.push(config.rate);
    ///     let limit: f64 = "0.5".parse()?;                // any error fails the trial
    ///     trial.report(1, (config.rate - limit).abs())?;  // a pruner may end it here
    ///     Ok::<_, TrialError>((config.rate - limit).abs())
    /// })?;
    /// assert_eq!(rates.len(), 10);
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `n` is 0, the storage fails, the sampler cannot work with the space, the objective
    /// returns another number of values than the study has objectives, or too many trials fail [in
    /// a row](super::StudyBuilder::max_consecutive_failures).
    pub fn optimize<E: Evaluation<Kind>, Kind>(
        &self,
        n: u64,
        mut objective: impl FnMut(C, &mut Trial<'_>) -> E,
    ) -> Result<Run> {
        self.ran(self.runner(n)?.alone(&mut |job, trial| {
            let config = C::from_params(&job.params)?;
            objective(config, trial).evaluation()
        }))
    }
}

impl<C: Config> Study<C, Parallel> {
    /// Runs as [`Study::optimize`] of one thread does, but calls the objective from several threads
    /// at once. So it must be `Sync`, and must change its captures through a lock or an atomic.
    ///
    /// # Errors
    /// See [`Study::optimize`] of one thread.
    pub fn optimize<E: Evaluation<Kind>, Kind>(
        &self,
        n: u64,
        objective: impl Fn(C, &mut Trial<'_>) -> E + Sync,
    ) -> Result<Run> {
        self.drive(n, &|job, trial| {
            let config = C::from_params(&job.params)?;
            objective(config, trial).evaluation()
        })
    }

    pub(crate) fn drive(&self, n: u64, evaluate: &SharedEvaluate<'_>) -> Result<Run> {
        self.ran(self.runner(n)?.side_by_side(evaluate))
    }
}

impl<C: Config, W> Study<C, W> {
    fn runner(&self, n: u64) -> Result<Runner<'_>> {
        if n == 0 {
            let problem = "is 0: write how many trials the study should have in all".to_owned();
            return Err(Error::Setting { setting: "n", problem });
        }
        self.stop.store(false, Ordering::Relaxed);
        Ok(Runner::new(&self.oracle, &self.settings, n, &self.stop))
    }

    fn ran(&self, run: Result<Run>) -> Result<Run> {
        *lock(&self.last_run) = run.as_ref().ok().cloned();
        run
    }

    /// Returns the result of the last run: the one that [`optimize`](Self::optimize) returned, or
    /// that [`StudyBuilder::run`](super::StudyBuilder::run) dropped. Returns `None` before the
    /// first run, and after a run that ended with an error.
    ///
    /// ```
    /// # use hpo_core::prelude::*;
    /// # #[derive(SearchSpace, Clone, Debug)]
    /// # struct Config { #[search_space(range = 0.0..=1.0)] rate: f64 }
    /// let study = Study::<Config>::minimize().run(20, |config| config.rate)?;
    /// if study.last_run().is_some_and(|run| run.is_interrupted()) {
    ///     std::process::exit(130);                // as a shell expects after Ctrl-C
    /// }
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    #[must_use]
    pub fn last_run(&self) -> Option<Run> {
        lock(&self.last_run).clone()
    }
}

//! What a study has found: its best trials by other measures, what its parameters mattered, its report.

use std::fmt::Write as _;

use super::oracle::Oracle;
use super::run::GONE_ON;
use super::{Config, Study};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::report::advice::Advice;
use crate::report::importance::{Importances, Measure};
use crate::report::{Contents, Expectation, Overview, Report, Subject, TrialTable};
use crate::space::counted;
use crate::terminal::one_line;
use crate::trial::attribute_keys::{IGNORED_BUDGET, REFITTED, WENT_ON};
use crate::trial::{State, TrialRecord};

impl<C: Config, W> Study<C, W> {
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

    /// How much each parameter mattered for one objective, counted from 0.
    ///
    /// # Errors
    /// If there is nothing to measure, such as too few trials; or if the storage fails.
    pub fn importances(&self, measure: &Measure, objective: usize) -> Result<Importances> {
        self.oracle().importances(measure, objective)
    }

    /// What to do next: each a fact with a sentence.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn advice(&self) -> Result<Vec<Advice>> {
        self.oracle().advice()
    }

    /// What to expect of the best config, beside its value; none where that cannot be told.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn expectation(&self) -> Result<Option<Expectation>> {
        self.oracle().expectation()
    }

    /// A report as the study stands: figures, best config, trials. With the feature `page` it is written as one page by
    /// `report.html(path)`, with `pictures` as files by `report.svg(folder)` and `report.png(folder)`.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn report(&self) -> Result<Report> {
        self.oracle().subject(|subject| Report::of(std::slice::from_ref(subject)))
    }

    /// A few lines for a terminal: how many trials, how they ended, the best value.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn summary(&self) -> Result<String> {
        self.oracle().subject(|subject| Overview::of(subject).summary())
    }

    /// The results in words: how many trials, the best `count` of them, how many failed and why.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn results_summary(&self, count: usize) -> Result<String> {
        let trials = self.trials()?;
        let mut text = self.oracle().subject(|subject| {
            format!("{} to {}\n", counted(trials.len(), "trial"), Overview::with(subject, None).objectives())
        })?;
        for trial in self.best_trials(count)? {
            let _ = writeln!(text, "{}", trial.summary());
        }
        let infeasible = trials.iter().filter(|trial| trial.state == State::Complete && !trial.is_feasible()).count();
        if infeasible > 0 {
            let trials = if infeasible == 1 { "trial breaks its" } else { "trials break their" };
            let _ = writeln!(text, "{infeasible} {trials} constraints");
        }
        let failed = || trials.iter().filter(|trial| trial.state == State::Failed);
        if let Some(last) = failed().max_by_key(|trial| trial.finished) {
            let message = one_line(last.message.as_deref().unwrap_or("no message"));
            let _ = writeln!(text, "{} failed, the last with: {message}", counted(failed().count(), "trial"));
        }
        let noted = |key: &str| trials.iter().filter(|trial| trial.attributes.system.contains_key(key)).count();
        let (refitted, unasked, went_on) = (noted(REFITTED), noted(IGNORED_BUDGET), noted(WENT_ON));
        if went_on > 0 {
            let _ = writeln!(text, "in {went_on} trials the objective {GONE_ON}");
        }
        if unasked > 0 {
            let _ = writeln!(
                text,
                "{} did not ask how far to train, and trained all the way: see Trial::steps and Trial::budget",
                counted(unasked, "trial")
            );
        }
        if refitted > 0 {
            let _ = writeln!(
                text,
                "{} fitted again from the beginning: the model keeps no checkpoints, or does not restore them",
                if refitted == 1 {
                    "1 promoted trial was".to_owned()
                } else {
                    format!("{refitted} promoted trials were")
                }
            );
        }
        Ok(text)
    }

    /// All trials as a table, to be written as CSV or JSON.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn table(&self) -> Result<TrialTable> {
        self.oracle().subject(TrialTable::of)
    }
}

impl Oracle {
    /// How much each parameter mattered for one objective, counted from 0.
    ///
    /// # Errors
    /// If there is nothing to measure, such as too few trials; or if the storage fails.
    pub fn importances(&self, measure: &Measure, objective: usize) -> Result<Importances> {
        Ok(self.subject(|subject| measure.importances(subject, objective))??)
    }

    /// What to do next: each a fact with a sentence.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn advice(&self) -> Result<Vec<Advice>> {
        self.subject(Advice::on)
    }

    /// What to expect of the best config, beside its value; none where that cannot be told.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn expectation(&self) -> Result<Option<Expectation>> {
        self.subject(Expectation::of)
    }

    /// A report as the study stands, with what was computed or wished elsewhere.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn report(&self, contents: &Contents) -> Result<Report> {
        self.subject(|subject| Report::with(std::slice::from_ref(subject), contents))
    }

    /// Looks at the study as a subject of reports.
    pub(super) fn subject<T>(&self, look: impl FnOnce(&Subject<'_>) -> T) -> Result<T> {
        self.look(|trials| {
            let (name, directions, slots) = (self.name(), self.directions(), Some(self.slots()));
            let metrics = self.metric_names();
            let seen = self.map.is_evolved().then(|| trials.seen_through(&self.map));
            let trials = seen.as_ref().unwrap_or(trials);
            look(&Subject { name, directions, trials, slots, metrics })
        })
    }
}

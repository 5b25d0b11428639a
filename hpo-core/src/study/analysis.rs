//! Results of a study: its best trials by other measures, the importances of its parameters, its
//! report.

use std::fmt::Write as _;

use super::oracle::Oracle;
use super::run::GONE_ON;
use super::{Config, Study};
use crate::artifact::Artifact;
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::report::advice::Advice;
use crate::report::importance::{Importances, Measure};
use crate::report::{Overview, Report, ReportContents, StudyView, TrialTable, ValueEstimate};
use crate::space::counted;
use crate::terminal::one_line;
use crate::trial::attribute_keys::{IGNORED_BUDGET, REFITTED, WENT_ON};
use crate::trial::{State, TrialRecord};

impl<C: Config, W> Study<C, W> {
    /// Returns the config of all defaults, with which a search begins. A parameter without a
    /// default gets the middle of its range, or its first choice. The best config should beat this
    /// one on data that neither has seen.
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
    /// If the type has a handwritten implementation that cannot read points of its own space.
    pub fn default_config(&self) -> Result<C> {
        Ok(C::from_params(&self.flat_space().default_params())?)
    }

    /// Returns the best trial by a custom `measure`, in the direction of the first objective.
    /// Trials of all states count, so paused, pruned and failed trials can be compared by their
    /// reports. Trials that violate a constraint, have no measure, or have NaN do not count. Of
    /// equal trials, the first is returned.
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
    /// let minimize = Direction::Minimize;
    /// let by_best = study.best_by(|trial| Some(trial.best_report(minimize)?.1))?.unwrap();
    /// assert_eq!(by_last.last_report().unwrap().0, 3);
    /// assert!(by_best.best_report(minimize) <= by_last.best_report(minimize));
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the storage fails.
    pub fn best_by(
        &self,
        measure: impl Fn(&TrialRecord) -> Option<f64>,
    ) -> Result<Option<TrialRecord>> {
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

    /// Returns the checkpoint of a trial's best report, or else its last one. Returns `None` if the
    /// trial has none, and after several executions outside a schedule, because none of their
    /// checkpoints belongs to the trial.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn checkpoint(&self, number: u64) -> Result<Option<Checkpoint>> {
        self.oracle().checkpoint(number)
    }

    /// Returns the [artifacts](crate::Trial::artifact) of a trial, by name, Optuna's too.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn artifacts(&self, number: u64) -> Result<Vec<Artifact>> {
        self.oracle().artifacts(number)
    }

    /// Returns the contents of a trial's artifact by its name; `None` if there is none.
    ///
    /// # Errors
    /// If the study has no folder for artifacts, or the storage or the file cannot be read.
    pub fn artifact(&self, number: u64, name: &str) -> Result<Option<Vec<u8>>> {
        self.oracle().artifact(number, name)
    }

    /// Returns the importance of each parameter for one objective, counted from 0.
    ///
    /// # Errors
    /// If there is nothing to measure, such as too few trials; or if the storage fails.
    pub fn importances(&self, measure: &Measure, objective: usize) -> Result<Importances> {
        self.oracle().importances(measure, objective)
    }

    /// Returns advice on what to do next: facts, each with a sentence.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn advice(&self) -> Result<Vec<Advice>> {
        self.oracle().advice()
    }

    /// Returns the expected performance of the best config, in addition to its value; `None` if it
    /// cannot be estimated.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn expectation(&self) -> Result<Option<ValueEstimate>> {
        self.oracle().expectation()
    }

    /// Returns a report of the present study: figures, best config, trials. With the feature
    /// `page`, `report.html(path)` writes it as one page. With `pictures`, `report.svg(folder)` and
    /// `report.png(folder)` write it as files.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn report(&self) -> Result<Report> {
        self.oracle().subject(|subject| Report::of(std::slice::from_ref(subject)))
    }

    /// Returns a short summary for a terminal: the number of trials, how they ended, the best
    /// value.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn summary(&self) -> Result<String> {
        self.oracle().subject(|subject| Overview::of(subject).summary())
    }

    /// Returns the results in words: the number of trials, the best `count` of them, the number of
    /// failures and their reason.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn results_summary(&self, count: usize) -> Result<String> {
        let trials = self.trials()?;
        let mut text = self.oracle().subject(|subject| {
            format!(
                "{} to {}\n",
                counted(trials.len(), "trial"),
                Overview::with(subject, None).objectives()
            )
        })?;
        for trial in self.best_trials(count)? {
            let _ = writeln!(text, "{}", trial.summary());
        }
        text += &shortcomings(&trials);
        Ok(text)
    }

    /// Returns all trials as a table, which can be written as CSV or JSON.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn table(&self) -> Result<TrialTable> {
        self.oracle().subject(TrialTable::of)
    }
}

impl Oracle {
    /// Returns the importance of each parameter for one objective, counted from 0.
    ///
    /// # Errors
    /// If there is nothing to measure, such as too few trials; or if the storage fails.
    pub fn importances(&self, measure: &Measure, objective: usize) -> Result<Importances> {
        Ok(self.subject(|subject| measure.importances(subject, objective))??)
    }

    /// Returns advice on what to do next: facts, each with a sentence.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn advice(&self) -> Result<Vec<Advice>> {
        self.subject(Advice::on)
    }

    /// Returns the expected performance of the best config, in addition to its value; `None` if it
    /// cannot be estimated.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn expectation(&self) -> Result<Option<ValueEstimate>> {
        self.subject(ValueEstimate::of)
    }

    /// Returns a report of the present study, with the given contents.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn report(&self, contents: &ReportContents) -> Result<Report> {
        self.subject(|subject| Report::with(std::slice::from_ref(subject), contents))
    }

    /// Passes the study to `look` as a subject of reports.
    pub(super) fn subject<T>(&self, look: impl FnOnce(&StudyView<'_>) -> T) -> Result<T> {
        self.with_trials(|trials| {
            let (name, directions, flat) =
                (self.name(), self.directions(), Some(self.flat_space()));
            let metrics = self.metric_names();
            let seen = self.map.is_evolved().then(|| trials.seen_through(&self.map));
            let trials = seen.as_ref().unwrap_or(trials);
            look(&StudyView { name, directions, trials, flat, metrics })
        })
    }
}

/// Returns lines on trials that violate constraints, have failed, or were run incorrectly.
fn shortcomings(trials: &[TrialRecord]) -> String {
    let mut text = String::new();
    let infeasible = trials
        .iter()
        .filter(|trial| trial.state == State::Complete && !trial.is_feasible())
        .count();
    if infeasible > 0 {
        let trials = if infeasible == 1 { "trial breaks its" } else { "trials break their" };
        let _ = writeln!(text, "{infeasible} {trials} constraints");
    }
    let failed = || trials.iter().filter(|trial| trial.state == State::Failed);
    if let Some(last) = failed().max_by_key(|trial| trial.finished) {
        let message = one_line(last.message.as_deref().unwrap_or("no message"));
        let _ = writeln!(
            text,
            "{} failed, the last with: {message}",
            counted(failed().count(), "trial")
        );
    }
    text + &misuses(trials)
}

/// Returns lines on objectives that ignore their budget or a request to stop, or that do not
/// restore checkpoints.
fn misuses(trials: &[TrialRecord]) -> String {
    let mut text = String::new();
    let marked =
        |key: &str| trials.iter().filter(|trial| trial.attributes.system.contains_key(key)).count();
    let (refitted, unasked, went_on) = (marked(REFITTED), marked(IGNORED_BUDGET), marked(WENT_ON));
    if went_on > 0 {
        let _ = writeln!(text, "in {went_on} trials the objective {GONE_ON}");
    }
    if unasked > 0 {
        let _ = writeln!(
            text,
            "{} did not ask for a budget, and trained to the end: see Trial::steps and \
             Trial::budget",
            counted(unasked, "trial")
        );
    }
    if refitted > 0 {
        let _ = writeln!(
            text,
            "{} fitted again from the beginning: the model keeps no checkpoints, or does not \
             restore them",
            if refitted == 1 {
                "1 promoted trial was".to_owned()
            } else {
                format!("{refitted} promoted trials were")
            }
        );
    }
    text
}

//! What a study has learned: thin, over the layer `report`. (A value on the way of a trial is what `report_step` notes.)

use std::fmt::Write as _;

use super::judging::{IGNORED_BUDGET, REFITTED, WENT_ON};
use super::run::GONE_ON;
use super::{Config, Oracle, Study};
use crate::error::Result;
use crate::report::{Contents, Overview, Report, Subject, TrialTable};
use crate::space::counted;
use crate::terminal::one_line;
use crate::trial::State;

impl<C: Config, W> Study<C, W> {
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
            trial.summary().lines().for_each(|line| {
                let _ = writeln!(text, "{}", one_line(line));
            });
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

//! The result of a search: the winner, fitted to all rows, and its comparison with other
//! estimators.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use hpo_core::Study;
use hpo_core::study::{Parallel, Run};
use hpo_core::trial::{State, TrialRecord};
use ndarray::Array2;

use crate::data::{Dataset, with_records};
use crate::encode::Encoder;
use crate::error::Error;
use crate::one_se::{one_se_choice, standard_error};
use crate::prepared::Prepared;
use crate::selection_rule::SelectionRule;
use crate::task::Task;

/// The best model of a search, fitted to all rows.
pub struct Best<K: Task> {
    trial: TrialRecord,
    fresh_score: Option<f64>,
    config: K::Config,
    fitted: K::Fitted,
    encoder: Option<Encoder>,
    metric: K::Metric,
    study: Study<K::Config, Parallel>,
    run: Run,
}

impl<K: Task> Best<K> {
    pub(crate) fn choose(
        study: Study<K::Config, Parallel>,
        run: Run,
        metric: K::Metric,
        seed: u64,
        (choice, measured): (SelectionRule, Option<(TrialRecord, f64)>),
        data: Prepared<K::Target>,
    ) -> Result<Self, Error> {
        let (trial, fresh_score) = match (choice, measured) {
            (SelectionRule::Best, Some((trial, score))) => (trial, Some(score)),
            (SelectionRule::Best, None) => (study.best_trial()?, None),
            (SelectionRule::OneStandardError, _) => (one_se_choice(&study, K::complexity)?, None),
        };
        let config: K::Config = trial.config().map_err(hpo_core::Error::from)?;
        let fitted = K::fit(&config, &data.all, seed).map_err(Error::Refit)?;
        Ok(Self { trial, fresh_score, config, fitted, encoder: data.encoder, metric, study, run })
    }

    /// Predicts the target of each row. `records` are raw features, before any encoding or scaling.
    ///
    /// # Panics
    /// If the rows have another number of features than those of the search.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> K::Predictions {
        match &self.encoder {
            Some(encoder) => K::predict(&self.fitted, &encoder.transform(records)),
            None => K::predict(&self.fitted, records),
        }
    }

    /// Scores the model on rows that the search has not seen, by the metric of the search.
    ///
    /// # Panics
    /// If the rows have another number of features than those of the search.
    #[must_use]
    pub fn score_on(&self, test: &Dataset<K::Target>) -> f64 {
        match &self.encoder {
            Some(encoder) => {
                let test = with_records(test, encoder.transform(&test.records));
                K::score(self.metric, &self.fitted, &test)
            }
            None => K::score(self.metric, &self.fitted, test),
        }
    }

    /// Returns the winner's config.
    #[must_use]
    pub fn config(&self) -> &K::Config {
        &self.config
    }

    /// Returns the winner's mean score over the folds. It is optimistic, as the best of many;
    /// [`score_on`](Self::score_on) with rows that were kept apart gives an unbiased score.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.trial.value().unwrap_or(f64::NAN)
    }

    /// Returns the winner's mean score over two splits that the search has not used, which is nearly
    /// unbiased: it is the best of a few [finalists](crate::tune::Search::finalists) only. `None` if
    /// they were not measured.
    #[must_use]
    pub fn fresh_score(&self) -> Option<f64> {
        self.fresh_score
    }

    /// Returns the standard error of the mean over the search's own folds; `None` for a single fold.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        standard_error(&self.trial)
    }

    /// Returns the fitted model, for rows whose categories are encoded already.
    #[must_use]
    pub fn fitted(&self) -> &K::Fitted {
        &self.fitted
    }

    /// Returns the winner's trial.
    #[must_use]
    pub fn trial(&self) -> &TrialRecord {
        &self.trial
    }

    /// Returns the outcome of the run.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Returns the study with all trials; failed ones have a message.
    #[must_use]
    pub fn study(&self) -> &Study<K::Config, Parallel> {
        &self.study
    }

    /// Returns a table as text: the best trial of each estimator, best first, with its standard
    /// error and the states of the estimator's trials.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn summary(&self) -> Result<String, Error> {
        let direction = self.study.oracle().directions()[0];
        let mut rows = self.rows()?.into_iter().collect::<Vec<_>>();
        let value = |row: &Row| row.best.as_ref().and_then(TrialRecord::value).unwrap_or(f64::NAN);
        rows.sort_by(|(_, a), (_, b)| direction.order(value(a), value(b)));
        let metric = K::objective(self.metric).name;
        let mut text =
            format!("{:<24}{metric:>22}{:>10}{:>8}{:>8}", "", "complete", "pruned", "failed");
        for (name, row) in rows {
            let score = match &row.best {
                None => "-".to_owned(),
                Some(trial) => match standard_error(trial) {
                    Some(error) => format!("{:.4} ± {error:.4}", trial.value().unwrap_or(f64::NAN)),
                    None => format!("{:.4}", trial.value().unwrap_or(f64::NAN)),
                },
            };
            let [complete, pruned, failed] = row.counts;
            let _ = write!(text, "\n{name:<24}{score:>22}{complete:>10}{pruned:>8}{failed:>8}");
        }
        Ok(text)
    }

    fn rows(&self) -> Result<BTreeMap<&'static str, Row>, Error> {
        let direction = self.study.oracle().directions()[0];
        let mut rows = BTreeMap::<&'static str, Row>::new();
        for trial in self.study.trials()? {
            let Ok(config) = trial.config::<K::Config>() else { continue };
            let row = rows.entry(K::name(&config)).or_default();
            match trial.state {
                State::Complete => row.counts[0] += 1,
                State::Pruned => row.counts[1] += 1,
                State::Failed => row.counts[2] += 1,
                _ => {}
            }
            let best = row.best.as_ref().and_then(TrialRecord::value);
            if trial
                .value()
                .is_some_and(|value| best.is_none_or(|best| direction.is_better(value, best)))
            {
                row.best = Some(trial);
            }
        }
        Ok(rows)
    }
}

/// The trials of an estimator.
#[derive(Default)]
struct Row {
    best: Option<TrialRecord>,
    /// The numbers of complete, pruned and failed trials.
    counts: [u64; 3],
}

impl<K: Task> fmt::Debug for Best<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Best");
        shown.field("config", &self.config).field("score", &self.score()).field("run", &self.run);
        shown.finish_non_exhaustive()
    }
}

//! The folds of a table, and the cross-validation of one config.

use hpo_core::study::{Trial, TrialEnd, TrialError};

use crate::context::FitContext;
use crate::estimator::FitError;
use crate::features::{Features, Targets};
use crate::learner::TableEstimator;
use crate::split::{SplitError, SplitPlan, Splits};
use crate::stages::{self, Stages};
use crate::table_metric::TableMetric;

/// A table split into training and test rows, several times.
#[derive(Debug)]
pub(super) struct TableFolds {
    folds: Vec<TableFold>,
    rows: usize,
    outputs: usize,
}

#[derive(Debug)]
struct TableFold {
    train: (Features, Targets),
    test: (Features, Targets),
    test_rows: Vec<usize>,
}

/// The result of a cross-validation.
#[derive(Clone, Debug)]
pub(super) struct OutOfFold {
    /// The predictions of each row by a model that has not seen it, `outputs` per row.
    pub(super) predictions: Vec<f64>,
    /// The number of rounds that suited all folds best.
    pub(super) rounds: usize,
    /// The score of each fold.
    pub(super) scores: Vec<f64>,
}

impl OutOfFold {
    pub(super) fn mean(&self) -> f64 {
        self.scores.iter().sum::<f64>() / self.scores.len() as f64
    }
}

impl TableFolds {
    pub(super) fn new(
        features: &Features,
        targets: &Targets,
        folds: usize,
        seed: u64,
    ) -> Result<Self, SplitError> {
        let plan = plan(targets, folds, seed)?;
        let cut = |rows: &[usize]| (features.select(rows), targets.select(rows));
        let folds = plan.splits().iter().map(|split| TableFold {
            train: cut(&split.train),
            test: cut(&split.test),
            test_rows: split.test.clone(),
        });
        let (rows, outputs) = (features.rows, targets.outputs());
        Ok(Self { folds: folds.collect(), rows, outputs })
    }

    /// Cross-validates a config. `report` receives the mean score after each fold.
    pub(super) fn cross_validate<E: TableEstimator>(
        &self,
        config: &E,
        metric: TableMetric,
        context: FitContext<'_>,
        mut report: impl FnMut(u64, f64) -> Result<(), TrialEnd>,
    ) -> Result<OutOfFold, Ended> {
        let mut all: Vec<Stages> = Vec::new();
        let mut rounds = 0;
        let mut scores = Vec::new();
        for (step, fold) in (1..).zip(&self.folds) {
            let (train, test) = ((&fold.train.0, &fold.train.1), (&fold.test.0, &fold.test.1));
            all.push(config.stages(train, test, context).map_err(Ended::Fit)?);
            rounds = self.best_rounds(&all);
            let tested = self.folds.iter().zip(&all);
            scores = tested
                .map(|(fold, stages)| metric.score(&fold.test.1, stages.at(rounds).1))
                .collect();
            let mean = scores.iter().sum::<f64>() / scores.len() as f64;
            report(step, mean).map_err(Ended::Trial)?;
        }
        Ok(OutOfFold { predictions: self.joined(&all, rounds), rounds, scores })
    }

    /// Returns the number of rounds with the smallest loss over all rows that were tested.
    fn best_rounds(&self, all: &[Stages]) -> usize {
        let mut candidates: Vec<usize> =
            all.iter().flat_map(|stages| stages.stages.iter().map(|(rounds, _)| *rounds)).collect();
        candidates.sort_unstable();
        candidates.dedup();
        if candidates.len() == 1 {
            return candidates[0];
        }
        // The losses of each fold are computed once per stage.
        let losses: Vec<Vec<f64>> = all
            .iter()
            .zip(&self.folds)
            .map(|(stages, fold)| {
                let loss = |(_, predicted): &(usize, Vec<f64>)| {
                    stages::loss(&fold.test.1, predicted) * fold.test_rows.len() as f64
                };
                stages.stages.iter().map(loss).collect()
            })
            .collect();
        let loss = |rounds: usize| -> f64 {
            let own = |(stages, losses): (&Stages, &Vec<f64>)| losses[stages.place(rounds)];
            all.iter().zip(&losses).map(own).sum()
        };
        let with_loss = candidates.into_iter().map(|rounds| (loss(rounds), rounds));
        with_loss.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, rounds)| rounds)
    }

    fn joined(&self, all: &[Stages], rounds: usize) -> Vec<f64> {
        let mut predictions = vec![0.0; self.rows * self.outputs];
        for (fold, stages) in self.folds.iter().zip(all) {
            let predicted = stages.at(rounds).1.chunks_exact(self.outputs);
            for (row, predicted) in fold.test_rows.iter().zip(predicted) {
                let begin = row * self.outputs;
                predictions[begin..begin + self.outputs].copy_from_slice(predicted);
            }
        }
        predictions
    }
}

/// Returns the plan of stratified folds. Classes with fewer rows than folds are dealt out together.
fn plan(targets: &Targets, folds: usize, seed: u64) -> Result<SplitPlan, SplitError> {
    let rows = targets.len();
    let Targets::Classes { codes, count } = targets else {
        return Splits::KFold { folds }.plan(rows, None, seed);
    };
    let mut counts = vec![0; *count];
    for code in codes {
        counts[*code] += 1;
    }
    let largest = (0..*count).max_by_key(|code| counts[*code]).unwrap_or(0);
    let grouped: Vec<usize> =
        codes.iter().map(|code| if counts[*code] < folds { largest } else { *code }).collect();
    Splits::Stratified { folds }.plan(rows, Some(&grouped), seed)
}

/// The reason why a cross-validation has no result.
#[derive(Debug)]
pub(super) enum Ended {
    Fit(FitError),
    Trial(TrialEnd),
}

impl Ended {
    /// Turns the reason into the end of a trial: one that ran out of time is pruned.
    pub(super) fn into_trial(self, trial: &Trial<'_>) -> TrialError {
        match self {
            Ended::Fit(FitError::OutOfTime) => trial.prune("the time of the search is over").into(),
            Ended::Fit(error) => error.into(),
            Ended::Trial(end) => end.into(),
        }
    }
}

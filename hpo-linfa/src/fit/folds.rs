//! The folds of a table, and the cross-validation of one config.
//!
//! In a race over a larger table, a config is first fitted to 10 % and to a third of the training
//! rows of the first fold: most configs need not be fitted to all rows to lose.

use std::time::{Duration, Instant};

use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::index;
use hpo_core::study::{Trial, TrialEnd, TrialError};

use crate::context::FitContext;
use crate::estimator::FitError;
use crate::features::{Features, Targets};
use crate::in_parallel::in_parallel;
use crate::learner::TableEstimator;
use crate::split::{SplitError, SplitPlan, Splits};
use crate::stages::Stages;
use crate::table_metric::TableMetric;

/// A table split into training and test rows, several times.
#[derive(Debug)]
pub(super) struct TableFolds {
    folds: Vec<TableFold>,
    /// Parts of the first fold with fewer rows, which a race runs first.
    reduced: Vec<TableFold>,
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
    /// The score over all folds: their mean, or that of all rows together.
    score: f64,
    /// The time of the slowest fold.
    pub(super) slowest: Duration,
}

impl OutOfFold {
    /// Returns the score over all folds.
    pub(super) fn mean(&self) -> f64 {
        self.score
    }
}

/// The shares of the training rows that a race over a larger table begins with.
const SHARES: [f64; 2] = [0.1, 1.0 / 3.0];

/// The number of rows from which a race begins with fewer rows.
pub(super) const LARGE: usize = 5_000;

/// The smallest number of test rows of a part with fewer rows, unless there are fewer.
const LEAST_TEST_ROWS: usize = 1_000;

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
        Ok(Self { folds: folds.collect(), reduced: Vec::new(), rows, outputs })
    }

    /// Adds parts with fewer rows if the table is large: a race begins with them.
    pub(super) fn with_reduced(mut self, seed: u64) -> Self {
        if let Some(first) = self.folds.first().filter(|_| self.rows >= LARGE) {
            self.reduced = SHARES.iter().map(|share| first.reduced(*share, seed)).collect();
        }
        self
    }

    /// Returns the training rows of each fold.
    pub(super) fn trains(&self) -> impl Iterator<Item = (&Features, &Targets)> {
        self.folds.iter().map(|fold| (&fold.train.0, &fold.train.1))
    }

    /// Returns the test rows of each fold.
    pub(super) fn tests(&self) -> impl Iterator<Item = (&Features, &Targets)> {
        self.folds.iter().map(|fold| (&fold.test.0, &fold.test.1))
    }

    /// Cross-validates a config fold by fold. `report` receives the score on each part with fewer
    /// rows, then the mean score after each fold, and may end the race.
    pub(super) fn race<E: TableEstimator>(
        &self,
        config: &E,
        metric: TableMetric,
        context: FitContext<'_>,
        mut report: impl FnMut(u64, f64) -> Result<(), TrialEnd>,
    ) -> Result<OutOfFold, Ended> {
        let mut steps = 1..;
        for (part, step) in self.reduced.iter().zip(steps.by_ref()) {
            let stages = [part.stages(config, context).map_err(Ended::Fit)?];
            let rounds = best_rounds(std::slice::from_ref(part), &stages);
            report(step, metric.score(&part.test.1, stages[0].at(rounds).1))
                .map_err(Ended::Trial)?;
        }
        let mut all: Vec<Stages> = Vec::new();
        let mut slowest = Duration::ZERO;
        for (fold, step) in self.folds.iter().zip(steps) {
            let started = Instant::now();
            all.push(fold.stages(config, context).map_err(Ended::Fit)?);
            slowest = slowest.max(started.elapsed());
            let score = self.score(metric, &all, best_rounds(&self.folds, &all));
            report(step, score).map_err(Ended::Trial)?;
        }
        Ok(self.out_of_fold(metric, &all, slowest))
    }

    /// Cross-validates a config, several folds at a time. The result does not depend on the number
    /// of workers.
    pub(super) fn cross_validate<E: TableEstimator>(
        &self,
        config: &E,
        metric: TableMetric,
        context: FitContext<'_>,
        workers: usize,
    ) -> Result<OutOfFold, FitError> {
        let started = Instant::now();
        let fit = |place: usize| self.folds[place].stages(config, context);
        let all: Vec<Stages> = in_parallel(self.folds.len(), workers, fit)
            .into_iter()
            .map(|stages| stages.unwrap_or(Err(FitError::Panicked)))
            .collect::<Result<_, _>>()?;
        let slowest = started.elapsed().mul_f64(workers.min(all.len()) as f64 / all.len() as f64);
        Ok(self.out_of_fold(metric, &all, slowest))
    }

    fn out_of_fold(&self, metric: TableMetric, all: &[Stages], slowest: Duration) -> OutOfFold {
        let rounds = best_rounds(&self.folds, all);
        let scores = self.scores(metric, all, rounds);
        let score = self.score(metric, all, rounds);
        OutOfFold { predictions: self.joined(all, rounds), rounds, scores, score, slowest }
    }

    /// Returns the score over some folds.
    fn score(&self, metric: TableMetric, all: &[Stages], rounds: usize) -> f64 {
        if !metric.is_pooled() {
            let scores = self.scores(metric, all, rounds);
            return scores.iter().sum::<f64>() / scores.len() as f64;
        }
        let tested = || self.folds.iter().zip(all);
        let targets = tested().map(|(fold, _)| fold.test.1.clone());
        let targets = targets.reduce(|all, own| all.joined(&own));
        let predictions: Vec<f64> =
            tested().flat_map(|(_, stages)| stages.at(rounds).1.iter().copied()).collect();
        targets.map_or(f64::NAN, |targets| metric.score(&targets, &predictions))
    }

    fn scores(&self, metric: TableMetric, all: &[Stages], rounds: usize) -> Vec<f64> {
        let tested = self.folds.iter().zip(all);
        tested.map(|(fold, stages)| metric.score(&fold.test.1, stages.at(rounds).1)).collect()
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

/// Returns the number of rounds with the smallest loss over all rows that were tested.
fn best_rounds(folds: &[TableFold], all: &[Stages]) -> usize {
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
        .zip(folds)
        .map(|(stages, fold)| {
            let loss = |(_, predicted): &(usize, Vec<f64>)| {
                stages.loss(&fold.test.1, predicted) * fold.test_rows.len() as f64
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

impl TableFold {
    fn stages<E: TableEstimator>(
        &self,
        config: &E,
        context: FitContext<'_>,
    ) -> Result<Stages, FitError> {
        let (train, test) = ((&self.train.0, &self.train.1), (&self.test.0, &self.test.1));
        config.stages(train, test, context)
    }

    /// Returns the fold with a random share of its rows.
    fn reduced(&self, share: f64, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut drawn = |count: usize, least: usize| {
            let most = ((count as f64 * share).ceil() as usize).max(least).min(count);
            index::sample(&mut rng, count, most).into_vec()
        };
        let train = drawn(self.train.1.len(), 1);
        let test = drawn(self.test.1.len(), LEAST_TEST_ROWS);
        let cut = |(features, targets): &(Features, Targets), rows: &[usize]| {
            (features.select(rows), targets.select(rows))
        };
        Self {
            train: cut(&self.train, &train),
            test: cut(&self.test, &test),
            test_rows: test.iter().map(|row| self.test_rows[*row]).collect(),
        }
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

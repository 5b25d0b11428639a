//! The complete search in one line: selects an estimator of linfa and its settings, and fits it to
//! all rows.
//!
//! Every estimator starts with its defaults, so that none is left out by chance; then the sampler
//! proposes configs. Configs race over the folds, the best of them are measured again on fresh
//! splits, and the winner is fitted to all rows.

use std::time::{Duration, Instant};

use hpo_core::Study;
use hpo_core::pruner::{SuccessiveHalving, Wilcoxon};
use hpo_core::study::{Parallel, StudyBuilder};
use hpo_core::trial::Direction;

use crate::best::Best;
use crate::classifier::Classifier;
use crate::data::Dataset;
use crate::encode::Encoding;
use crate::error::Error;
use crate::fingerprint::{Fingerprint, checksum};
use crate::prepared::{Categories, Prepared};
use crate::race::{Reports, cross_validate};
use crate::regressor::Regressor;
use crate::remeasure::{FINALISTS, Measuring};
use crate::selection_rule::SelectionRule;
use crate::split::Splits;
use crate::task::{Classification, Regression, Task};

/// A search among classifiers: all of linfa's, or those of your own config type.
pub type ClassifierSearch<C = Classifier> = Search<Classification<C>>;

/// A search among regressions: all of linfa's, or those of your own config type.
pub type RegressorSearch<C = Regressor> = Search<Regression<C>>;

/// The best classifier of a search, fitted to all rows.
pub type BestClassifier<C = Classifier> = Best<Classification<C>>;

/// The best regression of a search, fitted to all rows.
pub type BestRegressor<C = Regressor> = Best<Regression<C>>;

/// Finds the best classifier of linfa, by accuracy over 5 stratified folds, with 60 trials and seed
/// 0.
///
/// # Errors
/// If the rows cannot be used for training or cannot be split, or no trial has completed.
///
/// ```no_run
/// let best = hpo_linfa::tune_classifier(&linfa_datasets::winequality())?;
/// println!("{}\n{:?}", best.summary()?, best.config());
/// # Ok::<(), hpo_linfa::Error>(())
/// ```
pub fn tune_classifier(table: &Dataset<usize>) -> Result<BestClassifier, Error> {
    ClassifierSearch::new().run(table)
}

/// Finds the best regression of linfa, by R² over 5 folds, with 60 trials and seed 0.
///
/// # Errors
/// If the rows cannot be used for training or cannot be split, or no trial has completed.
pub fn tune_regressor(table: &Dataset<f64>) -> Result<BestRegressor, Error> {
    RegressorSearch::new().run(table)
}

/// The rule by which a config is stopped before it has run all folds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Racing {
    /// Successive halving: after 1, 2, 4, ... folds, a config continues if its mean so far is among
    /// the better half of all configs that reached this number of folds. On winequality it needed
    /// 0.49 of the fits (5 folds; 0.37 with 10) that a search without a race had made when it found
    /// its best score, and missed that score on none of 20 seeds: medians of `benches/racing.rs`,
    /// on quick estimators only. It became the default after a comparison of four races on these
    /// same seeds, so expect a little less.
    #[default]
    Halving,
    /// Wilcoxon's signed-rank test against the best config, fold by fold, at p < 0.1, as Optuna's
    /// `WilcoxonPruner`. A config can lose only after four folds, so five folds save little (by the
    /// same measure 0.85; 0.56 with 10).
    Wilcoxon,
    /// Every config runs all folds.
    Off,
}

/// The settings of a search. Every setting has a default; [`run`](Self::run) checks them all.
///
/// ```
/// use hpo_linfa::metric::Metric;
/// use hpo_linfa::{ClassifierSearch, estimator::Logistic};
///
/// let iris = linfa_datasets::iris();
/// let best = ClassifierSearch::<Logistic>::over().trials(8).folds(3).metric(Metric::F1).seed(1).run(&iris)?;
/// assert!(best.score() > 0.9);
/// assert_eq!(best.predict(&iris.records).len(), 150);
/// # Ok::<(), hpo_linfa::Error>(())
/// ```
#[must_use = "a search does nothing before .run()"]
pub struct Search<K: Task> {
    trials: u64,
    splits: Splits,
    metric: K::Metric,
    seed: u64,
    categories: Categories,
    choice: SelectionRule,
    racing: Racing,
    finalists: usize,
    workers: usize,
    timeout: Option<Duration>,
    study: Box<Change<K::Config>>,
}

/// A change to the settings of the study.
type Change<C> = dyn FnOnce(StudyBuilder<C, Parallel>) -> StudyBuilder<C, Parallel>;

impl ClassifierSearch {
    /// Creates a search among all classifiers of linfa.
    pub fn new() -> Self {
        Self::over()
    }
}

impl RegressorSearch {
    /// Creates a search among all regressions of linfa.
    pub fn new() -> Self {
        Self::over()
    }
}

impl Default for ClassifierSearch {
    fn default() -> Self {
        Self::over()
    }
}

impl Default for RegressorSearch {
    fn default() -> Self {
        Self::over()
    }
}

impl<K: Task> Search<K> {
    /// Creates a search among the configs of a type: `ClassifierSearch::<Svc>::over()`.
    pub fn over() -> Self {
        Self {
            trials: 60,
            splits: Splits::Stratified { folds: 5 },
            metric: K::Metric::default(),
            seed: 0,
            categories: Categories::default(),
            choice: SelectionRule::default(),
            racing: Racing::default(),
            finalists: FINALISTS,
            workers: 1,
            timeout: None,
            study: Box::new(|study| study),
        }
    }

    /// Sets the number of configs tried, at least 1. Default: 60.
    pub fn trials(self, trials: u64) -> Self {
        Self { trials, ..self }
    }

    /// Sets the number of folds, at least 2; they are stratified where there are classes. Default:
    /// 5.
    pub fn folds(self, folds: usize) -> Self {
        self.splits(Splits::Stratified { folds })
    }

    /// Sets the method of splitting rows. Default: 5 folds, stratified where there are classes.
    pub fn splits(self, splits: Splits) -> Self {
        Self { splits, ..self }
    }

    /// Sets the metric by which configs are compared. Default: accuracy; R² for regressions.
    pub fn metric(self, metric: K::Metric) -> Self {
        Self { metric, ..self }
    }

    /// Sets the seed of the splits, of the sampler and of the models' random draws. Default: 0, so
    /// that the same rows give the same model.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the number of configs evaluated in parallel, at least 1. Default: 1. With several
    /// workers, the configs that are stopped early depend on the timing.
    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }.study(move |study| study.workers(workers))
    }

    /// Sets the time after which no more trials are started. Finalists and the fit to all rows come
    /// after it. Default: no limit.
    pub fn timeout(self, timeout: Duration) -> Self {
        let search = Self { timeout: Some(timeout), ..self };
        search.study(move |study| study.timeout(timeout))
    }

    /// Sets the number of the best configs that are cross-validated again on two fresh splits, if
    /// the [choice](Self::choice) is the best: these scores decide, because the best of many scores
    /// on one split is partly luck. With 0 or 1, the search's own scores decide; so they do for
    /// splits in the order of time, and if a quarter more than the timeout has passed. Default: 3.
    pub fn finalists(self, finalists: usize) -> Self {
        Self { finalists, ..self }
    }

    /// Sets the columns, from 0, that hold categories, and their encoding. Default: none.
    pub fn categorical(self, columns: impl Into<Vec<usize>>, encoding: Encoding) -> Self {
        Self { categories: Categories { columns: columns.into(), encoding }, ..self }
    }

    /// Sets the rule that selects the winning trial. Default: the best.
    pub fn choice(self, choice: SelectionRule) -> Self {
        Self { choice, ..self }
    }

    /// Sets the rule by which a config is stopped before it has run all folds. Default: successive
    /// halving.
    pub fn racing(self, racing: Racing) -> Self {
        Self { racing, ..self }
    }

    /// Changes any other setting of the study: its sampler, storage, callbacks, the time limit of a
    /// trial. All other settings remain.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    /// use hpo_core::sampler::Qmc;
    /// use hpo_linfa::{ClassifierSearch, estimator::GaussianNb};
    ///
    /// let search = ClassifierSearch::<GaussianNb>::over().trials(10).study(|study| study.sampler(Qmc::default()));
    /// let best = search.run(&linfa_datasets::iris())?;
    /// assert_eq!(best.study().trials()?.len(), 10);
    /// # Ok::<(), hpo_linfa::Error>(())
    /// ```
    pub fn study(
        mut self,
        change: impl FnOnce(StudyBuilder<K::Config, Parallel>) -> StudyBuilder<K::Config, Parallel>
        + 'static,
    ) -> Self {
        let before = self.study;
        self.study = Box::new(move |study| change(before(study)));
        self
    }

    /// Runs the search and fits the winner to all rows.
    ///
    /// # Errors
    /// If a setting is invalid, the rows cannot be used for training or cannot be split, no trial
    /// has completed, or the winner cannot be fitted to all rows. Errors of single configs are
    /// recorded in the study.
    pub fn run(mut self, table: &Dataset<K::Target>) -> Result<Best<K>, Error> {
        let started = Instant::now();
        let data = Prepared::new::<K>(table, self.splits, &self.categories, self.seed)?;
        let fingerprint = self.fingerprint(table);
        let study = self.open(&fingerprint)?;
        fingerprint.check(&study)?;
        let starters = K::starters();
        for config in starters.iter().take(usize::try_from(self.trials).unwrap_or(usize::MAX)) {
            study.enqueue_new(config)?;
        }
        let Self { metric, seed, racing, .. } = self;
        let reports = if racing == Racing::Halving { Reports::Means } else { Reports::Folds };
        let run = study.optimize(self.trials, |config, trial| {
            cross_validate(trial, reports, &data.folds, |fold| {
                let fitted = K::fit(&config, &fold.train, seed)?;
                Ok(K::score(metric, &fitted, &fold.test))
            })
        })?;
        let limit = self.timeout.map(|timeout| timeout.mul_f64(1.25));
        let measuring = Measuring::<K> {
            table,
            splits: self.splits,
            categories: &self.categories,
            metric,
            seed,
            finalists: self.finalists,
            workers: self.workers,
            is_over: &|| run.is_interrupted() || limit.is_some_and(|l| started.elapsed() > l),
        };
        let chosen = match self.choice {
            SelectionRule::Best => measuring.best(&study)?,
            SelectionRule::OneStandardError => None,
        };
        Best::choose(study, run, metric, seed, (self.choice, chosen), data)
    }

    fn fingerprint(&self, table: &Dataset<K::Target>) -> Fingerprint {
        let shape = table.records.dim();
        let numbers = table.records.iter().map(|value| value.to_bits());
        let targets = table.targets.iter().flat_map(|target| format!("{target:?} ").into_bytes());
        let bytes = numbers.flat_map(u64::to_le_bytes).chain(targets);
        Fingerprint::new([
            ("table", format!("{shape:?} {}", checksum(bytes))),
            ("splits", format!("{:?} {}", self.splits, self.seed)),
            ("metric", format!("{:?}", self.metric)),
            ("encoding", format!("{:?}", self.categories)),
        ])
    }

    fn open(&mut self, fingerprint: &Fingerprint) -> Result<Study<K::Config, Parallel>, Error> {
        let objective = K::objective(self.metric);
        let builder = match objective.direction {
            Direction::Minimize => Study::minimize(),
            Direction::Maximize => Study::maximize(),
        };
        let builder = builder
            .name(objective.name)
            .seed(self.seed)
            .baseline(K::starters().is_empty())
            .parallel();
        let builder = match self.racing {
            Racing::Halving => {
                let halving = SuccessiveHalving::builder().min_resource(1).reduction_factor(2);
                builder.pruner(halving.build().map_err(hpo_core::Error::from)?)
            }
            Racing::Wilcoxon => builder.pruner(Wilcoxon::default()),
            Racing::Off => builder,
        };
        let change = std::mem::replace(&mut self.study, Box::new(|study| study));
        Ok(fingerprint.record(change(builder)).open()?)
    }
}

impl<K: Task> std::fmt::Debug for Search<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { trials, splits, metric, seed, .. } = self;
        let mut shown = f.debug_struct("Search");
        shown
            .field("trials", trials)
            .field("splits", splits)
            .field("metric", metric)
            .field("seed", seed);
        shown.finish_non_exhaustive()
    }
}

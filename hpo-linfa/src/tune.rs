//! The whole way in one line: which model of linfa, with which settings, fitted to all rows.
//!
//! Every estimator begins with its defaults, so that none is left out by chance; then the sampler draws. Configs race over
//! the folds, and the winner is fitted to all rows.

use std::collections::BTreeMap;
use std::time::Duration;

use hpo_core::Study;
use hpo_core::pruner::{SuccessiveHalving, Wilcoxon};
use hpo_core::study::{Config, Parallel, StudyBuilder};
use hpo_core::trial::Direction;

use crate::best::Best;
use crate::choice::Choice;
use crate::classifier::Classifier;
use crate::data::Table;
use crate::encode::Encoding;
use crate::error::Error;
use crate::prepared::{Categories, Prepared};
use crate::race::{Reports, cross_validate};
use crate::regressor::Regressor;
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

/// Finds the best classifier of linfa, by accuracy over 5 stratified folds, with 60 trials and the seed 0.
///
/// # Errors
/// If the rows cannot be learnt from or split, or no trial has completed.
///
/// ```no_run
/// let best = hpo_linfa::tune_classifier(&linfa_datasets::winequality())?;
/// println!("{}\n{:?}", best.summary()?, best.config());
/// # Ok::<(), hpo_linfa::Error>(())
/// ```
pub fn tune_classifier(table: &Table<usize>) -> Result<BestClassifier, Error> {
    ClassifierSearch::new().run(table)
}

/// Finds the best regression of linfa, by R² over 5 folds, with 60 trials and the seed 0.
///
/// # Errors
/// If the rows cannot be learnt from or split, or no trial has completed.
pub fn tune_regressor(table: &Table<f64>) -> Result<BestRegressor, Error> {
    RegressorSearch::new().run(table)
}

/// When a config has lost before it has run all folds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Racing {
    /// Successive halving: after 1, 2, 4, ... folds it goes on if its mean so far is among the better half of all that
    /// came as far. On winequality it needed 0.49 of the fits (5 folds; 0.37 with 10) that a search without a race had made when
    /// it found its best score, and missed that score on none of 20 seeds: medians of `benches/racing.rs`, on quick
    /// estimators only. It became the default after a comparison of four races on these same seeds, so expect a little less.
    #[default]
    Halving,
    /// Wilcoxon's signed-rank test against the best config, fold by fold, at p < 0.1, as Optuna's `WilcoxonPruner`: it takes
    /// at least four folds to lose, so five folds save little (by the same measure 0.85; 0.56 with 10).
    Wilcoxon,
    /// Never: every config runs all folds.
    Off,
}

/// How a search is set up. Every setting has a default; [`run`](Self::run) checks them all.
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
    choice: Choice,
    racing: Racing,
    study: Box<Change<K::Config>>,
}

/// What is set on the study.
type Change<C> = dyn FnOnce(StudyBuilder<C, Parallel>) -> StudyBuilder<C, Parallel>;

impl ClassifierSearch {
    /// A search among all classifiers of linfa.
    pub fn new() -> Self {
        Self::over()
    }
}

impl RegressorSearch {
    /// A search among all regressions of linfa.
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
    /// A search among the configs of a type: `ClassifierSearch::<Svc>::over()`.
    pub fn over() -> Self {
        Self {
            trials: 60,
            splits: Splits::Stratified { folds: 5 },
            metric: K::Metric::default(),
            seed: 0,
            categories: Categories::default(),
            choice: Choice::default(),
            racing: Racing::default(),
            study: Box::new(|study| study),
        }
    }

    /// How many configs are tried, at least 1. Default: 60.
    pub fn trials(self, trials: u64) -> Self {
        Self { trials, ..self }
    }

    /// How many folds, at least 2; stratified where there are classes. Default: 5.
    pub fn folds(self, folds: usize) -> Self {
        self.splits(Splits::Stratified { folds })
    }

    /// How rows are split. Default: 5 folds, stratified where there are classes.
    pub fn splits(self, splits: Splits) -> Self {
        Self { splits, ..self }
    }

    /// By what configs are compared. Default: accuracy; R² for regressions.
    pub fn metric(self, metric: K::Metric) -> Self {
        Self { metric, ..self }
    }

    /// The seed of the splits, of the configs drawn and of what models draw. Default: 0, so that the same rows give the
    /// same model.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How many configs are tried side by side, at least 1. Default: 1. With several, who is ended early hangs on who was
    /// quick.
    pub fn workers(self, workers: usize) -> Self {
        self.study(move |study| study.workers(workers))
    }

    /// When to start no more trials. Default: never.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.study(move |study| study.timeout(timeout))
    }

    /// Which columns, from 0, hold categories, and how these become numbers. Default: none.
    pub fn categorical(self, columns: impl Into<Vec<usize>>, encoding: Encoding) -> Self {
        Self { categories: Categories { columns: columns.into(), encoding }, ..self }
    }

    /// Which trial is the winner. Default: the best.
    pub fn choice(self, choice: Choice) -> Self {
        Self { choice, ..self }
    }

    /// When a config has lost before it has run all folds. Default: successive halving.
    pub fn racing(self, racing: Racing) -> Self {
        Self { racing, ..self }
    }

    /// Any other setting of the study beneath: its sampler, storage, callbacks, the time of a trial. What is not
    /// named stays as it is.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    /// use hpo_linfa::{ClassifierSearch, estimator::GaussianNb};
    ///
    /// let search = ClassifierSearch::<GaussianNb>::over().trials(10).study(|study| study.sampler(Qmc::default()));
    /// let best = search.run(&linfa_datasets::iris())?;
    /// assert_eq!(best.study().trials()?.len(), 10);
    /// # Ok::<(), hpo_linfa::Error>(())
    /// ```
    pub fn study(
        mut self,
        change: impl FnOnce(StudyBuilder<K::Config, Parallel>) -> StudyBuilder<K::Config, Parallel> + 'static,
    ) -> Self {
        let before = self.study;
        self.study = Box::new(move |study| change(before(study)));
        self
    }

    /// Searches, and fits the winner to all rows.
    ///
    /// # Errors
    /// If a setting makes no sense, the rows cannot be learnt from or split, no trial has completed, or the winner cannot
    /// be fitted to all rows. What goes wrong with single configs is recorded in the study.
    pub fn run(mut self, table: &Table<K::Target>) -> Result<Best<K>, Error> {
        let data = Prepared::new::<K>(table, self.splits, &self.categories, self.seed)?;
        let fingerprint = Fingerprint::of(table, &self);
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
        Best::choose(study, run, metric, seed, self.choice, data)
    }

    fn open(&mut self, fingerprint: &Fingerprint) -> Result<Study<K::Config, Parallel>, Error> {
        let objective = K::objective(self.metric);
        let builder = match objective.direction {
            Direction::Minimize => Study::minimize(),
            Direction::Maximize => Study::maximize(),
        };
        let builder = builder.name(objective.name).seed(self.seed).baseline(K::starters().is_empty()).parallel();
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

/// The study's attribute that holds the fingerprint.
const FINGERPRINT: &str = "hpo-linfa:search";

/// What a search is over. Scores of another table, other folds or another metric cannot be compared with its own.
struct Fingerprint([(&'static str, String); 4]);

impl Fingerprint {
    fn of<K: Task>(table: &Table<K::Target>, search: &Search<K>) -> Self {
        let shape = table.records.dim();
        let numbers = table.records.iter().map(|value| value.to_bits());
        let targets = table.targets.iter().flat_map(|target| format!("{target:?} ").into_bytes());
        let bytes = numbers.flat_map(u64::to_le_bytes).chain(targets);
        Self([
            ("table", format!("{shape:?} {:016x}", fnv(bytes))),
            ("splits", format!("{:?} {}", search.splits, search.seed)),
            ("metric", format!("{:?}", search.metric)),
            ("encoding", format!("{:?}", search.categories)),
        ])
    }

    /// Records it with a study that has none.
    fn record<C: Config, W>(&self, study: StudyBuilder<C, W>) -> StudyBuilder<C, W> {
        let now: BTreeMap<&str, &str> = self.0.iter().map(|(what, text)| (*what, text.as_str())).collect();
        study.attribute(FINGERPRINT, now)
    }

    /// Compares it with the recorded one.
    fn check<C: Config, W>(&self, study: &Study<C, W>) -> Result<(), Error> {
        let recorded = study.attribute(FINGERPRINT)?.unwrap_or_default();
        match self.0.iter().find(|(what, text)| recorded[*what] != text.as_str()) {
            Some((what, _)) => Err(Error::OtherSearch { study: study.oracle().name().to_owned(), what }),
            None => Ok(()),
        }
    }
}

/// The hash of Fowler, Noll and Vo (FNV-1a, 64 bits): the same in every version of Rust.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

impl<K: Task> std::fmt::Debug for Search<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { trials, splits, metric, seed, .. } = self;
        let mut shown = f.debug_struct("Search");
        shown.field("trials", trials).field("splits", splits).field("metric", metric).field("seed", seed);
        shown.finish_non_exhaustive()
    }
}

//! Was the search worth it? The configs that it found against the defaults, on rows that it never
//! saw, over 20 splits.
//!
//! `cargo run --release --example held_out`

use std::cmp::Ordering;

use hpo_core::prelude::*;
use hpo_examples::linear::Linear;
use hpo_linfa::data::{Dataset, Fold, folds};
use hpo_linfa::estimator::{Classify, FitError, Kernel, RandomForest, Svc};
use hpo_linfa::metric::accuracy;
use hpo_linfa::race::{Reports, cross_validate};
use hpo_linfa::scale::Scaling;
use hpo_linfa::split::Splits;

/// With scikit-learn's defaults; 32 questions are as good as no end.
#[derive(Debug, Clone, SearchSpace)]
enum Classifier {
    #[search_space(default)]
    Svc {
        #[search_space(range = 1e-10..=1e10, log, default = 1.0)]
        c: f64,
    },
    RandomForest {
        #[search_space(range = 2..=32, log, default = 32)]
        max_depth: usize,
    },
}

#[derive(Debug, Clone, SearchSpace)]
struct Settings {
    #[search_space(range = 1e-5..=1e-1, log, default = 1e-4)]
    alpha: f64,
}

/// The accuracy on the test part of what learns from the training part.
trait Learn: SearchSpace {
    fn score(&self, fold: &Fold<usize>, seed: u64) -> Result<f64, FitError>;
}

fn main() -> anyhow::Result<()> {
    let iris = linfa_datasets::iris();
    let wine = linfa_datasets::winequality().map_targets(|mark| usize::from(*mark > 5));
    println!("accuracy on unseen rows   default   tuned   better  equal  worse");
    let gains = [
        compare("iris, against the SVC", &iris, &Classifier::Svc { c: 1.0 })?,
        compare("iris, against the forest", &iris, &Classifier::RandomForest { max_depth: 32 })?,
        compare("iris, linear", &iris, &Settings { alpha: 1e-4 })?,
        compare("wine, linear", &wine, &Settings { alpha: 1e-4 })?,
    ];
    anyhow::ensure!(
        gains.iter().all(|gain| *gain > -0.01),
        "what was found is worse than the default"
    );
    anyhow::ensure!(
        gains[1] > 0.0 && gains[2] > 0.05,
        "what was found is no better than the default"
    );
    Ok(())
}

/// For each split: a search with cross-validation on three quarters of the rows, and a test on the
/// rest. Returns the mean gain.
fn compare<C: Learn>(name: &str, table: &Dataset<usize>, default: &C) -> anyhow::Result<f64> {
    let (mut defaults, mut tuned) = (Vec::new(), Vec::new());
    for seed in 0..20 {
        let outer = cut(table, Splits::Holdout { test: 0.25 }, seed)?.swap_remove(0);
        let inner = cut(&outer.train, Splits::Stratified { folds: 3 }, seed)?;
        let study = Study::<C>::maximize().seed(seed).open()?;
        study.optimize(40, |config, trial| {
            cross_validate(trial, Reports::Means, &inner, |fold| Ok(config.score(fold, seed)?))
        })?;
        defaults.push(default.score(&outer, seed)?);
        tuned.push(study.best_config()?.score(&outer, seed)?);
    }
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    let count = |is| {
        tuned
            .iter()
            .zip(&defaults)
            .filter(|(tuned, default)| tuned.total_cmp(default) == is)
            .count()
    };
    let [better, equal, worse] = [Ordering::Greater, Ordering::Equal, Ordering::Less].map(count);
    println!(
        "{name:24}   {:.4}  {:.4}  {better:7} {equal:6} {worse:6}",
        mean(&defaults),
        mean(&tuned)
    );
    Ok(mean(&tuned) - mean(&defaults))
}

fn cut(table: &Dataset<usize>, splits: Splits, seed: u64) -> anyhow::Result<Vec<Fold<usize>>> {
    Ok(folds(table, &splits.plan(table.targets.len(), table.targets.as_slice(), seed)?)?)
}

impl Learn for Classifier {
    fn score(&self, Fold { train, test }: &Fold<usize>, seed: u64) -> Result<f64, FitError> {
        let fitted = match *self {
            Classifier::Svc { c } => {
                let kernel = Kernel::Gaussian { c, width: 1.0 };
                Svc { scaling: Scaling::Standard, kernel, tolerance: 1e-7 }.fit(train, seed)?
            }
            Classifier::RandomForest { max_depth } => {
                RandomForest { n_estimators: 10, max_depth, feature_share: 0.5 }.fit(train, seed)?
            }
        };
        Ok(accuracy(&test.targets, &fitted.predict(&test.records)))
    }
}

impl Learn for Settings {
    fn score(&self, Fold { train, test }: &Fold<usize>, seed: u64) -> Result<f64, FitError> {
        let classes = train.targets.iter().max().map_or(0, |last| last + 1);
        let mut model = Linear::new(train.records.ncols(), classes, self.alpha, seed);
        (0..100).for_each(|_| model.step(train));
        Ok(accuracy(&test.targets, &model.predict(&test.records)))
    }
}

//! Which classifier, and with which settings? One search over both: a variant is a branch of the
//! space.
//!
//! `cargo run --release --example svc_vs_forest`; with a folder behind `--` it leaves its figures
//! there.

use hpo_core::prelude::*;
use hpo_core::study::Progress;
use hpo_core::trial::TrialRecord;
use hpo_linfa::data::{Dataset, Fold, folds};
use hpo_linfa::estimator::{Classify, FitError, FittedClassifier, Kernel, RandomForest, Svc};
use hpo_linfa::metric::accuracy;
use hpo_linfa::race::{Reports, cross_validate};
use hpo_linfa::scale::Scaling;
use hpo_linfa::split::Splits;

/// Only the fields of the chosen variant exist in a trial: a forest has no `c`.
#[derive(Debug, Clone, SearchSpace)]
enum Classifier {
    /// The range of `c` is wide on purpose, as one would write it before having seen the data.
    /// linfa's solver has no time limit; it is the scaling of the features which keeps it quick
    /// even where `c` is huge.
    Svc {
        #[search_space(range = 1e-10..=1e10, log)]
        c: f64,
    },
    RandomForest {
        #[search_space(range = 2..=32, log)]
        max_depth: usize,
    },
}

fn main() -> anyhow::Result<()> {
    let iris = linfa_datasets::iris();
    let plan =
        Splits::Stratified { folds: 3 }.plan(iris.targets.len(), iris.targets.as_slice(), 42)?;
    let folds = folds(&iris, &plan)?;
    let study =
        Study::<Classifier>::maximize().name("iris").seed(42).callback(Progress::new()).open()?;
    // A panic within linfa would make a failed trial, and the search would go on.
    let run = study.optimize(100, |classifier, trial| {
        let seed = trial.seed();
        cross_validate(trial, Reports::Means, &folds, |Fold { train, test }| {
            let fitted = fit(&classifier, train, seed)?;
            Ok(accuracy(&test.targets, &fitted.predict(&test.records)))
        })
    })?;

    println!("iris, 3 stratified folds: {run}");
    let trials = study.trials()?;
    for branch in ["Svc", "RandomForest"] {
        println!("{}", summary(branch, &trials));
    }
    let best = study.best_trial()?;
    println!("best: accuracy {:.4} with {:?}", study.best_value()?, best.config::<Classifier>()?);
    if let Some(folder) = std::env::args().nth(1) {
        study.report()?.svg(folder)?;
    }
    Ok(())
}

fn fit(
    classifier: &Classifier,
    train: &Dataset<usize>,
    seed: u64,
) -> Result<FittedClassifier, FitError> {
    match *classifier {
        Classifier::Svc { c } => {
            let kernel = Kernel::Gaussian { c, width: 1.0 };
            Svc { scaling: Scaling::Standard, kernel, tolerance: 1e-7 }.fit(train, seed)
        }
        Classifier::RandomForest { max_depth } => {
            RandomForest { n_estimators: 10, max_depth, feature_share: 0.5 }.fit(train, seed)
        }
    }
}

/// How a branch did: how often it was tried, its best and its median accuracy.
fn summary(branch: &str, trials: &[TrialRecord]) -> String {
    let is_of = |trial: &&TrialRecord| {
        let kind = trial.params.as_ref().and_then(|params| params.get("kind"));
        kind.is_some_and(|kind| kind.to_string() == branch)
    };
    let mut values: Vec<f64> =
        (trials.iter().filter(is_of)).filter_map(TrialRecord::value).collect();
    values.sort_by(f64::total_cmp);
    match values.last() {
        Some(best) => {
            format!(
                "{branch:12}  {} trials, best {best:.4}, median {:.4}",
                values.len(),
                values[values.len() / 2]
            )
        }
        None => format!("{branch:12}  no trial completed"),
    }
}

//! Which classifier, and with which settings? One search over both: a variant is a branch of the space.
//!
//! `cargo run --release --example svc_vs_forest`

use hpo_core::prelude::*;
use hpo_core::trial::TrialRecord;
use hpo_examples::data::{Split, iris, stratified_folds};
use hpo_examples::models::{accuracy, fit_forest, fit_svc, svc_params};

/// Only the fields of the chosen variant exist in a trial: a forest has no `c`.
#[derive(Debug, Clone, SearchSpace)]
enum Classifier {
    /// The range of `c` is wide on purpose, as one would write it before having seen the data. linfa's solver has no
    /// time limit; it is the scaling of the features which keeps it quick even where `c` is huge.
    Svc {
        #[search_space(range = 1e-10..=1e10, log)]
        c: f64,
    },
    RandomForest {
        #[search_space(range = 2..=32, log)]
        max_depth: usize,
        #[search_space(choices = [10, 50, 100], default = 50)]
        n_estimators: usize,
    },
}

/// The kernel's width on scaled features: their number, so that its exponent stays near 1.
const KERNEL_WIDTH: f64 = 4.0;

fn main() -> anyhow::Result<()> {
    let folds: Vec<Split> = stratified_folds(&iris(), 5, 42).iter().map(Split::scaled).collect();
    let study = Study::<Classifier>::maximize().name("iris").seed(42).workers(2).callback(Progress::new()).open()?;
    let run = study.optimize(100, |classifier, trial| cross_validate(&classifier, &folds, trial))?;

    println!("iris, 5 stratified folds: {run}");
    let trials = study.trials()?;
    for branch in ["Svc", "RandomForest"] {
        println!("{}", summary(branch, &trials));
    }
    let best = study.best_trial()?;
    println!("best: accuracy {:.4} with {:?}", study.best_value()?, best.config::<Classifier>()?);
    Ok(())
}

/// The mean accuracy over the folds. A panic within linfa would make a failed trial, and the search would go on.
fn cross_validate(classifier: &Classifier, folds: &[Split], trial: &mut Trial<'_>) -> Result<f64, TrialError> {
    let mut sum = 0.0;
    for (done, Split { train, test }) in (1..).zip(folds) {
        let told = match *classifier {
            Classifier::Svc { c } => fit_svc(train, &svc_params(c, KERNEL_WIDTH))?.predict(&test.records),
            Classifier::RandomForest { max_depth, n_estimators } => {
                let forest = fit_forest(train, max_depth, n_estimators, trial.seed())?;
                forest.predict(&test.records)
            }
        };
        sum += accuracy(&told, test);
        trial.report(done, sum / done as f64)?;
    }
    Ok(sum / folds.len() as f64)
}

/// How a branch did: how often it was tried, its best and its median accuracy.
fn summary(branch: &str, trials: &[TrialRecord]) -> String {
    let is_of = |trial: &&TrialRecord| {
        let kind = trial.params.as_ref().and_then(|params| params.get("kind"));
        kind.is_some_and(|kind| kind.to_string() == branch)
    };
    let mut values: Vec<f64> = (trials.iter().filter(is_of)).filter_map(TrialRecord::value).collect();
    values.sort_by(f64::total_cmp);
    match values.last() {
        Some(best) => {
            format!("{branch:12}  {} trials, best {best:.4}, median {:.4}", values.len(), values[values.len() / 2])
        }
        None => format!("{branch:12}  no trial completed"),
    }
}

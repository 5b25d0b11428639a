//! How many fits does a race over the folds save? `cargo bench -p hpo-linfa --bench racing [--
//! FOLDS]`, 10 folds by default
//!
//! For each of 20 seeds: random search on winequality, 40 configs of quick estimators, stratified
//! folds, accuracy. The full search fits every config to every fold. A race draws the same configs,
//! and its pruner ends losers early. It may go on to further configs until it has made as many fits
//! as the full search; counted is how many it has made when it first has a config whose mean over
//! all folds is at least the full search's best.
//!
//! A fit that was made before for the same seed is looked up; it counts all the same.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use hpo_core::prelude::*;
use hpo_core::pruner::{Nop, Pruner, SuccessiveHalving, Wilcoxon};
use hpo_linfa::data::{Fold, folds};
use hpo_linfa::estimator::{
    BernoulliNb, Classify, GaussianNb, Logistic, MultinomialNb, NearestNeighbours,
};
use hpo_linfa::metric::Metric;
use hpo_linfa::race::{Reports, cross_validate};
use hpo_linfa::split::Splits;

#[derive(Clone, Debug, SearchSpace)]
enum Quick {
    Gaussian(GaussianNb),
    Bernoulli(BernoulliNb),
    Multinomial(MultinomialNb),
    Logistic(Logistic),
    Neighbours(NearestNeighbours),
}

const TRIALS: u64 = 40;
const SEEDS: u64 = 20;

/// The scores of one seed's configs by fold, as far as they were computed.
type Known = Mutex<HashMap<(String, usize), f64>>;

fn accuracy(config: &Quick, fold: &Fold<usize>) -> Result<f64, TrialError> {
    let fitted = match config {
        Quick::Gaussian(config) => config.fit(&fold.train, 0)?,
        Quick::Bernoulli(config) => config.fit(&fold.train, 0)?,
        Quick::Multinomial(config) => config.fit(&fold.train, 0)?,
        Quick::Logistic(config) => config.fit(&fold.train, 0)?,
        Quick::Neighbours(config) => Classify::fit(config, &fold.train, 0)?,
    };
    Ok(Metric::Accuracy.score(&fold.test.targets, &fitted.predict_proba(&fold.test.records)))
}

/// A search until it has made as many fits as the full one: its complete trials, each with the fits
/// made by its end, and its mean score.
fn search(
    seed: u64,
    pruner: impl Pruner + 'static,
    reports: Reports,
    folds: &[Fold<usize>],
    known: &Known,
) -> hpo_core::Result<Vec<(u64, f64)>> {
    let most = TRIALS * folds.len() as u64;
    let (fits, reached) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let study = Study::<Quick>::maximize().seed(seed).pruner(pruner).baseline(false).open()?;
    study.optimize(most, |config, trial| {
        let key = format!("{config:?}");
        let score = cross_validate(trial, reports, folds.iter().enumerate(), |(index, fold)| {
            if fits.fetch_add(1, Ordering::Relaxed) >= most {
                study.stop();
                return Err(TrialError::pruned("all fits are made"));
            }
            let place = (key.clone(), index);
            let found = known.lock().expect("no thread has panicked").get(&place).copied();
            let score = found.map_or_else(|| accuracy(&config, fold), Ok)?;
            known.lock().expect("no thread has panicked").insert(place, score);
            Ok(score)
        })?;
        reached
            .lock()
            .expect("no thread has panicked")
            .push((fits.load(Ordering::Relaxed), score.mean()));
        Ok::<_, hpo_core::TrialError>(score)
    })?;
    Ok(reached.into_inner().expect("no thread has panicked"))
}

/// After which share of all fits a score was reached; infinite if never.
fn share_to(reached: &[(u64, f64)], score: f64, all: u64) -> f64 {
    reached
        .iter()
        .find(|(_, value)| *value >= score)
        .map_or(f64::INFINITY, |(fits, _)| *fits as f64 / all as f64)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(10);
    let wine = linfa_datasets::winequality();
    let names = ["full", "wilcoxon p < 0.1", "wilcoxon p < 0.26", "halving by 2", "halving by 3"];
    let mut shares: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    println!("{count} folds; share of the full search's fits until its best score is reached");
    for seed in 0..SEEDS {
        let plan = Splits::Stratified { folds: count }.plan(
            wine.targets.len(),
            wine.targets.as_slice(),
            seed,
        )?;
        let (folds, known) = (folds(&wine, &plan).expect("wines are finite"), Known::default());
        let halving =
            |factor| SuccessiveHalving::builder().min_resource(1).reduction_factor(factor).build();
        let runs = [
            search(seed, Nop, Reports::Folds, &folds, &known)?,
            search(seed, Wilcoxon::default(), Reports::Folds, &folds, &known)?,
            search(
                seed,
                Wilcoxon::builder().p_threshold(0.26).build()?,
                Reports::Folds,
                &folds,
                &known,
            )?,
            search(seed, halving(2)?, Reports::Means, &folds, &known)?,
            search(seed, halving(3)?, Reports::Means, &folds, &known)?,
        ];
        let goal = runs[0].iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
        let row: Vec<f64> =
            runs.iter().map(|run| share_to(run, goal, TRIALS * count as u64)).collect();
        println!("seed {seed:2}: best {goal:.4}, shares {row:.2?}");
        shares.iter_mut().zip(row).for_each(|(shares, share)| shares.push(share));
    }
    let full = shares[0].clone();
    for (name, shares) in names.iter().zip(shares) {
        let never = shares.iter().filter(|share| share.is_infinite()).count();
        let beside = median(shares.iter().zip(&full).map(|(share, full)| share / full).collect());
        let share = median(shares);
        println!(
            "{name:18} median {share:.3} of all fits, {beside:.3} of those the full search needed until then, never {never} of {SEEDS}"
        );
    }
    Ok(())
}

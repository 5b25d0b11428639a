//! Many models on few rows, the best of them on more: Hyperband over all of linfa's classifiers,
//! the resource being rows.
//!
//! `cargo run --release --example hyperband_linfa`

use std::sync::atomic::{AtomicU64, Ordering};

use hpo_core::prelude::*;
use hpo_core::study::Progress;
use hpo_linfa::data::{Dataset, Fold, folds, select};
use hpo_linfa::estimator::{Classify, FittedClassifier};
use hpo_linfa::metric::accuracy;
use hpo_linfa::{Classifier, Splits};

/// A full training has so many parts; a trial begins with one.
const PARTS: u64 = 27;

/// Counts the rows that all models together were fitted to: what the search has cost.
#[derive(Default)]
struct Wine<'a>(Option<&'a AtomicU64>);

impl HyperModel for Wine<'_> {
    type Config = Classifier;
    type Data = Fold<usize>;
    type Model = ();
    type Fitted = FittedClassifier;
    type Error = TrialError;

    fn build(&self, _: &Classifier) -> Result<(), TrialError> {
        Ok(())
    }

    /// linfa's models cannot go on from where they stopped: a promoted one is fitted again, to more
    /// rows.
    fn fit(
        &self,
        classifier: &Classifier,
        (): (),
        fold: &Fold<usize>,
        trial: &mut Trial<'_>,
    ) -> Result<FittedClassifier, TrialError> {
        let budget = trial.budget(PARTS);
        let rows = (fold.train.targets.len() as f64 * budget.share()) as usize;
        let fitted =
            classifier.fit(&select(&fold.train, &(0..rows).collect::<Vec<_>>()), trial.seed())?;
        if let Some(cost) = self.0 {
            cost.fetch_add(rows as u64, Ordering::Relaxed);
        }
        let right = accuracy(&fold.test.targets, &fitted.predict(&fold.test.records));
        trial.log(budget.to, &[("val_accuracy", right)])?;
        Ok(fitted)
    }
}

fn main() -> anyhow::Result<()> {
    // A quarter of the wines is kept from the search, a quarter of the rest is what models are
    // measured by.
    let wine = linfa_datasets::winequality();
    let Fold { train, test } = halves(&wine)?;
    let fold = halves(&train)?;

    let cost = AtomicU64::new(0);
    let builder = Hyperband::new(Wine(Some(&cost)))
        .objective("val_accuracy")
        .max_epochs(PARTS)
        .seed(7)
        .workers(2);
    let plan = builder.plan()?;
    println!("{plan}\n");
    let mut tuner = builder.callback(Progress::new()).build()?;
    tuner.search(&fold)?;
    println!("{}", tuner.results_summary(1)?);
    report("Hyperband", &tuner, &cost, &test)?;

    // The same number of configs, each fitted to all rows at once.
    let cost = AtomicU64::new(0);
    let builder =
        RandomSearch::new(Wine(Some(&cost))).objective("val_accuracy").max_trials(plan.configs());
    let mut tuner = builder.seed(7).workers(2).callback(Progress::new()).build()?;
    tuner.search(&fold)?;
    report("random search", &tuner, &cost, &test)
}

fn halves(table: &Dataset<usize>) -> anyhow::Result<Fold<usize>> {
    let plan =
        Splits::Holdout { test: 0.25 }.plan(table.targets.len(), table.targets.as_slice(), 7)?;
    Ok(folds(table, &plan)?.swap_remove(0))
}

fn report(
    name: &str,
    tuner: &Tuner<Wine<'_>>,
    cost: &AtomicU64,
    test: &Dataset<usize>,
) -> anyhow::Result<()> {
    let best = &tuner.best_models(1)?[0];
    let (found, kept) =
        (tuner.study().best_value()?, accuracy(&test.targets, &best.predict(&test.records)));
    let rows = cost.load(Ordering::Relaxed);
    println!(
        "{name}: {rows} rows fitted, accuracy {found:.4}; on wines that it never saw {kept:.4}"
    );
    Ok(())
}

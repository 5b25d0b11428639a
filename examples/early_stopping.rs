//! Trials that are not worth their time end early: a linear classifier that learns step by step.
//!
//! `cargo run --release --example early_stopping`; with a folder behind `--` it leaves its figures
//! there.

use hpo_core::prelude::*;
use hpo_core::pruner::Median;
use hpo_examples::linear::Linear;
use hpo_linfa::data::{Fold, folds};
use hpo_linfa::metric::accuracy;
use hpo_linfa::split::Splits;

#[derive(Debug, Clone, SearchSpace)]
struct Settings {
    /// The price of the squared weights.
    #[search_space(range = 1e-5..=1e-1, log)]
    alpha: f64,
}

const STEPS: u64 = 100;

fn main() -> anyhow::Result<()> {
    let iris = linfa_datasets::iris();
    let plan =
        Splits::Holdout { test: 0.25 }.plan(iris.targets.len(), iris.targets.as_slice(), 0)?;
    let Fold { train, test } = folds(&iris, &plan)?.swap_remove(0);

    let study =
        Study::<Settings>::minimize().name("linear").seed(1).pruner(Median::default()).open()?;
    let run = study.optimize(100, |settings, trial| {
        let mut model = Linear::new(4, 3, settings.alpha, trial.seed());
        let mut error = 1.0;
        for step in trial.steps(STEPS) {
            model.step(&train);
            error = 1.0 - accuracy(&test.targets, &model.predict(&test.records));
            trial.report(step, error)?; // ends a trial that is worse than the median
        }
        Ok::<_, TrialError>(error)
    })?;

    let trials = study.trials()?;
    println!("{} finished: {} pruned, {} complete", trials.len(), run.pruned, run.complete);
    let steps: usize = trials.iter().map(|trial| trial.reports.len()).sum();
    println!("{steps} of {} steps were run", trials.len() as u64 * STEPS);
    let best = study.best_trial()?;
    println!(
        "best: error {:.4} in trial {} with {:?}",
        study.best_value()?,
        best.number,
        best.config::<Settings>()?
    );
    if let Some(folder) = std::env::args().nth(1) {
        study.report()?.svg(folder)?;
    }
    Ok(())
}

//! Trials that are not worth their time end early: a linear classifier that learns step by step.
//!
//! `cargo run --release --example early_stopping`

use hpo_core::prelude::*;
use hpo_linfa::data::{Fold, folds, with_records};
use hpo_linfa::scale::Scaling;
use hpo_linfa::split::Splits;
use linfa::dataset::Pr;
use linfa::prelude::{FitWith, ParamGuard, Predict};
use linfa_ftrl::Ftrl;
use ndarray::Array1;

/// A logistic model that follows the regularised leader.
#[derive(Debug, Clone, SearchSpace)]
struct Linear {
    /// The learning rate at the first step.
    #[search_space(range = 1e-5..=1e1, log)]
    alpha: f64,
    /// The price of the squared weights.
    #[search_space(range = 1e-5..=1.0, log)]
    l2: f64,
}

const STEPS: u64 = 100;

fn main() -> anyhow::Result<()> {
    // Which wines are good? A quarter of them is kept to measure by.
    let wine = linfa_datasets::winequality();
    let plan = Splits::Holdout { test: 0.25 }.plan(wine.targets.len(), wine.targets.as_slice(), 1)?;
    let fold = scaled(&folds(&wine, &plan).swap_remove(0));

    let study = Study::<Linear>::minimize()
        .name("ftrl")
        .seed(1)
        .pruner(SuccessiveHalving::default().min_resource(5).reduction_factor(4))
        .open()?;
    let run = study.optimize(60, |linear, trial| train(&linear, &fold, trial))?;

    let trials = study.trials()?;
    let steps: usize = trials.iter().map(|trial| trial.reports.len()).sum();
    println!("{} finished: {} pruned, {} complete", trials.len(), run.pruned, run.complete);
    println!("{steps} of {} steps were run", trials.len() as u64 * STEPS);
    let best = study.best_trial()?;
    println!("best: loss {:.4} in trial {} with {:?}", study.best_value()?, best.number, best.config::<Linear>()?);
    Ok(())
}

/// The log loss after the last of 100 steps. Each is reported: there the pruner may end the trial.
fn train(linear: &Linear, fold: &Fold<usize>, trial: &mut Trial<'_>) -> Result<f64, TrialError> {
    let params = Ftrl::params().alpha(linear.alpha).l1_ratio(0.0).l2_ratio(linear.l2).check()?;
    let train = fold.train.clone().map_targets(|mark| is_good(*mark));
    let (mut model, mut loss) = (None, f64::NAN);
    for step in 1..=STEPS {
        let fitted = params.fit_with(model.take(), &train)?;
        loss = log_loss(&fitted.predict(&fold.test.records), &fold.test.targets);
        trial.report(step, loss)?;
        model = Some(fitted);
    }
    Ok(loss)
}

/// The mean of `-ln` of the probability given to what is true.
fn log_loss(told: &Array1<Pr>, marks: &Array1<usize>) -> f64 {
    let given = |(told, mark): (&Pr, &usize)| if is_good(*mark) { f64::from(**told) } else { 1.0 - f64::from(**told) };
    told.iter().zip(marks).map(|pair| -given(pair).max(1e-15).ln()).sum::<f64>() / told.len() as f64
}

fn is_good(mark: usize) -> bool {
    mark > 5
}

/// Both parts on the scale of the training part: the test part has no say in it.
fn scaled(fold: &Fold<usize>) -> Fold<usize> {
    let scaler = Scaling::Standard.fit(&fold.train.records);
    let on_scale = |table| with_records(table, scaler.transform(&table.records));
    Fold { train: on_scale(&fold.train), test: on_scale(&fold.test) }
}

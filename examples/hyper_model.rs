//! A model that is built from a config and fitted to data; the search gives the best fitted one
//! back.
//!
//! `cargo run --release --example hyper_model`

use hpo_core::prelude::*;
use hpo_linfa::data::{Dataset, Fold, folds};
use hpo_linfa::estimator::{Classify, FittedClassifier, Kernel, Svc};
use hpo_linfa::metric::accuracy;
use hpo_linfa::scale::Scaling;
use hpo_linfa::split::Splits;

#[derive(Debug, Clone, SearchSpace)]
struct Settings {
    /// Whether the features are brought to one scale before the fit.
    #[search_space(default = true)]
    normalize: bool,
    #[search_space(range = 1e-2..=1e4, log, default = 1.0)]
    c: f64,
    #[search_space(range = 1e-2..=1e2, log, default = 1.0)]
    kernel_width: f64,
}

struct IrisModel;

impl HyperModel for IrisModel {
    type Config = Settings;
    type Data = [Fold<usize>];
    type Model = Svc;
    /// The scale belongs to the model: whoever predicts with it has raw centimetres.
    type Fitted = FittedClassifier;
    type Error = TrialError;

    fn build(&self, settings: &Settings) -> Result<Svc, TrialError> {
        let scaling = if settings.normalize { Scaling::Standard } else { Scaling::None };
        let kernel = Kernel::Gaussian { c: settings.c, width: settings.kernel_width };
        Ok(Svc { scaling, kernel, tolerance: 1e-3 })
    }

    /// Each execution of a trial holds out another fold: the trial's value is their mean.
    fn fit(
        &self,
        _: &Settings,
        svc: Svc,
        folds: &[Fold<usize>],
        trial: &mut Trial<'_>,
    ) -> Result<FittedClassifier, TrialError> {
        let Fold { train, test } = &folds[trial.execution() as usize];
        let fitted = svc.fit(train, trial.seed())?;
        trial.metric("val_accuracy", accuracy(&test.targets, &fitted.predict(&test.records)));
        Ok(fitted)
    }

    fn metrics(&self) -> &[&str] {
        &["val_accuracy"]
    }
}

fn main() -> anyhow::Result<()> {
    // A third of the flowers is kept from the search: what it has chosen by, it cannot be judged
    // by.
    let Fold { train, test } = stratified_folds(&linfa_datasets::iris(), 3, 42)?.swap_remove(0);
    let directory = std::env::temp_dir().join(format!("hpo-hyper-model-{}", std::process::id()));
    search(&train, &test, &directory)?;
    Ok(std::fs::remove_dir_all(&directory)?)
}

fn search(
    train: &Dataset<usize>,
    test: &Dataset<usize>,
    directory: &std::path::Path,
) -> anyhow::Result<()> {
    let mut tuner = RandomSearch::new(IrisModel)
        .objective("val_accuracy")
        .max_trials(30)
        .executions_per_trial(4)
        .seed(42)
        .workers(2)
        .directory(directory)
        .project_name("iris")
        .overwrite(true)
        .build()?;
    println!("{}", tuner.search_space_summary());
    let run = tuner.search(&stratified_folds(train, 4, 7)?)?;
    println!("{run}\n\n{}", tuner.results_summary(2)?);

    println!("second best: {:?}", tuner.best_configs(2)?[1]);
    println!("{}", tuner.oracle().best_trials(1)?[0].summary());
    let best = &tuner.best_models(1)?[0];
    let score = accuracy(&test.targets, &best.predict(&test.records));
    println!("on {} flowers that the search never saw: accuracy {score:.4}", test.targets.len());
    Ok(())
}

fn stratified_folds(
    table: &Dataset<usize>,
    k: usize,
    seed: u64,
) -> anyhow::Result<Vec<Fold<usize>>> {
    let plan = Splits::Stratified { folds: k }.plan(
        table.targets.len(),
        table.targets.as_slice(),
        seed,
    )?;
    Ok(folds(table, &plan)?)
}

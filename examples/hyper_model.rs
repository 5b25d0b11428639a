//! A model that is built from a config and fitted to data; the search gives the best fitted one back.
//!
//! `cargo run --release --example hyper_model`

use hpo_core::prelude::*;
use hpo_examples::data::{Scaler, Split, Table, iris, stratified_folds};
use hpo_examples::models::{Svc, SvcParams, accuracy, fit_svc, svc_params};
use ndarray::{Array1, Array2};

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

/// The scale belongs to the model: whoever predicts with it has raw centimetres.
struct Classifier {
    scaler: Option<Scaler>,
    svc: Svc,
}

impl Classifier {
    fn predict(&self, records: &Array2<f64>) -> Array1<usize> {
        match &self.scaler {
            Some(scaler) => self.svc.predict(&scaler.transform(records)),
            None => self.svc.predict(records),
        }
    }
}

impl HyperModel for IrisModel {
    type Config = Settings;
    type Data = [Split];
    type Model = SvcParams;
    type Fitted = Classifier;
    type Error = TrialError;

    fn build(&self, settings: &Settings) -> Result<SvcParams, TrialError> {
        Ok(svc_params(settings.c, settings.kernel_width))
    }

    /// Each execution of a trial holds out another fold: the trial's value is their mean.
    fn fit(
        &self,
        settings: &Settings,
        params: SvcParams,
        folds: &[Split],
        trial: &mut Trial<'_>,
    ) -> Result<Classifier, TrialError> {
        let Split { train, test } = &folds[trial.execution() as usize];
        let scaler = settings.normalize.then(|| Scaler::fit(train));
        let on_scale = scaler.as_ref().map(|scaler| scaler.scale(train));
        let svc = fit_svc(on_scale.as_ref().unwrap_or(train), &params)?;
        let fitted = Classifier { scaler, svc };
        trial.metric("val_accuracy", accuracy(&fitted.predict(&test.records), test));
        Ok(fitted)
    }

    fn metrics(&self) -> &[&str] {
        &["val_accuracy"]
    }
}

fn main() -> anyhow::Result<()> {
    // A third of the flowers is kept from the search: what it has chosen by, it cannot be judged by.
    let Split { train, test } = stratified_folds(&iris(), 3, 42).swap_remove(0);
    let directory = std::env::temp_dir().join(format!("hpo-hyper-model-{}", std::process::id()));
    search(&train, &test, &directory)?;
    Ok(std::fs::remove_dir_all(&directory)?)
}

fn search(train: &Table, test: &Table, directory: &std::path::Path) -> anyhow::Result<()> {
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
    let run = tuner.search(&stratified_folds(train, 4, 7))?;
    println!("{run}\n\n{}", tuner.results_summary(2)?);

    println!("second best: {:?}", tuner.best_configs(2)?[1]);
    println!("{}", tuner.oracle().best_trials(1)?[0].summary());
    let best = &tuner.best_models(1)?[0];
    let score = accuracy(&best.predict(&test.records), test);
    println!("on {} flowers that the search never saw: accuracy {score:.4}", test.targets.len());
    Ok(())
}

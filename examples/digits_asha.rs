//! A classifier of handwritten digits whose trials are promoted step by step: see
//! `docs/image-classifier.md`.

use anyhow::Context as _;
use burn::{optim::ModuleOptimizer, tensor::Device};
use hpo_burn::{Data, Dense, Mlp, Network, Optimizer, accuracy, cross_entropy};
use hpo_core::{callback::Table, prelude::*, pruner::Asha, sampler::Random, study::Resources};
use hpo_examples::{nn::digits, options::Options};

const EPOCHS: u64 = 16;

#[derive(Debug, Clone, SearchSpace)]
struct Config {
    #[search_space(range = 4..=256, log, step = 2, default = 128)]
    l1: usize,
    #[search_space(range = 4..=256, log, step = 2, default = 64)]
    l2: usize,
    #[search_space(range = 1e-4..=1e-1, log, default = 1e-3)]
    learning_rate: f64,
    #[search_space(choices = [2, 4, 8, 16], ordered, default = 4)]
    batch_size: usize,
}

impl Config {
    fn model(&self, device: &Device) -> Mlp {
        Mlp::new(64, &[Dense::new(self.l1), Dense::new(self.l2)], 10, device)
    }

    fn optimizer(&self) -> (ModuleOptimizer, f64) {
        Optimizer::Sgd { learning_rate: self.learning_rate, momentum: 0.9 }.init()
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::from_arguments()?;
    let [train, validation, test] = digits();
    let data = Data::new(train, validation)?;
    let network = Network::builder(Config::model, Mlp::forward, cross_entropy)
        .metric("val_accuracy", accuracy)
        .objective("val_accuracy")
        .optimizer(Config::optimizer)
        .batch_size(|config| config.batch_size)
        .epochs(EPOCHS)
        .build()?;

    let study = Study::<Config>::maximize()
        .name("digits")
        .seed(7)
        .sampler(Random)
        .pruner(Asha::builder(EPOCHS).min_resource(1).factor(2).build()?)
        .resources_per_trial(Resources::new().cpus(2.0))
        .machine(Resources::new().cpus(2.0))
        .callback(Table::builder().max_rows(8).build()?)
        .open()?;
    let run = study.optimize(40, |config, trial| network.fit_trial(&config, &data, trial))?;
    println!("{run}\n{}", study.summary()?);
    study.report()?.svg(options.results("asha"))?;

    // A trial that was not promoted has its best report all the same.
    let best = study.best_by(|trial| Some(trial.best_report(Direction::Maximize)?.1))?;
    let best = network.of_trial(&study, best.context("no trial has reported")?.number)?;
    let usual = network.train(&study.default_config()?, &data, 7)?;
    let [found, usual] = [network.evaluate(&best, &test)?, network.evaluate(&usual, &test)?];
    println!("on digits that no trial saw: {found}; with the default config: {usual}");
    let better = found.get("val_accuracy") > usual.get("val_accuracy");
    println!("better than the default config: {better}");
    Ok(())
}

//! A classifier of handwritten digits whose trials are promoted step by step: the habit of Ray
//! Tune, with its ASHA.
//!
//! `cargo run --release -p hpo-examples --features nn --example digits_asha`; see
//! `docs/image-classifier.md`.

use anyhow::Context as _;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::SgdConfig;
use burn::optim::momentum::MomentumConfig;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use hpo_core::callback::Table;
use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::rng::Rng;
use hpo_core::sampler::Random;
use hpo_core::study::{Ended, Resources};
use hpo_examples::data::Digits;
use hpo_examples::nn::{Training, accuracy, batches, device, labels, pictures, seeded};
use hpo_examples::options::Options;

/// Epochs of a trial that is promoted to the end.
const EPOCHS: u64 = 16;

#[derive(Debug, Clone, SearchSpace)]
struct Config {
    /// Widths of the hidden layers: 4, 8, 16 ... 256.
    #[search_space(range = 4..=256, log, step = 2, default = 128)]
    l1: usize,
    #[search_space(range = 4..=256, log, step = 2, default = 64)]
    l2: usize,
    #[search_space(range = 1e-4..=1e-1, log, default = 1e-3)]
    learning_rate: f64,
    #[search_space(choices = [2, 4, 8, 16], ordered, default = 4)]
    batch_size: usize,
}

#[derive(Module, Debug)]
struct Network {
    layers: [Linear; 3],
}

impl Network {
    fn new(config: &Config, device: &Device) -> Self {
        let layer = |inputs, outputs| LinearConfig::new(inputs, outputs).init(device);
        Self { layers: [layer(64, config.l1), layer(config.l1, config.l2), layer(config.l2, 10)] }
    }

    /// Scores of shape `[rows, 10]`.
    fn forward(&self, pictures: Tensor<2>) -> Tensor<2> {
        let [first, second, third] = &self.layers;
        third.forward(relu(second.forward(relu(first.forward(pictures)))))
    }

    fn accuracy(&self, digits: &Digits) -> f64 {
        let (rows, device) = (digits.rows(), device());
        accuracy(
            self.valid().forward(pictures(digits, &rows, &device)),
            labels(digits, &rows, &device),
        )
    }
}

fn fresh(config: &Config, seed: u64) -> Training<Network> {
    let network = seeded(seed, |device| Network::new(config, device));
    let optimizer = SgdConfig::new()
        .with_momentum(Some(MomentumConfig::new().with_momentum(0.9).with_dampening(0.0)));
    Training::new(network, optimizer.init(), config.learning_rate)
}

/// One epoch.
fn learn(training: &mut Training<Network>, digits: &Digits, batch_size: usize, rng: &mut Rng) {
    let device = device().autodiff();
    for rows in batches(digits.labels.len(), batch_size, rng) {
        let scores = training.model.forward(pictures(digits, &rows, &device));
        training.step(
            &CrossEntropyLossConfig::new()
                .init(&device)
                .forward(scores, labels(digits, &rows, &device)),
        );
    }
}

/// Trains as far as the trial's budget goes. The accuracy after each epoch is reported, and the
/// training kept: a promoted trial goes on from there.
fn train(
    config: &Config,
    train: &Digits,
    validation: &Digits,
    trial: &mut Trial<'_>,
) -> Result<f64, TrialError> {
    let mut training = fresh(config, trial.seed());
    if let Some(checkpoint) = trial.restore_bytes()? {
        training = training.restored(&checkpoint.bytes)?;
    }
    let (seed, mut reached) = (trial.seed(), training.model.accuracy(validation));
    for epoch in trial.steps(EPOCHS) {
        learn(&mut training, train, config.batch_size, &mut Rng::derive(seed, epoch));
        reached = training.model.accuracy(validation);
        trial.report(epoch, reached)?;
        trial.checkpoint_bytes(epoch, &training.to_bytes()?)?;
    }
    Ok(reached)
}

fn main() -> anyhow::Result<()> {
    let options = Options::of_one_size()?;
    let digits = Digits::read();
    let (training, validation, test) =
        (digits.part(0, 1000), digits.part(1000, 400), digits.part(1400, 397));

    let study = Study::<Config>::maximize()
        .name("digits")
        .seed(7)
        .sampler(Random)
        .pruner(Asha::builder(EPOCHS).min_resource(1).factor(2).build()?)
        .resources_per_trial(Resources::new().cpus(2.0))
        .machine(Resources::new().cpus(2.0))
        .callback(Table::builder().max_rows(8).build()?)
        .open()?;
    let run = study.optimize(40, |config, trial| train(&config, &training, &validation, trial))?;
    println!("{run}\n{}", study.summary()?);
    if run.ended == Ended::Interrupted {
        return Ok(());
    }

    // A trial that was not promoted has its last and its best report all the same.
    let by_last =
        study.best_by(|trial| Some(trial.last_report()?.1))?.context("no trial has reported")?;
    let by_best = study
        .best_by(|trial| Some(trial.best_report(Direction::Maximize)?.1))?
        .context("no trial has reported")?;
    for (measure, trial, report) in [
        ("last", &by_last, by_last.last_report()),
        ("best", &by_best, by_best.best_report(Direction::Maximize)),
    ] {
        let (epoch, value) = report.context("it was chosen by a report")?;
        println!(
            "by {measure} value: trial {}, accuracy {value:.4} after epoch {epoch}",
            trial.number
        );
    }

    let checkpoint =
        study.checkpoint(by_best.number)?.context("the best trial has no checkpoint")?;
    let best = fresh(&by_best.config()?, 0).restored(&checkpoint.bytes)?.model;
    if let Some(folder) = &options.folder {
        study.report()?.svg(folder)?;
        println!("pictures are in {}", folder.display());
    }
    let [found, usual] = [
        best.accuracy(&test),
        default_network(&study.default_config()?, &training).accuracy(&test),
    ];
    println!(
        "on {} digits that no trial saw: accuracy {found:.4}, with the default config {usual:.4}",
        test.labels.len()
    );
    println!("better than the default config: {}", found > usual);
    Ok(())
}

/// What one gets without a search, trained to the end.
fn default_network(config: &Config, digits: &Digits) -> Network {
    let mut training = fresh(config, 7);
    (1..=EPOCHS).for_each(|epoch| {
        learn(&mut training, digits, config.batch_size, &mut Rng::derive(7, epoch));
    });
    training.model
}

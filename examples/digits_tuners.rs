//! A dense classifier of handwritten digits, built and fitted for three tuners: the habit of Keras
//! Tuner.
//!
//! `cargo run --release -p hpo-examples --features nn --example digits_tuners`; see
//! `docs/keras-tuner.md`.

use std::path::Path;
use std::sync::Arc;

use burn::module::{Module, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, SgdConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use hpo_core::callback::{EarlyStopping, TensorBoard};
use hpo_core::prelude::*;
use hpo_core::rng::Rng;
use hpo_examples::data::Digits;
use hpo_examples::nn::{Training, accuracy, batches, device, labels, pictures, seeded};
use hpo_examples::options::Options;

const EPOCHS: u64 = 10;

/// An optimizer, with what only it has.
#[derive(Debug, Clone, SearchSpace)]
enum Optimizer {
    Sgd {
        #[search_space(range = 0.0..=0.99, default = 0.9)]
        momentum: f64,
    },
    #[search_space(default)]
    Adam {
        #[search_space(range = 0.8..=0.99, default = 0.9)]
        beta_1: f64,
        #[search_space(range = 0.9..=0.9999, default = 0.999)]
        beta_2: f64,
    },
}

#[derive(Debug, Clone, SearchSpace)]
struct Settings {
    #[search_space(range = 0..=8, default = 2)]
    n_hidden: usize,
    #[search_space(range = 16..=256, default = 64)]
    n_neurons: usize,
    #[search_space(range = 1e-4..=1e-2, log, default = 1e-3)]
    learning_rate: f64,
    optimizer: Optimizer,
    /// Whether every pixel is brought to mean 0 and deviation 1; what `fit` does, not `build`.
    normalize: bool,
}

#[derive(Module, Debug)]
struct Network {
    /// Mean and deviation of each pixel: 0 and 1 where they stay as they are. They are kept with
    /// the weights, and not trained.
    mean: Param<Tensor<1>>,
    deviation: Param<Tensor<1>>,
    layers: Vec<Linear>,
}

impl Network {
    fn new(settings: &Settings, device: &Device) -> Self {
        let widths = [vec![64], vec![settings.n_neurons; settings.n_hidden], vec![10]].concat();
        Self {
            mean: Param::from_tensor(Tensor::zeros([64], device)).set_require_grad(false),
            deviation: Param::from_tensor(Tensor::ones([64], device)).set_require_grad(false),
            layers: widths
                .windows(2)
                .map(|pair| LinearConfig::new(pair[0], pair[1]).init(device))
                .collect(),
        }
    }

    fn scaled_to(self, digits: &Digits) -> Self {
        let (variance, mean) = pictures(digits, &digits.rows(), &device().autodiff()).var_mean(0);
        Self {
            mean: self.mean.map(|_| mean.squeeze_dim(0)),
            deviation: self.deviation.map(|_| variance.squeeze_dim::<1>(0).sqrt() + 1e-3),
            ..self
        }
    }

    /// Scores of shape `[rows, 10]`.
    fn forward(&self, pictures: Tensor<2>) -> Tensor<2> {
        let scaled = (pictures - self.mean.val().unsqueeze()) / self.deviation.val().unsqueeze();
        let (last, hidden) = self.layers.split_last().expect("an output layer");
        last.forward(hidden.iter().fold(scaled, |inputs, layer| relu(layer.forward(inputs))))
    }

    fn loss(&self, digits: &Digits, rows: &[usize], device: &Device) -> Tensor<1> {
        let scores = self.forward(pictures(digits, rows, device));
        CrossEntropyLossConfig::new().init(device).forward(scores, labels(digits, rows, device))
    }

    fn accuracy(&self, digits: &Digits) -> f64 {
        let (rows, device) = (digits.rows(), device());
        accuracy(
            self.valid().forward(pictures(digits, &rows, &device)),
            labels(digits, &rows, &device),
        )
    }
}

/// What is learned from, and what is measured by.
struct Data {
    train: Digits,
    validation: Digits,
}

/// What the tuners know: `build` makes a network and its optimizer, `fit` trains it.
struct DigitModel;

impl HyperModel for DigitModel {
    type Config = Settings;
    type Data = Data;
    type Model = Training<Network>;
    type Fitted = Network;
    type Error = TrialError;

    fn build(&self, settings: &Settings) -> Result<Training<Network>, TrialError> {
        let optimizer = match settings.optimizer {
            Optimizer::Sgd { momentum } => SgdConfig::new()
                .with_momentum(Some(
                    MomentumConfig::new().with_momentum(momentum).with_dampening(0.0),
                ))
                .init(),
            Optimizer::Adam { beta_1, beta_2 } => {
                AdamConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32).init()
            }
        };
        let network = seeded(1, |device| Network::new(settings, device));
        Ok(Training::new(network, optimizer, settings.learning_rate))
    }

    fn fit(
        &self,
        settings: &Settings,
        mut training: Training<Network>,
        data: &Data,
        trial: &mut Trial<'_>,
    ) -> Result<Network, TrialError> {
        if settings.normalize {
            training.model = training.model.scaled_to(&data.train);
        }
        if let Some(checkpoint) = trial.restore_bytes()? {
            training = training.restored(&checkpoint.bytes)?;
        }
        let (device, seed) = (device().autodiff(), trial.seed());
        for epoch in trial.steps(EPOCHS) {
            for rows in batches(data.train.labels.len(), 32, &mut Rng::derive(seed, epoch)) {
                let loss = training.model.loss(&data.train, &rows, &device);
                training.step(&loss);
            }
            trial.log(epoch, &[("val_accuracy", training.model.accuracy(&data.validation))])?;
            trial.checkpoint_bytes(epoch, &training.to_bytes()?)?;
        }
        Ok(training.model)
    }

    fn metrics(&self) -> &[&str] {
        &["val_accuracy"]
    }

    fn save(&self, network: &Network, folder: &Path) -> Result<bool, TrialError> {
        network.clone().save_file(folder.join("network"))?;
        Ok(true)
    }

    fn load(&self, settings: &Settings, folder: &Path) -> Result<Option<Network>, TrialError> {
        let network = seeded(1, |device| Network::new(settings, device));
        Ok(Some(network.try_load_file(folder.join("network"))?))
    }
}

fn main() -> anyhow::Result<()> {
    let folder = Options::of_one_size()?.results("digits");
    let digits = Digits::read();
    let data = Data { train: digits.part(0, 1000), validation: digits.part(1000, 400) };
    let test = digits.part(1400, 397);

    let tuner = random_search(&data, &folder)?;
    for (rank, (network, settings)) in
        tuner.best_models(3)?.iter().zip(tuner.best_configs(3)?).enumerate()
    {
        println!("{}. on unseen digits {:.4} with {settings:?}", rank + 1, network.accuracy(&test));
    }
    let halving = hyperband(&data, &folder)?;
    let bayes = bayesian(&data)?;

    let default = default_network(&data)?;
    println!("\naccuracy on {} digits that no search saw", test.labels.len());
    println!("default config {:.4}", default.accuracy(&test));
    // The winner is chosen by what the searches measured; the unseen digits judge it once.
    let mut best = (0.0, 0.0);
    for (name, tuner) in
        [("random search", &tuner), ("Hyperband", &halving), ("Bayesian optimization", &bayes)]
    {
        let (measured, unseen) =
            (tuner.study().best_value()?, tuner.best_models(1)?[0].accuracy(&test));
        println!("{name} {unseen:.4} (measured {measured:.4})");
        best = if measured > best.0 { (measured, unseen) } else { best };
    }
    println!("better than the default config: {}", best.1 > default.accuracy(&test));
    Ok(())
}

/// The project is begun with five trials, and topped up to ten.
fn random_search(data: &Data, folder: &Path) -> anyhow::Result<Tuner<DigitModel>> {
    let project = |most: u64, overwrite: bool| {
        let builder =
            RandomSearch::new(DigitModel).objective("val_accuracy").max_trials(most).seed(7);
        builder.directory(folder).project_name("random").overwrite(overwrite).build()
    };
    let mut tuner = project(5, true)?;
    println!("{}", tuner.search_space_summary());
    println!("{}", tuner.search(data)?);
    drop(tuner);

    let mut tuner = project(10, false)?;
    println!("{}", tuner.search(data)?);
    println!("{}", tuner.results_summary(3)?);
    println!("{}", tuner.oracle().best_trials(1)?[0].summary());
    Ok(tuner)
}

fn hyperband(data: &Data, folder: &Path) -> anyhow::Result<Tuner<DigitModel>> {
    let builder = Hyperband::new(DigitModel).objective("val_accuracy").seed(7);
    let builder = builder.max_epochs(EPOCHS).factor(3).hyperband_iterations(2);
    println!("\n{}", builder.plan()?);
    let mut tuner = builder
        .callback(TensorBoard::builder(folder.join("tensorboard")).build()?)
        .callback(EarlyStopping::builder("val_accuracy").patience(3).build()?)
        .build()?;
    println!("{}", tuner.search(data)?);
    Ok(tuner)
}

fn bayesian(data: &Data) -> anyhow::Result<Tuner<DigitModel>> {
    let builder = BayesianOptimization::new(DigitModel).objective("val_accuracy").max_trials(10);
    let mut tuner = builder.alpha(1e-4).beta(2.6).seed(7).build()?;
    println!("{}", tuner.search(data)?);
    Ok(tuner)
}

/// What one gets without a search: a search begins with the defaults.
fn default_network(data: &Data) -> anyhow::Result<Arc<Network>> {
    let builder = RandomSearch::new(DigitModel).objective("val_accuracy").max_trials(1);
    let mut tuner = builder.seed(7).build()?;
    tuner.search(data)?;
    Ok(tuner.best_models(1)?.remove(0))
}

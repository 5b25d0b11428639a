//! A year of sunspots from the months before it: a recurrent encoder and decoder, whose sizes are
//! searched for.
//!
//! `cargo run --release -p hpo-examples --features nn --example sunspots`; see
//! `docs/time-series.md`.

use burn::module::Module;
use burn::nn::loss::{MseLoss, Reduction};
use burn::nn::{Linear, LinearConfig, Rnn, RnnConfig, RnnState};
use burn::optim::AdamConfig;
use burn::tensor::{Device, Tensor, TensorData};
use hpo_core::prelude::*;
use hpo_core::sampler::Tpe;
use hpo_core::study::Ended;
use hpo_core::study::Progress;
use hpo_core::{pruner, rng::Rng};
use hpo_examples::data;
use hpo_examples::nn::{Training, batches, device, number, seeded};
use hpo_examples::options::{Options, Size};

/// Months to forecast.
const HORIZON: usize = 12;
/// Epochs of a trial, and of the winner.
const EPOCHS: u64 = 10;
const LONGER: u64 = 30;
/// The longest window; all windows forecast the same months, so that their losses can be compared.
const LONGEST: usize = 31;

/// What is searched, as far as an epoch on one core takes at most `MILLIS` milliseconds.
#[derive(Debug, Clone, SearchSpace)]
#[search_space(constraint = Self::is_affordable)]
struct Forecaster<const MILLIS: u64> {
    /// Months that the encoder reads.
    #[search_space(range = 1..=LONGEST, default = 12)]
    window: usize,
    #[search_space(range = 1..=512, log, step = 2, default = 64)]
    batch_size: usize,
    #[search_space(range = 1..=2048, log, step = 2, default = 16)]
    hidden_size: usize,
    #[search_space(range = 1..=10, default = 1)]
    layers: usize,
}

impl<const MILLIS: u64> Forecaster<MILLIS> {
    /// A layer's step takes 40 µs and what its products take, on a processor of today.
    fn is_affordable(&self) -> bool {
        let steps = 2000usize.div_ceil(self.batch_size) * (self.window + HORIZON) * self.layers;
        let micros = 40 + self.batch_size * self.hidden_size.pow(2) / 1000;
        (steps * micros) as u64 <= 1000 * MILLIS
    }
}

#[derive(Module, Debug)]
struct Network {
    encoder: Vec<Rnn>,
    decoder: Vec<Rnn>,
    output: Linear,
}

impl Network {
    fn new<const MILLIS: u64>(config: &Forecaster<MILLIS>, device: &Device) -> Self {
        let layer = |below| RnnConfig::new(below, config.hidden_size, true).init(device);
        let stack = || {
            (0..config.layers)
                .map(|depth| layer(if depth == 0 { 1 } else { config.hidden_size }))
                .collect()
        };
        Self {
            encoder: stack(),
            decoder: stack(),
            output: LinearConfig::new(config.hidden_size, 1).init(device),
        }
    }

    /// What each layer remembers of windows of shape `[batch, window, 1]`.
    fn encode(&self, windows: Tensor<3>) -> Vec<Tensor<2>> {
        let mut inputs = windows;
        let read = |layer: &Rnn| {
            let (outputs, state) = layer.forward(inputs.clone(), None);
            inputs = outputs;
            state.hidden
        };
        self.encoder.iter().map(read).collect()
    }

    /// Values after `inputs`, of shape `[batch, months, 1]`; `memory` goes on.
    fn decode(&self, inputs: Tensor<3>, memory: &mut [Tensor<2>]) -> Tensor<3> {
        let outputs = self.decoder.iter().zip(memory).fold(inputs, |inputs, (layer, hidden)| {
            let (outputs, state) = layer.forward(inputs, Some(RnnState::new(hidden.clone())));
            *hidden = state.hidden;
            outputs
        });
        self.output.forward(outputs)
    }

    /// With a teacher: each month is forecast from the true month before it.
    fn taught(&self, windows: Tensor<3>, truth: Tensor<3>) -> Tensor<3> {
        let last = windows.clone().slice_dim(1, -1..);
        let inputs = Tensor::cat(vec![last, truth.slice_dim(1, ..-1)], 1);
        self.decode(inputs, &mut self.encode(windows))
    }

    /// On its own: each month is forecast from the forecast before it.
    fn forecast(&self, windows: Tensor<3>) -> Tensor<3> {
        let mut month = windows.clone().slice_dim(1, -1..);
        let mut memory = self.encode(windows);
        let months = (0..HORIZON).map(|_| {
            month = self.decode(month.clone(), &mut memory);
            month.clone()
        });
        Tensor::cat(months.collect(), 1)
    }
}

/// Sunspots in units of the largest number of the training months.
struct Series {
    values: Vec<f32>,
    scale: f32,
    /// First months that are forecast: to train on, to choose by, to judge by, in the order of
    /// time.
    train: Vec<usize>,
    validation: Vec<usize>,
    test: Vec<usize>,
}

impl Series {
    /// 70 % to train on; of the 30 % after them, the first half is what trials are measured by, the
    /// second judges the winner.
    fn read() -> Self {
        let spots = data::sunspots();
        let (learned, seen, all) = (spots.len() * 70 / 100, spots.len() * 85 / 100, spots.len());
        let scale = spots[..learned].iter().copied().fold(0.0, f32::max);
        let whole = |from: usize, to: usize| (from..=to - HORIZON).collect::<Vec<_>>();
        Self {
            values: spots.iter().map(|spots| spots / scale).collect(),
            scale,
            train: whole(LONGEST, learned),
            validation: whole(learned, seen),
            test: whole(seen, all),
        }
    }

    /// The months before each start: `[starts, window, 1]`.
    fn windows(&self, starts: &[usize], window: usize, device: &Device) -> Tensor<3> {
        let values: Vec<f32> =
            starts.iter().flat_map(|start| &self.values[start - window..*start]).copied().collect();
        Tensor::from_data(TensorData::new(values, [starts.len(), window, 1]), device)
    }

    /// The months from each start on: `[starts, HORIZON, 1]`.
    fn truth(&self, starts: &[usize], device: &Device) -> Tensor<3> {
        let ends: Vec<usize> = starts.iter().map(|start| start + HORIZON).collect();
        self.windows(&ends, HORIZON, device)
    }

    /// The mean squared error of forecasts that feed on themselves.
    fn loss(&self, network: &Network, window: usize, starts: &[usize]) -> f64 {
        let device = device();
        let windows = self.windows(starts, window, &device);
        let forecast = network.valid().forecast(windows);
        number(MseLoss::new().forward(forecast, self.truth(starts, &device), Reduction::Mean))
    }

    /// One epoch on the training months.
    fn epoch<const MILLIS: u64>(
        &self,
        config: &Forecaster<MILLIS>,
        training: &mut Training<Network>,
        rng: &mut Rng,
    ) {
        let device = device().autodiff();
        for batch in batches(self.train.len(), config.batch_size, rng) {
            let starts: Vec<usize> = batch.iter().map(|row| self.train[*row]).collect();
            let windows = self.windows(&starts, config.window, &device);
            let truth = self.truth(&starts, &device);
            let told = training.model.taught(windows, truth.clone());
            training.step(&MseLoss::new().forward(told, truth, Reduction::Mean));
        }
    }

    /// The state with the lowest validation loss of so many epochs.
    fn trained<const MILLIS: u64>(
        &self,
        config: &Forecaster<MILLIS>,
        seed: u64,
        epochs: u64,
    ) -> Network {
        let (mut training, mut rng) = (fresh(config, seed), Rng::derive(seed, 0));
        let mut best = (f64::INFINITY, training.model.clone());
        for _ in 0..epochs {
            self.epoch(config, &mut training, &mut rng);
            let loss = self.loss(&training.model, config.window, &self.validation);
            if loss < best.0 {
                best = (loss, training.model.clone());
            }
        }
        best.1
    }

    /// Sunspots of the months after the last one.
    fn next_year(&self, network: &Network, window: usize) -> Vec<f32> {
        let windows = self.windows(&[self.values.len()], window, &device());
        let forecast =
            network.valid().forecast(windows).into_data().try_to_vec::<f32>().expect("floats");
        forecast.iter().map(|value| value * self.scale).collect()
    }
}

fn fresh<const MILLIS: u64>(config: &Forecaster<MILLIS>, seed: u64) -> Training<Network> {
    let network = seeded(seed, |device| Network::new(config, device));
    Training::new(network, AdamConfig::new().init(), 1e-3)
}

fn main() -> anyhow::Result<()> {
    let options = Options::from_arguments()?;
    match options.size {
        Size::Quick => run::<300>(60, &options),
        Size::Usual => run::<1_000>(100, &options),
        Size::Full => run::<{ u64::MAX / 1000 }>(100, &options),
    }
}

fn run<const MILLIS: u64>(trials: u64, options: &Options) -> anyhow::Result<()> {
    let series = Series::read();
    let study = Study::<Forecaster<MILLIS>>::minimize()
        .name("sunspots")
        .seed(7)
        .sampler(Tpe::default())
        .pruner(pruner::Hyperband::builder().max_resource(EPOCHS).build()?)
        .callback(Progress::new())
        .open()?;
    let run = study.optimize(trials, |config, trial| {
        let (mut training, mut rng) = (fresh(&config, trial.seed()), trial.rng());
        let mut best = f64::INFINITY;
        for epoch in trial.steps(EPOCHS) {
            series.epoch(&config, &mut training, &mut rng);
            let loss = series.loss(&training.model, config.window, &series.validation);
            trial.report(epoch, loss)?;
            best = best.min(loss);
        }
        Ok::<_, TrialError>(best)
    })?;
    println!("{run}\n{}", study.summary()?);
    if let Some(folder) = &options.folder {
        study.report()?.svg(folder)?;
        println!("pictures are in {}", folder.display());
    }
    if run.ended != Ended::Interrupted {
        judge(&series, &study.best_config()?, &study.default_config()?);
    }
    Ok(())
}

/// Trains the winner for longer, and the config that one begins with, and compares them on months
/// that nobody has seen.
fn judge<const MILLIS: u64>(
    series: &Series,
    best: &Forecaster<MILLIS>,
    default: &Forecaster<MILLIS>,
) {
    let [found, usual] = [best, default].map(|config| {
        let network = series.trained(config, 7, LONGER);
        println!("{config:?}: test loss {:.5}", series.loss(&network, config.window, &series.test));
        network
    });
    let next = series.next_year(&found, best.window);
    println!("the {HORIZON} months after the last one: {next:.0?}");
    let loss =
        |network, config: &Forecaster<MILLIS>| series.loss(network, config.window, &series.test);
    println!("better than the default config: {}", loss(&found, best) < loss(&usual, default));
}

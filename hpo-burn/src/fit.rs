//! The training of one network, epoch by epoch.

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use hpo_core::rand::seq::SliceRandom as _;
use hpo_core::rng::Rng;
use hpo_core::trial::Objective;

use crate::compiled::Compiled;
use crate::dataset::{Data, Dataset};
use crate::error::{Error, fits};
use crate::fitted::{Fitted, Metrics};
use crate::metric::number;
use crate::seed;
use crate::space::LrSchedule;

/// The rows of a batch of validation data.
const VALIDATION_BATCH: usize = 256;

/// A network in training.
pub(crate) struct Fit<M> {
    pub(crate) model: M,
    pub(crate) optimizer: ModuleOptimizer,
    pub(crate) best: Best<M>,
    /// The metrics after each epoch, in the order of the network's names.
    pub(crate) history: Vec<Vec<f64>>,
    /// The number of metrics.
    pub(crate) history_width: usize,
    pub(crate) plan: Plan,
}

/// The best epoch so far: 0 with a NaN value before the first one.
pub(crate) struct Best<M> {
    pub(crate) epoch: u64,
    pub(crate) value: f64,
    pub(crate) model: M,
}

/// The settings of a training, which follow from the config.
pub(crate) struct Plan {
    /// The metric that chooses the best epoch.
    objective: Objective,
    seed: u64,
    learning_rate: f64,
    schedule: LrSchedule,
    batch_size: usize,
    /// The epochs of a whole training, over which the learning rate takes its course.
    epochs: u64,
}

impl<M: Module> Fit<M> {
    /// Prepares a training from the beginning.
    pub(crate) fn new<C, X, Y>(
        network: &Compiled<C, M, X, Y>,
        config: &C,
        objective: &Objective,
        (seed, epochs): (u64, u64),
    ) -> Result<Self, Error> {
        let batch_size = (network.batch_size)(config);
        if batch_size == 0 {
            let remedy = "a batch has at least one row";
            return Err(Error::Setting { setting: "batch_size", value: "0".into(), remedy });
        }
        let model = network.fresh(config, seed)?;
        let (optimizer, learning_rate) = (network.optimizer)(config);
        let schedule = (network.schedule)(config);
        Ok(Self {
            best: Best { epoch: 0, value: f64::NAN, model: model.clone() },
            model,
            optimizer,
            history: Vec::new(),
            history_width: network.names.len(),
            plan: Plan {
                objective: objective.clone(),
                seed,
                learning_rate,
                schedule,
                batch_size,
                epochs,
            },
        })
    }

    /// Returns the number of epochs behind it.
    pub(crate) fn epoch(&self) -> u64 {
        self.history.len() as u64
    }

    /// Trains for one epoch, and measures the network on the validation rows.
    pub(crate) fn train_epoch<C, X, Y>(
        &mut self,
        network: &Compiled<C, M, X, Y>,
        data: &Data<X, Y>,
    ) -> Result<Metrics, Error> {
        let epoch = self.epoch() + 1;
        let loss = self.descend(network, data, epoch)?;
        self.plan.demand(loss.is_finite(), "loss", loss, epoch)?;
        let valid = self.model.valid();
        let measured = measure(network, &valid, &*data.validation, "validation data")?;
        let metrics = Metrics([vec![("loss", loss)], measured.0].concat());
        let objective = &self.plan.objective;
        let value_of = |name| metrics.get(name).unwrap_or(f64::NAN);
        let (val_loss, value) = (value_of("val_loss"), value_of(&objective.name));
        self.plan.demand(val_loss.is_finite(), "val_loss", val_loss, epoch)?;
        self.plan.demand(!value.is_nan(), &objective.name, value, epoch)?;
        if objective.direction.is_better(value, self.best.value) {
            self.best = Best { epoch, value, model: valid };
        }
        self.history.push(metrics.iter().map(|(_, value)| value).collect());
        Ok(metrics)
    }

    /// Returns true if the best epoch is at least `patience` epochs ago.
    pub(crate) fn is_stagnant(&self, patience: Option<u64>) -> bool {
        patience.is_some_and(|patience| self.epoch() - self.best.epoch >= patience)
    }

    /// Ends the training with the weights of the best epoch.
    pub(crate) fn into_fitted(self, names: &[&'static str]) -> Fitted<M> {
        let metrics = |values: Vec<f64>| Metrics(names.iter().copied().zip(values).collect());
        let history = self.history.into_iter().map(metrics).collect();
        Fitted { model: self.best.model.valid(), epoch: self.best.epoch, history }
    }

    /// Goes through the training rows once. Returns the mean loss.
    fn descend<C, X, Y>(
        &mut self,
        network: &Compiled<C, M, X, Y>,
        data: &Data<X, Y>,
        epoch: u64,
    ) -> Result<f64, Error> {
        let device = network.device.clone().autodiff();
        seed::begin_epoch(self.plan.seed, epoch, &device);
        let mut order: Vec<usize> = (0..data.training.len()).collect();
        order.shuffle(&mut Rng::derive(self.plan.seed, epoch));
        let batches = order.len().div_ceil(self.plan.batch_size) as f64;
        let mut model = self.model.clone();
        let mut sum: Option<Tensor<1>> = None;
        for (index, rows) in order.chunks(self.plan.batch_size).enumerate() {
            let loss = loss_of(|| (network.loss)(&model, data.training.batch(rows, &device)))?;
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            let rate = self.plan.rate(epoch as f64 - 1.0 + index as f64 / batches);
            model = self.optimizer.step(rate, model, gradients);
            let share = loss.inner() * (rows.len() as f64 / order.len() as f64);
            sum = Some(sum.map_or_else(|| share.clone(), |sum| sum + share.clone()));
        }
        self.model = model;
        Ok(sum.map_or(f64::NAN, number))
    }
}

impl Plan {
    /// Returns the learning rate after a number of epochs.
    fn rate(&self, epochs: f64) -> f64 {
        self.learning_rate * self.schedule.factor(epochs / self.epochs as f64)
    }

    /// Refuses a metric whose value shows that the training has diverged.
    fn demand(&self, is_right: bool, metric: &str, value: f64, epoch: u64) -> Result<(), Error> {
        let (metric, learning_rate) = (metric.to_owned(), self.learning_rate);
        let error = Error::Diverged { metric, value, epoch, learning_rate };
        if is_right { Ok(()) } else { Err(error) }
    }
}

/// Measures a network on rows that it does not learn from.
pub(crate) fn measure<C, M: Module, X, Y>(
    network: &Compiled<C, M, X, Y>,
    model: &M,
    rows: &dyn Dataset<Batch = (X, Y)>,
    part: &'static str,
) -> Result<Metrics, Error> {
    let device: &Device = &network.device;
    let (all, names) = ((0..rows.len()).collect::<Vec<_>>(), &network.names[1..]);
    let mut sums = vec![0.0; names.len()];
    for batch in all.chunks(VALIDATION_BATCH) {
        let values = fits(part, || (network.validate)(model, rows.batch(batch, device)))?;
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value * batch.len() as f64;
        }
    }
    let means = sums.into_iter().map(|sum| sum / all.len() as f64);
    Ok(Metrics(names.iter().copied().zip(means).collect()))
}

/// Computes the loss of a batch of training rows, which shows if they fit the network.
fn loss_of(batch: impl FnOnce() -> Tensor<1>) -> Result<Tensor<1>, Error> {
    let loss = fits("training data", batch)?;
    match loss.dims() {
        [1] => Ok(loss),
        [numbers] => Err(Error::LossShape { numbers }),
    }
}

//! The settings of a network.

use std::sync::Arc;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use hpo_core::trial::Objective;
use hpo_core::tuner::IntoObjective;

use super::Network;
use crate::compiled::{Build, Compiled, OfConfig};
use crate::error::Error;
use crate::metric::number;
use crate::space::{LrSchedule, Optimizer};

type Forward<M, X, O> = Box<dyn Fn(&M, X) -> O + Send + Sync>;
type Metric<O, Y> = Box<dyn Fn(O, Y) -> f64 + Send + Sync>;

/// The settings of a [`Network`]. [`build`](Self::build) checks them.
#[must_use = "a network does nothing before .build() and a search"]
pub struct NetworkBuilder<C, M, X, O, Y> {
    model: Build<C, M>,
    forward: Forward<M, X, O>,
    loss: Box<dyn Fn(O, Y) -> Tensor<1> + Send + Sync>,
    names: Vec<&'static str>,
    metrics: Vec<Metric<O, Y>>,
    optimizer: OfConfig<C, (ModuleOptimizer, f64)>,
    schedule: OfConfig<C, LrSchedule>,
    batch_size: OfConfig<C, usize>,
    objective: Result<Objective, Error>,
    device: Device,
    epochs: u64,
    patience: Option<u64>,
    prunes_diverged: bool,
}

impl<C, M, X, Y> Network<C, M, X, Y>
where
    M: Module,
    X: 'static,
    Y: Clone + 'static,
{
    /// Describes a network by three functions:
    ///
    /// - `model` builds it from a config, on a device.
    /// - `forward` computes its outputs from a batch of inputs.
    /// - `loss` compares outputs and targets: the mean over the batch, of shape `[1]`.
    pub fn builder<O: Clone + 'static>(
        model: impl Fn(&C, &Device) -> M + Send + Sync + 'static,
        forward: impl Fn(&M, X) -> O + Send + Sync + 'static,
        loss: impl Fn(O, Y) -> Tensor<1> + Send + Sync + 'static,
    ) -> NetworkBuilder<C, M, X, O, Y> {
        NetworkBuilder {
            model: Box::new(model),
            forward: Box::new(forward),
            loss: Box::new(loss),
            names: vec!["loss", "val_loss"],
            metrics: Vec::new(),
            optimizer: Box::new(|_| Optimizer::default().init()),
            schedule: Box::new(|_| LrSchedule::Constant),
            batch_size: Box::new(|_| 32),
            objective: "val_loss".into_objective().map_err(Error::from),
            device: Device::default(),
            epochs: 10,
            patience: None,
            prunes_diverged: false,
        }
    }
}

impl<C, M, X, O, Y> NetworkBuilder<C, M, X, O, Y>
where
    M: Module + 'static,
    X: 'static,
    O: Clone + 'static,
    Y: Clone + 'static,
{
    /// Adds a metric of the validation rows, under the name by which it is logged: `val_accuracy`.
    /// Of several batches the mean counts, by their rows. `loss` (training) and `val_loss` are
    /// always logged.
    pub fn metric(
        mut self,
        name: &'static str,
        metric: impl Fn(O, Y) -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.names.push(name);
        self.metrics.push(Box::new(metric));
        self
    }

    /// Sets the metric by which the best epoch is chosen, and which is the value of a trial of a
    /// study. A tuner has an objective of its own, which takes precedence. Default: `val_loss`.
    pub fn objective(mut self, objective: impl IntoObjective) -> Self {
        self.objective = objective.into_objective().map_err(Error::from);
        self
    }

    /// Sets the optimizer and the learning rate. Default: Adam with 0.001.
    pub fn optimizer(
        mut self,
        optimizer: impl Fn(&C) -> (ModuleOptimizer, f64) + Send + Sync + 'static,
    ) -> Self {
        self.optimizer = Box::new(optimizer);
        self
    }

    /// Sets the course of the learning rate. Default: constant.
    pub fn schedule(mut self, schedule: impl Fn(&C) -> LrSchedule + Send + Sync + 'static) -> Self {
        self.schedule = Box::new(schedule);
        self
    }

    /// Sets the number of rows of a training step, at least 1. Default: 32.
    pub fn batch_size(mut self, size: impl Fn(&C) -> usize + Send + Sync + 'static) -> Self {
        self.batch_size = Box::new(size);
        self
    }

    /// Sets the number of epochs of a whole training, at least 1. Under a schedule such as
    /// Hyperband, the schedule's epochs count instead. Default: 10.
    pub fn epochs(mut self, epochs: u64) -> Self {
        self.epochs = epochs;
        self
    }

    /// Ends a training whose objective has not improved for so many epochs, at least 1; its trial
    /// is complete. Default: never.
    pub fn early_stopping(mut self, patience: u64) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Sets the outcome of a trial whose loss becomes NaN or infinite: pruned if true, failed if
    /// false (the default).
    pub fn prune_diverged(mut self, prune: bool) -> Self {
        self.prunes_diverged = prune;
        self
    }

    /// Sets the device. Default: burn's, which is the processor unless burn has been built with
    /// the feature of another backend.
    pub fn device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If the objective is not logged, a name is given twice, or a number of epochs is 0.
    pub fn build(self) -> Result<Network<C, M, X, Y>, Error> {
        let objective = self.objective?;
        check_objective(&objective, &self.names)?;
        check_names(&self.names)?;
        check_epochs("epochs", self.epochs)?;
        check_epochs("early_stopping", self.patience.unwrap_or(1))?;
        let (forward, loss, metrics) = (Arc::new(self.forward), Arc::new(self.loss), self.metrics);
        let (valid_forward, valid_loss) = (Arc::clone(&forward), Arc::clone(&loss));
        let compiled = Compiled {
            model: self.model,
            loss: Box::new(move |model, (inputs, targets)| loss(forward(model, inputs), targets)),
            validate: Box::new(move |model, (inputs, targets)| {
                let outputs = valid_forward(model, inputs);
                let loss = number(valid_loss(outputs.clone(), targets.clone()));
                let others = metrics.iter().map(|metric| metric(outputs.clone(), targets.clone()));
                std::iter::once(loss).chain(others).collect()
            }),
            names: self.names,
            optimizer: self.optimizer,
            schedule: self.schedule,
            batch_size: self.batch_size,
            device: self.device,
        };
        let (epochs, patience) = (self.epochs, self.patience);
        Ok(Network { compiled, objective, epochs, patience, prunes_diverged: self.prunes_diverged })
    }
}

/// Checks that the objective is one of the logged metrics.
pub(super) fn check_objective(objective: &Objective, names: &[&'static str]) -> Result<(), Error> {
    if names.contains(&objective.name.as_str()) {
        return Ok(());
    }
    Err(Error::UnknownObjective { objective: objective.name.clone(), logged: names.to_vec() })
}

fn check_names(names: &[&'static str]) -> Result<(), Error> {
    let twice = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name));
    twice.map_or(Ok(()), |(_, name)| {
        let remedy = "another metric has this name: choose one that is not taken";
        Err(Error::Setting { setting: "metric", value: (*name).to_owned(), remedy })
    })
}

fn check_epochs(setting: &'static str, epochs: u64) -> Result<(), Error> {
    let remedy = "write 1 or more epochs";
    if epochs == 0 { Err(Error::Setting { setting, value: "0".into(), remedy }) } else { Ok(()) }
}

impl<C, M, X, O, Y> std::fmt::Debug for NetworkBuilder<C, M, X, O, Y> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NetworkBuilder")
            .field("metrics", &self.names)
            .field("epochs", &self.epochs)
            .finish_non_exhaustive()
    }
}

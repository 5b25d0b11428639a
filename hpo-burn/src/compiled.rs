//! What a training needs to know of a network.

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};

use crate::error::{Error, fits};
use crate::seed;
use crate::space::LrSchedule;

/// A function of the config.
pub(crate) type OfConfig<C, T> = Box<dyn Fn(&C) -> T + Send + Sync>;
/// Builds a model from a config, on a device.
pub(crate) type Build<C, M> = Box<dyn Fn(&C, &Device) -> M + Send + Sync>;
type Measure<M, X, Y, T> = Box<dyn Fn(&M, (X, Y)) -> T + Send + Sync>;

/// The model, its loss and metrics, and the settings of its training that follow from the config.
pub(crate) struct Compiled<C, M, X, Y> {
    pub(crate) model: Build<C, M>,
    pub(crate) loss: Measure<M, X, Y, Tensor<1>>,
    /// Computes the metrics of a batch, in the order of `names` after the first one.
    pub(crate) validate: Measure<M, X, Y, Vec<f64>>,
    /// `loss`, `val_loss`, and the names of the metrics.
    pub(crate) names: Vec<&'static str>,
    pub(crate) optimizer: OfConfig<C, (ModuleOptimizer, f64)>,
    pub(crate) schedule: OfConfig<C, LrSchedule>,
    pub(crate) batch_size: OfConfig<C, usize>,
    pub(crate) device: Device,
}

impl<C, M: Module, X, Y> Compiled<C, M, X, Y> {
    /// Builds a model with first weights that follow from the seed.
    pub(crate) fn fresh(&self, config: &C, seed: u64) -> Result<M, Error> {
        let device = self.device.clone().autodiff();
        fits("config", || seed::seeded(seed, &device, |device| (self.model)(config, device)))
    }
}

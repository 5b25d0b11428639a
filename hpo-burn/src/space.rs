//! Search spaces of the training itself: optimizers, and the course of the learning rate.

use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, ModuleOptimizer, SgdConfig};
use hpo_core::SearchSpace;

/// An optimizer, each with a learning rate of its own range. Default: `Adam` with 0.001.
///
/// ```
/// use hpo_burn::Optimizer;
///
/// let (_optimizer, learning_rate) = Optimizer::default().init();
/// assert_eq!(learning_rate, 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq, SearchSpace)]
#[non_exhaustive]
pub enum Optimizer {
    /// Stochastic gradient descent with momentum.
    Sgd {
        /// From 0.0001 to 1, on a log scale; default 0.01.
        #[search_space(range = 1e-4..=1.0, log, default = 1e-2)]
        learning_rate: f64,
        /// From 0 to 0.99; default 0.9.
        #[search_space(range = 0.0..=0.99, default = 0.9)]
        momentum: f64,
    },
    /// Adam (Kingma and Ba 2015).
    #[search_space(default)]
    Adam {
        /// From 0.00001 to 0.1, on a log scale; default 0.001.
        #[search_space(range = 1e-5..=1e-1, log, default = 1e-3)]
        learning_rate: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    AdamW {
        /// From 0.00001 to 0.1, on a log scale; default 0.001.
        #[search_space(range = 1e-5..=1e-1, log, default = 1e-3)]
        learning_rate: f64,
        /// From 0.0001 to 0.5, on a log scale; default 0.01.
        #[search_space(range = 1e-4..=0.5, log, default = 1e-2)]
        weight_decay: f64,
    },
}

impl Optimizer {
    /// Returns burn's optimizer and its learning rate, as
    /// [`NetworkBuilder::optimizer`](crate::NetworkBuilder::optimizer) takes them.
    #[must_use]
    pub fn init(&self) -> (ModuleOptimizer, f64) {
        match *self {
            Self::Sgd { learning_rate, momentum } => {
                let momentum = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0);
                (SgdConfig::new().with_momentum(Some(momentum)).init(), learning_rate)
            }
            Self::Adam { learning_rate } => (AdamConfig::new().init(), learning_rate),
            Self::AdamW { learning_rate, weight_decay } => {
                let decay = weight_decay as f32;
                (AdamWConfig::new().with_weight_decay(decay).init(), learning_rate)
            }
        }
    }
}

impl Default for Optimizer {
    fn default() -> Self {
        Self::Adam { learning_rate: 1e-3 }
    }
}

/// The course of the learning rate over a whole training, step by step. Default: `Constant`.
///
/// It follows from the progress of the training alone, so a training that is taken up goes on with
/// the rate that it would have had.
#[derive(Clone, Copy, Debug, Default, PartialEq, SearchSpace)]
#[non_exhaustive]
pub enum LrSchedule {
    /// The learning rate of the optimizer throughout.
    #[default]
    #[search_space(default)]
    Constant,
    /// Half a cosine from the learning rate to `end` times it.
    Cosine {
        /// From 0 to 0.5; default 0.
        #[search_space(range = 0.0..=0.5, default = 0.0)]
        end: f64,
    },
    /// The same ratio from step to step, until the rate is `end` times the first one.
    Exponential {
        /// From 0.001 to 0.5, on a log scale; default 0.01.
        #[search_space(range = 1e-3..=0.5, log, default = 1e-2)]
        end: f64,
    },
    /// Drops at equal distances, each to `factor` times the rate before.
    Step {
        /// From 1 to 5; default 2.
        #[search_space(range = 1..=5, default = 2)]
        drops: u32,
        /// From 0.1 to 0.9; default 0.3.
        #[search_space(range = 0.1..=0.9, default = 0.3)]
        factor: f64,
    },
}

impl LrSchedule {
    /// Returns the factor of the learning rate at a progress from 0 (the first step) to 1.
    ///
    /// ```
    /// use hpo_burn::LrSchedule;
    ///
    /// let schedule = LrSchedule::Cosine { end: 0.0 };
    /// assert_eq!([0.0, 0.5, 1.0].map(|progress| schedule.factor(progress).round()), [1., 1., 0.]);
    /// assert_eq!(LrSchedule::Step { drops: 1, factor: 0.1 }.factor(0.6), 0.1);
    /// ```
    #[must_use]
    pub fn factor(self, progress: f64) -> f64 {
        let progress = progress.clamp(0.0, 1.0);
        match self {
            Self::Constant => 1.0,
            Self::Cosine { end } => {
                end + (1.0 - end) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
            }
            Self::Exponential { end } => end.powf(progress),
            Self::Step { drops, factor } => {
                let passed = (progress * f64::from(drops + 1)).floor().min(f64::from(drops));
                factor.powf(passed)
            }
        }
    }
}

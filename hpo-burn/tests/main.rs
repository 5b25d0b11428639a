//! The training loop beside itself: stopped and taken up, repeated, and fed with what does not fit.

mod bad_input;
mod layers;
mod resume;
mod tuner;

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Distribution, Int, Tensor};
use hpo_burn::{
    Data, Dense, LrSchedule, Mlp, Network, NetworkBuilder, Optimizer, accuracy, cross_entropy,
};
use hpo_core::prelude::*;

type Points = Tensor<2>;
type Labels = Tensor<1, Int>;
type Classifier = Network<Net, Mlp, Points, Labels>;

#[derive(Debug, Clone, SearchSpace)]
struct Net {
    #[search_space(len = 1..=2)]
    layers: Vec<Dense>,
    optimizer: Optimizer,
    schedule: LrSchedule,
    #[search_space(choices = [8, 16, 32], ordered, default = 16)]
    batch_size: usize,
}

impl Net {
    /// A network with dropout, so that random numbers matter in each step.
    fn with(optimizer: Optimizer) -> Self {
        let layers = vec![Dense { dropout: 0.2, ..Dense::new(16) }];
        Self { layers, optimizer, schedule: LrSchedule::Cosine { end: 0.0 }, batch_size: 16 }
    }
}

/// Points in four dimensions, and the side of a plane on which they are.
fn points(rows: usize, seed: u64) -> (Points, Labels) {
    let mut rng = hpo_core::rng::Rng::derive(seed, 0);
    let numbers: Vec<f32> = (0..rows * 4).map(|_| rng.unit() as f32).collect();
    let points = Tensor::<1>::from_floats(numbers.as_slice(), &Device::default());
    let points: Points = points.reshape([rows, 4]);
    let labels = points.clone().sum_dim(1).greater_elem(2.0).int().squeeze_dim(1);
    (points, labels)
}

fn data() -> Data<Points, Labels> {
    Data::new(points(100, 1), points(60, 2)).unwrap()
}

fn builder() -> NetworkBuilder<Net, Mlp, Points, Tensor<2>, Labels> {
    Network::builder(
        |net: &Net, device: &Device| Mlp::new(4, &net.layers, 2, device),
        Mlp::forward,
        cross_entropy,
    )
    .metric("val_accuracy", accuracy)
    .optimizer(|net: &Net| net.optimizer.init())
    .schedule(|net: &Net| net.schedule)
    .batch_size(|net: &Net| net.batch_size)
}

fn classifier(epochs: u64) -> Classifier {
    builder().epochs(epochs).build().unwrap()
}

/// All weights, bit for bit.
fn bits(model: &impl Module) -> Vec<u32> {
    struct Collect(Vec<u32>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, weights: &Param<Tensor<D>>) {
            let values = weights.val().into_data().try_to_vec::<f32>().unwrap();
            self.0.extend(values.into_iter().map(f32::to_bits));
        }
    }
    let mut collect = Collect(Vec::new());
    model.visit(&mut collect);
    collect.0
}

/// The two optimizers whose state is the hardest to restore.
fn optimizers() -> [Optimizer; 2] {
    [Optimizer::Adam { learning_rate: 1e-2 }, Optimizer::Sgd { learning_rate: 1e-1, momentum: 0.9 }]
}

/// Keeps other tests from drawing from the device: some draw weights without a seed.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn noise(shape: [usize; 2]) -> Tensor<2> {
    Tensor::random(shape, Distribution::Default, &Device::default())
}

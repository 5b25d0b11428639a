//! What the networks of the examples share: the device, seeded weights, a training that can be kept
//! and taken up.
//!
//! [burn](https://burn.dev) does the computing. Its random numbers belong to the device, not to the
//! caller: [`seeded`] makes fresh weights a function of a seed, whatever else is trained at the
//! same time.

use std::sync::{Mutex, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::{Bytes, Device, Int, Tensor, TensorData};
use hpo_core::rand::seq::SliceRandom as _;
use hpo_core::rng::Rng;

use crate::data::Digits;

/// The processor, unless the build has a backend for graphics cards: then what burn finds, or what
/// `BURN_DEVICE` names.
#[must_use]
pub fn device() -> Device {
    Device::default()
}

/// A network whose first weights follow from the seed alone.
pub fn seeded<M: Module>(seed: u64, build: impl FnOnce(&Device) -> M) -> M {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let device = device().autodiff();
    device.seed(seed);
    let model = build(&device);
    // Weights are drawn when they are first looked at.
    model.visit(&mut Draw);
    model
}

struct Draw;

impl ModuleVisitor for Draw {
    fn visit_float<const D: usize>(&mut self, weights: &Param<Tensor<D>>) {
        let _ = weights.val();
    }
}

/// The rows of one epoch in random order, cut into batches.
#[must_use]
pub fn batches(rows: usize, size: usize, rng: &mut Rng) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(rng);
    order.chunks(size).map(<[usize]>::to_vec).collect()
}

/// A network, and how far its optimizer has come with it.
pub struct Training<M> {
    /// The network.
    pub model: M,
    optimizer: ModuleOptimizer,
    learning_rate: f64,
}

impl<M: std::fmt::Debug> std::fmt::Debug for Training<M> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Training").field("model", &self.model).finish_non_exhaustive()
    }
}

impl<M: Module> Training<M> {
    /// A training from its beginning.
    pub fn new(model: M, optimizer: ModuleOptimizer, learning_rate: f64) -> Self {
        Self { model, optimizer, learning_rate }
    }

    /// One step down the gradient of a loss that was computed with [`model`](Self::model). Returns
    /// the loss.
    pub fn step(&mut self, loss: &Tensor<1>) -> f64 {
        let value = number(loss.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &self.model);
        self.model = self.optimizer.step(self.learning_rate, self.model.clone(), gradients);
        value
    }

    /// Weights and state of the optimizer, for `trial.checkpoint_bytes`.
    ///
    /// # Errors
    /// If burn cannot write them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        let weights = self.model.clone().into_record().into_bytes()?;
        let mut bytes = (weights.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(&weights);
        bytes.extend_from_slice(&self.optimizer.into_bytes()?);
        Ok(bytes)
    }

    /// The training that [`to_bytes`](Self::to_bytes) has written.
    ///
    /// # Errors
    /// If the bytes are of another network.
    pub fn restored(self, bytes: &[u8]) -> Result<Self, RecordError> {
        let broken = || RecordError::Io("the checkpoint is cut short".to_owned());
        let (length, rest) = bytes.split_first_chunk().ok_or_else(broken)?;
        let (weights, optimizer) =
            rest.split_at_checked(u64::from_le_bytes(*length) as usize).ok_or_else(broken)?;
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(weights.to_vec()))?;
        let model = self.model.try_load_record(record)?;
        let optimizer = self.optimizer.from_bytes(Bytes::from_bytes_vec(optimizer.to_vec()))?;
        Ok(Self { model, optimizer, ..self })
    }
}

/// Pictures as a tensor of shape `[rows, 64]`.
#[must_use]
pub fn pictures(digits: &Digits, rows: &[usize], device: &Device) -> Tensor<2> {
    let shades: Vec<f32> = rows.iter().flat_map(|row| digits.pictures[*row]).collect();
    Tensor::from_data(TensorData::new(shades, [rows.len(), 64]), device)
}

/// What pictures show, shape `[rows]`.
#[must_use]
pub fn labels(digits: &Digits, rows: &[usize], device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = rows.iter().map(|row| i32::from(digits.labels[*row])).collect();
    Tensor::from_data(TensorData::new(labels, [rows.len()]), device)
}

/// The share of rows whose largest score, of shape `[rows, classes]`, is that of their label.
#[must_use]
pub fn accuracy(scores: Tensor<2>, labels: Tensor<1, Int>) -> f64 {
    let [rows, _] = scores.dims();
    let right = scores.argmax(1).squeeze_dim::<1>(1).equal(labels).int().sum();
    right.into_scalar::<i64>() as f64 / rows as f64
}

/// The one number in a tensor.
#[must_use]
pub fn number(tensor: Tensor<1>) -> f64 {
    f64::from(tensor.into_scalar::<f32>())
}

#[cfg(test)]
mod tests {
    use burn::nn::loss::CrossEntropyLossConfig;
    use burn::nn::{Linear, LinearConfig};
    use burn::optim::AdamConfig;

    use super::*;

    fn fresh(seed: u64) -> Training<Linear> {
        let layer = seeded(seed, |device| LinearConfig::new(64, 10).init(device));
        Training::new(layer, AdamConfig::new().init(), 1e-2)
    }

    fn learn(training: &mut Training<Linear>, digits: &Digits, epochs: std::ops::Range<u64>) {
        let device = device().autodiff();
        for epoch in epochs {
            for rows in batches(digits.labels.len(), 32, &mut Rng::derive(7, epoch)) {
                let scores = training.model.forward(pictures(digits, &rows, &device));
                let truth = labels(digits, &rows, &device);
                training.step(&CrossEntropyLossConfig::new().init(&device).forward(scores, truth));
            }
        }
    }

    fn weights(training: &Training<Linear>) -> Vec<f32> {
        training.model.weight.val().into_data().try_to_vec().unwrap()
    }

    #[test]
    fn weights_follow_from_the_seed_beside_other_networks() {
        let alone = weights(&fresh(1));
        let others = std::thread::spawn(|| (2..50).for_each(|seed| drop(fresh(seed))));
        assert!((0..50).all(|_| weights(&fresh(1)) == alone));
        others.join().unwrap();
        assert_ne!(weights(&fresh(2)), alone);
    }

    #[test]
    fn a_training_that_is_taken_up_goes_on_as_if_it_had_not_stopped() {
        let digits = Digits::read().part(0, 200);
        let mut whole = fresh(1);
        learn(&mut whole, &digits, 0..4);

        let mut half = fresh(1);
        learn(&mut half, &digits, 0..2);
        let mut rest = fresh(5).restored(&half.to_bytes().unwrap()).unwrap();
        assert_eq!(weights(&rest), weights(&half));
        learn(&mut rest, &digits, 2..4);
        assert_eq!(weights(&rest), weights(&whole), "the state of the optimizer is restored too");
    }

    #[test]
    fn what_is_no_checkpoint_of_it_is_refused() {
        let mut bytes = fresh(1).to_bytes().unwrap();
        bytes.truncate(20);
        assert!(fresh(1).restored(&bytes).is_err());
        assert!(fresh(1).restored(&[]).is_err());
    }
}

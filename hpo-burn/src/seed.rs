//! Random numbers that follow from a seed alone, whatever else is trained at the same time.
//!
//! burn's random numbers belong to the device, which all threads share. So weights are drawn under
//! a lock, and [`Dropout`](crate::Dropout) draws from a stream of its thread.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use hpo_core::rng::Rng;

thread_local! {
    static STREAM: RefCell<Rng> = RefCell::new(Rng::derive(0, 0));
}

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Builds a model whose first weights follow from the seed.
pub(crate) fn seeded<M: Module>(seed: u64, device: &Device, build: impl FnOnce(&Device) -> M) -> M {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(seed);
    let model = build(device);
    // Weights are drawn when they are first looked at.
    model.visit(&mut Draw);
    model
}

/// Begins the random numbers of an epoch: those of this thread, and those of the device, which
/// burn's own layers use.
pub(crate) fn begin_epoch(seed: u64, epoch: u64, device: &Device) {
    let (stream, of_device) = streams(seed, epoch);
    STREAM.set(stream);
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(of_device);
}

/// Returns the stream of the thread and the seed of the device. Neither belongs to another seed or
/// epoch, nor to the shuffling of rows.
fn streams(seed: u64, epoch: u64) -> (Rng, u64) {
    let mut stream = Rng::derive(!seed, epoch);
    let of_device = hpo_core::rand::Rng::next_u64(&mut stream);
    (stream, of_device)
}

/// Returns numbers that are 0 with the probability `rate`, and `1 / (1 - rate)` otherwise.
pub(crate) fn mask(rate: f64, count: usize) -> Vec<f32> {
    let kept = (1.0 / (1.0 - rate)) as f32;
    STREAM.with_borrow_mut(|rng| {
        (0..count).map(|_| if rng.unit() < rate { 0.0 } else { kept }).collect()
    })
}

struct Draw;

impl ModuleVisitor for Draw {
    fn visit_float<const D: usize>(&mut self, weights: &Param<Tensor<D>>) {
        let _ = weights.val();
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};

    use super::*;

    fn weights(seed: u64) -> Vec<f32> {
        let device = Device::default();
        let layer: Linear = seeded(seed, &device, |device| LinearConfig::new(64, 10).init(device));
        layer.weight.val().into_data().try_to_vec().unwrap()
    }

    #[test]
    fn weights_follow_from_the_seed_beside_other_networks() {
        let alone = weights(1);
        let others = std::thread::spawn(|| (2..50).for_each(|seed| drop(weights(seed))));
        assert!((0..50).all(|_| weights(1) == alone));
        others.join().unwrap();
        assert_ne!(weights(2), alone);
    }

    #[test]
    fn a_mask_keeps_the_mean_and_follows_from_seed_and_epoch() {
        begin_epoch(1, 3, &Device::default());
        let first = mask(0.25, 10_000);
        let mean = f64::from(first.iter().sum::<f32>()) / 1e4;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        begin_epoch(1, 3, &Device::default());
        assert_eq!(mask(0.25, 10_000), first);
        begin_epoch(1, 4, &Device::default());
        assert_ne!(mask(0.25, 10_000), first);
    }
    #[test]
    fn the_numbers_of_seeds_and_epochs_do_not_overlap() {
        let ((mut one, device), (mut other, other_device)) = (streams(1, 2), streams(2, 1));
        assert_ne!(device, other_device);
        let (one, other) = (one.unit(), other.unit());
        assert_ne!(one, other);
        assert_ne!(one, Rng::derive(1, 2).unit(), "rows are shuffled by another stream");
    }
}

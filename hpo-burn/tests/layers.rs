//! The ready layers and spaces.

use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor};
use hpo_burn::{
    Activation, Cell, Cnn, Conv, Dense, Dropout, LrSchedule, Mlp, Normalization, Optimizer,
    Recurrent, Rnn, Seq2Seq,
};
use hpo_core::prelude::*;
use hpo_core::sampler::Random;

use super::noise;

/// A whole network as a space.
#[derive(Debug, Clone, SearchSpace)]
struct Everything {
    #[search_space(len = 1..=3)]
    convolutions: Vec<Conv>,
    #[search_space(len = 0..=2)]
    dense: Vec<Dense>,
    #[search_space(len = 1..=2)]
    recurrent: Vec<Recurrent>,
    optimizer: Optimizer,
    schedule: LrSchedule,
}

#[test]
fn every_config_builds_its_network() {
    let _alone = super::alone();
    let study = Study::<Everything>::minimize().seed(1).sampler(Random).open().unwrap();
    let device = Device::default();
    let run = study.optimize(30, |config, _| {
        let Everything { convolutions, dense, recurrent, optimizer, schedule } = config;
        let pictures = Tensor::random([2, 1, 5, 6], Distribution::Default, &device);
        let cnn = Cnn::new([1, 5, 6], &convolutions, &dense, 3, &device);
        assert_eq!(cnn.forward(pictures).dims(), [2, 3]);
        let sequences = Tensor::random([2, 4, 3], Distribution::Default, &device);
        let (outputs, _) = Rnn::new(3, &recurrent, &device).forward(sequences, None);
        assert_eq!(outputs.dims(), [2, 4, recurrent.last().unwrap().units]);
        assert!(optimizer.init().1 > 0.0);
        let course: Vec<f64> =
            (0..=10).map(|part| schedule.factor(f64::from(part) / 10.0)).collect();
        assert!(course[0] == 1.0 && course.is_sorted_by(|a, b| a >= b), "{course:?}");
        course[10]
    });
    let run = run.unwrap();
    assert_eq!((run.complete, run.failed), (30, 0));
}

#[test]
fn a_sequence_in_two_parts_gives_the_same_outputs() {
    let _alone = super::alone();
    let device = Device::default();
    for cell in [Cell::Simple, Cell::Gru, Cell::Lstm] {
        let layers = [Recurrent::new(cell, 5), Recurrent::new(cell, 4)];
        let network = Rnn::new(2, &layers, &device);
        let sequence = Tensor::<3>::random([3, 6, 2], Distribution::Default, &device);
        let (whole, _) = network.forward(sequence.clone(), None);
        let (_, state) = network.forward(sequence.clone().slice_dim(1, ..4), None);
        let (rest, _) = network.forward(sequence.slice_dim(1, 4..), Some(state));
        let difference = (whole.slice_dim(1, 4..) - rest).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-6, "{cell:?}: {difference}");
    }
}

#[test]
fn dropout_is_for_training_only() {
    let _alone = super::alone();
    let layer = Dropout::new(0.5);
    let inputs = noise([20, 50]);
    let zeros = |outputs: Tensor<2>| {
        let values = outputs.into_data().try_to_vec::<f32>().unwrap();
        values.iter().filter(|value| **value == 0.0).count()
    };
    assert_eq!(zeros(layer.forward(inputs.clone())), 0, "no gradients are asked for");
    assert_eq!(zeros(layer.valid().forward(inputs.clone().autodiff())), 0);
    let dropped = zeros(layer.forward(inputs.autodiff()));
    assert!((400..600).contains(&dropped), "{dropped}");
}

#[test]
fn normalization_is_kept_with_the_weights_and_not_trained() {
    let _alone = super::alone();
    let device = Device::default().autodiff();
    let adapted = Normalization::new(3, &device).adapt(&noise([40, 3]));
    let record = adapted.clone().into_record();
    let read = Normalization::new(3, &device).try_load_record(record).unwrap();
    let rows = noise([5, 3]);
    let outputs = |layer: &Normalization| {
        layer.forward(rows.clone()).into_data().try_to_vec::<f32>().unwrap()
    };
    assert_eq!(outputs(&read), outputs(&adapted));
    assert!(!adapted.forward(rows.clone().autodiff()).is_require_grad());
}

#[test]
fn activations_differ() {
    let _alone = super::alone();
    let device = Device::default();
    let outputs = [Activation::Relu, Activation::Gelu, Activation::Tanh].map(|activation| {
        let dense = Dense { activation, ..Dense::new(8) };
        device.seed(1);
        let network = Mlp::new(2, &[dense], 1, &device);
        network.forward(Tensor::ones([1, 2], &device)).into_scalar::<f32>().to_bits()
    });
    assert!(outputs[0] != outputs[1] && outputs[1] != outputs[2]);
}

#[test]
fn normalization_gives_deviation_1_to_small_features_and_leaves_constant_ones() {
    let _alone = super::alone();
    let device = Device::default();
    // A small feature, a large one, two constant ones whose sums are rounded, and zeros.
    let row = |row: u16| {
        let side = if row.is_multiple_of(2) { -1.0 } else { 1.0 };
        [side * 1e-5, 1e3 + side, 0.1, 1234.567, 0.0_f32]
    };
    let rows: Vec<f32> = (0..1000).flat_map(row).collect();
    let rows = Tensor::<1>::from_floats(rows.as_slice(), &device).reshape([1000, 5]);
    let layer = Normalization::new(5, &device).adapt(&rows);
    let scaled = |inputs: Tensor<2>| layer.forward(inputs).into_data().try_to_vec::<f32>().unwrap();
    let first = scaled(rows.clone().slice_dim(0, 0..1));
    assert!((first[0] + 1.0).abs() < 1e-3 && (first[1] + 1.0).abs() < 1e-3, "{first:?}");
    assert_eq!(first[2..], [0.0; 3]);
    let changed = scaled(rows.slice_dim(0, 0..1) + 1.0);
    assert!(changed[2..].iter().all(|value| (value - 1.0).abs() < 1e-3), "{changed:?}");
}

#[test]
fn forecasts_do_not_see_the_future_outside_of_a_training() {
    let _alone = super::alone();
    let device = Device::default();
    let network = Seq2Seq::new(1, &[Recurrent::new(Cell::Gru, 6)], &device);
    let past = Tensor::<3>::random([3, 8, 1], Distribution::Default, &device);
    let outputs = |future: Tensor<3>| {
        network.forward((past.clone(), future)).into_data().try_to_vec::<f32>().unwrap()
    };
    let zeros = Tensor::zeros([3, 4, 1], &device);
    assert_eq!(outputs(zeros.clone()), outputs(zeros + 1.0));
}

#[test]
fn a_state_of_fewer_layers_leaves_no_layer_out() {
    let _alone = super::alone();
    let device = Device::default();
    let layers = [Recurrent::new(Cell::Gru, 5), Recurrent::new(Cell::Gru, 4)];
    let network = Rnn::new(2, &layers, &device);
    let sequence = Tensor::<3>::random([3, 6, 2], Distribution::Default, &device);
    let (_, mut state) = network.forward(sequence.clone(), None);
    state.truncate(1);
    let (outputs, state) = network.forward(sequence, Some(state));
    assert_eq!((outputs.dims(), state.len()), ([3, 6, 4], 2));
}

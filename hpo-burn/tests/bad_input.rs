//! Networks and data that do not fit, losses that are no numbers, checkpoints of other networks.

use burn::tensor::{Device, Tensor};
use hpo_burn::{Data, Dense, Error, Mlp, Network, Optimizer, cross_entropy, mean_squared_error};
use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::trial::State;

use super::{Net, Points, builder, classifier, data, noise, points};

#[test]
fn no_validation_rows_are_refused() {
    let _alone = super::alone();
    let error = Data::new(points(10, 1), points(10, 1));
    assert!(error.is_ok());
    let none = (Tensor::<2>::zeros([0, 4], &Device::default()), points(10, 1).1.slice(0..0));
    let error = Data::new(points(10, 1), none).unwrap_err();
    assert!(error.to_string().starts_with("the validation data has no rows"), "{error}");
}

#[test]
fn unequal_rows_are_refused() {
    let _alone = super::alone();
    let error = Data::new((points(10, 1).0, points(9, 1).1), points(10, 2)).unwrap_err();
    assert!(error.to_string().contains("10 rows of inputs and 9 rows of targets"), "{error}");
}

#[test]
fn an_objective_that_is_not_logged_is_refused_before_training() {
    let _alone = super::alone();
    let error = builder().objective("val_f1").build().unwrap_err();
    assert!(error.to_string().contains("choose one of `loss`, `val_loss`, `val_accuracy`"));
    let tuner = RandomSearch::new(classifier(1)).objective("val_f1").max_trials(1).build();
    assert!(tuner.unwrap_err().to_string().contains("val_accuracy"));
    assert!(matches!(builder().objective("val_quokka").build(), Err(Error::Direction(_))));
}

#[test]
fn settings_out_of_range_are_refused() {
    let _alone = super::alone();
    assert!(builder().epochs(0).build().is_err());
    assert!(builder().early_stopping(0).build().is_err());
    assert!(builder().metric("val_loss", hpo_burn::accuracy).build().is_err());
    let network = builder().batch_size(|_| 0).build().unwrap();
    let error = network.train(&Net::with(Optimizer::default()), &data(), 1).unwrap_err();
    assert!(error.to_string().contains("`batch_size` is 0"), "{error}");
}

#[test]
fn a_study_of_the_other_direction_is_told() {
    let _alone = super::alone();
    let study = Study::<Net>::maximize().seed(1).open().unwrap();
    let (network, data) = (classifier(1), data());
    let error = study.optimize(1, |config, trial| network.fit_trial(&config, &data, trial));
    let message = study.trials().unwrap()[0].message.clone();
    assert!(message.unwrap().contains("Study::minimize()"), "{error:?}");
}

#[test]
fn a_network_that_does_not_fit_fails_its_trial_with_the_shapes() {
    let _alone = super::alone();
    // Half of the configs build a network for five features; the data has four.
    let network = Network::builder(
        |net: &Net, device: &Device| {
            Mlp::new(if net.batch_size == 8 { 5 } else { 4 }, &[], 2, device)
        },
        Mlp::forward,
        cross_entropy,
    )
    .epochs(1)
    .build()
    .unwrap();
    let study = Study::<Net>::minimize().seed(1).open().unwrap();
    let data = data();
    let run = study.optimize(8, |config, trial| network.fit_trial(&config, &data, trial)).unwrap();
    assert!(run.failed > 0 && run.complete > 0, "{run}");
    let trials = study.trials().unwrap();
    let failed = trials.iter().find(|trial| trial.state == State::Failed).unwrap();
    let message = failed.message.clone().unwrap();
    assert!(message.contains("does not fit the training data"), "{message}");
    assert!(message.contains("expected 5, got 4") && message.contains("[32, 4]"), "{message}");
}

#[test]
fn a_loss_of_many_numbers_is_refused() {
    let _alone = super::alone();
    let network = Network::builder(
        |_: &Net, device: &Device| Mlp::new(4, &[], 1, device),
        Mlp::forward,
        |outputs: Tensor<2>, targets: Tensor<2>| {
            (outputs - targets).powi_scalar(2).squeeze_dim::<1>(1)
        },
    );
    let data = Data::new((noise([40, 4]), noise([40, 1])), (noise([40, 4]), noise([40, 1])));
    let network = network.build().unwrap();
    let error = network.train(&Net::with(Optimizer::default()), &data.unwrap(), 1).unwrap_err();
    assert!(error.to_string().contains("the loss has 32 numbers"), "{error}");
}

#[test]
fn a_loss_that_is_nan_fails_the_trial_or_prunes_it() {
    let _alone = super::alone();
    for prunes in [false, true] {
        let network = Network::builder(
            |net: &Net, device: &Device| Mlp::new(4, &net.layers, 1, device),
            Mlp::forward,
            |outputs: Tensor<2>, targets: Tensor<2>| {
                mean_squared_error(outputs, targets) * f32::NAN
            },
        )
        .prune_diverged(prunes)
        .build()
        .unwrap();
        let rows = || (noise([20, 4]), noise([20, 1]));
        let data = Data::new(rows(), rows()).unwrap();
        let study = Study::<Net>::minimize().seed(1).open().unwrap();
        let _ = study.optimize(2, |config, trial| network.fit_trial(&config, &data, trial));
        let trial = study.trials().unwrap().remove(0);
        assert_eq!(trial.state, if prunes { State::Pruned } else { State::Failed });
        let message = trial.message.unwrap();
        assert!(message.contains("loss is NaN after epoch 1"), "{message}");
    }
}

#[test]
fn a_checkpoint_of_another_network_is_fitted_again_and_told() {
    let _alone = super::alone();
    let study = Study::<Net>::minimize()
        .seed(3)
        .pruner(Asha::builder(4).min_resource(1).factor(4).build().unwrap())
        .open()
        .unwrap();
    let data = data();
    let widths = std::sync::atomic::AtomicUsize::new(4);
    let run = study.optimize(5, |config, trial| {
        // Each round has a wider network, as after a change of the program.
        let width = widths.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let network = Network::builder(
            move |_: &Net, device: &Device| Mlp::new(4, &[Dense::new(width)], 2, device),
            Mlp::forward,
            cross_entropy,
        );
        network.epochs(4).build()?.fit_trial(&config, &data, trial)
    });
    let run = run.unwrap();
    assert_eq!(run.failed, 0, "{run}");
    let best = study.best_trial().unwrap();
    let reason = best.attributes.user.get("hpo-burn:refitted").expect("it is told").to_string();
    assert!(reason.contains("another network") && reason.contains("shape"), "{reason}");
    assert_eq!(best.reports.len(), 4);
    assert!(study.results_summary(1).unwrap().contains("fitted again"));
}

#[test]
fn a_study_without_checkpoint_tells_how_to_fit_again() {
    let _alone = super::alone();
    let study = Study::<Net>::minimize().seed(1).open().unwrap();
    let (network, data) = (classifier(1), data());
    study.optimize(1, |config, trial| network.fit_trial(&config, &data, trial)).unwrap();
    let error = network.of_trial(&study, 7).unwrap_err();
    assert!(error.to_string().contains("trial 7 has no checkpoint"), "{error}");
}

/// A regression of one number, with its validation loss times a factor.
fn regression(val_factor: f32) -> Network<Net, Mlp, Points, Points> {
    Network::builder(
        |net: &Net, device: &Device| Mlp::new(4, &net.layers, 1, device),
        Mlp::forward,
        move |outputs: Tensor<2>, targets: Tensor<2>| {
            let factor = if outputs.is_autodiff() { 1.0 } else { val_factor };
            mean_squared_error(outputs, targets) * factor
        },
    )
    .metric("val_accuracy", |_, _| 0.5)
    .objective("val_accuracy")
    .schedule(|net: &Net| net.schedule)
    .build()
    .unwrap()
}

#[test]
fn targets_of_another_shape_are_refused() {
    let _alone = super::alone();
    // Broadcast, they would give a loss.
    let rows = || (noise([20, 4]), noise([20, 3]));
    let data = Data::new(rows(), rows()).unwrap();
    let error = regression(1.0).train(&Net::with(Optimizer::default()), &data, 1).unwrap_err();
    assert!(error.to_string().contains("outputs and targets differ in shape"), "{error}");
}

#[test]
fn a_val_loss_that_is_no_number_is_told_whatever_the_objective_and_with_the_rate() {
    let _alone = super::alone();
    let config = Net::with(Optimizer::default());
    let rows = || (noise([20, 4]), noise([20, 1]));
    let data = Data::new(rows(), rows()).unwrap();
    for factor in [f32::NAN, f32::INFINITY] {
        let error = regression(factor).train(&config, &data, 1).unwrap_err().to_string();
        assert!(error.starts_with("val_loss is "), "{error}");
        assert!(error.contains("after epoch 1, with learning rate 0.001:"), "{error}");
    }
}

#[test]
fn a_network_that_cannot_be_built_is_an_error() {
    let _alone = super::alone();
    let network = Network::builder(
        |_: &Net, device: &Device| {
            Mlp::new(4, &[Dense { dropout: 1.0, ..Dense::new(8) }], 2, device)
        },
        Mlp::forward,
        cross_entropy,
    );
    let (network, config) = (network.build().unwrap(), Net::with(Optimizer::default()));
    for error in [
        network.train(&config, &data(), 1).unwrap_err(),
        network.load_fitted(&config, "nowhere").unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(error.starts_with("the network does not fit the config: the dropout"), "{error}");
    }
}

#[test]
fn a_later_batch_that_does_not_fit_is_an_error() {
    let _alone = super::alone();
    let (inputs, labels) = points(300, 3);
    // Of 300 validation rows, the last is in the second batch.
    let wrong = labels.clone().slice_assign(299..300, labels.clone().slice(299..300) + 7);
    let network = builder().metric("val_wrong", |_, labels| {
        assert!(labels.max().into_scalar::<i64>() < 2, "there is no label 7");
        0.0
    });
    let network = network.epochs(1).build().unwrap();
    let fitted = network.train(&Net::with(Optimizer::default()), &data(), 1).unwrap();
    let error = network.evaluate(&fitted, &(inputs, wrong)).unwrap_err().to_string();
    assert!(error.starts_with("the network does not fit the test data: "), "{error}");
}

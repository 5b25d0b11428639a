//! A training that was stopped goes on bit for bit as if it had not been.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::Device;
use hpo_burn::{Dense, Mlp, Network, Optimizer, cross_entropy};
use hpo_core::callback::EarlyStopping;
use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::study::{Flow, RunEvent};
use hpo_core::trial::{State, TrialRecord};

use super::{Net, bits, builder, classifier, data, optimizers};

const EPOCHS: u64 = 6;
/// The variable that tells the subject its folder; the file `config` in it says the rest.
const FOLDER: &str = "HPO_BURN_KILLED";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Searches one trial of a config in a folder. `dies` tells if the process dies after a report,
/// before the checkpoint of that epoch.
fn search(
    folder: &Path,
    config: &Net,
    dies: impl Fn(u64) -> bool + Send + Sync + 'static,
) -> Study<Net> {
    let study = Study::<Net>::minimize()
        .name("killed")
        .seed(3)
        .baseline(false)
        .storage(format!("journal:{}", folder.join("study.log").display()))
        .checkpoints(folder.join("checkpoints"))
        .callback(move |event: &RunEvent<'_>| {
            if let RunEvent::Reported { step, .. } = event
                && dies(*step)
            {
                std::process::abort();
            }
            Flow::Continue
        })
        .open()
        .unwrap();
    if study.trials().unwrap().is_empty() {
        study.enqueue(config).unwrap();
    }
    let (network, data) = (classifier(EPOCHS), data());
    study.optimize(1, |config, trial| network.fit_trial(&config, &data, trial)).unwrap();
    study
}

/// The process that is killed: it dies at the epoch that the variable names.
#[test]
#[ignore = "started by the test below"]
fn subject() {
    let told = std::env::var(FOLDER).expect("it is started by the test below");
    let parts: Vec<&str> = told.split('|').collect();
    let [folder, optimizer, epoch] = parts[..] else { panic!("{told}") };
    let config = Net::with(optimizers()[optimizer.parse::<usize>().unwrap()].clone());
    let epoch: u64 = epoch.parse().unwrap();
    search(Path::new(folder), &config, move |step| step == epoch);
}

#[test]
fn a_killed_training_goes_on_bit_for_bit() {
    let _alone = super::alone();
    for (index, optimizer) in optimizers().into_iter().enumerate() {
        let (config, folder) = (Net::with(optimizer), folder(&format!("killed-{index}")));
        for epoch in [2, 5] {
            let subject = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "resume::subject", "--ignored"])
                .env(FOLDER, format!("{}|{index}|{epoch}", folder.display()))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            assert!(!subject.unwrap().success(), "it is killed at epoch {epoch}");
        }
        let study = search(&folder, &config, |_| false);
        let trial = study.best_trial().unwrap();
        assert_eq!(study.trials().unwrap().len(), 1, "the killed trial itself goes on");
        let network = classifier(EPOCHS);
        let whole = network.train(&config, &data(), seed_of(&trial)).unwrap();
        let losses: Vec<f64> =
            whole.history.iter().map(|metrics| metrics.get("val_loss").unwrap()).collect();
        let reported: Vec<f64> = trial.reports.iter().map(|(_, value)| *value).collect();
        assert_eq!(reported, losses, "{config:?}");
        let best = network.of_trial(&study, trial.number).unwrap();
        assert_eq!(best.epoch, whole.epoch);
        assert_eq!(bits(&best.model), bits(&whole.model), "{config:?}");
    }
}

/// The seed that the trial had.
fn seed_of(trial: &TrialRecord) -> u64 {
    let study = Study::<Net>::minimize().seed(3).baseline(false).open().unwrap();
    let seed = Mutex::new(None);
    for _ in 0..=trial.number {
        study.enqueue(&trial.config().unwrap()).unwrap();
    }
    study
        .optimize(trial.number + 1, |_: Net, trial| {
            *seed.lock().unwrap() = Some(trial.seed());
            0.0
        })
        .unwrap();
    seed.into_inner().unwrap().unwrap()
}

#[test]
fn a_promoted_training_goes_on_bit_for_bit() {
    let _alone = super::alone();
    let study = Study::<Net>::minimize()
        .seed(3)
        .pruner(Asha::builder(4).min_resource(1).factor(2).build().unwrap())
        .open()
        .unwrap();
    let (network, data) = (classifier(4), data());
    study.optimize(8, |config, trial| network.fit_trial(&config, &data, trial)).unwrap();
    let trial = study.best_trial().unwrap();
    assert_eq!((trial.state, trial.reports.len()), (State::Complete, 4), "it was promoted twice");
    let whole = network.train(&trial.config().unwrap(), &data, seed_of(&trial)).unwrap();
    let losses: Vec<f64> =
        whole.history.iter().map(|metrics| metrics.get("val_loss").unwrap()).collect();
    assert_eq!(trial.reports.iter().map(|(_, value)| *value).collect::<Vec<_>>(), losses);
    let best = network.of_trial(&study, trial.number).unwrap();
    assert_eq!(bits(&best.model), bits(&whole.model));
}

#[test]
fn the_same_seed_gives_the_same_weights_beside_other_trainings() {
    let _alone = super::alone();
    let config = Net::with(optimizers()[0].clone());
    let train = |seed| classifier(3).train(&config, &data(), seed).unwrap();
    let alone = bits(&train(1).model);
    std::thread::scope(|scope| {
        let others = scope.spawn(|| (2..6).for_each(|seed| drop(train(seed))));
        for _ in 0..4 {
            assert_eq!(bits(&train(1).model), alone);
        }
        others.join().unwrap();
    });
    assert_ne!(bits(&train(2).model), alone);
}

#[test]
fn early_stopping_ends_with_the_weights_of_the_best_epoch() {
    let _alone = super::alone();
    // So large a rate that the first epochs are the best.
    let config = Net::with(Optimizer::Sgd { learning_rate: 1.0, momentum: 0.9 });
    let network = builder().epochs(40).early_stopping(3).build().unwrap();
    let fitted = network.train(&config, &data(), 5).unwrap();
    let losses: Vec<f64> =
        fitted.history.iter().map(|metrics| metrics.get("val_loss").unwrap()).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(losses.len() < 40, "{losses:?}");
    assert_eq!(losses.len() as u64, fitted.epoch + 3);
    assert_eq!(losses[fitted.epoch as usize - 1], best);
    let validation = super::points(60, 2);
    assert_eq!(network.evaluate(&fitted, &validation).unwrap().get("val_loss"), Some(best));
}

#[test]
fn early_stopping_completes_a_trial_under_a_schedule() {
    let _alone = super::alone();
    let callback = || EarlyStopping::builder("val_loss").patience(2).build().unwrap();
    for by_callback in [false, true] {
        let study = Study::<Net>::minimize().seed(3).baseline(false);
        let study = study.pruner(Asha::builder(16).min_resource(16).build().unwrap());
        let study = if by_callback { study.callback(callback()) } else { study };
        let study = study.open().unwrap();
        let config = Net::with(Optimizer::Sgd { learning_rate: 1.0, momentum: 0.9 });
        study.enqueue(&config).unwrap();
        let network = builder().epochs(16);
        let network = if by_callback { network } else { network.early_stopping(2) };
        let (network, data) = (network.build().unwrap(), data());
        study.optimize(1, |config, trial| network.fit_trial(&config, &data, trial)).unwrap();
        let trial = study.best_trial().unwrap();
        assert_eq!(trial.state, State::Complete);
        assert!(trial.reports.len() < 16, "by callback: {by_callback}, {:?}", trial.reports);
    }
}

#[test]
fn early_stopping_holds_for_a_training_that_was_interrupted_at_its_end() {
    let _alone = super::alone();
    let study = Study::<Net>::minimize().seed(3).baseline(false).open().unwrap();
    study.enqueue(&Net::with(Optimizer::Sgd { learning_rate: 1.0, momentum: 0.9 })).unwrap();
    let (network, data) = (builder().epochs(40).early_stopping(3).build().unwrap(), data());
    let lengths = Mutex::new(Vec::new());
    let run = study.optimize(1, |config, trial| {
        let value = network.fit_trial(&config, &data, trial)?;
        let mut lengths = lengths.lock().unwrap();
        lengths.push(study.trials().unwrap()[0].reports.len());
        if lengths.len() == 1 { Err(TrialError::interrupted()) } else { Ok(value) }
    });
    run.unwrap();
    let lengths = lengths.into_inner().unwrap();
    assert!(lengths[0] < 40 && lengths == [lengths[0]; 2], "{lengths:?}");
    assert_eq!(study.trials().unwrap()[0].state, State::Complete);
}

#[test]
fn running_statistics_go_on_bit_for_bit_after_a_better_epoch() {
    let _alone = super::alone();
    let network = || {
        Network::builder(
            |_: &Net, device: &Device| {
                (BatchNormConfig::new(4).init(device), Mlp::new(4, &[Dense::new(16)], 2, device))
            },
            |(norm, mlp): &(BatchNorm, Mlp), points| mlp.forward(norm.forward(points)),
            cross_entropy,
        )
        .optimizer(|net: &Net| net.optimizer.init())
    };
    // So large a rate that the first epochs are the best.
    let config = Net::with(Optimizer::Sgd { learning_rate: 1.0, momentum: 0.9 });
    let study = Study::<Net>::minimize().seed(3).baseline(false).open().unwrap();
    study.enqueue(&config).unwrap();
    let data = data();
    let short = network().epochs(EPOCHS - 2).build().unwrap();
    let network = network().epochs(EPOCHS).build().unwrap();
    let is_cut = AtomicBool::new(false);
    let run = study.optimize(1, |config, trial| {
        if is_cut.swap(true, Ordering::Relaxed) {
            return network.fit_trial(&config, &data, trial);
        }
        short.fit_trial(&config, &data, trial)?;
        Err(TrialError::interrupted())
    });
    run.unwrap();
    let trial = study.best_trial().unwrap();
    let reported: Vec<f64> = trial.reports.iter().map(|(_, value)| *value).collect();
    let best = reported[..4].iter().copied().fold(f64::INFINITY, f64::min);
    assert!(best < reported[3], "the best epoch is not the last one: {reported:?}");
    let whole = network.train(&config, &data, seed_of(&trial)).unwrap();
    let losses: Vec<f64> =
        whole.history.iter().map(|metrics| metrics.get("val_loss").unwrap()).collect();
    assert_eq!(reported, losses);
}

//! Checkpoints: a trial goes on from its last one, and what cannot be read is found out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::trial::State;
use hpo_tests::Folder;

use super::{Rate, loss};

fn open(folder: &Folder) -> Study<Rate> {
    Study::<Rate>::minimize()
        .seed(1)
        .storage(format!("journal:{}", folder.path("study.journal").display()))
        .checkpoints(folder.path("checkpoints"))
        .pruner(Asha::builder(4).factor(2).build().unwrap())
        .open()
        .unwrap()
}

fn train(config: &Rate, trial: &mut Trial<'_>, trained: &dyn Fn(u64)) -> Result<f64, TrialError> {
    let mut last: f64 = trial.restore()?.unwrap_or(1.0);
    for epoch in trial.steps(4) {
        trained(epoch);
        last = loss(config.rate, epoch);
        trial.report(epoch, last)?;
        trial.checkpoint(epoch, &last)?;
    }
    Ok(last)
}

fn files(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(own(&folder.path("checkpoints"))).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The folder of the only study among the checkpoints.
fn own(checkpoints: &Path) -> PathBuf {
    let mut folders = fs::read_dir(checkpoints).unwrap();
    let folder = folders.next().unwrap().unwrap().path();
    assert!(folders.next().is_none());
    folder
}

/// Two trials at the first rung; the path of the checkpoint of the one that is promoted next.
fn paused_at_the_first_rung(folder: &Folder) -> PathBuf {
    let study = open(folder);
    for _ in 0..2 {
        let asked = study.ask().unwrap().unwrap();
        let _ = study.report_step(asked.number, 1, loss(asked.config.rate, 1)).unwrap();
        study.tell(asked.number, loss(asked.config.rate, 1)).unwrap();
    }
    let trials = study.trials().unwrap();
    let best = usize::from(trials[1].reports[0].1 < trials[0].reports[0].1);
    own(&folder.path("checkpoints")).join(format!("trial_{best:04}_0.step1.checkpoint"))
}

#[test]
fn only_the_best_checkpoint_of_the_best_trials_is_left() {
    let folder = Folder::new("left");
    let study = Study::<Rate>::minimize()
        .seed(1)
        .checkpoints(folder.path("checkpoints"))
        .keep_checkpoints(2)
        .open()
        .unwrap();
    study
        .optimize(6, |config, trial| {
            for epoch in trial.steps(3) {
                trial.report(epoch, if epoch == 2 { config.rate } else { 1.0 + config.rate })?;
                trial.checkpoint(epoch, &epoch)?;
            }
            let best: u64 = trial.best_checkpoint()?.expect("there is one");
            assert_eq!(best, 2, "the value was best in epoch 2");
            if trial.number() == 3 {
                Err(TrialError::failed("as planned"))
            } else {
                Ok(config.rate)
            }
        })
        .unwrap();
    let best = study.best_trials(2).unwrap();
    let mut expected: Vec<String> =
        best.iter().map(|trial| format!("trial_{:04}_0.best.checkpoint", trial.number)).collect();
    expected.sort();
    assert_eq!(files(&folder), expected);
    let checkpoint = study.oracle().checkpoint(best[0].number).unwrap().unwrap();
    assert_eq!((checkpoint.step, checkpoint.decode::<u64>().unwrap()), (2, 2));
}

#[test]
fn a_broken_off_trial_goes_on_from_its_checkpoint() {
    let folder = Folder::new("broken-off");
    let study = || {
        Study::<Rate>::minimize()
            .seed(1)
            .storage(format!("journal:{}", folder.path("study.journal").display()))
            .checkpoints(folder.path("checkpoints"))
            .retries(1)
            .open()
            .unwrap()
    };
    let first = AtomicBool::new(true);
    let trained = std::sync::Mutex::new(Vec::new());
    study()
        .optimize(1, |config, trial| {
            let mut last: f64 = trial.restore()?.unwrap_or(1.0);
            for epoch in trial.steps(4) {
                trained.lock().unwrap().push(epoch);
                last = loss(config.rate, epoch);
                if epoch == 3 && first.swap(false, Ordering::Relaxed) {
                    trial.report(epoch, f64::NAN)?;
                    return Err(TrialError::failed("out of memory"));
                }
                trial.report(epoch, last)?;
                trial.checkpoint(epoch, &last)?;
            }
            Ok(last)
        })
        .unwrap();
    assert_eq!(*trained.lock().unwrap(), [1, 2, 3, 3, 4]);
    let trial = study().best_trial().unwrap();
    assert_eq!(trial.reports.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(
        trial.reports.iter().all(|(_, value)| value.is_finite()),
        "the broken attempt's report is gone"
    );
}

fn spoiled(name: &str, spoil: impl Fn(&Path), expected: &str) {
    let folder = Folder::new(name);
    let path = paused_at_the_first_rung(&folder);
    // As the trial itself would have left it.
    let made = Study::<Rate>::minimize().checkpoints(folder.path("made")).seed(1).open().unwrap();
    made.optimize(1, |_, trial| {
        trial.checkpoint(1, &0.25)?;
        fs::copy(own(&folder.path("made")).join("trial_0000_0.step1.checkpoint"), &path)?;
        Ok::<_, TrialError>(0.0)
    })
    .unwrap();
    let study = open(&folder);
    let number: u64 = path.file_name().unwrap().to_str().unwrap()[6..10].parse().unwrap();
    spoil(&path);
    study
        .oracle()
        .note(
            number,
            hpo_core::trial::AttributeScope::System,
            hpo_core::trial::CHECKPOINT,
            &1.into(),
        )
        .unwrap();
    study.optimize(2, |config, trial| train(&config, trial, &|_| {})).unwrap();
    let trial = study.oracle().trial(number).unwrap().unwrap();
    let message = trial.message.unwrap_or_default();
    assert!(message.contains(expected), "{name}: {message:?} for {:?}", trial.state);
    assert_eq!(trial.state == State::Failed, !expected.is_empty(), "{name}");
}

/// CRC-32 bit by bit, as ISO 3309 says.
fn crc32(bytes: &[u8]) -> u32 {
    let bit = |rest: u32, _| if rest & 1 == 1 { (rest >> 1) ^ 0xEDB8_8320 } else { rest >> 1 };
    !bytes.iter().fold(!0, |rest, byte| (0..8).fold(rest ^ u32::from(*byte), bit))
}

#[test]
fn what_cannot_be_read_fails_the_trial_and_names_the_file() {
    let cut = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    };
    spoiled(
        "cut",
        cut,
        "trial_0000_0.step1.checkpoint is damaged or was cut short; a retry of the trial starts \
         from the beginning",
    );
    spoiled(
        "empty",
        |path| fs::write(path, "").unwrap(),
        "is not a checkpoint that this version can read",
    );
    let newer = |path: &Path| fs::write(path, "hpo-checkpoint 2 1 1 1\nx").unwrap();
    spoiled("newer", newer, "it begins with `hpo-checkpoint 2 1 1 1`");
    let other_model = |path: &Path| {
        let bytes = br#"{"w":1}"#;
        let sum = crc32(bytes);
        fs::write(
            path,
            [format!("hpo-checkpoint 1 1 {} {sum}\n", bytes.len()).as_bytes(), bytes].concat(),
        )
        .unwrap();
    };
    spoiled("other model", other_model, "the checkpoint of step 1 belongs to another model");
}

#[test]
fn one_that_is_gone_costs_the_training_not_the_trial() {
    spoiled("gone", |path| fs::remove_file(path).unwrap(), "");
}

#[test]
fn a_state_that_json_cannot_hold_says_so() {
    let study = Study::<Rate>::minimize().seed(1).open().unwrap();
    let map = std::collections::HashMap::from([(vec![1], 2)]);
    study.optimize(1, |_, trial| trial.checkpoint(1, &map).map(|()| 0.0)).unwrap();
    let message = study.trials().unwrap()[0].message.clone().unwrap();
    assert!(message.starts_with("the checkpoint of step 1 cannot be written as JSON"), "{message}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new("file");
    fs::write(folder.path("taken"), "").unwrap();
    let error =
        Study::<Rate>::minimize().checkpoints(folder.path("taken")).open().unwrap_err().to_string();
    assert!(error.contains("/taken/") && error.ends_with("cannot make the folder"), "{error}");
}

/// Whoever may write into the folder plants links where files are about to be made, and where they
/// are to be in the end.
#[cfg(unix)]
#[test]
fn links_in_the_folder_lead_no_checkpoint_elsewhere() {
    let folder = Folder::new("links");
    let victim = folder.path("victim");
    fs::write(&victim, "mine").unwrap();
    drop(open(&folder));
    let own = own(&folder.path("checkpoints"));
    for trial in 0..2 {
        for name in
            ["step1.new", "step1.checkpoint", "step1.tmp", "round0.new", "round0.checkpoint"]
        {
            std::os::unix::fs::symlink(&victim, own.join(format!("trial_{trial:04}_0.{name}")))
                .unwrap();
        }
    }
    open(&folder).optimize(6, |config, trial| train(&config, trial, &|_| ())).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
}

#[test]
fn what_a_writer_left_that_died_long_ago_is_removed_and_what_is_being_written_is_not() {
    let folder = Folder::new("left");
    drop(open(&folder));
    let own = own(&folder.path("checkpoints"));
    let [old, new] = ["0", "1"].map(|digit| own.join(format!(".hpo-{}.tmp", digit.repeat(16))));
    for (path, age) in [(&old, 2), (&new, 0)] {
        let file = fs::File::create(path).unwrap();
        let written =
            std::time::SystemTime::now() - std::time::Duration::from_secs(age * 24 * 60 * 60);
        file.set_modified(written).unwrap();
    }
    drop(open(&folder));
    assert!(!old.exists() && new.exists());
}

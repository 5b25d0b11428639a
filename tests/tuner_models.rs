//! The models that a tuner keeps, and the metrics of the epoch that counts.

use std::time::Duration;

use hpo_core::prelude::*;
use hpo_tests::fixtures::fit_only;

use super::tuner::Guess;

/// Gives back the number of its trial. All trials are equally good, but for those that say
/// otherwise.
fn numbered(
    value: fn(u64) -> f64,
    delay: fn(&Trial<'_>) -> u64,
) -> impl HyperModel<Config = Guess, Data = (), Fitted = u64> {
    fit_only(move |_: &Guess, trial| {
        std::thread::sleep(Duration::from_millis(delay(trial)));
        trial.metric("loss", value(trial.number()));
        Ok(trial.number())
    })
}

#[test]
fn the_other_metrics_are_those_of_the_best_epoch() {
    let overfits = fit_only(|_: &Guess, trial| {
        for (epoch, loss) in [(1, 3.0), (2, 1.0), (3, 2.0)] {
            trial.log(epoch, &[("accuracy", loss / 10.0), ("val_loss", loss)])?;
        }
        trial.metric("seconds", 7.0);
        Ok(())
    });
    let mut tuner =
        RandomSearch::new(overfits).objective("val_loss").max_trials(1).seed(1).build().unwrap();
    tuner.search(&()).unwrap();
    let noted = tuner.study().trials().unwrap()[0].attributes.user.clone();
    let noted: Vec<(&str, f64)> =
        noted.iter().map(|(name, value)| (name.as_str(), value.as_f64().unwrap())).collect();
    assert_eq!(noted, [("accuracy", 0.1), ("seconds", 7.0), ("val_loss", 1.0)]);
}

#[test]
fn of_equal_trials_the_models_of_the_first_are_kept() {
    let model = numbered(|_| 1.0, |trial| if trial.number() == 0 { 300 } else { 0 });
    let tuner = RandomSearch::new(model).objective("loss").max_trials(4).workers(2).keep_models(2);
    let mut tuner = tuner.build().unwrap();
    tuner.search(&()).unwrap();
    let models = tuner.best_models(2).unwrap();
    assert_eq!([*models[0], *models[1]], [0, 1], "as best_trials says, whoever ended first");
}

#[test]
fn the_model_of_a_failed_trial_takes_no_place() {
    let late = numbered(|number| number as f64, |trial| if trial.number() == 0 { 150 } else { 0 });
    let tuner = RandomSearch::new(late).objective("loss").max_trials(3).keep_models(1);
    let mut tuner = tuner.trial_timeout(Duration::from_millis(100)).build().unwrap();
    assert_eq!(tuner.search(&()).unwrap().failed, 1);
    assert_eq!(*tuner.best_models(1).unwrap()[0], 1);
}

#[test]
fn a_step_logged_again_replaces_its_value() {
    // Each step is logged twice, as by a loop that logs the metrics of training and validation.
    let corrected = fit_only(|_: &Guess, trial| {
        trial.log(1, &[("loss", 100.0)])?;
        Ok(trial.log(1, &[("loss", f64::from(trial.execution()))])?)
    });
    let tuner =
        RandomSearch::new(corrected).objective("loss").max_trials(1).executions_per_trial(3);
    let mut tuner = tuner.build().unwrap();
    tuner.search(&()).unwrap();
    assert_eq!(tuner.study().trials().unwrap()[0].reports, [(1, 1.0)], "the mean of 0, 1 and 2");
}

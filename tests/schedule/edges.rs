//! Where rounds meet the limits of a search: few configs, later trials, other settings, workers
//! that go away.

use std::fs;
use std::sync::Mutex;

use hpo_core::callback::{EarlyStopping, Flow, RunEvent};
use hpo_core::prelude::*;
use hpo_core::pruner::{Asha, Decision, HyperbandSchedule, Pruner, SuccessiveHalving};
use hpo_core::study::Ended;
use hpo_core::trial::State;
use hpo_tests::Folder;
use hpo_tests::fixtures::fit_only;

use super::{Rate, loss};

#[derive(Debug, Clone, SearchSpace)]
struct Three {
    #[search_space(choices = [1, 2, 3])]
    x: u32,
}

/// Walks the epochs that a schedule allows.
fn walk(rate: f64, most: u64, trial: &mut Trial<'_>) -> Result<f64, TrialError> {
    let mut last = trial.restore()?.unwrap_or(1.0);
    for epoch in trial.steps(most) {
        last = loss(rate, epoch);
        trial.report(epoch, last)?;
        trial.checkpoint(epoch, &last)?;
    }
    Ok(last)
}

fn states<C: hpo_core::study::Config>(study: &Study<C>) -> Vec<State> {
    study.trials().unwrap().iter().map(|trial| trial.state).collect()
}

#[test]
fn a_space_smaller_than_a_bracket_still_has_a_winner() {
    fn check(pruner: impl Pruner + 'static) {
        let study = Study::<Three>::minimize().seed(1).pruner(pruner).open().unwrap();
        let run =
            study.optimize(100, |config, trial| walk(f64::from(config.x) / 4.0, 9, trial)).unwrap();
        assert_eq!(run.ended, Ended::Exhausted);
        assert_eq!(study.best_config().unwrap().x, 1);
    }
    check(HyperbandSchedule::builder().max_resource(9).build().unwrap());
    check(Asha::builder(9).factor(3).build().unwrap());
}

#[test]
fn too_few_trials_for_a_promotion_still_have_a_winner() {
    let study = Study::<Rate>::minimize()
        .seed(1)
        .pruner(Asha::builder(81).factor(4).build().unwrap())
        .open()
        .unwrap();
    study.optimize(3, |config, trial| walk(config.rate, 81, trial)).unwrap();
    assert_eq!(study.best_trial().unwrap().reports.len(), 81);
}

#[test]
fn trials_that_come_later_are_promoted_if_they_are_better() {
    let study = Study::<Rate>::minimize()
        .seed(1)
        .pruner(HyperbandSchedule::builder().max_resource(9).build().unwrap())
        .open()
        .unwrap();
    for rate in [0.9, 0.8, 0.7, 0.6] {
        study.enqueue(&Rate { rate }).unwrap();
    }
    study.optimize(4, |config, trial| walk(config.rate, 9, trial)).unwrap();
    for rate in [0.5, 0.4, 0.3, 0.2, 0.1] {
        study.enqueue(&Rate { rate }).unwrap();
    }
    study.optimize(9, |config, trial| walk(config.rate, 9, trial)).unwrap();
    assert_eq!(study.best_config().unwrap(), Rate { rate: 0.1 });
    assert!(states(&study).iter().all(|state| state.is_finished()), "{:?}", states(&study));
}

#[test]
fn other_settings_leave_nobody_paused() {
    let storage = crate::study::memory();
    let open = |pruner: Box<dyn Pruner>| {
        Study::<Rate>::minimize()
            .seed(1)
            .storage(std::sync::Arc::clone(&storage))
            .pruner(pruner)
            .open()
            .unwrap()
    };
    let study = open(Box::new(HyperbandSchedule::builder().max_resource(27).build().unwrap()));
    study.optimize(20, |config, trial| walk(config.rate, 27, trial)).unwrap();
    assert!(states(&study).contains(&State::Paused));
    let study = open(Box::new(HyperbandSchedule::builder().max_resource(3).build().unwrap()));
    let said: Vec<String> = study.notes().iter().map(ToString::to_string).collect();
    assert_eq!(said, ["resumed with 20 trials", "`max_resource` was 27, and is 3 from here on"]);
    study.optimize(20, |config, trial| walk(config.rate, 3, trial)).unwrap();
    assert!(states(&study).iter().all(|state| state.is_finished()), "{:?}", states(&study));
}

#[test]
fn a_schedule_has_work_for_so_many_trials() {
    let study = Study::<Rate>::minimize()
        .seed(1)
        .pruner(HyperbandSchedule::builder().max_resource(9).build().unwrap())
        .open()
        .unwrap();
    study.optimize(1_000, |config, trial| walk(config.rate, 9, trial)).unwrap();
    assert_eq!(states(&study).len(), 17);
}

/// A trial that was asked for and never told would be waited for for ever.
#[test]
fn nobody_waits_for_a_trial_that_nobody_runs() {
    let folder = Folder::new("forgotten");
    let url = format!("journal:{}", folder.path("a.journal").display());
    let study = Study::<Rate>::minimize()
        .seed(1)
        .storage(url)
        .pruner(Asha::builder(9).build().unwrap())
        .open()
        .unwrap();
    study.ask().unwrap().unwrap();
    let run = study.optimize(4, |config, trial| walk(config.rate, 9, trial)).unwrap();
    assert_eq!(run.ended, Ended::Enough);
}

/// The rung is noted before the trial ends: a worker that dies between the two must not save the
/// trial by that.
#[test]
fn a_verdict_outlives_the_worker_that_did_not_carry_it_out() {
    let folder = Folder::new("decision");
    let open = || {
        let url = format!("journal:{}", folder.path("a.journal").display());
        let pruner =
            SuccessiveHalving::builder().min_resource(1).reduction_factor(2).build().unwrap();
        Study::<Rate>::minimize().seed(1).storage(url).pruner(pruner).open().unwrap()
    };
    let study = open();
    study.enqueue(&Rate { rate: 0.1 }).unwrap();
    study.enqueue(&Rate { rate: 0.9 }).unwrap();
    for expected in [true, false] {
        let asked = study.ask().unwrap().unwrap();
        let decision = study.report_step(asked.number, 1, asked.config.rate).unwrap();
        assert_eq!(decision == Decision::Continue, expected);
    }
    drop(study);
    let study = open();
    study.optimize(2, |config, trial| walk(config.rate, 4, trial)).unwrap();
    let trial = &study.trials().unwrap()[1];
    assert_eq!((trial.state, trial.message.as_deref()), (State::Pruned, Some("rung 1: 2nd of 2")));
}

#[test]
fn what_has_ended_early_is_complete_and_invents_no_report() {
    let study = Study::<Rate>::minimize()
        .seed(1)
        .pruner(HyperbandSchedule::builder().max_resource(9).build().unwrap())
        .callback(|notice: &RunEvent<'_>| match notice {
            RunEvent::Reported { step: 2, .. } => Flow::EndTrial,
            _ => Flow::Continue,
        })
        .open()
        .unwrap();
    study.optimize(17, |config, trial| walk(config.rate, 9, trial)).unwrap();
    let trials = study.trials().unwrap();
    assert!(trials.iter().all(|trial| trial.state.is_finished() && trial.reports.len() <= 2));
    assert!(trials.iter().any(|trial| trial.state == State::Complete && trial.reports.len() == 2));
}

#[test]
fn a_pause_at_a_value_that_is_none_is_a_failure() {
    let study = Study::<Rate>::minimize()
        .seed(1)
        .pruner(Asha::builder(9).build().unwrap())
        .max_consecutive_failures(9)
        .open()
        .unwrap();
    study
        .optimize(3, |_, trial| {
            for epoch in 1..=9 {
                trial.report(epoch, f64::NAN)?;
            }
            Ok::<_, TrialError>(0.0)
        })
        .unwrap();
    assert_eq!(states(&study), [State::Failed; 3]);
}

#[test]
fn to_restore_after_the_steps_is_a_mistake_that_is_told() {
    let study = Study::<Rate>::minimize().seed(1).open().unwrap();
    study
        .optimize(1, |_, trial| {
            let _steps = trial.steps(3);
            trial.restore::<f64>().map(|_| 0.0)
        })
        .unwrap();
    let message = study.trials().unwrap()[0].message.clone().unwrap();
    assert!(message.starts_with("`restore` was called after `steps`"), "{message}");
}

#[test]
fn checkpoints_of_bad_trials_do_not_pile_up() {
    let folder = Folder::new("pile");
    let study = Study::<Rate>::minimize()
        .seed(1)
        .checkpoints(folder.path("kept"))
        .keep_checkpoints(2)
        .open()
        .unwrap();
    study.optimize(100, |config, trial| walk(config.rate, 3, trial)).unwrap();
    let own = fs::read_dir(folder.path("kept")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read_dir(own).unwrap().count(), 2);
}

#[test]
fn studies_in_one_folder_keep_apart() {
    let folder = Folder::new("apart");
    let open = |name: &str| {
        let study = Study::<Rate>::minimize().seed(1).name(name).checkpoints(folder.path("kept"));
        study.pruner(Asha::builder(4).factor(2).build().unwrap()).open().unwrap()
    };
    let first = open("study");
    first.optimize(4, |config, trial| walk(config.rate, 4, trial)).unwrap();
    let second = open("study");
    second
        .optimize(4, |config, trial| {
            assert!(trial.round() > 0 || trial.restore::<f64>()?.is_none());
            assert!(trial.round() > 0 || trial.best_checkpoint::<f64>()?.is_none());
            Ok::<_, TrialError>(config.rate)
        })
        .unwrap();
    assert!(
        first.oracle().checkpoint(first.best_trial().unwrap().number).unwrap().is_some(),
        "the first ones are there"
    );
}

/// Fits by a plain loop, with a loss that grows: the best epoch is the first.
fn growing(
    fits: &Mutex<Vec<(u64, u32, u64)>>,
    asks: bool,
) -> Hyperband<impl HyperModel<Config = Rate, Data = ()>> {
    let model = fit_only(move |config: &Rate, trial| {
        if asks {
            let _: Option<u64> = trial.restore()?;
            for epoch in trial.steps(9) {
                trial.log(epoch, &[("loss", epoch as f64 + config.rate)])?;
                trial.checkpoint(epoch, &epoch)?;
            }
            return Ok(());
        }
        for epoch in 1..=9 {
            fits.lock().unwrap().push((trial.number(), trial.execution(), epoch));
            trial.log(epoch, &[("loss", epoch as f64 + config.rate)])?;
        }
        Ok(())
    });
    Hyperband::new(model).objective("loss").seed(1)
}

#[test]
fn the_value_is_the_best_over_all_rounds_with_several_executions_too() {
    let fits = Mutex::default();
    for executions in [1, 2] {
        let builder = growing(&fits, true).max_epochs(9);
        let mut tuner = builder.executions_per_trial(executions).build().unwrap();
        tuner.search(&()).unwrap();
        for trial in tuner.study().trials().unwrap() {
            let rate = trial.config::<Rate>().unwrap().rate;
            assert!(
                trial.values.is_empty() || trial.values[0] == 1.0 + rate,
                "{executions}: {:?}",
                trial.values
            );
        }
    }
}

#[test]
fn the_model_of_a_training_that_ended_early_is_kept() {
    let fits = Mutex::default();
    let stopping = EarlyStopping::builder("loss").patience(2).build().unwrap();
    let builder = growing(&fits, true).max_epochs(27);
    let mut tuner = builder.callback(stopping).build().unwrap();
    tuner.search(&()).unwrap();
    let best = tuner.study().best_trial().unwrap();
    assert_eq!(best.reports.len(), 3, "two epochs without an improvement");
    assert_eq!(tuner.best_models(1).unwrap().len(), 1);
}

/// Trains all the way, whatever it was given, and reports nothing on its way.
fn deaf() -> Hyperband<impl HyperModel<Config = Rate, Data = (), Fitted = ()>> {
    let model = fit_only(|config: &Rate, trial| {
        trial.metric("loss", config.rate);
        Ok(())
    });
    Hyperband::new(model).objective("loss").max_epochs(9)
}

#[test]
fn a_model_that_asks_for_no_budget_is_named_in_the_summary() {
    let mut tuner = deaf().seed(1).build().unwrap();
    tuner.search(&()).unwrap();
    let summary = tuner.results_summary(1).unwrap();
    assert!(summary.contains("14 trials did not ask for a budget"), "{summary}");
}

#[test]
fn a_search_that_was_cut_short_says_what_is_paused() {
    let study = Study::<Rate>::minimize()
        .seed(1)
        .pruner(HyperbandSchedule::builder().max_resource(9).build().unwrap())
        .open()
        .unwrap();
    let run = study.optimize(17, |config, trial| {
        if trial.number() == 2 {
            study.stop();
        }
        walk(config.rate, 9, trial)
    });
    assert_eq!(
        run.unwrap().to_string(),
        "0 complete, 0 pruned, 0 failed, 3 paused: stopped on request"
    );
    let error = study.best_trial().unwrap_err().to_string();
    assert!(
        error.ends_with("3 are paused: run more trials, and the best of them continue"),
        "{error}"
    );
    let tuner = deaf().build().unwrap();
    assert!(tuner.best_models(1).unwrap_err().to_string().contains("has completed"));
}

#[test]
fn all_executions_come_to_the_pause() {
    let fits = Mutex::default();
    let builder = growing(&fits, false).max_epochs(9);
    let mut tuner = builder.executions_per_trial(3).build().unwrap();
    tuner.search(&()).unwrap();
    drop(tuner);
    let fits = fits.into_inner().unwrap();
    for number in 0..17 {
        for execution in 0..3 {
            assert!(
                fits.contains(&(number, execution, 1)),
                "trial {number}, execution {execution}"
            );
        }
    }
}

#[test]
fn nothing_is_overwritten_before_all_settings_are_right() {
    let (folder, fits) = (Folder::new("overwrite"), Mutex::default());
    let builder = || {
        let builder = growing(&fits, true).max_epochs(3);
        builder.directory(folder.path("runs")).project_name("a")
    };
    builder().build().unwrap().search(&()).unwrap();
    assert!(builder().factor(1).overwrite(true).build().is_err());
    assert!(builder().workers(0).overwrite(true).build().is_err());
    let trials = builder().build().unwrap().study().trials().unwrap();
    assert!(!trials.is_empty(), "it is all there");
    let mine = folder.path("runs/a/checkpoints/mine.safetensors");
    fs::write(&mine, "precious").unwrap();
    let error = builder().overwrite(true).build().unwrap_err().to_string();
    assert!(error.contains("holds files that are not a tuner's"), "{error}");
    fs::remove_file(&mine).unwrap();
    let emptied = builder().overwrite(true).build().unwrap();
    assert_eq!(emptied.study().trials().unwrap().len(), 0);
}

//! How a decision reaches whoever it concerns: through `?`, through an error type of the user's own,
//! in ask and tell.

use std::sync::Arc;

use hpo_core::callback::{Flow, RunEvent};
use hpo_core::prelude::*;
use hpo_core::pruner::{Decision, PruneContext, Pruner, StepDecision};
use hpo_core::trial::State;
use hpo_tests::fixtures::fit_only;

use super::Rate;

/// Stops every trial whose report is above a half; notes each report as a rung.
#[derive(Debug)]
struct Half;

impl Pruner for Half {
    fn judge(&self, race: PruneContext<'_>, number: u64) -> StepDecision {
        let Some((step, value)) = race.last_report(number) else {
            return StepDecision::go_on();
        };
        let decision = if race.direction.is_better(value, 0.5) {
            Decision::Continue
        } else {
            Decision::Stop(format!("step {step}: {value} is no better than 0.5"))
        };
        StepDecision { action: decision, rungs: vec![(step as u32, value)] }
    }

    fn name(&self) -> &'static str {
        "half"
    }
}

#[test]
fn a_verdict_travels_through_the_question_mark_and_keeps_its_reason() {
    let study = Study::<Rate>::minimize().seed(1).pruner(Half).open().unwrap();
    let run = study.optimize(20, |config, trial| {
        trial.report(1, config.rate)?;
        Ok::<_, TrialError>(config.rate)
    });
    let run = run.unwrap();
    assert!(run.complete > 0 && run.pruned > 0 && run.complete + run.pruned == 20, "{run}");
    for trial in study.trials().unwrap() {
        let rate = trial.config::<Rate>().unwrap().rate;
        let expected = (rate >= 0.5).then(|| format!("step 1: {rate} is no better than 0.5"));
        assert_eq!(trial.message, expected);
        assert_eq!(trial.attributes.system["completed_rung_1"], rate);
    }
}

#[test]
fn large_values_may_be_the_good_ones() {
    let study = Study::<Rate>::maximize().seed(1).pruner(Half).open().unwrap();
    study.optimize(20, |config, trial| trial.report(1, config.rate).map(|()| config.rate)).unwrap();
    let pruned = study.trials().unwrap().into_iter().filter(|trial| trial.state == State::Pruned);
    assert!(pruned.map(|trial| trial.reports[0].1).all(|value| value <= 0.5));
}

/// An error type of one's own cannot hold what it was told; the trial is pruned all the same.
#[test]
fn pruning_survives_a_users_own_error_type() {
    #[derive(Debug, thiserror::Error)]
    #[error("training broke off")]
    struct Mine;
    let study = Study::<Rate>::minimize().seed(1).pruner(Half).open().unwrap();
    let run = study.optimize(20, |config, trial| {
        let train = |trial: &mut Trial<'_>| trial.report(1, config.rate).map_err(|_| Mine);
        train(trial)?;
        Ok::<_, TrialError>(config.rate)
    });
    assert!(run.as_ref().unwrap().pruned > 0);
    assert_eq!(run.unwrap().failed, 0);
}

#[test]
fn in_ask_and_tell_the_verdict_is_given_back() {
    let study = Study::<Rate>::minimize().seed(1).pruner(Half).open().unwrap();
    for _ in 0..10 {
        let asked = study.ask().unwrap().unwrap();
        match study.report_step(asked.number, 1, asked.config.rate).unwrap() {
            Decision::Stop(reason) => study.prune(asked.number, &reason).unwrap(),
            _ => study.tell(asked.number, asked.config.rate).unwrap(),
        }
    }
    assert!(study.trials().unwrap().iter().any(|trial| trial.state == State::Pruned));
}

#[test]
fn several_objectives_are_judged_by_a_chosen_one() {
    let directions =
        || Study::<Rate>::directions([Direction::Minimize, Direction::Maximize]).seed(1);
    let error = directions().pruner(Half).open().unwrap_err().to_string();
    assert_eq!(error, "`prune_on` is missing: set the objective to prune by, as in .prune_on(0)");
    let error = directions().pruner(Half).prune_on(2).open().unwrap_err().to_string();
    assert_eq!(error, "`prune_on` is 2, and there are 2 objectives, counted from 0");
    let study = directions().pruner(Half).prune_on(1).open().unwrap();
    study
        .optimize(20, |config, trial| trial.report(1, config.rate).map(|()| [0.0, config.rate]))
        .unwrap();
    for trial in study.trials().unwrap() {
        assert_eq!(trial.state == State::Complete, trial.reports[0].1 > 0.5);
    }
}

#[test]
fn a_callback_may_end_a_trial_which_then_completes() {
    let study = Study::<Rate>::minimize()
        .seed(1)
        .callback(|notice: &RunEvent<'_>| match notice {
            RunEvent::Reported { step: 3, .. } => Flow::EndTrial,
            _ => Flow::Continue,
        })
        .open()
        .unwrap();
    let run = study.optimize(4, |config, trial| {
        for epoch in trial.steps(100) {
            trial.report(epoch, config.rate)?;
        }
        assert!(trial.is_ending());
        Ok::<_, TrialError>(config.rate)
    });
    assert_eq!(run.unwrap().complete, 4);
    assert!(study.trials().unwrap().iter().all(|trial| trial.reports.len() == 3));
}

#[test]
fn callbacks_hear_of_metrics_improvements_and_executions() {
    let two =
        fit_only(|config: &Rate, trial| Ok(trial.log(1, &[("loss", config.rate), ("time", 2.0)])?));
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let mut tuner = RandomSearch::new(two)
        .objective("loss")
        .max_trials(5)
        .executions_per_trial(2)
        .seed(1)
        .callback(move |notice: &RunEvent<'_>| {
            match notice {
                RunEvent::Reported { number, execution, metrics, .. } => {
                    let names: Vec<&str> = metrics.iter().map(|(name, _)| *name).collect();
                    log.lock().unwrap().push(format!("{number}.{execution} {}", names.join(" ")));
                }
                RunEvent::Improved { trial, former } => {
                    assert!(former.is_none_or(|former| former.values[0] > trial.values[0]));
                    log.lock().unwrap().push(format!("improved {}", trial.number));
                }
                _ => {}
            }
            Flow::Continue
        })
        .build()
        .unwrap();
    tuner.search(&()).unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(heard[..3], ["0.0 loss time", "0.1 loss time", "improved 0"]);
}

#[test]
fn resources_decide_how_many_run_side_by_side() {
    use hpo_core::study::Resources;
    let study = Study::<Rate>::minimize()
        .seed(1)
        .resources_per_trial(Resources::new().cpus(2.0).gpus(0.5))
        .machine(Resources::new().cpus(8.0).gpus(1.0))
        .open()
        .unwrap();
    let seen = std::sync::Mutex::new(std::collections::BTreeSet::new());
    study
        .optimize(20, |config, trial| {
            let share = trial.share();
            assert_eq!((share.threads, &share.gpus[..]), (2, &[0][..]));
            seen.lock().unwrap().insert(share.worker);
            std::thread::sleep(std::time::Duration::from_millis(2));
            config.rate
        })
        .unwrap();
    assert_eq!(
        seen.into_inner().unwrap().into_iter().collect::<Vec<_>>(),
        [0, 1],
        "half a card each: two at a time"
    );
}

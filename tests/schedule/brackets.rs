//! Hyperband end to end: every round has its trials, the best are promoted, failures starve nobody.

use std::collections::BTreeMap;
use std::sync::Mutex;

use hpo_core::callback::{Flow, RunEvent};
use hpo_core::prelude::*;
use hpo_core::pruner::HyperbandSchedule;
use hpo_core::trial::{State, TrialRecord};
use hpo_tests::fixtures::fit_only;

use super::{Rate, loss};

/// Trains by epochs, from its checkpoint on; notes which epochs it trained.
struct Curve<'a> {
    trained: &'a Mutex<BTreeMap<u64, Vec<u64>>>,
    fails: fn(u64, u64) -> bool,
    keeps: bool,
}

impl HyperModel for Curve<'_> {
    type Config = Rate;
    type Data = ();
    type Model = u64;
    type Fitted = u64;
    type Error = TrialError;

    fn build(&self, _: &Rate) -> Result<u64, TrialError> {
        Ok(0)
    }

    fn fit(
        &self,
        config: &Rate,
        fresh: u64,
        (): &(),
        trial: &mut Trial<'_>,
    ) -> Result<u64, TrialError> {
        let mut epochs = if self.keeps { trial.restore()?.unwrap_or(fresh) } else { fresh };
        for epoch in trial.steps(100) {
            assert_eq!(epoch, epochs + 1, "it goes on where it stopped");
            epochs = epoch;
            self.trained.lock().unwrap().entry(trial.number()).or_default().push(epoch);
            if (self.fails)(trial.number(), epoch) {
                return Err(TrialError::failed("as planned"));
            }
            trial.log(epoch, &[("loss", loss(config.rate, epoch))])?;
            if self.keeps {
                trial.checkpoint(epoch, &epochs)?;
            }
        }
        Ok(epochs)
    }
}

type Trained = BTreeMap<u64, Vec<u64>>;

fn search(
    fails: fn(u64, u64) -> bool,
    keeps: bool,
    workers: usize,
) -> (Vec<TrialRecord>, Trained, String) {
    let trained = Mutex::default();
    let mut tuner = Hyperband::new(Curve { trained: &trained, fails, keeps })
        .objective("loss")
        .max_epochs(9)
        .max_consecutive_failures(100)
        .seed(3)
        .workers(workers)
        .build()
        .unwrap();
    let run = tuner.search(&()).unwrap();
    assert_eq!(run.ended, hpo_core::study::Ended::Enough);
    let summary = tuner.results_summary(1).unwrap();
    let trials = tuner.study().trials().unwrap();
    if let Ok(models) = tuner.best_models(1) {
        assert_eq!(*models[0], 9, "the best model is trained to the end");
    }
    drop(tuner);
    (trials, trained.into_inner().unwrap(), summary)
}

/// How many trials of a range of numbers have come to a step.
fn reached(trials: &[TrialRecord], numbers: std::ops::Range<usize>, step: u64) -> usize {
    trials[numbers]
        .iter()
        .filter(|trial| trial.reports.last().is_some_and(|(last, _)| *last >= step))
        .count()
}

#[test]
fn all_rounds_have_their_trials() {
    let (trials, trained, summary) = search(|_, _| false, true, 1);
    assert_eq!(trials.len(), 17);
    assert_eq!([1, 3, 9].map(|step| reached(&trials, 0..9, step)), [9, 3, 1]);
    assert_eq!([3, 9].map(|step| reached(&trials, 9..14, step)), [5, 2]);
    assert_eq!(reached(&trials, 14..17, 9), 3);
    assert_eq!(trained.values().map(Vec::len).sum::<usize>(), 75, "no epoch is trained twice");
    let state = |state| trials.iter().filter(|trial| trial.state == state).count();
    assert_eq!([state(State::Complete), state(State::Pruned), state(State::Paused)], [6, 11, 0]);
    assert!(!summary.contains("fitted again"), "{summary}");
}

#[test]
fn the_best_of_each_round_are_promoted() {
    let (trials, ..) = search(|_, _| false, true, 1);
    let mut bracket: Vec<&TrialRecord> = trials[0..9].iter().collect();
    let rate = |trial: &TrialRecord| trial.config::<Rate>().unwrap().rate;
    bracket.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
    assert_eq!(bracket[0].state, State::Complete);
    let lost = bracket.last().unwrap();
    assert_eq!(lost.message.as_deref(), Some("rung 1: 9th of 9"));
    let steps: Vec<usize> = bracket.iter().map(|trial| trial.reports.len()).collect();
    assert_eq!(steps, [9, 3, 3, 1, 1, 1, 1, 1, 1], "a small rate is better at every epoch");
}

#[test]
fn the_same_seed_gives_the_same_search() {
    let [a, b] = [(); 2].map(|()| search(|_, _| false, true, 1).0);
    let bare = |trials: Vec<TrialRecord>| {
        trials
            .into_iter()
            .map(|trial| (trial.params, trial.reports, trial.state, trial.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(bare(a), bare(b));
}

#[test]
fn with_workers_every_round_still_has_its_trials() {
    let (trials, trained, _) = search(|_, _| false, true, 3);
    assert_eq!([1, 3, 9].map(|step| reached(&trials, 0..9, step)), [9, 3, 1]);
    assert_eq!([3, 9].map(|step| reached(&trials, 9..14, step)), [5, 2]);
    assert_eq!(trained.values().map(Vec::len).sum::<usize>(), 75);
}

/// In Keras Tuner a failed trial of the first round keeps its bracket from ever ending.
#[test]
fn a_failed_trial_does_not_starve_its_bracket() {
    for round in [1, 2, 4] {
        let fails: fn(u64, u64) -> bool = match round {
            1 => |number, epoch| number == 0 && epoch == 1,
            2 => |_, epoch| epoch == 2,
            _ => |number, epoch| number < 9 && epoch == 4,
        };
        let (trials, ..) = search(fails, true, 1);
        let open = trials.iter().filter(|trial| !trial.state.is_finished()).count();
        assert_eq!((trials.len(), open), (17, 0), "failing in epoch {round}");
    }
    let (trials, ..) = search(|number, epoch| number == 0 && epoch == 1, true, 1);
    assert_eq!(
        [3, 9].map(|step| reached(&trials, 0..9, step)),
        [3, 1],
        "the others take the places"
    );
}

#[test]
fn a_model_without_checkpoints_is_fitted_anew_and_the_summary_says_so() {
    let (trials, trained, summary) = search(|_, _| false, false, 1);
    assert_eq!(trained.values().map(Vec::len).sum::<usize>(), 87);
    assert_eq!(reached(&trials, 0..9, 9), 1);
    assert!(
        summary.contains("5 promoted trials were fitted again from the beginning"),
        "{summary}"
    );
}

/// An interrupted search has the same trials as one that was not, whatever it was doing.
#[test]
fn a_search_that_is_taken_up_ends_as_if_it_had_not_stopped() {
    let folder = hpo_tests::Folder::new("hyperband");
    let whole = search(|_, _| false, true, 1).0;
    let trained = Mutex::default();
    let mut epochs = 0;
    for stop_after in [5, 11, 3, 100] {
        let told = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let count = std::sync::Arc::clone(&told);
        let mut tuner =
            Hyperband::new(Curve { trained: &trained, fails: |_, _| false, keeps: true })
                .objective("loss")
                .max_epochs(9)
                .seed(3)
                .directory(folder.path("runs"))
                .project_name("curve")
                .callback(move |notice: &RunEvent<'_>| match notice {
                    RunEvent::TrialEnded { .. } | RunEvent::TrialPaused { .. }
                        if count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1
                            == stop_after =>
                    {
                        Flow::Stop
                    }
                    _ => Flow::Continue,
                })
                .build()
                .unwrap();
        tuner.search(&()).unwrap();
        epochs = trained.lock().unwrap().values().map(Vec::len).sum::<usize>();
        if stop_after == 100 {
            let bare = |trials: &[TrialRecord]| {
                trials
                    .iter()
                    .map(|trial| (trial.reports.clone(), trial.state, trial.message.clone()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(bare(&tuner.study().trials().unwrap()), bare(&whole));
        }
    }
    assert_eq!(epochs, 75, "checkpoints outlive the process");
}

#[test]
fn executions_are_promoted_together() {
    let trained: Mutex<Vec<(u64, u32, u64)>> = Mutex::default();
    let twice = fit_only(|config: &Rate, trial| {
        let _: Option<u64> = trial.restore()?;
        for epoch in trial.steps(9) {
            trained.lock().unwrap().push((trial.number(), trial.execution(), epoch));
            let loss = loss(config.rate, epoch) + f64::from(trial.execution());
            trial.log(epoch, &[("loss", loss)])?;
            trial.checkpoint(epoch, &epoch)?;
        }
        Ok(())
    });
    let mut tuner = Hyperband::new(twice)
        .objective("loss")
        .max_epochs(9)
        .executions_per_trial(2)
        .seed(1)
        .build()
        .unwrap();
    tuner.search(&()).unwrap();
    let trials = tuner.study().trials().unwrap();
    drop(tuner);
    let trained = trained.into_inner().unwrap();
    assert_eq!(trained.len(), 150, "both executions train every epoch once");
    let best = trials.iter().find(|trial| trial.state == State::Complete).unwrap();
    let rate = best.config::<Rate>().unwrap().rate;
    let mean = loss(rate, 9) + 0.5;
    assert!((best.values[0] - mean).abs() < 1e-12, "{} is not {mean}", best.values[0]);
}

#[test]
fn the_tree_of_settings_is_checked_before_anything_runs() {
    let model = || {
        let trained = Box::leak(Box::new(Mutex::default()));
        Hyperband::new(Curve { trained, fails: |_, _| false, keeps: true }).objective("loss")
    };
    let say =
        |problem: Result<Tuner<Curve<'static>>, hpo_core::Error>| problem.unwrap_err().to_string();
    assert!(say(model().factor(1).build()).contains("`factor` is 1"));
    assert!(
        say(model().max_epochs(3).min_epochs(4).build())
            .contains("`min_epochs` is 4, more than the 3 of max_epochs")
    );
    assert!(say(model().max_epochs(0).build()).contains("`max_epochs` is 0"));
    assert!(
        say(model().max_epochs(9).max_trials(40).build())
            .contains("the brackets have only 17 trials: raise .hyp")
    );
    assert_eq!(model().max_epochs(81).plan().unwrap().rounds(), 211);
}

#[test]
fn other_settings_are_applied_and_said() {
    let folder = hpo_tests::Folder::new("settings");
    let trained = Mutex::default();
    let open = |factor, executions| {
        Hyperband::new(Curve { trained: &trained, fails: |_, _| false, keeps: true })
            .objective("loss")
            .max_epochs(9)
            .factor(factor)
            .executions_per_trial(executions)
            .directory(folder.path("runs"))
            .build()
            .unwrap()
    };
    let said = |tuner: &Tuner<Curve<'_>>| {
        tuner.notes().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said(&open(3, 1)), [""; 0]);
    let tuner = open(2, 1);
    assert_eq!(said(&tuner), ["`factor` was 3, and is 2 from here on"]);
    assert!(
        tuner.oracle().plan().unwrap().starts_with("bracket 1: 10 to step 2"),
        "{:?}",
        tuner.oracle().plan()
    );
    drop(tuner);
    assert_eq!(said(&open(2, 2)), ["`executions_per_trial` was 1, and is 2 from here on"]);
}

#[test]
fn a_refit_goes_all_the_way() {
    let trained = Mutex::default();
    let mut tuner = Hyperband::new(Curve { trained: &trained, fails: |_, _| false, keeps: true })
        .objective("loss")
        .max_epochs(9)
        .seed(1)
        .build()
        .unwrap();
    tuner.search(&()).unwrap();
    assert_eq!(
        tuner.refit(1, &()).unwrap(),
        [9],
        "not the 100 epochs that the model would train by itself"
    );
}

#[test]
fn fewer_trials_than_planned_still_come_to_the_end() {
    let trained = Mutex::default();
    let mut tuner = Hyperband::new(Curve { trained: &trained, fails: |_, _| false, keeps: true })
        .objective("loss")
        .max_epochs(9)
        .max_trials(4)
        .seed(1)
        .build()
        .unwrap();
    tuner.search(&()).unwrap();
    let trials = tuner.study().trials().unwrap();
    assert_eq!(
        [1, 3, 9].map(|step| reached(&trials, 0..4, step)),
        [4, 2, 1],
        "places in proportion"
    );
    let paused = trials.iter().filter(|trial| trial.state == State::Paused).count();
    assert_eq!(paused, 3, "more trials may come");
}

#[test]
fn a_study_takes_the_schedule_too() {
    let study = Study::<Rate>::minimize()
        .seed(2)
        .pruner(HyperbandSchedule::builder().max_resource(9).build().unwrap())
        .open()
        .unwrap();
    assert!(study.oracle().plan().unwrap().starts_with("bracket 1: 9 to step 1"));
    // The objective knows nothing of budgets: it trains on until it is told to pause.
    let run = study.optimize(17, |config, trial| {
        for epoch in 1..=9 {
            trial.report(epoch, loss(config.rate, epoch))?;
        }
        Ok::<_, TrialError>(loss(config.rate, 9))
    });
    assert_eq!((run.as_ref().unwrap().complete, run.unwrap().pruned), (6, 11));
    let trials = study.trials().unwrap();
    assert_eq!([1, 3, 9].map(|step| reached(&trials, 0..9, step)), [9, 3, 1]);
}

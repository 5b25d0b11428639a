//! Ask and tell, enqueue and add: for those who drive the search themselves.

use hpo_core::prelude::*;
use hpo_core::trial::State;
use hpo_core::trial::{AttributeScope, InitialTrial, NewTrial};
use serde_json::json;

use super::Point;

#[test]
fn ask_and_tell() {
    let study = Study::<Point>::minimize().seed(1).open().unwrap();
    for _ in 0..10 {
        let asked = study.ask().unwrap().unwrap();
        let _ = study.report_step(asked.number, 1, 0.5).unwrap();
        study.tell(asked.number, asked.config.square()).unwrap();
    }
    assert_eq!(study.trials().unwrap().len(), 10);
    assert_eq!(study.best_config().unwrap().square(), study.best_value().unwrap());
}

#[test]
fn ask_and_tell_see_the_same_configs_as_a_run() {
    let driven = Study::<Point>::minimize().seed(9).run(5, |point| point.square()).unwrap();
    let asked = Study::<Point>::minimize().seed(9).open().unwrap();
    for trial in driven.trials().unwrap() {
        let suggestion = asked.ask().unwrap().unwrap();
        assert_eq!(Some(suggestion.params), trial.params);
        asked.tell(suggestion.number, suggestion.config.square()).unwrap();
    }
}

#[test]
fn an_end_is_told_once() {
    let study = Study::<Point>::minimize().open().unwrap();
    let asked = study.ask().unwrap().unwrap();
    study.tell(asked.number, 1.0).unwrap();
    let again = study.tell(asked.number, 2.0).unwrap_err();
    assert_eq!(again.to_string(), "trial 0 has ended as Complete and cannot change any more");
    let late = study.report_step(asked.number, 1, 0.0).unwrap_err();
    assert_eq!(late.to_string(), "trial 0 has ended as Complete and cannot change any more");
    assert_eq!(study.best_value().unwrap(), 1.0);
}

#[test]
fn nobody_tells_of_a_trial_that_is_not_there() {
    let study = Study::<Point>::minimize().open().unwrap();
    assert_eq!(study.tell(3, 1.0).unwrap_err().to_string(), "there is no trial 3");
}

#[test]
fn tell_takes_failures() {
    let study = Study::<Point>::minimize().open().unwrap();
    let [nan, error] = [(); 2].map(|()| study.ask().unwrap().unwrap().number);
    study.tell(nan, f64::NAN).unwrap();
    study.tell(error, Err::<f64, _>(TrialError::failed("no data"))).unwrap();
    let messages: Vec<_> =
        study.trials().unwrap().into_iter().map(|trial| trial.message.unwrap()).collect();
    assert_eq!(messages, ["the objective gave NaN", "no data"]);
}

#[test]
fn enqueued_configs_come_first() {
    let study = Study::<Point>::minimize().seed(1).open().unwrap();
    let known = Point { x: 0.25, y: -0.5 };
    assert_eq!(study.enqueue(&known).unwrap(), 0);
    study.enqueue_json(&json!({"x": 1, "y": -1.0})).unwrap();
    study.optimize(3, |point, _| point.square()).unwrap();
    let configs: Vec<Point> =
        study.trials().unwrap().iter().map(|trial| trial.config().unwrap()).collect();
    assert_eq!(configs[..2], [known, Point { x: 1.0, y: -1.0 }]);
}

#[test]
fn enqueueing_names_what_is_wrong() {
    let study = Study::<Point>::minimize().open().unwrap();
    let said = |json| study.enqueue_json(&json).unwrap_err().to_string();
    assert_eq!(said(json!({"z": 1.0, "y": 0.0})), "there is no parameter `z`, did you mean `x`?");
    assert_eq!(
        said(json!({"x": 7.0, "y": 0.0})),
        "the parameter `x` cannot be 7.0: it may be -1.0..=1.0"
    );
    assert_eq!(said(json!({"x": 0.0})), "the parameter `y` needs a value: -1.0..=1.0");
    let outside = study.enqueue(&Point { x: 3.0, y: 0.0 }).unwrap_err();
    assert_eq!(outside.to_string(), "the parameter `x` cannot be 3.0: it may be -1.0..=1.0");
    assert!(study.trials().unwrap().is_empty());
}

#[test]
fn added_trials_are_results() {
    let study = Study::<Point>::minimize().open().unwrap();
    let known = Point { x: 0.0, y: 0.0 };
    study.add_trial(&known, -1.0).unwrap();
    assert!(study.has_tried(&known).unwrap());
    assert_eq!(study.best_config().unwrap(), known);
    assert!(study.add_trial(&known, f64::NAN).is_err());
    assert!(study.add_trial(&known, [1.0, 2.0]).is_err());
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
struct WithDefaults {
    #[search_space(range = 1e-5..=1.0, log, default = 1e-3)]
    rate: f64,
    #[search_space(choices = ["relu", "tanh"], default = "tanh")]
    activation: String,
}

#[test]
fn defaults_are_the_baseline() {
    let study = Study::<WithDefaults>::minimize().run(3, |config| config.rate).unwrap();
    let first: WithDefaults = study.trials().unwrap()[0].config().unwrap();
    assert_eq!(first, WithDefaults { rate: 1e-3, activation: "tanh".to_owned() });
    let without =
        Study::<WithDefaults>::minimize().baseline(false).run(3, |config| config.rate).unwrap();
    assert!(
        without
            .trials()
            .unwrap()
            .iter()
            .all(|trial| trial.config::<WithDefaults>().unwrap() != first)
    );
}

/// Optuna queues trials with some parameters fixed, and the rest left to the sampler.
fn queue_as_optuna_does(storage: &dyn hpo_core::storage::Storage, fixed: serde_json::Value) {
    let mut new = NewTrial {
        given: Some(InitialTrial {
            state: State::Waiting,
            params: vec![],
            values: vec![],
            reports: vec![],
        }),
        ..NewTrial::default()
    };
    new.attributes.insert(AttributeScope::System, "fixed_params", fixed);
    let study = storage.studies().unwrap()[0].id;
    storage.create_trial(study, new).unwrap();
}

#[test]
fn partly_fixed_trials_are_completed_or_refused() {
    let storage = super::memory();
    let study =
        Study::<Point>::minimize().storage(std::sync::Arc::clone(&storage)).seed(1).open().unwrap();
    queue_as_optuna_does(&*storage, json!({"x": 0.125}));
    queue_as_optuna_does(&*storage, json!({"x": 9.0}));
    study.optimize(3, |point, _| point.square()).unwrap();
    let trials = study.trials().unwrap();
    assert_eq!(trials[0].config::<Point>().unwrap().x, 0.125);
    assert_eq!(trials[1].state, State::Failed);
    assert_eq!(
        trials[1].message.as_deref(),
        Some("the parameter `x` was queued as 9.0: it may be -1.0..=1.0")
    );
    assert_eq!(trials[2].state, State::Complete);
}

/// What the program has got wrong is told, and the trial is still there to be told again.
#[test]
fn the_wrong_number_of_values_is_refused_and_records_nothing() {
    for objectives in 1..4 {
        let study = Study::<Point>::directions(vec![Direction::Minimize; objectives])
            .seed(1)
            .open()
            .unwrap();
        let number = study.ask().unwrap().unwrap().number;
        for count in (0..5).filter(|count| *count != objectives) {
            let told = study.tell(number, vec![1.0; count]).unwrap_err().to_string();
            assert!(told.starts_with(&format!("the objective returned {count} value")), "{told}");
            let ended = study.oracle().end_round(number, &vec![1.0; count]).unwrap_err();
            assert_eq!(ended.to_string(), told);
            let outcome = hpo_core::trial::Outcome::Complete(&vec![1.0; count]);
            assert!(study.oracle().tell(number, outcome).is_err());
            assert!(study.add_trial(&Point { x: 0.0, y: 0.0 }, vec![1.0; count]).is_err());
        }
        assert_eq!(study.trials().unwrap().len(), 1);
        assert_eq!(study.oracle().trial(number).unwrap().unwrap().state, State::Running);
        study.tell(number, vec![1.0; objectives]).unwrap();
        assert_eq!(study.oracle().trial(number).unwrap().unwrap().state, State::Complete);
    }
}

#[test]
fn the_end_of_a_part_of_the_budget_needs_a_value_too() {
    let asha = hpo_core::pruner::Asha::builder(9).factor(3).build().unwrap();
    let study = Study::<Point>::minimize().seed(1).pruner(asha).open().unwrap();
    let number = study.ask().unwrap().unwrap().number;
    let state = || study.oracle().trial(number).unwrap().unwrap().state;
    assert!(study.tell(number, [1.0, 2.0]).is_err());
    assert!(study.oracle().end_round(number, &[]).is_err());
    assert!(
        study.oracle().end_round(number, &[f64::NAN]).is_err(),
        "nobody can be compared by NaN"
    );
    assert_eq!(state(), State::Running);
    study.tell(number, 1.0).unwrap();
    assert_eq!(state(), State::Paused);
}

/// A trial that waits in the queue has not been asked for.
#[test]
fn only_running_trials_are_told() {
    let study = Study::<Point>::minimize().open().unwrap();
    let queued = study.enqueue(&Point { x: 0.5, y: 0.5 }).unwrap();
    assert!(study.tell(queued, 1.0).is_err());
    assert!(study.tell(queued, f64::NAN).is_err());
    assert!(study.tell(queued, Err::<f64, _>(TrialError::failed("no data"))).is_err());
    assert!(study.prune(queued, "worse").is_err());
    assert_eq!(study.oracle().trial(queued).unwrap().unwrap().state, State::Waiting);
}

/// Points of another space are taken by their names, or refused: never value by value.
#[test]
fn params_of_another_space_are_not_taken_for_others() {
    #[derive(Clone, Debug, SearchSpace)]
    struct Turned {
        #[search_space(range = -1.0..=1.0)]
        y: f64,
        #[search_space(range = -1.0..=1.0)]
        x: f64,
    }
    #[derive(Clone, Debug, SearchSpace)]
    struct Other {
        #[search_space(range = -1.0..=1.0)]
        rate: f64,
        #[search_space(range = -1.0..=1.0)]
        decay: f64,
    }
    let study = Study::<Point>::minimize().open().unwrap();
    let turned = Study::<Turned>::minimize().open().unwrap();
    let params = hpo_core::Params::of(turned.flat_space(), &Turned { y: 0.25, x: 0.75 }).unwrap();
    let number = study.oracle().add_trial(&params, &[1.0]).unwrap();
    let added: Point = study.oracle().trial(number).unwrap().unwrap().config().unwrap();
    assert_eq!(added, Point { x: 0.75, y: 0.25 });
    assert!(study.oracle().has_tried(&params).unwrap());
    let other = Study::<Other>::minimize().open().unwrap();
    let params =
        hpo_core::Params::of(other.flat_space(), &Other { rate: 0.25, decay: 0.75 }).unwrap();
    assert!(study.oracle().add_trial(&params, &[1.0]).is_err());
    assert!(study.oracle().enqueue(&params).is_err());
    assert!(study.oracle().has_tried(&params).is_err());
    assert_eq!(study.trials().unwrap().len(), 1);
}

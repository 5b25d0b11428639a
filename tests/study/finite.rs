//! Finite spaces end by themselves; no config is tried twice; infeasible ones never.

use std::collections::HashSet;

use hpo_core::prelude::*;
use hpo_core::sampler::{Duplicates, Grid, Qmc, Random};
use hpo_core::study::Ended;

#[derive(Clone, Debug, PartialEq, Eq, Hash, SearchSpace)]
enum Small {
    Plain,
    Branch {
        #[search_space(range = 1..=3)]
        depth: u8,
        flag: bool,
    },
}

fn exhaust<S: hpo_core::sampler::Sampler + 'static>(sampler: S, workers: usize) -> Vec<Small> {
    let study =
        Study::<Small>::minimize().sampler(sampler).seed(2).workers(workers).open().unwrap();
    let run = study.optimize(1_000, |_, _| 0.0).unwrap();
    assert_eq!(run.ended, Ended::Exhausted);
    assert_eq!(run.failed, 0);
    study.trials().unwrap().iter().map(|trial| trial.config().unwrap()).collect()
}

#[test]
fn every_config_is_tried_just_once() {
    for configs in [exhaust(Random, 1), exhaust(Grid::default(), 1), exhaust(Qmc, 1)] {
        assert_eq!(configs.len(), 7);
        assert_eq!(configs.iter().collect::<HashSet<_>>().len(), 7);
    }
}

#[test]
fn also_by_several_workers() {
    for _ in 0..20 {
        let configs = exhaust(Random, 4);
        assert_eq!(configs.iter().collect::<HashSet<_>>().len(), configs.len());
        assert_eq!(configs.len(), 7);
    }
}

#[test]
fn repetition_is_there_for_those_who_want_it() {
    let study = Study::<Small>::minimize().duplicates(Duplicates::Allow).run(50, |_| 0.0).unwrap();
    assert_eq!(study.trials().unwrap().len(), 50);
}

#[derive(Clone, Debug, SearchSpace)]
struct Empty {}

#[derive(Clone, Debug, SearchSpace)]
struct OnePoint {
    #[search_space(range = 3..=3)]
    depth: u8,
    #[search_space(range = 0.5..=0.5)]
    rate: f64,
    #[search_space(choices = ["only"])]
    kind: String,
}

#[test]
fn a_space_of_one_point_has_one_trial() {
    let empty = Study::<Empty>::minimize().open().unwrap();
    let run = empty.optimize(10, |_, _| 0.0).unwrap();
    assert_eq!((run.complete, run.ended), (1, Ended::Exhausted));
    let one = Study::<OnePoint>::minimize().open().unwrap();
    assert_eq!(
        one.optimize(10, |config, _| f64::from(config.depth) + config.rate).unwrap().complete,
        1
    );
    assert_eq!(one.best_value().unwrap(), 3.5);
}

#[derive(Clone, Debug, SearchSpace)]
#[search_space(constraint = Triangle::is_below)]
struct Triangle {
    #[search_space(range = 0..=9)]
    x: i32,
    #[search_space(range = 0..=9)]
    y: i32,
}

impl Triangle {
    fn is_below(&self) -> bool {
        self.x + self.y < 10
    }
}

#[test]
fn infeasible_configs_are_never_evaluated() {
    let study = Study::<Triangle>::minimize().seed(1).open().unwrap();
    let run = study.optimize(1_000, |config, _| {
        assert!(config.is_below());
        0.0
    });
    let run = run.unwrap();
    assert_eq!((run.complete, run.failed, run.ended), (55, 0, Ended::Exhausted));
}

#[derive(Clone, Debug, SearchSpace)]
#[search_space(constraint = Never::ever)]
struct Never {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

impl Never {
    #[allow(clippy::unused_self, reason = "a constraint looks at its config")]
    fn ever(&self) -> bool {
        false
    }
}

#[test]
fn nobody_queues_an_infeasible_config() {
    let study = Study::<Never>::minimize().open().unwrap();
    let error = study.enqueue(&Never { x: 0.5 }).unwrap_err().to_string();
    assert!(error.contains("constraint"), "{error}");
    assert!(study.enqueue_json(&serde_json::json!({"x": 0.5})).is_err());
    assert!(study.trials().unwrap().is_empty());
}

#[test]
fn a_constraint_that_nothing_keeps_is_an_error() {
    let study = Study::<Never>::minimize().open().unwrap();
    let error = study.optimize(10, |_, _| 0.0).unwrap_err().to_string();
    assert!(error.contains("constraint"), "{error}");
}

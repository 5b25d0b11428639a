//! The same seed, space and order of results give the same trials.

use std::sync::Arc;

use hpo_core::prelude::*;
use hpo_core::sampler::{AskContext, Proposal, SampleError, Sampler};
use hpo_core::space::Params;
use hpo_core::space::Value;
use hpo_core::trial::History;

use super::{Point, memory};

/// Draws near the best result it has seen: a sampler whose every answer hangs on the history.
#[derive(Debug)]
struct NearBest;

impl Sampler for NearBest {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        let mut rng = ask.rng();
        let finished = history.finished().iter().map(|number| history.trial(*number));
        let best = finished
            .filter(|trial| !trial.values().is_empty())
            .min_by(|a, b| a.values()[0].total_cmp(&b.values()[0]));
        let pending = history.pending().count() as f64;
        let Some(best) = best else {
            return Ok(Proposal::Config(history.flat_space().draw(&mut rng)));
        };
        let near: Vec<f64> = best.params().map(|(_, value)| value.as_float().unwrap()).collect();
        let params = history.flat_space().fill(|id, _| {
            let step = 0.1 * (rng.unit() - 0.5) + 1e-3 * pending;
            Value::Float((near[id as usize] + step).clamp(-1.0, 1.0))
        });
        Ok(Proposal::Config(params))
    }

    fn name(&self) -> &'static str {
        "near best"
    }
}

fn points(study: &Study<Point>) -> Vec<Option<Params>> {
    study.trials().unwrap().into_iter().map(|trial| trial.params).collect()
}

#[test]
fn the_same_seed_gives_the_same_trials() {
    let run = |seed| {
        let study =
            Study::<Point>::minimize().sampler(NearBest).seed(seed).run(30, |point| point.square());
        points(&study.unwrap())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn a_resumed_search_goes_on_as_if_it_had_never_stopped() {
    let whole = Study::<Point>::minimize()
        .sampler(NearBest)
        .seed(7)
        .run(30, |point| point.square())
        .unwrap();
    let storage = memory();
    for n in [11, 12, 30] {
        let part =
            Study::<Point>::minimize().sampler(NearBest).seed(7).storage(Arc::clone(&storage));
        part.run(n, |point| point.square()).unwrap();
    }
    let resumed = Study::<Point>::minimize().storage(storage).open().unwrap();
    assert_eq!(points(&whole), points(&resumed));
}

#[test]
fn the_seed_is_remembered() {
    let storage = memory();
    let open = || Study::<Point>::minimize().storage(Arc::clone(&storage)).open().unwrap();
    let drawn = open().oracle().seed();
    assert_eq!(open().oracle().seed(), drawn);
    let other =
        Study::<Point>::minimize().storage(Arc::clone(&storage)).seed(drawn ^ 1).open().unwrap();
    let said: Vec<String> = other.notes().iter().map(ToString::to_string).collect();
    assert_eq!(said, [format!("the seed was {drawn}, and is {} from here on", drawn ^ 1)]);
}

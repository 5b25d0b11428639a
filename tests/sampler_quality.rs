//! How far each sampler gets, next to random search: a smoke test for what no other test sees, a
//! model that has lost its sense.
//!
//! The figures are medians over fixed seeds, so that the same code gives the same result; the
//! tolerances are about twice what was measured when they were set, so that an honest change of a
//! sampler does not break them. How good samplers are is measured elsewhere (`cargo bench -p
//! hpo-tests --bench regret`).

use std::ops::Range;
use std::sync::Mutex;

use hpo_core::sampler::{Random, SamplerConfig};
use hpo_tests::functions::{BRANIN, CONDITIONAL, Function, HARTMANN, MIXED, ROSENBROCK, STEEP};

const SEEDS: Range<u64> = 0..11;

/// What a sampler has to reach.
struct Goal {
    sampler: &'static str,
    function: Function,
    trials: usize,
    /// The most that its median regret may be, in median regrets of random search with the same
    /// seeds.
    most: f64,
}

const fn goal(sampler: &'static str, function: Function, trials: usize, most: f64) -> Goal {
    Goal { sampler, function, trials, most }
}

// On the conditional function the best branch looks worse than the others until two of its
// parameters fit: there a good model is slower than chance at first, so that only a broken one
// misses these goals.
const GOALS: [Goal; 18] = [
    goal("qmc", BRANIN, 100, 2.0),
    goal("qmc", STEEP, 100, 2.0),
    goal("gp", BRANIN, 40, 0.1),
    goal("gp", HARTMANN, 40, 0.25),
    goal("gp", CONDITIONAL, 40, 1.8),
    goal("tpe", BRANIN, 100, 0.2),
    goal("tpe", HARTMANN, 100, 0.4),
    goal("tpe", CONDITIONAL, 100, 2.5),
    goal("tpe", MIXED, 100, 1.0),
    goal("cmaes", ROSENBROCK, 200, 0.2),
    goal("cmaes", HARTMANN, 200, 0.1),
    goal("cmaes", MIXED, 200, 0.05),
    goal("nsga2", HARTMANN, 200, 0.9),
    goal("nsga2", MIXED, 200, 0.9),
    goal("auto", BRANIN, 40, 0.1),
    goal("auto", HARTMANN, 40, 0.25),
    goal("auto", CONDITIONAL, 40, 1.8),
    goal("auto", MIXED, 40, 0.9),
];

/// Samplers without a goal: what the others are compared with, and one that goes through a list.
const WITHOUT: [&str; 2] = ["random", "grid"];

#[test]
fn samplers_get_as_far_as_they_should() {
    let (left, missed) = (Mutex::new(GOALS.iter()), Mutex::new(Vec::new()));
    let work = || {
        while let Some(goal) = { left.lock().unwrap().next() } {
            let Goal { sampler, function, trials, most } = goal;
            let config: SamplerConfig = sampler.parse().unwrap();
            let own = function.median_regret(&*config.build(), *trials, SEEDS);
            let random = function.median_regret(&Random, *trials, SEEDS);
            println!("{sampler} {} {trials}: {:.4}", function.name, own / random);
            if own > most * random {
                let name = function.name;
                missed
                    .lock()
                    .unwrap()
                    .push(format!("{sampler} on {name}: {own} after {trials}, random {random}"));
            }
        }
    };
    std::thread::scope(|scope| {
        (0..std::thread::available_parallelism().map_or(2, usize::from))
            .for_each(|_| drop(scope.spawn(work)));
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_sampler_has_a_goal() {
    let refused = "none of them".parse::<SamplerConfig>().unwrap_err().reason;
    let names: Vec<&str> = refused.split('`').skip(3).step_by(2).collect();
    assert!(names.contains(&"random") && names.len() >= 5, "{refused}");
    for name in names.iter().filter(|name| !WITHOUT.contains(name)) {
        assert!(
            GOALS.iter().any(|goal| goal.sampler == *name),
            "`{name}` needs a line in the table of this file"
        );
    }
}

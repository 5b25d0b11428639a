//! What an ask and a tell cost with the samplers for many trials: 10 parameters, one core, around
//! 100, 1,000 and 10,000 trials.
//!
//! `cargo bench -p hpo-tests --bench evolution`. Each line: the mean over 200 consecutive trials in
//! memory, proposal and end, by a sampler that was asked all along, and the dearest of them, at
//! which a generation ended. Criterion would repeat a trial many thousand times, and a study that
//! long is another one.

use std::time::{Duration, Instant};

use hpo_core::sampler::{Cmaes, Nsga2, Random, Sampler};
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_core::testing::sampler::Past;
use hpo_core::trial::{Direction, Outcome};
use hpo_tests::functions::TEN;

/// A bowl on every axis, and another one elsewhere.
fn losses(params: &Params) -> [f64; 2] {
    let bowl = |at: f64| {
        let term = |(id, value)| {
            (params.flat_space().parameter(id).encode(value).unwrap_or(0.0) - at).powi(2)
        };
        params.iter().map(term).sum()
    };
    [bowl(0.3), bowl(0.6)]
}

/// Goes on with so many trials: how long each took.
fn run(sampler: &dyn Sampler, past: &mut Past, trials: u64) -> Vec<Duration> {
    let objectives = past.history().directions().len();
    let trial = |_| {
        let start = Instant::now();
        let params = past.propose(sampler, 1).expect("a continuum");
        let losses = losses(&params);
        past.tell(&params, Some(Outcome::Complete(&losses[..objectives])));
        start.elapsed()
    };
    (0..trials).map(trial).collect()
}

fn main() {
    let flat = FlatSpace::new(&Space::from_json(TEN).expect("a space")).expect("a space");
    let samplers: [(&str, Box<dyn Sampler>, usize); 4] = [
        ("random", Box::new(Random), 1),
        ("cmaes", Box::new(Cmaes::default()), 1),
        ("nsga2", Box::new(Nsga2::default()), 1),
        ("nsga2, two objectives", Box::new(Nsga2::default()), 2),
    ];
    for (name, sampler, objectives) in &samplers {
        let mut past = Past::with_directions(&flat, &[Direction::Minimize; 2][..*objectives]);
        for count in [100, 1_000, 10_000] {
            let before = past.next_number();
            run(&**sampler, &mut past, count - before);
            let times = run(&**sampler, &mut past, 200);
            let mean = times.iter().sum::<Duration>() / 200;
            let dearest = times.into_iter().max().unwrap_or_default();
            println!(
                "{name:<24} after {count:>6} trials: mean {mean:>8.1?}, dearest {dearest:>8.1?}"
            );
        }
    }
}

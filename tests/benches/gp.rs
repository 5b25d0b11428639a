//! What a proposal of the Gaussian-process sampler costs: 10 parameters, one core, after 100 and
//! 500 trials.
//!
//! `cargo bench -p hpo-tests --bench gp`. Each figure is one `sample` with a cache as a study has
//! it. Hyperparameters are fitted once in some 5 % more trials: median and 99th percentile over
//! consecutive trials are printed first, fits included.
#![allow(missing_docs, reason = "criterion's macros write functions without any")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use hpo_core::sampler::{AskContext, Gp, Sampler};
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_core::testing::sampler::Past;
use hpo_core::trial::Outcome;
use hpo_tests::functions::TEN;

/// A bowl on every axis, some of them steep, and a step for each wrong choice.
fn loss(params: &Params) -> f64 {
    let terms = params.iter().map(|(id, value)| {
        let parameter = params.flat_space().parameter(id);
        let place = parameter.encode(value).expect("a value of its own");
        (place - 0.1 * f64::from(id)).powi(2) / (1.0 + f64::from(id))
    });
    terms.sum()
}

/// A study of so many trials, the last ones chosen by the sampler: how long each of these took.
fn run(gp: &Gp, random: u64, chosen: u64) -> (Past, Vec<Duration>) {
    let flat = FlatSpace::new(&Space::from_json(TEN).expect("a space")).expect("a space");
    let (mut past, mut times) = (Past::new(&flat), Vec::new());
    for number in 0..random + chosen {
        let start = Instant::now();
        let params = if number < random {
            flat.draw(&mut AskContext { number, attempt: 0, seed: 1 }.rng())
        } else {
            past.propose(gp, 1).expect("a continuum")
        };
        if number >= random {
            times.push(start.elapsed());
        }
        past.tell(&params, Some(Outcome::Complete(&[loss(&params)])));
    }
    (past, times)
}

fn proposals(criterion: &mut Criterion) {
    for trials in [50, 100, 200, 500] {
        let (_, mut times) = run(&Gp::default(), trials - trials / 4, trials / 2);
        times.sort_unstable();
        let (median, last) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        println!("around {trials} trials: median {median:.1?}, p99 {last:.1?}");
    }
    let mut group = criterion.benchmark_group("Gaussian process, 10 parameters");
    for trials in [100, 500] {
        let gp = Gp::default();
        let (past, _) = run(&gp, trials, 0);
        let mut number = past.next_number();
        group.bench_function(format!("proposal after {trials} trials"), |bencher| {
            bencher.iter(|| {
                number += 1;
                gp.sample(
                    past.history(),
                    AskContext { number: black_box(number), attempt: 0, seed: 1 },
                )
                .expect("a proposal")
            });
        });
        group.bench_function(format!("the same with a fit, {trials} trials"), |bencher| {
            bencher.iter(|| {
                gp.clone()
                    .sample(past.history(), AskContext { number, attempt: 0, seed: 1 })
                    .expect("a proposal")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, proposals);
criterion_main!(benches);

//! What an ask and a tell of the Parzen estimator cost: 10 parameters, one core, after 100, 1,000
//! and 10,000 trials.
//!
//! `cargo bench -p hpo-tests --bench tpe -- tpe 1000`; by default all of them, beside `random`.
//! Each figure is the mean over twenty consecutive trials, a proposal by the policy of studies and
//! the result told to the fold; the least of many repetitions, as other work on the machine only
//! adds to it.

use std::time::Instant;

use hpo_core::sampler::{AskContext, Sampler, SamplerConfig};
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_core::testing::sampler::Past;
use hpo_core::trial::Outcome;
use hpo_tests::functions::TEN;

/// A bowl on every axis, some of them steep.
fn loss(params: &Params) -> f64 {
    let terms = params.iter().map(|(id, value)| {
        let place = params.flat_space().parameter(id).encode(value).expect("a value of its own");
        (place - 0.1 * f64::from(id)).powi(2) / (1.0 + f64::from(id))
    });
    terms.sum()
}

/// A study of so many random trials, and what a further one costs, in microseconds.
fn cost(sampler: &dyn Sampler, trials: u64, timed: u64) -> f64 {
    let flat = FlatSpace::new(&Space::from_json(TEN).expect("a space")).expect("a space");
    let mut past = Past::new(&flat);
    let tell = |past: &mut Past, params: &Params| {
        past.tell(params, Some(Outcome::Complete(&[loss(params)])));
    };
    for number in 0..trials {
        let params = flat.draw(&mut AskContext { number, attempt: 0, seed: 1 }.rng());
        tell(&mut past, &params);
    }
    // The first ask reads the whole past.
    past.propose(sampler, 1).expect("a continuum");
    let start = Instant::now();
    for _ in 0..timed {
        let params = past.propose(sampler, 1).expect("a continuum");
        tell(&mut past, &params);
    }
    start.elapsed().as_secs_f64() * 1e6 / timed as f64
}

fn main() {
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (numbers, words): (Vec<String>, Vec<String>) =
        words.partition(|word| word.parse::<u64>().is_ok());
    let names = if words.is_empty() { vec!["random".to_owned(), "tpe".to_owned()] } else { words };
    for text in names {
        let sampler = text.parse::<SamplerConfig>().expect("a sampler").build();
        for (trials, timed, times) in [(90, 20, 200), (990, 20, 400), (9_990, 20, 20)] {
            if !numbers.is_empty() && !numbers.contains(&(trials + timed / 2).to_string()) {
                continue;
            }
            let costs = (0..times).map(|_| cost(&*sampler, trials, timed));
            println!(
                "{text}, {} trials: {:.1} µs",
                trials + timed / 2,
                costs.fold(f64::INFINITY, f64::min)
            );
        }
    }
}

//! What a trial costs beside its objective: random ask and tell in memory, 10 parameters, one core.
//!
//! `cargo bench -p hpo-tests`. The throughput (`elem/s`) is in trials; the targets are 1,000,000
//! trials/s, and 100 MB for 100,000 trials, which is printed first.
#![allow(missing_docs, reason = "criterion's macros write functions without any")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hpo_core::prelude::*;

/// Ten parameters of all kinds.
#[derive(Clone, Debug, SearchSpace)]
struct Ten {
    #[search_space(range = 1e-5..=1e-1, log)]
    learning_rate: f64,
    #[search_space(range = 0.0..=0.99)]
    momentum: f64,
    #[search_space(range = 1e-8..=1e-2, log)]
    decay: f64,
    #[search_space(range = 0.0..=0.9)]
    dropout: f64,
    #[search_space(range = 1..=8)]
    layers: u32,
    #[search_space(range = 16..=1024, log)]
    units: u32,
    #[search_space(range = 8..=256, step = 8)]
    batch: u32,
    #[search_space(choices = ["relu", "tanh", "gelu"])]
    activation: &'static str,
    normalize: bool,
    #[search_space(range = 0.5..=1.0)]
    share: f64,
}

fn study() -> Study<Ten> {
    Study::<Ten>::minimize().seed(1).ctrl_c(false).open().expect("a study")
}

/// Every sample is a study of its own, with as many trials as criterion asks for; making and
/// dropping it is not timed.
fn ask_and_tell(criterion: &mut Criterion) {
    let before = resident_megabytes();
    let kept = study();
    kept.optimize(100_000, |config, _| config.learning_rate).expect("a run");
    println!("100,000 trials of 10 parameters: {:.1} MB", resident_megabytes() - before);
    drop(kept);

    let mut group = criterion.benchmark_group("random, 10 parameters, in memory");
    group.throughput(Throughput::Elements(1));
    group.bench_function("optimize", |bencher| {
        bencher.iter_custom(|n| {
            timed(|study| {
                study.optimize(n, |config, _| black_box(config).learning_rate).expect("a run");
            })
        });
    });
    group.bench_function("ask and tell", |bencher| {
        bencher.iter_custom(|n| {
            timed(|study| {
                for _ in 0..n {
                    let asked = study.ask().expect("an ask").expect("there is more");
                    study.tell(asked.number, black_box(asked.config).momentum).expect("a tell");
                }
            })
        });
    });
    group.finish();
}

fn timed(work: impl FnOnce(&Study<Ten>)) -> Duration {
    let study = study();
    let start = Instant::now();
    work(&study);
    start.elapsed()
}

/// Resident memory, as Linux tells it; NaN elsewhere.
fn resident_megabytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let resident = pages.and_then(|text| text.split_whitespace().nth(1)?.parse::<f64>().ok());
    resident.map_or(f64::NAN, |pages| pages * 4096.0 / 1e6)
}

criterion_group!(benches, ask_and_tell);
criterion_main!(benches);

//! What a trial costs beside its objective: random ask and tell in memory, 10 parameters, one core.
//!
//! `cargo bench -p hpo-tests --bench ask_tell`. Prints trials per second and resident memory; the targets are
//! 1,000,000 trials/s and 100 MB for 100,000 trials.

use std::hint::black_box;
use std::time::Instant;

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

fn main() {
    for trials in [100_000, 1_000_000] {
        let rates = |work: &dyn Fn(&Study<Ten>, u64)| {
            let mut rates: Vec<f64> = (0..7).map(|_| rate(trials, work)).collect();
            rates.sort_by(f64::total_cmp);
            format!("median {:>9.0}, best {:>9.0}", rates[3], rates[6])
        };
        let optimized = rates(&|study, n| {
            study.optimize(n, |config, _| black_box(config).learning_rate).expect("a run");
        });
        println!("{trials:>9} trials: optimize   {optimized} trials/s");
        let asked = rates(&|study, n| {
            for _ in 0..n {
                let asked = study.ask().expect("an ask").expect("there is more");
                study.tell(asked.number, black_box(asked.config).momentum).expect("a tell");
            }
        });
        println!("{trials:>9} trials: ask + tell {asked} trials/s");
    }
    let before = resident_megabytes();
    let study = Study::<Ten>::minimize().seed(1).open().expect("a study");
    study.optimize(100_000, |config, _| config.learning_rate).expect("a run");
    println!("100,000 trials: {:.1} MB more than before", resident_megabytes() - before);
    drop(study);
}

fn rate(n: u64, work: impl Fn(&Study<Ten>, u64)) -> f64 {
    let study = Study::<Ten>::minimize().seed(1).ctrl_c(false).open().expect("a study");
    let start = Instant::now();
    work(&study, n);
    n as f64 / start.elapsed().as_secs_f64()
}

/// Resident memory, as Linux tells it; NaN elsewhere.
fn resident_megabytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let resident = pages.and_then(|text| text.split_whitespace().nth(1)?.parse::<f64>().ok());
    resident.map_or(f64::NAN, |pages| pages * 4096.0 / 1e6)
}

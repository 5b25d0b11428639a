//! How far samplers get, given as text: the median regret over seeds, after 25, 50 and 100 trials
//! of the functions of `functions.rs`, beside that of random search.
//!
//! `cargo bench -p hpo-tests --bench regret -- SEEDS tpe '{"tpe": {"candidates": 100}}' ...`. A
//! line for each function, with the logarithm (base 10) of each sampler's regret beside random
//! search; the last one is the mean. A regret below 1e-6 counts as that.

use hpo_core::sampler::{Random, Sampler, SamplerConfig};
use hpo_tests::functions::{ALL, Function, median};

const MARKS: [usize; 3] = [25, 50, 100];

fn medians(function: &Function, sampler: &dyn Sampler, seeds: u64) -> [f64; MARKS.len()] {
    let runs: Vec<Vec<f64>> =
        (0..seeds).map(|seed| function.regrets(sampler, MARKS[MARKS.len() - 1], seed)).collect();
    MARKS.map(|mark| median(runs.iter().map(|run| run[mark - 1]).collect()).max(1e-6))
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let seeds: u64 = words.first().and_then(|word| word.parse().ok()).unwrap_or(5);
    let names = words.get(1..).unwrap_or_default();
    let built: Vec<_> = names
        .iter()
        .map(|text| text.parse::<SamplerConfig>().expect("a sampler").build())
        .collect();
    let mut sums = vec![[0.0; MARKS.len()]; built.len()];
    for function in &ALL {
        let random = medians(function, &Random, seeds);
        print!("{:<16}", function.name);
        for (sampler, sum) in built.iter().zip(&mut sums) {
            let found = medians(function, &**sampler, seeds);
            let logarithms: Vec<f64> =
                found.iter().zip(random).map(|(own, random)| (own / random).log10()).collect();
            sum.iter_mut().zip(&logarithms).for_each(|(sum, logarithm)| *sum += logarithm);
            print!(" |");
            for logarithm in &logarithms {
                print!("{logarithm:>7.2}");
            }
        }
        println!();
    }
    print!("{:<16}", "mean");
    for sum in sums {
        print!(" |{}", sum.map(|sum| format!("{:>7.3}", sum / ALL.len() as f64)).concat());
    }
    println!();
}

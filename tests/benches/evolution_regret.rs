//! How far the samplers for many trials get: medians of the lowest value after 100, 250, 500 and 1,000 trials.
//!
//! `cargo bench -p hpo-tests --bench evolution_regret -- 10 5 sphere`: seeds, parameters, the beginning of a name. Beside them
//! `hpo-core/src/sampler/cmaes/compare.py` runs other libraries on the same functions.

use hpo_core::sampler::{Cmaes, Random, Restarts, Sampler};
use hpo_tests::functions::median;
use hpo_tests::many::problems;

const MARKS: [usize; 4] = [100, 250, 500, 1000];

fn samplers() -> Vec<(&'static str, Box<dyn Sampler>)> {
    let cmaes = Cmaes::builder;
    vec![
        ("random", Box::new(Random)),
        ("cmaes", Box::new(Cmaes::default())),
        ("cmaes, startup 10", Box::new(cmaes().startup(10).build().expect("settings"))),
        ("cmaes, startup 50", Box::new(cmaes().startup(50).build().expect("settings"))),
        ("cmaes, width 0.3", Box::new(cmaes().width(0.3).build().expect("settings"))),
        ("cmaes, growing", Box::new(cmaes().restarts(Restarts::Growing).build().expect("settings"))),
    ]
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let number = |index: usize, default| words.get(index).and_then(|word| word.parse().ok()).unwrap_or(default);
    let (seeds, size) = (number(0, 5), number(1, 5) as usize);
    for problem in
        problems(size).iter().filter(|problem| words.get(2).is_none_or(|name| problem.name.starts_with(name)))
    {
        for (name, sampler) in samplers() {
            let runs: Vec<Vec<f64>> = (0..seeds).map(|seed| problem.lowest(&*sampler, 1000, seed)).collect();
            let shown = MARKS.map(|mark| format!("{:>9.2e}", median(runs.iter().map(|run| run[mark - 1]).collect())));
            println!("{:<20} {name:<20} {}", problem.name, shown.join(" "));
        }
    }
}

//! How far samplers get: the median regret over seeds, after 15, 25, 50 and 100 trials of the
//! functions of `functions.rs`.
//!
//! `cargo bench -p hpo-tests --bench gp_regret -- [SEEDS [NAME]]`: 5 seeds by default, of all
//! functions. The last line is the mean over functions of the logarithm of the regret beside that
//! of random search: lower is better. A regret below 1e-6 counts as that.

use hpo_core::sampler::{Acquisition, Gp, Outputs, Qmc, Random, Sampler, Startup};
use hpo_tests::functions::{ALL, median};

const MARKS: [usize; 4] = [15, 25, 50, 100];

fn samplers() -> Vec<(&'static str, Box<dyn Sampler>)> {
    let keras = Gp::builder()
        .noise(1e-4)
        .acquisition(Acquisition::LowerBound { beta: 2.6 })
        .outputs(Outputs::Plain)
        .startup(Startup::PerParameter(3));
    vec![
        ("random", Box::new(Random)),
        ("qmc", Box::new(Qmc)),
        ("gp", Box::new(Gp::default())),
        ("gp, improvement only", Box::new(by(Acquisition::LogExpectedImprovement))),
        ("gp, lower bound 2", Box::new(by(Acquisition::LowerBound { beta: 2.0 }))),
        (
            "gp, warped outputs",
            Box::new(Gp::builder().outputs(Outputs::Warped).build().expect("settings")),
        ),
        (
            "gp, plain outputs",
            Box::new(Gp::builder().outputs(Outputs::Plain).build().expect("settings")),
        ),
        ("gp, as Keras Tuner", Box::new(keras.build().expect("settings"))),
    ]
}

fn by(acquisition: Acquisition) -> Gp {
    Gp::builder().acquisition(acquisition).build().expect("settings")
}

fn main() {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let seeds: u64 = words.first().and_then(|word| word.parse().ok()).unwrap_or(5);
    let only = words.get(1);
    let samplers = samplers();
    let mut sums = vec![[0.0; MARKS.len()]; samplers.len()];
    let functions = ALL
        .iter()
        .filter(|function| only.is_none_or(|name| function.name.starts_with(name.as_str())));
    let mut count = 0.0;
    for function in functions {
        count += 1.0;
        let mut random = [0.0; MARKS.len()];
        for ((name, sampler), sum) in samplers.iter().zip(&mut sums) {
            let most = MARKS[MARKS.len() - 1];
            let runs: Vec<Vec<f64>> =
                (0..seeds).map(|seed| function.regrets(&**sampler, most, seed)).collect();
            let medians =
                MARKS.map(|mark| median(runs.iter().map(|run| run[mark - 1]).collect()).max(1e-6));
            if *name == "random" {
                random = medians;
            }
            for ((sum, own), random) in sum.iter_mut().zip(medians).zip(random) {
                *sum += (own / random).log10();
            }
            let shown: Vec<String> =
                medians.iter().map(|regret| format!("{regret:>9.2e}")).collect();
            println!("{:<16} {name:<22} {}", function.name, shown.join(" "));
        }
    }
    for ((name, _), sum) in samplers.iter().zip(sums) {
        let shown: Vec<String> = sum.iter().map(|sum| format!("{:>9.3}", sum / count)).collect();
        println!("{:<16} {name:<22} {}", "log10 of ratio", shown.join(" "));
    }
}

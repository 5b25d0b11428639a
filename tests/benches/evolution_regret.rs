//! How far the samplers for many trials get: medians over seeds.
//!
//! `cargo bench -p hpo-tests --bench evolution_regret -- one 10 5 sphere`: the lowest value after
//! 100, 250, 500 and 1,000 trials; seeds, parameters, the beginning of a function's name. `--
//! several 10 zdt`: the hypervolume after 50, 100, 200 and 400 trials. Other libraries on the same
//! functions: `compare.py` in `hpo-core/src/sampler/cmaes` and `nsga2`.

use hpo_core::sampler::{Cmaes, Gp, Nsga2, Qmc, Random, Restarts, Sampler, Tpe};
use hpo_tests::functions::median;
use hpo_tests::{fronts, many};

const MARKS: [usize; 4] = [100, 250, 500, 1000];
const SEVERAL: [usize; 4] = [50, 100, 200, 400];

type Named = (&'static str, Box<dyn Sampler>);

fn for_one() -> Vec<Named> {
    let cmaes = Cmaes::builder;
    vec![
        ("random", Box::new(Random)),
        ("cmaes", Box::new(Cmaes::default())),
        ("cmaes, startup 10", Box::new(cmaes().startup(10).build().expect("settings"))),
        ("cmaes, startup 50", Box::new(cmaes().startup(50).build().expect("settings"))),
        ("cmaes, width 0.3", Box::new(cmaes().width(0.3).build().expect("settings"))),
        (
            "cmaes, growing",
            Box::new(cmaes().restarts(Restarts::Growing).build().expect("settings")),
        ),
        ("cmaes, same", Box::new(cmaes().restarts(Restarts::Same).build().expect("settings"))),
        ("nsga2", Box::new(Nsga2::default())),
    ]
}

fn for_several() -> Vec<Named> {
    let nsga2 = Nsga2::builder;
    vec![
        ("random", Box::new(Random)),
        ("qmc", Box::new(Qmc)),
        ("nsga2", Box::new(Nsga2::default())),
        ("nsga2, startup 10", Box::new(nsga2().startup(10).build().expect("settings"))),
        ("nsga2, startup 50", Box::new(nsga2().startup(50).build().expect("settings"))),
        ("nsga2, 50", Box::new(nsga2().population(50).build().expect("settings"))),
        (
            "nsga2, generations",
            Box::new(nsga2().startup(50).generation(None).build().expect("settings")),
        ),
        ("nsga2, swapped", Box::new(nsga2().blend(false).build().expect("settings"))),
        (
            "nsga2, both",
            Box::new(nsga2().startup(50).blend(false).generation(None).build().expect("settings")),
        ),
        ("nsga2, 20", Box::new(nsga2().population(20).build().expect("settings"))),
        ("gp", Box::new(Gp::default())),
        ("tpe", Box::new(Tpe::default())),
    ]
}

fn main() {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let number = |index: usize, default| {
        words.get(index).and_then(|word| word.parse().ok()).unwrap_or(default)
    };
    let named = |index: usize, name: &str| {
        words.get(index).is_none_or(|start| name.starts_with(start.as_str()))
    };
    if words.first().is_some_and(|word| word == "several") {
        for front in fronts::ALL.iter().filter(|front| named(2, front.name)) {
            for (name, sampler) in for_several().iter().filter(|(name, _)| named(3, name)) {
                // A Gaussian process is not made for hundreds of trials with a new loss each.
                let marks = if *name == "gp" { &SEVERAL[..2] } else { &SEVERAL[..] };
                let volumes = front.medians(&**sampler, marks, 0..number(1, 5));
                let shown: Vec<String> =
                    volumes.iter().map(|volume| format!("{volume:>8.4}")).collect();
                println!("{:<8} {name:<20} {}", front.name, shown.join(" "));
            }
        }
        return;
    }
    for problem in
        many::problems(number(2, 5) as usize).iter().filter(|problem| named(3, &problem.name))
    {
        for (name, sampler) in for_one().iter().filter(|(name, _)| named(4, name)) {
            let runs: Vec<Vec<f64>> =
                (0..number(1, 5)).map(|seed| problem.lowest(&**sampler, 1000, seed)).collect();
            let shown = MARKS.map(|mark| {
                format!("{:>9.2e}", median(runs.iter().map(|run| run[mark - 1]).collect()))
            });
            println!("{:<20} {name:<20} {}", problem.name, shown.join(" "));
        }
    }
}

//! Which measure of importance is right: spaces whose parameters have known effects, histories of
//! samplers that concentrate and of one that does not.
//!
//! `cargo bench -p hpo-tests --bench importance_truth`, or `-- 8` for so many seeds. The tables of
//! `docs/report.md` are its output. What is true of a parameter is its total effect (Homma and
//! Saltelli 1996) over the whole space, interactions included, by 20,000 pairs of configs that
//! differ in it alone; where it is not active, it has none. Of each measure is told, as means over
//! spaces and seeds:
//! - `off`: half of the sum of what its shares miss the true ones by, from 0 to 1;
//! - `top`: which part of the parameters that matter (a true share of 5 % or more) is among as many
//!   that it ranks first;
//! - `idle`: what it gives to all parameters together that have no effect;
//! - `none`: of how many histories it tells nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hpo_core::prelude::*;
use hpo_core::report::importance::{Fanova, Measure, PedAnova, Relevance};
use hpo_core::rng::Rng;
use hpo_core::sampler::SamplerConfig;
use hpo_core::space::Params;
use hpo_core::space::{FlatSpace, Space};

const TRIALS: u64 = 150;
const PAIRS: u64 = 20_000;
const SAMPLERS: [&str; 4] = ["random", "tpe", "gp", "auto"];

/// A space, and a function whose effects are known.
struct Case {
    name: &'static str,
    space: &'static str,
    value: fn(&Params) -> f64,
    /// The standard deviation of the noise that trials see.
    noise: f64,
}

fn at(params: &Params, path: &str) -> f64 {
    params.float(path).unwrap_or(0.0)
}

fn is(params: &Params, path: &str, label: &str) -> f64 {
    f64::from(u8::from(params.get(path).is_some_and(|own| own.to_string() == label)))
}

const FIVE: &str = r#"{"all": {"a": {"float": {"low": 0, "high": 1}}, "b": {"float": {"low": 0, "high": 1}},
    "c": {"float": {"low": 0, "high": 1}}, "d": {"float": {"low": 0, "high": 1}}, "e": {"float": {"low": 0, "high": 1}}}}"#;

const CASES: [Case; 13] = [
    Case {
        name: "sum",
        space: FIVE,
        noise: 0.0,
        value: |p| {
            4.0 * (at(p, "a") - 0.3).powi(2)
                + 2.0 * (at(p, "b") - 0.7).powi(2)
                + (at(p, "c") - 0.5).powi(2)
        },
    },
    Case {
        name: "noise",
        space: FIVE,
        noise: 0.3,
        value: |p| 4.0 * (at(p, "a") - 0.3).powi(2) + 2.0 * (at(p, "b") - 0.7).powi(2),
    },
    Case {
        name: "interaction",
        space: FIVE,
        noise: 0.0,
        value: |p| 10.0 * (at(p, "a") - 0.5) * (at(p, "b") - 0.5) + at(p, "c"),
    },
    Case {
        name: "valley",
        space: FIVE,
        noise: 0.0,
        value: |p| {
            let (x, y) = (4.0 * at(p, "a") - 2.0, 4.0 * at(p, "b") - 2.0);
            (10.0 * (y - x * x).powi(2) + (1.0 - x).powi(2)).ln_1p()
        },
    },
    Case {
        name: "network",
        space: r#"{"all": {"lr": {"float": {"low": 1e-5, "high": 0.1, "log": true}}, "layers": {"int": {"low": 1, "high": 8}},
            "dropout": {"float": {"low": 0, "high": 0.5}}, "batch": {"categorical": {"choices": [16, 32, 64, 128]}},
            "opt": {"categorical": {"choices": ["sgd", "adam", "rms"]}}}}"#,
        noise: 0.0,
        value: |p| {
            (at(p, "lr").log10() + 3.0).powi(2)
                + 1.5 * is(p, "opt", "sgd")
                + 0.5 * is(p, "opt", "rms")
        },
    },
    Case {
        name: "constants",
        space: r#"{"all": {"x": {"float": {"low": 0, "high": 1}}, "y": {"float": {"low": 0, "high": 1}},
            "one": {"float": {"low": 0.5, "high": 0.5}}, "two": {"int": {"low": 2, "high": 2}}, "log": {"int": {"low": 3, "high": 3, "log": true}},
            "only": {"categorical": {"choices": ["a"]}}, "idle": {"int": {"low": 1, "high": 20}}}}"#,
        noise: 0.0,
        value: |p| 3.0 * (at(p, "x") - 0.4).powi(2) + (at(p, "y") - 0.4).abs(),
    },
    Case {
        name: "branches",
        space: r#"{"all": {"scale": {"float": {"low": 0, "high": 1}}, "model": {"one_of": {
            "svc": {"all": {"c": {"float": {"low": 1e-3, "high": 1e3, "log": true}}, "gamma": {"float": {"low": 1e-3, "high": 1e3, "log": true}}}},
            "forest": {"all": {"depth": {"int": {"low": 2, "high": 32}}, "trees": {"int": {"low": 10, "high": 500}}}}}}}}"#,
        noise: 0.0,
        value: |p| {
            let svc = 0.2 * (at(p, "model.svc.c").max(1e-9).ln() / 3.0 - 0.5).powi(2);
            let forest = 1.0 + 0.002 * (at(p, "model.forest.depth") - 12.0).powi(2);
            is(p, "model", "svc") * svc + is(p, "model", "forest") * forest + 0.1 * at(p, "scale")
        },
    },
    Case {
        name: "branch in branch",
        space: r#"{"one_of": {"a": {"all": {"x": {"float": {"low": 0, "high": 1}}, "kind": {"one_of": {"p": {"all": {"y": {"float": {"low": 0, "high": 1}}}},
            "q": {"all": {"z": {"float": {"low": 0, "high": 1}}}}}}}}, "b": {"all": {"w": {"float": {"low": 0, "high": 1}}}}}}"#,
        noise: 0.0,
        value: |p| {
            let own = (at(p, "a.x") - 0.5).powi(2)
                + is(p, "a.kind", "p") * (0.3 + (at(p, "a.kind.p.y") - 0.2).powi(2));
            if p.float("b.w").is_some() { 1.0 + 0.1 * at(p, "b.w") } else { 3.0 * own }
        },
    },
    Case {
        name: "list",
        space: r#"{"all": {"units": {"list": {"len": {"low": 1, "high": 3}, "of": {"int": {"low": 8, "high": 512, "log": true}}}},
            "rate": {"float": {"low": 1e-4, "high": 1, "log": true}}, "idle": {"float": {"low": 0, "high": 1}}}}"#,
        noise: 0.0,
        value: |p| {
            let length = at(p, "units");
            (length - 2.0).powi(2)
                + 0.3 * (at(p, "units.0").max(1.0).ln() - 4.0).powi(2)
                + 0.2 * (at(p, "rate").ln() + 4.0).powi(2)
        },
    },
    Case {
        name: "whole numbers",
        space: r#"{"all": {"a": {"int": {"low": 1, "high": 1000, "log": true}}, "b": {"int": {"low": 0, "high": 100, "step": 5}},
            "c": {"float": {"low": 0, "high": 1, "step": 0.1}}, "d": {"int": {"low": 1, "high": 3}}, "e": {"int": {"low": 1, "high": 64, "step": 2, "log": true}}}}"#,
        noise: 0.0,
        value: |p| {
            (at(p, "a").ln() - 3.0).powi(2) + 0.002 * (at(p, "b") - 40.0).powi(2) + 0.5 * at(p, "d")
        },
    },
    Case {
        name: "choices",
        space: r#"{"all": {"p": {"categorical": {"choices": ["a", "b", "c", "d", "e"]}}, "q": {"categorical": {"choices": ["a", "b", "c"]}},
            "r": {"categorical": {"choices": [false, true]}}, "s": {"categorical": {"choices": ["a", "b", "c", "d"]}},
            "t": {"float": {"low": 0, "high": 1}}}}"#,
        noise: 0.0,
        value: |p| {
            2.0 * is(p, "p", "c")
                + is(p, "p", "e")
                + is(p, "q", "b") * (1.0 + is(p, "r", "true"))
                + 0.5 * at(p, "t")
        },
    },
    Case {
        name: "many idle",
        space: r#"{"all": {"lr": {"float": {"low": 1e-5, "high": 1, "log": true}}, "x0": {"float": {"low": 0, "high": 1}}, "x1": {"float": {"low": 0, "high": 1}},
            "x2": {"float": {"low": 0, "high": 1}}, "x3": {"float": {"low": 0, "high": 1}}, "x4": {"float": {"low": 0, "high": 1}}, "x5": {"int": {"low": 0, "high": 9}},
            "x6": {"int": {"low": 0, "high": 9}}, "x7": {"int": {"low": 0, "high": 9}}, "x8": {"categorical": {"choices": [1, 2, 3]}},
            "x9": {"categorical": {"choices": [1, 2, 3]}}, "y": {"float": {"low": 0, "high": 1}}}}"#,
        noise: 0.05,
        value: |p| 0.2 * (at(p, "lr").ln() + 5.0).powi(2) + 6.0 * (at(p, "y") - 0.2).powi(2),
    },
    Case {
        name: "divergence",
        space: r#"{"all": {"lr": {"float": {"low": 1e-5, "high": 1, "log": true}}, "momentum": {"float": {"low": 0, "high": 1}},
            "decay": {"float": {"low": 1e-6, "high": 1, "log": true}}, "depth": {"int": {"low": 1, "high": 12}}}}"#,
        noise: 0.0,
        value: |p| {
            let rate = at(p, "lr").log10();
            0.5 * (rate + 2.5).powi(2)
                + (at(p, "momentum") - 0.8).powi(2)
                + if rate > -0.7 { 40.0 } else { 0.0 }
        },
    },
];

/// The true shares, by path.
fn truth(case: &Case, flat: &Arc<FlatSpace>) -> BTreeMap<String, f64> {
    let mut effects: BTreeMap<String, f64> =
        flat.iter().map(|parameter| (parameter.path().to_owned(), 0.0)).collect();
    for pair in 0..PAIRS {
        let mut rng = Rng::derive(77, pair);
        let places: Vec<f64> = flat.iter().map(|_| rng.unit()).collect();
        let other: Vec<f64> = flat.iter().map(|_| rng.unit()).collect();
        let value = (case.value)(&flat.decode(&places));
        for (index, parameter) in flat.iter().enumerate() {
            let mut moved = places.clone();
            moved[index] = other[index];
            *effects.get_mut(parameter.path()).expect("a path") +=
                (value - (case.value)(&flat.decode(&moved))).powi(2);
        }
    }
    let sum: f64 = effects.values().sum();
    for effect in effects.values_mut() {
        *effect /= sum;
    }
    effects
}

fn history(case: &Case, sampler: &str, seed: u64) -> Study<Params> {
    let sampler = sampler.parse::<SamplerConfig>().expect("a sampler").build();
    let count = AtomicU64::new(0);
    let value = |params: Params| {
        let noise = Rng::derive(seed ^ 0xF00D, count.fetch_add(1, Ordering::Relaxed)).normal();
        (case.value)(&params) + case.noise * noise
    };
    let space = Space::from_json(case.space).expect("a space");
    Study::<Params>::minimize()
        .space(space)
        .sampler(sampler)
        .seed(seed)
        .run(TRIALS, value)
        .expect("a study")
}

/// How a measure did, summed over histories.
#[derive(Clone, Copy, Default)]
struct Score {
    count: f64,
    off: f64,
    top: f64,
    idle: f64,
    none: f64,
}

impl Score {
    fn of(shares: &[(String, f64)], truth: &BTreeMap<String, f64>) -> Self {
        let share = |path: &str| shares.iter().find(|own| own.0 == path).map_or(0.0, |own| own.1);
        let off = truth.iter().map(|(path, own)| (own - share(path)).abs()).sum::<f64>() / 2.0;
        let matters: Vec<&String> =
            truth.iter().filter(|own| *own.1 >= 0.05).map(|own| own.0).collect();
        let first =
            shares.iter().take(matters.len()).filter(|own| matters.contains(&&own.0)).count();
        let idle = truth.iter().filter(|own| *own.1 <= 0.0).map(|own| share(own.0)).sum();
        Self { count: 1.0, off, top: first as f64 / matters.len() as f64, idle, none: 0.0 }
    }

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.off += other.off;
        self.top += other.top;
        self.idle += other.idle;
        self.none += other.none;
    }

    fn told(&self) -> String {
        let told = (self.count - self.none).max(1.0);
        let [off, top, idle] = [self.off, self.top, self.idle].map(|sum| sum / told);
        let none = if self.none > 0.0 { format!(", {} none", self.none) } else { String::new() };
        format!("{off:.2}, {top:.2}, {idle:.2}{none}")
    }
}

fn main() {
    let seeds = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(3);
    let measures = [
        Measure::Fanova(Fanova::default()),
        Measure::Gp(Relevance::default()),
        Measure::PedAnova(PedAnova::default()),
    ];
    let names = measures.map(|measure| measure.name());
    let mut by_case = [[Score::default(); 3]; CASES.len()];
    let mut by_sampler = [[Score::default(); 3]; SAMPLERS.len()];
    for (case, of_case) in CASES.iter().zip(&mut by_case) {
        let flat =
            FlatSpace::new(&Space::from_json(case.space).expect("a space")).expect("a good space");
        let truth = truth(case, &flat);
        for (sampler, of_sampler) in SAMPLERS.iter().zip(&mut by_sampler) {
            for seed in 0..seeds {
                let study = history(case, sampler, seed);
                for (index, measure) in measures.iter().enumerate() {
                    let score = match study.importances(measure, 0) {
                        Ok(found) => {
                            let of: Vec<(String, f64)> =
                                found.of.into_iter().map(|own| (own.path, own.share)).collect();
                            Score::of(&of, &truth)
                        }
                        Err(_) => Score { count: 1.0, none: 1.0, ..Score::default() },
                    };
                    of_case[index].add(score);
                    of_sampler[index].add(score);
                }
            }
        }
    }
    println!(
        "off, top, idle: {seeds} seeds, {TRIALS} trials\n\n| space | {} |\n| --- | --- | --- | --- |",
        names.join(" | ")
    );
    for (case, scores) in CASES.iter().zip(&by_case) {
        println!("| {} | {} |", case.name, scores.map(|score| score.told()).join(" | "));
    }
    println!("\n| trials of | {} |\n| --- | --- | --- | --- |", names.join(" | "));
    for (sampler, scores) in SAMPLERS.iter().zip(&by_sampler) {
        println!("| `{sampler}` | {} |", scores.map(|score| score.told()).join(" | "));
    }
}

//! Functions with known minima, on which samplers are compared.

use hpo_core::rng::Rng;
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_core::testing::sampler::Past;
use hpo_core::{sampler::Sampler, trial::Outcome};

/// A space of ten parameters of all kinds, on which the cost of a proposal is measured.
pub const TEN: &str = r#"{"all": {
    "learning_rate": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
    "momentum": {"float": {"low": 0, "high": 0.99}},
    "decay": {"float": {"low": 1e-8, "high": 0.01, "log": true}},
    "dropout": {"float": {"low": 0, "high": 0.9}},
    "layers": {"int": {"low": 1, "high": 8}},
    "units": {"int": {"low": 16, "high": 1024, "log": true}},
    "batch": {"int": {"low": 8, "high": 256, "step": 8}},
    "activation": {"categorical": {"choices": ["relu", "tanh", "gelu"]}},
    "normalize": {"categorical": {"choices": [false, true]}},
    "share": {"float": {"low": 0.5, "high": 1}}
}}"#;

/// A function to be minimised over a space.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// What it is called.
    pub name: &'static str,
    /// Its space as JSON.
    pub space: &'static str,
    /// Its value without noise.
    pub value: fn(&Params) -> f64,
    /// Its lowest value.
    pub lowest: f64,
    /// The standard deviation of the noise that a search sees.
    pub noise: f64,
}

impl Function {
    /// How far the best of so many trials lies above the minimum, after each of them. With noise,
    /// the best is the one that looked best.
    ///
    /// # Panics
    /// If the space is not right, or searched to its end.
    #[must_use]
    pub fn regrets(&self, sampler: &dyn Sampler, trials: usize, seed: u64) -> Vec<f64> {
        let flat =
            FlatSpace::new(&Space::from_json(self.space).expect("a space")).expect("a space");
        let mut past = Past::new(&flat);
        let mut best = (f64::INFINITY, f64::INFINITY);
        let mut regrets = Vec::with_capacity(trials);
        for number in 0..trials as u64 {
            let params =
                past.propose(sampler, seed).expect("a space that is not searched to its end");
            let value = (self.value)(&params);
            let observed = value + self.noise * Rng::derive(seed ^ 0xF00D, number).normal();
            past.tell(&params, Some(Outcome::Complete(&[observed])));
            if observed < best.0 {
                best = (observed, value - self.lowest);
            }
            regrets.push(best.1);
        }
        regrets
    }

    /// The median over seeds of the regret after all of so many trials.
    #[must_use]
    pub fn median_regret(
        &self,
        sampler: &dyn Sampler,
        trials: usize,
        seeds: std::ops::Range<u64>,
    ) -> f64 {
        median(seeds.map(|seed| self.regrets(sampler, trials, seed)[trials - 1]).collect())
    }
}

/// The middle one, the upper of two.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// All of them.
pub const ALL: [Function; 9] =
    [BRANIN, HARTMANN, ROSENBROCK, LEVY, CONDITIONAL, MIXED, NOISY, STEEP, PLATEAU];

/// Branin's, of two parameters: three minima.
pub const BRANIN: Function = Function {
    name: "branin",
    space: r#"{"all": {"x": {"float": {"low": -5, "high": 10}}, "y": {"float": {"low": 0, "high": 15}}}}"#,
    value: |params| {
        let [x, y] = floats(params);
        let pi = std::f64::consts::PI;
        (y - 5.1 / (4.0 * pi * pi) * x * x + 5.0 / pi * x - 6.0).powi(2)
            + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * x.cos()
            + 10.0
    },
    lowest: 0.397_887,
    noise: 0.0,
};

/// Hartmann's, of six.
pub const HARTMANN: Function = Function {
    name: "hartmann6",
    space: r#"{"all": {
        "a": {"float": {"low": 0, "high": 1}}, "b": {"float": {"low": 0, "high": 1}}, "c": {"float": {"low": 0, "high": 1}},
        "d": {"float": {"low": 0, "high": 1}}, "e": {"float": {"low": 0, "high": 1}}, "f": {"float": {"low": 0, "high": 1}}
    }}"#,
    value: |params| hartmann(floats(params)),
    lowest: -3.322_368,
    noise: 0.0,
};

/// Rosenbrock's valley, of four.
pub const ROSENBROCK: Function = Function {
    name: "rosenbrock4",
    space: r#"{"all": {
        "a": {"float": {"low": -2, "high": 2}}, "b": {"float": {"low": -2, "high": 2}},
        "c": {"float": {"low": -2, "high": 2}}, "d": {"float": {"low": -2, "high": 2}}
    }}"#,
    value: |params| {
        let x: [f64; 4] = floats(params);
        x.windows(2)
            .map(|pair| 100.0 * (pair[1] - pair[0] * pair[0]).powi(2) + (1.0 - pair[0]).powi(2))
            .sum()
    },
    lowest: 0.0,
    noise: 0.0,
};

/// Lévy's, of five: many local minima.
pub const LEVY: Function = Function {
    name: "levy5",
    space: r#"{"all": {
        "a": {"float": {"low": -10, "high": 10}}, "b": {"float": {"low": -10, "high": 10}}, "c": {"float": {"low": -10, "high": 10}},
        "d": {"float": {"low": -10, "high": 10}}, "e": {"float": {"low": -10, "high": 10}}
    }}"#,
    value: |params| {
        let w: [f64; 5] = floats(params).map(|x| 1.0 + (x - 1.0) / 4.0);
        let pi = std::f64::consts::PI;
        let inner =
            w[..4].iter().map(|w| (w - 1.0).powi(2) * (1.0 + 10.0 * (pi * w + 1.0).sin().powi(2)));
        let last = (w[4] - 1.0).powi(2) * (1.0 + (2.0 * pi * w[4]).sin().powi(2));
        (pi * w[0]).sin().powi(2) + inner.sum::<f64>() + last
    },
    lowest: 0.0,
    noise: 0.0,
};

/// Three kinds of models, each with its own parameters, and one that all share.
pub const CONDITIONAL: Function = Function {
    name: "conditional",
    space: r#"{"all": {
        "scale": {"float": {"low": 0.01, "high": 100, "log": true}},
        "model": {"one_of": {
            "svc": {"all": {
                "c": {"float": {"low": 1e-4, "high": 1e4, "log": true}},
                "kernel": {"one_of": {"linear": {"all": {}}, "rbf": {"all": {"gamma": {"float": {"low": 1e-5, "high": 10, "log": true}}}}}}
            }},
            "forest": {"all": {
                "depth": {"int": {"low": 2, "high": 32, "log": true}},
                "trees": {"int": {"low": 10, "high": 500}},
                "criterion": {"categorical": {"choices": ["gini", "entropy"]}}
            }},
            "net": {"all": {
                "rate": {"float": {"low": 1e-5, "high": 1, "log": true}},
                "units": {"list": {"len": {"low": 1, "high": 3}, "of": {"int": {"low": 8, "high": 512, "log": true}}}}
            }}
        }}
    }}"#,
    value: |params| {
        let log = |path: &str| params.float(path).map(f64::ln);
        let bowl =
            |x: Option<f64>, at: f64, width: f64| x.map_or(0.0, |x| ((x - at) / width).powi(2));
        let shared = 0.1 * bowl(log("scale"), 0.5, 2.0);
        let own = match params.get("model").expect("it is always active").to_string().as_str() {
            "svc" => {
                let linear = params.float("model.svc.kernel.rbf.gamma").is_none();
                let base = if linear { 0.3 } else { 0.0 };
                base + 0.2 * bowl(log("model.svc.c"), 3.0, 3.0)
                    + 0.3 * bowl(log("model.svc.kernel.rbf.gamma"), -5.0, 2.0)
            }
            "forest" => {
                let wrong = if params
                    .get("model.forest.criterion")
                    .is_some_and(|label| label.to_string() == "gini")
                {
                    0.05
                } else {
                    0.0
                };
                0.15 + wrong
                    + 0.2 * bowl(log("model.forest.depth"), 2.5, 0.8)
                    + 0.1 / (params.float("model.forest.trees").unwrap_or(1.0) / 50.0)
            }
            _ => {
                0.1 + 0.2 * bowl(log("model.net.rate"), -6.0, 2.0)
                    + 0.1 * bowl(params.float("model.net.units"), 2.0, 1.0)
            }
        };
        shared + own
    },
    lowest: 0.0,
    noise: 0.0,
};

/// Four choices that act together with four numbers.
pub const MIXED: Function = Function {
    name: "mixed",
    space: r#"{"all": {
        "p": {"categorical": {"choices": ["a", "b", "c", "d", "e"]}}, "q": {"categorical": {"choices": ["a", "b", "c"]}},
        "r": {"categorical": {"choices": [false, true]}}, "s": {"categorical": {"choices": ["a", "b", "c", "d"]}},
        "w": {"float": {"low": 0, "high": 1}}, "x": {"float": {"low": 0, "high": 1}},
        "y": {"int": {"low": 0, "high": 20}}, "z": {"int": {"low": 1, "high": 1000, "log": true}}
    }}"#,
    value: |params| {
        let choice = |parameter| {
            f64::from(
                params.value(parameter).and_then(hpo_core::space::Value::as_choice).unwrap_or(0),
            )
        };
        let [p, q, r, s] = [0, 1, 2, 3].map(choice);
        let wrong = [0.5, 0.0, 0.3, 0.8, 0.2][p as usize]
            + [0.2, 0.4, 0.0][q as usize]
            + [0.1, 0.0][r as usize];
        let number = |path: &str| params.float(path).unwrap_or(0.0);
        let center = 0.2 + 0.2 * s;
        let bowl = (number("w") - center).powi(2) + (number("x") - 0.7 + 0.2 * r).powi(2);
        wrong
            + 0.1 * s
            + 3.0 * bowl
            + ((number("y") - 13.0) / 20.0).powi(2)
            + 0.05 * (number("z").ln() - 4.0).powi(2)
    },
    lowest: 0.000_000_6,
    noise: 0.0,
};

/// A bowl of four parameters under noise of a fifth of its middling height.
pub const NOISY: Function = Function {
    name: "noisy quadratic",
    space: r#"{"all": {
        "a": {"float": {"low": -1, "high": 1}}, "b": {"float": {"low": -1, "high": 1}},
        "c": {"float": {"low": -1, "high": 1}}, "d": {"float": {"low": -1, "high": 1}}
    }}"#,
    value: |params| {
        let x: [f64; 4] = floats(params);
        x.iter().zip([0.3, -0.5, 0.1, 0.7]).map(|(x, at)| (x - at) * (x - at)).sum()
    },
    lowest: 0.0,
    noise: 0.3,
};

/// Losses over ten orders of magnitude, as of a learning rate beyond what converges.
pub const STEEP: Function = Function {
    name: "steep",
    space: r#"{"all": {
        "rate": {"float": {"low": 1e-5, "high": 10, "log": true}}, "momentum": {"float": {"low": 0, "high": 1}},
        "decay": {"float": {"low": 1e-6, "high": 1, "log": true}}, "depth": {"int": {"low": 1, "high": 12}}
    }}"#,
    value: |params| {
        let number = |path: &str| params.float(path).unwrap_or(0.0);
        let (rate, momentum) = (number("rate").ln(), number("momentum"));
        let effective = rate - (1.0 - 0.95 * momentum).ln();
        let bowl = 0.1 * (effective + 3.0).powi(2)
            + (momentum - 0.8).powi(2)
            + 0.02 * (number("decay").ln() + 7.0).powi(2);
        let diverged = (4.0 * (effective - 0.5)).max(0.0);
        bowl + 0.01 * (number("depth") - 7.0).powi(2) + diverged.exp_m1()
    },
    lowest: 0.0,
    noise: 0.0,
};

/// An accuracy in steps of a hundredth, most of the space being as good as guessing.
pub const PLATEAU: Function = Function {
    name: "plateau",
    space: HARTMANN.space,
    value: |params| {
        let exact = (hartmann(floats(params)) + 0.6).min(0.0);
        (exact * 20.0).round() / 20.0
    },
    lowest: -2.7,
    noise: 0.0,
};

fn floats<const N: usize>(params: &Params) -> [f64; N] {
    std::array::from_fn(|index| {
        params.values()[index].as_float().expect("a parameter of the function is a float")
    })
}

fn hartmann(x: [f64; 6]) -> f64 {
    const HEIGHTS: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const WIDTHS: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const PLACES: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    let bump = |index: usize| {
        let parts = x.iter().zip(WIDTHS[index]).zip(PLACES[index]);
        let square: f64 = parts.map(|((x, width), place)| width * (x - place) * (x - place)).sum();
        HEIGHTS[index] * (-square).exp()
    };
    -(0..4).map(bump).sum::<f64>()
}

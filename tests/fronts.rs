//! Functions of several objectives, on which samplers are compared by the hypervolume of what they
//! find.

use std::f64::consts::PI;

use hpo_core::sampler::Sampler;
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_core::testing::sampler::Past;
use hpo_core::trial::{Direction, Outcome, hypervolume};

use crate::functions::median;

/// A function of two or three objectives, to be minimised.
#[derive(Clone, Copy, Debug)]
pub struct Front {
    /// What it is called.
    pub name: &'static str,
    /// Its parameters: numbers from 0 to 1, or the mixed ones.
    space: fn() -> String,
    value: fn(&Params) -> Vec<f64>,
    /// Beyond what is worth having.
    reference: &'static [f64],
}

/// All of them.
pub const ALL: [Front; 4] = [
    Front { name: "zdt1", space: || numbers(8), value: zdt1, reference: &[1.1, 4.0] },
    Front { name: "zdt2", space: || numbers(8), value: zdt2, reference: &[1.1, 4.0] },
    Front { name: "dtlz2", space: || numbers(7), value: dtlz2, reference: &[1.5; 3] },
    Front { name: "model", space: model_space, value: model, reference: &[1.0, 1.0] },
];

impl Front {
    /// The hypervolume of the first trials, for each of these counts.
    ///
    /// # Panics
    /// If the space is not right, or searched to its end.
    #[must_use]
    pub fn volumes(&self, sampler: &dyn Sampler, marks: &[usize], seed: u64) -> Vec<f64> {
        let flat =
            FlatSpace::new(&Space::from_json(&(self.space)()).expect("a space")).expect("a space");
        let directions = vec![Direction::Minimize; self.reference.len()];
        let mut past = Past::with_directions(&flat, &directions);
        let run = |_| {
            let params =
                past.propose(sampler, seed).expect("a space that is not searched to its end");
            let values = (self.value)(&params);
            past.tell(&params, Some(Outcome::Complete(&values)));
            values
        };
        let found: Vec<Vec<f64>> = (0..marks.iter().copied().max().unwrap_or(0)).map(run).collect();
        let points: Vec<&[f64]> = found.iter().map(Vec::as_slice).collect();
        marks
            .iter()
            .map(|mark| hypervolume(&directions, &points[..*mark], self.reference))
            .collect()
    }

    /// The medians over seeds.
    #[must_use]
    pub fn medians(
        &self,
        sampler: &dyn Sampler,
        marks: &[usize],
        seeds: std::ops::Range<u64>,
    ) -> Vec<f64> {
        let runs: Vec<Vec<f64>> = seeds.map(|seed| self.volumes(sampler, marks, seed)).collect();
        (0..marks.len()).map(|mark| median(runs.iter().map(|run| run[mark]).collect())).collect()
    }
}

fn numbers(count: usize) -> String {
    let parts: Vec<String> = (0..count)
        .map(|index| format!(r#""x{index}": {{"float": {{"low": 0, "high": 1}}}}"#))
        .collect();
    format!(r#"{{"all": {{{}}}}}"#, parts.join(","))
}

fn floats(params: &Params) -> Vec<f64> {
    params.values().iter().filter_map(|value| value.as_float()).collect()
}

/// E. Zitzler, K. Deb and L. Thiele (2000): a convex front.
fn zdt1(params: &Params) -> Vec<f64> {
    let x = floats(params);
    let g = 1.0 + 9.0 * x[1..].iter().sum::<f64>() / (x.len() - 1) as f64;
    vec![x[0], g * (1.0 - (x[0] / g).sqrt())]
}

/// From there too: a front that is not convex.
fn zdt2(params: &Params) -> Vec<f64> {
    let x = floats(params);
    let g = 1.0 + 9.0 * x[1..].iter().sum::<f64>() / (x.len() - 1) as f64;
    vec![x[0], g * (1.0 - (x[0] / g).powi(2))]
}

/// K. Deb, L. Thiele, M. Laumanns and E. Zitzler (2002), of three objectives: an eighth of a
/// sphere.
fn dtlz2(params: &Params) -> Vec<f64> {
    let x = floats(params);
    let g = 1.0 + x[2..].iter().map(|x| (x - 0.5).powi(2)).sum::<f64>();
    let (a, b) = (x[0] * PI / 2.0, x[1] * PI / 2.0);
    vec![g * a.cos() * b.cos(), g * a.cos() * b.sin(), g * a.sin()]
}

/// Error and cost of models of two kinds.
fn model_space() -> String {
    r#"{"one_of": {
        "forest": {"all": {
            "trees": {"int": {"low": 1, "high": 500, "log": true}}, "depth": {"int": {"low": 1, "high": 20}},
            "criterion": {"categorical": {"choices": ["gini", "entropy", "log loss"]}}
        }},
        "net": {"all": {
            "rate": {"float": {"low": 1e-5, "high": 1, "log": true}}, "units": {"int": {"low": 4, "high": 512, "log": true}},
            "layers": {"int": {"low": 1, "high": 5}}, "dropout": {"float": {"low": 0, "high": 0.9}}
        }}
    }}"#
    .to_owned()
}

fn model(params: &Params) -> Vec<f64> {
    let number = |path: &str| params.float(path);
    if let (Some(trees), Some(depth)) = (number("forest.trees"), number("forest.depth")) {
        let wrong =
            if params.get("forest.criterion").is_some_and(|label| label.to_string() == "entropy") {
                0.0
            } else {
                0.03
            };
        let error = 0.15 + wrong + 0.3 / trees + 0.002 * (depth - 12.0).powi(2);
        return vec![error.min(1.0), 0.3 * (trees * depth / 10_000.0).powf(0.7)];
    }
    let (rate, units) = (number("net.rate").unwrap_or(1.0), number("net.units").unwrap_or(1.0));
    let (layers, dropout) =
        (number("net.layers").unwrap_or(1.0), number("net.dropout").unwrap_or(0.0));
    let error = 0.05
        + 0.02 * (rate.ln() + 5.5).powi(2)
        + 0.8 / units
        + 0.03 * (layers - 3.0).powi(2)
        + 0.3 * (dropout - 0.2).powi(2);
    vec![error.min(1.0), 0.02 + 0.9 * (units * units * layers / 1.3e6).powf(0.4)]
}

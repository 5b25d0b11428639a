//! Functions on which samplers for many trials are compared: of any number of parameters, and of
//! several objectives.

use hpo_core::sampler::Sampler;
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_core::testing::sampler::Past;
use hpo_core::trial::Outcome;

use crate::functions::median;

/// A function to be minimised over numbers from -5 to 5, and perhaps other parameters.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What it is called.
    pub name: String,
    /// Its space as JSON.
    pub space: String,
    /// Its value; the lowest is 0.
    pub value: fn(&Params) -> f64,
}

impl Problem {
    /// The lowest value after each of so many trials.
    ///
    /// # Panics
    /// If the space is not right, or searched to its end.
    #[must_use]
    pub fn lowest(&self, sampler: &dyn Sampler, trials: usize, seed: u64) -> Vec<f64> {
        let flat =
            FlatSpace::new(&Space::from_json(&self.space).expect("a space")).expect("a space");
        let (mut past, mut best) = (Past::new(&flat), f64::INFINITY);
        let run = |_| {
            let params =
                past.propose(sampler, seed).expect("a space that is not searched to its end");
            let value = (self.value)(&params);
            past.tell(&params, Some(Outcome::Complete(&[value])));
            best = best.min(value);
            best
        };
        (0..trials).map(run).collect()
    }

    /// The median over seeds of the lowest value after all of so many trials.
    #[must_use]
    pub fn median(&self, sampler: &dyn Sampler, trials: usize, seeds: std::ops::Range<u64>) -> f64 {
        median(seeds.map(|seed| self.lowest(sampler, trials, seed)[trials - 1]).collect())
    }
}

/// The sphere, the ellipsoid of condition 10^6, Rosenbrock's and Rastrigin's functions of so many
/// numbers, and the two first of a mix: half of the parameters floats, a quarter integers from -5
/// to 5, a quarter one of five choices. Then two with a quarter of floats, the rest integers; and
/// three in a space of three branches.
#[must_use]
pub fn problems(size: usize) -> Vec<Problem> {
    let numbers = space(size, |_| r#"{"float": {"low": -5, "high": 5}}"#.to_owned());
    let mixed = space(size, |index| match index % 4 {
        0 | 1 => r#"{"float": {"low": -5, "high": 5}}"#.to_owned(),
        2 => r#"{"int": {"low": -5, "high": 5}}"#.to_owned(),
        _ => r#"{"categorical": {"choices": ["a", "b", "c", "d", "e"]}}"#.to_owned(),
    });
    let integers = space(size, |index| match index % 4 {
        0 => r#"{"float": {"low": -5, "high": 5}}"#.to_owned(),
        _ => r#"{"int": {"low": -5, "high": 5}}"#.to_owned(),
    });
    let problem = |name: &str, space: &str, value| Problem {
        name: format!("{name} {size}"),
        space: space.to_owned(),
        value,
    };
    vec![
        problem("sphere", &numbers, |params| sphere(&shifted(params))),
        problem("ellipsoid", &numbers, |params| ellipsoid(&shifted(params))),
        problem("rosenbrock", &numbers, |params| rosenbrock(&shifted(params))),
        problem("rastrigin", &numbers, |params| rastrigin(&shifted(params))),
        problem("mixed sphere", &mixed, |params| sphere(&shifted(params))),
        problem("mixed ellipsoid", &mixed, |params| ellipsoid(&shifted(params))),
        problem("integer ellipsoid", &integers, |params| ellipsoid(&shifted(params))),
        problem("integer rosenbrock", &integers, |params| rosenbrock(&shifted(params))),
        problem("branches", &branches(size), |params| {
            let first = params.get("kind").is_some_and(|label| label.to_string() == "a");
            sphere(&shifted(params)) + if first { 0.0 } else { 0.5 }
        }),
        problem("branches ellipsoid", &branches(size), |params| {
            let first = params.get("kind").is_some_and(|label| label.to_string() == "a");
            ellipsoid(&shifted(params)) + if first { 0.0 } else { 0.5 }
        }),
        problem("branches rosenbrock", &branches(size), |params| {
            let first = params.get("kind").is_some_and(|label| label.to_string() == "a");
            rosenbrock(&shifted(params)) + if first { 0.0 } else { 0.5 }
        }),
    ]
}

fn space(size: usize, part: impl Fn(usize) -> String) -> String {
    let parts: Vec<String> =
        (0..size).map(|index| format!(r#""x{index}": {}"#, part(index))).collect();
    format!(r#"{{"all": {{{}}}}}"#, parts.join(","))
}

/// Three variants, each with its own numbers, and some that all share.
fn branches(size: usize) -> String {
    let floats = |name: &str, count: usize| {
        let parts = (0..count)
            .map(|index| format!(r#""{name}{index}": {{"float": {{"low": -5, "high": 5}}}}"#));
        parts.collect::<Vec<String>>().join(",")
    };
    let variant = |name: &str| format!(r#""{name}": {{"all": {{{}}}}}"#, floats(name, size / 2));
    let variants = ["a", "b", "c"].map(variant).join(",");
    format!(
        r#"{{"all": {{{}, "kind": {{"one_of": {{{variants}}}}}}}}}"#,
        floats("x", size - size / 2)
    )
}

/// The parameters beside their best values: 1.5 for numbers (1 for integers), 3 choices off
/// counting as 3.
fn shifted(params: &Params) -> Vec<f64> {
    let choice = |value: hpo_core::space::Value| value.as_choice().map(f64::from);
    let kinds = params
        .iter()
        .filter(|(parameter, _)| params.flat_space().parameter(*parameter).path() != "kind");
    let number =
        |(_, value): (u32, hpo_core::space::Value)| match (value.as_float(), value.as_int()) {
            (Some(float), _) => float - 1.5,
            (_, Some(integer)) => integer as f64 - 1.0,
            // The second choice is the right one.
            _ => choice(value).map_or(0.0, |index| if index == 1.0 { 0.0 } else { 1.0 }),
        };
    kinds.map(number).collect()
}

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

fn ellipsoid(x: &[f64]) -> f64 {
    let last = (x.len() as f64 - 1.0).max(1.0);
    x.iter().enumerate().map(|(index, x)| 1e6_f64.powf(index as f64 / last) * x * x).sum()
}

fn rosenbrock(x: &[f64]) -> f64 {
    let pair = |pair: &[f64]| {
        let (x, y) = (pair[0] + 1.0, pair[1] + 1.0);
        100.0 * (y - x * x).powi(2) + (1.0 - x).powi(2)
    };
    x.windows(2).map(pair).sum()
}

fn rastrigin(x: &[f64]) -> f64 {
    x.iter().map(|x| 10.0 + x * x - 10.0 * (2.0 * std::f64::consts::PI * x).cos()).sum()
}

//! Selection of parents, crossover and mutation.

use super::config::Nsga2Builder;
use super::population::{Parent, Population};
use crate::rng::Rng;
use crate::space::{Cardinality, ParamKind, Parameter, Params, Value};

/// Distribution indices of crossover and mutation: the larger, the nearer are children to their
/// parents, and mutants to the original.
const CROSSOVER_INDEX: f64 = 5.0;
const MUTATION_INDEX: f64 = 5.0;

/// The share of mutations that draw a number again instead of moving it.
const REDRAW: f64 = 0.5;

/// Breeds a child from a population that is not empty.
pub(super) fn child(population: &Population, settings: &Nsga2Builder, rng: &mut Rng) -> Params {
    let first = tournament(&population.parents, rng);
    let second =
        if rng.unit() < settings.crossover { tournament(&population.parents, rng) } else { first };
    let active = first.values.iter().flatten().count().max(1);
    let mutation = settings.mutation.unwrap_or(1.0 / active as f64);
    population.flat_space().fill(|id, parameter| {
        let genes = [first.values[id as usize], second.values[id as usize]];
        let gene = match genes {
            [Some(a), Some(b)] => crossed(parameter, a, b, settings.blend, rng),
            [Some(gene), None] | [None, Some(gene)] => gene,
            [None, None] => return parameter.draw(rng),
        };
        if rng.unit() < mutation { mutated(parameter, gene, settings.blend, rng) } else { gene }
    })
}

/// Returns the better of two random parents.
fn tournament<'a>(parents: &'a [Parent], rng: &mut Rng) -> &'a Parent {
    let mut any = || &parents[rng.below_or_at(parents.len() as u64 - 1) as usize];
    let (a, b) = (any(), any());
    if (b.front, -b.crowding) < (a.front, -a.crowding) { b } else { a }
}

fn is_number(parameter: &Parameter) -> bool {
    parameter.kind() == ParamKind::Number && parameter.cardinality() > Cardinality::Finite(2)
}

/// Crosses two values: returns one of them or, for numbers, one near either of them. The distance
/// from it is mostly at most that of the parents.
fn crossed(parameter: &Parameter, a: Value, b: Value, blend: bool, rng: &mut Rng) -> Value {
    let (a, b) = if rng.unit() < 0.5 { (a, b) } else { (b, a) };
    if a == b || !blend || !is_number(parameter) || rng.unit() < 0.5 {
        return a;
    }
    let (Some(a), Some(b)) = (parameter.encode(a), parameter.encode(b)) else {
        return a;
    };
    let u = rng.unit();
    let spread =
        if u <= 0.5 { 2.0 * u } else { 0.5 / (1.0 - u) }.powf(1.0 / (CROSSOVER_INDEX + 1.0));
    parameter.decode(f64::midpoint(a, b) + spread * (a - b) / 2.0)
}

/// Mutates a value: half of the mutations of a number move it a little, all others draw any value.
fn mutated(parameter: &Parameter, gene: Value, blend: bool, rng: &mut Rng) -> Value {
    if !blend || !is_number(parameter) || rng.unit() < REDRAW {
        return parameter.draw(rng);
    }
    let Some(position) = parameter.encode(gene) else {
        return gene;
    };
    let (u, power) = (rng.unit(), 1.0 / (MUTATION_INDEX + 1.0));
    // The polynomial whose steps end at the bounds.
    let step = if u < 0.5 {
        ((2.0 * u) + (1.0 - 2.0 * u) * (1.0 - position).powf(MUTATION_INDEX + 1.0)).powf(power)
            - 1.0
    } else {
        1.0 - (2.0 * (1.0 - u) + (2.0 * u - 1.0) * position.powf(MUTATION_INDEX + 1.0)).powf(power)
    };
    parameter.decode(position + step)
}

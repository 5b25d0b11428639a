//! The initial design, for trials before there is a model: it visits every branch of the tree in
//! turn, and fills each branch evenly.
//!
//! [`Qmc`](super::Qmc) gives a choice its own coordinate, like any other parameter. The numbers of
//! a branch are then a part of its points: they are no longer an even sequence, and short sequences
//! may miss a branch. Here every choice between `k` variants goes through all of them in a random
//! order, with a new order for each run of `k` visits. So the `i`-th visit of the choice is the
//! `i / k`-th of its variant. Counted like this, the visits of each branch are 0, 1, 2, ...: its
//! numbers are those of a separate scrambled Sobol sequence (`numeric/sobol.rs`), without gaps.
//!
//! Lists are not branches: a length is a number, and its elements are counted like the list.

use std::sync::Arc;

use crate::numeric::{greatest_divisor, mix, sobol};
use crate::space::{Condition, FlatSpace, ParamKind, Parameter, Params, Parent};
use crate::trial::History;

/// The number of earlier visits of a parameter, and the key of its branch.
#[derive(Clone, Copy, Debug, Default)]
struct Visit {
    index: u64,
    key: u64,
}

/// The largest number of designs that are tried under the space's own constraint.
const MOST_TRIED: u64 = 8192;

/// Returns the config of a trial that the space's own constraint allows, as far as one is found: a
/// forbidden one is replaced by that of the same trial in a design of another seed.
pub(super) fn allowed(history: History<'_>, number: u64, seed: u64) -> Params {
    let flat = history.flat_space();
    let own = config(flat, number, seed);
    if history.allows(&own) {
        return own;
    }
    let mut others = (1..MOST_TRIED).map(|other| config(flat, number, mix(seed ^ mix(other))));
    others.find(|config| history.allows(config)).unwrap_or(own)
}

/// Returns the config of a trial, a function of number and seed only.
pub(super) fn config(flat: &Arc<FlatSpace>, number: u64, seed: u64) -> Params {
    let mut visits = vec![Visit::default(); flat.len()];
    flat.fill(|id, parameter| {
        let visit = match parameter.parent() {
            None => Visit { index: number, key: seed },
            Some(parent) => child_visit(
                visits[parent.parameter as usize],
                parent,
                flat.parameter(parent.parameter),
            ),
        };
        visits[id as usize] = visit;
        match choice_count(parameter) {
            Some(count) => {
                parameter.decode((variant_of(visit, id, count) as f64 + 0.5) / count as f64)
            }
            None => parameter.quantile(sobol::point(visit.index, id, visit.key)),
        }
    })
}

/// Returns the visit of a parameter below another one. Earlier visits are those of the parent in
/// which the parameter was active too.
fn child_visit(above: Visit, parent: Parent, deciding: &Parameter) -> Visit {
    let Some(count) = choice_count(deciding) else {
        return above;
    };
    let (run, position) = (above.index / count, above.index % count);
    let (active, mark) = match parent.condition {
        Condition::Equals(variant) => (1, u64::from(variant)),
        Condition::OneOf(variants) => (u64::from(variants.count_ones()), mix(variants)),
        Condition::LengthAbove(_) => return above,
    };
    let in_run = (0..if active > 1 { position } else { 0 }).filter(|position| {
        parent.condition.holds(variant_of(
            Visit { index: run * count + position, ..above },
            parent.parameter,
            count,
        ) as u32)
    });
    let index = run * active + in_run.count() as u64;
    Visit { index, key: mix(above.key ^ mix(u64::from(parent.parameter) << 32 ^ mark)) }
}

/// Returns the number of variants of an unordered choice; `None` for other parameters.
fn choice_count(parameter: &Parameter) -> Option<u64> {
    match parameter.kind() {
        ParamKind::Choices(count) => Some(u64::from(count)),
        ParamKind::Number => None,
    }
}

/// Returns the variant whose turn it is: each of `count` variants once in every run of `count`
/// visits, by a random start and a random stride.
fn variant_of(visit: Visit, id: u32, count: u64) -> u64 {
    let (run, position) = (visit.index / count, visit.index % count);
    let key = mix(visit.key ^ mix(run ^ u64::from(id) << 40));
    let (start, mut stride) = (key % count, mix(key) % count);
    while greatest_divisor(stride.into(), count.into()) != 1 {
        stride = (stride + 1) % count.max(2);
    }
    ((u128::from(start) + u128::from(stride) * u128::from(position)) % u128::from(count)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;

    const TREE: &str = r#"{"all": {
        "model": {"one_of": {
            "svc": {"all": {
                "c": {"float": {"low": 0, "high": 1}},
                "kernel": {"one_of": {
                    "linear": {"all": {}},
                    "rbf": {"all": {"gamma": {"float": {"low": 0, "high": 1}}}}
                }}
            }},
            "forest": {"all": {"depth": {"float": {"low": 0, "high": 1}}}},
            "knn": {"all": {"k": {"int": {"low": 1, "high": 9}}}}
        }},
        "scaled": {"categorical": {"choices": [false, true]}}
    }}"#;

    fn tree() -> Arc<FlatSpace> {
        FlatSpace::new(&Space::from_json(TREE).unwrap()).unwrap()
    }

    #[test]
    fn every_run_visits_each_variant_once() {
        for count in [1, 2, 3, 4, 7, 10_000] {
            for run in 0..3 {
                let turn = |position| {
                    variant_of(Visit { index: run * count + position, key: 42 }, 5, count)
                };
                let mut turns: Vec<u64> = (0..count).map(turn).collect();
                turns.sort_unstable();
                assert!(turns.iter().copied().eq(0..count), "{count}: {turns:?}");
            }
        }
    }

    #[test]
    fn branches_are_visited_evenly_and_filled_evenly() {
        let flat = tree();
        for seed in 0..20 {
            let configs: Vec<Params> = (0..24).map(|number| config(&flat, number, seed)).collect();
            let count =
                |path: &str| configs.iter().filter(|params| params.get(path).is_some()).count();
            assert_eq!(
                [
                    count("model.svc.c"),
                    count("model.forest.depth"),
                    count("model.svc.kernel.rbf.gamma")
                ],
                [8, 8, 4]
            );
            // Of 2^k points of a branch, one lies in each of 2^k equal intervals.
            for (path, cells) in
                [("model.svc.c", 8), ("model.forest.depth", 8), ("model.svc.kernel.rbf.gamma", 4)]
            {
                let values = configs.iter().filter_map(|params| params.float(path));
                let mut hit: Vec<usize> = values.map(|x| (x * cells as f64) as usize).collect();
                hit.sort_unstable();
                assert!(hit.iter().copied().eq(0..cells), "seed {seed}, {path}: {hit:?}");
            }
        }
    }

    /// A parameter shared by two of three variants is filled evenly too: its visits are counted
    /// over both.
    #[test]
    fn parts_that_variants_share_are_filled_evenly() {
        let space = Space::from_json(
            r#"{"one_of": {"a": {"all": {}}, "b": {"all": {}}, "c": {"all": {}}}, "shared": [
                {"variants": ["a", "b"], "name": "x", "part": {"float": {"low": 0, "high": 1}}}
            ]}"#,
        );
        let flat = FlatSpace::new(&space.unwrap()).unwrap();
        let values = (0..24).filter_map(|number| config(&flat, number, 3).float("x"));
        let mut hit: Vec<usize> = values.map(|x| (x * 16.0) as usize).collect();
        hit.sort_unstable();
        assert!(hit.iter().copied().eq(0..16), "{hit:?}");
    }

    #[test]
    fn seeds_differ() {
        let flat = tree();
        let first = |seed| config(&flat, 0, seed).to_string();
        assert_eq!(first(1), first(1));
        assert!((1..20).any(|seed| first(seed) != first(0)));
    }
}

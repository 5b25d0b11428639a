//! Every way in which a space can be wrong: where, and in which words.

#![allow(clippy::too_many_lines, reason = "tables of cases")]

use hpo_core::space::{
    Categorical, Domain, FlatSpace, Float, Int, Label, List, OneOf, Part, Prior, Space,
    SpaceErrorKind,
};

fn refused(space: &Space) -> String {
    FlatSpace::new(space).unwrap_err().to_string()
}

fn float(float: Float) -> Space {
    Space::All(vec![Part::new("x", Space::Leaf(Domain::Float(float)))])
}

fn int(int: Int) -> Space {
    Space::All(vec![Part::new("x", Space::Leaf(Domain::Int(int)))])
}

fn choices<L: Into<Label>>(choices: impl IntoIterator<Item = L>) -> Space {
    Space::All(vec![Part::new("x", Space::Leaf(Domain::Categorical(Categorical::new(choices))))])
}

const OUTSIDE: &str = "is not one of the values it may take";

#[test]
fn floats() {
    let unit = Float::new(0.0, 1.0);
    let cases = [
        (Float::new(f64::NAN, 1.0), "the bounds NaN..=1 must be finite numbers"),
        (Float::new(0.0, f64::INFINITY), "the bounds 0..=inf must be finite numbers"),
        (Float::new(1.0, 0.0), "the range 1..=0 is empty: write the smaller bound first"),
        (Float { log: true, ..unit.clone() }, "`log` needs a lower bound over 0, not 0"),
        (Float { step: Some(0.0), ..unit.clone() }, "the step 0 must be over 0"),
        (Float { step: Some(f64::NAN), ..unit.clone() }, "the step NaN must be over 0"),
        (Float { step: Some(f64::INFINITY), ..unit.clone() }, "the step inf must be over 0"),
        (Float { step: Some(1.0), log: true, ..Float::new(1.0, 2.0) }, "the step 1 must be over 1"),
        (
            Float { step: Some(0.3), ..unit.clone() },
            "the step 0.3 does not lead from 0 to 1: the nearest upper bound on the grid is 0.8999999999999999",
        ),
        (
            Float { step: Some(10.0), log: true, ..Float::new(1.0, 50.0) },
            "the step 10 does not lead from 1 to 50: the nearest upper bound on the grid is 10",
        ),
        (
            Float { step: Some(1e-17), ..unit.clone() },
            "the step 0.00000000000000001 is too small to tell the values from 0 to 1 apart: leave `step` out",
        ),
        (
            Float { step: Some(1.0_f64.next_up()), log: true, ..Float::new(1.0, 2.0) },
            "the step 1.0000000000000002 is too small to tell the values from 1 to 2 apart: leave `step` out",
        ),
        (Float { step: Some(1e-300), ..Float::new(-1e300, 1e300) }, "is too small"),
        (
            Float { default: Some(1.5), ..unit.clone() },
            "the default 1.5 is not one of the values it may take",
        ),
        (Float { default: Some(f64::NAN), ..unit.clone() }, OUTSIDE),
        (Float { default: Some(0.25), step: Some(0.1), ..unit.clone() }, OUTSIDE),
        (
            Float { prior: Some(Prior { center: 2.0, spread: 1.0 }), ..unit.clone() },
            "the prior needs its center (2) within the range and a spread (1) over 0",
        ),
        (
            Float { prior: Some(Prior { center: 0.5, spread: 0.0 }), ..unit.clone() },
            "a spread (0) over 0",
        ),
        (
            Float { prior: Some(Prior { center: 0.5, spread: f64::NAN }), ..unit.clone() },
            "a spread (NaN) over 0",
        ),
        (
            Float {
                prior: Some(Prior { center: 2.0, spread: 1.0 }),
                log: true,
                ..Float::new(1.0, 9.0)
            },
            "a spread (1) over 1",
        ),
    ];
    for (domain, reason) in cases {
        let message = refused(&float(domain));
        assert!(
            message.starts_with("search space: `x`: ") && message.contains(reason),
            "{message}"
        );
    }
}

#[test]
fn integers() {
    let digit = Int::new(0, 9);
    let cases = [
        (Int::new(i128::MIN, 0), "must fit into i64 or u64"),
        (Int::new(0, i128::MAX), "must fit into i64 or u64"),
        (
            Int::new(-1, i128::from(u64::MAX)),
            "the range -1..=18446744073709551615 must fit into i64 or u64",
        ),
        (Int::new(3, 2), "the range 3..=2 is empty: write the smaller bound first"),
        (Int::new(0, i128::MIN), "is empty"),
        (Int { log: true, ..digit.clone() }, "`log` needs a lower bound over 0, not 0"),
        (Int { step: Some(0), ..digit.clone() }, "the step 0 must be over 0"),
        (Int { step: Some(-3), ..digit.clone() }, "the step -3 must be over 0"),
        (
            Int { step: Some(i128::MAX), ..digit.clone() },
            "the nearest upper bound on the grid is 0",
        ),
        (
            Int { step: Some(2), ..digit.clone() },
            "the step 2 does not lead from 0 to 9: the nearest upper bound on the grid is 8",
        ),
        (Int { step: Some(1), log: true, ..Int::new(1, 8) }, "the step 1 must be over 1"),
        (
            Int { step: Some(2), log: true, ..Int::new(1, 9) },
            "the step 2 does not lead from 1 to 9: the nearest upper bound on the grid is 8",
        ),
        (
            Int { default: Some(10), ..digit.clone() },
            "the default 10 is not one of the values it may take",
        ),
        (Int { default: Some(i128::MAX), ..digit.clone() }, OUTSIDE),
        (
            Int { prior: Some(Prior { center: -1.0, spread: 1.0 }), ..digit.clone() },
            "the prior needs its center (-1) within the range",
        ),
        (
            Int { prior: Some(Prior { center: 2.0, spread: 0.5 }), log: true, ..Int::new(1, 8) },
            "a spread (0.5) over 1",
        ),
    ];
    for (domain, reason) in cases {
        let message = refused(&int(domain));
        assert!(
            message.starts_with("search space: `x`: ") && message.contains(reason),
            "{message}"
        );
    }
}

#[test]
fn choices_of_a_categorical() {
    let none: [&str; 0] = [];
    let cases = [
        (choices(none), "there must be at least one choice"),
        (choices(["a", "b", "a"]), "the choice `a` is listed twice"),
        (choices([Label::from(1), Label::from(1.0)]), "the choice `1.0` is listed twice"),
        (choices([0.0, -0.0]), "the choice `-0.0` is listed twice"),
        (choices([f64::NAN]), "the choice `NaN` must be a finite number"),
        (
            choices([Label::Int(1 << 64)]),
            "must be a finite number, and fit 64 bits if it is an integer",
        ),
    ];
    for (space, reason) in cases {
        let message = refused(&space);
        assert!(message.contains(reason), "{message}");
    }
    FlatSpace::new(&choices([Label::from("1"), Label::from(1), Label::from(true), Label::Null]))
        .unwrap();
    let mut outside = Categorical::new(["a"]);
    outside.default = Some(1);
    let message = refused(&Space::Leaf(Domain::Categorical(outside)));
    assert_eq!(
        message,
        "search space: `value`: the default choice number 1 is not one of the values it may take"
    );
}

#[test]
fn names() {
    let leaf = || Space::Leaf(Domain::Int(Int::new(0, 1)));
    let clash = Space::All(vec![Part::new("x", leaf()), Part::new("x", leaf())]);
    assert_eq!(refused(&clash), "search space: `x`: two parameters have this name: rename one");
    let flattened = Space::All(vec![
        Part::new("x", leaf()),
        Part::new("", Space::All(vec![Part::new("x", leaf())])),
    ]);
    assert_eq!(refused(&flattened), "search space: `x`: two parameters have this name: rename one");
    let dotted = Space::All(vec![Part::new("a.b", leaf())]);
    assert_eq!(refused(&dotted), "search space: the name `a.b` must not be empty or hold a dot");
    let nameless = Space::OneOf(OneOf {
        variants: vec![Part::new("", leaf())],
        tag: None,
        default: None,
        shared: Vec::new(),
    });
    assert_eq!(
        refused(&nameless),
        "search space: `kind`: the name `` must not be empty or hold a dot"
    );
    let tag = |tag: &str| {
        let variants = vec![Part::new("a", leaf())];
        Space::OneOf(OneOf {
            variants,
            tag: Some(tag.to_owned()),
            default: None,
            shared: Vec::new(),
        })
    };
    assert_eq!(
        refused(&tag("a.b")),
        "search space: the name `a.b` must not be empty or hold a dot"
    );
    assert_eq!(refused(&tag("")), "search space: the name `` must not be empty or hold a dot");
}

#[test]
fn variants() {
    let one_of = |names: &[&str], default| {
        let variants = names.iter().map(|name| Part::new(*name, Space::All(vec![]))).collect();
        Space::OneOf(OneOf { variants, tag: None, default, shared: Vec::new() })
    };
    for (space, reason) in [
        (one_of(&[], None), "there must be at least one choice"),
        (one_of(&["a", "a"], None), "the choice `a` is listed twice"),
        (one_of(&["a"], Some(1)), OUTSIDE),
    ] {
        let message = refused(&space);
        assert!(
            message.starts_with("search space: `kind`: ") && message.contains(reason),
            "{message}"
        );
    }
}

#[test]
fn lists() {
    let list = |low, high| {
        let element = Box::new(Space::Leaf(Domain::Int(Int::new(0, 1))));
        Space::All(vec![Part::new("x", Space::List(List { len: Int::new(low, high), element }))])
    };
    assert_eq!(
        refused(&list(-1, 3)),
        "search space: `x`: the length of a list must be at least 0, not -1"
    );
    assert_eq!(
        refused(&list(3, 1)),
        "search space: `x`: the range 3..=1 is empty: write the smaller bound first"
    );
    assert_eq!(
        refused(&list(3, -1)),
        "search space: `x`: the range 3..=-1 is empty: write the smaller bound first"
    );
    for high in [10_000, i128::from(u64::MAX)] {
        assert!(
            refused(&list(0, high)).contains("more than 10000 parameters: shorten its lists"),
            "{high}"
        );
    }
}

/// An error is matched by its kind, and does not weigh on every result.
#[test]
fn kinds_are_data() {
    let error = FlatSpace::new(&int(Int::new(3, 2))).unwrap_err();
    assert_eq!(error.path, "x");
    assert!(matches!(*error.kind, SpaceErrorKind::Reversed { .. }));
    assert!(size_of_val(&error) <= 32);
}

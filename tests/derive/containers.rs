//! Structs of all shapes, nested, and the types of the core that are search spaces themselves.

use hpo_core::SearchSpace;

use super::{all, flag, float, int, one_of, round_trip};

#[derive(Debug, PartialEq, SearchSpace)]
struct Unit;

#[derive(Debug, PartialEq, SearchSpace)]
struct Nothing {}

#[derive(Debug, PartialEq, SearchSpace)]
struct Tuple(#[search_space(range = 1..=3)] u8, bool);

#[derive(Debug, PartialEq, SearchSpace)]
struct New(Tuple);

#[derive(Debug, PartialEq, SearchSpace)]
struct Leaf(#[search_space(range = 0.0..=1.0)] f64);

#[derive(Debug, PartialEq, SearchSpace)]
struct Renamed(#[search_space(rename = "tuple")] Tuple);

#[derive(Debug, PartialEq, SearchSpace)]
struct Outer {
    unit: Unit,
    nothing: Nothing,
    new: New,
    pair: (Tuple, bool),
    boxed: Box<Leaf>,
    three: [Leaf; 3],
    maybe: Option<Box<Leaf>>,
}

#[test]
fn shapes_of_structs() {
    let tuple = all([("0", int(1, 3)), ("1", flag())]);
    assert_eq!(Unit::space(), all([]));
    assert_eq!(Nothing::space(), all([]));
    assert_eq!(Tuple::space(), tuple);
    assert_eq!(New::space(), all([("", tuple.clone())]));
    assert_eq!(Leaf::space(), all([("0", float(0.0, 1.0))]));
    assert_eq!(Renamed::space(), all([("tuple", tuple)]));
    round_trip(&Renamed(Tuple(2, true)));
}

#[test]
fn nesting() {
    let leaf = || all([("0", float(0.0, 1.0))]);
    let expected = all([
        ("unit", Unit::space()),
        ("nothing", all([])),
        ("new", New::space()),
        ("pair", all([("0", Tuple::space()), ("1", flag())])),
        ("boxed", leaf()),
        ("three", all([("0", leaf()), ("1", leaf()), ("2", leaf())])),
        ("maybe", one_of([("off", all([])), ("on", leaf())])),
    ]);
    assert_eq!(Outer::space(), expected);
    let config = |maybe| Outer {
        unit: Unit,
        nothing: Nothing {},
        new: New(Tuple(1, false)),
        pair: (Tuple(2, true), false),
        boxed: Box::new(Leaf(0.5)),
        three: [Leaf(0.1), Leaf(0.2), Leaf(0.3)],
        maybe,
    };
    assert_eq!(round_trip(&config(None)).len(), 10);
    assert_eq!(round_trip(&config(Some(Box::new(Leaf(0.9))))).len(), 11);
}

#[test]
fn types_of_the_core() {
    type Eight = (bool, bool, bool, bool, bool, bool, bool, (bool,));
    assert_eq!(<()>::space(), all([]));
    assert_eq!(<(bool,)>::space(), all([("0", flag())]));
    let eight = (true, false, true, false, true, false, true, (false,));
    assert_eq!(round_trip::<Eight>(&eight).len(), 8);
    assert_eq!(<[bool; 2]>::space(), all([("0", flag()), ("1", flag())]));
    round_trip(&[Some(true), None]);
    round_trip(&Box::new(true));
}

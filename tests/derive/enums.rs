//! Enums: a choice among variants, with what may be tuned in each.

use hpo_core::SearchSpace;
use hpo_core::space::{OneOf, Reader, Space, Value};

use super::{all, flag, float, int, one_of, round_trip};

#[derive(Debug, Clone, Copy, PartialEq, SearchSpace)]
enum Optimizer {
    Adam,
    #[search_space(default)]
    Sgd,
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Svc {
    #[search_space(range = 1e-10..=1e10)]
    c: f64,
}

#[derive(Debug, PartialEq, SearchSpace)]
enum Model {
    Dummy,
    Empty {},
    Svc(Svc),
    Forest {
        #[search_space(range = 2..=32)]
        max_depth: usize,
        bootstrap: bool,
    },
    Pair(Optimizer, #[search_space(range = 0.0..=1.0)] f64),
    Flag(bool),
    Neighbours(#[search_space(range = 1..=9)] u8),
    #[search_space(rename = "raw")]
    r#Raw {
        #[search_space(range = 1..=2)]
        r#type: u8,
    },
}

fn optimizer() -> Space {
    let Space::OneOf(one_of) = one_of([("Adam", all([])), ("Sgd", all([]))]) else {
        unreachable!()
    };
    Space::OneOf(OneOf { default: Some(1), ..one_of })
}

#[test]
fn unit_variants_are_a_category() {
    assert_eq!(Optimizer::space(), optimizer());
    assert_eq!(round_trip(&Optimizer::Sgd), [Value::Choice(1)]);
}

#[test]
fn variants_are_conditional_parts() {
    let svc = all([("c", float(1e-10, 1e10))]);
    let expected = one_of([
        ("Dummy", all([])),
        ("Empty", all([])),
        // The parts of the only field stand at the variant's own path: `Svc.c`.
        ("Svc", all([("", svc)])),
        ("Forest", all([("max_depth", int(2, 32)), ("bootstrap", flag())])),
        ("Pair", all([("0", optimizer()), ("1", float(0.0, 1.0))])),
        ("Flag", all([("0", flag())])),
        ("Neighbours", all([("0", int(1, 9))])),
        ("raw", all([("type", int(1, 2))])),
    ]);
    assert_eq!(Model::space(), expected);
}

#[test]
fn configs_go_there_and_back() {
    round_trip(&Model::Dummy);
    round_trip(&Model::Empty {});
    assert_eq!(round_trip(&Model::Svc(Svc { c: 0.5 })), [Value::Choice(2), Value::Float(0.5)]);
    let forest = Model::Forest { max_depth: 7, bootstrap: true };
    assert_eq!(round_trip(&forest), [Value::Choice(3), Value::Int(7), Value::Choice(1)]);
    round_trip(&Model::Pair(Optimizer::Sgd, 0.25));
    round_trip(&Model::Flag(true));
    round_trip(&Model::Neighbours(3));
    round_trip(&Model::Raw { r#type: 2 });
}

#[test]
fn there_is_no_variant_beyond_the_last() {
    let error = Model::read(&mut Reader::new(&[Value::Choice(8)])).expect_err("eight variants");
    assert_eq!(error.to_string(), "`Model` has 8 choices, and no choice 8 (the first is 0)");
}

#[derive(Debug, PartialEq, SearchSpace)]
#[search_space(tag = "kind", rename_all = "kebab-case")]
enum Tagged {
    FirstOne,
    #[search_space(rename_all = "SCREAMING_SNAKE_CASE")]
    SecondOne {
        #[search_space(range = 1..=2)]
        one_two: u8,
    },
}

#[test]
fn the_choice_may_stand_under_a_tag() {
    let Space::OneOf(one_of) = Tagged::space().untyped() else { unreachable!() };
    assert_eq!(one_of.tag.as_deref(), Some("kind"));
    let names: Vec<_> = one_of.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["first-one", "second-one"]);
    assert_eq!(one_of.variants[1].space, all([("ONE_TWO", int(1, 2))]));
    round_trip(&Tagged::FirstOne);
}

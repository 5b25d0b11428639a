//! What `#[derive(SearchSpace)]` accepts, and what it makes of it.

mod attributes;
mod choices;
mod constraints;
mod containers;
mod defaults;
mod enums;
mod generics;
mod layers;
mod numbers;
mod same_rules;

use std::fmt::Debug;

use hpo_core::space::{
    Categorical, Domain, Float, Int, OneOf, Part, Reader, SearchSpace, Space, Value, Writer,
};

/// Writes the config, reads it back, and gives the values in between.
fn round_trip<T: SearchSpace + PartialEq + Debug>(config: &T) -> Vec<Value> {
    let mut writer = Writer::new();
    config.write(&mut writer).expect("the config can be written");
    let values = writer.into_values();
    let mut reader = Reader::new(&values);
    assert_eq!(&T::read(&mut reader).expect("what was written can be read"), config);
    reader.finish().expect("all values were read");
    values
}

fn float(low: f64, high: f64) -> Space {
    Space::Leaf(Domain::Float(Float::new(low, high)))
}

fn int(low: i128, high: i128) -> Space {
    Space::Leaf(Domain::Int(Int::new(low, high)))
}

fn flag() -> Space {
    Space::Leaf(Domain::Categorical(Categorical::new([false, true])))
}

fn texts(choices: &[&'static str]) -> Space {
    Space::Leaf(Domain::Categorical(Categorical::new(choices.iter().copied())))
}

fn all<const N: usize>(parts: [(&str, Space); N]) -> Space {
    Space::All(parts.map(|(name, space)| Part::new(name, space)).into())
}

fn one_of<const N: usize>(variants: [(&str, Space); N]) -> Space {
    let variants = variants.map(|(name, space)| Part::new(name, space)).into();
    Space::OneOf(OneOf { variants, tag: None, default: None, shared: Vec::new() })
}

/// The space of the only field, whatever it is in Rust.
#[allow(clippy::needless_pass_by_value, reason = "so that a call is short")]
fn only(space: Space) -> Space {
    match space.untyped() {
        Space::All(mut parts) if parts.len() == 1 => parts.remove(0).space,
        other => panic!("not one part: {other:?}"),
    }
}

fn as_int(space: Space) -> Int {
    match space {
        Space::Leaf(Domain::Int(int)) => int,
        other => panic!("no integer: {other:?}"),
    }
}

fn as_float(space: Space) -> Float {
    match space {
        Space::Leaf(Domain::Float(float)) => float,
        other => panic!("no real number: {other:?}"),
    }
}

fn as_categorical(space: Space) -> Categorical {
    match space {
        Space::Leaf(Domain::Categorical(categorical)) => categorical,
        other => panic!("no choice: {other:?}"),
    }
}

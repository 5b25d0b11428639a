//! `Option`, `Box`, `Vec` and arrays around a leaf: the words speak of what is within.

use hpo_core::SearchSpace;
use hpo_core::space::{Int, List, ReadError, Reader, Space, Value};

use super::{all, flag, float, int, one_of, only, round_trip, texts};

fn option(space: Space) -> Space {
    one_of([("off", all([])), ("on", space)])
}

fn list(low: i128, high: i128, element: Space) -> Space {
    Space::List(List { len: Int::new(low, high), element: Box::new(element) })
}

#[derive(Debug, Clone, PartialEq, SearchSpace)]
struct Layer {
    #[search_space(range = 16..=512)]
    units: u32,
    bias: bool,
}

#[derive(Debug, Clone, PartialEq, SearchSpace)]
struct Layered {
    #[search_space(range = 0.1..=0.5)]
    dropout: Option<f64>,
    #[search_space(range = 1..=3)]
    boxed: Box<Option<Box<u8>>>,
    #[search_space(range = 0.0..=1.0)]
    grid: [[f64; 2]; 2],
    #[search_space(len = 1..=3, choices = ["relu", "tanh"])]
    activations: Vec<String>,
    #[search_space(len = 0..MOST)]
    layers: Vec<Layer>,
    #[search_space(len = 1..=2)]
    flags: Option<Vec<bool>>,
    switch: Option<bool>,
}
const MOST: usize = 5;

#[test]
fn spaces() {
    let row = || all([("0", float(0.0, 1.0)), ("1", float(0.0, 1.0))]);
    let expected = all([
        ("dropout", option(float(0.1, 0.5))),
        ("boxed", option(int(1, 3))),
        ("grid", all([("0", row()), ("1", row())])),
        ("activations", list(1, 3, texts(&["relu", "tanh"]))),
        ("layers", list(0, 4, Layer::space())),
        ("flags", option(list(1, 2, flag()))),
        ("switch", option(flag())),
    ]);
    assert_eq!(Layered::space(), expected);
}

#[test]
fn configs() {
    let empty = Layered {
        dropout: None,
        boxed: Box::new(None),
        grid: [[0.1, 0.2], [0.3, 0.4]],
        activations: vec!["tanh".into()],
        layers: Vec::new(),
        flags: None,
        switch: None,
    };
    assert_eq!(round_trip(&empty).len(), 1 + 1 + 4 + 2 + 1 + 1 + 1);
    let full = Layered {
        dropout: Some(0.5),
        boxed: Box::new(Some(Box::new(2))),
        activations: vec!["relu".into(), "tanh".into()],
        layers: vec![Layer { units: 32, bias: true }, Layer { units: 64, bias: false }],
        flags: Some(vec![true, false]),
        switch: Some(true),
        ..empty
    };
    assert_eq!(round_trip(&full).len(), 2 + 2 + 4 + 3 + 5 + 4 + 2);
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Lengths {
    #[search_space(len = 1..=2)]
    flags: Vec<bool>,
}

#[test]
fn a_length_is_read_as_it_is() {
    assert_eq!(only(Lengths::space()), list(1, 2, flag()));
    let read = |values: &[Value]| Lengths::read(&mut Reader::new(values));
    assert_eq!(
        read(&[Value::Int(-1)]),
        Err(ReadError::Unfit { field: "flags", value: Value::Int(-1), expected: "a length" })
    );
    // A length from a broken file does not reserve memory.
    assert_eq!(read(&[Value::Int(i64::MAX)]), Err(ReadError::Missing { field: "flags" }));
}

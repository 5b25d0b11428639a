//! A type with every kind of field, for what is written in Rust.

use std::num::{NonZeroI16, NonZeroU8};

use hpo_core::prelude::*;

pub(super) const LOW: u16 = 300;
pub(super) const HIGH: u16 = 65_000;
const ADAM: &str = "adam";

/// Numbers of every type, scale and grid.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Numbers {
    #[search_space(range = 1e-5..=1e-2, log)]
    pub(super) rate: f64,
    #[search_space(range = -4.0..=4.0, default = 0.5)]
    pub(super) weight: f64,
    #[search_space(range = 2.0..=8.0, step = 0.5)]
    pub(super) grid: f64,
    #[search_space(range = 1.0..=64.0, log, step = 4.0)]
    pub(super) factor: f64,
    #[search_space(range = 0.1..=0.9, step = 0.1)]
    pub(super) single: f32,
    #[search_space(range = -1e307..=1e307)]
    pub(super) huge: f64,
    #[search_space(range = 1e-300..=1e-200, log)]
    pub(super) tiny: f64,
    #[search_space(range = 2.0..=9.0, prior(center = 3.0, spread = 1.0))]
    pub(super) believed: f64,
    #[search_space(range = 3..=200)]
    pub(super) small: u8,
    #[search_space(range = -100..=100)]
    pub(super) signed: i8,
    #[search_space(range = 3..20, step = 3)]
    pub(super) open: u32,
    #[search_space(range = 16..=256, log, step = 2, default = 64)]
    pub(super) powers: u64,
    #[search_space(range = 4..=200)]
    pub(super) counted: NonZeroU8,
    #[search_space(range = -40..=-5)]
    pub(super) below: NonZeroI16,
    #[search_space(range = 2..=32, rename = "w")]
    pub(super) width: usize,
    #[search_space(range = -9_000_000_000_000_000_000..=9_000_000_000_000_000_000)]
    pub(super) wide: i64,
    #[search_space(range = LOW..=HIGH, log)]
    pub(super) constant: u16,
    #[search_space(range = 5..=50)]
    pub(super) r#type: Box<i32>,
}

/// Choices of every type.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Choices {
    #[search_space(choices = ["a \"b\" , c", "d\\ne", "( é )"])]
    pub(super) text: String,
    #[search_space(choices = [ADAM, "sgd"], ordered)]
    pub(super) named: String,
    #[search_space(choices = ["x", "y"])]
    pub(super) borrowed: &'static str,
    #[search_space(choices = ['\'', '"', '\u{202e}'])]
    pub(super) letter: char,
    #[search_space(choices = [16, 32, 64], default = 32)]
    pub(super) batch: u32,
    #[search_space(choices = [1.0, 1e-7, 2.5])]
    pub(super) real: f64,
    #[search_space(choices = [None, Some(3)])]
    pub(super) patience: Option<u32>,
    #[search_space(choices = [Kernel::Linear, Kernel::Rbf { gamma: 0.5 }, Kernel::Poly(-1)])]
    pub(super) kernel: Kernel,
    #[search_space(choices = [Self::SMALL.to_vec(), vec![64, 32]])]
    pub(super) hidden: Vec<usize>,
    #[search_space(fixed = Self::SMALL.len())]
    pub(super) count: usize,
    pub(super) flag: bool,
}

impl Choices {
    pub(super) const SMALL: [usize; 1] = [8];
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kernel {
    Linear,
    Rbf { gamma: f64 },
    Poly(i32),
}

/// Types within types.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Nested<T, const N: usize> {
    #[search_space(range = 0.25..=0.75, default = None)]
    pub(super) maybe: Option<f64>,
    #[search_space(len = 2..=6, range = 8..=64, log)]
    pub(super) sizes: Vec<u32>,
    #[search_space(range = 2.0..=3.0)]
    pub(super) betas: [f64; 2],
    #[search_space(len = 2..=4)]
    pub(super) layers: Vec<Layer>,
    pub(super) pair: (Layer, bool),
    pub(super) alone: (bool,),
    pub(super) part: T,
    pub(super) parts: [Box<Off>; 2],
    #[search_space(flatten)]
    pub(super) wrapped: Wrapped,
    #[search_space(fixed = SEED)]
    pub(super) seed: u64,
    #[search_space(skip)]
    pub(super) cache: Vec<f64>,
    #[search_space(range = 1..=N)]
    pub(super) bounded: usize,
}

pub(super) const SEED: u64 = 42;

/// With an expression that nobody can write outside of it.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Inward<T> {
    #[search_space(fixed = Self::SEED)]
    pub(super) seed: u64,
    pub(super) part: T,
}

impl<T> Inward<T> {
    pub(super) const SEED: u64 = 1;
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
#[search_space(rename_all = "kebab-case")]
pub(super) struct Layer {
    #[search_space(range = 16..=128, step = 16)]
    pub(super) unit_count: usize,
    #[search_space(choices = ["relu", "tanh"])]
    pub(super) activation: Option<String>,
}

/// Named like an `Option` in the space, and none.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
#[search_space(rename_all = "lowercase")]
pub(super) enum Off {
    Off,
    On,
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
#[search_space(tag = "kind")]
pub(super) enum Part {
    Unit,
    Empty {},
    Tuple(),
    Newtype(Newtype),
    Pair(#[search_space(range = 2..=9)] u8, bool, #[search_space(skip)] String),
    #[search_space(rename = "raw words")]
    r#Raw {
        #[search_space(range = 2..=90)]
        r#fn: u8,
    },
    Boxed(Box<Option<Newtype>>),
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Newtype(pub(super) Inner);

#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Inner {
    #[search_space(range = -1.0..=1.0)]
    pub(super) x: f64,
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Wrapped {
    pub(super) shuffle: bool,
    pub(super) unit: Unit,
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Unit;

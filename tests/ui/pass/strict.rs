//! A crate that denies what it can must not hear of what the macro wrote.
#![deny(warnings, missing_docs, unused_qualifications, trivial_numeric_casts, unused_results, missing_debug_implementations)]
#![forbid(unsafe_code)]

use hpo_core::SearchSpace;

/// All.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub struct Config {
    /// A number.
    #[search_space(range = LOW..=9, prior(center = 4, spread = 2))]
    pub depth: u8,
    /// Numbers.
    #[search_space(len = 1..=3, range = -1.0..=1.0)]
    pub weights: Vec<f64>,
    /// A choice.
    #[search_space(choices = ["a", "b"])]
    pub name: Option<String>,
    /// Nothing.
    #[search_space(skip)]
    pub state: (),
}

const LOW: u8 = 2;

fn main() {}

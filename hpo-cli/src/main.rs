//! `hpo`.
fn main() {}

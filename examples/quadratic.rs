//! The least there is to write: a space, an objective, a number of trials.
//!
//! `cargo run --release --example quadratic`

use hpo_core::prelude::*;

#[derive(Debug, SearchSpace)]
struct Point {
    #[search_space(range = -10.0..=10.0)]
    x: f64,
    #[search_space(range = -10.0..=10.0)]
    y: f64,
}

fn main() -> hpo_core::Result<()> {
    let study = Study::<Point>::minimize()
        .seed(7)
        .run(200, |point| (point.x - 2.0).powi(2) + (point.y + 1.0).powi(2))?;
    println!("best value {:.4}", study.best_value()?);
    println!("at {:.3?}", study.best_config()?);
    Ok(())
}

//! Times boosting and forests on 2,000 rows of 20 numbers.
//!
//! `cargo run --release -p hpo-linfa --example boosting_speed`

use std::time::Instant;

use hpo_core::SearchSpace;
use hpo_linfa::context::FitContext;
use hpo_linfa::features::{Feature, Features, Targets};
use hpo_linfa::trees::{Boosting, Forest};

const ROWS: usize = 2000;

fn default_of<C: SearchSpace>() -> Result<C, Box<dyn std::error::Error>> {
    let space = hpo_core::space::FlatSpace::new(&C::space())?;
    Ok(space.default_params().config()?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let value = |row: usize, column: usize| ((row * (column + 3) * 7919) % 10_007) as f64 / 1e4;
    let column = |column: usize| Feature {
        name: format!("x{column}"),
        categories: None,
        values: (0..ROWS).map(|row| value(row, column)).collect(),
    };
    let features = Features { rows: ROWS, columns: (0..20).map(column).collect() };
    let sum = |row| (0..5).map(|column| value(row, column)).sum::<f64>();
    let numbers = Targets::Numbers((0..ROWS).map(|row| (3.0 * sum(row)).sin()).collect());
    let codes = (0..ROWS).map(|row| (sum(row) as usize) % 3).collect();
    let classes = Targets::Classes { codes, count: 3 };
    let (boosting, forest): (Boosting, Forest) = (default_of()?, default_of()?);
    for (name, targets) in [("numbers", &numbers), ("3 classes", &classes)] {
        let started = Instant::now();
        let fitted = boosting.fit(&features, targets, 100, FitContext::new(0))?;
        let fit = started.elapsed();
        let started = Instant::now();
        let told = fitted.predict(&features).len();
        let predict = started.elapsed();
        let started = Instant::now();
        let grown = forest.fit(&features, targets, FitContext::new(0))?.trees().len();
        let forest = started.elapsed();
        println!(
            "{name}: boosting of {} trees {fit:.1?}, prediction of {ROWS} rows {predict:.1?} \
             ({told} values), forest of {grown} trees {forest:.1?}",
            fitted.trees().len()
        );
    }
    Ok(())
}

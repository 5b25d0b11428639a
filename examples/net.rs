//! The program that README shows: a struct with a choice in it whose settings exist only while it
//! is chosen.
//!
//! `cargo run --release --example net`

use hpo_core::prelude::*;

#[derive(Debug, Clone, SearchSpace)]
enum Optimizer {
    Adam,
    Sgd {
        #[search_space(range = 0.0..=0.99)]
        momentum: f64,
    },
}

#[derive(Debug, Clone, SearchSpace)]
struct Net {
    #[search_space(range = 1e-5..=1e-1, log)]
    learning_rate: f64,
    #[search_space(range = 1..=4)]
    layers: usize,
    optimizer: Optimizer,
}

/// Stands for your training run.
fn loss(net: &Net) -> f64 {
    let optimizer = match net.optimizer {
        Optimizer::Adam => 0.1,
        Optimizer::Sgd { momentum } => (momentum - 0.9).abs(),
    };
    (net.learning_rate.log10() + 3.0).powi(2) + 0.1 * net.layers as f64 + optimizer
}

fn main() -> hpo_core::Result<()> {
    let study = Study::<Net>::minimize().seed(7).run(200, |net| loss(&net))?;
    println!("loss {:.3} with {:?}", study.best_value()?, study.best_config()?);
    Ok(())
}

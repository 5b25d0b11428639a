//! The search of a whole network in thirty lines: see `docs/networks.md`.

use hpo_burn::{Data, Dense, LrSchedule, Mlp, Network, Optimizer, accuracy, cross_entropy};
use hpo_core::prelude::*;
use hpo_examples::nn::digits;

#[derive(Debug, Clone, SearchSpace)]
struct Net {
    #[search_space(len = 1..=3)]
    layers: Vec<Dense>,
    optimizer: Optimizer,
    schedule: LrSchedule,
}

fn main() -> anyhow::Result<()> {
    let [train, validation, test] = digits();
    let data = Data::new(train, validation)?;
    let model = |net: &Net, device: &_| Mlp::new(64, &net.layers, 10, device);
    let network = Network::builder(model, Mlp::forward, cross_entropy)
        .metric("val_accuracy", accuracy)
        .optimizer(|net| net.optimizer.init())
        .schedule(|net| net.schedule)
        .epochs(10)
        .early_stopping(3)
        .build()?;

    let tuner = RandomSearch::new(&network).objective("val_accuracy");
    let mut tuner = tuner.max_trials(10).seed(7).build()?;
    println!("{}\n{}", tuner.search(&data)?, tuner.results_summary(1)?);
    let best = tuner.best_models(1)?.remove(0);
    println!("epoch {}, on unseen digits: {}", best.epoch, network.evaluate(&best, &test)?);
    Ok(())
}

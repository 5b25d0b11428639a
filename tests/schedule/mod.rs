//! Budgets, pauses, promotions and checkpoints: what schedules promise, from the table to the best
//! fitted model.

mod asha;
mod bayesian;
mod brackets;
mod checkpoints;
mod cluster;
mod edges;
mod kills;
mod plan;
mod decisions;

use hpo_core::prelude::*;

#[derive(Debug, Clone, PartialEq, SearchSpace)]
struct Rate {
    #[search_space(range = 0.0..=1.0)]
    rate: f64,
}

/// A learning curve: it falls from 1 to the config's own floor, faster for a small floor.
fn loss(rate: f64, epoch: u64) -> f64 {
    rate + (1.0 - rate) * (-(epoch as f64) / 10.0).exp()
}

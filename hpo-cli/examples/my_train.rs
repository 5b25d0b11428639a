//! A training program for `hpo run`: its config type is the space, so `--space` is not needed.
//!
//! `cargo build --example my_train && hpo run --trials 30 -- target/debug/examples/my_train`

use std::process::ExitCode;

use hpo_core::prelude::*;
use hpo_core::worker::Worker;

#[derive(Clone, Debug, SearchSpace)]
struct Net {
    #[search_space(range = 1e-4..=1.0, log, default = 0.01)]
    learning_rate: f64,
    optimizer: Optimizer,
}

#[derive(Clone, Debug, SearchSpace)]
enum Optimizer {
    Sgd,
    Momentum(#[search_space(range = 0.0..=0.99)] f64),
}

fn main() -> ExitCode {
    Worker::<Net>::minimize("loss").run(std::env::args(), |net, trial| {
        let momentum =
            if let Optimizer::Momentum(momentum) = net.optimizer { momentum } else { 0.0 };
        // The minimum of x^2 is approached from 1.
        let (mut x, mut speed): (f64, f64) = trial.restore()?.unwrap_or((1.0, 0.0));
        for epoch in trial.steps(27) {
            speed = momentum * speed - net.learning_rate * 2.0 * x;
            x += speed;
            trial.report(epoch, x * x)?;
            trial.checkpoint(epoch, &(x, speed))?;
        }
        trial.artifact("weight.txt", x.to_string().as_bytes())?;
        Ok::<_, TrialError>(x * x)
    })
}

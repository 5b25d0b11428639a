//! Pruners: the contract, Optuna's decisions, the reasons of stops, and settings.

mod contract;
mod golden;
mod reasons;
mod rungs;
mod settings;

use hpo_core::pruner::{Decision, Pruner};
use hpo_core::testing::pruner::Field;
use hpo_core::trial::{Direction, Outcome};

/// Trials that report at the steps 0, 1, ... and are completed with their last report.
fn with_complete(direction: Direction, curves: &[&[f64]]) -> Field {
    let mut field = Field::new(direction, "iris");
    for curve in curves {
        run_to_the_end(&mut field, curve);
    }
    field
}

fn run_to_the_end(field: &mut Field, curve: &[f64]) {
    let number = field.start();
    for (step, value) in (0..).zip(curve) {
        let _ = field.report(&hpo_core::pruner::Nop, number, step, *value);
    }
    field.end(number, Outcome::Complete(&[*curve.last().unwrap_or(&0.0)]));
}

/// The decisions on a new trial, one a report, until it stops: `.` or the reason.
fn decisions(field: &mut Field, pruner: &dyn Pruner, reports: &[(u64, f64)]) -> Vec<String> {
    let number = field.start();
    let mut found = Vec::new();
    for (step, value) in reports {
        match field.report(pruner, number, *step, *value).action {
            Decision::Stop(reason) => {
                found.push(reason.clone());
                field.end(number, Outcome::Pruned(&reason));
                return found;
            }
            _ => found.push(".".to_owned()),
        }
    }
    found
}

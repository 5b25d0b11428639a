//! A pruner that stops no trial: Optuna's `NopPruner`.

use super::{PruneContext, Pruner, PrunerConfig, StepDecision};

/// A pruner that lets every trial run to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nop;

impl Pruner for Nop {
    fn judge(&self, _: PruneContext<'_>, _: u64) -> StepDecision {
        StepDecision::go_on()
    }

    fn name(&self) -> &'static str {
        "none"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::None {})
    }
}

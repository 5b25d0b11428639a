//! Stops nothing: Optuna's `NopPruner`.

use super::{Judgement, Pruner, PrunerConfig, Race};

/// Stops nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Never;

impl Pruner for Never {
    fn judge(&self, _: Race<'_>, _: u64) -> Judgement {
        Judgement::go_on()
    }

    fn name(&self) -> &'static str {
        "none"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::None {})
    }
}

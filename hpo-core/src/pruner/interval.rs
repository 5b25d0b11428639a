//! The steps at which a pruner judges a trial.

use super::settings::refuse;
use crate::setting::SettingError;

/// Selects the first report of each interval of `interval_steps` steps, counted from
/// `warmup_steps`.
#[derive(Clone, Copy, Debug)]
pub(super) struct CheckInterval {
    pub(super) warmup_steps: u64,
    pub(super) interval_steps: u64,
}

impl CheckInterval {
    /// Returns true if the last of `reports`, which are sorted by step, is to be judged.
    pub(super) fn include(self, reports: &[(u64, f64)]) -> bool {
        let Some((&(last, _), former)) = reports.split_last() else {
            return false;
        };
        let Some(since) = last.checked_sub(self.warmup_steps) else {
            return false;
        };
        let begin = last - since.checked_rem(self.interval_steps).unwrap_or(0);
        former.last().is_none_or(|(step, _)| *step < begin)
    }

    pub(super) fn check(self, pruner: &'static str) -> Result<(), SettingError> {
        if self.interval_steps == 0 {
            return refuse(pruner, "interval_steps", "is 0: write 1 to judge every step");
        }
        Ok(())
    }
}

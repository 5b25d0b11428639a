//! Bounds of the counts that determine memory or time.

use std::ops::RangeInclusive;

/// A count that is too small or too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {given}: give {least} to {most}")]
#[non_exhaustive]
pub struct CountError {
    /// The name of the setting.
    pub setting: &'static str,
    /// The count that was given.
    pub given: u64,
    /// The smallest count that is allowed.
    pub least: u64,
    /// The largest count that is allowed. A larger one is most likely a typing error and would
    /// exhaust the machine.
    pub most: u64,
}

/// The largest number of trials that a sampler's setting accepts.
pub(crate) const MOST_TRIALS: u64 = 1_000_000;

/// Checks that a setting's count is within its bounds.
pub(crate) fn within(
    setting: &'static str,
    given: impl TryInto<u64>,
    bounds: RangeInclusive<u64>,
) -> Result<(), CountError> {
    let given = given.try_into().unwrap_or(u64::MAX);
    let (least, most) = (*bounds.start(), *bounds.end());
    if bounds.contains(&given) { Ok(()) } else { Err(CountError { setting, given, least, most }) }
}

//! Counts that size memory or time have bounds.

use std::ops::RangeInclusive;

/// A count that is too small or too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {given}: give {least} to {most}")]
#[non_exhaustive]
pub struct CountError {
    /// The setting's name.
    pub setting: &'static str,
    /// What was given.
    pub given: u64,
    /// The least that makes sense.
    pub least: u64,
    /// More than that is a slip of the pen, and would cost the machine.
    pub most: u64,
}

/// More trials than anybody runs before a model is asked.
pub(crate) const MOST_TRIALS: u64 = 1_000_000;

/// Whether a setting's count is within its bounds.
pub(crate) fn within(
    setting: &'static str,
    given: impl TryInto<u64>,
    bounds: RangeInclusive<u64>,
) -> Result<(), CountError> {
    let given = given.try_into().unwrap_or(u64::MAX);
    let (least, most) = (*bounds.start(), *bounds.end());
    if bounds.contains(&given) { Ok(()) } else { Err(CountError { setting, given, least, most }) }
}

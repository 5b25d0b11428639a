//! Which trial of a search is the winner.

/// Which trial is the winner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one with the best mean score.
    #[default]
    Best,
    /// The simplest one within a [standard error](crate::one_se) of it.
    OneStandardError,
}

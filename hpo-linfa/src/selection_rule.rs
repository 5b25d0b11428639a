//! The rule that selects the winner of a search.

/// The rule that selects the winning trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectionRule {
    /// The trial with the best mean score.
    #[default]
    Best,
    /// The simplest trial within one [standard error](crate::one_se) of the best one.
    OneStandardError,
}

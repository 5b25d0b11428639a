//! One difference between two spaces, and its words.

use std::fmt;

use super::Label;

/// One difference between two spaces.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// A range is wider than before.
    Widened {
        /// The path of the parameter.
        path: String,
        /// The domain before, as text.
        from: String,
        /// The domain now, as text.
        to: String,
    },
    /// A choice or a variant is new.
    ChoiceAdded {
        /// The path of the parameter.
        path: String,
        /// The choice that was added.
        label: Label,
    },
    /// A parameter was added with a new variant, or with a longer list.
    AddedInBranch {
        /// The path of the parameter.
        path: String,
    },
    /// A parameter is new: trials without a value of it count as having had this one.
    Joined {
        /// The path of the parameter.
        path: String,
        /// The value assumed for old trials.
        at: Label,
    },
    /// A parameter is no longer tuned and has this value: trials with another one are set aside.
    Left {
        /// The path of the parameter.
        path: String,
        /// The value that the parameter has now.
        at: Label,
    },
    /// A fixed value, which was never tuned, has changed.
    FixedElsewhere {
        /// The path of the fixed value.
        path: String,
        /// The value at which it was fixed.
        from: Label,
        /// The value at which it is fixed now.
        to: Label,
    },
    /// A parameter is tuned now that was fixed at several values before: it is not known which
    /// trial had which.
    FixedAtSeveral {
        /// The path of the parameter.
        path: String,
    },
    /// The domain no longer holds all values of old trials.
    Narrowed {
        /// The path of the parameter.
        path: String,
        /// The domain before, as text.
        from: String,
        /// The domain now, as text.
        to: String,
    },
    /// A choice or a variant was removed.
    ChoiceRemoved {
        /// The path of the parameter.
        path: String,
        /// The choice that was removed.
        label: Label,
    },
    /// The parameter has another kind or scale, or another condition.
    Different {
        /// The path of the parameter.
        path: String,
        /// The domain or condition before, as text.
        from: String,
        /// The domain or condition now, as text.
        to: String,
    },
    /// A parameter is new, and the value that old trials had is not known.
    Added {
        /// The path of the parameter.
        path: String,
    },
    /// A parameter was removed, and its value from now on is not known.
    Removed {
        /// The path of the parameter.
        path: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Widened { path, from, to } => write!(f, "`{path}` widened from {from} to {to}"),
            Change::ChoiceAdded { path, label } => write!(f, "`{path}` may now be {label}"),
            Change::AddedInBranch { path } => write!(f, "`{path}` is new, in a branch that is new"),
            Change::Joined { path, at } => {
                write!(
                    f,
                    "`{path}` is new: trials that have no value of it count as having had {at}"
                )
            }
            Change::Left { path, at } => {
                write!(
                    f,
                    "`{path}` is no longer tuned, and stands at {at}: trials with another value \
                     of it are set aside"
                )
            }
            Change::FixedElsewhere { path, from, to } => {
                write!(
                    f,
                    "`{path}` was fixed at {from}, and is fixed at {to}: all trials count as if \
                     that made no difference"
                )
            }
            Change::FixedAtSeveral { path } => {
                write!(
                    f,
                    "`{path}` was fixed at several values before, and it is not known which trial \
                     had which: leave it fixed"
                )
            }
            Change::Narrowed { path, from, to } => {
                write!(
                    f,
                    "`{path}` went from {from} to {to}, which leaves values of old trials out"
                )
            }
            Change::ChoiceRemoved { path, label } => {
                write!(f, "`{path}` may no longer be {label}, as old trials were")
            }
            Change::Different { path, from, to } => {
                write!(f, "`{path}` was {from}, and is now {to}")
            }
            Change::Added { path } => {
                write!(
                    f,
                    "`{path}` is new, and old trials have no value for it: with a `default` they \
                     count as having had that"
                )
            }
            Change::Removed { path } => {
                write!(
                    f,
                    "`{path}` is gone, and old trials have values for it: keep the field, with \
                     `fixed = value`"
                )
            }
        }
    }
}

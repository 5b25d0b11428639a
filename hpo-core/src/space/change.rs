//! A difference between two spaces, and its message.

use std::fmt;

use super::Label;

/// A difference between a recorded space and the present one.
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
    /// A parameter is new. Trials without a value of it count as if they had this one.
    Joined {
        /// The path of the parameter.
        path: String,
        /// The value assumed for old trials.
        at: Label,
    },
    /// A parameter is no longer tuned and has this value. Trials with another value are set aside.
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
    /// A parameter is tuned now that was fixed at several values before. It is not known which
    /// trial had which value.
    FixedAtSeveral {
        /// The path of the parameter.
        path: String,
    },
    /// The domain no longer contains all values of old trials.
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
        f.write_str(&self.accepted().unwrap_or_else(|| self.refused()))
    }
}

impl Change {
    /// Returns the message for a change under which old trials remain valid; `None` for any other
    /// change.
    fn accepted(&self) -> Option<String> {
        Some(match self {
            Change::Widened { path, from, to } => format!("`{path}` widened from {from} to {to}"),
            Change::ChoiceAdded { path, label } => format!("`{path}` may now be {label}"),
            Change::AddedInBranch { path } => format!("`{path}` is new, in a new branch"),
            Change::Joined { path, at } => {
                format!("`{path}` is new: trials without a value for it count as having had {at}")
            }
            Change::Left { path, at } => format!(
                "`{path}` is no longer tuned, and is fixed at {at}: trials with another value are \
                 set aside"
            ),
            Change::FixedElsewhere { path, from, to } => format!(
                "`{path}` was fixed at {from}, and is now fixed at {to}: all trials count as if \
                 that made no difference"
            ),
            _ => return None,
        })
    }

    /// Returns the message for a change that makes old trials invalid.
    fn refused(&self) -> String {
        match self {
            Change::FixedAtSeveral { path } => format!(
                "`{path}` was fixed at several values before, and it is not known which trial had \
                 which: leave it fixed"
            ),
            Change::Narrowed { path, from, to } => {
                format!("`{path}` went from {from} to {to}, which excludes values of old trials")
            }
            Change::ChoiceRemoved { path, label } => {
                format!("`{path}` may no longer be {label}, which old trials have")
            }
            Change::Different { path, from, to } => format!("`{path}` was {from}, and is now {to}"),
            Change::Added { path } => format!(
                "`{path}` is new, and old trials have no value for it: give it a `default`, which \
                 they then count as having had"
            ),
            Change::Removed { path } => format!(
                "`{path}` is gone, and old trials have values for it: keep the field, with \
                 `fixed = value`"
            ),
            _ => String::new(),
        }
    }
}

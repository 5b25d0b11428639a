//! Safe evolution of a space: what changed since a study recorded it, and whether its trials still mean something.
//!
//! Trials are kept by dotted path. A range may widen, a choice or a variant may join, a parameter may come within a new
//! variant: every old trial remains a point of the new space. The rest (a narrower range, a choice gone, another kind or
//! scale, a parameter added or removed among old ones) would make old trials lie, and is refused.

use std::fmt;

use super::display::among;
use super::domain::{Categorical, Domain};
use super::slots::{Parent, Slot, Slots};
use super::{Condition, Label};

/// All that changed from a recorded space to the present one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// What old trials survive.
    pub accepted: Vec<Change>,
    /// What they do not.
    pub refused: Vec<Change>,
}

/// One difference between two spaces.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// A range reaches further than before.
    Widened {
        /// The parameter.
        path: String,
        /// Its domain before.
        from: String,
        /// Its domain now.
        to: String,
    },
    /// A choice or a variant is new.
    ChoiceAdded {
        /// The parameter.
        path: String,
        /// The new choice.
        label: Label,
    },
    /// A parameter came with a new variant, or with a longer list.
    AddedInBranch {
        /// The parameter.
        path: String,
    },
    /// Some values of old trials may be outside now.
    Narrowed {
        /// The parameter.
        path: String,
        /// Its domain before.
        from: String,
        /// Its domain now.
        to: String,
    },
    /// A choice or a variant is gone.
    ChoiceRemoved {
        /// The parameter.
        path: String,
        /// The lost choice.
        label: Label,
    },
    /// The parameter is of another kind or scale, or hangs on something else.
    Different {
        /// The parameter.
        path: String,
        /// What it was.
        from: String,
        /// What it is.
        to: String,
    },
    /// A parameter that old trials lack.
    Added {
        /// The parameter.
        path: String,
    },
    /// A parameter that only old trials have.
    Removed {
        /// The parameter.
        path: String,
    },
}

impl Changes {
    /// Compares a recorded space with the present one.
    #[must_use]
    pub fn between(recorded: &Slots, present: &Slots) -> Self {
        let mut changes = Self::default();
        for old in recorded {
            match present.find(old.path()) {
                Some(id) => changes.compare((recorded, old), (present, present.slot(id))),
                None => changes.refused.push(Change::Removed { path: old.path().to_owned() }),
            }
        }
        for new in present.iter().filter(|slot| recorded.find(slot.path()).is_none()) {
            let path = new.path().to_owned();
            if is_in_new_branch(new, present, recorded) {
                changes.accepted.push(Change::AddedInBranch { path });
            } else {
                changes.refused.push(Change::Added { path });
            }
        }
        changes
    }

    /// Whether nothing changed that matters to trials.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty() && self.refused.is_empty()
    }

    fn compare(&mut self, (recorded, old): (&Slots, &Slot), (present, new): (&Slots, &Slot)) {
        let path = || old.path().to_owned();
        if condition(recorded, old.parent()) != condition(present, new.parent()) {
            let (from, to) = (condition(recorded, old.parent()), condition(present, new.parent()));
            self.refused.push(Change::Different { path: path(), from, to });
            return;
        }
        let (from, to) = (old.domain().to_string(), new.domain().to_string());
        match (old.domain(), new.domain()) {
            (Domain::Categorical(old), Domain::Categorical(new)) => {
                self.compare_choices(&path(), old, new);
            }
            (Domain::Float(a), Domain::Float(b)) if a.log == b.log => {
                self.compare_ranges(old, new);
            }
            (Domain::Int(a), Domain::Int(b)) if a.log == b.log => {
                self.compare_ranges(old, new);
            }
            _ => self.refused.push(Change::Different { path: path(), from, to }),
        }
    }

    fn compare_choices(&mut self, path: &str, old: &Categorical, new: &Categorical) {
        for label in old.choices.iter().filter(|label| !new.choices.contains(label)) {
            self.refused.push(Change::ChoiceRemoved { path: path.to_owned(), label: label.clone() });
        }
        for label in new.choices.iter().filter(|label| !old.choices.contains(label)) {
            self.accepted.push(Change::ChoiceAdded { path: path.to_owned(), label: label.clone() });
        }
    }

    fn compare_ranges(&mut self, old: &Slot, new: &Slot) {
        let [path, from, to] = [old.path().to_owned(), old.domain().to_string(), new.domain().to_string()];
        if !holds_all(new, old) {
            self.refused.push(Change::Narrowed { path, from, to });
        } else if !holds_all(old, new) {
            self.accepted.push(Change::Widened { path, from, to });
        }
    }
}

/// Whether a parameter may take every value of another one of its kind and scale. Arithmetic and geometric progressions are
/// within one another if their first steps and their ends are.
fn holds_all(wide: &Slot, narrow: &Slot) -> bool {
    let Some(last) = narrow.axis.last() else {
        let ends = [narrow.decode(0.0), narrow.decode(1.0)];
        return wide.axis.last().is_none() && ends.iter().all(|end| wide.contains(*end));
    };
    [0, 1, 2, last].iter().all(|index| wide.contains(narrow.axis.level(*index)))
}

/// New, but only under a choice or length that no old trial can have made.
fn is_in_new_branch(slot: &Slot, present: &Slots, recorded: &Slots) -> bool {
    let Some(parent) = slot.parent() else {
        return false;
    };
    let deciding = present.slot(parent.slot);
    let Some(old) = recorded.find(deciding.path()).map(|id| recorded.slot(id)) else {
        return is_in_new_branch(deciding, present, recorded);
    };
    match (parent.condition, deciding.domain(), old.domain()) {
        (Condition::Is(index), Domain::Categorical(now), Domain::Categorical(before)) => {
            !before.choices.contains(&now.choices[index as usize])
        }
        (condition @ Condition::Among(_), Domain::Categorical(now), Domain::Categorical(before)) => {
            let mut kept = now.choices.iter().zip(0..).filter(|(_, index)| condition.holds(*index));
            kept.all(|(choice, _)| !before.choices.contains(choice))
        }
        (Condition::Over(index), _, Domain::Int(before)) => i128::from(index) >= before.high,
        _ => false,
    }
}

/// On what a parameter hangs, in words that hold across both spaces.
fn condition(slots: &Slots, parent: Option<Parent>) -> String {
    let Some(parent) = parent else {
        return "always active".to_owned();
    };
    let deciding = slots.slot(parent.slot);
    match (parent.condition, deciding.domain()) {
        (Condition::Is(index), Domain::Categorical(categorical)) => {
            format!("active if {} = {}", deciding.path(), categorical.choices[index as usize])
        }
        (condition @ Condition::Among(_), Domain::Categorical(categorical)) => {
            format!("active if {} = {}", deciding.path(), among(condition, categorical))
        }
        (Condition::Among(_), _) => "never active".to_owned(),
        (Condition::Is(index) | Condition::Over(index), _) => {
            format!("active if {} > {index}", deciding.path())
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Widened { path, from, to } => write!(f, "`{path}` widened from {from} to {to}"),
            Change::ChoiceAdded { path, label } => write!(f, "`{path}` may now be {label}"),
            Change::AddedInBranch { path } => write!(f, "`{path}` is new, in a branch that is new"),
            Change::Narrowed { path, from, to } => {
                write!(f, "`{path}` went from {from} to {to}, which leaves values of old trials out")
            }
            Change::ChoiceRemoved { path, label } => {
                write!(f, "`{path}` may no longer be {label}, as old trials were")
            }
            Change::Different { path, from, to } => {
                write!(f, "`{path}` was {from}, and is now {to}")
            }
            Change::Added { path } => {
                write!(f, "`{path}` is new, and old trials have no value for it")
            }
            Change::Removed { path } => {
                write!(f, "`{path}` is gone, and old trials have values for it")
            }
        }
    }
}

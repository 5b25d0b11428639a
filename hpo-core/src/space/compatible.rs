//! Safe evolution of a space: what changed since a study recorded it, and whether its trials still mean something.
//!
//! Trials are kept by dotted path. A range may widen, a choice or a variant may join, a parameter may come within a new
//! variant: every old trial remains a point of the new space.
//!
//! A parameter may join if it is known what old trials stand at, which have no value of it: what it was fixed at, or else its
//! default. A parameter may leave if it is known what it stands at from then on: what it is fixed at, or else the default that it
//! had. Then old trials with just that value count, and others are set aside: they are kept, but they are of another space.
//! What is so known is recorded ([`Absent`]), and never changes.
//!
//! The rest (a narrower range, a choice gone, another kind or scale) would make old trials lie, and is refused.

use std::fmt;

use super::display::among;
use super::domain::{Categorical, Domain};
use super::params::label;
use super::slots::{Fixed, Parent, Slot, Slots};
use super::{Absent, Condition, Label};

/// All that changed from a recorded space to the present one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// What old trials survive.
    pub accepted: Vec<Change>,
    /// What they do not.
    pub refused: Vec<Change>,
    /// What parameters stand at where nothing is said of them, from now on.
    pub absent: Absent,
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
    /// A parameter is new: trials without a value of it count as having had this one.
    Joined {
        /// The parameter.
        path: String,
        /// What old trials stand at.
        at: Label,
    },
    /// A parameter is no longer tuned, and stands at this value: trials with another one are set aside.
    Left {
        /// The parameter.
        path: String,
        /// What it stands at.
        at: Label,
    },
    /// What was not tuned, and is not, has another value now.
    FixedElsewhere {
        /// Its path.
        path: String,
        /// Its value before.
        from: Label,
        /// Its value now.
        to: Label,
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
        Self::after(recorded, present, &Absent::default())
    }

    /// The same for a study of which it is known what some parameters stand at where nothing is said of them.
    #[must_use]
    pub fn after(recorded: &Slots, present: &Slots, absent: &Absent) -> Self {
        let mut changes = Self { absent: absent.clone(), ..Self::default() };
        for old in recorded {
            match present.find(old.path()) {
                Some(id) => changes.compare((recorded, old), (present, present.slot(id))),
                None => changes.leave(old, recorded, present),
            }
        }
        for new in present.iter().filter(|slot| recorded.find(slot.path()).is_none()) {
            changes.join(new, present, recorded);
        }
        for fixed in present.fixed() {
            changes.compare_fixed(fixed, recorded);
        }
        changes
    }

    /// A parameter that is of the present space only.
    fn join(&mut self, new: &Slot, present: &Slots, recorded: &Slots) {
        let path = new.path().to_owned();
        if is_in_new_branch(new, present, recorded) || self.is_out_of_reach(new, present) {
            return self.accepted.push(Change::AddedInBranch { path });
        }
        let known = self.absent.get(&path).or_else(|| recorded.fixed_at(&path)).cloned();
        let Some(at) = known.or_else(|| new.given_default().map(|value| label(new, value))) else {
            return self.refused.push(Change::Added { path });
        };
        if new.parse(&at.to_json()).is_none() {
            return self.refused.push(Change::Narrowed { path, from: at.to_string(), to: new.domain().to_string() });
        }
        self.absent.insert(&path, at.clone());
        self.accepted.push(Change::Joined { path, at });
    }

    /// A parameter that is of the recorded space only.
    fn leave(&mut self, old: &Slot, recorded: &Slots, present: &Slots) {
        let path = old.path().to_owned();
        if self.is_out_of_reach(old, recorded) {
            // Who has a value of it has one of what decides on it, which tells enough.
            return;
        }
        let default = || old.given_default().map(|value| label(old, value));
        let Some(at) = present.fixed_at(&path).cloned().or_else(default) else {
            return self.refused.push(Change::Removed { path });
        };
        match self.absent.get(&path) {
            Some(known) if !known.matches(&at.to_json()) => self.refused.push(stands_elsewhere(&path, known, &at)),
            _ => {
                self.absent.insert(&path, at.clone());
                self.accepted.push(Change::Left { path, at });
            }
        }
    }

    fn compare_fixed(&mut self, fixed: &Fixed, recorded: &Slots) {
        let Fixed { path, label } = fixed;
        if recorded.find(path).is_some() {
            // It has left, which is told.
            return;
        }
        match (self.absent.get(path), recorded.fixed_at(path)) {
            (Some(known), _) if !known.matches(&label.to_json()) => {
                self.refused.push(stands_elsewhere(path, known, label));
            }
            (None, Some(before)) if before != label => {
                let (path, from, to) = (path.clone(), before.clone(), label.clone());
                self.accepted.push(Change::FixedElsewhere { path, from, to });
            }
            _ => {}
        }
    }

    /// Whether a parameter hangs on one that stands at another value than it asks for, where nothing is said of that.
    fn is_out_of_reach(&self, slot: &Slot, slots: &Slots) -> bool {
        let Some(Parent { slot: parent, condition }) = slot.parent() else { return false };
        let deciding = slots.slot(parent);
        let Some(at) = self.absent.get(deciding.path()) else { return self.is_out_of_reach(deciding, slots) };
        !deciding.parse(&at.to_json()).is_some_and(|value| condition.allows(value))
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

/// What a parameter was said to stand at cannot be another value later: trials would lie that say nothing of it.
fn stands_elsewhere(path: &str, known: &Label, now: &Label) -> Change {
    let (from, to) = (format!("{known} where nothing is said of it"), format!("{now} there"));
    Change::Different { path: path.to_owned(), from, to }
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
            Change::Joined { path, at } => {
                write!(f, "`{path}` is new: trials that have no value of it count as having had {at}")
            }
            Change::Left { path, at } => {
                write!(
                    f,
                    "`{path}` is no longer tuned, and stands at {at}: trials with another value of it are set aside"
                )
            }
            Change::FixedElsewhere { path, from, to } => {
                write!(
                    f,
                    "`{path}` was fixed at {from}, and is fixed at {to}: all trials count as if that made no difference"
                )
            }
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
                write!(
                    f,
                    "`{path}` is new, and old trials have no value for it: with a `default` they count as having had that"
                )
            }
            Change::Removed { path } => {
                write!(f, "`{path}` is gone, and old trials have values for it: keep the field, with `fixed = value`")
            }
        }
    }
}

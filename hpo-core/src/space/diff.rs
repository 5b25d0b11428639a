//! Safe evolution of a search space: lists the changes since a study recorded it, and decides
//! whether its trials remain valid.
//!
//! Trials are stored by dotted path. A range may be widened, a choice or a variant may be added,
//! and a parameter may be added within a new variant: every old trial remains a point of the new
//! space.
//!
//! A parameter may be added if the value that old trials had is known: the value at which it was
//! fixed, or else its default. A parameter may be removed if its value from then on is known: the
//! value at which it is fixed, or else its former default. Then old trials with exactly that value
//! count. The others are set aside: they are kept, but they belong to another space.
//!
//! The value assumed for trials that lack a parameter is recorded ([`Absent`]) and never changes.
//! If a removed parameter is fixed at another value, new trials store that value.
//!
//! All other changes (a narrower range, a removed choice, another kind or scale) would misrepresent
//! old trials, and are refused.

use std::collections::BTreeMap;

use super::absent::{Absent, ImpliedValue, OffSpace, When};
use super::change::Change;
use super::display::among;
use super::domain::{Categorical, Domain};
use super::flat_space::{Fixed, FlatSpace, Parameter, Parent};
use super::{Condition, Label};

/// All changes from a recorded space to the present one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceDiff {
    /// The changes under which old trials remain valid.
    pub accepted: Vec<Change>,
    /// The changes that would make old trials invalid.
    pub refused: Vec<Change>,
    /// The values assumed from now on for parameters that a trial lacks.
    pub absent: Absent,
}

/// Returns the domain that a study declared last for a path, in its present space or an earlier
/// one.
pub(crate) type Declared<'a> = &'a dyn Fn(&str) -> Option<Domain>;

impl SpaceDiff {
    /// Compares a recorded space with the present one.
    #[must_use]
    pub fn between(recorded: &FlatSpace, present: &FlatSpace) -> Self {
        let declared = |path: &str| Some(recorded.parameter(recorded.find(path)?).domain().clone());
        Self::after(recorded, present, &Absent::default(), &declared)
    }

    /// Compares the spaces of a study that has changed before: `absent` holds the values assumed so
    /// far, `declared` returns the declared domains.
    pub(crate) fn after(
        recorded: &FlatSpace,
        present: &FlatSpace,
        absent: &Absent,
        declared: Declared<'_>,
    ) -> Self {
        let mut changes = Self { absent: absent.clone(), ..Self::default() };
        changes.split_options(present);
        let was_option = |path: &str| declared(path).is_some_and(|domain| is_option(&domain));
        let fixed = spelled_out(present.fixed(), &was_option);
        let before = spelled_out(recorded.fixed(), &|path| {
            present.find(path).is_some_and(|id| is_option(present.parameter(id).domain()))
        });
        for old in recorded {
            match present.find(old.path()) {
                Some(id) => changes.compare((recorded, old), (present, present.parameter(id))),
                None => changes.remove_parameter(old, recorded, fixed.get(old.path())),
            }
        }
        for new in present.iter().filter(|parameter| recorded.find(parameter.path()).is_none()) {
            changes.add_parameter(new, (present, recorded), before.get(new.path()), declared);
        }
        for (path, label) in fixed.iter().filter(|(path, _)| recorded.find(path).is_none()) {
            changes.compare_fixed(path, label, recorded.fixed_at(path), declared);
        }
        for removed in recorded.fixed().iter().filter(|removed| !is_known(present, &removed.path)) {
            changes.record_removed_fixed(removed);
        }
        changes.restore_branches(present, &fixed);
        changes
    }

    /// Compares the present space with a study of another library, which recorded no space. Trials
    /// that are not points of the present space are set aside.
    pub(crate) fn adopting(present: &FlatSpace, declared: &[(String, Domain)]) -> Self {
        let mut changes = Self { absent: Absent::adopted(), ..Self::default() };
        let is_declared = |path: &str| declared.iter().any(|(known, _)| known == path);
        for new in present.iter().filter(|parameter| !is_declared(parameter.path())) {
            if let Some(at) = new.given_default().map(|value| new.domain().label(value)) {
                let path = new.path().to_owned();
                changes.absent.insert(&path, OffSpace::at(at.clone(), When::of(new, present)));
                changes.accepted.push(Change::Joined { path, at });
            }
        }
        let was_option =
            |path: &str| declared.iter().any(|(known, domain)| known == path && is_option(domain));
        for (path, at) in spelled_out(present.fixed(), &was_option)
            .into_iter()
            .filter(|(path, _)| is_declared(path))
        {
            changes.absent.insert(&path, OffSpace::at(at.clone(), None));
            changes.accepted.push(Change::Left { path, at });
        }
        changes
    }

    /// Splits the known value of an `Option` that was one parameter (`null`, or the value of the
    /// part) into the values of its two parameters.
    fn split_options(&mut self, present: &FlatSpace) {
        for parameter in present.iter().filter(|parameter| is_option(parameter.domain())) {
            let Some(OffSpace { lacking: ImpliedValue::At(at), when, .. }) =
                self.absent.get(parameter.path()).cloned()
            else {
                continue;
            };
            if parameter.parse(&at.to_json()).is_none() {
                self.absent.insert(parameter.path(), OffSpace::at(switch(&at), when));
                let part = format!("{}.on", parameter.path());
                if at != Label::Null
                    && let Some(id) = present.find(&part)
                {
                    self.absent
                        .insert(&part, OffSpace::at(at, When::of(present.parameter(id), present)));
                }
            }
        }
    }

    /// Handles a parameter that only the present space tunes. `fixed` is its value in the recorded
    /// space, if it was fixed there.
    fn add_parameter(
        &mut self,
        new: &Parameter,
        (present, recorded): (&FlatSpace, &FlatSpace),
        fixed: Option<&Label>,
        declared: Declared<'_>,
    ) {
        let path = new.path().to_owned();
        if let Some(before) = declared(&path).and_then(|domain| Parameter::alone(&path, domain)) {
            self.compare_domains(&before, new);
        }
        let default = || new.given_default().map(|value| new.domain().label(value));
        let is_cut_off = new.parent().is_some() && declared(&path).is_some() && default().is_none();
        let at = match self.absent.get(&path).map(|entry| entry.lacking.clone()) {
            Some(ImpliedValue::Several) => {
                return self.refused.push(Change::FixedAtSeveral { path });
            }
            Some(ImpliedValue::NoTrial) => {
                self.absent.remove(&path);
                return self.accepted.push(Change::AddedInBranch { path });
            }
            Some(ImpliedValue::At(label)) => Some(label),
            None if is_cut_off
                || is_in_new_branch(new, present, recorded)
                || self.is_out_of_reach(new, present, declared) =>
            {
                return self.accepted.push(Change::AddedInBranch { path });
            }
            None => fixed.cloned().or_else(default),
        };
        let Some(at) = at else { return self.refused.push(Change::Added { path }) };
        if new.parse(&at.to_json()).is_none() {
            return self.refused.push(Change::Narrowed {
                path,
                from: at.to_string(),
                to: new.domain().to_string(),
            });
        }
        self.absent.insert(&path, OffSpace::at(at.clone(), When::of(new, present)));
        self.accepted.push(Change::Joined { path, at });
    }

    /// Handles a parameter that only the recorded space tunes. `fixed` is its value in the present
    /// space, if it is fixed there.
    fn remove_parameter(&mut self, old: &Parameter, recorded: &FlatSpace, fixed: Option<&Label>) {
        let (path, when) = (old.path(), When::of(old, recorded));
        let default = || old.given_default().map(|value| old.domain().label(value));
        let at = fixed.cloned().or_else(default);
        if self.is_cut_off(old, recorded) {
            // A trial with a value of it also has a value of the deciding parameter, which alone
            // decides whether the trial counts.
            if self.absent.get(path).is_none() {
                self.absent
                    .insert(path, OffSpace { lacking: ImpliedValue::NoTrial, now: at, when });
            }
            return;
        }
        let Some(at) = at else {
            return self.refused.push(Change::Removed { path: path.to_owned() });
        };
        if self.absent.get(path).is_none() {
            self.absent.insert(path, OffSpace { lacking: ImpliedValue::NoTrial, now: None, when });
        }
        self.record_value(path, &at, Some(old));
    }

    /// Handles a parameter that is fixed now and was not tuned in the recorded space.
    fn compare_fixed(
        &mut self,
        path: &str,
        label: &Label,
        before: Option<&Label>,
        declared: Declared<'_>,
    ) {
        let tuned = declared(path).and_then(|domain| Parameter::alone(path, domain));
        let entry = self.absent.get(path);
        let is_same = |known: &Label| known.matches(&label.to_json());
        match (entry.map(|entry| &entry.lacking), before) {
            (Some(ImpliedValue::At(_)), _)
                if entry.and_then(OffSpace::present).is_some_and(is_same) => {}
            (Some(ImpliedValue::NoTrial), _) => self.record_value(path, label, tuned.as_ref()),
            (Some(ImpliedValue::At(_)), _) if tuned.is_some() => {
                self.record_value(path, label, tuned.as_ref());
            }
            (Some(ImpliedValue::At(from)), _) => self.change_fixed_value(path, from.clone(), label),
            (None, None) if tuned.is_some() => {
                self.absent.insert(
                    path,
                    OffSpace { lacking: ImpliedValue::NoTrial, now: None, when: None },
                );
                self.record_value(path, label, tuned.as_ref());
            }
            (_, Some(from)) if from != label => self.change_fixed_value(path, from.clone(), label),
            _ => {}
        }
    }

    /// Handles a fixed value that was never tuned and has changed: from now on, it is not known
    /// which trial had which value.
    fn change_fixed_value(&mut self, path: &str, from: Label, to: &Label) {
        self.absent
            .insert(path, OffSpace { lacking: ImpliedValue::Several, now: None, when: None });
        self.accepted.push(Change::FixedElsewhere { path: path.to_owned(), from, to: to.clone() });
    }

    /// Records `at` as the value of a parameter that is not tuned from now on.
    fn record_value(&mut self, path: &str, at: &Label, tuned: Option<&Parameter>) {
        let Some(entry) = self.absent.get(path).cloned() else { return };
        let (lacking, now) = match entry.lacking {
            ImpliedValue::Several => return,
            // No old trial lacks a value, so only new trials will, and they have this one.
            ImpliedValue::NoTrial => (ImpliedValue::At(at.clone()), None),
            ImpliedValue::At(known) if known.matches(&at.to_json()) => {
                (ImpliedValue::At(known), None)
            }
            ImpliedValue::At(known)
                if tuned.is_some_and(|parameter| parameter.parse(&at.to_json()).is_some()) =>
            {
                (ImpliedValue::At(known), Some(at.clone()))
            }
            ImpliedValue::At(known) => return self.refused.push(value_conflict(path, &known, at)),
        };
        self.absent.insert(path, OffSpace { lacking, now, when: entry.when });
        self.accepted.push(Change::Left { path: path.to_owned(), at: at.clone() });
    }

    /// Records a fixed value that was removed: if the parameter returns, old trials had that value.
    fn record_removed_fixed(&mut self, Fixed { path, label }: &Fixed) {
        if self.absent.get(path).is_none() {
            self.absent.insert(path, OffSpace::at(label.clone(), None));
        }
    }

    /// Handles branches that return without some of their parameters: from now on, trials in such a
    /// branch have the defaults of these parameters.
    fn restore_branches(&mut self, present: &FlatSpace, fixed: &BTreeMap<String, Label>) {
        let is_back = |(path, entry): &(&str, &OffSpace)| {
            let is_untuned = present.find(path).is_none() && !fixed.contains_key(*path);
            let is_reached =
                entry.when.as_ref().is_some_and(|when| present.find(&when.under).is_some());
            entry.lacking == ImpliedValue::NoTrial && is_untuned && is_reached
        };
        let back: Vec<(String, Option<Label>)> = self
            .absent
            .iter()
            .filter(is_back)
            .map(|(path, entry)| (path.to_owned(), entry.now.clone()))
            .collect();
        for (path, now) in back {
            match now {
                Some(at) => self.record_value(&path, &at, None),
                None => self.refused.push(Change::Removed { path }),
            }
        }
    }

    /// Returns true if a parameter of the recorded space depends on a removed one, which has a
    /// value that makes it inactive.
    fn is_cut_off(&self, parameter: &Parameter, flat: &FlatSpace) -> bool {
        let Some(Parent { parameter: parent, condition }) = parameter.parent() else {
            return false;
        };
        let deciding = flat.parameter(parent);
        match self.absent.get(deciding.path()).and_then(OffSpace::present) {
            Some(at) if self.is_removed(deciding) => {
                !allows(deciding, condition, at) || self.is_cut_off(deciding, flat)
            }
            _ => self.is_cut_off(deciding, flat),
        }
    }

    fn is_removed(&self, parameter: &Parameter) -> bool {
        self.accepted
            .iter()
            .any(|change| matches!(change, Change::Left { path, .. } if path == parameter.path()))
    }

    /// Returns true if no trial can have a value of a parameter of the present space: its parent is
    /// added by this change, and old trials have a value of the parent that makes it inactive.
    fn is_out_of_reach(
        &self,
        parameter: &Parameter,
        flat: &FlatSpace,
        declared: Declared<'_>,
    ) -> bool {
        let Some(Parent { parameter: parent, condition }) = parameter.parent() else {
            return false;
        };
        let deciding = flat.parameter(parent);
        match self.absent.get(deciding.path()).and_then(|entry| entry.lacking.label()) {
            Some(at) if declared(deciding.path()).is_none() => !allows(deciding, condition, at),
            _ => self.is_out_of_reach(deciding, flat, declared),
        }
    }

    /// Returns true if nothing that matters to trials has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty() && self.refused.is_empty()
    }

    fn compare(
        &mut self,
        (recorded, old): (&FlatSpace, &Parameter),
        (present, new): (&FlatSpace, &Parameter),
    ) {
        let path = || old.path().to_owned();
        if condition(recorded, old.parent()) != condition(present, new.parent()) {
            let (from, to) = (condition(recorded, old.parent()), condition(present, new.parent()));
            self.refused.push(Change::Different { path: path(), from, to });
            return;
        }
        self.compare_domains(old, new);
    }

    fn compare_domains(&mut self, old: &Parameter, new: &Parameter) {
        match (old.domain(), new.domain()) {
            (Domain::Categorical(before), Domain::Categorical(now)) => {
                self.compare_choices(old.path(), before, now);
            }
            (Domain::Float(a), Domain::Float(b)) if a.log == b.log => self.compare_ranges(old, new),
            (Domain::Int(a), Domain::Int(b)) if a.log == b.log => self.compare_ranges(old, new),
            (from, to) => {
                let (path, from, to) = (old.path().to_owned(), from.to_string(), to.to_string());
                self.refused.push(Change::Different { path, from, to });
            }
        }
    }

    fn compare_choices(&mut self, path: &str, old: &Categorical, new: &Categorical) {
        for label in old.choices.iter().filter(|label| !new.choices.contains(label)) {
            self.refused
                .push(Change::ChoiceRemoved { path: path.to_owned(), label: label.clone() });
        }
        for label in new.choices.iter().filter(|label| !old.choices.contains(label)) {
            self.accepted.push(Change::ChoiceAdded { path: path.to_owned(), label: label.clone() });
        }
    }

    fn compare_ranges(&mut self, old: &Parameter, new: &Parameter) {
        let [path, from, to] =
            [old.path().to_owned(), old.domain().to_string(), new.domain().to_string()];
        if !contains_all(new, old) {
            self.refused.push(Change::Narrowed { path, from, to });
        } else if !contains_all(old, new) {
            self.accepted.push(Change::Widened { path, from, to });
        }
    }
}

/// Returns true if `wide` may take every value of `narrow`, a parameter of the same kind and scale.
/// An arithmetic or geometric progression contains another one if it contains its first steps and
/// its end.
fn contains_all(wide: &Parameter, narrow: &Parameter) -> bool {
    let Some(last) = narrow.axis.last() else {
        let bounds = [narrow.decode(0.0), narrow.decode(1.0)];
        return wide.axis.last().is_none() && bounds.iter().all(|end| wide.contains(*end));
    };
    [0, 1, 2, last].iter().all(|index| wide.contains(narrow.axis.level(*index)))
}

/// Returns true if the parameter is active only under a choice or length that no old trial can
/// have.
fn is_in_new_branch(parameter: &Parameter, present: &FlatSpace, recorded: &FlatSpace) -> bool {
    let Some(parent) = parameter.parent() else {
        return false;
    };
    let deciding = present.parameter(parent.parameter);
    let Some(old) = recorded.find(deciding.path()).map(|id| recorded.parameter(id)) else {
        return is_in_new_branch(deciding, present, recorded);
    };
    match (parent.condition, deciding.domain(), old.domain()) {
        (Condition::Equals(index), Domain::Categorical(now), Domain::Categorical(before)) => {
            !before.choices.contains(&now.choices[index as usize])
        }
        (
            condition @ Condition::OneOf(_),
            Domain::Categorical(now),
            Domain::Categorical(before),
        ) => {
            let mut active_choices =
                now.choices.iter().zip(0..).filter(|(_, index)| condition.holds(*index));
            active_choices.all(|(choice, _)| !before.choices.contains(choice))
        }
        (Condition::LengthAbove(index), _, Domain::Int(before)) => i128::from(index) >= before.high,
        _ => false,
    }
}

fn allows(deciding: &Parameter, condition: Condition, at: &Label) -> bool {
    deciding.parse(&at.to_json()).is_some_and(|value| condition.allows(value))
}

/// Returns the fixed values of a space by path. An `Option` of a number, which is fixed at the
/// number or at `null`, is returned as the two parameters that it has when tuned: a switch that
/// says whether the part is present, and its value.
fn spelled_out(fixed: &[Fixed], is_option: &dyn Fn(&str) -> bool) -> BTreeMap<String, Label> {
    let mut by_path = BTreeMap::new();
    for Fixed { path, label } in fixed {
        let is_switch = [Label::from("off"), Label::from("on")].contains(label);
        if is_switch || !is_option(path) {
            by_path.insert(path.clone(), label.clone());
            continue;
        }
        by_path.insert(path.clone(), switch(label));
        if *label != Label::Null {
            by_path.insert(format!("{path}.on"), label.clone());
        }
    }
    by_path
}

/// Returns the choice of the switch of an optional part with this value: `off` for `null`, or else
/// `on`.
fn switch(label: &Label) -> Label {
    Label::from(if *label == Label::Null { "off" } else { "on" })
}

/// Returns true if the domain is that of the switch of an optional part.
fn is_option(domain: &Domain) -> bool {
    matches!(domain, Domain::Categorical(categorical)
        if categorical.choices == ["off", "on"].map(Label::from))
}

/// Returns true if a space tunes or fixes the parameter at a path.
fn is_known(flat: &FlatSpace, path: &str) -> bool {
    flat.find(path).is_some() || flat.fixed_at(path).is_some()
}

/// Returns the change for a value that new trials cannot store: they would count as trials that
/// lack the parameter.
fn value_conflict(path: &str, known: &Label, now: &Label) -> Change {
    let (from, to) =
        (format!("{known} in trials that have no value of it"), format!("fixed at {now}"));
    Change::Different { path: path.to_owned(), from, to }
}

/// Describes the condition of a parameter in terms that are valid in both spaces.
fn condition(flat: &FlatSpace, parent: Option<Parent>) -> String {
    let Some(parent) = parent else {
        return "always active".to_owned();
    };
    let deciding = flat.parameter(parent.parameter);
    match (parent.condition, deciding.domain()) {
        (Condition::Equals(index), Domain::Categorical(categorical)) => {
            format!("active if {} = {}", deciding.path(), categorical.choices[index as usize])
        }
        (condition @ Condition::OneOf(_), Domain::Categorical(categorical)) => {
            format!("active if {} = {}", deciding.path(), among(condition, categorical))
        }
        (Condition::OneOf(_), _) => "never active".to_owned(),
        (Condition::Equals(index) | Condition::LengthAbove(index), _) => {
            format!("active if {} > {index}", deciding.path())
        }
    }
}

//! The data for the filters of a page: one letter per trial for its state, and one for its variant
//! of each choice.

use serde::Serialize;

use crate::report::StudyView;
use crate::report::figure::branches;
use crate::space::{Domain, Label, Value};
use crate::trial::{ParamId, State};

/// The letter of the first option; the others follow in the order of their code points.
const FIRST: u32 = 0x30;
/// The letter of a trial in which the choice is inactive.
const NONE: char = '.';
/// The largest number of options of a filter. Their letters are printable ASCII.
const MOST: usize = 60;

/// The data for the filters of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(in crate::report) struct Filters {
    filters: Vec<Filter>,
}

/// A property by which trials can be filtered.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Filter {
    name: String,
    options: Vec<String>,
    /// The letter of each trial's option, by trial number.
    codes: String,
}

impl Filters {
    pub(in crate::report) fn of(view: &StudyView<'_>) -> Self {
        let trials = view.trials;
        let present = present(view);
        let state =
            |number: u64| present.iter().position(|state| trials.state(number) == Some(*state));
        let mut codes: Vec<String> =
            vec![(0..trials.len()).map(|number| code(state(number))).collect()];
        for (id, _) in choices(view) {
            let chosen = |number: u64| {
                view.value(number, id).and_then(Value::as_choice).map(|index| index as usize)
            };
            codes.push((0..trials.len()).map(|number| code(chosen(number))).collect());
        }
        let named = Self::names(view).into_iter().zip(codes);
        let filters = named.map(|((name, options), codes)| Filter { name, options, codes });
        Self { filters: filters.collect() }
    }

    /// Returns the name and the options of each filter.
    pub(super) fn names(view: &StudyView<'_>) -> Vec<(String, Vec<String>)> {
        let states = present(view).iter().map(ToString::to_string).collect();
        let mut names = vec![("state".to_owned(), states)];
        for (id, labels) in choices(view) {
            let options = labels.iter().map(ToString::to_string).collect();
            names.push((view.param(id).path.clone(), options));
        }
        names
    }
}

/// Returns the states in which there are trials.
fn present(view: &StudyView<'_>) -> Vec<State> {
    State::ALL.into_iter().filter(|state| view.count(*state) > 0).collect()
}

/// Returns the choices that have a filter, with their labels.
fn choices<'a>(view: &StudyView<'a>) -> Vec<(ParamId, &'a [Label])> {
    let labels = |id: ParamId| match &view.param(id).domain {
        Domain::Categorical(categorical) => Some((id, &categorical.choices[..])),
        _ => None,
    };
    let has_filter = |one: &(ParamId, &[Label])| (2..=MOST).contains(&one.1.len());
    branches(view).into_iter().filter_map(labels).filter(has_filter).collect()
}

fn code(option: Option<usize>) -> char {
    option.and_then(|option| char::from_u32(FIRST + option as u32)).unwrap_or(NONE)
}

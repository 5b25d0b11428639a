//! The data for the filters of a page: one letter per trial for its state, and one for its variant
//! of each choice.

use serde::Serialize;

use crate::report::StudyView;
use crate::report::figure::branches;
use crate::space::{Domain, Value};
use crate::trial::State;

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
        let present: Vec<State> =
            State::ALL.into_iter().filter(|state| view.count(*state) > 0).collect();
        let state =
            |number: u64| present.iter().position(|state| trials.state(number) == Some(*state));
        let mut filters = vec![Filter {
            name: "state".to_owned(),
            options: present.iter().map(ToString::to_string).collect(),
            codes: (0..trials.len()).map(|number| code(state(number))).collect(),
        }];
        for id in branches(view) {
            let param = view.param(id);
            let Domain::Categorical(categorical) = &param.domain else { continue };
            if !(2..=MOST).contains(&categorical.choices.len()) {
                continue;
            }
            let chosen = |number: u64| {
                view.value(number, id).and_then(Value::as_choice).map(|index| index as usize)
            };
            filters.push(Filter {
                name: param.path.clone(),
                options: categorical.choices.iter().map(ToString::to_string).collect(),
                codes: (0..trials.len()).map(|number| code(chosen(number))).collect(),
            });
        }
        Self { filters }
    }

    /// Returns the name and the options of each filter.
    pub(super) fn names(&self) -> Vec<(&str, &[String])> {
        self.filters.iter().map(|one| (one.name.as_str(), &one.options[..])).collect()
    }
}

fn code(option: Option<usize>) -> char {
    option.and_then(|option| char::from_u32(FIRST + option as u32)).unwrap_or(NONE)
}

//! The table of trials, for spreadsheets and programs.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::csv;
use super::figure::sample::sample;
use super::{Subject, value_columns};
use crate::space::Label;
use crate::trial::State;

/// The trials of a study, a row each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialTable {
    /// The number of objectives.
    pub objectives: usize,
    /// What their values are called: `value`, or `value 0`, `value 1`, ..., or the names of their metrics.
    pub values: Vec<String>,
    /// The parameters by path: the columns of [`TrialRow::params`].
    pub params: Vec<String>,
    /// The constraints by name: the columns of [`TrialRow::constraints`].
    pub constraints: Vec<String>,
    /// The trials, by number.
    pub rows: Vec<TrialRow>,
    /// How many trials the study has: as many as rows, unless this is a sample.
    pub of: u64,
}

/// A trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialRow {
    /// Its number.
    pub number: u64,
    /// How it stands.
    pub state: State,
    /// Its values, one an objective; empty unless it is complete.
    pub values: Vec<f64>,
    /// How long it ran, in seconds.
    pub seconds: Option<f64>,
    /// Its parameters; none where one is not active.
    pub params: Vec<Option<Label>>,
    /// By how much it breaks constraints; none where it did not report one.
    pub constraints: Vec<Option<f64>>,
    /// Why it failed or was pruned.
    pub message: Option<String>,
}

impl TrialTable {
    /// All trials.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Self {
        Self::sampled(subject, usize::MAX)
    }

    /// At most so many trials: the best, the latest, and of the others one at even distances.
    #[must_use]
    pub fn sampled(subject: &Subject<'_>, most: usize) -> Self {
        let trials = subject.trials;
        let ids = subject.params();
        let all: Vec<u64> = (0..trials.len()).collect();
        let value = |number: &u64| trials.values(*number).first().copied().unwrap_or(f64::NAN);
        let direction = subject.directions.first().copied().unwrap_or(crate::trial::Direction::Minimize);
        let kept = sample(&all, most, |a, b| direction.order(value(a), value(b)));
        let names: BTreeSet<String> = kept.iter().flat_map(|number| trials.constraints(*number).into_keys()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let mut column = vec![usize::MAX; trials.declared().len()];
        for (place, id) in ids.iter().enumerate() {
            column[id.0 as usize] = place;
        }
        let row = |number: u64| {
            let mut params = vec![None; ids.len()];
            for (id, value) in trials.params(number) {
                params[column[id.0 as usize]] = Some(subject.label(id, value));
            }
            let reported = trials.constraints(number);
            let (start, end) = trials.times(number);
            TrialRow {
                number,
                state: trials.state(number).unwrap_or(State::Waiting),
                values: trials.values(number).to_vec(),
                seconds: start.zip(end).map(|(start, end)| end.since(start).as_secs_f64()),
                params,
                constraints: names.iter().map(|name| reported.get(name).copied()).collect(),
                message: trials.message(number).map(str::to_owned),
            }
        };
        Self {
            objectives: subject.directions.len(),
            values: value_columns(subject.directions.len(), subject.metrics),
            params: ids.iter().map(|id| subject.param(*id).path.clone()).collect(),
            rows: kept.into_iter().map(row).collect(),
            constraints: names,
            of: trials.len(),
        }
    }

    /// A header and a line a trial, as RFC 4180 has it; numbers in full, nothing where there is nothing. A text that a spreadsheet would
    /// take for a formula has an apostrophe before it ([`csv`](super::csv)).
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut header = vec!["trial".to_owned(), "state".to_owned()];
        header.extend(self.values.iter().cloned());
        header.push("seconds".to_owned());
        header.extend(self.params.iter().map(|path| format!("params.{path}")));
        header.extend(self.constraints.iter().map(|name| format!("constraints.{name}")));
        header.push("message".to_owned());
        let mut text = csv::line(header);
        for row in &self.rows {
            let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
            let mut fields = vec![row.number.to_string(), row.state.to_string()];
            fields.extend((0..self.objectives).map(|objective| number(row.values.get(objective).copied())));
            fields.push(number(row.seconds));
            fields.extend(row.params.iter().map(|label| label.as_ref().map_or_else(String::new, Label::to_string)));
            fields.extend(row.constraints.iter().map(|value| number(*value)));
            fields.push(row.message.clone().unwrap_or_default());
            text += &csv::line(fields);
        }
        text
    }

    /// A list of objects. Infinities are text, as JSON has no word for them; a parameter that is not active is no member.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Array(self.rows.iter().map(|row| self.object(row)).collect())
    }

    fn object(&self, row: &TrialRow) -> Json {
        let params = self.params.iter().zip(&row.params);
        let params = params.filter_map(|(path, label)| Some((path.clone(), label.as_ref()?.to_json())));
        let constraints = self.constraints.iter().zip(&row.constraints);
        let constraints = constraints.filter_map(|(name, value)| Some((name.clone(), number((*value)?))));
        serde_json::json!({
            "trial": row.number, "state": row.state, "values": row.values.iter().map(|value| number(*value)).collect::<Vec<_>>(),
            "seconds": row.seconds, "params": params.collect::<Map<_, _>>(),
            "constraints": constraints.collect::<Map<_, _>>(), "message": row.message,
        })
    }
}

fn number(value: f64) -> Json {
    serde_json::Number::from_f64(value).map_or_else(|| Json::from(value.to_string()), Json::Number)
}

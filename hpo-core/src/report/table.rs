//! The table of trials, for spreadsheets and programs.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::csv;
use super::figure::sample::sample;
use super::{StudyView, json_number, value_columns};
use crate::space::Label;
use crate::trial::{ParamId, State};

/// The trials of a study, one row each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialTable {
    /// The number of objectives.
    pub objectives: usize,
    /// The names of the value columns: `value`, or `value 0`, `value 1`, ..., or the names of the
    /// metrics.
    pub values: Vec<String>,
    /// The paths of the parameters: the columns of [`TrialRow::params`].
    pub params: Vec<String>,
    /// The names of the constraints: the columns of [`TrialRow::constraints`].
    pub constraints: Vec<String>,
    /// The trials, by number.
    pub rows: Vec<TrialRow>,
    /// The number of trials of the study, which is greater than the number of rows if this is a
    /// sample.
    pub of: u64,
}

/// One trial as a row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialRow {
    /// The number of the trial.
    pub number: u64,
    /// The state of the trial.
    pub state: State,
    /// The values, one per objective; empty unless the trial is complete.
    pub values: Vec<f64>,
    /// The duration in seconds; `None` if the start or the end is not known.
    pub seconds: Option<f64>,
    /// The parameters, one per column; `None` where one is inactive.
    pub params: Vec<Option<Label>>,
    /// The constraint violations, one per column: positive if broken, `None` if the trial did not
    /// report it.
    pub constraints: Vec<Option<f64>>,
    /// The reason why the trial failed or was pruned.
    pub message: Option<String>,
}

impl TrialTable {
    /// Returns the table of all trials.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Self {
        Self::sampled(view, usize::MAX)
    }

    /// Returns the table of at most `most` trials: the best, the latest, and an evenly spaced
    /// sample of the others.
    #[must_use]
    pub fn sampled(view: &StudyView<'_>, most: usize) -> Self {
        let trials = view.trials;
        let all: Vec<u64> = (0..trials.len()).collect();
        let value = |number: &u64| trials.values(*number).first().copied().unwrap_or(f64::NAN);
        let direction =
            view.directions.first().copied().unwrap_or(crate::trial::Direction::Minimize);
        let sampled = sample(&all, most, |a, b| direction.order(value(a), value(b)));
        Self::chosen(view, &view.params(), &sampled)
    }

    /// Returns the table of these trials, in this order, with columns for these parameters. They
    /// include all that the trials have.
    #[doc(hidden)]
    #[must_use]
    pub fn chosen(view: &StudyView<'_>, ids: &[ParamId], numbers: &[u64]) -> Self {
        let trials = view.trials;
        let names: BTreeSet<String> =
            (0..trials.len()).flat_map(|number| trials.constraints(number).into_keys()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let mut column = vec![usize::MAX; trials.declared().len()];
        for (index, id) in ids.iter().enumerate() {
            column[id.0 as usize] = index;
        }
        let row = |&number: &u64| {
            let mut params = vec![None; ids.len()];
            for (id, value) in trials.params(number) {
                params[column[id.0 as usize]] = Some(view.label(id, value));
            }
            let reported = trials.constraints(number);
            // The time 0 means that it is not known.
            let (start, end) = trials.times(number);
            let start = start.filter(|start| start.0 > 0);
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
            objectives: view.directions.len(),
            values: value_columns(view.directions.len(), view.metrics),
            params: ids.iter().map(|id| view.param(*id).path.clone()).collect(),
            rows: numbers.iter().map(row).collect(),
            constraints: names,
            of: trials.len(),
        }
    }

    /// Returns the table as CSV according to RFC 4180, with a header and one line per trial.
    /// Numbers have full precision, and missing cells are empty. A text that a spreadsheet could
    /// treat as a formula begins with an apostrophe ([`csv`](super::csv)).
    #[must_use]
    pub fn to_csv(&self) -> String {
        let rows = self.rows.iter().map(|row| csv::line(self.fields(row)));
        csv::line(self.columns()) + &rows.collect::<String>()
    }

    /// Returns the names of all columns.
    pub(crate) fn columns(&self) -> Vec<String> {
        let mut columns = vec!["trial".to_owned(), "state".to_owned()];
        columns.extend(self.values.iter().cloned());
        columns.push("seconds".to_owned());
        columns.extend(self.params.iter().map(|path| format!("params.{path}")));
        columns.extend(self.constraints.iter().map(|name| format!("constraints.{name}")));
        columns.push("message".to_owned());
        columns
    }

    /// Returns a row as texts, one per column; missing cells are empty.
    pub(crate) fn fields(&self, row: &TrialRow) -> Vec<String> {
        let number =
            |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:?}"));
        let label =
            |label: &Option<Label>| label.as_ref().map_or_else(String::new, Label::to_string);
        let mut fields = vec![row.number.to_string(), row.state.to_string()];
        let values = (0..self.values.len()).map(|objective| row.values.get(objective).copied());
        fields.extend(values.map(number));
        fields.push(row.seconds.map_or_else(String::new, |seconds| seconds.to_string()));
        fields.extend(row.params.iter().map(label));
        fields.extend(row.constraints.iter().copied().map(number));
        fields.push(row.message.clone().unwrap_or_default());
        fields
    }

    /// Returns the table as a list of objects. Infinities are text, as JSON cannot represent them.
    /// Inactive parameters are omitted.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Array(self.rows.iter().map(|row| self.object(row)).collect())
    }

    fn object(&self, row: &TrialRow) -> Json {
        let params = self.params.iter().zip(&row.params);
        let params =
            params.filter_map(|(path, label)| Some((path.clone(), label.as_ref()?.to_json())));
        let constraints = self.constraints.iter().zip(&row.constraints);
        let constraints =
            constraints.filter_map(|(name, value)| Some((name.clone(), json_number((*value)?))));
        let values: Vec<_> = row.values.iter().map(|value| json_number(*value)).collect();
        serde_json::json!({
            "trial": row.number, "state": row.state, "values": values,
            "seconds": row.seconds, "params": params.collect::<Map<_, _>>(),
            "constraints": constraints.collect::<Map<_, _>>(), "message": row.message,
        })
    }
}

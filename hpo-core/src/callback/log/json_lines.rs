//! A log of trials or reports as JSON objects, one per line.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Map, Value as Json, json};

use super::{Lines, Rows, reported};
use crate::error::Result;
use crate::report::json_number;
use crate::space::Params;
use crate::study::{Callback, Flow, RunEvent};
use crate::sync::lock;
use crate::trial::TrialRecord;

/// Writes a line with a JSON object for each trial that ends, or for each report.
///
/// The object of a trial has `trial`, `state`, `values`, `seconds`, `params` (the active ones),
/// `metrics` (the last value of each logged metric), `attributes` (the user's), and `constraints`
/// and `message` if there are any. The object of a report has `trial`, `execution`, `step`, `value`
/// (`null` if metrics were logged without the objective) and `metrics`. Infinities and NaN, which
/// JSON cannot represent, are strings: `"inf"`, `"-inf"`, `"NaN"`. An existing file is appended to.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::callback::JsonLines;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Point {
/// #     #[search_space(range = 0.0..=1.0)]
/// #     x: f64,
/// # }
/// # let folder = std::env::temp_dir().join(format!("hpo-doc-json-{}", std::process::id()));
/// let path = folder.join("trials.jsonl");
/// let study = Study::<Point>::minimize().callback(JsonLines::builder(&path).build()?).open()?;
/// study.optimize(3, |point, _| point.x)?;
/// let text = std::fs::read_to_string(&path)?;
/// let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap())?;
/// assert_eq!(first["params"]["x"], first["values"][0]);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JsonLines {
    rows: Rows,
    state: Mutex<JsonLinesState>,
}

#[derive(Debug)]
struct JsonLinesState {
    lines: Lines,
    /// The last value of each metric of the running trials, by trial number.
    metrics: HashMap<u64, BTreeMap<String, f64>>,
}

/// Settings of a [`JsonLines`], whose file is not yet open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing happens before `build`"]
pub struct JsonLinesBuilder {
    path: PathBuf,
    rows: Rows,
}

impl JsonLinesBuilder {
    /// Writes a line for each report of a trial instead. A step that is repeated after a crash gets
    /// another line: the last one counts.
    pub fn reports(self) -> Self {
        Self { rows: Rows::Reports, ..self }
    }

    /// Opens the file and returns the callback.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened for reading and writing.
    pub fn build(self) -> Result<JsonLines> {
        JsonLines::open(&self.path, self.rows)
    }
}

impl JsonLines {
    /// Returns a builder of a log with a line for each trial that ends, in the file at `path`.
    /// Missing folders are created.
    pub fn builder(path: impl AsRef<Path>) -> JsonLinesBuilder {
        JsonLinesBuilder { path: path.as_ref().to_owned(), rows: Rows::Trials }
    }

    fn open(path: &Path, rows: Rows) -> Result<Self> {
        let (lines, _) = Lines::open(path)?;
        Ok(Self { rows, state: Mutex::new(JsonLinesState { lines, metrics: HashMap::new() }) })
    }
}

impl Callback for JsonLines {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut state = lock(&self.state);
        match (self.rows, *event) {
            (_, RunEvent::Started { .. }) => state.metrics.clear(),
            (Rows::Trials, RunEvent::Reported { number, metrics, .. }) => {
                let last = state.metrics.entry(number).or_default();
                last.extend(metrics.iter().map(|(name, value)| ((*name).to_owned(), *value)));
            }
            (Rows::Trials, RunEvent::TrialEnded { trial, .. }) => {
                let metrics = state.metrics.remove(&trial.number).unwrap_or_default();
                state.append(&row(trial, &metrics));
            }
            (
                Rows::Reports,
                RunEvent::Reported { number, execution, step, value, metrics: all },
            ) => {
                let metrics: Map<_, _> = all
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), json_number(*value)))
                    .collect();
                let (trial, value) = (number, reported(value, all).map(json_number));
                state.append(&json!({
                    "trial": trial, "execution": execution, "step": step, "value": value,
                    "metrics": metrics,
                }));
            }
            _ => {}
        }
        Flow::Continue
    }
}

impl JsonLinesState {
    fn append(&mut self, row: &Json) {
        self.lines.append(&format!("{row}\n"));
    }
}

fn row(trial: &TrialRecord, metrics: &BTreeMap<String, f64>) -> Json {
    let mut row = json!({
        "trial": trial.number,
        "state": trial.state,
        "values": trial.values.iter().map(|value| json_number(*value)).collect::<Vec<_>>(),
        "seconds": trial.duration().map(|duration| duration.as_secs_f64()),
        "params": trial.params.as_ref().map(Params::to_json),
        "metrics": metrics
            .iter()
            .map(|(name, value)| (name.clone(), json_number(*value)))
            .collect::<Map<_, _>>(),
        "attributes": trial.attributes.user,
    });
    let constraints = trial.constraints();
    if !constraints.is_empty() {
        row["constraints"] =
            constraints.into_iter().map(|(name, value)| (name, json_number(value))).collect();
    }
    if let Some(message) = &trial.message {
        row["message"] = Json::from(message.as_str());
    }
    row
}

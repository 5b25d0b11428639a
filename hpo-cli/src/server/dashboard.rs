//! What the page of a study shows besides its figures: the overview, and the table of trials.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use hpo_core::report::served;
use hpo_core::space::{Condition, Domain, FlatSpace, Label, Parameter};
use hpo_core::trial::{Timestamp, Trials};
use serde_json::{Map, Value as Json, json};

use super::reply::Problem;
use super::route::Asked;
use super::snapshot::{self, Snapshot};
use super::trials::number;
use super::{App, studies};

/// The parameters of the table of trials.
pub(super) const QUERY: &[(&str, &str)] = &[(
    "since",
    "the `changes` of the last answer: only trials that have changed since (default 0)",
)];

/// The largest number of running trials that are shown.
const MOST_RUNNING: usize = 50;

/// The largest number of points of a running trial's curve.
const MOST_POINTS: usize = 100;

/// Returns the state of a study at one moment.
pub(super) fn overview(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let snapshot = snapshot::of(app, &asked.names[0])?;
    let (record, trials) = (&snapshot.record, &snapshot.trials);
    let now = Timestamp::now();
    let running: Vec<Json> = trials
        .running()
        .iter()
        .rev()
        .take(MOST_RUNNING)
        .map(|number| running(trials, *number, now))
        .collect();
    Ok(json!({
        "name": record.name, "changes": snapshot.changes,
        "directions": record.directions, "metrics": record.metric_names(),
        "facts": served::facts(&snapshot.view()), "trials": studies::counts(trials),
        "running": running, "panels": panels(&snapshot),
        "attributes": record.attributes.user,
        "space": snapshot.flat().map(|flat| space(flat)).unwrap_or_default(),
    }))
}

/// Returns the trials that have changed since a number of changes, by columns. Those that have not
/// ended are always included.
pub(super) fn table(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let since = match asked.get("since") {
        None => 0,
        Some(text) => text.parse().map_err(|_| {
            Problem::new(400, "`since` is not a whole number", "write it in digits")
        })?,
    };
    let snapshot = snapshot::of(app, &asked.names[0])?;
    let trials = &snapshot.trials;
    let has_changed = |number: &u64| {
        let is_open = trials.state(*number).is_some_and(|state| !state.is_finished());
        let last = trials.ordinals(*number).into_iter().flatten().max();
        since == 0 || is_open || last.is_none_or(|last| last >= since)
    };
    let numbers: Vec<u64> = (0..trials.len()).filter(has_changed).collect();
    let mut json = served::trials(&snapshot.view(), &numbers);
    json["changes"] = json!(snapshot.changes);
    let mut hasher = DefaultHasher::new();
    (snapshot.record.space_json(), snapshot.record.identity()).hash(&mut hasher);
    json["space"] = json!(format!("{:016x}", hasher.finish()));
    Ok(json)
}

/// Returns the panels that have something to show.
fn panels(snapshot: &Snapshot) -> Vec<&'static str> {
    let (trials, view) = (&snapshot.trials, snapshot.view());
    let has_reports = || (0..trials.len()).any(|number| !trials.reports(number).is_empty());
    let has_choices = || {
        let is_choice = |id| matches!(view.param(id).domain, Domain::Categorical(_));
        view.params().into_iter().any(is_choice)
    };
    let has_times = || (0..trials.len()).any(|number| trials.times(number).1.is_some());
    let is_complete = || trials.complete().next().is_some();
    let mut panels = vec!["overview"];
    let mut add = |name, is_there: bool| panels.extend(is_there.then_some(name));
    add("front", snapshot.record.directions.len() > 1 && is_complete());
    add("history", is_complete());
    add("curves", has_reports());
    add("parameters", is_complete());
    add("branches", has_choices());
    add("timeline", has_times());
    panels.extend(["trials", "config", "actions"]);
    panels
}

fn running(trials: &Trials, own: u64, now: Timestamp) -> Json {
    let params = trials.params(own).map(|(id, value)| {
        let param = &trials.declared()[id.0 as usize];
        (param.path.clone(), param.domain.label(value).to_json())
    });
    let reports = trials.reports(own);
    let step = reports.len().div_ceil(MOST_POINTS).max(1);
    // The last report is always shown.
    let curve =
        reports.iter().rev().step_by(step).map(|(step, value)| json!([step, number(*value)]));
    let mut curve: Vec<Json> = curve.collect();
    curve.reverse();
    json!({
        "number": own, "reports": curve, "params": params.collect::<Map<String, Json>>(),
        "seconds": trials.times(own).0.map(|started| now.since(started).as_secs_f64()),
    })
}

/// Returns the parameters of a space, parents before children.
fn space(flat: &FlatSpace) -> Vec<Json> {
    flat.iter().map(parameter).collect()
}

fn parameter(parameter: &Parameter) -> Json {
    let domain = parameter.domain();
    let mut json = json!({
        "path": parameter.path(), "domain": domain.to_string(),
        "default": domain.label(parameter.default_value()).to_json(),
        "parent": parameter.parent().map(|parent| parent.parameter),
    });
    if let Domain::Categorical(categorical) = domain {
        json["choices"] = categorical.choices.iter().map(Label::to_json).collect();
    }
    match parameter.parent().map(|parent| parent.condition) {
        Some(Condition::LengthAbove(index)) => json["above"] = json!(index),
        Some(condition) => {
            json["variants"] = (0..64).filter(|choice| condition.holds(*choice)).collect();
        }
        None => {}
    }
    json
}

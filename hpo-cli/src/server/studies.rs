//! The studies of the storage, as JSON.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hpo_core::storage::{StudyId, StudyRecord};
use hpo_core::study::seen_through;
use hpo_core::trial::{AttributeScope, Event, State, Timestamp, Trials};
use serde_json::{Map, Value as Json, json};

use super::App;
use super::lookup::find;
use super::reply::Problem;
use super::route::Asked;
use super::trials::trial_json;

/// The body of a request that sets an attribute.
pub(super) const ATTRIBUTE: &str = r#"{"type": "object", "required": ["key", "value"],
    "properties": {"trial": {"type": "integer"}, "key": {"type": "string"}, "value": {}}}"#;

/// All states that are counted.
const STATES: [State; 6] =
    [State::Complete, State::Pruned, State::Failed, State::Running, State::Waiting, State::Paused];

/// The largest number of points of a study's line of best values.
const MOST_POINTS: usize = 50;

/// The largest number of studies whose summaries are kept.
const MOST_KEPT: usize = 10_000;

/// What the list says about each study, with the number of changes that it shows.
#[derive(Default)]
pub(super) struct Summaries(Mutex<HashMap<StudyId, (u64, Json)>>);

/// Returns all studies of the storage.
pub(super) fn list(app: &App) -> Result<Json, Problem> {
    let records = app.host.storage().studies()?;
    let mut all = Vec::new();
    for record in records {
        match summary(app, &record) {
            Ok(study) => all.push(study),
            // It was deleted meanwhile.
            Err(problem) if problem.status == 404 => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(Json::from(all))
}

/// Returns what the list says about a study. It is made anew only if trials have changed.
fn summary(app: &App, record: &StudyRecord) -> Result<Json, Problem> {
    let storage = app.host.storage();
    let mut changes = 0;
    storage.read(record.id, &mut |trials| changes = trials.ordinal())?;
    let kept = || app.summaries.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, summary)) = kept().get(&record.id)
        && *known == changes
        && summary["name"] == record.name
    {
        return Ok(summary.clone());
    }
    let mut summary = study(app, record, false)?;
    storage.read(record.id, &mut |trials| {
        let trials = &*seen_through(record, trials);
        summary["history"] = history(record, trials);
        summary["changed"] = json!(last_change(trials).map(|at| at.to_string()));
    })?;
    let mut kept = kept();
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(record.id, (changes, summary.clone()));
    Ok(summary)
}

/// Returns the best value of the first objective so far, at up to [`MOST_POINTS`] trials.
fn history(record: &StudyRecord, trials: &Trials) -> Json {
    let Some(direction) = record.directions.first() else { return json!([]) };
    let mut best = f64::NAN;
    let so_far = trials.complete().filter(|number| trials.violation(*number) <= 0.0);
    let so_far: Vec<f64> = so_far
        .map(|number| {
            let value = trials.values(number)[0];
            if best.is_nan() || direction.order(value, best).is_lt() {
                best = value;
            }
            best
        })
        .filter(|best| best.is_finite())
        .collect();
    let step = so_far.len().div_ceil(MOST_POINTS).max(1);
    let mut points: Vec<f64> = so_far.iter().rev().step_by(step).copied().collect();
    points.reverse();
    json!(points)
}

/// Returns the time of the last start or end of a trial.
fn last_change(trials: &Trials) -> Option<Timestamp> {
    let times = (0..trials.len()).map(|number| trials.times(number));
    times.flat_map(|(started, ended)| [started, ended]).flatten().max()
}

/// Returns one study with its best trials.
pub(super) fn one(app: &App, name: &str) -> Result<Json, Problem> {
    study(app, &find(app, name)?, true)
}

/// Sets an attribute of the user, of the study or of a running trial.
pub(super) fn set_attribute(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let body = asked.json()?;
    let known = ["trial", "key", "value"];
    let bad = |problem: &str| Problem::new(400, problem, "send `key`, `value` and perhaps `trial`");
    let object = body.as_object().ok_or_else(|| bad("the body is not an object"))?;
    if let Some(key) = object.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(bad(&format!("an attribute has no `{key}`")));
    }
    let key = body["key"].as_str().ok_or_else(|| bad("`key` is missing, or is no text"))?;
    let value = object.get("value").ok_or_else(|| bad("`value` is missing"))?;
    let record = find(app, &asked.names[0])?;
    let storage = app.host.storage();
    match object.get("trial") {
        None => storage.set_attribute(record.id, AttributeScope::User, key, value)?,
        Some(trial) => {
            let number = trial.as_u64().ok_or_else(|| bad("`trial` is not a number"))?;
            let event = Event::Attribute { scope: AttributeScope::User, key, value };
            storage.record(record.id, number, &event)?;
        }
    }
    Ok(json!({ "ok": true }))
}

fn study(app: &App, record: &StudyRecord, in_full: bool) -> Result<Json, Problem> {
    let mut study = json!({
        "name": record.name,
        "directions": record.directions,
        "metrics": record.metric_names(),
    });
    app.host.storage().read(record.id, &mut |trials| {
        let trials = &*seen_through(record, trials);
        study["trials"] = counts(trials);
        let best = trials.best(&record.directions);
        let values = |number: &u64| json!(trials.values(*number));
        study["best"] = match (best.first(), record.directions.len()) {
            (Some(number), 1) => {
                trials.values(*number).first().copied().map_or(Json::Null, super::trials::number)
            }
            (Some(_), _) => best.iter().map(values).collect(),
            (None, _) => Json::Null,
        };
        if in_full {
            study["best_trials"] = best.iter().map(|number| trial_json(trials, *number)).collect();
            study["attributes"] = json!(record.attributes.user);
        }
    })?;
    Ok(study)
}

pub(super) fn counts(trials: &Trials) -> Json {
    let mut counts = Map::new();
    counts.insert("all".to_owned(), trials.len().into());
    for state in STATES {
        let count = (0..trials.len()).filter(|number| trials.state(*number) == Some(state)).count();
        counts.insert(state.to_string(), count.into());
    }
    Json::Object(counts)
}

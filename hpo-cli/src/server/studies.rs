//! The studies of the storage, as JSON.

use hpo_core::storage::StudyRecord;
use hpo_core::study::seen_through;
use hpo_core::trial::{AttributeScope, Event, State, Trials};
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

/// Returns all studies of the storage.
pub(super) fn list(app: &App) -> Result<Json, Problem> {
    let records = app.host.storage().studies()?;
    let mut all = Vec::new();
    for record in records {
        match study(app, &record, false) {
            Ok(study) => all.push(study),
            // It was deleted meanwhile.
            Err(problem) if problem.status == 404 => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(Json::from(all))
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

fn counts(trials: &Trials) -> Json {
    let mut counts = Map::new();
    counts.insert("all".to_owned(), trials.len().into());
    for state in STATES {
        let count = (0..trials.len()).filter(|number| trials.state(*number) == Some(state)).count();
        counts.insert(state.to_string(), count.into());
    }
    Json::Object(counts)
}

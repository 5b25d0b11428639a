//! The trials of a study, as JSON.

use hpo_core::study::seen_through;
use hpo_core::trial::Trials;
use serde_json::{Map, Value as Json, json};

use super::reply::Problem;
use super::route::Asked;
use super::{App, lookup};

/// The parameters of a list of trials.
pub(super) const QUERY: &[(&str, &str)] = &[
    ("from", "the number of the first trial (default 0)"),
    ("limit", "the largest number of trials (default 1000, at most 10000)"),
];

/// The largest number of trials in an answer.
const MOST: u64 = 10_000;

/// Returns trials by number, from `from` on, and the number of the next one; `null` if there are no
/// more.
pub(super) fn list(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let whole = |name: &str, default: u64| match asked.get(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| {
            Problem::new(400, format!("`{name}` is not a whole number"), "write it in digits")
        }),
    };
    let (from, limit) = (whole("from", 0)?, whole("limit", 1_000)?.clamp(1, MOST));
    let record = lookup::find(app, &asked.names[0])?;
    let mut answer = Json::Null;
    app.host.storage().read(record.id, &mut |trials| {
        let trials = &*seen_through(&record, trials);
        let end = from.saturating_add(limit).min(trials.len());
        let page: Vec<Json> = (from..end).map(|number| trial_json(trials, number)).collect();
        let next = (end < trials.len()).then_some(end);
        answer = json!({ "trials": page, "next": next });
    })?;
    Ok(answer)
}

/// Returns the trial with this number.
pub(super) fn one(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let record = lookup::find(app, &asked.names[0])?;
    let number: Option<u64> = asked.names[1].parse().ok();
    let mut found = None;
    app.host.storage().read(record.id, &mut |trials| {
        let trials = &*seen_through(&record, trials);
        found = number.filter(|it| *it < trials.len()).map(|it| trial_json(trials, it));
    })?;
    found.ok_or_else(|| Problem::new(404, "there is no such trial", "list the trials of the study"))
}

/// Returns a number, or its name if JSON has none for it.
pub(super) fn number(value: f64) -> Json {
    if value.is_finite() { value.into() } else { value.to_string().into() }
}

/// Returns everything that is known about a trial.
pub(super) fn trial_json(trials: &Trials, own: u64) -> Json {
    let params = trials.params(own).map(|(id, value)| {
        let param = &trials.declared()[id.0 as usize];
        (param.path.clone(), param.domain.label(value).to_json())
    });
    let (started, finished) = trials.times(own);
    let reports = trials.reports(own).iter().map(|(step, value)| json!([step, number(*value)]));
    let attributes = trials.attributes(own);
    let values: Vec<Json> = trials.values(own).iter().copied().map(number).collect();
    json!({
        "number": own,
        "state": trials.state(own),
        "params": params.collect::<Map<String, Json>>(),
        "values": values,
        "reports": reports.collect::<Vec<_>>(),
        "message": trials.message(own),
        "constraints": trials.constraints(own),
        "seconds": started.zip(finished).map(|(start, end)| end.since(start).as_secs_f64()),
        "started": started.map(|at| at.to_string()),
        "finished": finished.map(|at| at.to_string()),
        "explanation": trials.explain(own),
        "attributes": attributes.map(|attributes| &attributes.user),
    })
}

//! Ask, report and tell: the requests of `hpo serve` as bodies, for a study in the storage.

use hpo_core::storage::{DETACHED, StorageError};
use hpo_core::trial::{AttributeScope, State, StateError};
use serde_json::{Value as Json, json};

use super::App;
use super::reply::Problem;
use super::route::Asked;
use super::sessions::{OPENED, Open};
use crate::copy::Named;
use crate::serve::{self, Request};

/// The body of a request that opens a study.
pub(super) const OPENING: &str = r#"{"type": "object", "required": ["name", "space"],
    "properties": {
        "name": {"type": "string"}, "space": {"type": "array", "items": {"type": "object"}},
        "direction": {"enum": ["minimize", "maximize"]},
        "directions": {"type": "array", "items": {"enum": ["minimize", "maximize"]}},
        "sampler": {}, "pruner": {}, "seed": {"type": "integer"}, "budget": {"type": "integer"},
        "ncon": {"type": "integer"}}}"#;

/// The body of a request for trials.
pub(super) const ASK: &str = r#"{"type": "object",
    "properties": {"ask": {"type": "integer", "minimum": 1, "maximum": 1000}}}"#;

/// The body of a report.
pub(super) const REPORT: &str = r#"{"type": "object", "required": ["report", "step", "value"],
    "properties": {"report": {"type": "integer"}, "step": {"type": "integer"},
        "value": {"type": "number"}}}"#;

/// The body of a result.
pub(super) const TELL: &str = r#"{"type": "object", "required": ["tell"],
    "properties": {"tell": {"type": "integer"}, "value": {"type": ["number", "null"]},
        "values": {"type": "array", "items": {"type": "number"}},
        "constraints": {"type": "object"}, "state": {"const": "failed"}}}"#;

/// The system attribute of a trial with the key of the request that asked for it.
const ASKED: &str = "hpo:asked";

/// The largest number of trials in one answer.
const MOST: u64 = 1_000;

/// Creates a study, or opens the one of this name.
pub(super) fn open(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let text = text(asked)?;
    serve::check_keys(text)?;
    let bad = |problem: &str| Problem::new(400, problem, "send `name`, `space` and `direction`");
    let mut body: Named =
        serde_json::from_str(text).map_err(|_| bad("the body is not a JSON object"))?;
    let name = body.0.iter().position(|(key, _)| key == "name").map(|at| body.0.remove(at).1);
    let name = name.as_ref().and_then(Json::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| bad("a study needs a `name`, which is a text"))?;
    if body.0.iter().all(|(key, _)| key != "seed") {
        body.0.push(("seed".to_owned(), seed(app, name)?));
    }
    let opening = serde_json::to_string(&body).map_err(|error| bad(&error.to_string()))?;
    app.sessions.begin(app, name, &opening)?;
    Ok(json!({ "ok": true }))
}

/// Takes trials to evaluate.
pub(super) fn ask(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let body = asked.json()?;
    let bad = |problem: String| Problem::new(400, problem, "send {\"ask\": 1}");
    let object = body.as_object().ok_or_else(|| bad("the body is not an object".to_owned()))?;
    if let Some(key) = object.keys().find(|key| *key != "ask") {
        return Err(bad(format!("`ask` does not take the key `{key}`")));
    }
    let count = object.get("ask").map_or(Some(1), Json::as_u64);
    let count = count.filter(|count| (1..=MOST).contains(count));
    let count = count.ok_or_else(|| bad(format!("`ask` is a number from 1 to {MOST}")))?;
    with_study(app, asked, |open| {
        let mut trials = again(app, open, asked.key.as_deref())?;
        let mut end = None;
        while (trials.len() as u64) < count && end.is_none() {
            match take(app, open, asked.key.as_deref())? {
                trial if trial.get("trial").is_some() => trials.push(trial),
                other => end = Some(other),
            }
        }
        Ok(match (count, trials.pop(), end) {
            (1, Some(trial), _) => trial,
            (_, None, Some(end)) => end,
            (_, last, end) => {
                trials.extend(last);
                let mut answer = end.unwrap_or_else(|| json!({}));
                answer["trials"] = trials.into();
                answer
            }
        })
    })
}

/// Reports an intermediate value.
pub(super) fn report(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let request: Request = text(asked)?.parse()?;
    if !matches!(request, Request::Report { .. }) {
        return Err(Problem::new(400, "the body is no report", "send `report`, `step`, `value`"));
    }
    with_study(app, asked, |open| Ok(open.session.answer(&request)?))
}

/// Ends a trial. A result that the trial has already is acknowledged again.
pub(super) fn tell(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let request: Request = text(asked)?.parse()?;
    if !matches!(request, Request::Tell { .. } | Request::Fail { .. }) {
        return Err(Problem::new(400, "the body tells no result", "send `tell` and `value`"));
    }
    with_study(app, asked, |open| match open.session.answer(&request) {
        Ok(answer) => Ok(answer),
        Err(error) if is_finished(&error) && has_result(open, &request)? => {
            Ok(json!({ "ok": true }))
        }
        Err(error) => Err(error.into()),
    })
}

/// Asks for a trial, which stays running until it is told, however long that takes.
fn take(app: &App, open: &Open, key: Option<&str>) -> Result<Json, Problem> {
    let answer = open.session.answer(&Request::Ask)?;
    if let Some(number) = answer["trial"].as_u64() {
        let oracle = open.session.study().oracle();
        let note = |name, value: Json| {
            let noted = oracle.note(number, AttributeScope::System, name, &value);
            noted.map_err(anyhow::Error::from)
        };
        // In this order: a trial that stays running without its client can be asked for again.
        // A request that was cut off here may have left its key.
        if key.is_some() || has_key(app, open, number)? {
            note(ASKED, key.into())?;
        }
        note(DETACHED, true.into())?;
    }
    Ok(answer)
}

/// Returns true if a request with a key has asked for a trial.
fn has_key(app: &App, open: &Open, number: u64) -> Result<bool, Problem> {
    let mut has_key = false;
    app.host.storage().read(open.id, &mut |trials| {
        let attributes = trials.attributes(number);
        has_key = attributes.is_some_and(|own| own.system.contains_key(ASKED));
    })?;
    Ok(has_key)
}

/// Returns the running trials that a request of the same key has taken, before the server was
/// started again. One whose request was cut off before it stayed running is left out: it goes back
/// to the queue.
fn again(app: &App, open: &Open, key: Option<&str>) -> Result<Vec<Json>, Problem> {
    let Some(key) = key else { return Ok(Vec::new()) };
    let mut numbers = Vec::new();
    app.host.storage().read(open.id, &mut |trials| {
        let is_its_own = |number: &&u64| {
            let system = trials.attributes(**number).map(|attributes| &attributes.system);
            system.is_some_and(|system| {
                system.get(ASKED).and_then(Json::as_str) == Some(key)
                    && system.contains_key(DETACHED)
            })
        };
        numbers = trials.running().iter().filter(is_its_own).copied().collect();
    })?;
    Ok(open.session.running(&numbers)?)
}

/// Calls `work` with the study of a path. A study that was deleted and created again meanwhile is
/// opened anew.
fn with_study(
    app: &App,
    asked: &Asked,
    work: impl Fn(&Open) -> Result<Json, Problem>,
) -> Result<Json, Problem> {
    let name = &asked.names[0];
    app.sessions.once(name, asked.key.as_deref(), || {
        let answer = work(&*app.sessions.get(app, name)?);
        if !matches!(&answer, Err(problem) if problem.status == 404) {
            return answer;
        }
        app.sessions.forget(name);
        work(&*app.sessions.get(app, name)?)
    })
}

/// Returns the seed of a study that exists, or else a new one.
fn seed(app: &App, name: &str) -> Result<Json, Problem> {
    let records = app.host.storage().studies()?;
    let record = records.iter().find(|record| record.name == name);
    let opening = record.and_then(|record| record.attributes.system.get(OPENED)?.as_str());
    let opening: Option<Json> = opening.and_then(|text| serde_json::from_str(text).ok());
    let known = opening.and_then(|opening| opening.get("seed").cloned());
    Ok(known.unwrap_or_else(|| serve::random_seed().into()))
}

fn is_finished(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<hpo_core::Error>(),
        Some(hpo_core::Error::Storage(StorageError::State(StateError::Finished { .. })))
    )
}

/// Returns true if the trial of a request has ended with its result.
fn has_result(open: &Open, request: &Request) -> Result<bool, Problem> {
    let (number, values) = match request {
        Request::Tell { number, result } => (*number, result.values.as_deref()),
        Request::Fail { number } => (*number, None),
        _ => return Ok(false),
    };
    let trial = open.session.study().oracle().trial(number).map_err(anyhow::Error::from)?;
    Ok(trial.is_some_and(|trial| match (values, request) {
        (Some(values), _) => trial.state == State::Complete && trial.values == values,
        (None, Request::Fail { .. }) => trial.state == State::Failed,
        (None, _) => trial.state == State::Pruned,
    }))
}

fn text(asked: &Asked) -> Result<&str, Problem> {
    std::str::from_utf8(&asked.body)
        .map_err(|_| Problem::new(400, "the body is not UTF-8", "send JSON in UTF-8"))
}

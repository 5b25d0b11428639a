//! Changes of a study by its readers: a config for the queue, and the removal of the study.

use hpo_core::space::{Params, ParamsError, Value};
use hpo_core::trial::{
    AttributeScope, Attributes, InitialTrial, NewTrial, Param, ParamId, State, Trials,
};
use serde_json::{Value as Json, json};

use super::reply::Problem;
use super::route::Asked;
use super::{App, lookup};

/// The body of a request that queues a config.
pub(super) const ENQUEUE: &str = r#"{"type": "object", "required": ["params"],
    "properties": {"params": {"type": "object"}}}"#;

/// The body of a request that removes a study.
pub(super) const REMOVE: &str = r#"{"type": "object", "required": ["name"],
    "properties": {"name": {"type": "string"}}}"#;

/// The system attribute by which Optuna keeps the parameters of a queued trial.
const FIXED_PARAMS: &str = "fixed_params";

/// Queues a config, which is evaluated before anything is sampled.
pub(super) fn enqueue(app: &App, asked: &Asked) -> Result<Json, Problem> {
    app.sessions.once(&asked.names[0], asked.key.as_deref(), || queue(app, asked))
}

fn queue(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let body = asked.json()?;
    let bad = |problem: &str| Problem::new(400, problem, "send {\"params\": {\"lr\": 0.1}}");
    let object = body.as_object().ok_or_else(|| bad("the body is not an object"))?;
    if let Some(key) = object.keys().find(|key| *key != "params") {
        return Err(bad(&format!("`enqueue` does not take the key `{key}`")));
    }
    let given = object.get("params").ok_or_else(|| bad("`params` is missing"))?;
    let record = lookup::find(app, &asked.names[0])?;
    let flat = record.flat_space().ok_or_else(|| {
        Problem::new(409, "the space of this study is not recorded", "queue it by its own program")
    })?;
    let params = Params::from_json(&flat, given).map_err(|error| Problem {
        field: field(&error),
        ..Problem::new(400, error.to_string(), "")
    })?;
    let storage = app.host.storage();
    let mut stored = None;
    storage.read(record.id, &mut |trials| stored = stored_params(trials, &params))?;
    let mut attributes = Attributes::default();
    attributes.insert(AttributeScope::System, FIXED_PARAMS, params.to_json());
    let given = InitialTrial {
        state: State::Waiting,
        // Otherwise the worker that takes the trial reads the attribute, as with Optuna.
        params: stored.unwrap_or_default(),
        values: Vec::new(),
        reports: Vec::new(),
    };
    let new = NewTrial { given: Some(given), attributes };
    Ok(json!({ "trial": storage.create_trial(record.id, new)? }))
}

/// Removes a study, whose name must be in the body too.
pub(super) fn remove(app: &App, asked: &Asked) -> Result<Json, Problem> {
    let record = lookup::find(app, &asked.names[0])?;
    if asked.json()?["name"].as_str() != Some(&record.name) {
        let problem = "the body does not repeat the name of the study";
        return Err(Problem::new(400, problem, "send {\"name\": \"..\"}: removal is for ever"));
    }
    app.host.storage().delete_study(record.id)?;
    app.sessions.forget(&record.name);
    Ok(json!({ "ok": true }))
}

/// Returns a config with the numbers that the storage gives its parameters; `None` if some of them,
/// or of their choices, are not declared.
fn stored_params(trials: &Trials, params: &Params) -> Option<Vec<(ParamId, Value)>> {
    let flat = params.flat_space();
    let stored = |(id, value)| {
        let parameter = flat.parameter(id);
        let own = trials.param_id(parameter.path())?;
        let declared = &trials.declared()[own.0 as usize];
        let value = match value {
            Value::Choice(_) => choice(declared, &parameter.domain().label(value))?,
            value => value,
        };
        Some((own, value))
    };
    params.iter().map(stored).collect()
}

/// Returns the choice of this label in the order of the storage.
fn choice(declared: &Param, label: &hpo_core::space::Label) -> Option<Value> {
    let hpo_core::space::Domain::Categorical(categorical) = &declared.domain else { return None };
    let at = categorical.choices.iter().position(|choice| choice == label)?;
    u32::try_from(at).ok().map(Value::Choice)
}

/// Returns the path of the parameter that an error is about.
fn field(error: &ParamsError) -> Option<String> {
    match error {
        ParamsError::Unknown { path, .. }
        | ParamsError::Inactive { path, .. }
        | ParamsError::Missing { path, .. }
        | ParamsError::Outside { path, .. } => Some(path.clone()),
        _ => None,
    }
}

//! Export from a storage to plain data.

use anyhow::Result;
use hpo_core::space::{Domain, Label, Space, Value};
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::trial::{Attributes, Param, State, Trials};
use serde_json::Value as Json;

use super::{AttributesCopy, Moment, Named, ParamCopy, Real, StudyCopy, TrialCopy};

/// Returns everything that a storage shows of a study.
pub(crate) fn extract(storage: &dyn Storage, study: &StudyRecord) -> Result<StudyCopy> {
    let mut copy = StudyCopy {
        name: study.name.clone(),
        directions: study.directions.clone(),
        attributes: attributes(Some(&study.attributes)),
        params: Vec::new(),
        trials: Vec::new(),
        is_separate: false,
    };
    storage.read(study.id, &mut |trials| {
        let param = |param: &Param| ParamCopy {
            path: param.path.clone(),
            domain: Space::Leaf(param.domain.clone()),
        };
        copy.params = trials.declared().iter().map(param).collect();
        copy.trials = (0..trials.len()).map(|number| trial(trials, number)).collect();
    })?;
    rank(&mut copy.trials);
    Ok(copy)
}

/// Renumbers the changes of trials by their order. The number of other changes between them depends
/// on the storage, and so does whether a trial that was added with its values was created and ended
/// at once. So an export of an import equals the export.
fn rank(trials: &mut [TrialCopy]) {
    let moments = |trial: &TrialCopy| {
        let [created, sampled, finished] = trial.ordinals;
        [created.map(|at| (at, 0)), sampled.map(|at| (at, 0)), finished.map(|at| (at, 1))]
    };
    let mut ordered: Vec<(u64, u8)> = trials.iter().flat_map(moments).flatten().collect();
    ordered.sort_unstable();
    ordered.dedup();
    let rank = |moment| ordered.partition_point(|other| *other < moment) as u64;
    for trial in trials {
        trial.seen = rank((trial.seen, 0));
        trial.ordinals = moments(trial).map(|moment| moment.map(rank));
    }
}

fn attributes(attributes: Option<&Attributes>) -> AttributesCopy {
    attributes.map_or_else(AttributesCopy::default, |attributes| AttributesCopy {
        user: attributes.user.clone(),
        system: attributes.system.clone(),
    })
}

fn trial(trials: &Trials, number: u64) -> TrialCopy {
    let (started, finished) = trials.times(number);
    let params = trials.params(number).map(|(id, value)| {
        let param = &trials.declared()[id.0 as usize];
        (param.path.clone(), to_json(&param.domain, value))
    });
    TrialCopy {
        state: trials.state(number).unwrap_or(State::Failed),
        values: trials.values(number).iter().copied().map(Real).collect(),
        params: trials.is_sampled(number).then(|| Named(params.collect())),
        reports: trials.reports(number).iter().map(|(step, value)| (*step, Real(*value))).collect(),
        message: trials.message(number).map(str::to_owned),
        started: started.map(Moment),
        finished: finished.map(Moment),
        explanation: trials.explain(number).to_owned(),
        seen: trials.seen(number),
        ordinals: trials.ordinals(number),
        promotions: trials.promotions(number),
        attributes: attributes(trials.attributes(number)),
    }
}

/// Returns a value as JSON, choices by label.
fn to_json(domain: &Domain, value: Value) -> Json {
    match (domain, value) {
        (Domain::Categorical(categorical), Value::Choice(index)) => {
            categorical.choices.get(index as usize).map_or(Json::Null, Label::to_json)
        }
        (_, Value::Float(float)) => Json::from(float),
        (_, Value::Int(integer)) => Json::from(integer),
        (_, Value::Unsigned(integer)) => Json::from(integer),
        (_, Value::Choice(index)) => Json::from(index),
    }
}

/// Returns the value that the JSON means; `None` if it means none. Bounds are not checked: they may
/// have changed since.
pub(super) fn read(domain: &Domain, json: &Json) -> Option<Value> {
    match domain {
        Domain::Float(_) => json.as_f64().map(Value::Float),
        Domain::Int(_) => {
            json.as_i64().map(Value::Int).or_else(|| json.as_u64().map(Value::Unsigned))
        }
        Domain::Categorical(categorical) => {
            let index = categorical.choices.iter().position(|choice| choice.to_json() == *json)?;
            u32::try_from(index).ok().map(Value::Choice)
        }
    }
}

//! Changes of trials as JSON.
//!
//! Parameters are written as in lines: name, number and distribution, since each process numbers
//! them in its own order.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::values::{Real, WireAttributes, WireScope};
use crate::space::Value;
use crate::storage::log::{OwnedEvent, StudyLog, TrialRequest, quoted};
use crate::storage::optuna::{self, JsonNumber};
use crate::trial::{InitialTrial, NewTrial, Param, ParamId, State, StateError, Timestamp};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::storage::remote) enum WireTrialRequest {
    Create { given: Option<WireTrial>, attributes: WireAttributes, at: i64 },
    Next { most: Option<u64>, at: i64 },
    Record { number: u64, event: WireEvent, is_new: bool },
    Recover { at: i64 },
    Append { first: Option<u64>, steps: Vec<WireTrialRequest> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::storage::remote) struct WireTrial {
    state: State,
    params: Vec<WireParam>,
    values: Vec<Real>,
    reports: Vec<(u64, Real)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::storage::remote) struct WireParam {
    name: String,
    value: JsonNumber,
    distribution: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::storage::remote) enum WireEvent {
    Sampled { params: Vec<WireParam>, seen: u64, explanation: String },
    Started { at: i64 },
    Reported { step: u64, value: Real },
    Attribute { scope: WireScope, key: String, value: Json },
    Requeued,
    Paused,
    Finished { state: State, values: Vec<Real>, message: String, at: i64 },
}

impl WireTrialRequest {
    pub(super) fn of(request: &TrialRequest, declared: &[Param]) -> Result<Self, StateError> {
        Ok(match request {
            TrialRequest::Create { new, at } => WireTrialRequest::Create {
                given: new
                    .given
                    .as_ref()
                    .map(|given| WireTrial::of(given, declared))
                    .transpose()?,
                attributes: (&new.attributes).into(),
                at: at.0,
            },
            TrialRequest::Next { most, at } => WireTrialRequest::Next { most: *most, at: at.0 },
            TrialRequest::Record { number, change, is_new } => WireTrialRequest::Record {
                number: *number,
                event: WireEvent::of(change, *number, declared)?,
                is_new: *is_new,
            },
            TrialRequest::Recover { at } => WireTrialRequest::Recover { at: at.0 },
            TrialRequest::Append { first, steps } => WireTrialRequest::Append {
                first: *first,
                steps: steps
                    .iter()
                    .map(|step| Self::of(step, declared))
                    .collect::<Result<_, _>>()?,
            },
        })
    }

    /// Returns the request, with the parameters as the fold of the study numbers them.
    ///
    /// # Errors
    /// A sentence that says what is wrong with a parameter.
    pub(in crate::storage::remote) fn resolve(
        self,
        log: &mut StudyLog,
    ) -> Result<TrialRequest, String> {
        Ok(match self {
            WireTrialRequest::Create { given, attributes, at } => TrialRequest::Create {
                new: NewTrial {
                    given: given.map(|given| given.resolve(log)).transpose()?,
                    attributes: attributes.into(),
                },
                at: Timestamp(at),
            },
            WireTrialRequest::Next { most, at } => TrialRequest::Next { most, at: Timestamp(at) },
            WireTrialRequest::Record { number, event, is_new } => {
                TrialRequest::Record { number, change: event.resolve(log)?, is_new }
            }
            WireTrialRequest::Recover { at } => TrialRequest::Recover { at: Timestamp(at) },
            WireTrialRequest::Append { first, steps } => {
                let is_step = |step: &WireTrialRequest| {
                    matches!(
                        step,
                        WireTrialRequest::Create { .. } | WireTrialRequest::Record { .. }
                    )
                };
                if !steps.iter().all(is_step) {
                    return Err("trials are added by `create` and `record` alone".to_owned());
                }
                let steps = steps.into_iter().map(|step| step.resolve(log));
                TrialRequest::Append { first, steps: steps.collect::<Result<_, _>>()? }
            }
        })
    }

    /// Returns true if the request names parameters.
    pub(in crate::storage::remote) fn has_params(&self) -> bool {
        match self {
            WireTrialRequest::Create { given, .. } => given.is_some(),
            WireTrialRequest::Record { event, .. } => matches!(event, WireEvent::Sampled { .. }),
            WireTrialRequest::Append { .. } => true,
            WireTrialRequest::Next { .. } | WireTrialRequest::Recover { .. } => false,
        }
    }
}

impl WireTrial {
    fn of(given: &InitialTrial, declared: &[Param]) -> Result<Self, StateError> {
        Ok(Self {
            state: given.state,
            params: params(&given.params, 0, declared)?,
            values: given.values.iter().copied().map(Real).collect(),
            reports: given.reports.iter().map(|(step, value)| (*step, Real(*value))).collect(),
        })
    }

    fn resolve(self, log: &mut StudyLog) -> Result<InitialTrial, String> {
        Ok(InitialTrial {
            state: self.state,
            params: resolved(self.params, log)?,
            values: self.values.into_iter().map(|value| value.0).collect(),
            reports: self.reports.into_iter().map(|(step, value)| (step, value.0)).collect(),
        })
    }
}

impl WireEvent {
    fn of(event: &OwnedEvent, number: u64, declared: &[Param]) -> Result<Self, StateError> {
        Ok(match event {
            OwnedEvent::Sampled { params: chosen, seen, explanation } => WireEvent::Sampled {
                params: params(chosen, number, declared)?,
                seen: *seen,
                explanation: explanation.clone(),
            },
            OwnedEvent::Started { at } => WireEvent::Started { at: at.0 },
            OwnedEvent::Reported { step, value } => {
                WireEvent::Reported { step: *step, value: Real(*value) }
            }
            OwnedEvent::Attribute { scope, key, value } => WireEvent::Attribute {
                scope: (*scope).into(),
                key: key.clone(),
                value: value.clone(),
            },
            OwnedEvent::Requeued => WireEvent::Requeued,
            OwnedEvent::Paused => WireEvent::Paused,
            OwnedEvent::Finished { state, values, message, at } => WireEvent::Finished {
                state: *state,
                values: values.iter().copied().map(Real).collect(),
                message: message.clone(),
                at: at.0,
            },
        })
    }

    fn resolve(self, log: &mut StudyLog) -> Result<OwnedEvent, String> {
        Ok(match self {
            WireEvent::Sampled { params, seen, explanation } => {
                OwnedEvent::Sampled { params: resolved(params, log)?, seen, explanation }
            }
            WireEvent::Started { at } => OwnedEvent::Started { at: Timestamp(at) },
            WireEvent::Reported { step, value } => OwnedEvent::Reported { step, value: value.0 },
            WireEvent::Attribute { scope, key, value } => {
                OwnedEvent::Attribute { scope: scope.into(), key, value }
            }
            WireEvent::Requeued => OwnedEvent::Requeued,
            WireEvent::Paused => OwnedEvent::Paused,
            WireEvent::Finished { state, values, message, at } => {
                if !state.is_finished() {
                    return Err("a trial ends as complete, pruned or failed".to_owned());
                }
                let values = values.into_iter().map(|value| value.0).collect();
                OwnedEvent::Finished { state, values, message, at: Timestamp(at) }
            }
        })
    }
}

fn params(
    chosen: &[(ParamId, Value)],
    number: u64,
    declared: &[Param],
) -> Result<Vec<WireParam>, StateError> {
    let param = |(id, value): &(ParamId, Value)| {
        let undeclared = StateError::Undeclared { number, param: id.0 };
        let Param { path, domain } = declared.get(id.0 as usize).ok_or(undeclared)?;
        Ok(WireParam {
            name: path.clone(),
            value: number_of(*value),
            distribution: quoted(&optuna::distribution(domain)),
        })
    };
    chosen.iter().map(param).collect()
}

fn resolved(params: Vec<WireParam>, log: &mut StudyLog) -> Result<Vec<(ParamId, Value)>, String> {
    let params = params.into_iter();
    params.map(|param| log.resolve(&param.name, param.value, &param.distribution)).collect()
}

fn number_of(value: Value) -> JsonNumber {
    match value {
        Value::Float(float) => JsonNumber::Real(float),
        Value::Int(integer) => JsonNumber::Integer(integer.into()),
        Value::Unsigned(integer) => JsonNumber::Integer(integer.into()),
        Value::Choice(index) => JsonNumber::Integer(index.into()),
    }
}

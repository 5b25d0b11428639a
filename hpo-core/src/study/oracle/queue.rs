//! Trials to be added to the queue.

use crate::space::{Params, Value};
use crate::trial::attribute_keys::{EXPLANATION, FIXED_PARAMS};
use crate::trial::{AttributeScope, Attributes, InitialTrial, NewTrial, ParamId, QUEUED, State};

/// The explanation of the trial with which a new study begins.
pub(in crate::study) const BASELINE: &str = "the defaults of the space";

/// Returns a trial for the queue. `stored`: its parameters with the numbers that the storage gives
/// them.
pub(in crate::study) fn queued(
    params: &Params,
    stored: Vec<(ParamId, Value)>,
    explanation: &str,
) -> NewTrial {
    let given = InitialTrial {
        state: State::Waiting,
        params: stored,
        values: Vec::new(),
        reports: Vec::new(),
    };
    let mut attributes = Attributes::default();
    attributes.insert(AttributeScope::System, FIXED_PARAMS, params.to_json());
    if explanation != QUEUED {
        attributes.insert(AttributeScope::System, EXPLANATION, explanation.into());
    }
    NewTrial { given: Some(given), attributes }
}

//! The data of the HPARAMS tab: the parameters and metrics of the search, and a session for each
//! trial.
//!
//! Each is a summary without a value: its content is in its metadata, under the plugin's name. The
//! field numbers are those of `summary.proto`, and of the plugin's `plugin_data.proto` and
//! `api.proto`; values of parameters are those of `google/protobuf/struct.proto`.

use super::event_file::now;
use super::message::Message;
use crate::space::{Cardinality, Domain, FlatSpace, Label, Parameter, Params};
use crate::trial::State;

/// The data types of parameters in the plugin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text = 1,
    Flag = 2,
    Number = 3,
}

/// Returns the summary that declares the parameters of a space and the names of metrics.
pub(super) fn experiment<'a>(
    study: &str,
    flat: &FlatSpace,
    metrics: impl Iterator<Item = &'a str>,
) -> Message {
    let metric = |tag: &str| Message::new().message(1, &Message::new().text(2, tag));
    let experiment = Message::new()
        .text(6, study)
        .double(3, now())
        .messages(4, flat.iter().map(parameter))
        .messages(5, metrics.map(metric));
    summary("_hparams_/experiment", 2, &experiment)
}

/// Returns the summary for the start of a trial, with its active parameters.
pub(super) fn session_start(name: &str, params: Option<&Params>) -> Message {
    let entry = |(parameter, label): (&Parameter, Label)| {
        Message::new().text(1, parameter.path()).message(2, &value(parameter, &label))
    };
    let active = params.into_iter().flat_map(|params| {
        let flat = params.flat_space();
        params.labels().filter_map(|(path, label)| Some((flat.parameter(flat.find(path)?), label)))
    });
    let start = Message::new().messages(1, active.map(entry)).text(4, name).double(5, now());
    summary("_hparams_/session_start_info", 3, &start)
}

/// Returns the summary for the end of a trial, with its success or failure.
pub(super) fn session_end(state: State) -> Message {
    let (success, failure) = (1, 2);
    let status = if state == State::Failed { failure } else { success };
    summary("_hparams_/session_end_info", 4, &Message::new().integer(1, status).double(2, now()))
}

/// Returns a summary of the plugin, with `content` as the field number `kind` of its data.
fn summary(tag: &str, kind: u32, content: &Message) -> Message {
    let content = Message::new().message(kind, content);
    let plugin = Message::new().text(1, "hparams").message(2, &content);
    // A tensor in single precision of shape [0]: no value, in the fewest bytes that make a valid
    // tensor.
    let nothing =
        Message::new().integer(1, 1).message(2, &Message::new().message(2, &Message::new()));
    let value = Message::new()
        .text(1, tag)
        .message(8, &nothing)
        .message(9, &Message::new().message(1, &plugin));
    Message::new().message(1, &value)
}

fn parameter(parameter: &Parameter) -> Message {
    let differs = parameter.cardinality() > Cardinality::Finite(1);
    let info = Message::new()
        .text(1, parameter.path())
        .integer(4, type_of(parameter) as u64)
        .integer(7, differs.into());
    match parameter.domain() {
        Domain::Categorical(categorical) => {
            let choices = categorical.choices.iter().map(|label| value(parameter, label));
            info.message(5, &Message::new().messages(1, choices))
        }
        domain => {
            let range = domain.range().map(|range| (range.low, range.high)).unwrap_or_default();
            info.message(6, &Message::new().double(1, range.0).double(2, range.1))
        }
    }
}

/// Returns the data type that can represent all values of a parameter.
fn type_of(parameter: &Parameter) -> Type {
    let Domain::Categorical(categorical) = parameter.domain() else {
        return Type::Number;
    };
    let all = |kind: fn(&Label) -> bool| categorical.choices.iter().all(kind);
    if all(|label| matches!(label, Label::Bool(_))) {
        Type::Flag
    } else if all(|label| matches!(label, Label::Int(_) | Label::Float(_))) {
        Type::Number
    } else {
        Type::Text
    }
}

fn value(parameter: &Parameter, label: &Label) -> Message {
    match (type_of(parameter), label) {
        (Type::Number, Label::Int(integer)) => Message::new().double(2, *integer as f64),
        (Type::Number, Label::Float(float)) => Message::new().double(2, *float),
        (Type::Flag, Label::Bool(flag)) => Message::new().integer(4, u64::from(*flag)),
        (_, label) => Message::new().text(3, &label.to_string()),
    }
}

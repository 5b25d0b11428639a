//! Optuna's encoding of the terms that both libraries share: distributions, states, times, numbers.
//!
//! Files and databases in Optuna's layout are read and written in these terms, so that each library
//! can open the other's studies. A domain that Optuna cannot express (a grid on a log scale) is
//! written as the nearest one that it accepts.

use serde_json::Value as Json;

use crate::space::{Categorical, Domain, Float, Int, Label, Value};
use crate::trial::{State, Timestamp};

/// Returns the JSON text of a domain, byte for byte as Optuna writes it.
pub(crate) fn distribution(domain: &Domain) -> String {
    match domain {
        Domain::Float(float) => {
            // Optuna has no grid on a log scale: the scale is kept, the grid is dropped.
            let step = float.step.filter(|_| !float.log);
            format!(
                concat!(
                    r#"{{"name": "FloatDistribution", "#,
                    r#""attributes": {{"step": {}, "low": {:?}, "high": {:?}, "log": {}}}}}"#
                ),
                step.map_or_else(|| "null".to_owned(), |step| format!("{step:?}")),
                float.low,
                float.high,
                float.log
            )
        }
        Domain::Int(int) => {
            let step = int.step.filter(|_| !int.log).unwrap_or(1);
            format!(
                concat!(
                    r#"{{"name": "IntDistribution", "#,
                    r#""attributes": {{"log": {}, "step": {}, "low": {}, "high": {}}}}}"#
                ),
                int.log, step, int.low, int.high
            )
        }
        Domain::Categorical(categorical) => {
            let choices: Vec<String> =
                categorical.choices.iter().map(|choice| choice.to_json().to_string()).collect();
            format!(
                r#"{{"name": "CategoricalDistribution", "attributes": {{"choices": [{}]}}}}"#,
                choices.join(", ")
            )
        }
    }
}

/// Returns the domain of a distribution's JSON text. Reads the present names, those of Optuna 1 and
/// 2, and the abbreviated form.
///
/// # Errors
/// A sentence that says why the text is not a distribution.
pub(crate) fn domain(text: &str) -> Result<Domain, String> {
    let json: Json = parse(text).map_err(|error| format!("a distribution is not JSON: {error}"))?;
    let Some(name) = json["name"].as_str() else {
        return abbreviated(&json);
    };
    let given = &json["attributes"];
    let flag = |key: &str| given[key].as_bool().unwrap_or(false);
    match name {
        "FloatDistribution" => float(given, flag("log"), "step"),
        "UniformDistribution" => float(given, false, "step"),
        "LogUniformDistribution" => float(given, true, "step"),
        "DiscreteUniformDistribution" => float(given, false, "q"),
        "IntDistribution" => int(given, flag("log")),
        "IntUniformDistribution" => int(given, false),
        "IntLogUniformDistribution" => int(given, true),
        "CategoricalDistribution" => choices(given),
        _ => Err(format!(
            "the distribution `{name}` is unknown: a newer version of Optuna may have written it"
        )),
    }
}

fn abbreviated(json: &Json) -> Result<Domain, String> {
    let log = json["log"].as_bool().unwrap_or(false);
    match json["type"].as_str() {
        Some("float") => float(json, log, "step"),
        Some("int") => int(json, log),
        Some("categorical") => choices(json),
        _ => Err(format!("a distribution has neither name nor type: {json}")),
    }
}

fn float(given: &Json, log: bool, step: &str) -> Result<Domain, String> {
    let bound = |key: &str| {
        let bound = given[key].as_f64();
        bound.ok_or_else(|| format!("a distribution has no number `{key}`: {given}"))
    };
    let (low, high) = (bound("low")?, bound("high")?);
    let step = given[step].as_f64().filter(|step| *step > 0.0 && !log);
    let high = step.map_or(high, |step| {
        let count = (high - low) / step;
        // Optuna too trims the upper bound to the grid when it reads.
        if (count - count.round()).abs() < 1e-6 { high } else { low + count.floor() * step }
    });
    Ok(Domain::Float(Float { log, step, ..Float::new(low, high) }))
}

fn int(given: &Json, log: bool) -> Result<Domain, String> {
    let whole = |key: &str| integer(&given[key]);
    let missing = || format!("a distribution has no integers `low` and `high`: {given}");
    let low = whole("low").ok_or_else(missing)?;
    let high = whole("high").ok_or_else(missing)?;
    let step = whole("step").filter(|step| *step > 1 && !log);
    let high = step.map_or(high, |step| high - (high - low) % step);
    Ok(Domain::Int(Int { log, step, ..Int::new(low, high) }))
}

fn integer(json: &Json) -> Option<i128> {
    json.as_i64()
        .map(i128::from)
        .or_else(|| json.as_u64().map(i128::from))
        .or_else(|| json.as_f64().map(|float| float as i128))
}

fn choices(given: &Json) -> Result<Domain, String> {
    let listed = given["choices"]
        .as_array()
        .ok_or_else(|| format!("a distribution has no choices: {given}"))?;
    Ok(Domain::Categorical(Categorical::new(listed.iter().map(label))))
}

/// Returns the label of a choice. Lists and objects, which Optuna allows with a warning, become
/// their JSON text.
fn label(json: &Json) -> Label {
    match json {
        Json::Null => Label::Null,
        Json::Bool(flag) => Label::Bool(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Label::from(integer),
            (_, Some(integer)) => Label::from(integer),
            _ => Label::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Label::from(text.clone()),
        Json::Array(_) | Json::Object(_) => Label::from(json.to_string()),
    }
}

/// Returns the number of a state in Optuna's enumeration.
pub(crate) fn state_code(state: State) -> u8 {
    match state {
        State::Running => 0,
        State::Complete => 1,
        State::Pruned => 2,
        State::Failed => 3,
        // Optuna has no paused state: to it, the trial waits.
        State::Waiting | State::Paused => 4,
    }
}

/// Returns the name of a state in Optuna's enumeration.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn state_name(state: State) -> &'static str {
    STATES[usize::from(state_code(state))].0
}

/// Returns the state with this name.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn named_state(name: &str) -> Option<State> {
    STATES.into_iter().find(|(known, _)| *known == name).map(|(_, state)| state)
}

/// Names of the states, indexed by Optuna's number.
const STATES: [(&str, State); 5] = [
    ("RUNNING", State::Running),
    ("COMPLETE", State::Complete),
    ("PRUNED", State::Pruned),
    ("FAIL", State::Failed),
    ("WAITING", State::Waiting),
];

/// Returns the state with this number.
pub(crate) fn state(code: u64) -> Option<State> {
    STATES.get(usize::try_from(code).ok()?).map(|(_, state)| *state)
}

/// A number in Python's JSON: integers stay exact, `NaN` and infinities are allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum JsonNumber {
    Integer(i128),
    Real(f64),
}

impl JsonNumber {
    /// Parses a token of Python's JSON; `None` if it is not a number.
    pub(crate) fn token(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return match text {
                "NaN" => Some(JsonNumber::Real(f64::NAN)),
                "Infinity" => Some(JsonNumber::Real(f64::INFINITY)),
                "-Infinity" => Some(JsonNumber::Real(f64::NEG_INFINITY)),
                // Rust parses some words as numbers that JSON does not.
                _ if text
                    .contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E')) =>
                {
                    None
                }
                _ => text.parse().ok().map(JsonNumber::Real),
            };
        }
        text.parse().ok().map(JsonNumber::Integer)
    }

    pub(crate) fn real(self) -> f64 {
        match self {
            JsonNumber::Integer(integer) => integer as f64,
            JsonNumber::Real(float) => float,
        }
    }

    /// Returns the value that the number means for a parameter with this domain; `None` if it
    /// cannot be one.
    pub(crate) fn value(self, domain: &Domain) -> Option<Value> {
        match domain {
            Domain::Float(_) => Some(Value::Float(self.real())),
            Domain::Int(_) => Value::int(self.whole()),
            Domain::Categorical(_) => u32::try_from(self.whole()).ok().map(Value::Choice),
        }
    }

    fn whole(self) -> i128 {
        match self {
            JsonNumber::Integer(integer) => integer,
            JsonNumber::Real(float) => float as i128,
        }
    }
}

impl<'de> serde::Deserialize<'de> for JsonNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let number = match &json {
            Json::Null => Some(JsonNumber::Real(f64::NAN)),
            Json::Bool(flag) => Some(JsonNumber::Integer(i128::from(*flag))),
            Json::String(token) => JsonNumber::token(token),
            Json::Number(number) => number
                .as_i64()
                .map(|integer| JsonNumber::Integer(i128::from(integer)))
                .or_else(|| number.as_u64().map(|whole| JsonNumber::Integer(i128::from(whole))))
                .or_else(|| number.as_f64().map(JsonNumber::Real)),
            _ => None,
        };
        number.ok_or_else(|| serde::de::Error::custom(format!("`{json}` is not a number")))
    }
}

/// Writes a real number so that Python and this library read the same one back.
pub(crate) fn push_real(out: &mut Vec<u8>, real: f64) {
    if real.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if real.is_infinite() {
        out.extend_from_slice(if real > 0.0 { b"Infinity" } else { b"-Infinity" });
    } else {
        push_json(out, &real);
    }
}

/// Writes a value as JSON. This cannot fail: memory accepts all bytes, and all keys are text.
pub(crate) fn push_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value).expect("memory takes all JSON");
}

/// Parses JSON, strict or in Python's dialect, in which `NaN`, `Infinity` and `-Infinity` are
/// numbers. These become strings.
///
/// # Errors
/// If the text is neither.
pub(crate) fn parse(text: &str) -> Result<Json, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match strict(text) {
        Some(strict) => serde_json::from_str(&strict),
        None => Err(error),
    })
}

/// Quotes the bare number words of Python's JSON; `None` if the text has none.
pub(crate) fn strict(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut rest, mut found) = (text, false);
    while let Some(position) = rest.find(['"', 'N', 'I', '-']) {
        out.push_str(&rest[..position]);
        rest = &rest[position..];
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| rest.starts_with(word));
        let len = match word {
            Some(word) => {
                found = true;
                out.push('"');
                out.push_str(word);
                out.push('"');
                rest = &rest[word.len()..];
                continue;
            }
            None if rest.starts_with('"') => end_of_string(rest),
            None => 1,
        };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out.push_str(rest);
    found.then_some(out)
}

/// Returns the length of the JSON string at the start of a text, quotes included.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

/// Writes a time as `2026-09-07T10:00:00.000000+00:00`.
pub(crate) fn push_time(out: &mut Vec<u8>, at: Timestamp) {
    out.extend_from_slice(&at.digits());
    out.extend_from_slice(b"+00:00");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_numbers_become_strings_outside_of_strings() {
        assert_eq!(
            strict(r#"{"a\"NaN":[NaN,-Infinity,-1],"Infinity":Infinity}"#).unwrap(),
            r#"{"a\"NaN":["NaN","-Infinity",-1],"Infinity":"Infinity"}"#
        );
        assert_eq!(strict(r#"{"NaN":-1}"#), None);
    }

    #[test]
    fn domains_go_there_and_back() {
        let grid = Domain::Float(Float { step: Some(0.25), ..Float::new(-1.0, 1e20) });
        let wide = Domain::Int(Int::new(i128::from(i64::MIN), i128::from(i64::MAX)));
        let mixed = Domain::Categorical(Categorical::new([
            Label::Null,
            Label::Bool(true),
            Label::Int(7),
            Label::Float(0.5),
            Label::from("a \"quoted\"\nüber"),
        ]));
        for given in [grid, wide, mixed] {
            assert_eq!(domain(&distribution(&given)), Ok(given));
        }
    }

    #[test]
    fn old_spellings_are_read_and_unknown_ones_named() {
        let old = concat!(
            r#"{"name": "DiscreteUniformDistribution", "#,
            r#""attributes": {"low": 0, "high": 1.1, "q": 0.5}}"#
        );
        let float = Float { step: Some(0.5), ..Float::new(0.0, 1.0) };
        assert_eq!(domain(old), Ok(Domain::Float(float)));
        assert_eq!(
            domain(r#"{"type": "int", "low": 1, "high": 9}"#),
            Ok(Domain::Int(Int::new(1, 9)))
        );
        let unknown = domain(r#"{"name": "Mystery", "attributes": {}}"#).unwrap_err();
        assert!(unknown.contains("`Mystery`"), "{unknown}");
    }

    #[test]
    fn grids_on_a_log_scale_lose_the_grid() {
        let powers = Domain::Int(Int { log: true, step: Some(2), ..Int::new(1, 8) });
        assert!(distribution(&powers).contains(r#""log": true, "step": 1,"#));
    }
}

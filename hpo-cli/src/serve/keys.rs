//! Objects whose keys are all known: what is not understood is refused, rather than passed over.

use anyhow::{Result, bail};
use serde_json::Value as Json;

use crate::copy::Named;
use crate::nearest::nearest;

/// Refuses a key that is not among the known ones, or stands there twice; `what` has the object.
pub(super) fn check(object: &Named, what: &str, known: &[&str]) -> Result<()> {
    for (place, (key, _)) in object.0.iter().enumerate() {
        if object.0[..place].iter().any(|(other, _)| other == key) {
            bail!("{what} has the key `{key}` twice");
        }
        if !known.contains(&key.as_str()) {
            bail!("{what} has no key `{key}`{}", hint(key, known));
        }
    }
    Ok(())
}

/// An object with its keys in order; nothing for other JSON.
pub(super) fn object(json: &Json) -> Option<Named> {
    let members = json.as_object()?.iter();
    Some(Named(members.map(|(key, value)| (key.clone(), value.clone())).collect()))
}

/// What a library says of an unknown key, with the nearest known one: of settings, whose keys it knows.
pub(super) fn with_hint(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let is_unknown = ["unknown field `", "unknown variant `"].iter().any(|words| message.contains(words));
    let unknown = message.split("unknown ").nth(1).and_then(|rest| rest.split('`').nth(1));
    match unknown.filter(|_| is_unknown) {
        Some(unknown) => {
            let known: Vec<&str> = quoted.into_iter().filter(|word| *word != unknown).collect();
            match nearest(unknown, known) {
                Some(near) => format!("{message}: did you mean `{near}`?"),
                None => message.to_owned(),
            }
        }
        None => message.to_owned(),
    }
}

/// The nearest key, or all of them.
fn hint(key: &str, known: &[&str]) -> String {
    if let Some(near) = nearest(key, known.iter().copied()) {
        return format!(": did you mean `{near}`?");
    }
    let known: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
    format!("; it may have {}", known.join(", "))
}

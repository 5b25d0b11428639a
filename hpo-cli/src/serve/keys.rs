//! Objects whose keys are all known: unknown keys are refused rather than ignored.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Result, anyhow, bail};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use crate::copy::Named;
use crate::nearest::nearest;

/// Refuses a key that is unknown or occurs twice; `what` names the object in the error.
pub(super) fn check(object: &Named, what: &str, known: &[&str]) -> Result<()> {
    for (index, (key, _)) in object.0.iter().enumerate() {
        if object.0[..index].iter().any(|(other, _)| other == key) {
            bail!("{what} has the key `{key}` twice");
        }
        if !known.contains(&key.as_str()) {
            bail!("{what} does not take the key `{key}`{}", hint(key, known));
        }
    }
    Ok(())
}

/// Returns an object with its keys in order; `None` for other JSON.
pub(super) fn object(json: &Json) -> Option<Named> {
    let members = json.as_object()?.iter();
    Some(Named(members.map(|(key, value)| (key.clone(), value.clone())).collect()))
}

/// Refuses JSON in which an object, at any depth, has a key twice: readers keep only the last of
/// them.
pub(super) fn check_all(text: &str) -> Result<()> {
    let twice =
        Twice { path: String::new() }.deserialize(&mut serde_json::Deserializer::from_str(text));
    // The position in the line adds nothing to the path.
    twice.map_err(|error| {
        anyhow!("{}", error.to_string().split(" at line ").next().unwrap_or_default())
    })
}

/// Reads any JSON at a path without storing it.
struct Twice {
    path: String,
}

impl<'de> DeserializeSeed<'de> for Twice {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Twice {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        for index in 0_u64.. {
            if sequence
                .next_element_seed(Twice { path: format!("{}[{index}]", self.path) })?
                .is_none()
            {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut known = BTreeSet::new();
        while let Some(key) = members.next_key::<String>()? {
            let dot = if self.path.is_empty() { "" } else { "." };
            let path = format!("{}{dot}{key}", self.path);
            if !known.insert(key) {
                return Err(A::Error::custom(format!("the key `{path}` is given twice")));
            }
            members.next_value_seed(Twice { path })?;
        }
        Ok(())
    }
}

/// Adds the nearest known key to a library's error about an unknown key of a setting; the error
/// lists the known keys.
pub(super) fn with_hint(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let is_unknown =
        ["unknown field `", "unknown variant `"].iter().any(|words| message.contains(words));
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

/// Returns the nearest key, or a list of all keys.
fn hint(key: &str, known: &[&str]) -> String {
    if let Some(near) = nearest(key, known.iter().copied()) {
        return format!(": did you mean `{near}`?");
    }
    let known: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
    format!("; it takes {}", known.join(", "))
}

//! Numbers, attributes and studies as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::storage::optuna::{self, JsonNumber};
use crate::storage::{StudyId, StudyRecord};
use crate::trial::{AttributeScope, Attributes, Direction};

/// A real number, written as text if JSON has no number for it.
#[derive(Clone, Copy, Debug)]
pub(in crate::storage::remote) struct Real(pub(super) f64);

impl Serialize for Real {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            return serializer.serialize_f64(self.0);
        }
        let mut token = Vec::new();
        optuna::push_real(&mut token, self.0);
        serializer.serialize_str(&String::from_utf8_lossy(&token))
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        JsonNumber::deserialize(deserializer).map(|number| Real(number.real()))
    }
}

/// A study without its trials.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::storage::remote) struct WireStudy {
    id: u64,
    name: String,
    directions: Vec<Direction>,
    attributes: WireAttributes,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::storage::remote) struct WireAttributes {
    user: BTreeMap<String, Json>,
    system: BTreeMap<String, Json>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::storage::remote) enum WireScope {
    User,
    System,
}

impl From<&Attributes> for WireAttributes {
    fn from(attributes: &Attributes) -> Self {
        Self { user: attributes.user.clone(), system: attributes.system.clone() }
    }
}

impl From<WireAttributes> for Attributes {
    fn from(WireAttributes { user, system }: WireAttributes) -> Self {
        Self { user, system }
    }
}

impl From<AttributeScope> for WireScope {
    fn from(scope: AttributeScope) -> Self {
        match scope {
            AttributeScope::User => WireScope::User,
            AttributeScope::System => WireScope::System,
        }
    }
}

impl From<WireScope> for AttributeScope {
    fn from(scope: WireScope) -> Self {
        match scope {
            WireScope::User => AttributeScope::User,
            WireScope::System => AttributeScope::System,
        }
    }
}

impl From<&StudyRecord> for WireStudy {
    fn from(record: &StudyRecord) -> Self {
        Self {
            id: record.id.0,
            name: record.name.clone(),
            directions: record.directions.clone(),
            attributes: (&record.attributes).into(),
        }
    }
}

impl From<WireStudy> for StudyRecord {
    fn from(WireStudy { id, name, directions, attributes }: WireStudy) -> Self {
        Self { id: StudyId(id), name, directions, attributes: attributes.into() }
    }
}

impl Serialize for JsonNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            JsonNumber::Integer(integer) => {
                match (u64::try_from(integer), i64::try_from(integer)) {
                    (Ok(integer), _) => serializer.serialize_u64(integer),
                    (_, Ok(integer)) => serializer.serialize_i64(integer),
                    _ => serializer.serialize_str(&integer.to_string()),
                }
            }
            JsonNumber::Real(real) => Real(real).serialize(serializer),
        }
    }
}

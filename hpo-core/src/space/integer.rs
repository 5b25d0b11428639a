//! Integers of up to 64 bits as JSON numbers. Serde's own support for `i128` fails inside tagged
//! and untagged enums.

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::Serializer;

use super::Label;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
pub(super) fn serialize<S: Serializer>(integer: &i128, serializer: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&Label::Int(*integer), serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
    match Label::deserialize(deserializer)? {
        Label::Int(integer) => Ok(integer),
        Label::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => Ok(float as i128),
        Label::Float(float) if float.fract() == 0.0 => {
            Err(de::Error::custom(format!("the integer {float} does not fit 64 bits")))
        }
        other => Err(de::Error::custom(format!("expected an integer, not `{other}`"))),
    }
}

pub(super) mod optional {
    use super::{Deserialize, Deserializer, Label, Serializer};

    #[allow(clippy::ref_option, reason = "the signature is serde's")]
    pub(in super::super) fn serialize<S: Serializer>(
        integer: &Option<i128>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&integer.map(Label::Int), serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<i128>, D::Error> {
        #[derive(serde::Deserialize)]
        struct Integer(#[serde(with = "super")] i128);
        Ok(Option::<Integer>::deserialize(deserializer)?.map(|integer| integer.0))
    }
}

//! Data that JSON cannot represent: infinities, NaN, times, and objects in a fixed order.

use std::fmt;

use hpo_core::space::Params;
use hpo_core::trial::Timestamp;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value as Json;

/// A real number; infinities and NaN are written as text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Real(pub(crate) f64);

/// A point in time, written as text in UTC.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment(pub(crate) Timestamp);

/// Names and values in order, written as an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Named(pub(crate) Vec<(String, Json)>);

impl Named {
    /// Returns the config of a trial, with its parameters in the order of the space.
    pub(crate) fn config(params: &Params) -> Self {
        Self(params.labels().map(|(path, label)| (path.to_owned(), label.to_json())).collect())
    }
}

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_nan() {
            return serializer.serialize_str("nan");
        }
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.collect_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        // `1e400` does not mean infinity.
        let is_word = |text: &&str| !text.contains(|letter: char| letter.is_ascii_digit());
        let number = json.as_f64().or_else(|| {
            let text = json.as_str()?.trim();
            text.parse().ok().filter(|number: &f64| number.is_finite() || is_word(&text))
        });
        number.map(Self).ok_or_else(|| {
            de::Error::custom(format!("{json} is not a number, `inf`, `-inf` or `nan`"))
        })
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at = Timestamp::parse(&text).map(Self);
        at.ok_or_else(|| {
            de::Error::custom(format!("`{text}` is not a time: write it as 2026-01-31T23:59:59.5Z"))
        })
    }
}

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Named;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Named(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_come_back() {
        for number in
            [0.0, -0.0, 0.1 + 0.2, 5e-324, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]
        {
            let text = serde_json::to_string(&Real(number)).unwrap();
            let Real(read) = serde_json::from_str(&text).unwrap();
            assert!(
                read.to_bits() == number.to_bits() || (read.is_nan() && number.is_nan()),
                "{text}"
            );
        }
        assert!(serde_json::from_str::<Real>("\"much\"").is_err());
        assert!(serde_json::from_str::<Real>("\"1e400\"").is_err());
    }

    #[test]
    fn names_keep_their_order() {
        let text = r#"{"z":1,"a":[2],"m":null}"#;
        assert_eq!(
            serde_json::to_string(&serde_json::from_str::<Named>(text).unwrap()).unwrap(),
            text
        );
    }
}

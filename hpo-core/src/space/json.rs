//! The JSON form of a space, both ways. Kind first, names in order:
//!
//! ```json
//! {"all": {
//!   "lr":        {"float": {"low": 1e-5, "high": 0.1, "log": true}},
//!   "units":     {"int": {"low": 16, "high": 256, "step": 2, "log": true, "default": 64}},
//!   "activation":{"categorical": {"choices": ["relu", "tanh"], "ordered": false, "default": "relu"}},
//!   "layers":    {"list": {"len": {"low": 1, "high": 3}, "of": {"int": {"low": 8, "high": 64}}}},
//!   "optimizer": {"one_of": {"adam": {"all": {}},
//!                            "sgd": {"all": {"momentum": {"float": {"low": 0.0, "high": 0.99}}}}},
//!                 "tag": "kind", "default": "adam"}
//! }}
//! ```
//!
//! Everything but bounds, choices and names may be left out. The order of the names is the order of the parameters.
//! The empty name marks parts that stand among their parent's (`flatten`).

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;

use super::domain::{Categorical, Domain, Float, Int, Prior};
use super::{Label, List, OneOf, Part, Space, SpaceError, SpaceErrorKind};

impl Space {
    /// The space that a JSON text describes. It is checked when it is made into [`Slots`](super::Slots).
    ///
    /// # Errors
    /// If the text is not of the form of this page's head: what was found, and where.
    pub fn from_json(text: &str) -> Result<Self, SpaceError> {
        serde_json::from_str(text).map_err(|error| {
            SpaceError::new(
                "",
                SpaceErrorKind::Json {
                    reason: error.to_string(),
                },
            )
        })
    }

    /// The JSON text of this space.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// One node as it stands in JSON: just one of the first five.
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Node {
    #[serde(skip_serializing_if = "Option::is_none")]
    float: Option<FloatForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    int: Option<IntForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    categorical: Option<CategoricalForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<ListForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Parts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_of: Option<Parts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FloatForm {
    low: f64,
    high: f64,
    #[serde(default, skip_serializing_if = "is_false")]
    log: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prior: Option<PriorForm>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct IntForm {
    low: i128,
    high: i128,
    #[serde(default, skip_serializing_if = "is_false")]
    log: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<i128>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<i128>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prior: Option<PriorForm>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PriorForm {
    center: f64,
    spread: f64,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoricalForm {
    choices: Vec<Label>,
    #[serde(default, skip_serializing_if = "is_false")]
    ordered: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<Label>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ListForm {
    len: IntForm,
    of: Box<Space>,
}

/// Named parts in the order in which they stand.
struct Parts(Vec<Part>);

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Serialize for Space {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Node::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Space {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Space::try_from(Node::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl From<Space> for Node {
    fn from(space: Space) -> Self {
        let none = Node::default();
        match space {
            Space::Leaf(Domain::Float(float)) => Node {
                float: Some(float.into()),
                ..none
            },
            Space::Leaf(Domain::Int(int)) => Node {
                int: Some(int.into()),
                ..none
            },
            Space::Leaf(Domain::Categorical(categorical)) => Node {
                categorical: Some(categorical.into()),
                ..none
            },
            Space::All(parts) => Node {
                all: Some(Parts(parts)),
                ..none
            },
            Space::List(List { len, element }) => Node {
                list: Some(ListForm {
                    len: len.into(),
                    of: element,
                }),
                ..none
            },
            Space::OneOf(OneOf {
                variants,
                tag,
                default,
            }) => {
                let default = default
                    .and_then(|index| variants.get(index as usize))
                    .map(|part| part.name.clone());
                Node {
                    one_of: Some(Parts(variants)),
                    tag,
                    default,
                    ..none
                }
            }
        }
    }
}

impl TryFrom<Node> for Space {
    type Error = String;

    fn try_from(node: Node) -> Result<Self, String> {
        if node.one_of.is_none() && (node.tag.is_some() || node.default.is_some()) {
            return Err("`tag` and `default` stand beside `one_of` only".to_owned());
        }
        match node {
            Node {
                float: Some(form),
                int: None,
                categorical: None,
                list: None,
                all: None,
                one_of: None,
                ..
            } => Ok(Space::Leaf(Domain::Float(form.into()))),
            Node {
                int: Some(form),
                float: None,
                categorical: None,
                list: None,
                all: None,
                one_of: None,
                ..
            } => Ok(Space::Leaf(Domain::Int(form.into()))),
            Node {
                categorical: Some(form),
                float: None,
                int: None,
                list: None,
                all: None,
                one_of: None,
                ..
            } => Ok(Space::Leaf(Domain::Categorical(form.try_into()?))),
            Node {
                list: Some(form),
                float: None,
                int: None,
                categorical: None,
                all: None,
                one_of: None,
                ..
            } => Ok(Space::List(List {
                len: form.len.into(),
                element: form.of,
            })),
            Node {
                all: Some(parts),
                float: None,
                int: None,
                categorical: None,
                list: None,
                one_of: None,
                ..
            } => Ok(Space::All(parts.0)),
            Node {
                one_of: Some(parts),
                tag,
                default,
                float: None,
                int: None,
                categorical: None,
                list: None,
                all: None,
            } => {
                let default = default.map(|name| index_of(&parts.0, &name)).transpose()?;
                Ok(Space::OneOf(OneOf {
                    variants: parts.0,
                    tag,
                    default,
                }))
            }
            _ => Err(
                "expected just one of `float`, `int`, `categorical`, `list`, `all`, `one_of`"
                    .to_owned(),
            ),
        }
    }
}

fn index_of(parts: &[Part], name: &str) -> Result<u32, String> {
    let index = parts.iter().position(|part| part.name == name);
    index
        .map(|index| index as u32)
        .ok_or_else(|| format!("the default `{name}` is not among the variants"))
}

impl From<FloatForm> for Float {
    fn from(form: FloatForm) -> Self {
        let FloatForm {
            low,
            high,
            log,
            step,
            default,
            prior,
        } = form;
        Float {
            low,
            high,
            log,
            step,
            default,
            prior: prior.map(Into::into),
        }
    }
}

impl From<Float> for FloatForm {
    fn from(float: Float) -> Self {
        let Float {
            low,
            high,
            log,
            step,
            default,
            prior,
        } = float;
        FloatForm {
            low,
            high,
            log,
            step,
            default,
            prior: prior.map(Into::into),
        }
    }
}

impl From<IntForm> for Int {
    fn from(form: IntForm) -> Self {
        let IntForm {
            low,
            high,
            log,
            step,
            default,
            prior,
        } = form;
        Int {
            low,
            high,
            log,
            step,
            default,
            prior: prior.map(Into::into),
        }
    }
}

impl From<Int> for IntForm {
    fn from(int: Int) -> Self {
        let Int {
            low,
            high,
            log,
            step,
            default,
            prior,
        } = int;
        IntForm {
            low,
            high,
            log,
            step,
            default,
            prior: prior.map(Into::into),
        }
    }
}

impl From<PriorForm> for Prior {
    fn from(form: PriorForm) -> Self {
        Prior {
            center: form.center,
            spread: form.spread,
        }
    }
}

impl From<Prior> for PriorForm {
    fn from(prior: Prior) -> Self {
        PriorForm {
            center: prior.center,
            spread: prior.spread,
        }
    }
}

impl TryFrom<CategoricalForm> for Categorical {
    type Error = String;

    fn try_from(form: CategoricalForm) -> Result<Self, String> {
        let CategoricalForm {
            choices,
            ordered,
            default,
        } = form;
        let default = default
            .map(|label| {
                let index = choices.iter().position(|choice| *choice == label);
                index
                    .map(|index| index as u32)
                    .ok_or_else(|| format!("the default `{label}` is not among the choices"))
            })
            .transpose()?;
        Ok(Categorical {
            choices,
            ordered,
            default,
        })
    }
}

impl From<Categorical> for CategoricalForm {
    fn from(categorical: Categorical) -> Self {
        let Categorical {
            choices,
            ordered,
            default,
        } = categorical;
        let default = default.and_then(|index| choices.get(index as usize).cloned());
        CategoricalForm {
            choices,
            ordered,
            default,
        }
    }
}

impl Serialize for Parts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for part in &self.0 {
            map.serialize_entry(&part.name, &part.space)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Parts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and spaces")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
                let mut parts = Vec::new();
                while let Some((name, space)) = map.next_entry()? {
                    parts.push(Part { name, space });
                }
                Ok(Parts(parts))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Label {
    /// The JSON scalar. Integers beyond 64 bits, which no domain holds, become text.
    #[must_use]
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_else(|_| Json::String(self.to_string()))
    }

    /// Whether a JSON scalar means this choice. The integer 1 and the float 1.0 are one.
    pub(crate) fn matches(&self, json: &Json) -> bool {
        match (self, json) {
            (Label::Float(float), json) => json.as_f64() == Some(*float),
            (label, json) => label.to_json() == *json,
        }
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Label::Null => serializer.serialize_unit(),
            Label::Bool(flag) => serializer.serialize_bool(*flag),
            Label::Int(integer) => match (i64::try_from(*integer), u64::try_from(*integer)) {
                (Ok(integer), _) => serializer.serialize_i64(integer),
                (_, Ok(integer)) => serializer.serialize_u64(integer),
                _ => serializer.serialize_i128(*integer),
            },
            Label::Float(float) => serializer.serialize_f64(*float),
            Label::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = Label;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("null, a boolean, a number or a string")
            }

            fn visit_unit<E>(self) -> Result<Label, E> {
                Ok(Label::Null)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Label, E> {
                Ok(Label::Bool(flag))
            }

            fn visit_i64<E>(self, integer: i64) -> Result<Label, E> {
                Ok(Label::from(integer))
            }

            fn visit_u64<E>(self, integer: u64) -> Result<Label, E> {
                Ok(Label::from(integer))
            }

            fn visit_f64<E>(self, float: f64) -> Result<Label, E> {
                Ok(Label::Float(float))
            }

            fn visit_str<E>(self, text: &str) -> Result<Label, E> {
                Ok(Label::from(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

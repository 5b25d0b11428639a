//! The JSON form of a space, reading and writing; [`Space::from_json`] describes it.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;

use super::domain::{Categorical, Domain, Float, Int};
use super::{Label, List, OneOf, Part, RustType, Shared, Space, SpaceError, SpaceErrorKind, Typed};

impl Space {
    /// Reads the space that a JSON text describes. It is checked when it is made into
    /// [`FlatSpace`](super::FlatSpace).
    ///
    /// Each node is an object whose key is its kind; names are in order:
    ///
    /// ```json
    /// {"all": {
    ///   "lr":        {"float": {"low": 1e-5, "high": 0.1, "log": true}},
    ///   "units":     {"int": {"low": 16, "high": 256, "step": 2, "log": true, "default": 64}},
    ///   "activation":{"categorical": {"choices": ["relu", "tanh"], "ordered": false,
    ///                                 "default": "relu"}},
    ///   "layers":    {"list": {"len": {"low": 1, "high": 3},
    ///                          "of": {"int": {"low": 8, "high": 64}}}},
    ///   "optimizer": {"one_of": {
    ///                   "adam": {"all": {}},
    ///                   "sgd": {"all": {"momentum": {"float": {"low": 0.0, "high": 0.99}}}}},
    ///                 "tag": "kind", "default": "adam"}
    /// }}
    /// ```
    ///
    /// `{"fixed": 0.9}` is not a parameter, and [`Params`](crate::space::Params) do not contain it.
    /// It records the value that trials of this space have: if the study tuned it before, or tunes
    /// it later, that decides which trials count.
    ///
    /// Everything but bounds, choices and names may be left out. The order of the names is the
    /// order of the parameters. A part with an empty name is placed among the parts of its parent
    /// (`flatten`). Parts that several variants of a `one_of` have in common are given beside it:
    /// `"shared": [{"variants": ["adam", "sgd"], "name": "decay", "part": {"float":
    /// ..}}]`. The derive adds `"rust"` beside the kind: the Rust type of the part, which plays no
    /// part in a search.
    ///
    /// ```
    /// use hpo_core::space::{FlatSpace, Space};
    ///
    /// let space = Space::from_json(
    ///     r#"{"all": {
    ///         "lr": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
    ///         "layers": {"list": {
    ///             "len": {"low": 1, "high": 2},
    ///             "of": {"int": {"low": 8, "high": 64}}
    ///         }},
    ///         "optimizer": {"one_of": {
    ///             "adam": {"all": {}},
    ///             "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 0.99}}}}
    ///         }}
    ///     }}"#,
    /// )?;
    /// let flat = FlatSpace::new(&space)?;
    /// let names: Vec<&str> = flat.iter().map(|parameter| parameter.path()).collect();
    /// assert_eq!(
    ///     names,
    ///     ["lr", "layers", "layers.0", "layers.1", "optimizer", "optimizer.sgd.momentum"]
    /// );
    /// # Ok::<(), hpo_core::space::SpaceError>(())
    /// ```
    ///
    /// # Errors
    /// If the text does not have the form described above. The error names the problem, the line
    /// and the column.
    pub fn from_json(text: &str) -> Result<Self, SpaceError> {
        serde_json::from_str(text).map_err(|error| {
            SpaceError::new("", SpaceErrorKind::Json { reason: error.to_string() })
        })
    }

    /// Returns the JSON text of this space.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// One node in its JSON form: exactly one of the first seven fields is given.
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Node {
    #[serde(skip_serializing_if = "Option::is_none")]
    float: Option<Float>,
    #[serde(skip_serializing_if = "Option::is_none")]
    int: Option<Int>,
    #[serde(skip_serializing_if = "Option::is_none")]
    categorical: Option<Categorical>,
    /// `null` is a valid value here; it does not mean that the field is absent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "super::domain::present")]
    fixed: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<ListForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<NamedParts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_of: Option<NamedParts>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shared: Vec<SharedForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    /// The Rust type as the program that recorded it knew it; a later version may say more.
    #[serde(skip_serializing_if = "Option::is_none")]
    rust: Option<Json>,
}

/// A part that the variants with these names have in common.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedForm {
    variants: Vec<String>,
    name: String,
    part: Space,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ListForm {
    len: Int,
    of: Box<Space>,
}

/// Named parts, in the order of the text.
struct NamedParts(Vec<Part>);

impl Serialize for Space {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Node::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Space {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Accepts objects only: a derived struct would also read an array, field by field.
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Space;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object with one of {KINDS}")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Space, A::Error> {
                let node = Node::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Space::try_from(node).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl From<Space> for Node {
    fn from(space: Space) -> Self {
        let none = Node::default();
        match space {
            Space::Leaf(Domain::Float(float)) => Node { float: Some(float), ..none },
            Space::Leaf(Domain::Int(int)) => Node { int: Some(int), ..none },
            Space::Leaf(Domain::Categorical(categorical)) => {
                Node { categorical: Some(categorical), ..none }
            }
            Space::Fixed(label) => Node { fixed: Some(label), ..none },
            Space::All(parts) => Node { all: Some(NamedParts(parts)), ..none },
            Space::Typed(Typed { rust, space }) => {
                Node { rust: serde_json::to_value(rust).ok(), ..Node::from(*space) }
            }
            Space::List(List { len, element: of }) => {
                Node { list: Some(ListForm { len, of }), ..none }
            }
            Space::OneOf(OneOf { variants, tag, default, shared }) => {
                let name =
                    |index: &u32| variants.get(*index as usize).map(|part| part.name.clone());
                let form = |Shared { variants, part }| {
                    let variants = variants.iter().filter_map(name).collect();
                    SharedForm { variants, name: part.name, part: part.space }
                };
                let shared = shared.into_iter().map(form).collect();
                let default = default.and_then(|index| variants.get(index as usize));
                let default = default.map(|part| part.name.clone());
                Node { one_of: Some(NamedParts(variants)), shared, tag, default, ..none }
            }
        }
    }
}

impl TryFrom<Node> for Space {
    type Error = String;

    fn try_from(node: Node) -> Result<Self, String> {
        let Node { float, int, categorical, fixed, list, all, one_of, shared, tag, default, rust } =
            node;
        let rust: Option<RustType> = rust.and_then(|rust| serde_json::from_value(rust).ok());
        if one_of.is_none() && (tag.is_some() || default.is_some() || !shared.is_empty()) {
            return Err("`shared`, `tag` and `default` are allowed only beside `one_of`".to_owned());
        }
        let leaf =
            [float.map(Domain::Float), int.map(Domain::Int), categorical.map(Domain::Categorical)];
        let tree = [
            fixed.map(Space::Fixed),
            list.map(|ListForm { len, of }| Space::List(List { len, element: of })),
            all.map(|parts| Space::All(parts.0)),
            one_of.map(|parts| one_of_from(parts, shared, tag, default)).transpose()?,
        ];
        let mut forms =
            leaf.into_iter().flatten().map(Space::Leaf).chain(tree.into_iter().flatten());
        match (forms.next(), forms.next()) {
            (Some(space), None) => Ok(match rust {
                Some(rust) => space.typed(rust),
                None => space,
            }),
            (None, _) => Err(format!("expected one of {KINDS}")),
            (Some(_), Some(_)) => Err(format!("expected just one of {KINDS}, not several")),
        }
    }
}

const KINDS: &str = "`float`, `int`, `categorical`, `fixed`, `list`, `all`, `one_of`";

fn one_of_from(
    NamedParts(variants): NamedParts,
    shared: Vec<SharedForm>,
    tag: Option<String>,
    default: Option<String>,
) -> Result<Space, String> {
    let index = |what: &str, name: &str| {
        let index = variants.iter().position(|part| part.name == name);
        index
            .map(|index| index as u32)
            .ok_or_else(|| format!("the {what} `{name}` is not among the variants"))
    };
    let default = default.map(|name| index("default", &name)).transpose()?;
    let share = |SharedForm { variants, name, part }| {
        let variants: Result<Vec<u32>, String> =
            variants.iter().map(|name| index("sharing", name)).collect();
        Ok::<_, String>(Shared { variants: variants?, part: Part::new(name, part) })
    };
    let shared = shared.into_iter().map(share).collect::<Result<_, _>>()?;
    Ok(Space::OneOf(OneOf { variants, tag, default, shared }))
}

impl Serialize for NamedParts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for part in &self.0 {
            map.serialize_entry(&part.name, &part.space)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for NamedParts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = NamedParts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and spaces")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NamedParts, A::Error> {
                let mut parts = Vec::new();
                while let Some((name, space)) = map.next_entry()? {
                    parts.push(Part { name, space });
                }
                Ok(NamedParts(parts))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Label {
    /// Returns the JSON scalar. Integers beyond 64 bits, which no domain holds, become text.
    #[must_use]
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_else(|_| Json::String(self.to_string()))
    }

    /// Returns true if a JSON scalar means this choice. The integer 1 and the float 1.0 are the
    /// same.
    pub(crate) fn matches(&self, json: &Json) -> bool {
        match (self, json) {
            (Label::Float(float), json) => json.as_f64() == Some(*float),
            (Label::Int(integer), json) if json.is_f64() => json.as_f64() == Some(*integer as f64),
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

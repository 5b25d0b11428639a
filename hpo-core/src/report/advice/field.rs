//! The fields of the user's type, each with the parameters that hold its values.
//!
//! All elements of a list or an array belong to one field. So does a field of a type that is used
//! in several places: there is only one attribute to change. Where no type is recorded, each
//! parameter is a field.

use std::collections::HashMap;

use crate::report::StudyView;
use crate::space::{Domain, FlatSpace, OneOf, Part, RustFields, RustType, Space, join};
use crate::trial::ParamId;

/// A field of the user's type, with its parameters.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    /// The path of its parameter. With several parameters, `*` replaces the index of an element,
    /// and paths that still differ are joined by commas.
    pub(super) path: String,
    pub(super) params: Vec<ParamId>,
    pub(super) domain: &'a Domain,
    pub(super) role: Role,
    /// The type and field that carry the attribute, if a type is recorded.
    pub(super) location: Option<FieldLocation<'a>>,
    /// The part of the space that defines the parameter.
    pub(super) node: Option<&'a Space>,
    /// The path from the field to that part, with `*` for the index of an element.
    below: String,
    /// True if the field has no other parameters.
    pub(super) is_single_param: bool,
}

/// The position of a field in the user's types.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldLocation<'a> {
    owner: &'a str,
    variant: Option<&'a str>,
    field: &'a str,
    /// The words of its attribute, such as `range = 1..=8` and `log`.
    pub(super) words: &'a [String],
    /// True if the field's name alone is the path of its parameter.
    is_outermost: bool,
}

/// The meaning of a parameter for its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The value of the field or of one of its elements.
    Value,
    /// The length of the list.
    Length,
    /// The variant of an enum, or the presence of an optional part.
    Choice,
}

impl FieldLocation<'_> {
    /// Returns the field in words, such as "`units` of `Layer`".
    fn describe(self) -> String {
        let variant = self.variant.map_or_else(String::new, |variant| format!("::{variant}"));
        format!("`{}` of `{}{variant}`", self.field, self.owner)
    }
}

impl<'a> Field<'a> {
    /// Returns all fields with a value in at least one trial, in the order of the space. Parameters
    /// that are no longer in the space are left out.
    pub(super) fn all(view: &StudyView<'a>) -> Vec<Field<'a>> {
        let fields_by_path = view.flat.map(|flat| FieldCollector::all(flat));
        let (mut fields, mut known): (Vec<Field<'a>>, HashMap<String, usize>) =
            (Vec::new(), HashMap::new());
        for id in view.params() {
            let param = view.param(id);
            let field = match &fields_by_path {
                Some(fields_by_path) => fields_by_path.get(&param.path).cloned(),
                None => Some(Field::unknown(&param.path, &param.domain)),
            };
            let Some(field) = field else { continue };
            let path = field.path.clone();
            let at = *known.entry(field.key()).or_insert_with(|| {
                fields.push(field);
                fields.len() - 1
            });
            let field = &mut fields[at];
            field.params.push(id);
            if field.path.split(", ").all(|known| known != path) {
                field.path = format!("{}, {path}", field.path);
            }
        }
        fields
    }

    /// Returns the field of a parameter whose type is not recorded.
    fn unknown(path: &str, domain: &'a Domain) -> Self {
        let is_index = |segment: &str| segment.bytes().all(|byte| byte.is_ascii_digit());
        let pattern: Vec<&str> = path
            .split('.')
            .map(|segment| if is_index(segment) { ELEMENT } else { segment })
            .collect();
        let (path, below) = (pattern.join("."), String::new());
        let role = Role::Value;
        Self {
            path,
            params: Vec::new(),
            domain,
            role,
            location: None,
            node: None,
            below,
            is_single_param: true,
        }
    }

    /// Returns a key that is equal for all parameters of one field.
    fn key(&self) -> String {
        let at = self.location.map_or_else(
            || self.path.clone(),
            |location| format!("{}:{}", location.describe(), self.below),
        );
        let mut domain = self.domain.clone();
        match &mut domain {
            Domain::Float(float) => float.default = None,
            Domain::Int(int) => int.default = None,
            Domain::Categorical(categorical) => categorical.default = None,
        }
        format!("{at}:{:?}:{domain}", self.role)
    }

    /// Returns the field whose attribute has to be changed, or `None` if its path says it already.
    pub(super) fn over(&self) -> Option<String> {
        self.location
            .filter(|location| !location.is_outermost || self.is_pooled())
            .map(FieldLocation::describe)
    }

    /// Returns true if the field has several parameters.
    pub(super) fn is_pooled(&self) -> bool {
        self.params.len() > 1
    }
}

/// The path segment that replaces the index of an element.
const ELEMENT: &str = "*";

/// A walk through a space that collects its fields, parents before children.
struct FieldCollector<'a> {
    flat: &'a FlatSpace,
    fields_by_path: HashMap<String, Field<'a>>,
}

/// The position of the walk in the space.
#[derive(Clone, Default)]
struct Cursor<'a> {
    path: String,
    pattern: String,
    location: Option<FieldLocation<'a>>,
    below: String,
}

impl Cursor<'_> {
    fn child(&self, name: &str, segment: &str) -> Self {
        let Self { path, pattern, location, below } = self;
        Self {
            path: join(path, name),
            pattern: join(pattern, segment),
            location: *location,
            below: join(below, segment),
        }
    }
}

impl<'a> FieldCollector<'a> {
    /// Returns the field of each parameter, by path.
    fn all(flat: &'a FlatSpace) -> HashMap<String, Field<'a>> {
        let mut collector = Self { flat, fields_by_path: HashMap::new() };
        collector.node(flat.space(), &Cursor::default());
        let mut count: HashMap<String, Vec<String>> = HashMap::new();
        for field in collector.fields_by_path.values() {
            let keys = count
                .entry(field.location.map_or_else(|| field.path.clone(), FieldLocation::describe))
                .or_default();
            if !keys.contains(&field.key()) {
                keys.push(field.key());
            }
        }
        for field in collector.fields_by_path.values_mut() {
            let location =
                field.location.map_or_else(|| field.path.clone(), FieldLocation::describe);
            field.is_single_param = field.below.is_empty() && count[&location].len() == 1;
        }
        collector.fields_by_path
    }

    fn node(&mut self, space: &'a Space, cursor: &Cursor<'a>) {
        match (space.rust().and_then(RustType::unboxed), space.plain()) {
            (_, Space::Leaf(_)) => {
                self.add(Role::Value, space, cursor);
            }
            (Some(RustType::Struct { name, fields }), Space::All(parts)) => {
                self.fields(name, None, fields, parts, cursor);
            }
            (rust, Space::All(parts)) => {
                let is_array =
                    rust == Some(&RustType::Array) || (rust.is_none() && are_elements(parts));
                for part in parts {
                    let segment = if is_array { ELEMENT } else { part.name.as_str() };
                    self.node(&part.space, &cursor.child(&part.name, segment));
                }
            }
            (rust, Space::OneOf(one_of)) => self.one_of(rust, one_of, space, cursor),
            (_, Space::List(list)) => {
                self.add(Role::Length, space, cursor);
                for index in 0..usize::try_from(list.len.high).unwrap_or(0) {
                    self.node(&list.element, &cursor.child(&index.to_string(), ELEMENT));
                }
            }
            (_, Space::Fixed(_) | Space::Typed(_)) => {}
        }
    }

    fn one_of(
        &mut self,
        rust: Option<&'a RustType>,
        one_of: &'a OneOf,
        space: &'a Space,
        cursor: &Cursor<'a>,
    ) {
        self.add(Role::Choice, space, cursor);
        for (index, variant) in one_of.variants.iter().enumerate() {
            let below = cursor.child(&variant.name, &variant.name);
            match (rust, variant.space.plain()) {
                (Some(RustType::Enum { name, variants }), Space::All(parts))
                    if index < variants.len() =>
                {
                    self.fields(
                        name,
                        Some(&variants[index].name),
                        &variants[index].fields,
                        parts,
                        &below,
                    );
                }
                _ => self.node(&variant.space, &below),
            }
        }
        for shared in &one_of.shared {
            self.node(&shared.part.space, &cursor.child(&shared.part.name, &shared.part.name));
        }
    }

    fn fields(
        &mut self,
        owner: &'a str,
        variant: Option<&'a str>,
        fields: &'a RustFields,
        parts: &'a [Part],
        cursor: &Cursor<'a>,
    ) {
        let tuned = fields.list().iter().filter_map(|field| Some((field, field.tuned()?)));
        for ((field, words), part) in tuned.zip(parts.iter().filter(|part| !part.is_fixed())) {
            let is_outermost = variant.is_none() && cursor.path.is_empty();
            let location =
                Some(FieldLocation { owner, variant, field: &field.name, words, is_outermost });
            self.node(
                &part.space,
                &Cursor { location, below: String::new(), ..cursor.child(&part.name, &part.name) },
            );
        }
    }

    fn add(&mut self, role: Role, space: &'a Space, cursor: &Cursor<'a>) {
        let param = space.own_path(&cursor.path);
        let Some(parameter) = self.flat.find(&param) else { return };
        let Cursor { pattern, location, below, .. } = cursor.clone();
        let (domain, node) = (self.flat.parameter(parameter).domain(), Some(space));
        let field = Field {
            path: space.own_path(&pattern),
            params: Vec::new(),
            domain,
            role,
            location,
            node,
            below,
            is_single_param: false,
        };
        self.fields_by_path.insert(param, field);
    }
}

/// Returns true if the parts are the elements of an array: numbered, and all of one space.
fn are_elements(parts: &[Part]) -> bool {
    parts.len() > 1
        && parts
            .iter()
            .enumerate()
            .all(|(index, part)| part.name.parse() == Ok(index) && part.space == parts[0].space)
}

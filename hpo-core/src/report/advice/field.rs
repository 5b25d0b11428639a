//! The fields of the user's type, each with the parameters that hold its values.
//!
//! All elements of a list or an array belong to one field. So does a field of a type that is used
//! in several places: there is only one attribute to change. Where no type is recorded, each
//! parameter is a field.

use std::collections::HashMap;

use crate::report::StudyView;
use crate::report::literal::{join, or};
use crate::space::{Domain, FlatSpace, OneOf, Part, RustFields, RustType, Space};
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
    pub(super) place: Option<Place<'a>>,
    /// The part of the space that defines the parameter.
    pub(super) node: Option<&'a Space>,
    /// The path from the field to that part, with `*` for the index of an element.
    below: String,
    /// True if the field has no other parameters.
    pub(super) is_whole: bool,
}

/// The position of a field in the user's types.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
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

impl Place<'_> {
    /// Returns the field in words, such as "`units` of `Layer`".
    fn told(self) -> String {
        let variant = self.variant.map_or_else(String::new, |variant| format!("::{variant}"));
        format!("`{}` of `{}{variant}`", self.field, self.owner)
    }
}

impl<'a> Field<'a> {
    /// Returns all fields with a value in at least one trial, in the order of the space. Parameters
    /// that are no longer in the space are left out.
    pub(super) fn all(subject: &StudyView<'a>) -> Vec<Field<'a>> {
        let found = subject.flat.map(|flat| Finder::all(flat));
        let (mut fields, mut known): (Vec<Field<'a>>, HashMap<String, usize>) =
            (Vec::new(), HashMap::new());
        for id in subject.params() {
            let param = subject.param(id);
            let field = match &found {
                Some(found) => found.get(&param.path).cloned(),
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
            if field.path.split(", ").all(|told| told != path) {
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
            place: None,
            node: None,
            below,
            is_whole: true,
        }
    }

    /// Returns a key that is equal for all parameters of one field.
    fn key(&self) -> String {
        let at = self
            .place
            .map_or_else(|| self.path.clone(), |place| format!("{}:{}", place.told(), self.below));
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
        self.place.filter(|place| !place.is_outermost || self.is_pooled()).map(Place::told)
    }

    /// Returns true if the field has several parameters.
    pub(super) fn is_pooled(&self) -> bool {
        self.params.len() > 1
    }
}

/// The path segment that replaces the index of an element.
const ELEMENT: &str = "*";

/// A walk through a space that collects its fields, parents before children.
struct Finder<'a> {
    flat: &'a FlatSpace,
    found: HashMap<String, Field<'a>>,
}

/// The position of the walk in the space.
#[derive(Clone, Default)]
struct Way<'a> {
    path: String,
    pattern: String,
    place: Option<Place<'a>>,
    below: String,
}

impl Way<'_> {
    fn down(&self, name: &str, told: &str) -> Self {
        let Self { path, pattern, place, below } = self;
        Self {
            path: join(path, name),
            pattern: join(pattern, told),
            place: *place,
            below: join(below, told),
        }
    }
}

impl<'a> Finder<'a> {
    /// Returns the field of each parameter, by path.
    fn all(flat: &'a FlatSpace) -> HashMap<String, Field<'a>> {
        let mut finder = Self { flat, found: HashMap::new() };
        finder.node(flat.space(), &Way::default());
        let mut count: HashMap<String, Vec<String>> = HashMap::new();
        for field in finder.found.values() {
            let keys = count
                .entry(field.place.map_or_else(|| field.path.clone(), Place::told))
                .or_default();
            if !keys.contains(&field.key()) {
                keys.push(field.key());
            }
        }
        for field in finder.found.values_mut() {
            let place = field.place.map_or_else(|| field.path.clone(), Place::told);
            field.is_whole = field.below.is_empty() && count[&place].len() == 1;
        }
        finder.found
    }

    fn node(&mut self, space: &'a Space, way: &Way<'a>) {
        match (space.rust().and_then(RustType::unboxed), space.plain()) {
            (_, Space::Leaf(_)) => self.add(or(&way.path, "value"), Role::Value, space, way),
            (Some(RustType::Struct { name, fields }), Space::All(parts)) => {
                self.fields(name, None, fields, parts, way);
            }
            (rust, Space::All(parts)) => {
                let is_array =
                    rust == Some(&RustType::Array) || (rust.is_none() && are_elements(parts));
                for part in parts {
                    let told = if is_array { ELEMENT } else { part.name.as_str() };
                    self.node(&part.space, &way.down(&part.name, told));
                }
            }
            (rust, Space::OneOf(one_of)) => self.one_of(rust, one_of, space, way),
            (_, Space::List(list)) => {
                self.add(or(&way.path, "len"), Role::Length, space, way);
                for index in 0..usize::try_from(list.len.high).unwrap_or(0) {
                    self.node(&list.element, &way.down(&index.to_string(), ELEMENT));
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
        way: &Way<'a>,
    ) {
        let tag = one_of.tag.as_ref().map(|tag| join(&way.path, tag));
        self.add(tag.as_deref().unwrap_or_else(|| or(&way.path, "kind")), Role::Choice, space, way);
        for (index, variant) in one_of.variants.iter().enumerate() {
            let below = way.down(&variant.name, &variant.name);
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
            self.node(&shared.part.space, &way.down(&shared.part.name, &shared.part.name));
        }
    }

    fn fields(
        &mut self,
        owner: &'a str,
        variant: Option<&'a str>,
        fields: &'a RustFields,
        parts: &'a [Part],
        way: &Way<'a>,
    ) {
        let tuned = fields.list().iter().filter_map(|field| Some((field, field.tuned()?)));
        for ((field, words), part) in tuned.zip(parts.iter().filter(|part| !part.is_fixed())) {
            let is_outermost = variant.is_none() && way.path.is_empty();
            let place = Some(Place { owner, variant, field: &field.name, words, is_outermost });
            self.node(
                &part.space,
                &Way { place, below: String::new(), ..way.down(&part.name, &part.name) },
            );
        }
    }

    fn add(&mut self, param: &str, role: Role, space: &'a Space, way: &Way<'a>) {
        let Some(parameter) = self.flat.find(param) else { return };
        let Way { path, pattern, place, below } = way.clone();
        // If the choice has a tag, or the root a name of its own, the pattern gets the last segment
        // of the path.
        let pattern = if param == path {
            pattern
        } else {
            join(&pattern, param.rsplit('.').next().unwrap_or(param))
        };
        let (domain, node) = (self.flat.parameter(parameter).domain(), Some(space));
        let field = Field {
            path: pattern,
            params: Vec::new(),
            domain,
            role,
            place,
            node,
            below,
            is_whole: false,
        };
        self.found.insert(param.to_owned(), field);
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

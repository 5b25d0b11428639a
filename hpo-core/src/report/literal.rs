//! A config as a Rust expression, with the type names that the derive recorded.

use super::StudyView;
use crate::space::{
    Domain, FieldAttributes, Label, OneOf, Part, RustField, RustFields, RustType, Space, join,
};

/// A writer of the config of one trial.
pub(super) struct Literal<'a> {
    pub(super) view: &'a StudyView<'a>,
    pub(super) number: u64,
    /// True to write everything on one line.
    pub(super) is_flat: bool,
}

impl Literal<'_> {
    /// Returns the value of the parameter of a node.
    fn label(&self, space: &Space, path: &str) -> Option<Label> {
        let id = self.view.trials.param_id(&space.own_path(path))?;
        Some(self.view.label(id, self.view.value(self.number, id)?))
    }

    /// Returns the part of the config at `path`, or `None` if its type is not recorded or it has no
    /// value.
    pub(super) fn of(&self, space: &Space, path: &str, depth: usize) -> Option<String> {
        self.boxed(space.rust()?, space.plain(), path, depth)
    }

    fn boxed(&self, rust: &RustType, space: &Space, path: &str, depth: usize) -> Option<String> {
        match rust {
            RustType::Boxed(within) => {
                Some(format!("Box::new({})", self.boxed(within.as_ref()?, space, path, depth)?))
            }
            rust => self.plain(rust, space, path, depth),
        }
    }

    fn plain(&self, rust: &RustType, space: &Space, path: &str, depth: usize) -> Option<String> {
        match (rust, space) {
            (RustType::Scalar(name), Space::Leaf(_)) => scalar(name, &self.label(space, path)?),
            (RustType::Choices(written), Space::Leaf(Domain::Categorical(categorical))) => {
                let chosen = self.label(space, path)?;
                let index = categorical.choices.iter().position(|choice| *choice == chosen)?;
                written.get(index).filter(|written| !written.is_empty()).cloned()
            }
            (RustType::Struct { name, fields }, Space::All(parts)) => {
                Some(format!("{name}{}", self.fields(fields, parts, path, depth)?))
            }
            (RustType::Enum { name, variants }, Space::OneOf(one_of)) => {
                let (index, part) = self.chosen(space, one_of, path)?;
                let (variant, Space::All(parts)) = (variants.get(index)?, part.space.plain())
                else {
                    return None;
                };
                let fields = self.fields(&variant.fields, parts, &join(path, &part.name), depth)?;
                Some(format!("{name}::{}{fields}", variant.name))
            }
            (RustType::Optional, Space::OneOf(one_of)) => match self.chosen(space, one_of, path)? {
                (0, _) => Some("None".to_owned()),
                (_, part) => {
                    Some(format!("Some({})", self.of(&part.space, &join(path, &part.name), depth)?))
                }
            },
            (RustType::Vector, Space::List(list)) => {
                let Label::Int(len) = self.label(space, path)? else { return None };
                let element =
                    |index| self.of(&list.element, &join(path, &format!("{index}")), depth + 1);
                let elements = (0..len).map(element).collect::<Option<Vec<_>>>()?;
                Some(format!("vec!{}", listed(("[", "]"), &elements, depth)))
            }
            (RustType::Array | RustType::Tuple, Space::All(parts)) => {
                let element =
                    |part: &Part| self.of(&part.space, &join(path, &part.name), depth + 1);
                let elements = parts.iter().map(element).collect::<Option<Vec<_>>>()?;
                match (rust, &elements[..]) {
                    (RustType::Tuple, [only]) => Some(format!("({only},)")),
                    (RustType::Tuple, _) => Some(listed(("(", ")"), &elements, depth)),
                    _ => Some(listed(("[", "]"), &elements, depth)),
                }
            }
            _ => None,
        }
    }

    fn chosen<'a>(
        &self,
        space: &Space,
        one_of: &'a OneOf,
        path: &str,
    ) -> Option<(usize, &'a Part)> {
        let Label::Text(chosen) = self.label(space, path)? else { return None };
        one_of.variants.iter().enumerate().find(|(_, variant)| variant.name == *chosen)
    }

    fn fields(
        &self,
        fields: &RustFields,
        parts: &[Part],
        path: &str,
        depth: usize,
    ) -> Option<String> {
        let mut parts = parts.iter().filter(|part| !part.is_fixed());
        let mut value = |field: &RustField| match &field.words {
            // A fixed value is empty if its expression is valid only within the type.
            FieldAttributes::Fixed(value) => Some(value.clone()).filter(|value| !value.is_empty()),
            FieldAttributes::Skipped => Some("Default::default()".to_owned()),
            FieldAttributes::Tuned(_) => {
                let part = parts.next()?;
                self.of(&part.space, &join(path, &part.name), depth + 1)
            }
        };
        match fields {
            RustFields::Unit => Some(String::new()),
            RustFields::Tuple(fields) => {
                let values = fields.iter().map(&mut value).collect::<Option<Vec<_>>>()?;
                Some(listed(("(", ")"), &values, depth))
            }
            RustFields::Named(fields) => {
                let named = |field: &RustField| Some(format!("{}: {}", field.name, value(field)?));
                Some(self.braced(&fields.iter().map(named).collect::<Option<Vec<_>>>()?, depth))
            }
        }
    }

    /// Returns the fields in braces: ` { a: 1, .. }`.
    fn braced(&self, fields: &[String], depth: usize) -> String {
        if fields.is_empty() {
            return " {}".to_owned();
        }
        if self.is_flat {
            return format!(" {{ {} }}", fields.join(", "));
        }
        format!(" {{{}}}", lines(fields, depth))
    }
}

/// Returns the elements on one line, unless one of them takes several lines.
fn listed((open, close): (&str, &str), elements: &[String], depth: usize) -> String {
    if elements.len() > 1 && elements.iter().any(|element| element.contains('\n')) {
        return format!("{open}{}{close}", lines(elements, depth));
    }
    format!("{open}{}{close}", elements.join(", "))
}

fn lines(elements: &[String], depth: usize) -> String {
    let (inner, outer) = ("    ".repeat(depth + 1), "    ".repeat(depth));
    let lines = elements.iter().map(|element| format!("{inner}{element},\n"));
    format!("\n{}{outer}", lines.collect::<String>())
}

/// Returns a number or a flag as a literal of the type `name`.
pub(super) fn scalar(name: &str, label: &Label) -> Option<String> {
    match label {
        Label::Float(float) if name == "f32" => Some(format!("{:?}", *float as f32)),
        Label::Int(integer) if name.starts_with("NonZero") => {
            Some(format!("std::num::{name}::new({integer}).unwrap()"))
        }
        Label::Bool(_) | Label::Int(_) | Label::Float(_) => Some(label.to_string()),
        Label::Null | Label::Text(_) => None,
    }
}

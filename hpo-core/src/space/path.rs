//! The names of parameters: dotted paths from the root of a space.

use super::Space;

impl Space {
    /// Returns the path of the parameter of a node at `path`: of a leaf's value, of a choice, or of
    /// a list's length. At the root it is `value`, `kind` or `len`. Other nodes have no parameter
    /// and return `path` itself.
    pub(crate) fn own_path(&self, path: &str) -> String {
        match self.plain() {
            Space::OneOf(one_of) if one_of.tag.is_some() => {
                join(path, one_of.tag.as_deref().unwrap_or_default())
            }
            Space::Leaf(_) if path.is_empty() => "value".to_owned(),
            Space::OneOf(_) if path.is_empty() => "kind".to_owned(),
            Space::List(_) if path.is_empty() => "len".to_owned(),
            _ => path.to_owned(),
        }
    }
}

/// Joins a path and a name. A part without a name has the path of its parent.
pub(crate) fn join(path: &str, name: &str) -> String {
    match (path.is_empty(), name.is_empty()) {
        (_, true) => path.to_owned(),
        (true, false) => name.to_owned(),
        (false, false) => format!("{path}.{name}"),
    }
}

//! The columns of a table and the features that each became.

use std::ops::Range;

use crate::schema::Schema;
use crate::table::Kind;

/// A column that a model learned from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColumnFeatures {
    pub(super) name: String,
    /// The places of its features: a date has several.
    pub(super) features: Range<usize>,
    /// The names of its categories; `None` for other types.
    pub(super) categories: Option<Vec<String>>,
}

/// Returns the columns of a schema that are learned from.
pub(super) fn columns(schema: &Schema) -> Vec<ColumnFeatures> {
    let mut next = 0;
    let used = schema.columns().iter().filter(|column| column.left_out.is_none());
    used.map(|column| {
        let begin = next;
        next += column.kind.features();
        ColumnFeatures {
            name: column.name.clone(),
            features: begin..next,
            categories: (column.kind == Kind::Category).then(|| column.categories.clone()),
        }
    })
    .collect()
}

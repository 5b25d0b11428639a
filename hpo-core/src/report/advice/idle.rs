//! Parameters that do not matter: a forest gains no more from them than from shuffled copies.
//!
//! After Boruta ([Kursa and Rudnicki 2010](https://doi.org/10.18637/jss.v036.i11)): each tree sees, beside each parameter, a copy of it, its
//! values shuffled among the trials that have it, anew for each tree. A
//! parameter is idle if the forest gains no more from it than nineteen trees in twenty from its copy at most. What splits gain from a parameter counts interactions too, so one that
//! matters only together with another is not taken for idle.

use super::Advice;
use crate::report::Subject;
use crate::report::importance::{Data, Scale, gains};

pub(super) fn fix(subject: &Subject<'_>, data: &Data) -> Vec<Advice> {
    let order = |a: &usize, b: &usize| data.losses[*a].total_cmp(&data.losses[*b]);
    let Some(best) = (0..data.losses.len()).min_by(order) else {
        return Vec::new();
    };
    let decides = |path: &str| {
        data.columns.iter().any(|other| other.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    };
    let gains = gains(data);
    let idle = data.columns.iter().zip(gains).filter(|(column, (own, copy))| {
        let is_measured = !column.scale.is_single() && !decides(&column.path) && *copy > 0.0;
        is_measured && own <= copy
    });
    idle.map(|(column, (share, shuffled))| {
        let value =
            subject.value(data.numbers[best], column.id).map(|value| subject.label(column.id, value).to_string());
        let is_number = matches!(column.scale, Scale::Number { .. });
        Advice::Fix { path: column.path.clone(), share, shuffled, value, is_number }
    })
    .collect()
}

//! Parameters that do not matter: a forest gains no more from them than from shuffled copies.
//!
//! After Boruta ([Kursa and Rudnicki 2010](https://doi.org/10.18637/jss.v036.i11)): each tree sees, beside each parameter, a copy of it, its
//! values shuffled among the trials that have it, anew for each tree. What splits gain from a parameter counts interactions too, so
//! one that matters only together with another is not taken for idle.
//!
//! Boruta keeps what is clearly better than its copy; to drop all the rest would be wrong, as of few or noisy trials even what matters
//! is not. So a parameter is idle only if the forest gains at most half as much from it as nineteen trees in twenty from its copy, and
//! that is little: what mattered more would have been seen. Both figures are measured (`tests/report_alarms.rs`): of a parameter behind 4 % of
//! the variance of the most important one, they were wrong in none of 64 studies, where the plain rule was in 5 of 6.

//!
//! A field with several parameters is idle if each of them is, for every objective; and if no measure of importance gives it half of an even
//! share or more, so that no advice contradicts a chart of importances.

use super::Advice;
use super::field::Field;
use crate::report::Subject;
use crate::report::importance::{Column, Data, Fanova, Measure, PedAnova, Relevance, gains};

/// How much of what a tree gains from a copy, as a quantile, the forest may gain from the parameter.
const MOST_OWN: f64 = 0.5;
/// How much that may be.
const MOST_BY_CHANCE: f64 = 0.03;
/// How much a measure may give it, of what each parameter would have if all mattered alike.
const MOST_OF_EVEN: f64 = 0.5;

/// Of the fields those that do not matter.
pub(super) fn fix(subject: &Subject<'_>, data: &Data, fields: &[Field<'_>]) -> Vec<Advice> {
    let order = |a: &usize, b: &usize| data.losses[*a].total_cmp(&data.losses[*b]);
    let Some(best) = (0..data.losses.len()).min_by(order) else {
        return Vec::new();
    };
    let (below, gained) = (data.below(), gains(data));
    let is_measured = |column: usize| !data.columns[column].scale.is_single() && below[column].is_empty();
    let mut idle: Vec<(&Field<'_>, Vec<usize>)> = fields.iter().map(|field| (field, columns(data, field))).collect();
    idle.retain(|(_, columns)| {
        !columns.is_empty() && columns.iter().all(|column| is_measured(*column) && is_idle(gained[*column]))
    });
    keep_unimportant(subject, &mut idle);
    let sum = |columns: &[usize], of: fn((f64, f64)) -> f64| columns.iter().map(|column| of(gained[*column])).sum();
    idle.into_iter()
        .map(|(field, columns)| {
            let number = data.numbers[best];
            let value =
                field.params.iter().find_map(|param| subject.value(number, *param).map(|value| (*param, value)));
            Advice::Fix {
                path: field.path.clone(),
                share: sum(&columns, |(own, _)| own),
                shuffled: sum(&columns, |(_, copy)| copy),
                value: value.map(|(param, value)| subject.label(param, value).to_string()),
                attribute: value.and_then(|(param, value)| field.fixed(subject, number, param, value)),
                over: field.over(),
            }
        })
        .collect()
}

fn columns(data: &Data, field: &Field<'_>) -> Vec<usize> {
    let is_own = |column: &Column| field.params.contains(&column.id);
    (0..data.columns.len()).filter(|column| is_own(&data.columns[*column])).collect()
}

fn is_idle((own, copy): (f64, f64)) -> bool {
    copy > 0.0 && own <= MOST_OWN * copy && copy <= MOST_BY_CHANCE
}

/// Leaves those that move no objective, by any measure.
fn keep_unimportant(subject: &Subject<'_>, idle: &mut Vec<(&Field<'_>, Vec<usize>)>) {
    for objective in 0..subject.directions.len() {
        let Ok(data) = Data::of(subject, objective) else { continue };
        // Of the first objective it is known.
        if objective > 0 && !idle.is_empty() {
            let gained = gains(&data);
            let moves = |column: usize| gained[column].0 > MOST_OWN * gained[column].1;
            idle.retain(|(field, _)| !columns(&data, field).into_iter().any(moves));
        }
        let measures = [
            Measure::PedAnova(PedAnova::default()),
            Measure::Fanova(Fanova::default()),
            Measure::Gp(Relevance::default()),
        ];
        for measure in measures.into_iter().filter(|_| data.losses.len() as u64 >= Measure::FEWEST) {
            if idle.is_empty() {
                return;
            }
            let Ok(found) = measure.of_data(data.clone()) else { continue };
            let even = 1.0 / found.of.len() as f64;
            let paths = |field: &Field<'_>| field.params.iter().map(|id| &subject.param(*id).path).collect::<Vec<_>>();
            idle.retain(|(field, _)| {
                let own = paths(field);
                let shares = found.of.iter().filter(|one| own.contains(&&one.path)).map(|one| one.share);
                shares.sum::<f64>() < MOST_OF_EVEN * even * own.len() as f64
            });
        }
    }
}

//! Parameters that do not matter: a random forest gains no more from them than from shuffled
//! copies.
//!
//! The method follows Boruta ([Kursa and Rudnicki 2010](https://doi.org/10.18637/jss.v036.i11)).
//! Beside each parameter, each tree sees a copy of it, whose values are shuffled among the trials
//! that have the parameter; each tree gets new copies. The gain of a parameter's splits includes
//! interactions, so a parameter that matters only together with another one does not count as
//! unimportant.
//!
//! Boruta keeps the parameters that are clearly better than their copies. To drop all others would
//! be wrong: with few or noisy trials, even a parameter that matters is not clearly better. So a
//! parameter is unimportant only if the forest gains at most half as much from it as the 95 %
//! quantile, over the trees, of the gain from its copy; and only if that quantile is at most 3 %,
//! since otherwise a parameter that matters might not be seen. Both figures were measured
//! (`tests/report_alarms.rs`): for a parameter behind 4 % of the variance of the most important
//! one, they were wrong in 0 of 64 studies, and the plain rule was wrong in 5 of 6.
//!
//! A field with several parameters is unimportant if each of them is, for every objective, and if
//! every measure of importance gives it less than half of an even share. So no advice contradicts a
//! chart of importances.

use super::Advice;
use super::field::Field;
use crate::report::StudyView;
use crate::report::importance::{Data, Fanova, Measure, ParamColumn, PedAnova, Relevance, gains};

/// The largest gain from an unimportant parameter, as a share of the quantile of the gain from its
/// copy.
const MOST_OWN: f64 = 0.5;
/// The largest quantile of the gain from a copy with which a parameter may count as unimportant.
const MOST_BY_CHANCE: f64 = 0.03;
/// The share that a measure of importance may give an unimportant parameter, relative to an even
/// share.
const MOST_OF_EVEN: f64 = 0.5;

/// Returns advice to fix each field that does not matter.
pub(super) fn fix(view: &StudyView<'_>, data: &Data, fields: &[Field<'_>]) -> Vec<Advice> {
    let order = |a: &usize, b: &usize| data.losses[*a].total_cmp(&data.losses[*b]);
    let Some(best) = (0..data.losses.len()).min_by(order) else {
        return Vec::new();
    };
    let (below, gained) = (data.descendants(), gains(data));
    let is_measured =
        |column: usize| !data.columns[column].scale.is_single() && below[column].is_empty();
    let mut unimportant: Vec<(&Field<'_>, Vec<usize>)> =
        fields.iter().map(|field| (field, columns(data, field))).collect();
    unimportant.retain(|(_, columns)| {
        !columns.is_empty()
            && columns.iter().all(|column| is_measured(*column) && is_unimportant(gained[*column]))
    });
    keep_unimportant(view, &mut unimportant);
    let sum = |columns: &[usize], of: fn((f64, f64)) -> f64| {
        columns.iter().map(|column| of(gained[*column])).sum()
    };
    unimportant
        .into_iter()
        .map(|(field, columns)| {
            let number = data.numbers[best];
            let value = field
                .params
                .iter()
                .find_map(|param| view.value(number, *param).map(|value| (*param, value)));
            Advice::Fix {
                path: field.path.clone(),
                share: sum(&columns, |(own, _)| own),
                shuffled: sum(&columns, |(_, copy)| copy),
                value: value.map(|(param, value)| view.label(param, value).to_string()),
                attribute: value.and_then(|(param, value)| field.fixed(view, number, param, value)),
                over: field.over(),
            }
        })
        .collect()
}

fn columns(data: &Data, field: &Field<'_>) -> Vec<usize> {
    let is_own = |column: &ParamColumn| field.params.contains(&column.id);
    (0..data.columns.len()).filter(|column| is_own(&data.columns[*column])).collect()
}

fn is_unimportant((own, copy): (f64, f64)) -> bool {
    copy > 0.0 && own <= MOST_OWN * copy && copy <= MOST_BY_CHANCE
}

/// Removes the fields that matter to some objective by some measure.
fn keep_unimportant(view: &StudyView<'_>, unimportant: &mut Vec<(&Field<'_>, Vec<usize>)>) {
    for objective in 0..view.directions.len() {
        let Ok(data) = Data::of(view, objective) else { continue };
        // For the first objective, the gains were checked by the caller.
        if objective > 0 && !unimportant.is_empty() {
            let gained = gains(&data);
            let moves = |column: usize| gained[column].0 > MOST_OWN * gained[column].1;
            unimportant.retain(|(field, _)| !columns(&data, field).into_iter().any(moves));
        }
        let measures = [
            Measure::PedAnova(PedAnova::default()),
            Measure::Fanova(Fanova::default()),
            Measure::Gp(Relevance::default()),
        ];
        for measure in measures.into_iter().filter(|_| data.losses.len() as u64 >= Measure::FEWEST)
        {
            if unimportant.is_empty() {
                return;
            }
            let Ok(found) = measure.of_data(data.clone()) else { continue };
            let even = 1.0 / found.of.len() as f64;
            let paths = |field: &Field<'_>| {
                field.params.iter().map(|id| &view.param(*id).path).collect::<Vec<_>>()
            };
            unimportant.retain(|(field, _)| {
                let own = paths(field);
                let shares =
                    found.of.iter().filter(|one| own.contains(&&one.path)).map(|one| one.share);
                shares.sum::<f64>() < MOST_OF_EVEN * even * own.len() as f64
            });
        }
    }
}

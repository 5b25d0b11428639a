//! Ranges with the best configs at their edge.
//!
//! A lower bound of 0 counts as natural, and so does an upper bound of 1 if the lower one is not
//! negative: no rate is below 0, no share above 1.

use super::Advice;
use super::field::{Field, Role};
use super::wider::widened;
use crate::report::StudyView;
use crate::report::importance::{Data, ParamColumn, ParamScale};
use crate::space::Domain;

/// The share of a range that counts as its edge.
const EDGE: f64 = 0.1;
/// The share of a range that counts as its very end. Two fifths of the values at the edge have to
/// lie there: an optimum just within the range is no reason to widen it.
const END: f64 = 0.05;
/// The fewest best trials that have a value of the field.
const FEWEST_BEST: usize = 5;
/// The fewest levels of a range; one with fewer has no meaningful edge.
const FEWEST_LEVELS: f64 = 4.0;

pub(super) fn widen(view: &StudyView<'_>, data: &Data, fields: &[Field<'_>]) -> Vec<Advice> {
    let mut order: Vec<usize> = (0..data.losses.len()).collect();
    order.sort_by(|a, b| data.losses[*a].total_cmp(&data.losses[*b]));
    order.truncate(data.losses.len().div_ceil(10));
    fields.iter().filter_map(|field| of_field(view, field, data, &order)).collect()
}

fn of_field(
    view: &StudyView<'_>,
    field: &Field<'_>,
    data: &Data,
    best: &[usize],
) -> Option<Advice> {
    let columns: Vec<&ParamColumn> =
        data.columns.iter().filter(|column| field.params.contains(&column.id)).collect();
    let scale = ParamScale::of(field.domain);
    let ParamScale::Number(range) = scale else {
        return None;
    };
    let levels = range.step_count();
    if field.role == Role::Choice
        || scale.is_single()
        || levels.is_some_and(|levels| levels < FEWEST_LEVELS)
    {
        return None;
    }
    let (edge, end) = edge_and_end(levels.unwrap_or(f64::INFINITY));
    let has_it = |row: &&usize| columns.iter().any(|column| column.values[**row].is_some());
    let trials = best.iter().filter(has_it).count();
    let values =
        best.iter().flat_map(|row| columns.iter().filter_map(|column| column.values[*row]));
    let positions: Vec<f64> = values.map(|value| scale.position(value)).collect();
    if trials < FEWEST_BEST {
        return None;
    }
    [false, true].into_iter().find_map(|is_upper| {
        let distance = |position: &f64| if is_upper { 1.0 - position } else { *position };
        let within =
            |share: f64| positions.iter().filter(|position| distance(position) <= share).count();
        let at_edge = within(edge);
        if 2 * at_edge <= positions.len() || 5 * within(end) < 2 * at_edge {
            return None;
        }
        let wider = widened(field.domain, is_upper, field.scalar())
            .filter(|wider| has_room(view, field, wider))?;
        Some(Advice::Widen {
            path: field.path.clone(),
            is_upper,
            at_edge: at_edge as u64,
            best: positions.len() as u64,
            trials: trials as u64,
            range: wider.to_string(),
            attribute: field.with_bounds(&wider),
            over: field.over(),
        })
    })
}

/// Returns the shares of a range that are its edge and its end. With levels, the end is at least
/// the last one, and the edge at least the last two if there are enough.
fn edge_and_end(levels: f64) -> (f64, f64) {
    (EDGE.max(0.75 / levels).max((1.75 / levels).min(2.0 * EDGE)), END.max(0.75 / levels))
}

/// Returns true if the space with a longer list stays below the limit on the number of parameters.
fn has_room(view: &StudyView<'_>, field: &Field<'_>, wider: &Domain) -> bool {
    const MOST: i128 = 10_000;
    match (field.role, field.domain, wider, view.flat) {
        (Role::Length, Domain::Int(own), Domain::Int(wider), Some(flat)) => {
            flat.len() as i128 * wider.high <= MOST * own.high.max(1)
        }
        _ => true,
    }
}

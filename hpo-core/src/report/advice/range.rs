//! Ranges at whose edge the best configs sit.
//!
//! A lower end of 0, and an upper end of 1 of what is not negative, are taken for natural ones: no rate is below 0, no share above 1.

use super::Advice;
use crate::report::Subject;
use crate::report::importance::{Column, Data, Scale};
use crate::space::{Domain, Float, Int};

/// The share of a range that is its edge; and what of it is the very end, where two fifths of those at the edge have to be: an optimum
/// just within the range is no reason to widen it.
const EDGE: f64 = 0.1;
const END: f64 = 0.05;
/// Of so many best trials at least.
const FEWEST_BEST: usize = 5;
/// A range with fewer levels has no edges to speak of.
const FEWEST_LEVELS: f64 = 4.0;

pub(super) fn widen(subject: &Subject<'_>, data: &Data, is_idle: &dyn Fn(&str) -> bool) -> Vec<Advice> {
    let mut order: Vec<usize> = (0..data.losses.len()).collect();
    order.sort_by(|a, b| data.losses[*a].total_cmp(&data.losses[*b]));
    order.truncate(data.losses.len().div_ceil(10));
    let columns = data.columns.iter().filter(|column| !is_idle(&column.path));
    columns.filter_map(|column| of_column(subject, column, &order)).collect()
}

fn of_column(subject: &Subject<'_>, column: &Column, best: &[usize]) -> Option<Advice> {
    let Scale::Number { levels, .. } = column.scale else {
        return None;
    };
    if column.scale.is_single() || levels.is_some_and(|levels| levels < FEWEST_LEVELS) {
        return None;
    }
    let count = levels.unwrap_or(f64::INFINITY);
    // Of levels at least the last, and where they are many enough, the last two.
    let (edge, end) = (EDGE.max(0.75 / count).max((1.75 / count).min(2.0 * EDGE)), END.max(0.75 / count));
    let places: Vec<f64> = best.iter().filter_map(|row| column.values[*row]).map(|x| column.scale.place(x)).collect();
    if places.len() < FEWEST_BEST {
        return None;
    }
    [false, true].into_iter().find_map(|is_upper| {
        let distance = |place: &f64| if is_upper { 1.0 - place } else { *place };
        let within = |share: f64| places.iter().filter(|place| distance(place) <= share).count();
        let at_edge = within(edge);
        if 2 * at_edge <= places.len() || 5 * within(end) < 2 * at_edge {
            return None;
        }
        let attribute = attribute(&widened(&subject.param(column.id).domain, is_upper)?);
        let (at_edge, best) = (at_edge as u64, places.len() as u64);
        Some(Advice::Widen { path: column.path.clone(), is_upper, at_edge, best, attribute })
    })
}

/// A wider range: half as wide again at this end, on a logarithmic scale ten times as far; `None` where the end is a natural one.
fn widened(domain: &Domain, is_upper: bool) -> Option<Domain> {
    match domain {
        Domain::Float(float) => wider_float(float, is_upper).map(Domain::Float),
        Domain::Int(int) => wider_int(int, is_upper).map(Domain::Int),
        Domain::Categorical(_) => None,
    }
}

fn wider_float(float: &Float, is_upper: bool) -> Option<Float> {
    let Float { low, high, log, step, .. } = *float;
    if (!is_upper && low == 0.0) || (is_upper && high == 1.0 && low >= 0.0) {
        return None;
    }
    let mut wider = float.clone();
    if log {
        // With a factor, by a power of it.
        let far = step.map_or(10.0, |factor| factor.powf((10.0_f64.ln() / factor.ln()).ceil()));
        if is_upper { wider.high = tidy(high * far) } else { wider.low = tidy(low / far) }
    } else {
        let far = (high - low) / 2.0;
        let far = step.map_or(far, |step| (far / step).ceil() * step);
        if is_upper {
            wider.high = tidy(high + far);
        } else {
            // What was positive stays so.
            wider.low = if low > 0.0 && step.is_none() { tidy((low - far).max(0.0)) } else { tidy(low - far) };
        }
    }
    (wider.low.is_finite() && wider.high.is_finite() && wider.low < wider.high && (!log || wider.low > 0.0))
        .then_some(wider)
}

fn wider_int(int: &Int, is_upper: bool) -> Option<Int> {
    let Int { low, high, log, step, .. } = *int;
    let natural = i128::from(low == 0 || low == 1);
    if !is_upper && natural == 1 {
        return None;
    }
    let mut wider = int.clone();
    if log {
        // By powers of the factor; without one, twice as far twice.
        let factor = step.unwrap_or(2);
        if is_upper {
            wider.high = high.checked_mul(factor)?.checked_mul(factor)?;
        } else if step.is_some() {
            wider.low = if low % factor == 0 { low / factor } else { return None };
        } else {
            wider.low = (low / 4).max(1);
        }
    } else {
        let step = step.unwrap_or(1);
        let far = ((high - low) / 2 / step).max(1) * step;
        if is_upper {
            wider.high = high + far;
        } else {
            wider.low = if low > 0 && low < far { low % step } else { low - far };
        }
    }
    let fits = i64::try_from(wider.low).is_ok() && i64::try_from(wider.high).is_ok();
    (fits && wider != *int).then_some(wider)
}

/// With twelve digits: what a computation has added beyond is not meant.
fn tidy(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

/// What to write over the field.
fn attribute(domain: &Domain) -> String {
    let (range, log, step) = match domain {
        Domain::Float(float) => {
            let step = float.step.map(|step| format!("{step:?}"));
            (format!("{:?}..={:?}", float.low, float.high), float.log, step)
        }
        Domain::Int(int) => (format!("{}..={}", int.low, int.high), int.log, int.step.map(|step| step.to_string())),
        Domain::Categorical(_) => return String::new(),
    };
    let log = if log { ", log" } else { "" };
    let step = step.map(|step| format!(", step = {step}")).unwrap_or_default();
    format!("#[search_space(range = {range}{log}{step})]")
}

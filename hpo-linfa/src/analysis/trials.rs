//! The scores of a search by estimator, and over time.

use hpo_core::report::figure::{
    Axis, Color, Custom, Figure, Layer, Line, Panel, Points, SERIES, Symbol, WEAK,
};
use serde::Serialize;
use serde_json::json;

use super::layers::{chart, line};
use crate::table_metric::TableMetric;

/// A complete trial of a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ScoredTrial {
    pub(crate) number: u64,
    pub(crate) estimator: &'static str,
    /// The mean score over the folds.
    pub(crate) score: f64,
    /// The time from the start of the search to the end of the trial, in seconds.
    pub(crate) seconds: f64,
}

/// Returns the figure; `None` if there are no trials. `trials` are in the order of their ends,
/// `estimators` in the order in which they are shown, best first.
pub(crate) fn figure(
    metric: TableMetric,
    estimators: &[&'static str],
    trials: &[ScoredTrial],
) -> Option<Figure> {
    if trials.is_empty() {
        return None;
    }
    let range = range(metric, trials);
    let score = || Axis { range, ..Axis::new(metric.to_string()) };
    let mut by_estimator = Panel::new(score(), Axis::names("", estimators.iter().rev().copied()));
    let mut over_time = Panel::new(Axis::new("seconds"), score()).with(best_so_far(metric, trials));
    for (place, (estimator, color)) in
        estimators.iter().zip(SERIES.iter().copied().cycle()).enumerate()
    {
        let own: Vec<&ScoredTrial> =
            trials.iter().filter(|trial| trial.estimator == *estimator).collect();
        let scores: Vec<f64> = own.iter().map(|trial| trial.score).collect();
        let seconds = own.iter().map(|trial| trial.seconds).collect();
        let height = (estimators.len() - 1 - place) as f64;
        let points = |name: &str, xs, ys| {
            Layer::Points(Points {
                name: name.to_owned(),
                xs,
                ys,
                trials: own.iter().map(|trial| trial.number).collect(),
                tint: Color::One(color),
                symbol: Symbol::Circle,
                size: 7.0,
            })
        };
        by_estimator = by_estimator.with(points("", scores.clone(), vec![height; own.len()]));
        over_time = over_time.with(points(estimator, seconds, scores));
    }
    let mut notes = vec![format!(
        "each point is a complete trial, by its mean {metric} over the folds: the best of many is \
         optimistic"
    )];
    let outside = trials.iter().filter(|trial| is_outside(range, trial.score)).count();
    if outside > 0 {
        let trials = hpo_core::space::counted(outside, "trial");
        notes.push(format!("{trials} with much worse scores not shown"));
    }
    let title = format!("{metric} by estimator and over time");
    let drawn = chart(title, notes, vec![by_estimator, over_time]);
    let data = json!({"metric": metric.to_string(), "trials": trials});
    Some(Figure::Custom(Custom::new("estimators", data, drawn)))
}

fn is_outside(range: Option<(f64, f64)>, score: f64) -> bool {
    range.is_some_and(|(low, high)| score < low || score > high)
}

/// Returns the range of the scores without outliers: three times the distance between the best and
/// the median.
fn range(metric: TableMetric, trials: &[ScoredTrial]) -> Option<(f64, f64)> {
    let mut scores: Vec<f64> =
        trials.iter().map(|trial| trial.score).filter(|score| score.is_finite()).collect();
    scores.sort_by(|a, b| metric.direction().order(*a, *b));
    let (best, worst) = (*scores.first()?, *scores.last()?);
    let reach = (best - scores[scores.len() / 2]).abs() * 3.0;
    let end = if reach > 0.0 && (best - worst).abs() > reach {
        if worst < best { best - reach } else { best + reach }
    } else {
        worst
    };
    let (low, high) = (best.min(end), best.max(end));
    let room = (high - low) * 0.06;
    (high > low).then_some((low - room, high + room))
}

fn best_so_far(metric: TableMetric, trials: &[ScoredTrial]) -> Layer {
    let mut best: Option<f64> = None;
    let (xs, ys) = trials
        .iter()
        .map(|trial| {
            let own = best.filter(|best| !metric.is_better(trial.score, *best));
            best = Some(own.unwrap_or(trial.score));
            (trial.seconds, best.unwrap_or(trial.score))
        })
        .unzip();
    Layer::Line(Line { is_step: true, ..line("best so far", xs, ys, WEAK) })
}

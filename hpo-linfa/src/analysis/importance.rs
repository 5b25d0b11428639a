//! Permutation importance ([Breiman 2001](https://doi.org/10.1023/A:1010933404324)): the loss of
//! score if a column is shuffled, on rows that the model has not seen.

use std::time::{Duration, Instant};

use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::SliceRandom;
use hpo_core::rand::{RngExt, SeedableRng};
use hpo_core::report::figure::{Axis, Custom, Figure, Panel, SERIES};
use serde::Serialize;
use serde_json::json;

use super::columns::ColumnFeatures;
use super::layers::{chart, extent, intervals, points, reference};
use super::probe::Probe;
use crate::features::{Features, Targets};
use crate::table_metric::TableMetric;

/// The number of times that each column is shuffled.
const SHUFFLES: usize = 5;

/// The number of bootstrap samples of the rows.
const SAMPLES: usize = 100;

/// The largest number of rows.
const MOST_ROWS: usize = 2_000;

/// The smallest number of rows, unless there are fewer.
const LEAST_ROWS: usize = 200;

/// The time after which fewer rows are used.
const TIME: Duration = Duration::from_secs(10);

/// The largest number of columns drawn.
const MOST_COLUMNS: usize = 30;

/// The importance of one column: how much worse the score is if the column is shuffled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ColumnImportance {
    /// The name of the column.
    pub(super) column: String,
    /// The mean loss of score over several shuffles.
    pub(super) importance: f64,
    /// The lower end of the 95 % interval, over bootstrap samples of the rows and the shuffles.
    pub(super) low: f64,
    /// The upper end of the interval.
    pub(super) high: f64,
}

/// Rows of one model, with its predictions of them.
struct Part<'a> {
    probe: &'a Probe<'a>,
    features: Features,
    predictions: Vec<f64>,
}

/// Measures the importance of each column, the most important first.
pub(super) fn importances(
    metric: TableMetric,
    columns: &[ColumnFeatures],
    probes: &[Probe<'_>],
    seed: u64,
) -> Vec<ColumnImportance> {
    let Some((parts, targets)) = parts(columns.len(), probes, seed) else { return Vec::new() };
    let base: Vec<f64> = parts.iter().flat_map(|part| part.predictions.iter().copied()).collect();
    let samples = Samples::new(metric, &targets, &base, seed);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut found: Vec<ColumnImportance> = columns
        .iter()
        .map(|column| {
            let shuffled: Vec<Vec<f64>> =
                (0..SHUFFLES).map(|_| predicted_without(&parts, column, &mut rng)).collect();
            let (importance, low, high) = samples.losses(&shuffled);
            ColumnImportance { column: column.name.clone(), importance, low, high }
        })
        .collect();
    found.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    found
}

/// Chooses the rows: fewer if predictions are slow. `None` if there are no rows.
fn parts<'a>(
    columns: usize,
    probes: &'a [Probe<'a>],
    seed: u64,
) -> Option<(Vec<Part<'a>>, Targets)> {
    let first = probes.first()?;
    let (trial, _) = first.reduced(LEAST_ROWS, seed);
    let started = Instant::now();
    (first.predict)(&trial);
    let per_row = started.elapsed().as_secs_f64() / trial.rows.max(1) as f64;
    let affordable = TIME.as_secs_f64() / (per_row * (columns * SHUFFLES).max(1) as f64 + 1e-12);
    let most = (affordable as usize).clamp(LEAST_ROWS, MOST_ROWS) / probes.len();
    let mut targets: Option<Targets> = None;
    let mut parts = Vec::new();
    for probe in probes {
        let (features, own) = probe.reduced(most.max(1), seed);
        let predictions = (probe.predict)(&features);
        parts.push(Part { probe, features, predictions });
        targets = Some(match targets {
            None => own,
            Some(targets) => targets.joined(&own),
        });
    }
    targets.filter(|targets| !targets.is_empty()).map(|targets| (parts, targets))
}

/// Predicts all rows with the values of one column in another order.
fn predicted_without(parts: &[Part<'_>], column: &ColumnFeatures, rng: &mut StdRng) -> Vec<f64> {
    let mut predictions = Vec::new();
    for part in parts {
        let mut order: Vec<usize> = (0..part.features.rows).collect();
        order.shuffle(rng);
        let mut features = part.features.clone();
        for place in column.features.clone() {
            let own = &part.features.columns[place].values;
            features.columns[place].values = order.iter().map(|row| own[*row]).collect();
        }
        predictions.extend((part.probe.predict)(&features));
    }
    predictions
}

/// The bootstrap samples of the rows, with the score of the unshuffled predictions in each.
struct Samples<'a> {
    metric: TableMetric,
    targets: &'a Targets,
    base: f64,
    /// The rows of each sample, and their score.
    drawn: Vec<(Vec<usize>, f64)>,
}

impl<'a> Samples<'a> {
    fn new(metric: TableMetric, targets: &'a Targets, base: &[f64], seed: u64) -> Self {
        let rows = targets.len();
        let mut rng = StdRng::seed_from_u64(seed ^ 0x5bd1_e995);
        let mut samples = Vec::with_capacity(SAMPLES);
        for _ in 0..SAMPLES {
            let drawn: Vec<usize> = (0..rows).map(|_| rng.random_range(0..rows)).collect();
            let score = score(metric, targets, base, &drawn);
            samples.push((drawn, score));
        }
        Self { metric, targets, base: metric.score(targets, base), drawn: samples }
    }

    /// Returns the mean loss over the shuffles, and the ends of its interval.
    fn losses(&self, shuffled: &[Vec<f64>]) -> (f64, f64, f64) {
        let loss = |before: f64, after: f64| match self.metric.direction() {
            hpo_core::trial::Direction::Maximize => before - after,
            hpo_core::trial::Direction::Minimize => after - before,
        };
        let all = shuffled.iter().map(|own| loss(self.base, self.metric.score(self.targets, own)));
        let mean = all.sum::<f64>() / shuffled.len() as f64;
        let mut losses: Vec<f64> = self
            .drawn
            .iter()
            .zip(shuffled.iter().cycle())
            .map(|((rows, before), own)| loss(*before, score(self.metric, self.targets, own, rows)))
            .filter(|loss| loss.is_finite())
            .collect();
        losses.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (losses.len().saturating_sub(1) as f64 * share).round() as usize;
            losses.get(place).copied().unwrap_or(mean)
        };
        (mean, at(0.025).min(mean), at(0.975).max(mean))
    }
}

fn score(metric: TableMetric, targets: &Targets, predictions: &[f64], rows: &[usize]) -> f64 {
    let outputs = targets.outputs();
    let chosen: Vec<f64> = rows
        .iter()
        .flat_map(|row| &predictions[row * outputs..(row + 1) * outputs])
        .copied()
        .collect();
    metric.score(&targets.select(rows), &chosen)
}

/// Returns the figure of the most important columns; `None` if there are none.
pub(super) fn figure(
    metric: TableMetric,
    importances: &[ColumnImportance],
    source: &str,
) -> Option<Figure> {
    let shown = &importances[..importances.len().min(MOST_COLUMNS)];
    if shown.is_empty() {
        return None;
    }
    let mut notes = vec![
        source.to_owned(),
        format!("the loss of {metric} if the column is shuffled, with its 95 % interval"),
    ];
    if shown.len() < importances.len() {
        notes.push(format!("the {} most important of {} columns", shown.len(), importances.len()));
    }
    let height = |place: usize| (shown.len() - 1 - place) as f64;
    let names = shown.iter().rev().map(|own| own.column.clone());
    let ends = shown
        .iter()
        .enumerate()
        .map(|(place, own)| [(own.low, height(place)), (own.high, height(place))]);
    let (xs, ys) =
        shown.iter().enumerate().map(|(place, own)| (own.importance, height(place))).unzip();
    let (low, high) = extent(shown.iter().flat_map(|own| [own.low, own.high, 0.0]));
    let room = (high - low).max(1e-9) * 0.04;
    let x =
        Axis { range: Some((low - room, high + room)), ..Axis::new(format!("loss of {metric}")) };
    let panel = Panel::new(x, Axis::names("", names))
        .with(reference((0.0, -0.5), (0.0, shown.len() as f64 - 0.5)))
        .with(intervals(ends, SERIES[0], 4.0))
        .with(points(xs, ys, SERIES[0], 10.0));
    let drawn = chart("Permutation importance of columns", notes, vec![panel]);
    let data = json!({"metric": metric.to_string(), "importances": importances});
    Some(Figure::Custom(Custom::new("permutation_importance", data, drawn)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Feature;
    use crate::metric::RegressionMetric;

    #[test]
    fn a_column_that_decides_is_important_and_noise_is_not() {
        let numbers = |factor: usize| (0..200).map(|row| (row * factor % 101) as f64).collect();
        let feature = |name: &str, values: Vec<f64>| Feature {
            name: name.to_owned(),
            categories: None,
            values,
        };
        let columns = vec![feature("noise", numbers(37)), feature("signal", numbers(53))];
        let features = Features { rows: 200, columns };
        let targets = Targets::Numbers(features.columns[1].values.clone());
        let predict: super::super::probe::Predict<'_> =
            Box::new(|features: &Features| features.columns[1].values.clone());
        let columns = [("noise", 0..1), ("signal", 1..2)].map(|(name, features)| ColumnFeatures {
            name: name.to_owned(),
            features,
            categories: None,
        });
        let metric = TableMetric::Numbers(RegressionMetric::R2);
        let found = importances(metric, &columns, &[Probe { predict, features, targets }], 0);
        assert_eq!(found[0].column, "signal");
        assert!(found[0].low > 1.0 && found[0].high < 3.0, "{found:?}");
        assert_eq!((found[1].importance, found[1].low, found[1].high), (0.0, 0.0, 0.0));
    }
}

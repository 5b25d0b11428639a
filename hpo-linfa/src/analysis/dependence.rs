//! Partial dependence ([Friedman 2001](https://doi.org/10.1214/aos/1013203451)): the mean
//! prediction if one column has the same value in all rows.

use hpo_core::report::figure::{Axis, Band, Custom, Figure, Layer, Line, Panel, SERIES};
use serde::Serialize;

use super::columns::ColumnFeatures;
use super::layers::{chart, line, points};
use super::probe::Probe;
use crate::features::Features;
use crate::target_schema::TargetSchema;

/// The number of columns shown.
pub(super) const COLUMNS: usize = 6;

/// The largest number of values of a number.
const MOST_VALUES: usize = 20;

/// The largest number of categories.
const MOST_CATEGORIES: usize = 12;

/// The largest number of rows of each model.
const MOST_ROWS: usize = 100;

/// The largest number of classes.
const MOST_CLASSES: usize = 4;

/// The mean prediction for several values of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PartialDependence {
    /// The name of the column.
    pub(super) column: String,
    /// The names of the categories shown; `None` for numbers.
    pub(super) categories: Option<Vec<String>>,
    /// The values of the column: numbers, or the places of the categories shown.
    pub(super) values: Vec<f64>,
    /// The dependence of each prediction shown.
    pub(super) predictions: Vec<PredictionDependence>,
}

/// The dependence of one prediction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PredictionDependence {
    /// The name: the target, or a class.
    pub(super) name: String,
    /// The mean over the rows, for each value.
    pub(super) means: Vec<f64>,
    /// The lower quartile over the rows, for each value.
    pub(super) low: Vec<f64>,
    /// The upper quartile over the rows, for each value.
    pub(super) high: Vec<f64>,
}

/// Computes the dependence on one column; `None` if it has several features, or no values.
pub(super) fn dependence(
    target: &TargetSchema,
    column: &ColumnFeatures,
    probes: &[Probe<'_>],
    seed: u64,
) -> Option<PartialDependence> {
    if column.features.len() != 1 {
        return None;
    }
    let place = column.features.start;
    let all: Vec<f64> = probes
        .iter()
        .flat_map(|probe| probe.features.columns[place].values.iter().copied())
        .filter(|value| !value.is_nan())
        .collect();
    let values = if column.categories.is_some() { frequent(&all) } else { spread(all) };
    if values.len() < 2 {
        return None;
    }
    let predictions = predictions_at(&values, place, target, probes, seed);
    let categories = column.categories.as_ref().map(|names| {
        values.iter().map(|code| names.get(*code as usize).cloned().unwrap_or_default()).collect()
    });
    let values = match categories {
        Some(_) => (0..values.len()).map(|place| place as f64).collect(),
        None => values,
    };
    Some(PartialDependence { column: column.name.clone(), categories, values, predictions })
}

/// Predicts a part of the rows with each of `values` in the feature `place`.
fn predictions_at(
    values: &[f64],
    place: usize,
    target: &TargetSchema,
    probes: &[Probe<'_>],
    seed: u64,
) -> Vec<PredictionDependence> {
    let shown = predictions_shown(target);
    let outputs = target.labels.len().max(1);
    let rows: Vec<Features> = probes.iter().map(|probe| probe.reduced(MOST_ROWS, seed).0).collect();
    let mut predictions: Vec<PredictionDependence> =
        shown.iter().map(|(_, name)| PredictionDependence::new(name)).collect();
    for value in values {
        let mut predicted = Vec::new();
        for (probe, rows) in probes.iter().zip(&rows) {
            let mut rows = rows.clone();
            rows.columns[place].values.fill(*value);
            predicted.extend((probe.predict)(&rows));
        }
        for ((output, _), own) in shown.iter().zip(&mut predictions) {
            own.add(predicted.iter().skip(*output).step_by(outputs).copied().collect());
        }
    }
    predictions
}

impl PredictionDependence {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), means: Vec::new(), low: Vec::new(), high: Vec::new() }
    }

    fn add(&mut self, mut predicted: Vec<f64>) {
        predicted.sort_by(f64::total_cmp);
        let at = |share: f64| predicted[((predicted.len() - 1) as f64 * share).round() as usize];
        self.low.push(at(0.25));
        self.high.push(at(0.75));
        self.means.push(predicted.iter().sum::<f64>() / predicted.len() as f64);
    }
}

/// Returns the predictions shown, each with its place and its name: of two classes the second.
fn predictions_shown(target: &TargetSchema) -> Vec<(usize, String)> {
    match &target.labels[..] {
        [] => vec![(0, target.name.clone())],
        [_, second] => vec![(1, second.clone())],
        labels => labels.iter().cloned().enumerate().take(MOST_CLASSES).collect(),
    }
}

/// Returns the most frequent categories, in the order of their numbers.
fn frequent(codes: &[f64]) -> Vec<f64> {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for code in codes {
        *counts.entry(*code as usize).or_default() += 1;
    }
    let mut shown: Vec<(usize, usize)> = counts.into_iter().collect();
    shown.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    shown.truncate(MOST_CATEGORIES);
    shown.sort_unstable();
    shown.into_iter().map(|(code, _)| code as f64).collect()
}

/// Returns quantiles of numbers, between the 1 % and the 99 % quantile.
fn spread(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    let most = numbers.len().saturating_sub(1) as f64;
    let at = |place: usize| {
        let share = 0.01 + 0.98 * place as f64 / (MOST_VALUES - 1) as f64;
        numbers.get((most * share).round() as usize).copied()
    };
    let mut values: Vec<f64> = (0..MOST_VALUES).filter_map(at).collect();
    values.dedup();
    values
}

/// Returns the figure of some columns; `None` if there are none.
pub(super) fn figure(
    target: &TargetSchema,
    dependences: &[PartialDependence],
    source: &str,
) -> Option<Figure> {
    let value = match target.labels.len() {
        0 => format!("predicted {}", target.name),
        2 => format!("probability of {}", target.labels[1]),
        _ => "probability".to_owned(),
    };
    let ends = dependences.iter().flat_map(|own| &own.predictions);
    let (low, high) = super::layers::extent(
        ends.flat_map(|own| own.low.iter().chain(&own.high).chain(&own.means)).copied(),
    );
    let room = (high - low) * 0.05;
    let range = (high > low).then_some((low - room, high + room));
    let panels: Vec<Panel> = dependences
        .iter()
        .enumerate()
        .map(|(place, own)| {
            let title = if place % 3 == 0 { value.clone() } else { String::new() };
            own.panel(Axis { range, ..Axis::new(title) }, place == 0)
        })
        .collect();
    if panels.is_empty() {
        return None;
    }
    let mut notes = vec![
        source.to_owned(),
        "the mean prediction if all rows had this value; band: the middle half of the rows"
            .to_owned(),
    ];
    let classes = target.labels.len();
    if classes > MOST_CLASSES {
        notes.push(format!("the first {MOST_CLASSES} of {classes} classes"));
    }
    let data = serde_json::to_value(dependences).unwrap_or_default();
    let drawn = chart("Partial dependence on the most important columns", notes, panels);
    Some(Figure::Custom(Custom::new("partial_dependence", data, drawn)))
}

impl PartialDependence {
    fn panel(&self, y: Axis, has_names: bool) -> Panel {
        let x = match &self.categories {
            Some(names) => Axis::names(self.column.clone(), names.iter().cloned()),
            None => Axis::new(self.column.clone()),
        };
        let several = self.predictions.len() > 1;
        let mut panel = Panel::new(x, y);
        for (own, color) in self.predictions.iter().zip(SERIES) {
            let name = if several && has_names { own.name.clone() } else { String::new() };
            if !several {
                panel = panel.with(Layer::Band(Band {
                    xs: self.values.clone(),
                    lows: own.low.clone(),
                    highs: own.high.clone(),
                    color,
                }));
            }
            let mean = line(name, self.values.clone(), own.means.clone(), color);
            let opacity = if self.categories.is_some() { 0.4 } else { 1.0 };
            panel = panel.with(Layer::Line(Line { opacity, ..mean }));
            if self.categories.is_some() {
                panel = panel.with(points(self.values.clone(), own.means.clone(), color, 9.0));
            }
        }
        panel
    }
}

//! The analysis of a fitted model for its report: how it predicts rows that it has not seen, and
//! what its predictions depend on.
//!
//! Everything is computed from rows that the model, or a model of the same config, has not learned
//! from: out-of-fold predictions of a search, or a table that was kept apart.

mod calibration;
mod columns;
mod confusion;
mod dependence;
mod importance;
mod layers;
mod probe;
mod ranking;
mod residuals;
mod trials;

use hpo_core::report::figure::Figure;

pub(crate) use self::probe::Probe;
pub(crate) use self::trials::{ScoredTrial, figure as trials_figure};

use self::dependence::PartialDependence;
use crate::features::Targets;
use crate::schema::Schema;
use crate::table_metric::TableMetric;
use crate::target_schema::TargetSchema;

/// The largest number of classes with curves of their own.
const MOST_CURVES: usize = 6;

/// Predictions of rows that the model has not seen, and what they depend on.
#[derive(Clone, Debug)]
pub(crate) struct Analysis<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) target: &'a TargetSchema,
    pub(crate) metric: TableMetric,
    pub(crate) targets: &'a Targets,
    /// The predictions of each row: the probability of each class, or one number.
    pub(crate) predictions: &'a [f64],
    /// The origin of the predictions, for notes.
    pub(crate) source: String,
    pub(crate) seed: u64,
}

impl Analysis<'_> {
    /// Returns the figures of the predictions, and of what they depend on according to `probes`.
    pub(crate) fn figures(&self, probes: &[Probe<'_>], sample_words: &str) -> Vec<Figure> {
        let mut figures = match self.targets {
            Targets::Classes { codes, .. } => self.class_figures(codes),
            Targets::Numbers(truth) => {
                residuals::figures(&self.target.name, truth, self.predictions, &self.source)
                    .to_vec()
            }
        };
        let columns = columns::columns(self.schema);
        let importances = importance::importances(self.metric, &columns, probes, self.seed);
        figures.extend(importance::figure(self.metric, &importances, sample_words));
        let named = |name: &str| columns.iter().find(|column| column.name == name);
        let dependences: Vec<PartialDependence> = importances
            .iter()
            .filter_map(|own| {
                dependence::dependence(self.target, named(&own.column)?, probes, self.seed)
            })
            .take(dependence::COLUMNS)
            .collect();
        figures.extend(dependence::figure(self.target, &dependences, sample_words));
        figures
    }

    fn class_figures(&self, codes: &[usize]) -> Vec<Figure> {
        let labels = &self.target.labels;
        let rows = || self.predictions.chunks_exact(labels.len());
        let predicted: Vec<usize> = rows().map(most_probable).collect();
        let confusion = confusion::Confusion::of(labels, codes, &predicted);
        let shown = frequent_classes(codes, labels.len());
        let curves: Vec<ranking::Curves> = shown
            .iter()
            .filter_map(|class| {
                let scores: Vec<f64> = rows().map(|row| row[*class]).collect();
                let members: Vec<bool> = codes.iter().map(|code| code == class).collect();
                ranking::Curves::of(&labels[*class], &scores, &members)
            })
            .collect();
        let calibration = if let [_, second] = &labels[..] {
            let probabilities: Vec<f64> = rows().map(|row| row[1]).collect();
            let happened: Vec<bool> = codes.iter().map(|code| *code == 1).collect();
            calibration::figure(second, &probabilities, &happened, &self.source)
        } else {
            let probabilities: Vec<f64> = rows().map(|row| row[most_probable(row)]).collect();
            let happened: Vec<bool> =
                codes.iter().zip(&predicted).map(|(code, own)| code == own).collect();
            calibration::figure("the predicted class", &probabilities, &happened, &self.source)
        };
        let mut figures = vec![confusion.figure(&self.source)];
        if !curves.is_empty() {
            figures.push(ranking::figure(&curves, labels.len(), &self.source));
        }
        figures.push(calibration);
        figures
    }
}

/// Returns the class with the largest probability, among equals the first.
fn most_probable(row: &[f64]) -> usize {
    (0..row.len()).rev().max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0)
}

/// Returns the classes with curves: of two the second, of more the most frequent ones.
fn frequent_classes(codes: &[usize], count: usize) -> Vec<usize> {
    if count == 2 {
        return vec![1];
    }
    let mut counts = vec![0_usize; count];
    for code in codes {
        counts[*code] += 1;
    }
    let mut classes: Vec<usize> = (0..count).collect();
    classes.sort_by_key(|class| std::cmp::Reverse(counts[*class]));
    classes.truncate(MOST_CURVES);
    classes.sort_unstable();
    classes
}

//! The confusion matrix, with recall and precision of each class.

use hpo_core::report::figure::{
    Axis, Custom, Figure, Labels, Layer, Panel, Points, SERIES, Spans, Symbol,
};
use serde_json::json;

use super::layers::{chart, points};

/// The largest number of classes shown.
const MOST_CLASSES: usize = 20;

/// The number of steps of a cell's opacity.
const STEPS: usize = 8;

/// The opacity of a cell with all rows of its class.
const MOST_OPAQUE: f64 = 0.8;

/// The counts of true and predicted classes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Confusion {
    /// The labels shown, in their order.
    labels: Vec<String>,
    /// For each true class shown, the number of rows predicted as each class shown.
    counts: Vec<Vec<usize>>,
    /// The share of the rows of each class that are predicted correctly.
    recall: Vec<f64>,
    /// The share of the rows predicted as each class that have it.
    precision: Vec<f64>,
    /// The number of all classes.
    classes: usize,
}

impl Confusion {
    /// Counts the most probable class of each row. If there are many classes, the most frequent
    /// ones are shown.
    pub(super) fn of(labels: &[String], codes: &[usize], predicted: &[usize]) -> Self {
        let classes = labels.len();
        let mut counts = vec![vec![0_usize; classes]; classes];
        codes.iter().zip(predicted).for_each(|(code, own)| counts[*code][*own] += 1);
        let of_class = |class: usize| counts[class].iter().sum::<usize>();
        let predicted_as = |class: usize| counts.iter().map(|row| row[class]).sum::<usize>();
        let mut shown: Vec<usize> = (0..classes).collect();
        shown.sort_by_key(|class| std::cmp::Reverse(of_class(*class)));
        shown.truncate(MOST_CLASSES);
        shown.sort_unstable();
        let share = |part: usize, of: usize| part as f64 / of as f64;
        Self {
            labels: shown.iter().map(|class| labels[*class].clone()).collect(),
            counts: shown
                .iter()
                .map(|class| shown.iter().map(|own| counts[*class][*own]).collect())
                .collect(),
            recall: shown.iter().map(|c| share(counts[*c][*c], of_class(*c))).collect(),
            precision: shown.iter().map(|c| share(counts[*c][*c], predicted_as(*c))).collect(),
            classes,
        }
    }

    pub(super) fn figure(&self, source: &str) -> Figure {
        let data = json!({
            "labels": self.labels, "counts": self.counts, "recall": self.recall,
            "precision": self.precision,
        });
        let mut notes = vec![source.to_owned()];
        if self.labels.len() < self.classes {
            let (shown, all) = (self.labels.len(), self.classes);
            notes.push(format!("the {shown} most frequent of {all} classes"));
        }
        notes.push("a cell is as dark as its share of the rows of its true class".to_owned());
        let panels = vec![self.matrix(), self.shares()];
        let drawn = chart("Confusion matrix, recall and precision", notes, panels);
        Figure::Custom(Custom::new("confusion_matrix", data, drawn))
    }

    /// Returns the height of a class: the first one is on top.
    fn height(&self, class: usize) -> f64 {
        (self.labels.len() - 1 - class) as f64
    }

    fn matrix(&self) -> Panel {
        let upwards = || self.labels.iter().rev().cloned();
        let mut panel = Panel::new(
            Axis::names("predicted class", self.labels.iter().cloned()),
            Axis::names("true class", upwards()),
        );
        panel.layers.extend((1..=STEPS).flat_map(|step| {
            [(true, SERIES[0]), (false, SERIES[1])].map(|(right, color)| {
                let cells = self.cells().filter(|(truth, own, _)| {
                    (truth == own) == right && self.step(*truth, *own) == step
                });
                let (ys, xs): (Vec<f64>, Vec<f64>) =
                    cells.map(|(truth, own, _)| (self.height(truth), own as f64)).unzip();
                Layer::Spans(Spans {
                    name: String::new(),
                    starts: xs.iter().map(|x| x - 0.48).collect(),
                    ends: xs.iter().map(|x| x + 0.48).collect(),
                    ys,
                    trials: Vec::new(),
                    color,
                    opacity: MOST_OPAQUE * step as f64 / STEPS as f64,
                    height: 0.96,
                })
            })
        }));
        panel.layers.retain(|layer| !matches!(layer, Layer::Spans(spans) if spans.ys.is_empty()));
        let cells = self.cells();
        let mut texts = Labels::default();
        for (truth, own, count) in cells {
            texts.xs.push(own as f64 - 0.1);
            texts.ys.push(self.height(truth));
            texts.texts.push(count.to_string());
        }
        panel.with(Layer::Labels(texts))
    }

    /// Returns the cells that have rows: true class, predicted class, count.
    fn cells(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let rows = self.counts.iter().enumerate();
        rows.flat_map(|(truth, row)| {
            row.iter().enumerate().map(move |(own, count)| (truth, own, *count))
        })
        .filter(|(_, _, count)| *count > 0)
    }

    /// Returns the step of a cell's opacity, from 1.
    fn step(&self, truth: usize, own: usize) -> usize {
        let all: usize = self.counts[truth].iter().sum();
        (self.counts[truth][own] * STEPS).div_ceil(all.max(1)).max(1)
    }

    fn shares(&self) -> Panel {
        let heights: Vec<f64> = (0..self.labels.len()).map(|class| self.height(class)).collect();
        let marks = |name: &str, shares: &[f64], color, symbol| {
            let Layer::Points(own) = points(shares.to_vec(), heights.clone(), color, 10.0) else {
                unreachable!("points are points")
            };
            Layer::Points(Points { name: name.to_owned(), symbol, ..own })
        };
        let x = Axis { range: Some((-0.03, 1.03)), ..Axis::new("share") };
        Panel::new(x, Axis::names("", self.labels.iter().rev().cloned()))
            .with(marks("recall", &self.recall, SERIES[0], Symbol::Circle))
            .with(marks("precision", &self.precision, SERIES[1], Symbol::Ring))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_by_true_and_predicted_class() {
        let labels = ["a", "b"].map(str::to_owned);
        let found = Confusion::of(&labels, &[0, 0, 0, 1], &[0, 0, 1, 1]);
        assert_eq!(found.counts, [[2, 1], [0, 1]]);
        assert_eq!(found.recall, [2.0 / 3.0, 1.0]);
        assert_eq!(found.precision, [1.0, 0.5]);
    }

    #[test]
    fn of_many_classes_the_most_frequent_ones_are_shown() {
        let labels: Vec<String> = (0..30).map(|class| format!("c{class}")).collect();
        let codes: Vec<usize> = (0..30).flat_map(|class| vec![class; 1 + class]).collect();
        let found = Confusion::of(&labels, &codes, &codes);
        assert_eq!(found.labels.len(), 20);
        assert_eq!(found.labels[0], "c10");
        assert_eq!(found.counts[19][19], 30);
    }
}

//! The order of rows by the probability of a class: ROC and precision-recall curves
//! ([Davis & Goadrich 2006](https://doi.org/10.1145/1143844.1143874)).

use hpo_core::report::figure::{Axis, Custom, Figure, Layer, Panel, SERIES};
use serde_json::json;

use super::layers::{chart, line, reference, sample};

/// The largest number of corners of a curve.
const MOST_CORNERS: usize = 200;

/// The curves of one class against all others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curves {
    pub(super) label: String,
    /// The share of the other rows that are taken for the class, and of its own, at each threshold.
    pub(super) roc: Vec<(f64, f64)>,
    /// The area below the ROC curve.
    pub(super) area: f64,
    /// Recall and precision at each threshold.
    precision: Vec<(f64, f64)>,
    /// The mean precision over the increases of recall.
    average_precision: f64,
    /// The share of rows that have the class.
    share: f64,
}

impl Curves {
    /// Computes the curves of a class; `None` if all rows have it, or none has.
    pub(super) fn of(label: &str, scores: &[f64], is_member: &[bool]) -> Option<Self> {
        let members = is_member.iter().filter(|own| **own).count() as f64;
        let others = is_member.len() as f64 - members;
        if members == 0.0 || others == 0.0 {
            return None;
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        let (mut own, mut wrong) = (0.0, 0.0);
        let (mut roc, mut precision) = (vec![(0.0, 0.0)], Vec::new());
        let (mut area, mut average_precision) = (0.0, 0.0);
        for (place, row) in order.iter().enumerate() {
            if is_member[*row] {
                own += 1.0;
            } else {
                wrong += 1.0;
            }
            // Rows of the same probability are one step.
            if order.get(place + 1).is_some_and(|next| scores[*next] == scores[*row]) {
                continue;
            }
            let before = roc.last().copied().unwrap_or_default();
            let (x, y): (f64, f64) = (wrong / others, own / members);
            area += (x - before.0) * f64::midpoint(y, before.1);
            average_precision += (y - before.1) * own / (own + wrong);
            roc.push((x, y));
            precision.push((y, own / (own + wrong)));
        }
        let thinned = |all: Vec<(f64, f64)>| {
            sample(all.len(), MOST_CORNERS).into_iter().map(|place| all[place]).collect()
        };
        Some(Self {
            label: label.to_owned(),
            roc: thinned(roc),
            area,
            precision: thinned(precision),
            average_precision,
            share: members / (members + others),
        })
    }
}

/// Returns the figure of the curves of some classes.
pub(super) fn figure(curves: &[Curves], classes: usize, source: &str) -> Figure {
    let data: Vec<_> = curves
        .iter()
        .map(|own| {
            json!({
                "class": own.label, "roc": own.roc, "area": own.area,
                "precision_recall": own.precision, "average_precision": own.average_precision,
            })
        })
        .collect();
    let mut notes = vec![source.to_owned()];
    if classes > 2 {
        notes.push("each class against all others".to_owned());
    }
    if classes > 2 && curves.len() < classes {
        notes.push(format!("the {} most frequent of {classes} classes", curves.len()));
    }
    let share = |title: &str| Axis { range: Some((-0.02, 1.02)), ..Axis::new(title) };
    let mut roc = Panel::new(share("false positive rate"), share("true positive rate"))
        .with(reference((0.0, 0.0), (1.0, 1.0)));
    let mut precision = Panel::new(share("recall"), share("precision"));
    if let ([only], 2) = (curves, classes) {
        precision = precision.with(reference((0.0, only.share), (1.0, only.share)));
    }
    for (own, color) in curves.iter().zip(SERIES.iter().cycle()) {
        let name = format!(
            "{}: area {:.3}, average precision {:.3}",
            own.label, own.area, own.average_precision
        );
        let (xs, ys) = own.roc.iter().copied().unzip();
        roc = roc.with(Layer::Line(line(name, xs, ys, color)));
        let (xs, ys) = own.precision.iter().copied().unzip();
        precision = precision.with(Layer::Line(line("", xs, ys, color)));
    }
    let drawn = chart("ROC and precision-recall", notes, vec![roc, precision]);
    Figure::Custom(Custom::new("roc", data.into(), drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_areas_are_those_of_scikit_learn() {
        // roc_auc_score and average_precision_score of these rows, with a tie.
        let scores = [0.1, 0.4, 0.35, 0.8, 0.35];
        let members = [false, false, true, true, false];
        let curves = Curves::of("yes", &scores, &members).unwrap();
        assert!((curves.area - 0.75).abs() < 1e-12, "{}", curves.area);
        assert!((curves.average_precision - 0.75).abs() < 1e-12, "{}", curves.average_precision);
        assert_eq!(Curves::of("all", &[0.1], &[true]), None);
    }
}

//! The empirical distribution function: the share of trials with at most a given value.

use serde::Serialize;

use super::chart::{Axis, Chart, Fold, Layer, Line, Panel};
use super::colors::SERIES;
use super::sample::{Shown, value_phrase};
use crate::report::StudyView;

/// The maximum number of steps shown per study.
const MOST: usize = 2_000;

/// The empirical distribution functions of one or several studies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edf {
    /// The name of the values.
    pub value: String,
    /// The distribution function of each study.
    pub studies: Vec<StudyEdf>,
}

/// The empirical distribution function of one study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyEdf {
    /// The name of the study.
    pub study: String,
    /// The values, in ascending order.
    pub values: Vec<f64>,
    /// The number of the trial with each value.
    pub numbers: Vec<u64>,
    /// The share of trials with at most each value.
    pub shares: Vec<f64>,
    /// The number of steps shown, and of all trials.
    pub shown: Shown,
}

impl Edf {
    /// Returns the distribution of the complete trials with a finite value.
    #[must_use]
    pub fn of(views: &[StudyView<'_>], objective: usize) -> Self {
        let value =
            views.first().map_or_else(|| "value".to_owned(), |view| view.value_name(objective));
        Self { value, studies: views.iter().map(|view| StudyEdf::of(view, objective)).collect() }
    }

    /// Returns the chart that draws the distribution.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let y = Axis { range: Some((-0.03, 1.03)), ..Axis::new("share of trials") };
        let mut panel = Panel::new(Axis::new(self.value.clone()), y);
        let is_alone = self.studies.len() == 1;
        for (study, color) in self.studies.iter().zip(SERIES.iter().cycle()) {
            panel.layers.push(Layer::Line(Line {
                name: if is_alone { String::new() } else { study.study.clone() },
                trials: study.numbers.clone(),
                is_step: true,
                fold: Some(Fold::Share),
                ..Line::new(study.values.clone(), study.shares.clone(), *color)
            }));
        }
        let notes = self.studies.iter().flat_map(StudyEdf::notes).collect();
        Chart {
            title: format!("Distribution of {}", value_phrase(&self.value)),
            notes,
            panels: vec![panel],
            columns: 1,
            color_bar: None,
        }
    }
}

impl StudyEdf {
    fn of(view: &StudyView<'_>, objective: usize) -> Self {
        let all: Vec<(u64, f64)> = view.complete(objective).collect();
        let mut finite: Vec<(u64, f64)> =
            all.iter().copied().filter(|trial| trial.1.is_finite()).collect();
        finite.sort_by(|a, b| a.1.total_cmp(&b.1));
        let count = finite.len();
        // The steps are evenly spaced by share, from the first to the last.
        let indices: Vec<usize> = match count {
            0..=MOST => (0..count).collect(),
            _ => (0..MOST).map(|index| index * (count - 1) / (MOST - 1)).collect(),
        };
        Self {
            study: view.name.to_owned(),
            values: indices.iter().map(|index| finite[*index].1).collect(),
            numbers: indices.iter().map(|index| finite[*index].0).collect(),
            shares: indices.iter().map(|index| (index + 1) as f64 / count as f64).collect(),
            shown: Shown { shown: indices.len(), of: count, infinite: all.len() - count },
        }
    }

    fn notes(&self) -> Vec<String> {
        let Shown { shown, of, infinite } = self.shown;
        let mut notes = Shown { shown: of, of, infinite }.notes();
        if shown < of {
            let (shown, of) = (super::sample::grouped(shown), super::sample::grouped(of));
            notes.push(format!("computed from all {of} trials, drawn in {shown} steps"));
        }
        notes
    }
}

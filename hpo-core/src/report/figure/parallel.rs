//! Parallel coordinates: each trial is a line through its parameters to its value. If a parameter
//! is inactive in a trial, the line passes through a separate mark below the axis.

use serde::Serialize;

use super::chart::{Axis, Chart, ColorBar, Colormap, Labels, Layer, Line, Panel};
use super::labels::shortened;
use super::layout::LONGEST;
use super::sample::{Shown, direction, finite};
use super::scale::{Scale, left_out, selected_params};
use crate::numeric;
use crate::numeric::format::significant;
use crate::report::StudyView;
use crate::trial::Direction;

/// The maximum number of parameters shown.
const MOST_PARAMS: usize = 16;
/// The maximum number of trials shown.
const MOST: usize = 600;
/// The number of distinct colors of lines.
const BINS: usize = 24;
/// The maximum number of letters side by side, on all axes together.
const MOST_LETTERS: usize = 120;
/// The height at which a line passes the axis of an inactive parameter.
const NOT_ACTIVE: f64 = -0.15;

/// Each trial as a line through its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParallelCoordinates {
    /// The name of the values.
    pub value: String,
    /// The direction of the objective.
    pub direction: Direction,
    /// The scales of the axes, in order.
    pub scales: Vec<Scale>,
    /// The numbers of the trials.
    pub numbers: Vec<u64>,
    /// The objective values of the trials.
    pub values: Vec<f64>,
    /// The parameter values, one row per trial: a number or the index of a choice, `None` where the
    /// parameter is inactive.
    pub places: Vec<Vec<Option<f64>>>,
    /// The number of parameters of the study.
    pub params: usize,
    /// The number of trials shown, and of all trials.
    pub shown: Shown,
}

impl ParallelCoordinates {
    /// Returns the lines of the complete trials with a finite value.
    #[must_use]
    pub fn of(view: &StudyView<'_>, objective: usize, requested: &[String]) -> Self {
        let (ids, params) = selected_params(view, requested, MOST_PARAMS);
        let (trials, shown) = finite(view, objective, MOST);
        let scales: Vec<Scale> = ids.iter().map(|id| Scale::of(view, *id)).collect();
        let row = |number: u64| -> Vec<Option<f64>> {
            let place =
                |(id, scale): (_, &Scale)| view.value(number, id).map(|value| scale.place(value));
            ids.iter().copied().zip(&scales).map(place).collect()
        };
        Self {
            value: view.value_name(objective),
            direction: direction(view, objective),
            numbers: trials.iter().map(|trial| trial.0).collect(),
            values: trials.iter().map(|trial| trial.1).collect(),
            places: trials.iter().map(|trial| row(trial.0)).collect(),
            scales,
            params,
            shown,
        }
    }

    /// Returns true if some parameter is inactive in some trial.
    fn is_conditional(&self) -> bool {
        self.places.iter().flatten().any(Option::is_none)
    }

    /// Returns the chart that draws the lines. The value is on the left, since it determines the
    /// color of the lines.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let bar = ColorBar::worth(self.value.clone(), self.direction, &self.values);
        let ends = bar
            .as_ref()
            .map_or((0.0, 1.0), |bar| (bar.ends.0.min(bar.ends.1), bar.ends.0.max(bar.ends.1)));
        let names = std::iter::once(self.value.clone())
            .chain(self.scales.iter().map(|scale| scale.path.clone()));
        let bottom = if self.is_conditional() { -0.25 } else { -0.05 };
        let ticks = if self.is_conditional() {
            vec![(NOT_ACTIVE, "not active".to_owned())]
        } else {
            Vec::new()
        };
        let y = Axis { ticks: Some(ticks), range: Some((bottom, 1.08)), ..Axis::default() };
        // The labels of the last axis need room to its right.
        let x =
            Axis { range: Some((-0.3, self.scales.len() as f64 + 0.7)), ..Axis::names("", names) };
        let mut panel = Panel::new(x, y);
        panel.layers.extend(self.posts(bottom));
        panel.layers.extend(self.lines(ends, bar.as_ref()));
        panel.layers.push(Layer::Labels(self.labels(ends)));
        let mut notes = self.shown.notes();
        notes.extend(left_out(self.scales.len(), self.params));
        if self.is_conditional() {
            notes.push(
                "a line passes through “not active” where a trial does not have the parameter"
                    .to_owned(),
            );
        }
        let title = "Parallel coordinates".to_owned();
        Chart { title, notes, panels: vec![panel], columns: 1, color_bar: bar }
    }

    fn posts(&self, bottom: f64) -> impl Iterator<Item = Layer> + '_ {
        (0..=self.scales.len()).map(move |index| {
            let (xs, ys) = (vec![index as f64; 2], vec![bottom.max(-0.05), 1.0]);
            let line = Line::new(xs, ys, super::colors::WEAK);
            Layer::Line(Line { width: 1.0, opacity: 0.8, ..line })
        })
    }

    /// Returns labels for the ends of numerical axes, and for choices: all of them, or every nth if
    /// there are many.
    fn labels(&self, ends: (f64, f64)) -> Labels {
        let mut labels = Labels::default();
        // A label may extend up to the next axis.
        let room = (MOST_LETTERS / (self.scales.len() + 2)).clamp(8, LONGEST);
        let mut put = |axis: usize, height: f64, text: String| {
            labels.xs.push(axis as f64);
            labels.ys.push(height);
            labels.texts.push(text);
        };
        put(0, 0.0, significant(ends.0, 4));
        put(0, 1.0, significant(ends.1, 4));
        for (axis, scale) in (1..).zip(&self.scales) {
            if scale.choices.is_empty() {
                put(axis, 0.0, significant(scale.low, 4));
                put(axis, 1.0, significant(scale.high, 4));
            }
            let every = scale.choices.len().div_ceil(12).max(1);
            let choices: Vec<&str> = scale.choices.iter().map(String::as_str).collect();
            for (index, choice) in shortened(&choices, room).into_iter().enumerate().step_by(every)
            {
                put(axis, scale.share(index as f64), choice);
            }
        }
        labels
    }

    /// Returns one line per color, with gaps between the trials. The best trials come last, above
    /// the others.
    fn lines(&self, ends: (f64, f64), bar: Option<&ColorBar>) -> Vec<Layer> {
        let mut bins: Vec<(Vec<f64>, Vec<f64>, Vec<u64>)> = vec![Default::default(); BINS];
        for (index, value) in self.values.iter().enumerate() {
            let place = bar.map_or(0.0, |bar| bar.place(*value));
            let (xs, ys, trials) = &mut bins[((place * BINS as f64) as usize).min(BINS - 1)];
            let height = |(scale, place): (&Scale, &Option<f64>)| {
                place.map_or(NOT_ACTIVE, |place| scale.share(place))
            };
            let own = if ends.1 > ends.0 { numeric::share(*value, ends.0, ends.1) } else { 0.5 };
            ys.extend(
                std::iter::once(own).chain(self.scales.iter().zip(&self.places[index]).map(height)),
            );
            ys.push(f64::NAN);
            xs.extend((0..=self.scales.len()).map(|axis| axis as f64).chain([f64::NAN]));
            trials.extend(std::iter::repeat_n(self.numbers[index], self.scales.len() + 2));
        }
        let opacity = (10.0 / (self.values.len() as f64).sqrt()).clamp(0.3, 0.9);
        let filled = bins.into_iter().enumerate().rev().filter(|(_, bin)| !bin.0.is_empty());
        filled
            .map(|(index, (xs, ys, trials))| {
                let color = Colormap::Worth.at((index as f64 + 0.5) / BINS as f64);
                Layer::Line(Line { trials, width: 1.2, opacity, ..Line::new(xs, ys, color) })
            })
            .collect()
    }
}

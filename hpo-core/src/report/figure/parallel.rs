//! Parallel coordinates: each trial a line through its parameters to its value. A parameter that is not active in a trial has no
//! place on its axis: the line passes below it, through a mark of its own.

use serde::Serialize;

use super::arrange::LONGEST;
use super::chart::{Axis, Chart, ColorBar, Labels, Layer, Line, Panel, Ramp};
use super::names::shortened;
use super::sample::{Shown, direction, finite};
use super::scale::{Scale, chosen, left_out};
use crate::numeric;
use crate::report::Subject;
use crate::trial::Direction;

/// How many parameters are shown at most.
const MOST_PARAMS: usize = 16;
/// How many trials are shown at most.
const MOST: usize = 600;
/// Lines are drawn in so many colours.
const BINS: usize = 24;
/// So many letters stand side by side on all axes together.
const MOST_LETTERS: usize = 120;
/// Where lines pass an axis on which they have no place.
const NOT_ACTIVE: f64 = -0.15;

/// Each trial as a line through its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParallelCoordinates {
    /// What the values are called.
    pub value: String,
    /// Whether small or large values are good.
    pub direction: Direction,
    /// The axes, in order.
    pub scales: Vec<Scale>,
    /// The trials.
    pub numbers: Vec<u64>,
    /// Their values.
    pub values: Vec<f64>,
    /// The parameters' values, a row a trial: a choice by its index, none where the parameter is not active.
    pub places: Vec<Vec<Option<f64>>>,
    /// How many parameters there are.
    pub params: usize,
    /// What is shown.
    pub shown: Shown,
}

impl ParallelCoordinates {
    /// Of the complete trials with a finite value.
    #[must_use]
    pub fn of(subject: &Subject<'_>, objective: usize, asked: &[String]) -> Self {
        let (ids, params) = chosen(subject, asked, MOST_PARAMS);
        let (trials, shown) = finite(subject, objective, MOST);
        let scales: Vec<Scale> = ids.iter().map(|id| Scale::of(subject, *id)).collect();
        let row = |number: u64| -> Vec<Option<f64>> {
            let place = |(id, scale): (_, &Scale)| subject.value(number, id).map(|value| scale.place(value));
            ids.iter().copied().zip(&scales).map(place).collect()
        };
        Self {
            value: subject.value_name(objective),
            direction: direction(subject, objective),
            numbers: trials.iter().map(|trial| trial.0).collect(),
            values: trials.iter().map(|trial| trial.1).collect(),
            places: trials.iter().map(|trial| row(trial.0)).collect(),
            scales,
            params,
            shown,
        }
    }

    /// Whether some trial has a parameter that another one has not.
    fn is_conditional(&self) -> bool {
        self.places.iter().flatten().any(Option::is_none)
    }

    /// What is drawn: the value on the left, as it is what lines are told apart by.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let bar = ColorBar::worth(self.value.clone(), self.direction, &self.values);
        let ends = bar.as_ref().map_or((0.0, 1.0), |bar| (bar.ends.0.min(bar.ends.1), bar.ends.0.max(bar.ends.1)));
        let names = std::iter::once(self.value.clone()).chain(self.scales.iter().map(|scale| scale.path.clone()));
        let bottom = if self.is_conditional() { -0.25 } else { -0.05 };
        let ticks = if self.is_conditional() { vec![(NOT_ACTIVE, "not active".to_owned())] } else { Vec::new() };
        let y = Axis { ticks: Some(ticks), range: Some((bottom, 1.08)), ..Axis::default() };
        // To the right of the last axis there is room for its labels.
        let x = Axis { range: Some((-0.3, self.scales.len() as f64 + 0.7)), ..Axis::names("", names) };
        let mut panel = Panel::new(x, y);
        panel.layers.extend(self.posts(bottom));
        panel.layers.extend(self.lines(ends, bar.as_ref()));
        panel.layers.push(Layer::Labels(self.labels(ends)));
        let mut notes = self.shown.notes();
        notes.extend(left_out(self.scales.len(), self.params));
        if self.is_conditional() {
            notes.push("a line passes through “not active” where a trial does not have the parameter".to_owned());
        }
        let title = "Parallel coordinates".to_owned();
        Chart { title, notes, panels: vec![panel], columns: 1, color_bar: bar }
    }

    fn posts(&self, bottom: f64) -> impl Iterator<Item = Layer> + '_ {
        (0..=self.scales.len()).map(move |index| {
            let color = super::colors::WEAK.to_owned();
            let (xs, ys) = (vec![index as f64; 2], vec![bottom.max(-0.05), 1.0]);
            let (name, trials) = (String::new(), Vec::new());
            Layer::Line(Line { name, xs, ys, trials, color, width: 1.0, opacity: 0.8, is_step: false, fold: None })
        })
    }

    /// The ends of numbers, and all choices where they do not stand too closely.
    fn labels(&self, ends: (f64, f64)) -> Labels {
        let mut labels = Labels::default();
        // Up to the next axis.
        let room = (MOST_LETTERS / (self.scales.len() + 2)).clamp(8, LONGEST);
        let mut put = |axis: usize, height: f64, text: String| {
            labels.xs.push(axis as f64);
            labels.ys.push(height);
            labels.texts.push(text);
        };
        put(0, 0.0, rounded(ends.0));
        put(0, 1.0, rounded(ends.1));
        for (axis, scale) in (1..).zip(&self.scales) {
            if scale.choices.is_empty() {
                put(axis, 0.0, rounded(scale.low));
                put(axis, 1.0, rounded(scale.high));
            }
            let every = scale.choices.len().div_ceil(12).max(1);
            let choices: Vec<&str> = scale.choices.iter().map(String::as_str).collect();
            for (index, choice) in shortened(&choices, room).into_iter().enumerate().step_by(every) {
                put(axis, scale.share(index as f64), choice);
            }
        }
        labels
    }

    /// A line a colour, with gaps between the trials; the best ones last, above the others.
    fn lines(&self, ends: (f64, f64), bar: Option<&ColorBar>) -> Vec<Layer> {
        let mut bins: Vec<(Vec<f64>, Vec<f64>, Vec<u64>)> = vec![Default::default(); BINS];
        for (index, value) in self.values.iter().enumerate() {
            let place = bar.map_or(0.0, |bar| bar.place(*value));
            let (xs, ys, trials) = &mut bins[((place * BINS as f64) as usize).min(BINS - 1)];
            let height = |(scale, place): (&Scale, &Option<f64>)| place.map_or(NOT_ACTIVE, |place| scale.share(place));
            let own = if ends.1 > ends.0 { numeric::share(*value, ends.0, ends.1) } else { 0.5 };
            ys.extend(std::iter::once(own).chain(self.scales.iter().zip(&self.places[index]).map(height)));
            ys.push(f64::NAN);
            xs.extend((0..=self.scales.len()).map(|axis| axis as f64).chain([f64::NAN]));
            trials.extend(std::iter::repeat_n(self.numbers[index], self.scales.len() + 2));
        }
        let opacity = (10.0 / (self.values.len() as f64).sqrt()).clamp(0.3, 0.9);
        let filled = bins.into_iter().enumerate().rev().filter(|(_, bin)| !bin.0.is_empty());
        filled
            .map(|(index, (xs, ys, trials))| {
                let color = Ramp::Worth.at((index as f64 + 0.5) / BINS as f64);
                let name = String::new();
                Layer::Line(Line { name, xs, ys, trials, color, width: 1.2, opacity, is_step: false, fold: None })
            })
            .collect()
    }
}

/// A number to four digits, to be read.
fn rounded(value: f64) -> String {
    format!("{value:.3e}").parse::<f64>().map_or_else(
        |_| value.to_string(),
        |short| {
            if short != 0.0 && !(1e-3..1e6).contains(&short.abs()) { format!("{short:e}") } else { short.to_string() }
        },
    )
}

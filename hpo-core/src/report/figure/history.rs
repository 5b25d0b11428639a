//! The optimization history: the value of each trial and the best value so far, for one or several
//! studies.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chart::{Axis, Band, Chart, Color, Fold, Layer, Line, Panel, Points, Symbol};
use super::colors::{SERIES, WEAK};
use super::sample::{Shown, direction, sample, value_phrase};
use crate::numeric;
use crate::report::StudyView;
use crate::trial::Direction;

/// The maximum number of trials shown per study.
const MOST: usize = 2_500;

/// The value of each trial, and the best value so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// The objective, counted from 0.
    pub objective: usize,
    /// The name of the values.
    pub value: String,
    /// The direction of the objective.
    pub direction: Direction,
    /// The history of each study.
    pub tracks: Vec<Track>,
    /// The spread of the best values within each group of two or more studies.
    pub spreads: Vec<Spread>,
}

/// The history of one study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Track {
    /// The name of the study.
    pub study: String,
    /// The numbers of the complete trials that are shown.
    pub numbers: Vec<u64>,
    /// The values of these trials.
    pub values: Vec<f64>,
    /// True for each trial that keeps its constraints.
    pub is_feasible: Vec<bool>,
    /// The best value so far at each of these trials, over all trials that keep their constraints;
    /// NaN before the first one.
    pub best: Vec<f64>,
    /// The number of trials shown, and of all trials.
    pub shown: Shown,
}

/// The mean and deviation of the best value so far over several studies of one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The common beginning of the studies' names.
    pub group: String,
    /// The number of studies in the group.
    pub studies: usize,
    /// The trial numbers at which a study improved or ended, from the number on at which all
    /// studies have a best value.
    pub numbers: Vec<u64>,
    /// The mean of the best values so far.
    pub mean: Vec<f64>,
    /// The standard deviation of the best values so far, with the studies as the whole population.
    pub deviation: Vec<f64>,
}

impl History {
    /// Returns the history of one or several studies. Studies whose names differ only in a number
    /// at the end (`tpe-1`, `tpe-2`) form a group with a spread.
    #[must_use]
    pub fn of(views: &[StudyView<'_>], objective: usize) -> Self {
        let groups: Vec<String> = views.iter().map(|view| group(view.name).to_owned()).collect();
        Self::grouped(views, &groups, objective)
    }

    /// Returns the history of several studies; `groups` has the group of each.
    #[must_use]
    pub fn grouped(views: &[StudyView<'_>], groups: &[String], objective: usize) -> Self {
        let first = views.first();
        let mut members: BTreeMap<&str, Vec<Vec<(u64, f64)>>> = BTreeMap::new();
        for (view, group) in views.iter().zip(groups) {
            members.entry(group).or_default().push(improvements(view, objective));
        }
        let several = members.into_iter().filter(|(_, studies)| studies.len() > 1);
        Self {
            objective,
            value: first.map_or_else(|| "value".to_owned(), |view| view.value_name(objective)),
            direction: first.map_or(Direction::Minimize, |view| direction(view, objective)),
            tracks: views.iter().map(|view| Track::of(view, objective)).collect(),
            spreads: several.map(|(group, studies)| Spread::of(group, &studies)).collect(),
        }
    }

    /// Returns the chart that draws the history.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let mut panel = Panel::new(Axis::new("trial"), Axis::new(self.value.clone()));
        let is_alone = self.tracks.len() == 1;
        for (track, color) in self.tracks.iter().zip(SERIES.iter().cycle()) {
            let prefix = if is_alone { String::new() } else { format!("{}: ", track.study) };
            panel.layers.extend(track.layers(&prefix, &self.value, color, self.direction));
        }
        for (spread, color) in self.spreads.iter().zip(SERIES.iter().rev().cycle()) {
            panel.layers.extend(spread.layers(color));
        }
        let notes = self.tracks.iter().flat_map(|track| {
            let prefix = if is_alone { String::new() } else { format!("{}: ", track.study) };
            track.shown.notes().into_iter().map(move |note| format!("{prefix}{note}"))
        });
        let title = format!("History of {}", value_phrase(&self.value));
        Chart { title, notes: notes.collect(), panels: vec![panel], columns: 1, color_bar: None }
    }
}

impl Track {
    fn of(view: &StudyView<'_>, objective: usize) -> Self {
        let direction = direction(view, objective);
        let mut best = f64::NAN;
        let mut rows = Vec::new();
        let mut infinite = 0;
        for (number, value) in view.complete(objective) {
            let is_feasible = view.trials.violation(number) <= 0.0;
            if !value.is_finite() {
                infinite += 1;
                continue;
            }
            if is_feasible && direction.is_better(value, best) {
                best = value;
            }
            rows.push((number, value, is_feasible, best));
        }
        let sampled = sample(&rows, MOST, |a, b| b.2.cmp(&a.2).then(direction.order(a.1, b.1)));
        Self {
            study: view.name.to_owned(),
            numbers: sampled.iter().map(|row| row.0).collect(),
            values: sampled.iter().map(|row| row.1).collect(),
            is_feasible: sampled.iter().map(|row| row.2).collect(),
            best: sampled.iter().map(|row| row.3).collect(),
            shown: Shown { shown: sampled.len(), of: rows.len(), infinite },
        }
    }

    fn layers(
        &self,
        prefix: &str,
        value: &str,
        color: &'static str,
        direction: Direction,
    ) -> Vec<Layer> {
        let points = |name: &str, feasible: bool, symbol: Symbol, color: &'static str| {
            let sampled =
                || (0..self.numbers.len()).filter(|index| self.is_feasible[*index] == feasible);
            Points {
                name: format!("{prefix}{name}"),
                xs: sampled().map(|index| self.numbers[index] as f64).collect(),
                ys: sampled().map(|index| self.values[index]).collect(),
                trials: sampled().map(|index| self.numbers[index]).collect(),
                tint: Color::One(color),
                symbol,
                size: 6.0,
            }
        };
        let mut layers = Vec::new();
        if self.is_feasible.contains(&false) {
            layers.push(Layer::Points(points("breaks a constraint", false, Symbol::Cross, WEAK)));
        }
        layers.push(Layer::Points(points(value, true, Symbol::Circle, color)));
        let fold = match direction {
            Direction::Minimize => Fold::Least,
            Direction::Maximize => Fold::Greatest,
        };
        let xs = self.numbers.iter().map(|number| *number as f64).collect();
        let color = if prefix.is_empty() { SERIES[1] } else { color };
        layers.push(Layer::Line(Line {
            name: format!("{prefix}best so far"),
            trials: self.numbers.clone(),
            is_step: true,
            fold: Some(fold),
            ..Line::new(xs, self.best.clone(), color)
        }));
        layers
    }
}

impl Spread {
    fn of(group: &str, studies: &[Vec<(u64, f64)>]) -> Self {
        let start = studies
            .iter()
            .map(|study| study.first().map_or(u64::MAX, |first| first.0))
            .max()
            .unwrap_or(u64::MAX);
        let mut numbers: Vec<u64> = studies.iter().flatten().map(|(number, _)| *number).collect();
        numbers.retain(|number| *number >= start && start != u64::MAX);
        numbers.sort_unstable();
        numbers.dedup();
        let moments: Vec<(f64, f64)> = numbers
            .iter()
            .map(|number| {
                let bests = studies.iter().filter_map(|study| {
                    let after = study.partition_point(|(improved, _)| improved <= number);
                    Some(study[after.checked_sub(1)?].1)
                });
                moments(&bests.collect::<Vec<_>>())
            })
            .collect();
        Self {
            group: group.to_owned(),
            studies: studies.len(),
            mean: moments.iter().map(|moment| moment.0).collect(),
            deviation: moments.iter().map(|moment| moment.1).collect(),
            numbers,
        }
    }

    fn layers(&self, color: &'static str) -> [Layer; 2] {
        let xs: Vec<f64> = self.numbers.iter().map(|number| *number as f64).collect();
        let edge = |sign: f64| {
            self.mean
                .iter()
                .zip(&self.deviation)
                .map(|(mean, deviation)| mean + sign * deviation)
                .collect()
        };
        [
            Layer::Band(Band { xs: xs.clone(), lows: edge(-1.0), highs: edge(1.0), color }),
            Layer::Line(Line {
                name: format!(
                    "{}: mean best of {} studies, ± standard deviation",
                    self.group, self.studies
                ),
                width: 3.0,
                ..Line::new(xs, self.mean.clone(), color)
            }),
        ]
    }
}

/// Returns the trials that improved on all before them, and the last trial with the best value by
/// then, so that the curve extends to it.
fn improvements(view: &StudyView<'_>, objective: usize) -> Vec<(u64, f64)> {
    let direction = direction(view, objective);
    let mut bests: Vec<(u64, f64)> = Vec::new();
    let mut last = None;
    for (number, value) in view.complete(objective) {
        if value.is_finite() && view.trials.violation(number) <= 0.0 {
            last = Some(number);
            if bests.last().is_none_or(|best| direction.is_better(value, best.1)) {
                bests.push((number, value));
            }
        }
    }
    if let (Some(last), Some(&(improved, best))) = (last, bests.last())
        && last > improved
    {
        bests.push((last, best));
    }
    bests
}

fn moments(values: &[f64]) -> (f64, f64) {
    let (unit, count) = (numeric::unit(values), values.len() as f64);
    let mean = values.iter().map(|value| value / unit).sum::<f64>() / count;
    let variance = values.iter().map(|value| (value / unit - mean).powi(2)).sum::<f64>() / count;
    (unit * mean, unit * variance.sqrt())
}

/// Returns a name without the number at its end: `tpe` for `tpe-2` and for `tpe_17`.
fn group(name: &str) -> &str {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if stem.len() == name.len() { name } else { stem.trim_end_matches(['-', '_', ' ', '#', '.']) }
}

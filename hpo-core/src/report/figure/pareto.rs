//! Several objectives: the Pareto front, and the growth of the hypervolume.

use serde::Serialize;

use super::chart::{Axis, Chart, Color, Layer, Line, Panel, Points, Symbol};
use super::colors::{SERIES, WEAK};
use super::sample::{Shown, sample};
use crate::numeric::format::significant;
use crate::numeric::ordinary::Ordinary;
use crate::report::StudyView;
use crate::trial::{Direction, dominates, hypervolume};

/// The maximum number of trials shown in addition to the front.
const MOST: usize = 3_000;

/// The Pareto front, with one panel for each pair of objectives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParetoFront {
    /// The direction of each objective.
    pub directions: Vec<Direction>,
    /// The name of each objective's values.
    pub values: Vec<String>,
    /// The numbers of the non-dominated trials that keep their constraints.
    pub best: Vec<u64>,
    /// The values of the front, one per objective.
    pub best_values: Vec<Vec<f64>>,
    /// The numbers of the other complete trials that are shown.
    pub others: Vec<u64>,
    /// The values of the other trials, one per objective.
    pub other_values: Vec<Vec<f64>>,
    /// True for each other trial that keeps its constraints.
    pub is_feasible: Vec<bool>,
    /// The number of trials shown, and of all trials.
    pub shown: Shown,
}

/// The hypervolume after each trial that increased it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HypervolumeHistory {
    /// The name of each objective's values.
    pub values: Vec<String>,
    /// The reference point: the given one, or else the worst ordinary value of each objective among
    /// the complete trials that keep their constraints.
    pub reference: Vec<f64>,
    /// The numbers of the trials that increased the hypervolume, and of the first and the last
    /// trial.
    pub numbers: Vec<u64>,
    /// The hypervolume of all trials up to each of these.
    pub volumes: Vec<f64>,
}

impl ParetoFront {
    /// Returns the front of a study, or `None` if it has a single objective.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Option<Self> {
        if view.directions.len() < 2 {
            return None;
        }
        let trials = view.trials;
        let is_finite = |number: &u64| trials.values(*number).iter().all(|value| value.is_finite());
        let all: Vec<u64> = trials.complete().collect();
        let finite: Vec<u64> = all.iter().copied().filter(is_finite).collect();
        let best = front(view, &finite);
        let others: Vec<u64> =
            finite.iter().copied().filter(|number| best.binary_search(number).is_err()).collect();
        let sampled = sample(&others, MOST, |a, b| {
            view.directions[0].order(trials.values(*a)[0], trials.values(*b)[0])
        });
        let values = |numbers: &[u64]| {
            numbers.iter().map(|number| trials.values(*number).to_vec()).collect()
        };
        Some(Self {
            directions: view.directions.to_vec(),
            values: (0..view.directions.len())
                .map(|objective| view.value_name(objective))
                .collect(),
            best_values: values(&best),
            other_values: values(&sampled),
            is_feasible: sampled.iter().map(|number| trials.violation(*number) <= 0.0).collect(),
            shown: Shown {
                shown: best.len() + sampled.len(),
                of: finite.len(),
                infinite: all.len() - finite.len(),
            },
            best,
            others: sampled,
        })
    }

    /// Returns the chart that draws the front.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let count = self.directions.len();
        let pairs = (0..count).flat_map(|x| (x + 1..count).map(move |y| (x, y))).take(6);
        let panels: Vec<Panel> =
            pairs.enumerate().map(|(index, pair)| self.panel(pair, index == 0)).collect();
        let mut notes = self.shown.notes();
        if count > 2 {
            notes.push(
                "each panel shows two of the objectives: a trial of the front may look dominated \
                 there"
                    .to_owned(),
            );
        }
        let columns = panels.len().clamp(1, 3);
        Chart { title: "Pareto front".to_owned(), notes, panels, columns, color_bar: None }
    }

    fn panel(&self, (x, y): (usize, usize), has_names: bool) -> Panel {
        let axis = |objective: usize| {
            Axis::new(format!("{} ({})", self.values[objective], self.directions[objective]))
        };
        let points = |name: &str,
                      numbers: Vec<u64>,
                      values: Vec<&Vec<f64>>,
                      color: &'static str,
                      size: f64| {
            let symbol = if color == WEAK { Symbol::Cross } else { Symbol::Circle };
            Layer::Points(Points {
                name: if has_names { name.to_owned() } else { String::new() },
                xs: values.iter().map(|values| values[x]).collect(),
                ys: values.iter().map(|values| values[y]).collect(),
                trials: numbers,
                tint: Color::One(color),
                symbol,
                size,
            })
        };
        let others = |feasible: bool| -> (Vec<u64>, Vec<&Vec<f64>>) {
            let indices =
                (0..self.others.len()).filter(|index| self.is_feasible[*index] == feasible);
            indices.map(|index| (self.others[index], &self.other_values[index])).unzip()
        };
        let mut panel = Panel::new(axis(x), axis(y));
        let (numbers, values) = others(false);
        if !numbers.is_empty() {
            panel.layers.push(points("breaks a constraint", numbers, values, WEAK, 6.0));
        }
        let (numbers, values) = others(true);
        panel.layers.push(points("dominated", numbers, values, SERIES[0], 6.0));
        panel.layers.push(points(
            "Pareto front",
            self.best.clone(),
            self.best_values.iter().collect(),
            SERIES[1],
            9.0,
        ));
        panel
    }
}

/// Returns the numbers of the non-dominated trials that keep their constraints. Each trial is
/// compared only with the front so far, which is much smaller than the number of trials.
pub(crate) fn front(view: &StudyView<'_>, numbers: &[u64]) -> Vec<u64> {
    let trials = view.trials;
    let mut front: Vec<u64> = Vec::new();
    for number in numbers.iter().copied().filter(|number| trials.violation(*number) <= 0.0) {
        let point = trials.values(number);
        if !front.iter().any(|other| dominates(view.directions, trials.values(*other), point)) {
            front.retain(|other| !dominates(view.directions, point, trials.values(*other)));
            front.push(number);
        }
    }
    front
}

impl HypervolumeHistory {
    /// Returns the history of the hypervolume of a study. Without a `reference`, the worst values
    /// are used, except absurd ones. Returns `None` if the study has a single objective, or no
    /// complete trial with finite values that keeps its constraints.
    #[must_use]
    pub fn of(view: &StudyView<'_>, reference: Option<&[f64]>) -> Option<Self> {
        let (trials, directions) = (view.trials, view.directions);
        if directions.len() < 2 {
            return None;
        }
        let is_kept = |number: &u64| {
            trials.violation(*number) <= 0.0
                && trials.values(*number).iter().all(|value| value.is_finite())
        };
        let numbers: Vec<u64> = trials.complete().filter(is_kept).collect();
        let (first, last) = (*numbers.first()?, *numbers.last()?);
        let worst = |objective: usize| {
            let losses = numbers
                .iter()
                .map(|number| directions[objective].loss(trials.values(*number)[objective]));
            let ordinary = Ordinary::of(&losses.collect::<Vec<_>>());
            ordinary.map_or(f64::NAN, |ordinary| directions[objective].loss(ordinary.worst))
        };
        let reference =
            reference.map_or_else(|| (0..directions.len()).map(worst).collect(), <[f64]>::to_vec);
        let values = (0..directions.len()).map(|objective| view.value_name(objective)).collect();
        let mut history = Self { values, reference, numbers: Vec::new(), volumes: Vec::new() };
        let mut front: Vec<&[f64]> = Vec::new();
        for number in numbers {
            let point = trials.values(number);
            if !front.iter().any(|other| *other == point || dominates(directions, other, point)) {
                front.retain(|other| !dominates(directions, point, other));
                front.push(point);
                history.record(
                    number,
                    hypervolume(directions, &front, &history.reference),
                    number == first,
                );
            }
        }
        let volume = *history.volumes.last()?;
        history.record(last, volume, history.numbers.last() != Some(&last));
        Some(history)
    }

    fn record(&mut self, number: u64, volume: f64, always: bool) {
        if always || self.volumes.last().is_none_or(|last| volume > *last) {
            self.numbers.push(number);
            self.volumes.push(volume);
        }
    }

    /// Returns the chart that draws the history.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let xs = self.numbers.iter().map(|number| *number as f64).collect();
        let panel =
            Panel::new(Axis::new("trial"), Axis::new("hypervolume")).with(Layer::Line(Line {
                trials: self.numbers.clone(),
                is_step: true,
                ..Line::new(xs, self.volumes.clone(), SERIES[0])
            }));
        let named = self.values.iter().zip(&self.reference);
        let reference: Vec<String> =
            named.map(|(name, value)| format!("{name} {}", significant(*value, 6))).collect();
        let notes = vec![format!("the reference point is {}", reference.join(", "))];
        Chart {
            title: "History of the hypervolume".to_owned(),
            notes,
            panels: vec![panel],
            columns: 1,
            color_bar: None,
        }
    }
}

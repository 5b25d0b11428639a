//! Learning curves: the intermediate values that trials reported, and the rungs at which they were
//! compared.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chart::{Axis, Chart, Color, Layer, Line, Panel, Points, Symbol};
use super::colors::{SERIES, of_state};
use super::sample::{Shown, direction, sample};
use crate::report::StudyView;
use crate::trial::{Direction, State};

/// The maximum number of curves shown.
const MOST: usize = 500;

/// The learning curve of one trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// The number of the trial.
    pub number: u64,
    /// The state of the trial.
    pub state: State,
    /// The steps of the reports.
    pub steps: Vec<u64>,
    /// The value reported at each step, including NaN and infinities.
    pub values: Vec<f64>,
    /// The number of times the trial was promoted.
    pub promotions: u32,
}

/// The intermediate values of all trials that reported any.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curves {
    /// The learning curves, by trial number.
    pub curves: Vec<Curve>,
    /// The number of trials shown, and of all trials.
    pub shown: Shown,
    /// The direction of the first objective.
    pub direction: Direction,
    /// The name of the reported values: the metric of the only objective, if it has a name.
    pub value: String,
}

/// Learning curves with the rungs of successive halving: the trials compared at each rung, and
/// those promoted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rungs {
    /// The curves of the trials that reached a rung.
    pub curves: Curves,
    /// The recorded rung results of these trials.
    pub marks: Vec<RungMark>,
}

/// The result of a trial at a rung.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RungMark {
    /// The number of the trial.
    pub number: u64,
    /// The rung, counted from 0.
    pub rung: u32,
    /// The step at which the trial reached the rung: that of the report with the recorded value, or
    /// else of the last report.
    pub step: u64,
    /// The value of the trial at the rung.
    pub value: f64,
    /// True if the trial went further: it reached a higher rung, or has reported a later step.
    pub is_promoted: bool,
}

impl Curves {
    /// Returns the curves of all trials that reported a value.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Self {
        Self::among(view, |_| true)
    }

    fn among(view: &StudyView<'_>, is_wanted: impl Fn(u64) -> bool) -> Self {
        let trials = view.trials;
        let direction = direction(view, 0);
        let reported: Vec<(u64, f64)> = (0..trials.len())
            .filter(|number| is_wanted(*number))
            .filter_map(|number| Some((number, trials.reports(number).last()?.1)))
            .collect();
        let sampled = sample(&reported, MOST, |a, b| direction.order(a.1, b.1));
        let curve = |number: u64| Curve {
            number,
            state: trials.state(number).unwrap_or(State::Waiting),
            steps: trials.reports(number).iter().map(|report| report.0).collect(),
            values: trials.reports(number).iter().map(|report| report.1).collect(),
            promotions: trials.promotions(number),
        };
        let shown = Shown { shown: sampled.len(), of: reported.len(), infinite: 0 };
        Self {
            curves: sampled.into_iter().map(|(number, _)| curve(number)).collect(),
            shown,
            direction,
            value: reported_name(view),
        }
    }

    /// Returns the chart that draws the curves.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let mut panel = Panel::new(Axis::new("step"), Axis::new(self.value.clone()));
        panel.layers.extend(self.layers());
        let gaps = self
            .curves
            .iter()
            .flat_map(|curve| &curve.values)
            .filter(|value| !value.is_finite())
            .count();
        let mut notes = self.shown.notes();
        if gaps > 0 {
            notes.push(format!("{gaps} reports are not finite: the curves have gaps there"));
        }
        Chart {
            title: "Intermediate values".to_owned(),
            notes,
            panels: vec![panel],
            columns: 1,
            color_bar: None,
        }
    }

    /// Returns one line per state, with gaps between the curves. Hundreds of separate lines would
    /// be slow to draw.
    fn layers(&self) -> impl Iterator<Item = Layer> + '_ {
        let states = [
            State::Waiting,
            State::Failed,
            State::Paused,
            State::Pruned,
            State::Complete,
            State::Running,
        ];
        states.into_iter().flat_map(|state| {
            let of_state: Vec<&Curve> =
                self.curves.iter().filter(|curve| curve.state == state).collect();
            let is_dot = |curve: &&Curve| curve.values.len() == 1 && curve.values[0].is_finite();
            let dots: Vec<&Curve> = of_state.iter().copied().filter(is_dot).collect();
            let line = (!of_state.is_empty()).then(|| Layer::Line(joined(&of_state, state)));
            line.into_iter().chain((!dots.is_empty()).then(|| Layer::Points(alone(&dots, state))))
        })
    }
}

/// Returns the name of the reported values. With several objectives, it is not recorded which one
/// the reports belong to.
fn reported_name(view: &StudyView<'_>) -> String {
    match view.metrics {
        [metric] => metric.clone(),
        _ => "reported value".to_owned(),
    }
}

/// Returns points for curves of a single report, which have no line.
fn alone(curves: &[&Curve], state: State) -> Points {
    Points {
        name: String::new(),
        xs: curves.iter().map(|curve| curve.steps[0] as f64).collect(),
        ys: curves.iter().map(|curve| curve.values[0]).collect(),
        trials: curves.iter().map(|curve| curve.number).collect(),
        tint: Color::One(of_state(state)),
        symbol: Symbol::Circle,
        size: 4.0,
    }
}

fn joined(curves: &[&Curve], state: State) -> Line {
    let (mut xs, mut ys, mut trials) = (Vec::new(), Vec::new(), Vec::new());
    for curve in curves {
        xs.extend(curve.steps.iter().map(|step| *step as f64).chain([f64::NAN]));
        ys.extend(
            curve
                .values
                .iter()
                .map(|value| if value.is_finite() { *value } else { f64::NAN })
                .chain([f64::NAN]),
        );
        trials.extend(std::iter::repeat_n(curve.number, curve.steps.len() + 1));
    }
    let opacity = (8.0 / (curves.len() as f64).sqrt()).clamp(0.25, 0.9);
    let name = state.to_string();
    Line { name, trials, width: 1.2, opacity, ..Line::new(xs, ys, of_state(state)) }
}

impl Rungs {
    /// Returns the curves of the trials with a result at a rung, or `None` if there are no such
    /// trials.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Option<Self> {
        let trials = view.trials;
        if trials.rungs().is_empty() {
            return None;
        }
        let mut highest = std::collections::HashMap::new();
        for entry in trials.rungs() {
            let rung = highest.entry(entry.number).or_insert(entry.rung);
            *rung = entry.rung.max(*rung);
        }
        let curves = Curves::among(view, |number| highest.contains_key(&number));
        let shown: std::collections::HashSet<u64> =
            curves.curves.iter().map(|curve| curve.number).collect();
        // A later entry for the same trial and rung replaces an earlier one.
        let mut last = BTreeMap::new();
        for entry in trials.rungs().iter().filter(|entry| shown.contains(&entry.number)) {
            last.insert((entry.number, entry.rung), entry.value);
        }
        // The step of a rung is not recorded. It is the one at which most of its trials reported
        // the recorded value.
        let steps_of = |number: u64, value: f64| {
            trials
                .reports(number)
                .iter()
                .filter(move |report| report.1 == value)
                .map(|report| report.0)
        };
        let mut votes: BTreeMap<(u32, u64), usize> = BTreeMap::new();
        for ((number, rung), value) in &last {
            steps_of(*number, *value)
                .for_each(|step| *votes.entry((*rung, step)).or_default() += 1);
        }
        let marks = last.into_iter().filter_map(|((number, rung), value)| {
            let reports = trials.reports(number);
            // `max_by_key` returns the last maximum; reversed, this is the first one.
            let step = steps_of(number, value).rev().max_by_key(|step| votes[&(rung, *step)]);
            let at = step.map_or_else(|| reports.last().copied(), |step| Some((step, value)))?;
            let is_promoted =
                rung < highest[&number] || reports.last().is_some_and(|last| last.0 > at.0);
            Some(RungMark { number, rung, step: at.0, value: at.1, is_promoted })
        });
        let marks = marks.collect();
        Some(Self { curves, marks })
    }

    /// Returns the chart that draws the curves and rungs.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let mut chart = self.curves.chart();
        "Rungs: where trials were compared".clone_into(&mut chart.title);
        let marks = |is_promoted: bool, name: &str, symbol: Symbol, color: &'static str| {
            let sampled = || {
                self.marks
                    .iter()
                    .filter(move |mark| mark.is_promoted == is_promoted && mark.value.is_finite())
            };
            Layer::Points(Points {
                name: name.to_owned(),
                xs: sampled().map(|mark| mark.step as f64).collect(),
                ys: sampled().map(|mark| mark.value).collect(),
                trials: sampled().map(|mark| mark.number).collect(),
                tint: Color::One(color),
                symbol,
                size: 7.0,
            })
        };
        chart.panels[0].layers.push(marks(
            false,
            "stopped or paused at a rung",
            Symbol::Ring,
            SERIES[1],
        ));
        chart.panels[0].layers.push(marks(
            true,
            "continued past a rung",
            Symbol::Circle,
            SERIES[2],
        ));
        chart
    }
}

//! The importance of each parameter as a figure.

use serde::Serialize;

use super::chart::{Axis, Chart, Layer, Panel, Spans};
use super::colors::SERIES;

/// The maximum number of parameters shown.
const MOST: usize = 30;

/// The importance of each parameter, by one measure or several.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importances {
    /// The parameters with their shares, the largest first.
    pub importances: Vec<(String, f64)>,
    /// The shares by each measure that succeeded; empty for shares that were computed elsewhere.
    pub measures: Vec<Measured>,
}

/// The importance of each parameter by one measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The name of the measure, such as `fanova`.
    pub name: String,
    /// A plain description of what it measures.
    pub asks: String,
    /// The parameters with their shares.
    pub shares: Vec<(String, f64)>,
}

impl Importances {
    /// Returns the figure of shares that were computed elsewhere, or `None` if `importances` is
    /// empty.
    #[must_use]
    pub fn of(importances: &[(String, f64)]) -> Option<Self> {
        let mut sorted = importances.to_vec();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
        (!sorted.is_empty()).then_some(Self { importances: sorted, measures: Vec::new() })
    }

    /// Returns the figure with a panel for each measure.
    #[must_use]
    pub fn by(self, measures: &[Measured]) -> Self {
        Self { measures: measures.to_vec(), ..self }
    }

    /// Returns the chart that draws the shares: the largest on top, in the same order for each
    /// measure.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let mut shown: Vec<&str> =
            self.importances.iter().take(MOST).map(|(path, _)| path.as_str()).collect();
        shown.reverse();
        let mut panels: Vec<Panel> = self
            .measures
            .iter()
            .map(|measure| panel(&measure.name, &shown, &measure.shares))
            .collect();
        if panels.is_empty() {
            panels.push(panel("importance", &shown, &self.importances));
        }
        let left_out = super::scale::left_out(shown.len(), self.importances.len());
        let asks =
            self.measures.iter().map(|measure| format!("{}: {}", measure.name, measure.asks));
        let (notes, columns) = (left_out.into_iter().chain(asks).collect(), panels.len());
        Chart {
            title: "Importance of parameters".to_owned(),
            notes,
            panels,
            columns,
            color_bar: None,
        }
    }
}

fn panel(title: &str, shown: &[&str], shares: &[(String, f64)]) -> Panel {
    let share = |path: &str| shares.iter().find(|own| own.0 == path).map_or(0.0, |own| own.1);
    Panel::new(Axis::new(title), Axis::names("", shown.iter().copied())).with(Layer::Spans(Spans {
        name: String::new(),
        ys: (0..shown.len()).map(|at| at as f64).collect(),
        starts: vec![0.0; shown.len()],
        ends: shown
            .iter()
            .map(|path| share(path))
            .map(|share| if share.is_finite() { share } else { 0.0 })
            .collect(),
        trials: Vec::new(),
        color: SERIES[0],
        opacity: 1.0,
        height: 0.7,
    }))
}

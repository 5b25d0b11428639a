//! How much each parameter matters, as it was given.

use serde::Serialize;

use super::chart::{Axis, Chart, Layer, Panel, Spans};
use super::colors::SERIES;

/// How many are shown at most.
const MOST: usize = 30;

/// How much each parameter matters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importances {
    /// The parameters with their shares, the greatest first.
    pub importances: Vec<(String, f64)>,
}

impl Importances {
    /// Of shares that were computed elsewhere; none if there are none.
    #[must_use]
    pub fn of(importances: &[(String, f64)]) -> Option<Self> {
        let mut sorted = importances.to_vec();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
        (!sorted.is_empty()).then_some(Self { importances: sorted })
    }

    /// What is drawn: the greatest on top.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let mut shown: Vec<&(String, f64)> = self.importances.iter().take(MOST).collect();
        shown.reverse();
        let panel = Panel::new(Axis::new("importance"), Axis::names("", shown.iter().map(|shown| shown.0.clone())))
            .with(Layer::Spans(Spans {
                name: String::new(),
                ys: (0..shown.len()).map(|at| at as f64).collect(),
                starts: vec![0.0; shown.len()],
                ends: shown.iter().map(|shown| if shown.1.is_finite() { shown.1 } else { 0.0 }).collect(),
                trials: Vec::new(),
                color: SERIES[0],
                opacity: 1.0,
                height: 0.7,
            }));
        let notes = super::scale::left_out(shown.len(), self.importances.len()).into_iter().collect();
        Chart { title: "Importance of parameters".to_owned(), notes, panels: vec![panel], columns: 1, color_bar: None }
    }
}

//! A figure of another crate: its data, with the chart that draws it.

use serde::Serialize;
use serde_json::Value as Json;

use super::chart::Chart;

/// A figure of another crate, such as the calibration of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Custom {
    /// The name of the figure's kind, as used in file names.
    pub kind: &'static str,
    /// The data of the figure.
    pub data: Json,
    #[serde(skip)]
    chart: Chart,
}

impl Custom {
    /// Creates a figure of this kind from its data and the chart that draws it.
    #[must_use]
    pub fn new(kind: &'static str, data: Json, chart: Chart) -> Self {
        Self { kind, data, chart }
    }

    /// Returns the chart that draws the figure.
    #[must_use]
    pub fn chart(&self) -> Chart {
        self.chart.clone()
    }
}

//! Figures: plain data structs, built from one [`StudyView`](super::StudyView) or several. A figure
//! becomes a [`chart`](Figure::chart), and a chart becomes Plotly JSON or a picture.

mod branches;
pub(crate) mod chart;
pub(crate) mod colors;
mod contour;
mod curves;
mod custom;
mod edf;
mod history;
mod importances;
pub(crate) mod labels;
pub(crate) mod layout;
mod parallel;
mod pareto;
pub(crate) mod plotly;
pub(crate) mod sample;
mod scale;
mod slice;
pub(crate) mod time_axis;
mod timeline;

use serde::Serialize;
use serde_json::Value as Json;

#[cfg(feature = "page")]
pub(crate) use branches::branches;
pub use branches::{Branches, Choice, Variant};
#[doc(hidden)]
pub use chart::{
    Axis, Band, Chart, Color, ColorBar, Colormap, Field, Fold, Labels, Layer, Line, Panel, Points,
    Spans, Symbol,
};
#[doc(hidden)]
pub use colors::{SERIES, WEAK};
pub use contour::{Contour, Pair, Rank, RankedPair};
pub use curves::{Curve, Curves, RungMark, Rungs};
#[doc(hidden)]
pub use custom::Custom;
pub use edf::{Edf, StudyEdf};
pub use history::{History, Spread, Track};
pub use importances::{Importances, Measured};
pub use parallel::ParallelCoordinates;
pub(crate) use pareto::front;
pub use pareto::{HypervolumeHistory, ParetoFront};
pub use sample::Shown;
pub use scale::Scale;
pub use slice::{ParamSlice, Slice};
pub use timeline::{Timeline, TimelineBar};

/// A figure of a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is told by its type")]
pub enum Figure {
    History(History),
    Branches(Branches),
    Importances(Importances),
    ParetoFront(ParetoFront),
    HypervolumeHistory(HypervolumeHistory),
    Slice(Slice),
    ParallelCoordinates(ParallelCoordinates),
    Contour(Contour),
    Rank(Rank),
    Curves(Curves),
    Rungs(Rungs),
    Edf(Edf),
    Timeline(Timeline),
    #[doc(hidden)]
    Custom(Custom),
}

/// Evaluates `$done` with `$it` bound to the figure of whichever kind.
macro_rules! each {
    ($figure:expr, $it:ident => $done:expr) => {
        match $figure {
            Figure::History($it) => $done,
            Figure::Branches($it) => $done,
            Figure::Importances($it) => $done,
            Figure::ParetoFront($it) => $done,
            Figure::HypervolumeHistory($it) => $done,
            Figure::Slice($it) => $done,
            Figure::ParallelCoordinates($it) => $done,
            Figure::Contour($it) => $done,
            Figure::Rank($it) => $done,
            Figure::Curves($it) => $done,
            Figure::Rungs($it) => $done,
            Figure::Edf($it) => $done,
            Figure::Timeline($it) => $done,
            Figure::Custom($it) => $done,
        }
    };
}

impl Figure {
    /// Returns the name of the figure's kind, as used in file names.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Figure::History(_) => "history",
            Figure::Branches(_) => "branches",
            Figure::Importances(_) => "importances",
            Figure::ParetoFront(_) => "pareto_front",
            Figure::HypervolumeHistory(_) => "hypervolume",
            Figure::Slice(_) => "slice",
            Figure::ParallelCoordinates(_) => "parallel_coordinates",
            Figure::Contour(_) => "contour",
            Figure::Rank(_) => "rank",
            Figure::Curves(_) => "intermediate_values",
            Figure::Rungs(_) => "rungs",
            Figure::Edf(_) => "edf",
            Figure::Timeline(_) => "timeline",
            Figure::Custom(figure) => figure.kind,
        }
    }

    /// Returns the chart that draws the figure.
    #[must_use]
    pub fn chart(&self) -> Chart {
        each!(self, figure => figure.chart())
    }

    /// Returns the figure as a JSON object with `data` and `layout`, for any Plotly library.
    #[must_use]
    pub fn plotly(&self) -> Json {
        self.chart().plotly()
    }
}

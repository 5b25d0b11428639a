//! Reports: the results of a search as plain data, and as figures drawn from it.
//!
//! A [`StudyView`] is a study to report on: its trials, its directions and, if recorded, its space.
//! A [`Report`] is built from one or several subjects: [figures](figure) as data, the best config,
//! and the table of trials. It can be written as one page that needs no network (feature `page`),
//! as pictures (feature `pictures`), as Plotly JSON, or as plain JSON.
//!
//! ```
//! use hpo_core::prelude::*;
//!
//! #[derive(Debug, Clone, SearchSpace)]
//! struct Point {
//!     #[search_space(range = -5.0..=5.0)]
//!     x: f64,
//! }
//!
//! let study = Study::<Point>::minimize().seed(1).run(30, |point| point.x * point.x)?;
//! let report = study.report()?;
//! let history = report.figures()[0].plotly();
//! assert_eq!(history["data"][0]["x"].as_array().map(Vec::len), Some(30));
//! # Ok::<(), hpo_core::Error>(())
//! ```

pub mod advice;
mod best;
pub mod csv;
mod error;
mod expectation;
pub mod figure;
pub mod importance;
#[cfg(not(all(feature = "page", feature = "pictures", feature = "parquet")))]
mod missing_feature;
mod literal;
mod model_summary;
mod overview;
#[cfg(feature = "page")]
mod page;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "pictures")]
mod picture;
mod study_view;
mod table;
#[cfg(any(feature = "page", feature = "pictures"))]
mod text;

use serde_json::{Value as Json, json};

pub use best::BestConfig;
pub use error::ReportError;
pub use expectation::{EstimateBasis, ValueEstimate};
#[doc(hidden)]
pub use model_summary::ModelSummary;
pub use overview::Overview;
#[cfg(feature = "page")]
#[doc(hidden)]
pub use page::served;
pub use study_view::StudyView;
#[doc(hidden)]
pub use study_view::value_columns;
pub use table::{TrialRow, TrialTable};

#[doc(hidden)]
pub use crate::numeric::format::{json_number, significant};

use figure::{
    Branches, Contour, Curves, Edf, Figure, History, HypervolumeHistory, Importances, Measured,
    ParallelCoordinates, ParetoFront, Rank, Rungs, Slice, Timeline,
};

/// The maximum number of objectives with their own figures.
const MOST_OBJECTIVES: usize = 4;
/// The maximum number of studies that a page shows in full, one at a time.
const MOST_STUDIES: usize = 8;
/// The kinds of figures, in the order of the page.
const KINDS: [&str; 13] = [
    "pareto_front",
    "hypervolume",
    "history",
    "branches",
    "importances",
    "slice",
    "parallel_coordinates",
    "contour",
    "rank",
    "intermediate_values",
    "rungs",
    "edf",
    "timeline",
];
/// The maximum number of cells in all tables of a page.
const MOST_CELLS: u64 = 150_000;

/// The contents of a report that do not follow from the trials alone. Each field may be empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportContents {
    /// The importance of each parameter, as shares that sum to about 1. They are shown in a figure,
    /// and if there is no room for all parameters, the most important ones are shown.
    pub importances: Vec<(String, f64)>,
    /// The advice, one sentence each.
    pub advice: Vec<String>,
    /// The parameters to show first if there is no room for all.
    pub params: Vec<String>,
}

impl ReportContents {
    /// Returns the contents for a study: the importances of its parameters for the first objective,
    /// by the first [measure](importance::Measure) that succeeds, and advice.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Self {
        Self::with(view, ValueEstimate::of(view).as_ref(), &importance::measured(view))
    }

    fn with(
        view: &StudyView<'_>,
        expectation: Option<&ValueEstimate>,
        measures: &[Measured],
    ) -> Self {
        Self {
            importances: measures.first().map(|measure| measure.shares.clone()).unwrap_or_default(),
            advice: advice::Advice::with(view, expectation)
                .iter()
                .map(ToString::to_string)
                .collect(),
            params: Vec::new(),
        }
    }
}

/// A report on one or several studies.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    overviews: Vec<Overview>,
    figures: Vec<Figure>,
    best: Option<BestConfig>,
    table: TrialTable,
    advice: Vec<String>,
    /// The reports on all studies but the first.
    others: Vec<Report>,
    /// The title, if it is not the name of the first study.
    title: Option<String>,
    /// The facts about a model, each with its name.
    facts: Vec<(String, String)>,
    #[cfg(feature = "page")]
    filters: page::Filters,
}

impl Report {
    /// Returns the report on one or several studies, with importances and advice. With several
    /// studies, the history and the distribution show all of them. Everything else is about the
    /// first study; on the page, it is about the one that the reader selects.
    ///
    /// Infinite values are not drawn, and large studies are shown by a sample; a note on the figure
    /// says so.
    #[must_use]
    pub fn of(views: &[StudyView<'_>]) -> Self {
        let expected = value_estimates(views);
        let first = views.first().zip(expected.first());
        let measures = first.map(|(first, _)| importance::measured(first)).unwrap_or_default();
        let contents = first
            .map(|(first, expected)| ReportContents::with(first, expected.as_ref(), &measures));
        Self::full(
            views,
            &expected,
            (&contents.unwrap_or_default(), &measures),
            full_studies(views),
        )
    }

    /// Returns the report on one or several studies, with contents that were computed elsewhere.
    #[must_use]
    pub fn with(views: &[StudyView<'_>], contents: &ReportContents) -> Self {
        Self::full(views, &value_estimates(views), (contents, &[]), full_studies(views))
    }

    /// Returns a report, given the expectation for each study's best config, and the importances of
    /// the first study by each measure. `of` is the number of studies that share the page.
    fn full(
        views: &[StudyView<'_>],
        expected: &[Option<ValueEstimate>],
        (contents, measures): (&ReportContents, &[Measured]),
        of: u64,
    ) -> Self {
        let first = views.first();
        let rows = |view: &StudyView<'_>| {
            (MOST_CELLS / of / (view.params().len() as u64 + 4)).max(200) as usize
        };
        let one = |(view, expected): (&StudyView<'_>, &Option<ValueEstimate>)| {
            let measures = importance::measured(view);
            let contents = ReportContents::with(view, expected.as_ref(), &measures);
            Self::full(
                std::slice::from_ref(view),
                std::slice::from_ref(expected),
                (&contents, &measures),
                of,
            )
        };
        let known = || views.iter().zip(expected);
        Self {
            others: known().skip(1).take(MOST_STUDIES - 1).map(one).collect(),
            overviews: known()
                .map(|(view, expected)| Overview::with(view, expected.clone()))
                .collect(),
            figures: first
                .map(|first| figures(first, views, contents, measures))
                .unwrap_or_default(),
            best: known()
                .next()
                .and_then(|(first, expected)| BestConfig::with(first, expected.clone())),
            table: first.map(|first| TrialTable::sampled(first, rows(first))).unwrap_or_default(),
            advice: contents.advice.clone(),
            title: None,
            facts: Vec::new(),
            #[cfg(feature = "page")]
            filters: first.map(page::Filters::of).unwrap_or_default(),
        }
    }

    /// Returns the overview of each study, in its present state.
    #[must_use]
    pub fn overviews(&self) -> &[Overview] {
        &self.overviews
    }

    /// Returns the figures, in the order of the page.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// Returns the config of the best trial. Returns `None` if there are several objectives, or no
    /// complete trial keeps its constraints.
    #[must_use]
    pub fn best(&self) -> Option<&BestConfig> {
        self.best.as_ref()
    }

    /// Returns the trials of the first study, or a sample of them if there are many.
    #[must_use]
    pub fn table(&self) -> &TrialTable {
        &self.table
    }

    /// Returns the advice, as it was given.
    #[must_use]
    pub fn advice(&self) -> &[String] {
        &self.advice
    }

    /// Returns the whole report as JSON: `studies`, `figures` as data, `best`, `advice` and
    /// `trials`; for a model also its `facts`. Infinite values and NaN are null.
    #[must_use]
    pub fn json(&self) -> Json {
        let mut json = json!({
            "studies": self.overviews, "figures": self.figures, "best": self.best,
            "advice": self.advice, "trials": self.table.to_json(),
        });
        if !self.facts.is_empty() {
            json["facts"] = self.facts.iter().cloned().collect();
        }
        json
    }

    /// Returns the figures with unique names, such as `slice` and `slice_1`.
    #[must_use]
    pub fn named_figures(&self) -> Vec<(String, &Figure)> {
        named_figures(&self.figures)
    }
}

fn named_figures(figures: &[Figure]) -> Vec<(String, &Figure)> {
    let mut named: Vec<(String, &Figure)> = Vec::new();
    for figure in figures {
        let same = named.iter().filter(|(_, other)| other.kind() == figure.kind()).count();
        let name =
            if same == 0 { figure.kind().to_owned() } else { format!("{}_{same}", figure.kind()) };
        named.push((name, figure));
    }
    named
}

/// Returns the expectation for each study, computed once since it is shown in several places.
fn value_estimates(views: &[StudyView<'_>]) -> Vec<Option<ValueEstimate>> {
    views.iter().map(ValueEstimate::of).collect()
}

/// Returns the number of studies that are shown in full.
fn full_studies(views: &[StudyView<'_>]) -> u64 {
    views.len().clamp(1, MOST_STUDIES) as u64
}

fn figures(
    first: &StudyView<'_>,
    views: &[StudyView<'_>],
    contents: &ReportContents,
    measures: &[Measured],
) -> Vec<Figure> {
    let of_kind = |kind| figures_of_kind(kind, first, views, contents, measures);
    KINDS.into_iter().flat_map(of_kind).collect()
}

/// Returns the figures of one of the [`KINDS`]: one per objective for some, none if there is
/// nothing to show.
fn figures_of_kind(
    kind: &str,
    first: &StudyView<'_>,
    views: &[StudyView<'_>],
    contents: &ReportContents,
    measures: &[Measured],
) -> Vec<Figure> {
    let objectives = 0..first.directions.len().min(MOST_OBJECTIVES);
    let requested = || requested(contents);
    let mut figures: Vec<Figure> = match kind {
        "pareto_front" => ParetoFront::of(first).map(Figure::ParetoFront).into_iter().collect(),
        "hypervolume" => {
            let history = HypervolumeHistory::of(first, None);
            history.map(Figure::HypervolumeHistory).into_iter().collect()
        }
        "history" => objectives.map(|one| Figure::History(History::of(views, one))).collect(),
        "branches" => Branches::of(first, 0).map(Figure::Branches).into_iter().collect(),
        "importances" => {
            let figure = Importances::of(&contents.importances);
            figure.map(|figure| Figure::Importances(figure.by(measures))).into_iter().collect()
        }
        "slice" => {
            let slice = |one| Figure::Slice(Slice::of(first, one, &requested()));
            objectives.map(slice).collect()
        }
        "parallel_coordinates" => {
            let parallel = ParallelCoordinates::of(first, 0, &requested());
            vec![Figure::ParallelCoordinates(parallel)]
        }
        "contour" => Contour::of(first, 0, &requested()).map(Figure::Contour).into_iter().collect(),
        "rank" => vec![Figure::Rank(Rank::of(first, 0, &requested()))],
        "intermediate_values" => vec![Figure::Curves(Curves::of(first))],
        "rungs" => Rungs::of(first).map(Figure::Rungs).into_iter().collect(),
        "edf" => vec![Figure::Edf(Edf::of(views, 0))],
        "timeline" => vec![Figure::Timeline(Timeline::of(first))],
        _ => Vec::new(),
    };
    figures.retain(shows_something);
    figures
}

/// Returns the parameters to show first if there is no room for all.
fn requested(contents: &ReportContents) -> Vec<String> {
    let mut important = contents.importances.clone();
    important.sort_by(|a, b| b.1.total_cmp(&a.1));
    contents.params.iter().cloned().chain(important.into_iter().map(|(path, _)| path)).collect()
}

/// Returns true if the figure shows something. Axes alone are not worth showing, nor are two points
/// over two parameters.
fn shows_something(figure: &Figure) -> bool {
    match figure {
        Figure::History(history) => history.tracks.iter().any(|track| !track.values.is_empty()),
        Figure::ParetoFront(front) => !front.best.is_empty() || !front.others.is_empty(),
        Figure::Slice(slice) => slice.slices.iter().any(|slice| !slice.values.is_empty()),
        Figure::ParallelCoordinates(parallel) => {
            !parallel.values.is_empty() && !parallel.scales.is_empty()
        }
        Figure::Contour(contour) => contour.pair.values.len() > 2,
        Figure::Rank(rank) => rank.pairs.iter().any(|pair| pair.ranks.len() > 2),
        Figure::Curves(curves) => !curves.curves.is_empty(),
        Figure::Edf(edf) => edf.studies.iter().any(|study| study.values.len() > 1),
        Figure::Timeline(timeline) => !timeline.bars.is_empty(),
        _ => true,
    }
}

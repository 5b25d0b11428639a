//! Reports: what a search has learned, as plain data first and as pictures second.
//!
//! A [`Subject`] is a study to look at: its trials, directions and, where it is recorded, its space. A [`Report`] is made of one
//! or several: [figures](figure) as data, the best config, the table of trials. It is written as one page that needs no network
//! (feature `page`), as pictures (feature `pictures`), as Plotly's JSON or as plain JSON.
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
mod left_out;
mod number;
mod literal;
mod overview;
#[cfg(feature = "page")]
mod page;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "pictures")]
mod picture;
mod subject;
mod table;
#[cfg(any(feature = "page", feature = "pictures"))]
mod text;

use serde_json::{Value as Json, json};

pub use best::BestConfig;
pub use error::ReportError;
pub use expectation::{Basis, Expectation};
pub use overview::Overview;
pub use subject::{Subject, value_columns};
pub use table::{TrialRow, TrialTable};

use figure::{
    Branches, Contour, Curves, Edf, Figure, History, HypervolumeHistory, Importances, Measured, ParallelCoordinates,
    ParetoFront, Rank, Rungs, Slice, Timeline,
};

/// How many objectives have figures of their own.
const MOST_OBJECTIVES: usize = 4;
/// How many studies the page shows in full, one at a time.
const MOST_STUDIES: usize = 8;
/// How many cells the tables of a page have at most.
const MOST_CELLS: u64 = 150_000;

/// What a report holds beside what follows from the trials. All of it may be left empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// Parameters with how much they matter, each a share of 1 or so: a figure of their own, and where not all parameters can be
    /// shown, the most important are.
    pub importances: Vec<(String, f64)>,
    /// What to do next, a sentence each.
    pub advice: Vec<String>,
    /// The parameters to show first where there is no room for all.
    pub params: Vec<String>,
}

impl Contents {
    /// What the trials of a study say: the importances of its parameters for the first objective, by the first
    /// [measure](importance::Measure) that tells something, and advice.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Self {
        Self::with(subject, Expectation::of(subject).as_ref(), &importance::measured(subject))
    }

    fn with(subject: &Subject<'_>, expectation: Option<&Expectation>, measures: &[Measured]) -> Self {
        Self {
            importances: measures.first().map(|measure| measure.shares.clone()).unwrap_or_default(),
            advice: advice::Advice::with(subject, expectation).iter().map(ToString::to_string).collect(),
            params: Vec::new(),
        }
    }
}

/// What a search has learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    overviews: Vec<Overview>,
    figures: Vec<Figure>,
    best: Option<BestConfig>,
    table: TrialTable,
    advice: Vec<String>,
    /// Of several studies, those after the first.
    others: Vec<Report>,
    #[cfg(feature = "page")]
    filters: page::Filters,
}

impl Report {
    /// On one study or several, with importances and advice. Of several, history and distribution show all; everything else is of
    /// the first, and in the page of the one that its reader chooses.
    ///
    /// Infinite values are no part of figures, and large studies are shown by a sample; each figure says so where it is so.
    #[must_use]
    pub fn of(subjects: &[Subject<'_>]) -> Self {
        let expected = expectations(subjects);
        let first = subjects.first().zip(expected.first());
        let measures = first.map(|(first, _)| importance::measured(first)).unwrap_or_default();
        let contents = first.map(|(first, expected)| Contents::with(first, expected.as_ref(), &measures));
        Self::full(subjects, &expected, (&contents.unwrap_or_default(), &measures), shown(subjects))
    }

    /// The same, with what was computed or wished elsewhere.
    #[must_use]
    pub fn with(subjects: &[Subject<'_>], contents: &Contents) -> Self {
        Self::full(subjects, &expectations(subjects), (contents, &[]), shown(subjects))
    }

    /// As one of so many on a page; with what is to be expected of the best config of each study, and what measures of importance say
    /// of the first.
    fn full(
        subjects: &[Subject<'_>],
        expected: &[Option<Expectation>],
        (contents, measures): (&Contents, &[Measured]),
        of: u64,
    ) -> Self {
        let first = subjects.first();
        let rows = |subject: &Subject<'_>| (MOST_CELLS / of / (subject.params().len() as u64 + 4)).max(200) as usize;
        let one = |(subject, expected): (&Subject<'_>, &Option<Expectation>)| {
            let measures = importance::measured(subject);
            let contents = Contents::with(subject, expected.as_ref(), &measures);
            Self::full(std::slice::from_ref(subject), std::slice::from_ref(expected), (&contents, &measures), of)
        };
        let known = || subjects.iter().zip(expected);
        Self {
            others: known().skip(1).take(MOST_STUDIES - 1).map(one).collect(),
            overviews: known().map(|(subject, expected)| Overview::with(subject, expected.clone())).collect(),
            figures: first.map(|first| figures(first, subjects, contents, measures)).unwrap_or_default(),
            best: known().next().and_then(|(first, expected)| BestConfig::with(first, expected.clone())),
            table: first.map(|first| TrialTable::sampled(first, rows(first))).unwrap_or_default(),
            advice: contents.advice.clone(),
            #[cfg(feature = "page")]
            filters: first.map(page::Filters::of).unwrap_or_default(),
        }
    }

    /// The studies, as their trials stand.
    #[must_use]
    pub fn overviews(&self) -> &[Overview] {
        &self.overviews
    }

    /// The figures, in the order of the page.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// The config of the best trial; none if no trial that keeps its constraints is complete, or there are several objectives.
    #[must_use]
    pub fn best(&self) -> Option<&BestConfig> {
        self.best.as_ref()
    }

    /// The trials of the (first) study; of a large one a sample.
    #[must_use]
    pub fn table(&self) -> &TrialTable {
        &self.table
    }

    /// What to do next, as it was given.
    #[must_use]
    pub fn advice(&self) -> &[String] {
        &self.advice
    }

    /// All of it as JSON: `studies`, `figures` as data, `best`, `advice` and `trials`. What is infinite or no number is null.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "studies": self.overviews, "figures": self.figures, "best": self.best, "advice": self.advice,
            "trials": self.table.to_json(),
        })
    }

    /// The figures under names that no two of them share, such as `slice` and `slice_1`.
    #[must_use]
    pub fn named_figures(&self) -> Vec<(String, &Figure)> {
        let mut named: Vec<(String, &Figure)> = Vec::new();
        for figure in &self.figures {
            let same = named.iter().filter(|(_, other)| other.kind() == figure.kind()).count();
            let name = if same == 0 { figure.kind().to_owned() } else { format!("{}_{same}", figure.kind()) };
            named.push((name, figure));
        }
        named
    }
}

/// Of each study, once: it is shown in several places.
fn expectations(subjects: &[Subject<'_>]) -> Vec<Option<Expectation>> {
    subjects.iter().map(Expectation::of).collect()
}

/// How many studies are shown in full.
fn shown(subjects: &[Subject<'_>]) -> u64 {
    subjects.len().clamp(1, MOST_STUDIES) as u64
}

fn figures(first: &Subject<'_>, subjects: &[Subject<'_>], contents: &Contents, measures: &[Measured]) -> Vec<Figure> {
    let mut important = contents.importances.clone();
    important.sort_by(|a, b| b.1.total_cmp(&a.1));
    let asked: Vec<String> =
        contents.params.iter().cloned().chain(important.into_iter().map(|(path, _)| path)).collect();
    let objectives = 0..first.directions.len().min(MOST_OBJECTIVES);
    let mut figures: Vec<Figure> = Vec::new();
    figures.extend(ParetoFront::of(first).map(Figure::ParetoFront));
    figures.extend(HypervolumeHistory::of(first, None).map(Figure::HypervolumeHistory));
    figures.extend(objectives.clone().map(|objective| Figure::History(History::of(subjects, objective))));
    figures.extend(Branches::of(first, 0).map(Figure::Branches));
    let importances = Importances::of(&contents.importances);
    figures.extend(importances.map(|figure| Figure::Importances(figure.by(measures))));
    figures.extend(objectives.map(|objective| Figure::Slice(Slice::of(first, objective, &asked))));
    figures.push(Figure::ParallelCoordinates(ParallelCoordinates::of(first, 0, &asked)));
    figures.extend(Contour::of(first, 0, &asked).map(Figure::Contour));
    figures.push(Figure::Rank(Rank::of(first, 0, &asked)));
    figures.push(Figure::Curves(Curves::of(first)));
    figures.extend(Rungs::of(first).map(Figure::Rungs));
    figures.push(Figure::Edf(Edf::of(subjects, 0)));
    figures.push(Figure::Timeline(Timeline::of(first)));
    figures.retain(shows_something);
    figures
}

/// Whether there is something to see in a figure: axes alone say nothing, and two points over two parameters say little.
fn shows_something(figure: &Figure) -> bool {
    match figure {
        Figure::History(history) => history.tracks.iter().any(|track| !track.values.is_empty()),
        Figure::ParetoFront(front) => !front.best.is_empty() || !front.others.is_empty(),
        Figure::Slice(slice) => slice.slices.iter().any(|slice| !slice.values.is_empty()),
        Figure::ParallelCoordinates(parallel) => !parallel.values.is_empty() && !parallel.scales.is_empty(),
        Figure::Contour(contour) => contour.pair.values.len() > 2,
        Figure::Rank(rank) => rank.pairs.iter().any(|pair| pair.ranks.len() > 2),
        Figure::Curves(curves) => !curves.curves.is_empty(),
        Figure::Edf(edf) => edf.studies.iter().any(|study| study.values.len() > 1),
        Figure::Timeline(timeline) => !timeline.bars.is_empty(),
        _ => true,
    }
}

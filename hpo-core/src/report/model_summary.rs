//! The part of a report that describes a fitted model.

use super::Report;
use super::figure::Figure;

/// A description of a fitted model: a title, facts, and figures. It comes before the trials of the
/// search that found the model; a report may consist of it alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelSummary {
    /// The title of the report.
    pub title: String,
    /// The facts, each with its name.
    pub facts: Vec<(String, String)>,
    /// The figures, in the order of the page.
    pub figures: Vec<Figure>,
}

impl Report {
    /// Returns the report with a description of a fitted model before everything else.
    #[doc(hidden)]
    #[must_use]
    pub fn with_model(mut self, model: ModelSummary) -> Self {
        let ModelSummary { title, facts, figures } = model;
        self.figures.splice(0..0, figures);
        self.title = Some(title);
        self.facts = facts;
        self
    }
}

//! What a study has learned: thin, over the layer `report`. (A value on the way of a trial is what `report_step` notes.)

use super::{Config, Oracle, Study};
use crate::error::Result;
use crate::report::{Contents, Overview, Report, Subject, TrialTable};

impl<C: Config> Study<C> {
    /// A report as the study stands: figures, best config, trials. With the feature `page` it is written as one page by
    /// `report.html(path)`, with `pictures` as files by `report.svg(folder)` and `report.png(folder)`.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn report(&self) -> Result<Report> {
        self.oracle().subject(|subject| Report::of(std::slice::from_ref(subject)))
    }

    /// A few lines for a terminal: how many trials, how they ended, the best value.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn summary(&self) -> Result<String> {
        self.oracle().subject(|subject| Overview::of(subject).summary())
    }

    /// All trials as a table, to be written as CSV or JSON.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn table(&self) -> Result<TrialTable> {
        self.oracle().subject(TrialTable::of)
    }
}

impl Oracle {
    /// A report as the study stands, with what was computed or wished elsewhere.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn report(&self, contents: &Contents) -> Result<Report> {
        self.subject(|subject| Report::with(std::slice::from_ref(subject), contents))
    }

    /// Looks at the study as a subject of reports.
    pub(super) fn subject<T>(&self, look: impl FnOnce(&Subject<'_>) -> T) -> Result<T> {
        self.look(|trials| {
            let (name, directions, slots) = (self.name(), self.directions(), Some(self.slots()));
            let metrics = self.metric_names();
            look(&Subject { name, directions, trials, slots, metrics })
        })
    }
}

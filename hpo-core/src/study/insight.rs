//! What a study has learned of its parameters: thin, over the layer `report`.

use super::{Config, Oracle, Study};
use crate::error::Result;
use crate::report::Expectation;
use crate::report::advice::Advice;
use crate::report::importance::{Importances, Measure};

impl<C: Config, W> Study<C, W> {
    /// How much each parameter mattered for one objective, counted from 0.
    ///
    /// # Errors
    /// If there is nothing to measure, such as too few trials; or if the storage fails.
    pub fn importances(&self, measure: &Measure, objective: usize) -> Result<Importances> {
        self.oracle().importances(measure, objective)
    }

    /// What to do next: each a fact with a sentence.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn advice(&self) -> Result<Vec<Advice>> {
        self.oracle().advice()
    }

    /// What to expect of the best config, beside its value; none where that cannot be told.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn expectation(&self) -> Result<Option<Expectation>> {
        self.oracle().expectation()
    }
}

impl Oracle {
    /// How much each parameter mattered for one objective, counted from 0.
    ///
    /// # Errors
    /// If there is nothing to measure, such as too few trials; or if the storage fails.
    pub fn importances(&self, measure: &Measure, objective: usize) -> Result<Importances> {
        Ok(self.subject(|subject| measure.importances(subject, objective))??)
    }

    /// What to do next: each a fact with a sentence.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn advice(&self) -> Result<Vec<Advice>> {
        self.subject(Advice::on)
    }

    /// What to expect of the best config, beside its value; none where that cannot be told.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn expectation(&self) -> Result<Option<Expectation>> {
        self.subject(Expectation::of)
    }
}

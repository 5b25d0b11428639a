//! The processes of one ask: the losses and each constraint, conditioned on the results.

use std::sync::Arc;

use super::acquisition::Acquisition;
use super::constrained::{ConstrainedAcquisition, ConstraintModel};
use super::constraint_values::ConstraintValues;
use super::fits::Fit;
use super::search::BEST;
use super::target::Target;
use super::training_data::{TrainingSet, borrowed, picked, thinned};
use crate::gp::encoding::Encoding;
use crate::gp::posterior::Posterior;
use crate::numeric::cholesky::Cholesky;

/// The largest number of results in the coarse model, by which many candidates are screened.
const MOST_COARSE: usize = 128;

/// The training rows with the fits to them.
pub(super) struct Prepared {
    pub(super) rows: TrainingSet,
    /// The indices of the rows that the model is conditioned on.
    pub(super) held: Vec<usize>,
    pub(super) losses: Target,
    pub(super) fit: Arc<Fit>,
    pub(super) constraints: Vec<PreparedConstraint>,
}

/// The fit to a constraint.
pub(super) struct PreparedConstraint {
    pub(super) index: usize,
    /// The indices of the rows that the model is conditioned on: those with a value.
    pub(super) held: Vec<usize>,
    pub(super) fit: Arc<Fit>,
}

/// The processes conditioned on the results.
pub(super) struct Conditioned<'a> {
    exact: Posterior<'a>,
    constraints: Vec<ConstraintModel<'a>>,
    /// The same processes given fewer results, a coarse model for screening candidates; `None` if
    /// there are few results anyway.
    quick: Option<(Posterior<'a>, Vec<ConstraintModel<'a>>)>,
    /// True if no result that the model is conditioned on keeps the constraints.
    is_infeasible: bool,
}

impl Prepared {
    /// Conditions the processes on the results. Returns `None` if the covariances of one of them
    /// cannot be factored.
    pub(super) fn condition<'a>(&'a self, view: &TrainingView<'a>) -> Option<Conditioned<'a>> {
        let base = self.fit.base_of(&self.rows, &self.held);
        let exact = view.posterior(self.losses, &self.fit, &self.held, base)?;
        let constraint = |own: &'a PreparedConstraint| {
            view.constraint(own, &own.held, own.fit.base_of(&self.rows, &own.held))
        };
        let constraints: Vec<ConstraintModel<'a>> =
            self.constraints.iter().map(constraint).collect::<Option<_>>()?;
        let is_infeasible =
            !constraints.is_empty() && self.held.iter().all(|row| self.rows.is_broken(*row));
        let quick = if self.held.len() > MOST_COARSE { self.quick(view) } else { None };
        Some(Conditioned { exact, constraints, quick, is_infeasible })
    }

    fn quick<'a>(
        &'a self,
        view: &TrainingView<'a>,
    ) -> Option<(Posterior<'a>, Vec<ConstraintModel<'a>>)> {
        let losses = view.posterior(self.losses, &self.fit, &self.coarse(&self.held), None)?;
        let constraints =
            self.constraints.iter().map(|own| view.constraint(own, &self.coarse(&own.held), None));
        Some((losses, constraints.collect::<Option<_>>()?))
    }

    /// Returns the indices of the rows for the coarse model, which selects the candidates that the
    /// exact model evaluates.
    fn coarse(&self, held: &[usize]) -> Vec<usize> {
        let order = picked(&self.rows.order(), held);
        thinned(&order, MOST_COARSE).into_iter().map(|index| held[index]).collect()
    }
}

impl Conditioned<'_> {
    /// Returns the acquisition function, and the coarse one by which candidates are screened.
    pub(super) fn judges(
        &self,
        acquisition: Acquisition,
    ) -> (ConstrainedAcquisition<'_>, Option<ConstrainedAcquisition<'_>>) {
        let judge = ConstrainedAcquisition {
            // First of all some trial has to keep the constraints.
            losses: (!self.is_infeasible).then_some(&self.exact),
            constraints: &self.constraints,
            acquisition,
        };
        let coarse = self.quick.as_ref().map(|(losses, constraints)| ConstrainedAcquisition {
            losses: (!self.is_infeasible).then_some(losses),
            constraints,
            acquisition,
        });
        (judge, coarse)
    }
}

/// The training data from which posteriors with given hyperparameters are made.
pub(super) struct TrainingView<'a> {
    pub(super) encoding: &'a Encoding,
    pub(super) rows: &'a TrainingSet,
    pub(super) pending: &'a [Vec<f64>],
}

impl<'a> TrainingView<'a> {
    /// Returns the posterior of the losses given some of the rows, and the pending points.
    fn posterior(
        &self,
        target: Target,
        fit: &'a Fit,
        which: &[usize],
        base: Option<&Cholesky>,
    ) -> Option<Posterior<'a>> {
        let posterior = self.given(&target.values(self.rows, which), fit, which, base)?;
        let is_broken = |row: usize| self.rows.is_broken(which[row]);
        if (0..which.len()).all(is_broken) {
            return Some(posterior);
        }
        // A config that violates constraints cannot be the incumbent.
        Some(posterior.improving_on(|row| !is_broken(row)))
    }

    fn constraint(
        &self,
        prepared: &'a PreparedConstraint,
        which: &[usize],
        base: Option<&Cholesky>,
    ) -> Option<ConstraintModel<'a>> {
        let known = ConstraintValues::new(&picked(&self.rows.constraints[prepared.index], which));
        let posterior = self.given(&known.values, &prepared.fit, which, base)?;
        Some(ConstraintModel { posterior, limit: known.limit })
    }

    fn given(
        &self,
        values: &[f64],
        fit: &'a Fit,
        which: &[usize],
        base: Option<&Cholesky>,
    ) -> Option<Posterior<'a>> {
        let mut points = borrowed(&self.rows.points, which);
        points.extend(self.pending.iter().map(Vec::as_slice));
        base.and_then(|base| Posterior::extended(self.encoding, &fit.hyper, base, &points, values))
            .or_else(|| Posterior::new(self.encoding, &fit.hyper, &points, values))
    }

    /// Returns the points around which to search: those with the lowest losses, feasible ones
    /// first.
    pub(super) fn best(&self, which: &[usize]) -> Vec<&'a [f64]> {
        let violation = |index: usize| self.rows.violations.get(index).copied().unwrap_or(0.0);
        let mut order = which.to_vec();
        let losses = &self.rows.losses;
        order.sort_by(|a, b| {
            violation(*a).total_cmp(&violation(*b)).then(losses[*a].total_cmp(&losses[*b]))
        });
        order.truncate(BEST);
        borrowed(&self.rows.points, &order)
    }
}

//! Small models and calls that many tests share.

use std::marker::PhantomData;
use std::sync::Arc;

use hpo_core::prelude::*;
use hpo_core::sampler::{AskContext, Proposal, Sampler};
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_core::trial::History;

/// Makes a model of the function that fits it. There is nothing to build, and no data.
pub fn fit_only<C: SearchSpace, T: Send + Sync>(
    fit: impl Fn(&C, &mut Trial<'_>) -> Result<T, TrialError> + Sync,
) -> impl HyperModel<Config = C, Data = (), Fitted = T> {
    FitOnly { fit, types: PhantomData }
}

struct FitOnly<C, T, F> {
    fit: F,
    types: PhantomData<fn(&C) -> T>,
}

impl<C, T, F> HyperModel for FitOnly<C, T, F>
where
    C: SearchSpace,
    T: Send + Sync,
    F: Fn(&C, &mut Trial<'_>) -> Result<T, TrialError> + Sync,
{
    type Config = C;
    type Data = ();
    type Model = ();
    type Fitted = T;
    type Error = TrialError;

    fn build(&self, _: &C) -> Result<(), TrialError> {
        Ok(())
    }

    fn fit(&self, config: &C, (): (), (): &(), trial: &mut Trial<'_>) -> Result<T, TrialError> {
        (self.fit)(config, trial)
    }
}

/// The flat form of a space in JSON.
///
/// # Panics
/// If it is no valid space.
#[must_use]
pub fn flat(json: &str) -> Arc<FlatSpace> {
    FlatSpace::new(&Space::from_json(json).expect("JSON of a space")).expect("a valid space")
}

/// The config that a sampler proposes.
///
/// # Panics
/// If it proposes none.
#[must_use]
pub fn proposed(sampler: &dyn Sampler, history: History<'_>, ask: AskContext) -> Params {
    match sampler.sample(history, ask) {
        Ok(Proposal::Config(params)) => params,
        other => panic!("{other:?}"),
    }
}

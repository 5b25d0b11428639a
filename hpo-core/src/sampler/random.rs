//! Random search: every parameter is drawn independently.
//!
//! It is the baseline that every other sampler has to beat, and good where few parameters matter
//! ([Bergstra & Bengio 2012](https://jmlr.org/papers/v13/bergstra12a.html)).
//!
//! It has no settings. One deviation from the paper: a parameter with a prior is drawn from the
//! prior.

use super::{AskContext, Proposal, SampleError, Sampler, SamplerConfig};
use crate::trial::History;

/// Draws each parameter uniformly on its scale, or from its prior. All variants are equally
/// probable.
///
/// ```
/// use hpo_core::sampler::{Random, Sampler};
/// assert_eq!(Random.name(), "random");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Random;

impl Sampler for Random {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        Ok(Proposal::Config(history.flat_space().draw(&mut ask.rng())))
    }

    fn name(&self) -> &'static str {
        "random"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Random {})
    }
}

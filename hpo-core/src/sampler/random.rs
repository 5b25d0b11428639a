//! Random search: every parameter drawn by itself.
//!
//! The baseline that every other sampler has to beat, and a good one where few parameters matter
//! ([Bergstra & Bengio 2012](https://jmlr.org/papers/v13/bergstra12a.html)).
//!
//! It has no parameters of its own. It deviates from the paper where a parameter has a prior: that one is drawn from it.

use super::{Ask, Proposal, SampleError, Sampler, SamplerConfig};
use crate::trial::History;

/// Uniform on each parameter's scale, or of its prior; a variant as likely as any other.
///
/// ```
/// use hpo_core::sampler::{Random, Sampler};
/// assert_eq!(Random.name(), "random");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Random;

impl Sampler for Random {
    fn sample(&self, history: History<'_>, ask: Ask) -> Result<Proposal, SampleError> {
        Ok(Proposal::Config(history.slots().draw(&mut ask.rng())))
    }

    fn name(&self) -> &'static str {
        "random"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Random {})
    }
}

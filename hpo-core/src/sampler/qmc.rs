//! Quasi-random search: points that fill the space more evenly than random ones do.
//!
//! Sobol's sequence with Owen's scrambling, with the study's seed (see `numeric/sobol.rs` for the
//! papers). [Bousquet et al. 2017](https://arxiv.org/abs/1706.03200), *Critical Hyper-Parameters:
//! No Random, No Cry*, recommend it over random search. It has no settings.
//!
//! Choices that the papers leave open:
//! - The index of the point is the trial's number: nothing is stored, workers never draw a point
//!   twice, and a resumed search continues. Numbers of queued trials leave gaps, which cost only a
//!   little evenness. Evenness is best at powers of two.
//! - Every parameter of the tree has a coordinate, whatever its branch; a config uses those of its
//!   active parameters.
//! - Priors are followed: a coordinate is a probability, and the prior's quantile is the value.
//! - A rejected proposal (a duplicate, or an infeasible one) is replaced by a random one.

use super::{AskContext, Proposal, SampleError, Sampler, SamplerConfig};
use crate::numeric::sobol;
use crate::trial::History;

/// Proposes scrambled Sobol points, one per trial, by the trial's number; random configs replace
/// rejected ones.
///
/// ```
/// use hpo_core::sampler::{Qmc, Sampler};
/// assert_eq!(Qmc.name(), "qmc");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Qmc;

impl Sampler for Qmc {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        let flat = history.flat_space();
        Ok(Proposal::Config(if ask.attempt == 0 {
            flat.fill(|id, parameter| parameter.quantile(sobol::point(ask.number, id, ask.seed)))
        } else {
            flat.draw(&mut ask.rng())
        }))
    }

    fn name(&self) -> &'static str {
        "qmc"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Qmc {})
    }
}

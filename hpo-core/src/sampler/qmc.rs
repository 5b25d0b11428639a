//! Quasi-random search: points that fill the space more evenly than random ones do.
//!
//! Sobol's sequence with Owen's scrambling, the seed being the study's (see `numeric/sobol.rs` for the papers); recommended
//! over random search by [Bousquet et al. 2017](https://arxiv.org/abs/1706.03200), *Critical Hyper-Parameters: No Random,
//! No Cry*. It has no parameters of its own.
//!
//! What it does where the papers say nothing:
//! - The trial's number is the point's: nothing is stored, workers never draw a point twice, a resumed search goes on. Numbers
//!   that queued trials take leave gaps, which cost a little evenness and nothing else. Evenness is best at powers of two.
//! - Every parameter of the tree has a coordinate, in whatever branch it is; a config uses those of its active ones.
//! - Priors are followed: a coordinate is a probability, and the prior's quantile is the value.
//! - A proposal that was turned down (a duplicate, an infeasible one) is replaced by a random one.

use super::{Ask, Proposal, SampleError, Sampler, SamplerConfig};
use crate::numeric::sobol;
use crate::trial::History;

/// Scrambled Sobol points, one a trial, by its number; random ones in place of what was turned down.
///
/// ```
/// use hpo_core::sampler::{Qmc, Sampler};
/// assert_eq!(Qmc.name(), "qmc");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Qmc;

impl Sampler for Qmc {
    fn sample(&self, history: History<'_>, ask: Ask) -> Result<Proposal, SampleError> {
        let slots = history.slots();
        Ok(Proposal::Config(if ask.attempt == 0 {
            slots.fill(|id, slot| slot.quantile(sobol::point(ask.number, id, ask.seed)))
        } else {
            slots.draw(&mut ask.rng())
        }))
    }

    fn name(&self) -> &'static str {
        "qmc"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Qmc {})
    }
}

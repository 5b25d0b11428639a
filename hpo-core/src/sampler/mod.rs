//! Samplers, which propose the next config.
//!
//! A sampler is a function of the history, the trial's number and the seed. It has no state but
//! caches, and dropping those changes nothing: so resuming, parallel workers and replay need no
//! special care. A sampler does not have to handle duplicates or constraints: the oracle asks
//! again, with another `attempt`, by one policy for all samplers.

mod absurd;
mod auto;
mod cmaes;
mod config;
mod duplicates;
mod learning_curve;
mod gp;
mod grid;
mod nsga2;
mod qmc;
mod random;
mod scalarization;
mod share;
mod initial_design;
mod tpe;

use std::fmt::Debug;
use std::sync::Arc;

pub use auto::{Auto, AutoBuilder};
pub use cmaes::{Cmaes, CmaesBuilder, Restarts};
pub use config::SamplerConfig;
pub use duplicates::Duplicates;
#[doc(hidden)]
pub use duplicates::{Suggested, propose};
pub use gp::{Acquisition, Gp, GpBuilder, Outputs, Startup};
pub use grid::{Grid, GridBuilder};
pub use nsga2::{Nsga2, Nsga2Builder};
pub use qmc::Qmc;
pub use random::Random;
pub use tpe::{Bandwidth, GoodWeights, Tpe, TpeBuilder};

use crate::rng::Rng;
use crate::space::Params;
use crate::trial::History;

/// A method that proposes the next config.
pub trait Sampler: Debug + Send + Sync {
    /// Returns a config of the history's space, or that none is left.
    ///
    /// The result depends only on the arguments.
    ///
    /// # Errors
    /// If the sampler cannot work with this space; the error gives the reason.
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError>;

    /// Returns the name for summaries: `random`, `grid`, ...
    fn name(&self) -> &'static str;

    /// Explains the result of [`sample`](Self::sample), in one line that starts with the name of
    /// the sampler that chose: `gp: log expected improvement, 57 results`. The default is `None`:
    /// the name says it all.
    ///
    /// It is called right after `sample`, with the same arguments, and depends on nothing else.
    fn explain(&self, _history: History<'_>, _ask: AskContext) -> Option<String> {
        None
    }

    /// Returns the name and settings, which a study records, so that `hpo replay` can build the
    /// sampler again. The default is `None`, for samplers that are not of this library: their
    /// proposals are recomputed by the program that contains them.
    fn config(&self) -> Option<SamplerConfig> {
        None
    }

    /// Returns true if the sampler enumerates a finite list of configs, with the next one for each
    /// attempt, until [`Proposal::Exhausted`]. Such a sampler is asked until then. For any other
    /// one, random configs are tried after a number of rejected proposals, and finally it is given
    /// up.
    fn is_exhaustive(&self) -> bool {
        false
    }
}

/// Implements [`Sampler`] for a pointer to a sampler.
macro_rules! sampler_by {
    ($pointer:ident) => {
        impl<S: Sampler + ?Sized> Sampler for $pointer<S> {
            fn sample(
                &self,
                history: History<'_>,
                ask: AskContext,
            ) -> Result<Proposal, SampleError> {
                (**self).sample(history, ask)
            }

            fn name(&self) -> &'static str {
                (**self).name()
            }

            fn explain(&self, history: History<'_>, ask: AskContext) -> Option<String> {
                (**self).explain(history, ask)
            }

            fn config(&self) -> Option<SamplerConfig> {
                (**self).config()
            }

            fn is_exhaustive(&self) -> bool {
                (**self).is_exhaustive()
            }
        }
    };
}

sampler_by!(Box);
sampler_by!(Arc);

/// The trial for which a config is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskContext {
    /// The trial's number, unique in its study.
    pub number: u64,
    /// The number of proposals for this trial that were rejected, as duplicates or by a constraint.
    pub attempt: u32,
    /// The study's seed, which all of its random streams derive from.
    pub seed: u64,
}

impl AskContext {
    /// Returns the random stream of this trial and attempt.
    #[must_use]
    pub fn rng(&self) -> Rng {
        match self.attempt {
            0 => Rng::derive(self.seed, self.number),
            attempt => Rng::retry(self.seed, self.number, attempt),
        }
    }
}

/// The answer of a sampler to an [`AskContext`].
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// The config to try next.
    Config(Params),
    /// Every config the sampler would try has been tried.
    Exhausted,
}

/// An error that prevents a sampler from proposing a config.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// The space has a property that the sampler cannot handle.
    #[error("the {sampler} sampler cannot search this space: {reason}")]
    Unsuitable {
        /// The name of the sampler.
        sampler: &'static str,
        /// The property that it cannot handle, and the remedy.
        reason: String,
    },
    /// The study's constraint rejected everything.
    #[error(
        "the constraint rejected all {rejected} configs proposed for one trial: widen the space, \
         or loosen the constraint"
    )]
    Infeasible {
        /// The number of configs that it rejected.
        rejected: u64,
    },
}

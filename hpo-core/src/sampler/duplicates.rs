//! The policy, one for all samplers, for proposals that were tried before or that the constraint
//! rejects.
//!
//! The sampler is asked again, with the next `attempt`. After [`FEW_TRIES`] rejected proposals, a
//! space of at most [`MOST_SCANNED`] configs is scanned from a random start for a config that is
//! new and feasible: such spaces are exhausted to the last config, and then the search ends. In any
//! other space, [`MOST_OWN_TRIES`] proposals are the sampler's own, and the others, up to
//! [`MOST_TRIES`], are drawn at random. After that a repeated config is accepted. If there is none,
//! the constraint rejected everything: up to [`MOST_FORBIDDEN`] more are drawn, since a constraint
//! such as an order of six numbers allows one config in 720, and then the constraint is reported.
//!
//! Configs that a constraint rejected are not remembered: a grid under a constraint evaluates the
//! constraint for every infeasible point again before the next feasible one. Constraints are cheap
//! compared with trials.

use std::borrow::Cow;

use super::{AskContext, Proposal, SampleError, Sampler};
use crate::numeric::greatest_divisor;
use crate::rng::Rng;
use crate::space::{Cardinality, Params};
use crate::trial::History;

/// The number of proposals before a small space is scanned instead.
const FEW_TRIES: u32 = 20;

/// The number of the sampler's own proposals. After them configs are drawn at random, since the
/// sampler may insist on what is forbidden.
const MOST_OWN_TRIES: u32 = 100;

/// The largest number of proposals for one trial, if some were only repeated.
const MOST_TRIES: u32 = 1_000;

/// The largest number of proposals if the constraint rejected them all.
const MOST_FORBIDDEN: u32 = 100_000;

/// The largest number of proposals of samplers that [go in order](Sampler::is_exhaustive) and end
/// by themselves.
const MOST_TRIES_IN_ORDER: u32 = 1_000_000;

/// The largest number of configs that are scanned one by one, in well under a second.
const MOST_SCANNED: u128 = 1 << 20;

/// The addition to the explanation of a config that the sampler did not propose.
const AT_RANDOM: &str = "; drawn at random, as what it proposed was turned down";

/// The treatment of a config that was tried before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// Try another config; end the search if there is none. Suitable if repeated evaluations return
    /// the same value.
    #[default]
    Avoid,
    /// Try it again. Suitable if evaluations are noisy, and the sampler should decide which configs
    /// deserve another evaluation.
    Allow,
}

/// The config for a trial, with an explanation.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggested {
    /// The config that was chosen.
    pub params: Params,
    /// The sampler that chose it and why, in one line that begins with the sampler's name.
    pub explanation: Cow<'static, str>,
}

/// Returns the config for a trial: under [`Duplicates::Avoid`] a new one as far as the space has
/// one, and always one that `feasible` accepts. Returns `None` if no such config is left.
///
/// The result depends only on the arguments, provided that `feasible` is a function of its
/// argument.
///
/// # Errors
/// The error of the sampler, or [`SampleError::Infeasible`] if `feasible` rejected everything.
pub fn propose(
    sampler: &dyn Sampler,
    history: History<'_>,
    number: u64,
    seed: u64,
    duplicates: Duplicates,
    feasible: &mut dyn FnMut(&Params) -> bool,
) -> Result<Option<Suggested>, SampleError> {
    let in_order = sampler.is_exhaustive();
    let most = if in_order { MOST_TRIES_IN_ORDER } else { MOST_FORBIDDEN };
    let mut search = ConfigSearch { sampler, history, duplicates, feasible, rejected: 0 };
    let mut repeated = None;
    for attempt in 0..most {
        if attempt >= MOST_TRIES && !in_order && repeated.is_some() {
            break;
        }
        let ask = AskContext { number, attempt, seed };
        let at_random = attempt >= MOST_OWN_TRIES && !in_order;
        let Some(params) = search.proposal(ask, at_random)? else {
            return search.exhausted();
        };
        // Such a list has configs of its own with the branch that a fixed value chooses.
        if in_order && history.activates_more_than(&params) {
            continue;
        }
        let params = search.with_fixed_values(params, ask);
        let suffix = if at_random { AT_RANDOM } else { "" };
        if search.is_repeated(&params) {
            if is_exhausted(history) {
                return Ok(None);
            }
            repeated.get_or_insert((params, ask));
        } else if search.accepts(&params) {
            return Ok(Some(search.suggestion(params, ask, suffix)));
        }
        if attempt + 1 == FEW_TRIES
            && !in_order
            && let Some(count) = scannable(history)
        {
            return search.scan(ask, count);
        }
    }
    match repeated.filter(|(params, _)| search.accepts(params)) {
        Some(_) if history.has_few_free_configs() => Ok(None),
        Some((params, ask)) => {
            Ok(Some(search.suggestion(params, ask, "; tried before, as nothing new was found")))
        }
        None => Err(SampleError::Infeasible { rejected: search.rejected }),
    }
}

/// The search for the config of one trial.
struct ConfigSearch<'a> {
    sampler: &'a dyn Sampler,
    history: History<'a>,
    duplicates: Duplicates,
    feasible: &'a mut dyn FnMut(&Params) -> bool,
    rejected: u64,
}

impl ConfigSearch<'_> {
    /// Returns the sampler's own proposal, or a random config if `at_random`.
    fn proposal(&self, ask: AskContext, at_random: bool) -> Result<Option<Params>, SampleError> {
        if at_random {
            return Ok(Some(self.history.flat_space().draw(&mut ask.rng())));
        }
        match self.sampler.sample(self.history, ask)? {
            Proposal::Config(params) => Ok(Some(params)),
            Proposal::Exhausted => Ok(None),
        }
    }

    fn with_fixed_values(&self, params: Params, ask: AskContext) -> Params {
        // A stream of its own: the sampler has drawn from that of `ask`.
        let rng = &mut AskContext { seed: !ask.seed, ..ask }.rng();
        self.history.with_fixed_values(params, rng)
    }

    fn is_repeated(&self, params: &Params) -> bool {
        self.duplicates == Duplicates::Avoid && self.history.tried(params)
    }

    /// Returns a config with the sampler's explanation. Without one the explanation is the
    /// sampler's name, which needs no allocation.
    fn suggestion(&self, params: Params, ask: AskContext, suffix: &str) -> Suggested {
        let explanation = match self.sampler.explain(self.history, ask) {
            None if suffix.is_empty() => Cow::Borrowed(self.sampler.name()),
            None => Cow::Owned(format!("{}{suffix}", self.sampler.name())),
            Some(text) => Cow::Owned(one_line(text) + suffix),
        };
        Suggested { params, explanation }
    }

    fn accepts(&mut self, params: &Params) -> bool {
        let accepted = (self.feasible)(params);
        self.rejected += u64::from(!accepted);
        accepted
    }

    /// Scans all configs, from a random one and with a random stride, so that the remaining ones
    /// are drawn fairly.
    fn scan(&mut self, ask: AskContext, count: u128) -> Result<Option<Suggested>, SampleError> {
        let rng = &mut AskContext { attempt: FEW_TRIES, ..ask }.rng();
        let (mut index, stride) = (below(rng, count), stride(rng, count));
        self.rejected = 0;
        for _ in 0..count {
            let config = self.history.flat_space().nth(index);
            index = (index + stride) % count;
            if let Some(config) = config
                && self.history.has_fixed_values(&config)
                && !self.is_repeated(&config)
                && self.accepts(&config)
            {
                let explanation =
                    format!("{}: drawn from the few configs that are left", self.sampler.name());
                return Ok(Some(Suggested { params: config, explanation: explanation.into() }));
            }
        }
        self.exhausted()
    }

    /// Ends the search. It is an error if the constraint rejected every config before any trial.
    fn exhausted(&self) -> Result<Option<Suggested>, SampleError> {
        if self.rejected > 0 && self.history.tried_count() == 0 {
            return Err(SampleError::Infeasible { rejected: self.rejected });
        }
        Ok(None)
    }
}

/// Replaces control characters: samplers of other crates may return more than one line.
fn one_line(text: String) -> String {
    if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text }
}

fn is_exhausted(history: History<'_>) -> bool {
    match history.flat_space().cardinality() {
        Cardinality::Finite(count) => history.tried_count() as u128 >= count,
        Cardinality::Infinite => false,
    }
}

fn scannable(history: History<'_>) -> Option<u128> {
    match history.flat_space().cardinality() {
        Cardinality::Finite(count) => Some(count).filter(|count| *count <= MOST_SCANNED),
        Cardinality::Infinite => None,
    }
}

/// Returns a random number below `count`, which must fit 64 bits.
fn below(rng: &mut Rng, count: u128) -> u128 {
    u128::from(rng.below_or_at(count as u64 - 1))
}

/// Returns a random step that visits all of `count` numbers before it repeats: one without a common
/// divisor.
fn stride(rng: &mut Rng, count: u128) -> u128 {
    loop {
        let stride = below(rng, count) + 1;
        if greatest_divisor(stride, count) == 1 {
            return stride;
        }
    }
}

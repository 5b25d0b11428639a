//! One policy for all samplers: what happens to a proposal that was tried before, or that the constraint rejects.
//!
//! The sampler is asked again, with the next `attempt`. After [`FEW_TRIES`] in vain, a space of at most [`MOST_SCANNED`]
//! configs is gone through from a random start, for one that is new and feasible: so such spaces are exhausted to the last
//! config, and then end the search by themselves. In any other space, [`MOST_OWN_TRIES`] proposals are the sampler's
//! own, and others, up to [`MOST_TRIES`], drawn at random; then a repeated config is accepted, and if there is none, the
//! constraint is reported.
//!
//! Nothing is remembered of what a constraint rejected: a grid under a constraint asks again about every infeasible point
//! before the next feasible one. Constraints are cheap beside trials.

use std::borrow::Cow;

use super::{Ask, Proposal, SampleError, Sampler};
use crate::rng::Rng;
use crate::space::{Cardinality, Params};
use crate::trial::History;

/// Proposals asked for before a small space is gone through instead.
const FEW_TRIES: u32 = 20;

/// Proposals of the sampler's own: from then on configs are drawn at random, for it may insist on what is forbidden.
const MOST_OWN_TRIES: u32 = 100;

/// Proposals asked for at most.
const MOST_TRIES: u32 = 1_000;

/// The same for samplers that [go in order](Sampler::goes_in_order) and end by themselves.
const MOST_TRIES_IN_ORDER: u32 = 1_000_000;

/// The most configs that are gone through one by one: well under a second's work.
const MOST_SCANNED: u128 = 1 << 20;

/// What to do with a config that was tried before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// Try another one; end the search when there is none. Right where an evaluation repeated gives the same value.
    #[default]
    Avoid,
    /// Try it again. Right where evaluations are noisy, and the sampler is to decide what deserves a second look.
    Allow,
}

/// The config for a trial, and why it is that.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The config.
    pub params: Params,
    /// Who chose it and why, in one line that begins with the sampler's name.
    pub explanation: Cow<'static, str>,
}

/// The config for a trial: new under [`Duplicates::Avoid`] as far as the space allows it, and always one that `feasible`
/// accepts. `None` if no such config is left.
///
/// It depends on nothing but its arguments, as long as `feasible` does not.
///
/// # Errors
/// What the sampler reports; [`SampleError::Infeasible`] if `feasible` rejected everything.
pub fn propose(
    sampler: &dyn Sampler,
    history: History<'_>,
    number: u64,
    seed: u64,
    duplicates: Duplicates,
    feasible: &mut dyn FnMut(&Params) -> bool,
) -> Result<Option<Choice>, SampleError> {
    let in_order = sampler.goes_in_order();
    let most = if in_order { MOST_TRIES_IN_ORDER } else { MOST_TRIES };
    let mut search = Search { sampler, history, duplicates, feasible, rejected: 0 };
    let mut repeated = None;
    for attempt in 0..most {
        let ask = Ask { number, attempt, seed };
        let by_chance = attempt >= MOST_OWN_TRIES && !in_order;
        let Some(params) = search.proposal(ask, by_chance)? else {
            return search.none_left();
        };
        let more = if by_chance { "; drawn at random, as what it proposed was turned down" } else { "" };
        if search.is_repeated(&params) {
            if is_exhausted(history) {
                return Ok(None);
            }
            repeated.get_or_insert((params, ask));
        } else if search.accepts(&params) {
            return Ok(Some(search.choice(params, ask, more)));
        }
        if attempt + 1 == FEW_TRIES
            && !in_order
            && let Some(count) = scannable(history)
        {
            return search.scan(ask, count);
        }
    }
    match repeated.filter(|(params, _)| search.accepts(params)) {
        Some((params, ask)) => Ok(Some(search.choice(params, ask, "; tried before, as nothing new was found"))),
        None => Err(SampleError::Infeasible { rejected: search.rejected }),
    }
}

/// The search for the config of one trial.
struct Search<'a> {
    sampler: &'a dyn Sampler,
    history: History<'a>,
    duplicates: Duplicates,
    feasible: &'a mut dyn FnMut(&Params) -> bool,
    rejected: u64,
}

impl Search<'_> {
    /// The sampler's own proposal, or one that is drawn by chance.
    fn proposal(&self, ask: Ask, by_chance: bool) -> Result<Option<Params>, SampleError> {
        if by_chance {
            return Ok(Some(self.history.slots().draw(&mut ask.rng())));
        }
        match self.sampler.sample(self.history, ask)? {
            Proposal::Config(params) => Ok(Some(params)),
            Proposal::Exhausted => Ok(None),
        }
    }

    fn is_repeated(&self, params: &Params) -> bool {
        self.duplicates == Duplicates::Avoid && self.history.tried(params)
    }

    /// A config as the sampler explains it. One without an explanation goes by its name, for which no memory is asked.
    fn choice(&self, params: Params, ask: Ask, more: &str) -> Choice {
        let explanation = match self.sampler.explain(self.history, ask) {
            None if more.is_empty() => Cow::Borrowed(self.sampler.name()),
            None => Cow::Owned(format!("{}{more}", self.sampler.name())),
            Some(text) => Cow::Owned(one_line(text) + more),
        };
        Choice { params, explanation }
    }

    fn accepts(&mut self, params: &Params) -> bool {
        let accepted = (self.feasible)(params);
        self.rejected += u64::from(!accepted);
        accepted
    }

    /// Goes through all configs, from a random one on and by a random stride, so that what is left is drawn fairly.
    fn scan(&mut self, ask: Ask, count: u128) -> Result<Option<Choice>, SampleError> {
        let rng = &mut Ask { attempt: FEW_TRIES, ..ask }.rng();
        let (mut index, stride) = (below(rng, count), stride(rng, count));
        self.rejected = 0;
        for _ in 0..count {
            let config = self.history.slots().nth(index);
            index = (index + stride) % count;
            if let Some(config) = config
                && !self.is_repeated(&config)
                && self.accepts(&config)
            {
                let explanation = format!("{}: drawn from the few configs that are left", self.sampler.name());
                return Ok(Some(Choice { params: config, explanation: explanation.into() }));
            }
        }
        self.none_left()
    }

    /// The end of a search; but one that the constraint did not let begin is an error.
    fn none_left(&self) -> Result<Option<Choice>, SampleError> {
        if self.rejected > 0 && self.history.tried_count() == 0 {
            return Err(SampleError::Infeasible { rejected: self.rejected });
        }
        Ok(None)
    }
}

/// Other people's samplers may forget that it is to be one line.
fn one_line(text: String) -> String {
    if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text }
}

fn is_exhausted(history: History<'_>) -> bool {
    match history.slots().cardinality() {
        Cardinality::Finite(count) => history.tried_count() as u128 >= count,
        Cardinality::Infinite => false,
    }
}

fn scannable(history: History<'_>) -> Option<u128> {
    match history.slots().cardinality() {
        Cardinality::Finite(count) => Some(count).filter(|count| *count <= MOST_SCANNED),
        Cardinality::Infinite => None,
    }
}

/// A number below `count`, which is small.
fn below(rng: &mut Rng, count: u128) -> u128 {
    u128::from(rng.below_or_at(count as u64 - 1))
}

/// A step that visits all of `count` numbers before it returns: one without a common divisor.
fn stride(rng: &mut Rng, count: u128) -> u128 {
    loop {
        let stride = below(rng, count) + 1;
        let (mut a, mut b) = (stride, count);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        if a == 1 {
            return stride;
        }
    }
}

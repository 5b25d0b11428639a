//! The engine of a replay: it finds the proposals to be made again, and the history that each of
//! them had seen.

use std::sync::Arc;

use serde_json::Value as Json;

use super::provenance::{SamplerRecord, VERSION};
use super::{Difference, Reason, Replay};
use crate::error::Result;
use crate::sampler::{self, Sampler, SamplerConfig};
use crate::space::{Domain, FlatSpace, Params, Space, Value};
use crate::storage::{Storage, StudyId};
use crate::study::oracle::{AskCache, LEFT_OPEN, overridden};
use crate::trial::{
    Direction, FIXED_PARAMS, History, Param, ParamMap, QUEUED, Trials, UNEXPLAINED,
};

/// The part of a study that only its program knows, not its storage.
#[derive(Clone, Copy)]
pub(super) struct CurrentSetup<'a> {
    pub(super) sampler: &'a dyn Sampler,
    pub(super) feasible: fn(&Params) -> bool,
    pub(super) flat: &'a Arc<FlatSpace>,
}

/// A replay in progress.
pub(super) struct Replayer<'a> {
    storage: &'a dyn Storage,
    study: StudyId,
    directions: Vec<Direction>,
    /// The recorded ways to make proposals, earliest first.
    makers: Vec<SamplerEpoch<'a>>,
    /// The proposals to be made again, sorted by the number of changes that they had seen.
    wanted: Vec<Expected>,
    /// The number of wanted proposals that are done.
    done: usize,
    /// Proposals whose trials have not got their parameters yet.
    made: Vec<Actual>,
    found: Replay,
}

/// A way to make proposals, from some moment on.
struct SamplerEpoch<'a> {
    sampling: SamplerRecord,
    seed: u64,
    /// The sampler; `None` if it is not available.
    sampler: Option<EpochSampler<'a>>,
    feasible: fn(&Params) -> bool,
    /// True if `feasible` includes all that was forbidden then.
    is_whole: bool,
    flat: Arc<FlatSpace>,
    noted: AskCache,
    /// The parameters declared so far, and the map from those of the space to them.
    map: Option<(Vec<Param>, ParamMap)>,
}

enum EpochSampler<'a> {
    Rebuilt(Box<dyn Sampler>),
    CurrentSetup(&'a dyn Sampler),
}

/// A proposal to be made again.
#[derive(Clone, Copy)]
struct Expected {
    seen: u64,
    number: u64,
    /// The index of the first maker whose sampler has the right name and is available.
    maker: usize,
    /// True if some of its parameters were fixed beforehand.
    is_fixed: bool,
}

/// The proposals of all candidate makers for a trial, the latest maker last.
struct Actual {
    number: u64,
    proposals: Vec<(usize, Result<Params, String>)>,
}

impl<'a> Replayer<'a> {
    pub(super) fn new(
        storage: &'a dyn Storage,
        study: StudyId,
        program: Option<CurrentSetup<'a>>,
    ) -> Result<Self> {
        let record = storage.study(study)?;
        let samplings = SamplerRecord::all(&record).into_iter();
        let makers =
            samplings.filter_map(|sampling| SamplerEpoch::new(sampling, program)).collect();
        let (directions, found) = (record.directions, Replay::default());
        Ok(Self {
            storage,
            study,
            directions,
            makers,
            wanted: Vec::new(),
            done: 0,
            made: Vec::new(),
            found,
        })
    }

    pub(super) fn run(mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<Replay> {
        self.storage.read(self.study, &mut |trials| self.sort(trials))?;
        let (storage, total) = (self.storage, self.wanted.len() as u64);
        storage.replay_history(self.study, &mut |trials| {
            let before = self.done;
            self.compare(trials);
            self.make(trials);
            if self.done > before {
                progress(self.done as u64, total);
            }
        })?;
        // There are none left, unless the storage was cut meanwhile.
        self.found.open += (self.wanted.len() - self.done + self.made.len()) as u64;
        Ok(self.found)
    }

    /// Sorts the trials into those whose proposals can be made again and the others.
    fn sort(&mut self, trials: &Trials) {
        for number in 0..trials.len() {
            let [created, sampled, _] = trials.ordinals(number);
            match (sampled, trials.explain(number)) {
                (None, _) => self.found.open += 1,
                (_, QUEUED) => self.found.given += 1,
                _ if sampled == created => self.found.given += 1,
                (_, UNEXPLAINED) => self.found.note_unknown(Reason::Unexplained, number),
                (_, explanation) => match self.wish(number, trials.seen(number), explanation) {
                    Ok(wanted) => self.wanted.push(wanted),
                    Err(reason) => self.found.note_unknown(reason, number),
                },
            }
        }
        self.wanted.sort_unstable_by_key(|wanted| (wanted.seen, wanted.number));
    }

    /// Returns the proposal to be made again for a trial, if its maker is available.
    fn wish(&self, number: u64, seen: u64, explanation: &str) -> Result<Expected, Reason> {
        if self.makers.iter().all(|maker| maker.sampling.since > seen) {
            return Err(Reason::NotRecorded);
        }
        let (is_fixed, chosen) = match explanation.strip_prefix(LEFT_OPEN) {
            Some(chosen) => (true, chosen),
            None => (false, explanation),
        };
        let mut named = (0..self.makers.len()).filter(|maker| {
            let sampling = &self.makers[*maker].sampling;
            sampling.since <= seen && chosen.starts_with(&sampling.sampler)
        });
        let Some(first) = named.next() else {
            let name = chosen.split([':', ';']).next().unwrap_or_default();
            return Err(Reason::OtherSampler { chosen: name.to_owned() });
        };
        let usable =
            std::iter::once(first).chain(named).find(|maker| self.makers[*maker].sampler.is_some());
        let foreign = || Reason::Foreign { sampler: self.makers[first].sampling.sampler.clone() };
        Ok(Expected { seen, number, maker: usable.ok_or_else(foreign)?, is_fixed })
    }

    /// Makes the proposals again that were made at this moment.
    fn make(&mut self, trials: &Trials) {
        while let Some(wanted) =
            self.wanted.get(self.done).filter(|wanted| wanted.seen <= trials.ordinal())
        {
            let name = self.makers[wanted.maker].sampling.sampler.clone();
            let (makers, directions) = (self.makers.iter_mut().enumerate(), &self.directions);
            let asked = makers.filter(|(_, maker)| {
                maker.sampling.since <= wanted.seen && maker.sampling.sampler == name
            });
            let proposals = asked.filter_map(|(index, maker)| {
                Some((index, maker.propose(trials, directions, *wanted)?))
            });
            self.made.push(Actual { number: wanted.number, proposals: proposals.collect() });
            self.done += 1;
        }
    }

    /// Compares the proposals with the parameters that trials have got.
    fn compare(&mut self, trials: &Trials) {
        let is_sampled = |made: &mut Actual| trials.is_sampled(made.number);
        let ready: Vec<Actual> = self.made.extract_if(.., is_sampled).collect();
        for made in ready {
            self.judge(made, trials);
        }
    }

    fn judge(&mut self, made: Actual, trials: &Trials) {
        let (number, mut last) = (made.number, None);
        for (index, recomputed) in made.proposals {
            let maker = &mut self.makers[index];
            let stored = maker.params(trials, number);
            if stored
                .as_ref()
                .zip(recomputed.as_ref().ok())
                .is_some_and(|(stored, again)| is_same(stored, again))
            {
                self.found.equal += 1;
                return;
            }
            last = stored.map(|stored| (index, stored, recomputed));
        }
        let Some((index, recorded, recomputed)) = last else {
            return self.found.note_unknown(Reason::OtherSpace, number);
        };
        if let Some(reason) = self.makers[index].excuse() {
            return self.found.note_unknown(reason, number);
        }
        let explanation = trials.explain(number).to_owned();
        self.found.note_different(Difference { number, recorded, recomputed, explanation });
    }
}

impl<'a> SamplerEpoch<'a> {
    /// Creates a maker; `None` if its record cannot be understood, as by an older version.
    fn new(sampling: SamplerRecord, program: Option<CurrentSetup<'a>>) -> Option<Self> {
        let space = Space::from_json(&sampling.space).ok()?;
        let sampler = if let Some(config) = &sampling.config {
            let config = serde_json::from_value::<SamplerConfig>(config.clone()).ok();
            config.map(|config| EpochSampler::Rebuilt(config.build()))
        } else {
            let own = program.filter(|program| program.sampler.name() == sampling.sampler);
            own.map(|program| EpochSampler::CurrentSetup(program.sampler))
        };
        let (flat, feasible, is_whole): (_, fn(&Params) -> bool, _) = match program {
            Some(program) if *program.flat.space() == space => {
                (Arc::clone(program.flat), program.feasible, true)
            }
            _ => (FlatSpace::new(&space).ok()?, |_| true, !sampling.constrained),
        };
        let (seed, noted) = (sampling.seed()?, AskCache::default());
        Some(Self { sampling, seed, sampler, feasible, is_whole, flat, noted, map: None })
    }

    /// Returns a proposal, or the reason why there is none; `None` if the sampler is not available.
    fn propose(
        &mut self,
        trials: &Trials,
        directions: &[Direction],
        wanted: Expected,
    ) -> Option<Result<Params, String>> {
        self.follow(trials);
        let sampler = match self.sampler.as_ref()? {
            EpochSampler::Rebuilt(sampler) => &**sampler,
            EpochSampler::CurrentSetup(sampler) => *sampler,
        };
        let (_, map) = self.map.as_ref()?;
        let history = History::new(trials, map, &self.noted.tried, directions).under(self.feasible);
        let (duplicates, feasible) = (self.sampling.duplicates, self.feasible);
        let choice = sampler::propose(
            sampler,
            history,
            wanted.number,
            self.seed,
            duplicates,
            &mut |params| feasible(params),
        );
        Some(match choice {
            Err(error) => Err(error.to_string()),
            Ok(None) => Err("every config had been tried".to_owned()),
            Ok(Some(choice)) if wanted.is_fixed => {
                let notes = trials.attributes(wanted.number);
                let fixed = notes.and_then(|notes| notes.system.get(FIXED_PARAMS));
                overridden(&choice, fixed.unwrap_or(&Json::Null), feasible)
                    .map(|choice| choice.params)
            }
            Ok(Some(choice)) => Ok(choice.params),
        })
    }

    /// Returns the parameters of a trial; `None` if they are not a point of the space.
    fn params(&mut self, trials: &Trials, number: u64) -> Option<Params> {
        self.follow(trials);
        self.map.as_ref()?.1.params(trials.params(number))
    }

    /// Returns the reason why a proposal may differ although nothing is wrong with it.
    fn excuse(&self) -> Option<Reason> {
        let version = || Reason::OtherVersion { version: self.sampling.version.clone() };
        if self.is_whole {
            (self.sampling.version != VERSION).then(version)
        } else {
            Some(Reason::Constraint)
        }
    }

    /// Reads the changes since the last proposal.
    fn follow(&mut self, trials: &Trials) {
        let declared = trials.declared();
        if self.map.as_ref().is_none_or(|(known, _)| known != declared) {
            let (all, absent) = (with_all(declared, &self.flat), self.sampling.absent());
            self.map = Some((declared.to_vec(), ParamMap::evolved(&self.flat, &all, &absent)));
        }
        if let Some((_, map)) = &self.map {
            self.noted.follow(trials, map);
        }
    }
}

/// Returns the declared parameters, followed by the others of a space. A live study declares its
/// space before its first trial; in a replay, a parameter exists once some trial has had it.
fn with_all(declared: &[Param], flat: &FlatSpace) -> Vec<Param> {
    let mut all = declared.to_vec();
    for parameter in flat {
        let found = all.iter_mut().find(|param| param.path == parameter.path());
        match (found.map(|param| &mut param.domain), parameter.domain()) {
            (Some(Domain::Categorical(known)), Domain::Categorical(own)) => known.join(own),
            (Some(_), _) => {}
            (None, domain) => {
                all.push(Param { path: parameter.path().to_owned(), domain: domain.clone() });
            }
        }
    }
    all
}

/// Returns true if two points are equal, bit for bit.
fn is_same(a: &Params, b: &Params) -> bool {
    let bits = |value: Value| match value {
        Value::Float(float) => (0, float.to_bits()),
        Value::Int(integer) => (1, integer.cast_unsigned()),
        Value::Unsigned(integer) => (2, integer),
        Value::Choice(index) => (3, u64::from(index)),
    };
    let all = |params: &Params| -> Vec<_> {
        params.iter().map(|(parameter, value)| (parameter, bits(value))).collect()
    };
    all(a) == all(b)
}

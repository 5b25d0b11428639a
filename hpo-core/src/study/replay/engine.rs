//! The engine of a replay: it finds the proposals to be made again, and the history that each of
//! them had seen.

use std::sync::Arc;

use serde_json::Value as Json;

use super::provenance::{SamplerRecord, VERSION};
use super::{Difference, Reason, Replay};
use crate::error::Result;
use crate::sampler::{self, Sampler, SamplerConfig};
use crate::space::{Domain, FixedParams, FlatSpace, Params, Space, Value};
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
    epochs: Vec<SamplerEpoch<'a>>,
    /// The proposals to be made again, sorted by the number of changes that they had seen.
    expected: Vec<Expected>,
    /// The number of wanted proposals that are done.
    done: usize,
    /// Proposals whose trials have not got their parameters yet.
    actual: Vec<Actual>,
    result: Replay,
}

/// A way to make proposals, from some moment on.
struct SamplerEpoch<'a> {
    record: SamplerRecord,
    seed: u64,
    /// The sampler; `None` if it is not available.
    sampler: Option<EpochSampler<'a>>,
    feasible: fn(&Params) -> bool,
    /// True if `feasible` includes all that was forbidden then.
    has_all_constraints: bool,
    flat: Arc<FlatSpace>,
    fixed: FixedParams,
    cache: AskCache,
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
    /// The index of the first epoch whose sampler has the right name and is available.
    epoch: usize,
    /// True if some of its parameters were fixed beforehand.
    is_fixed: bool,
}

/// The proposals of all candidate epochs for a trial, the latest epoch last.
struct Actual {
    number: u64,
    proposals: Vec<(usize, Result<Params, String>)>,
}

impl<'a> Replayer<'a> {
    pub(super) fn new(
        storage: &'a dyn Storage,
        study: StudyId,
        current: Option<CurrentSetup<'a>>,
    ) -> Result<Self> {
        let record = storage.study(study)?;
        let records = SamplerRecord::all(&record).into_iter();
        let epochs = records.filter_map(|record| SamplerEpoch::new(record, current)).collect();
        let (directions, result) = (record.directions, Replay::default());
        Ok(Self {
            storage,
            study,
            directions,
            epochs,
            expected: Vec::new(),
            done: 0,
            actual: Vec::new(),
            result,
        })
    }

    pub(super) fn run(mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<Replay> {
        self.storage.read(self.study, &mut |trials| self.sort(trials))?;
        let (storage, total) = (self.storage, self.expected.len() as u64);
        storage.replay_history(self.study, &mut |trials| {
            let before = self.done;
            self.compare(trials);
            self.recompute(trials);
            if self.done > before {
                progress(self.done as u64, total);
            }
        })?;
        // There are none left, unless the storage was cut meanwhile.
        self.result.open += (self.expected.len() - self.done + self.actual.len()) as u64;
        Ok(self.result)
    }

    /// Sorts the trials into those whose proposals can be made again and the others.
    fn sort(&mut self, trials: &Trials) {
        for number in 0..trials.len() {
            let [created, sampled, _] = trials.ordinals(number);
            match (sampled, trials.explain(number)) {
                (None, _) => self.result.open += 1,
                (_, QUEUED) => self.result.given += 1,
                _ if sampled == created => self.result.given += 1,
                (_, UNEXPLAINED) => self.result.add_unknown(Reason::Unexplained, number),
                (_, explanation) => match self.expect(number, trials.seen(number), explanation) {
                    Ok(expected) => self.expected.push(expected),
                    Err(reason) => self.result.add_unknown(reason, number),
                },
            }
        }
        self.expected.sort_unstable_by_key(|expected| (expected.seen, expected.number));
    }

    /// Returns the proposal to be made again for a trial, if the sampler of its epoch is available.
    fn expect(&self, number: u64, seen: u64, explanation: &str) -> Result<Expected, Reason> {
        if self.epochs.iter().all(|epoch| epoch.record.since > seen) {
            return Err(Reason::NotRecorded);
        }
        let (is_fixed, chosen) = match explanation.strip_prefix(LEFT_OPEN) {
            Some(chosen) => (true, chosen),
            None => (false, explanation),
        };
        let mut named = (0..self.epochs.len()).filter(|epoch| {
            let record = &self.epochs[*epoch].record;
            record.since <= seen && chosen.starts_with(&record.sampler)
        });
        let Some(first) = named.next() else {
            let name = chosen.split([':', ';']).next().unwrap_or_default();
            return Err(Reason::OtherSampler { chosen: name.to_owned() });
        };
        let usable =
            std::iter::once(first).chain(named).find(|epoch| self.epochs[*epoch].sampler.is_some());
        let foreign = || Reason::Foreign { sampler: self.epochs[first].record.sampler.clone() };
        Ok(Expected { seen, number, epoch: usable.ok_or_else(foreign)?, is_fixed })
    }

    /// Makes the proposals again that were made at this moment.
    fn recompute(&mut self, trials: &Trials) {
        while let Some(expected) =
            self.expected.get(self.done).filter(|expected| expected.seen <= trials.ordinal())
        {
            let name = self.epochs[expected.epoch].record.sampler.clone();
            let (epochs, directions) = (self.epochs.iter_mut().enumerate(), &self.directions);
            let candidates = epochs.filter(|(_, epoch)| {
                epoch.record.since <= expected.seen && epoch.record.sampler == name
            });
            let proposals = candidates.filter_map(|(index, epoch)| {
                Some((index, epoch.propose(trials, directions, *expected)?))
            });
            self.actual.push(Actual { number: expected.number, proposals: proposals.collect() });
            self.done += 1;
        }
    }

    /// Compares the proposals with the parameters that trials have got.
    fn compare(&mut self, trials: &Trials) {
        let is_sampled = |actual: &mut Actual| trials.is_sampled(actual.number);
        let ready: Vec<Actual> = self.actual.extract_if(.., is_sampled).collect();
        for actual in ready {
            self.check(actual, trials);
        }
    }

    fn check(&mut self, actual: Actual, trials: &Trials) {
        let (number, mut last) = (actual.number, None);
        for (index, recomputed) in actual.proposals {
            let epoch = &mut self.epochs[index];
            let stored = epoch.params(trials, number);
            if stored
                .as_ref()
                .zip(recomputed.as_ref().ok())
                .is_some_and(|(stored, again)| is_same(stored, again))
            {
                self.result.equal += 1;
                return;
            }
            last = stored.map(|stored| (index, stored, recomputed));
        }
        let Some((index, recorded, recomputed)) = last else {
            return self.result.add_unknown(Reason::OtherSpace, number);
        };
        if let Some(reason) = self.epochs[index].excuse() {
            return self.result.add_unknown(reason, number);
        }
        let explanation = trials.explain(number).to_owned();
        self.result.add_difference(Difference { number, recorded, recomputed, explanation });
    }
}

impl<'a> SamplerEpoch<'a> {
    /// Creates an epoch; `None` if its record cannot be understood, as by an older version.
    fn new(record: SamplerRecord, current: Option<CurrentSetup<'a>>) -> Option<Self> {
        let space = Space::from_json(&record.space).ok()?;
        let sampler = if let Some(config) = &record.config {
            let config = serde_json::from_value::<SamplerConfig>(config.clone()).ok();
            config.map(|config| EpochSampler::Rebuilt(config.build()))
        } else {
            let own = current.filter(|current| current.sampler.name() == record.sampler);
            own.map(|current| EpochSampler::CurrentSetup(current.sampler))
        };
        let (flat, feasible, has_all_constraints): (_, fn(&Params) -> bool, _) = match current {
            Some(current) if *current.flat.space() == space => {
                (Arc::clone(current.flat), current.feasible, true)
            }
            _ => (FlatSpace::new(&space).ok()?, |_| true, !record.constrained),
        };
        let (seed, cache) = (record.seed()?, AskCache::default());
        let fixed = FixedParams::new(&flat, &record.fixed).ok()?;
        Some(Self {
            record,
            seed,
            sampler,
            feasible,
            has_all_constraints,
            flat,
            fixed,
            cache,
            map: None,
        })
    }

    /// Returns a proposal, or the reason why there is none; `None` if the sampler is not available.
    fn propose(
        &mut self,
        trials: &Trials,
        directions: &[Direction],
        expected: Expected,
    ) -> Option<Result<Params, String>> {
        self.update(trials);
        let sampler = match self.sampler.as_ref()? {
            EpochSampler::Rebuilt(sampler) => &**sampler,
            EpochSampler::CurrentSetup(sampler) => *sampler,
        };
        let (_, map) = self.map.as_ref()?;
        let history = History::new(trials, map, &self.cache.tried, directions)
            .under(self.feasible)
            .fixing(&self.fixed);
        let (duplicates, feasible) = (self.record.duplicates, self.feasible);
        let choice = sampler::propose(
            sampler,
            history,
            expected.number,
            self.seed,
            duplicates,
            &mut |params| feasible(params),
        );
        Some(match choice {
            Err(error) => Err(error.to_string()),
            Ok(None) => Err("every config had been tried".to_owned()),
            Ok(Some(choice)) if expected.is_fixed => {
                let attributes = trials.attributes(expected.number);
                let fixed = attributes.and_then(|attributes| attributes.system.get(FIXED_PARAMS));
                overridden(&choice, fixed.unwrap_or(&Json::Null), &self.fixed, feasible)
                    .map(|choice| choice.params)
            }
            Ok(Some(choice)) => Ok(choice.params),
        })
    }

    /// Returns the parameters of a trial; `None` if they are not a point of the space.
    fn params(&mut self, trials: &Trials, number: u64) -> Option<Params> {
        self.update(trials);
        self.map.as_ref()?.1.params(trials.params(number))
    }

    /// Returns the reason why a proposal may differ although nothing is wrong with it.
    fn excuse(&self) -> Option<Reason> {
        let version = || Reason::OtherVersion { version: self.record.version.clone() };
        if self.has_all_constraints {
            (self.record.version != VERSION).then(version)
        } else {
            Some(Reason::Constraint)
        }
    }

    /// Reads the changes since the last proposal.
    fn update(&mut self, trials: &Trials) {
        let declared = trials.declared();
        if self.map.as_ref().is_none_or(|(known, _)| known != declared) {
            let (all, absent) = (with_all(declared, &self.flat), self.record.absent());
            self.map = Some((declared.to_vec(), ParamMap::evolved(&self.flat, &all, &absent)));
        }
        if let Some((_, map)) = &self.map {
            self.cache.update(trials, map);
        }
    }
}

/// Returns the declared parameters, followed by the others of a space. A live study declares its
/// space before its first trial; in a replay, a parameter exists once some trial has had it.
fn with_all(declared: &[Param], flat: &FlatSpace) -> Vec<Param> {
    let mut all = declared.to_vec();
    for parameter in flat {
        let known = all.iter_mut().find(|param| param.path == parameter.path());
        match (known.map(|param| &mut param.domain), parameter.domain()) {
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

//! From plain data into a storage.
//!
//! A trial is made waiting, and then lives through what it lived through before, each event at its own moment: that is how a
//! storage learns of times in the past. Events of different trials keep their order. So the ordinals are others than before,
//! but stand in the same order, and how much history a sampler had seen is told in the new ones.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use hpo_core::space::{Domain, Space, Value};
use hpo_core::storage::{Storage, StorageError, StudyId};
use hpo_core::trial::{
    Attributes, EXPLANATION, Event, Given, NewTrial, Outcome, Param, ParamId, Scope, State, Timestamp,
};

use super::extract::read;
use super::{Named, ParamCopy, StudyCopy, TrialCopy};

/// What is said of a trial that was made with its parameters, where nothing else was noted.
const QUEUED: &str = "queued by hand";
/// What is said of a trial that was sampled, where nothing was noted.
const UNKNOWN: &str = "nothing is known of how it was chosen";

/// Makes the study in a storage. If that fails on the way, nothing of it stays.
pub(crate) fn restore(storage: &dyn Storage, copy: &StudyCopy) -> Result<()> {
    let study = storage.create_study(&copy.name, &copy.directions)?;
    let filled = fill(storage, study, copy);
    if filled.is_err() {
        // The first error tells more than a second one.
        let _ = storage.delete_study(study);
    }
    filled
}

fn fill(storage: &dyn Storage, study: StudyId, copy: &StudyCopy) -> Result<()> {
    let scopes = [(Scope::User, &copy.notes.user), (Scope::System, &copy.notes.system)];
    for (scope, notes) in scopes {
        for (key, value) in notes {
            storage.set_attribute(study, scope, key, value)?;
        }
    }
    let params: Vec<Param> = copy.params.iter().map(declared).collect::<Result<_>>()?;
    storage.declare(study, &params)?;
    append(storage, study, &copy.trials)
}

fn declared(param: &ParamCopy) -> Result<Param> {
    let Space::Leaf(domain) = &param.domain else {
        bail!("the domain of the parameter `{}` is no `float`, `int` or `categorical`", param.path);
    };
    Ok(Param { path: param.path.clone(), domain: domain.clone() })
}

/// Adds trials to a study that has their parameters declared.
pub(crate) fn append(storage: &dyn Storage, study: StudyId, trials: &[TrialCopy]) -> Result<()> {
    let mut params = HashMap::new();
    storage.read(study, &mut |known| {
        let declared = known.declared().iter().zip(0..);
        params = declared.map(|(param, id)| (param.path.clone(), (ParamId(id), param.domain.clone()))).collect();
    })?;
    let mut steps: Vec<(u64, usize, Step)> = Vec::new();
    for (place, trial) in trials.iter().enumerate() {
        let [created, sampled, finished] = trial.ordinals;
        let created = created.with_context(|| format!("trial {place} of the file was never made"))?;
        steps.push((created, place, Step::Create));
        steps.extend(sampled.filter(|_| !is_given(trial)).map(|at| (at, place, Step::Sample)));
        steps.push((finished.unwrap_or(u64::MAX), place, Step::End));
    }
    steps.sort_unstable();
    let mut lives = Lives { storage, study, params, numbers: vec![0; trials.len()], passed: Vec::new() };
    for (ordinal, place, step) in steps {
        lives.step(place, &trials[place], step).with_context(|| format!("trial {place} of the file"))?;
        lives.pass(ordinal)?;
    }
    Ok(())
}

/// What happens to a trial, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Create,
    Sample,
    /// Its end, or whatever else it came to.
    End,
}

/// Trials that live through their past.
struct Lives<'a> {
    storage: &'a dyn Storage,
    study: StudyId,
    params: HashMap<String, (ParamId, Domain)>,
    /// By their place in the file.
    numbers: Vec<u64>,
    /// Ordinals of the file's changes, and how many changes the study had after them.
    passed: Vec<(u64, u64)>,
}

impl Lives<'_> {
    fn step(&mut self, place: usize, trial: &TrialCopy, step: Step) -> Result<()> {
        let number = self.numbers[place];
        match step {
            Step::Create => self.create(place, trial),
            Step::Sample => {
                let params = self.values(trial)?;
                let seen = self.moment(trial.seen);
                let explanation = if trial.explanation == UNKNOWN { "" } else { &trial.explanation };
                Ok(self.record(number, &Event::Sampled { params: &params, seen, explanation })?)
            }
            Step::End => Ok(self.end(number, trial)?),
        }
    }

    /// A trial that was made with its parameters gets them at once; another one starts, to be sampled.
    fn create(&mut self, place: usize, trial: &TrialCopy) -> Result<()> {
        let mut attributes = Attributes { user: trial.notes.user.clone(), system: trial.notes.system.clone() };
        let params = if is_given(trial) { self.values(trial)? } else { Vec::new() };
        if is_given(trial) && trial.explanation != QUEUED {
            attributes.insert(Scope::System, EXPLANATION, trial.explanation.as_str().into());
        }
        let given = Given { state: State::Waiting, params, values: Vec::new(), reports: Vec::new() };
        let new = NewTrial { given: Some(given), attributes };
        self.numbers[place] = self.storage.create_trial(self.study, new)?;
        if !is_given(trial) {
            self.start(self.numbers[place], trial)?;
        }
        Ok(())
    }

    fn end(&self, number: u64, trial: &TrialCopy) -> Result<(), StorageError> {
        if is_given(trial) {
            self.start(number, trial)?;
        }
        for _ in 0..trial.promotions {
            self.record(number, &Event::Paused)?;
            self.start(number, trial)?;
        }
        for (step, value) in &trial.reports {
            self.record(number, &Event::Reported { step: *step, value: value.0 })?;
        }
        let message = trial.message.as_deref().unwrap_or_default();
        let values: Vec<f64> = trial.values.iter().map(|value| value.0).collect();
        let outcome = match trial.state {
            State::Complete => Outcome::Complete(&values),
            State::Pruned => Outcome::Pruned(message),
            State::Failed => Outcome::Failed(message),
            State::Paused => return self.record(number, &Event::Paused),
            State::Waiting if has_run(trial) => return self.record(number, &Event::Requeued),
            State::Waiting | State::Running => return Ok(()),
        };
        let at = trial.finished.map_or(Timestamp(0), |finished| finished.0);
        self.record(number, &Event::Finished { outcome, at })
    }

    fn start(&self, number: u64, trial: &TrialCopy) -> Result<(), StorageError> {
        if !has_run(trial) {
            return Ok(());
        }
        let at = trial.started.or(trial.finished).map_or(Timestamp(0), |moment| moment.0);
        self.record(number, &Event::Started { at })
    }

    fn record(&self, number: u64, event: &Event<'_>) -> Result<(), StorageError> {
        self.storage.record(self.study, number, event)
    }

    fn values(&self, trial: &TrialCopy) -> Result<Vec<(ParamId, Value)>> {
        let Named(params) = trial.params.clone().unwrap_or_default();
        let value = |(path, json): &(String, serde_json::Value)| {
            let (id, domain) =
                self.params.get(path).with_context(|| format!("the parameter `{path}` was not declared"))?;
            let value = read(domain, json).with_context(|| format!("the parameter `{path}` cannot be {json}"))?;
            Ok((*id, value))
        };
        params.iter().map(value).collect()
    }

    /// Notes how many changes the study has after one of the file's.
    fn pass(&mut self, ordinal: u64) -> Result<()> {
        let mut now = 0;
        self.storage.read(self.study, &mut |trials| now = trials.ordinal())?;
        self.passed.push((ordinal, now));
        Ok(())
    }

    /// So many changes of the study as there were before this one of the file.
    fn moment(&self, ordinal: u64) -> u64 {
        let before = self.passed.partition_point(|(passed, _)| *passed < ordinal);
        before.checked_sub(1).map_or(0, |last| self.passed[last].1)
    }
}

/// Whether a trial was made with its parameters, and has some: only then a storage knows from the beginning that it has them.
fn is_given(trial: &TrialCopy) -> bool {
    trial.ordinals[0] == trial.ordinals[1] && trial.params.as_ref().is_some_and(|Named(params)| !params.is_empty())
}

/// Whether somebody has begun to evaluate it.
fn has_run(trial: &TrialCopy) -> bool {
    trial.started.is_some() || !matches!(trial.state, State::Waiting | State::Failed | State::Pruned)
}

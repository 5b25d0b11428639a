//! Import from plain data into a storage.
//!
//! A trial is created waiting, and then its events are applied again, each with its own time: this
//! is how a storage records times in the past. All events are written in one step. Events of
//! different trials keep their order. So the ordinals differ from the original ones but have the
//! same order, and the amount of history that a sampler had seen is converted to the new ones.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use hpo_core::space::{Domain, Space, Value};
use hpo_core::storage::{NewStudy, Step, Storage, StudyId};
use hpo_core::study::Oracle;
use hpo_core::trial::{
    AttributeScope, Attributes, EXPLANATION, Event, InitialTrial, NewTrial, Outcome, Param,
    ParamId, State, StateError, Timestamp, Trials,
};

use super::extract::read;
use super::{Named, ParamCopy, StudyCopy, TrialCopy};

/// The explanation of a trial that was created with its parameters, if none was stored.
const QUEUED: &str = "queued by hand";
/// The explanation of a trial that was sampled, if none was stored.
const UNKNOWN: &str = "nothing is known of how it was chosen";

/// Creates the study in a storage in one step: other processes see all of it or nothing, and a kill
/// leaves nothing.
pub(crate) fn restore(storage: &dyn Storage, copy: &StudyCopy) -> Result<()> {
    let attributes =
        Attributes { user: copy.attributes.user.clone(), system: copy.attributes.system.clone() };
    let params: Vec<Param> = copy.params.iter().map(declared).collect::<Result<_>>()?;
    let mut trials = Trials::new(copy.directions.len());
    for param in &params {
        trials.declare(&param.path, &param.domain);
    }
    let file_trials = file_trials(&copy.trials, &trials)?;
    let past = steps(&file_trials, trials)?;
    storage.create(&NewStudy {
        name: &copy.name,
        directions: &copy.directions,
        attributes,
        params,
        past,
    })?;
    Ok(())
}

fn declared(param: &ParamCopy) -> Result<Param> {
    let Space::Leaf(domain) = &param.domain else {
        bail!("the domain of parameter `{}` must be `float`, `int` or `categorical`", param.path);
    };
    Ok(Param { path: param.path.clone(), domain: domain.clone() })
}

/// Adds trials, all of them or none, to a study in which their parameters are declared.
pub(crate) fn append(
    storage: &dyn Storage,
    study: StudyId,
    oracle: &Oracle,
    trials: &[TrialCopy],
) -> Result<()> {
    let mut known = Trials::default();
    storage.read(study, &mut |trials| known = trials.clone())?;
    let mut file_trials = file_trials(trials, &known)?;
    for file_trial in &mut file_trials {
        oracle.complete_params(&mut file_trial.params);
    }
    storage.append(study, None, &steps(&file_trials, known)?)?;
    Ok(())
}

/// A trial of a file, with the parameter numbers of the target study.
struct FileTrial<'a> {
    trial: &'a TrialCopy,
    params: Vec<(ParamId, Value)>,
    values: Vec<f64>,
}

fn file_trials<'a>(trials: &'a [TrialCopy], known: &Trials) -> Result<Vec<FileTrial<'a>>> {
    let declared = known.declared().iter().zip(0..);
    let by_path: HashMap<&str, (ParamId, &Domain)> =
        declared.map(|(param, id)| (param.path.as_str(), (ParamId(id), &param.domain))).collect();
    let file_trial = |(index, trial): (usize, &'a TrialCopy)| {
        let params =
            values(trial, &by_path).with_context(|| format!("trial {index} of the file"))?;
        Ok(FileTrial { trial, params, values: trial.values.iter().map(|value| value.0).collect() })
    };
    trials.iter().enumerate().map(file_trial).collect()
}

fn values(
    trial: &TrialCopy,
    by_path: &HashMap<&str, (ParamId, &Domain)>,
) -> Result<Vec<(ParamId, Value)>> {
    let value = |(path, json): &(String, serde_json::Value)| {
        let found = by_path
            .get(path.as_str())
            .with_context(|| format!("the parameter `{path}` was not declared"));
        let (id, domain) = *found?;
        let value = read(domain, json)
            .with_context(|| format!("the parameter `{path}` cannot be {json}"))?;
        Ok((id, value))
    };
    trial.params.iter().flat_map(|Named(params)| params).map(value).collect()
}

/// Returns all events of the trials, in their order, as steps on a study in its present state.
fn steps<'a>(file_trials: &'a [FileTrial<'a>], study: Trials) -> Result<Vec<Step<'a>>> {
    let mut events: Vec<(u64, usize, EventKind)> = Vec::new();
    for (index, FileTrial { trial, .. }) in file_trials.iter().enumerate() {
        let [created, sampled, finished] = trial.ordinals;
        let created =
            created.with_context(|| format!("trial {index} of the file was never created"))?;
        events.push((created, index, EventKind::Create));
        events
            .extend(sampled.filter(|_| !is_given(trial)).map(|at| (at, index, EventKind::Sample)));
        events.push((finished.unwrap_or(u64::MAX), index, EventKind::End));
    }
    events.sort_unstable();
    let first = study.len();
    let mut replay = EventReplay {
        study,
        first,
        numbers: vec![0; file_trials.len()],
        steps: Vec::new(),
        ordinals: Vec::new(),
    };
    for (ordinal, index, kind) in events {
        replay
            .apply(index, &file_trials[index], kind)
            .with_context(|| format!("trial {index} of the file"))?;
        replay.ordinals.push((ordinal, replay.study.ordinal()));
    }
    Ok(replay.steps)
}

/// The events of a trial, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EventKind {
    Create,
    Sample,
    /// The end of the trial, or its present state if it has not ended.
    End,
}

/// The trials whose events are being applied again.
struct EventReplay<'a> {
    /// The study with the events so far, which provides the ordinals.
    study: Trials,
    /// The number of the first of the trials.
    first: u64,
    /// The number of trials created before each one, by their index in the file.
    numbers: Vec<usize>,
    steps: Vec<Step<'a>>,
    /// The ordinals of the file's changes, with the number of changes in the study after each.
    ordinals: Vec<(u64, u64)>,
}

impl<'a> EventReplay<'a> {
    fn apply(
        &mut self,
        index: usize,
        file_trial: &'a FileTrial<'a>,
        kind: EventKind,
    ) -> Result<(), StateError> {
        let FileTrial { trial, params, .. } = file_trial;
        match kind {
            EventKind::Create => self.create(index, file_trial),
            EventKind::Sample => {
                let seen = self.changes_before(trial.seen);
                let explanation =
                    if trial.explanation == UNKNOWN { "" } else { &trial.explanation };
                self.change(index, Event::Sampled { params, seen, explanation })
            }
            EventKind::End => self.end(index, file_trial),
        }
    }

    /// Creates a trial. One that was created with its parameters gets them at once; any other
    /// starts running, to be sampled.
    fn create(&mut self, index: usize, file_trial: &'a FileTrial<'a>) -> Result<(), StateError> {
        let trial = file_trial.trial;
        let mut attributes = Attributes {
            user: trial.attributes.user.clone(),
            system: trial.attributes.system.clone(),
        };
        if is_given(trial) && trial.explanation != QUEUED {
            attributes.insert(
                AttributeScope::System,
                EXPLANATION,
                trial.explanation.as_str().into(),
            );
        }
        let params = if is_given(trial) { file_trial.params.clone() } else { Vec::new() };
        let given =
            InitialTrial { state: State::Waiting, params, values: Vec::new(), reports: Vec::new() };
        let (new, at) = (NewTrial { given: Some(given), attributes }, Timestamp(0));
        self.numbers[index] = (self.study.create(new.clone(), at)? - self.first) as usize;
        self.steps.push(Step::Create { new, at });
        if is_given(trial) { Ok(()) } else { self.start(index, trial) }
    }

    fn end(&mut self, index: usize, file_trial: &'a FileTrial<'a>) -> Result<(), StateError> {
        let trial = file_trial.trial;
        if is_given(trial) {
            self.start(index, trial)?;
        }
        for _ in 0..trial.promotions {
            self.change(index, Event::Paused)?;
            self.start(index, trial)?;
        }
        for (step, value) in &trial.reports {
            self.change(index, Event::Reported { step: *step, value: value.0 })?;
        }
        let message = trial.message.as_deref().unwrap_or_default();
        let outcome = match trial.state {
            State::Complete => Outcome::Complete(&file_trial.values),
            State::Pruned => Outcome::Pruned(message),
            State::Failed => Outcome::Failed(message),
            State::Paused => return self.change(index, Event::Paused),
            State::Waiting if has_run(trial) => return self.change(index, Event::Requeued),
            State::Waiting | State::Running => return Ok(()),
        };
        let at = trial.finished.map_or(Timestamp(0), |finished| finished.0);
        self.change(index, Event::Finished { outcome, at })
    }

    fn start(&mut self, index: usize, trial: &TrialCopy) -> Result<(), StateError> {
        if !has_run(trial) {
            return Ok(());
        }
        let at = trial.started.or(trial.finished).map_or(Timestamp(0), |started| started.0);
        self.change(index, Event::Started { at })
    }

    fn change(&mut self, index: usize, event: Event<'a>) -> Result<(), StateError> {
        let trial = self.numbers[index];
        self.study.apply(self.first + trial as u64, &event)?;
        self.steps.push(Step::Change { trial, event });
        Ok(())
    }

    /// Returns the number of changes in the study before this change of the file.
    fn changes_before(&self, ordinal: u64) -> u64 {
        let before = self.ordinals.partition_point(|(other, _)| *other < ordinal);
        before.checked_sub(1).map_or(0, |last| self.ordinals[last].1)
    }
}

/// Returns true if a trial was created with its parameters and has some: only then a storage knows
/// from the start that it has them.
fn is_given(trial: &TrialCopy) -> bool {
    trial.ordinals[0] == trial.ordinals[1]
        && trial.params.as_ref().is_some_and(|Named(params)| !params.is_empty())
}

/// Returns true if a worker has started to evaluate it.
fn has_run(trial: &TrialCopy) -> bool {
    trial.started.is_some()
        || !matches!(trial.state, State::Waiting | State::Failed | State::Pruned)
}

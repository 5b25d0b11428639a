//! From plain data into a storage.
//!
//! A trial is made waiting, and then lives through what it lived through before, each event at its own moment: that is how a
//! storage learns of times in the past. All events are written in one step. Those of different trials keep their order. So the ordinals are others than before,
//! but stand in the same order, and how much history a sampler had seen is told in the new ones.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use hpo_core::space::{Domain, Space, Value};
use hpo_core::storage::{NewStudy, Step, Storage, StudyId};
use hpo_core::trial::{
    Attributes, EXPLANATION, Event, Given, NewTrial, Outcome, Param, ParamId, Rejected, Scope, State, Timestamp, Trials,
};

use super::extract::read;
use super::{Named, ParamCopy, StudyCopy, TrialCopy};

/// What is said of a trial that was made with its parameters, where nothing else was noted.
const QUEUED: &str = "queued by hand";
/// What is said of a trial that was sampled, where nothing was noted.
const UNKNOWN: &str = "nothing is known of how it was chosen";

/// Makes the study in a storage, in one step: whoever looks sees the whole of it or nothing, and a kill leaves nothing.
pub(crate) fn restore(storage: &dyn Storage, copy: &StudyCopy) -> Result<()> {
    let attributes = Attributes { user: copy.notes.user.clone(), system: copy.notes.system.clone() };
    let params: Vec<Param> = copy.params.iter().map(declared).collect::<Result<_>>()?;
    let mut trials = Trials::new(copy.directions.len());
    for param in &params {
        trials.declare(&param.path, &param.domain);
    }
    let lives = lives(&copy.trials, &trials)?;
    let past = steps(&lives, trials)?;
    storage.create(&NewStudy { name: &copy.name, directions: &copy.directions, attributes, params, past })?;
    Ok(())
}

fn declared(param: &ParamCopy) -> Result<Param> {
    let Space::Leaf(domain) = &param.domain else {
        bail!("the domain of the parameter `{}` is no `float`, `int` or `categorical`", param.path);
    };
    Ok(Param { path: param.path.clone(), domain: domain.clone() })
}

/// Adds trials, all of them or none, to a study that has their parameters declared.
pub(crate) fn append(storage: &dyn Storage, study: StudyId, trials: &[TrialCopy]) -> Result<()> {
    let mut known = Trials::default();
    storage.read(study, &mut |trials| known = trials.clone())?;
    let lives = lives(trials, &known)?;
    storage.append(study, None, &steps(&lives, known)?)?;
    Ok(())
}

/// A trial of a file, in the numbers of a study.
struct Life<'a> {
    trial: &'a TrialCopy,
    params: Vec<(ParamId, Value)>,
    values: Vec<f64>,
}

fn lives<'a>(trials: &'a [TrialCopy], known: &Trials) -> Result<Vec<Life<'a>>> {
    let declared = known.declared().iter().zip(0..);
    let by_path: HashMap<&str, (ParamId, &Domain)> =
        declared.map(|(param, id)| (param.path.as_str(), (ParamId(id), &param.domain))).collect();
    let life = |(place, trial): (usize, &'a TrialCopy)| {
        let params = values(trial, &by_path).with_context(|| format!("trial {place} of the file"))?;
        Ok(Life { trial, params, values: trial.values.iter().map(|value| value.0).collect() })
    };
    trials.iter().enumerate().map(life).collect()
}

fn values(trial: &TrialCopy, by_path: &HashMap<&str, (ParamId, &Domain)>) -> Result<Vec<(ParamId, Value)>> {
    let value = |(path, json): &(String, serde_json::Value)| {
        let found = by_path.get(path.as_str()).with_context(|| format!("the parameter `{path}` was not declared"));
        let (id, domain) = *found?;
        let value = read(domain, json).with_context(|| format!("the parameter `{path}` cannot be {json}"))?;
        Ok((id, value))
    };
    trial.params.iter().flat_map(|Named(params)| params).map(value).collect()
}

/// All that happened to trials, in its order, as it is to happen to a study that stands like this.
fn steps<'a>(lives: &'a [Life<'a>], study: Trials) -> Result<Vec<Step<'a>>> {
    let mut moments: Vec<(u64, usize, Moment)> = Vec::new();
    for (place, Life { trial, .. }) in lives.iter().enumerate() {
        let [created, sampled, finished] = trial.ordinals;
        let created = created.with_context(|| format!("trial {place} of the file was never made"))?;
        moments.push((created, place, Moment::Create));
        moments.extend(sampled.filter(|_| !is_given(trial)).map(|at| (at, place, Moment::Sample)));
        moments.push((finished.unwrap_or(u64::MAX), place, Moment::End));
    }
    moments.sort_unstable();
    let first = study.len();
    let mut past = Past { study, first, numbers: vec![0; lives.len()], steps: Vec::new(), passed: Vec::new() };
    for (ordinal, place, moment) in moments {
        past.live(place, &lives[place], moment).with_context(|| format!("trial {place} of the file"))?;
        past.passed.push((ordinal, past.study.ordinal()));
    }
    Ok(past.steps)
}

/// What happens to a trial, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Create,
    Sample,
    /// Its end, or whatever else it came to.
    End,
}

/// Trials that live through their past.
struct Past<'a> {
    /// The study with what has happened so far: it knows the ordinals.
    study: Trials,
    /// The number of the first of the trials.
    first: u64,
    /// How many trials were made before each, by their place in the file.
    numbers: Vec<usize>,
    steps: Vec<Step<'a>>,
    /// Ordinals of the file's changes, and how many changes the study had after them.
    passed: Vec<(u64, u64)>,
}

impl<'a> Past<'a> {
    fn live(&mut self, place: usize, life: &'a Life<'a>, moment: Moment) -> Result<(), Rejected> {
        let Life { trial, params, .. } = life;
        match moment {
            Moment::Create => self.create(place, life),
            Moment::Sample => {
                let seen = self.moment(trial.seen);
                let explanation = if trial.explanation == UNKNOWN { "" } else { &trial.explanation };
                self.change(place, Event::Sampled { params, seen, explanation })
            }
            Moment::End => self.end(place, life),
        }
    }

    /// A trial that was made with its parameters gets them at once; another one starts, to be sampled.
    fn create(&mut self, place: usize, life: &'a Life<'a>) -> Result<(), Rejected> {
        let trial = life.trial;
        let mut attributes = Attributes { user: trial.notes.user.clone(), system: trial.notes.system.clone() };
        if is_given(trial) && trial.explanation != QUEUED {
            attributes.insert(Scope::System, EXPLANATION, trial.explanation.as_str().into());
        }
        let params = if is_given(trial) { life.params.clone() } else { Vec::new() };
        let given = Given { state: State::Waiting, params, values: Vec::new(), reports: Vec::new() };
        let (new, at) = (NewTrial { given: Some(given), attributes }, Timestamp(0));
        self.numbers[place] = (self.study.create(new.clone(), at)? - self.first) as usize;
        self.steps.push(Step::Create { new, at });
        if is_given(trial) { Ok(()) } else { self.start(place, trial) }
    }

    fn end(&mut self, place: usize, life: &'a Life<'a>) -> Result<(), Rejected> {
        let trial = life.trial;
        if is_given(trial) {
            self.start(place, trial)?;
        }
        for _ in 0..trial.promotions {
            self.change(place, Event::Paused)?;
            self.start(place, trial)?;
        }
        for (step, value) in &trial.reports {
            self.change(place, Event::Reported { step: *step, value: value.0 })?;
        }
        let message = trial.message.as_deref().unwrap_or_default();
        let outcome = match trial.state {
            State::Complete => Outcome::Complete(&life.values),
            State::Pruned => Outcome::Pruned(message),
            State::Failed => Outcome::Failed(message),
            State::Paused => return self.change(place, Event::Paused),
            State::Waiting if has_run(trial) => return self.change(place, Event::Requeued),
            State::Waiting | State::Running => return Ok(()),
        };
        let at = trial.finished.map_or(Timestamp(0), |finished| finished.0);
        self.change(place, Event::Finished { outcome, at })
    }

    fn start(&mut self, place: usize, trial: &TrialCopy) -> Result<(), Rejected> {
        if !has_run(trial) {
            return Ok(());
        }
        let at = trial.started.or(trial.finished).map_or(Timestamp(0), |moment| moment.0);
        self.change(place, Event::Started { at })
    }

    fn change(&mut self, place: usize, event: Event<'a>) -> Result<(), Rejected> {
        let trial = self.numbers[place];
        self.study.apply(self.first + trial as u64, &event)?;
        self.steps.push(Step::Change { trial, event });
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

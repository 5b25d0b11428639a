//! Studies: searches of one space, by one sampler, in one storage.
//!
//! [`Study`] is the typed shell, which knows the user's config type. [`Oracle`] is the untyped
//! engine: ask, report, tell. A run ([`Study::optimize`]) drives the oracle on one thread or
//! several; with `ask` and `tell`, the user drives it.

mod analysis;
mod builder;
mod config;
mod note;
mod opening;
mod optimize;
mod oracle;
mod outcome;
mod replay;
mod resources;
mod run;
mod source;
mod trial;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde_json::Value as Json;

pub use builder::StudyBuilder;
pub use config::Config;
pub use note::Note;
#[doc(hidden)]
pub use opening::seen_through;
pub use oracle::{AskOutcome, Oracle, TrialJob};
#[doc(hidden)]
pub use outcome::kind;
pub use outcome::{Evaluation, TrialEnd, TrialError, Values};
pub use replay::{Difference, Reason, Replay, Unknown, replay};
pub use resources::{Resources, WorkerResources};
#[cfg(feature = "progress")]
pub use run::Progress;
pub use run::{Callback, Ended, Flow, Run, RunEvent};
pub use source::Source;
pub use trial::{Steps, Trial};

pub(crate) use outcome::Cause;
#[doc(hidden)]
pub use run::Watch;
pub(crate) use run::{Settings, Tolerance, refuse, run_settings, within};
pub(crate) use trial::{Driver, Report, TrialControl};

use crate::error::{Error, Result};
use crate::pruner::{Budget, Decision};
use crate::space::{FlatSpace, Params};
use crate::trial::{AttributeScope, Direction, Outcome, State, TrialRecord};

/// A search of one space, by one sampler, in one storage, for configs of type `C`.
///
/// `W` is [`Sequential`] if the objective is called on one thread, and [`Parallel`] if it may be
/// called on several: after [`workers`](StudyBuilder::workers) or
/// [resources](StudyBuilder::resources_per_trial) are set. A sequential study accepts any closure,
/// also one that changes its captures. A parallel study needs a closure that threads may share.
pub struct Study<C, W = Sequential> {
    oracle: Oracle,
    settings: Settings,
    notes: Vec<Note>,
    stop: Arc<AtomicBool>,
    last_run: Mutex<Option<Run>>,
    config: PhantomData<fn() -> (C, W)>,
}

/// The marker of a study whose objective is called on the calling thread, one trial after another.
#[derive(Debug)]
pub enum Sequential {}

/// The marker of a study whose objective may be called on several threads at once.
#[derive(Debug)]
pub enum Parallel {}

/// A config to evaluate, from [`Study::ask`].
#[derive(Clone, Debug)]
pub struct Suggestion<C> {
    /// The number of the trial, for [`Study::tell`].
    pub number: u64,
    /// The config to evaluate.
    pub config: C,
    /// The config as an untyped point.
    pub params: Params,
    /// The budget of the trial, if a schedule sets one. In a later round the trial continues from
    /// where it stopped.
    pub budget: Option<Budget>,
    /// The sampler of the config and its reason, in one line, as in [`TrialRecord::explain`].
    pub explanation: Cow<'static, str>,
}

// The bound is on the functions, so that a type without a derive gets an error that says what to
// write.
impl<C> Study<C> {
    /// Builds a study that minimises its objective.
    pub fn minimize() -> StudyBuilder<C>
    where
        C: Config,
    {
        StudyBuilder::new(vec![Direction::Minimize])
    }

    /// Builds a study that maximises its objective.
    pub fn maximize() -> StudyBuilder<C>
    where
        C: Config,
    {
        StudyBuilder::new(vec![Direction::Maximize])
    }

    /// Builds a study with several objectives, one direction each.
    pub fn directions(directions: impl Into<Vec<Direction>>) -> StudyBuilder<C>
    where
        C: Config,
    {
        StudyBuilder::new(directions.into())
    }
}

impl<C: Config, W> Study<C, W> {
    /// Returns the next config to evaluate, for programs that run trials themselves. Returns `None`
    /// when every config has been tried, or while a schedule waits for running trials to end. A
    /// promoted trial is returned again, with a larger budget.
    ///
    /// # Errors
    /// If the storage fails, or the sampler cannot work with the space.
    pub fn ask(&self) -> Result<Option<Suggestion<C>>> {
        loop {
            return match self.oracle.ask(None)? {
                AskOutcome::Trial(TrialJob { number, params, budget, explanation }) => {
                    let config = C::from_params(&params)?;
                    Ok(Some(Suggestion { number, config, params, budget, explanation }))
                }
                AskOutcome::Dropped(..) => continue,
                AskOutcome::Enough | AskOutcome::Exhausted | AskOutcome::Wait => Ok(None),
            };
        }
    }

    /// Ends a trial from [`ask`](Self::ask) with its value or values, or a `Result` of these. NaN
    /// and errors make the trial a failed one. It is not retried: only runs retry. A trial to which
    /// a schedule has given a part of its budget is paused, and `ask` may return it again. The end
    /// is durable when the call returns.
    ///
    /// # Errors
    /// If the trial is not running, the number of values differs from that of the objectives, or
    /// the storage fails. Then nothing is recorded, and the call may be repeated.
    pub fn tell<Kind>(&self, number: u64, evaluation: impl Evaluation<Kind>) -> Result<()> {
        let objectives = self.oracle.directions().len();
        let outcome =
            evaluation.evaluation().and_then(|values| outcome::check_values(values, objectives));
        match outcome {
            Ok(values) => self.oracle.end_round(number, &values).map(drop),
            Err(TrialError(Cause::Fatal(error))) => Err(*error),
            Err(TrialError(Cause::Pruned(reason))) => self.prune(number, &reason),
            Err(error) => {
                self.oracle.expect_running(number)?;
                self.oracle.tell(number, Outcome::Failed(&error.to_string()))
            }
        }
    }

    /// Records an intermediate value of a trial from [`ask`](Self::ask), and returns the pruner's
    /// decision. [`prune`](Self::prune) a trial that must stop; [`tell`](Self::tell) the value of
    /// one that must pause.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    /// use hpo_core::pruner::Threshold;
    /// use hpo_core::trial::State;
    /// use hpo_core::pruner::Decision;
    ///
    /// # #[derive(SearchSpace, Clone, Debug)]
    /// # struct Config { #[search_space(range = 0.0..=1.0)] rate: f64 }
    /// let threshold = Threshold::builder().upper(0.9).build()?;
    /// let study = Study::<Config>::minimize().seed(1).pruner(threshold).open()?;
    /// for _ in 0..20 {
    ///     let Some(asked) = study.ask()? else { break };
    ///     let rate = asked.config.rate;
    ///     match study.report_step(asked.number, 1, rate)? {
    ///         Decision::Stop(reason) => study.prune(asked.number, &reason)?,
    ///         Decision::Continue | Decision::Pause(_) => study.tell(asked.number, rate)?,
    ///     }
    /// }
    /// # assert!(study.trials()?.iter().any(|trial| trial.state == State::Pruned));
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the trial is not running, or the storage fails.
    pub fn report_step(&self, number: u64, step: u64, value: f64) -> Result<Decision> {
        self.oracle.report_step(number, step, value)
    }

    /// Records the violation of a constraint by a trial from [`ask`](Self::ask), as
    /// [`Trial::constraint`] does.
    ///
    /// # Errors
    /// If the value is NaN, the trial has ended, or the storage fails.
    pub fn constraint(&self, number: u64, name: &str, value: f64) -> Result<()> {
        self.oracle.constraint(number, name, value)
    }

    /// Ends a trial from [`ask`](Self::ask) as pruned, with a reason in words.
    ///
    /// # Errors
    /// If the trial is not running, or the storage fails.
    pub fn prune(&self, number: u64, reason: &str) -> Result<()> {
        self.oracle.expect_running(number)?;
        self.oracle.tell(number, Outcome::Pruned(reason))
    }

    /// Queues a known config and returns the number of its trial. It is evaluated before anything
    /// is sampled, and again if it was tried before. A program that may be started again, or
    /// several times at once, can use [`enqueue_new`](Self::enqueue_new) instead.
    ///
    /// # Errors
    /// If the config lies outside its space or breaks its constraint, or the storage fails.
    pub fn enqueue(&self, config: &C) -> Result<u64> {
        self.oracle.enqueue(&config.to_params(self.oracle.flat_space())?)
    }

    /// Queues a known config unless some trial, ended or not, has it; returns `None` then. If
    /// several programs do the same at once, one of them queues it.
    ///
    /// # Errors
    /// See [`enqueue`](Self::enqueue).
    pub fn enqueue_new(&self, config: &C) -> Result<Option<u64>> {
        self.oracle.enqueue_new(&config.to_params(self.oracle.flat_space())?)
    }

    /// Queues the config of a flat JSON object: `{"kind": "Svc", "Svc.c": 1.0}`.
    ///
    /// # Errors
    /// If a name is unknown or inactive, a value is outside its domain, or a value without a
    /// default is missing; if the config violates its constraint; or if the storage fails.
    pub fn enqueue_json(&self, config: &Json) -> Result<u64> {
        self.oracle.enqueue(&Params::from_json(self.oracle.flat_space(), config)?)
    }

    /// Adds a trial that was evaluated elsewhere, and returns its number.
    ///
    /// # Errors
    /// If the config lies outside its space, the number of values differs from that of the
    /// objectives, a value is NaN, or the storage fails.
    pub fn add_trial(&self, config: &C, values: impl Values) -> Result<u64> {
        self.oracle.add_trial(&config.to_params(self.oracle.flat_space())?, &values.values())
    }

    /// Returns true if some trial, ended or not, has this config.
    ///
    /// # Errors
    /// If the config lies outside its space, or the storage fails.
    pub fn has_tried(&self, config: &C) -> Result<bool> {
        self.oracle.has_tried(&config.to_params(self.oracle.flat_space())?)
    }

    /// Returns the best complete trial of a study with one objective. Trials that violate a
    /// [constraint](Trial::constraint) do not count.
    ///
    /// # Errors
    /// If no trial that keeps its constraints has completed, there are several objectives, or the
    /// storage fails.
    pub fn best_trial(&self) -> Result<TrialRecord> {
        let study = || self.oracle.name().to_owned();
        let objectives = self.oracle.directions().len();
        if objectives > 1 {
            return Err(Error::SeveralObjectives { study: study(), objectives });
        }
        let best = self.oracle.best_trials(1)?.pop();
        best.map_or_else(|| Err(self.nothing_complete()?), Ok)
    }

    /// Returns the best value of a study with one objective.
    ///
    /// # Errors
    /// See [`best_trial`](Self::best_trial).
    pub fn best_value(&self) -> Result<f64> {
        Ok(self.best_trial()?.values[0])
    }

    /// Returns the best config of a study with one objective.
    ///
    /// # Errors
    /// See [`best_trial`](Self::best_trial); also if the best trial belongs to another space.
    pub fn best_config(&self) -> Result<C> {
        config_of(&self.best_trial()?)
    }

    /// Returns the best `count` complete trials that keep their constraints, best first. With
    /// several objectives these are the nondominated trials, by number.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn best_trials(&self, count: usize) -> Result<Vec<TrialRecord>> {
        self.oracle.best_trials(count)
    }

    /// Returns the configs of the best `count` complete trials.
    ///
    /// # Errors
    /// See [`best_trials`](Self::best_trials).
    pub fn best_configs(&self, count: usize) -> Result<Vec<C>> {
        self.best_trials(count)?.iter().map(config_of).collect()
    }

    /// Returns the [hypervolume](crate::trial::hypervolume) between all complete trials of a study
    /// with several objectives and a `reference`, which has one value per objective that every good
    /// trial beats. Trials that violate a constraint do not count.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    ///
    /// #[derive(Debug, Clone, SearchSpace)]
    /// struct Point {
    ///     #[search_space(range = 0.0..=1.0)]
    ///     x: f64,
    /// }
    ///
    /// let study = Study::<Point>::directions([Direction::Minimize; 2]).seed(1).open()?;
    /// study.optimize(20, |point, _| [point.x, 1.0 - point.x.sqrt()])?;
    /// let volume = study.hypervolume(&[1.0, 1.0])?;
    /// assert!(volume > 0.5 && volume < 2.0 / 3.0);          // a whole front would have 2/3
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `reference` does not have one number per objective, or the storage fails.
    pub fn hypervolume(&self, reference: &[f64]) -> Result<f64> {
        self.oracle.hypervolume(reference)
    }

    /// Returns all trials, by number.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn trials(&self) -> Result<Vec<TrialRecord>> {
        self.oracle.trials()
    }

    /// Sets an attribute of the study: any value that can be serialised, under its own key.
    ///
    /// # Errors
    /// If the value cannot be written as JSON, or the storage fails.
    pub fn set_attribute(&self, key: &str, value: impl Serialize) -> Result<()> {
        let (key, value) = attribute(key, value)?;
        Ok(self.oracle.storage.set_attribute(
            self.oracle.study,
            AttributeScope::User,
            &key,
            &value,
        )?)
    }

    /// Returns an attribute of the study that [`set_attribute`](Self::set_attribute) wrote; `None`
    /// if there is none.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn attribute(&self, key: &str) -> Result<Option<Json>> {
        let record = self.oracle.storage.study(self.oracle.study)?;
        Ok(record.attributes.user.get(key).cloned())
    }

    /// Starts no more trials in the current run; running ones end as usual. It may be called from
    /// the objective, a callback or another thread.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Replays the study: makes every proposal again from what its sampler had seen, and compares
    /// it with the stored one. See [`Oracle::replay`].
    ///
    /// ```
    /// # use hpo_core::prelude::*;
    /// # use hpo_core::sampler::Tpe;
    /// # #[derive(SearchSpace, Clone, Debug)]
    /// # struct Config { #[search_space(range = 0.0..=1.0)] rate: f64 }
    /// # let folder = std::env::temp_dir().join(format!("hpo-replay-{}", std::process::id()));
    /// # let url = format!("journal:{}", folder.join("studies.journal").display());
    /// let study = Study::<Config>::minimize()
    ///     .storage(url)
    ///     .sampler(Tpe::default())
    ///     .workers(2)
    ///     .open()?;
    /// study.optimize(20, |config, _| (config.rate - 0.25).abs())?;
    /// let replay = study.replay()?;
    /// assert_eq!((replay.equal, replay.different), (20, 0));
    /// # std::fs::remove_dir_all(folder).ok();
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the storage cannot be read, or keeps no changes, as one in memory.
    pub fn replay(&self) -> Result<Replay> {
        self.oracle.replay()
    }

    /// Returns the untyped engine of the study.
    #[must_use]
    pub fn oracle(&self) -> &Oracle {
        &self.oracle
    }

    /// Returns the parameters of the space.
    #[must_use]
    pub fn flat_space(&self) -> &Arc<FlatSpace> {
        self.oracle.flat_space()
    }

    /// Returns the notes on how the study was opened.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    pub(crate) fn nothing_complete(&self) -> Result<Error> {
        let study = self.oracle.name().to_owned();
        self.oracle.with_trials(|trials| {
            if let Some(error) = Error::no_best_trial(&study, trials, self.oracle.counting(trials))
            {
                return error;
            }
            let failed = || {
                trials
                    .finished()
                    .iter()
                    .filter(|number| trials.state(**number) == Some(State::Failed))
            };
            let message =
                failed().next_back().and_then(|number| trials.message(*number)).map(str::to_owned);
            let paused = trials.paused().len() as u64;
            Error::NoCompleteTrial { study, failed: failed().count() as u64, paused, message }
        })
    }
}

impl<C, W> fmt::Debug for Study<C, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Study")
            .field("oracle", &self.oracle)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// Serialises an attribute of a study.
fn attribute(key: &str, value: impl Serialize) -> Result<(String, Json)> {
    let value = serde_json::to_value(value).map_err(|error| Error::Setting {
        setting: "attribute",
        problem: format!("`{key}` cannot be written as JSON: {error}"),
    })?;
    Ok((key.to_owned(), value))
}

fn config_of<C: Config>(trial: &TrialRecord) -> Result<C> {
    let params = trial.params.as_ref().ok_or_else(|| Error::Setting {
        setting: "trial",
        problem: format!("{} has no parameters of the present space", trial.number),
    })?;
    Ok(C::from_params(params)?)
}

//! `hpo serve`: ask and tell by JSON lines, for programs in any language. `docs/serve.md` describes
//! the requests.
//!
//! Each line is answered by exactly one line, flushed: the result, or `{"error": ".."}`, after
//! which the next line is read as if nothing had happened. A study is kept in memory and ends when
//! the next one starts.

mod keys;
mod request;
mod space;

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, ensure};
use hpo_core::prelude::*;
use hpo_core::pruner::{Budget, Decision};
use hpo_core::rng::Rng;
use hpo_core::space::Params;
use hpo_core::storage::Storage;
use hpo_core::study::{AskOutcome, TrialJob};
use hpo_core::terminal::escaped;
use hpo_core::trial::State;
use serde_json::{Value as Json, json};

use request::TrialResult;
pub(crate) use request::{Opening, Request};
use space::Names;

/// Answers each line of `requests`, until they end.
pub(crate) fn run(requests: impl BufRead, mut answers: impl Write) -> Result<()> {
    let mut session = None;
    for line in requests.split(b'\n') {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = answer(&mut session, &line)
            .unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        writeln!(answers, "{}", escaped(&answer.to_string()))?;
        answers.flush()?;
    }
    Ok(())
}

fn answer(session: &mut Option<Session>, line: &[u8]) -> Result<Json> {
    match std::str::from_utf8(line).context("this line is not UTF-8")?.parse()? {
        Request::Open(opening) => {
            *session = Some(Session::open(*opening, None)?);
            Ok(json!({ "ok": true }))
        }
        request => session.as_ref().context("the first line needs a `space`")?.answer(&request),
    }
}

/// Refuses JSON in which an object has a key twice.
#[cfg(feature = "server")]
pub(crate) fn check_keys(text: &str) -> Result<()> {
    keys::check_all(text)
}

/// Returns a seed that differs from call to call.
#[cfg(feature = "server")]
pub(crate) fn random_seed() -> u64 {
    request::rand_seed()
}

/// The part of the announced budget, in whole trainings, that a schedule has spent.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    /// `None` if there is no schedule, or no budget was announced.
    budget: Option<u64>,
    /// The number of steps of all rounds that were asked for.
    steps: u64,
    /// The last step of a whole training; 0 before the first trial.
    most: u64,
    /// The number of trials that were asked for.
    trials: u64,
    has_result: bool,
}

impl Spent {
    fn add(&mut self, number: u64, round: Budget) {
        self.steps = self.steps.saturating_add(round.to.saturating_sub(round.from));
        self.most = round.most;
        self.trials = self.trials.max(number.saturating_add(1));
    }

    fn is_all(&self) -> bool {
        let is_spent = |budget: u64| self.steps >= budget.saturating_mul(self.most);
        self.trials > 0 && self.budget.is_some_and(is_spent)
    }
}

/// A study, with the parameter names of the client.
pub(crate) struct Session {
    study: Study<Params>,
    names: Names,
    /// The reasons why trials were asked to stop, by trial.
    reasons: Mutex<HashMap<u64, String>>,
    /// The number of trials added after every config had been tried.
    repeated: AtomicU64,
    /// The part of the announced budget that the schedule has spent.
    spent: Mutex<Spent>,
    /// The number of constraints of each result, if the client announced it.
    ncon: Option<u64>,
}

impl Session {
    /// Opens the study of this name in a storage, or one in memory.
    pub(crate) fn open(opening: Opening, place: Option<(Arc<dyn Storage>, &str)>) -> Result<Self> {
        let Opening { space, directions, ncon, sampler, seed, pruner, budget } = opening;
        let (space, names) = space::read(&space, place.is_some())?;
        let builder = Study::<Params>::directions(directions);
        let builder = match place {
            Some((storage, name)) => builder.storage(storage).name(name),
            None => builder,
        };
        let builder = builder.space(space).sampler(sampler.build()).seed(seed).ctrl_c(false);
        let study = pruner
            .into_iter()
            .fold(builder, |builder, pruner| builder.pruner(pruner.build()))
            .open();
        let study = study.map_err(|error| names.with_client_name(error))?;
        let names = names.on(study.flat_space());
        // Without a schedule, the client may ask for more trials than it announced.
        let spent = Spent { budget: budget.filter(|_| has_schedule(&study)), ..Spent::default() };
        let (reasons, repeated) = (Mutex::default(), AtomicU64::new(0));
        Ok(Self { study, names, reasons, repeated, spent: Mutex::new(spent), ncon })
    }

    /// Returns the study that is served.
    #[cfg(feature = "server")]
    pub(crate) fn study(&self) -> &Study<Params> {
        &self.study
    }

    /// Answers a request other than the first.
    pub(crate) fn answer(&self, request: &Request) -> Result<Json> {
        match *request {
            Request::Ask => self.ask(),
            Request::AskMany(count) => self.ask_many(count),
            Request::Explain { number } => self.explain(number),
            Request::Tell { number, ref result } => self.tell(number, result),
            Request::Fail { number } => {
                let outcome: Result<f64, TrialError> =
                    Err(TrialError::failed("failed on the other side"));
                self.study.tell(number, outcome)?;
                Ok(json!({ "ok": true }))
            }
            Request::Report { number, step, value } => {
                Ok(match self.study.report_step(number, step, value)? {
                    Decision::Continue if has_schedule(&self.study) => {
                        json!({ "prune": false, "pause": false })
                    }
                    Decision::Continue => json!({ "prune": false }),
                    Decision::Pause(_) => json!({ "prune": false, "pause": true }),
                    Decision::Stop(reason) => {
                        self.reasons().insert(number, reason);
                        json!({ "prune": true })
                    }
                })
            }
            Request::Open(_) => unreachable!("it begins another session"),
        }
    }

    fn tell(&self, number: u64, result: &TrialResult) -> Result<Json> {
        self.check(number, result)?;
        for (name, value) in &result.constraints {
            self.study.constraint(number, name, *value)?;
        }
        match &result.values {
            Some(values) if has_schedule(&self.study) => {
                let state = self.study.oracle().end_round(number, values)?;
                self.spent().has_result |= state == State::Complete;
                return Ok(json!({ "ok": true, "paused": state == State::Paused }));
            }
            Some(values) => self.study.tell(number, values.clone())?,
            None => {
                let reason = self
                    .reasons()
                    .remove(&number)
                    .unwrap_or_else(|| "stopped by the other side".to_owned());
                self.study.prune(number, &reason)?;
            }
        }
        Ok(json!({ "ok": true }))
    }

    /// Refuses a result with too few or too many numbers, before any of it is recorded.
    fn check(&self, number: u64, result: &TrialResult) -> Result<()> {
        let objectives = self.study.oracle().directions().len();
        if let Some(values) = &result.values {
            ensure!(
                values.len() == objectives,
                "`tell` of trial {number} has {}, but the study has {}",
                counted(values.len(), "value"),
                counted(objectives, "direction")
            );
        }
        let constraints = result.constraints.len();
        if let Some(ncon) = self.ncon
            && result.values.is_some()
        {
            ensure!(
                constraints as u64 == ncon,
                "`tell` of trial {number} has {}, but the first line said {ncon} (`ncon`)",
                counted(constraints, "constraint")
            );
        }
        Ok(())
    }

    /// Asks for several trials; fewer if a schedule has no more at present.
    fn ask_many(&self, count: u64) -> Result<Json> {
        let mut trials = Vec::new();
        for _ in 0..count {
            let answer = self.ask()?;
            if answer.get("trial").is_none() {
                if trials.is_empty() {
                    return Ok(answer);
                }
                break;
            }
            trials.push(answer);
        }
        Ok(json!({ "trials": trials }))
    }

    fn explain(&self, number: u64) -> Result<Json> {
        let trial = self.study.oracle().trial(number)?;
        let trial = trial.with_context(|| format!("the study has no trial {number}"))?;
        Ok(json!({ "trial": number, "explanation": trial.explain() }))
    }

    fn ask(&self) -> Result<Json> {
        let spent = *self.spent();
        if spent.is_all() && spent.has_result {
            return Ok(json!({ "done": true }));
        }
        // Once the budget is spent there are no new trials, but one has to come to its end.
        let most = spent.is_all().then_some(spent.trials);
        loop {
            return match self.study.oracle().ask(most)? {
                AskOutcome::Trial(job) => Ok(self.asked(&job)),
                AskOutcome::Dropped(..) => continue,
                AskOutcome::Wait => Ok(json!({ "wait": true })),
                AskOutcome::Enough | AskOutcome::Exhausted if has_schedule(&self.study) => {
                    Ok(json!({ "done": true }))
                }
                AskOutcome::Enough | AskOutcome::Exhausted => {
                    self.repeat()?;
                    continue;
                }
            };
        }
    }

    /// Returns a trial to evaluate; with a schedule, also its steps.
    fn asked(&self, job: &TrialJob) -> Json {
        let mut answer =
            json!({ "trial": job.number, "params": self.names.to_client(&job.params) });
        if let Some(budget) = job.budget {
            answer["budget"] = json!([budget.from, budget.to, budget.most]);
            self.spent().add(job.number, budget);
        }
        answer
    }

    /// Returns those of these trials that run, as they were asked for. Those of a schedule are left
    /// out, since their budgets may have changed.
    #[cfg(feature = "server")]
    pub(crate) fn running(&self, numbers: &[u64]) -> Result<Vec<Json>> {
        if has_schedule(&self.study) {
            return Ok(Vec::new());
        }
        let mut asked = Vec::new();
        for number in numbers {
            let trial = self.study.oracle().trial(*number)?;
            let running = trial.filter(|trial| trial.state == State::Running);
            let Some(params) = running.and_then(|trial| trial.params) else { continue };
            asked.push(json!({ "trial": number, "params": self.names.to_client(&params) }));
        }
        Ok(asked)
    }

    /// Queues a trial of a config that was tried before, since every config has been tried and the
    /// client has trials to spend. Whoever asks next gets it.
    fn repeat(&self) -> Result<()> {
        let repeated = self.repeated.fetch_add(1, Ordering::Relaxed) + 1;
        let flat = self.study.flat_space();
        let params = flat.draw(&mut Rng::retry(self.study.oracle().seed(), repeated, 1));
        self.study.enqueue(&params)?;
        Ok(())
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reasons(&self) -> MutexGuard<'_, HashMap<u64, String>> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Returns true if trials are paused and promoted.
fn has_schedule(study: &Study<Params>) -> bool {
    study.oracle().pruner().is_some_and(|pruner| pruner.schedule().is_some())
}

//! `hpo serve`: ask and tell by JSON lines, for programs in any language. The requests stand in `docs/serve.md`.
//!
//! Each line is answered by just one, flushed: what was asked for, or `{"error": ".."}`, after which the next line is read as
//! if nothing had happened. A study lives in memory, and ends when the next one begins.

mod request;
mod space;

use std::collections::HashMap;
use std::io::{BufRead, Write};

use anyhow::{Context as _, Result, bail};
use hpo_core::prelude::*;
use hpo_core::pruner::Verdict;
use hpo_core::rng::Rng;
use hpo_core::space::Params;
use hpo_core::trial::Direction;
use serde_json::{Value as Json, json};

use request::{Opening, Request};
use space::Names;

/// Answers each line of `requests`, until they end.
pub(crate) fn run(requests: impl BufRead, mut answers: impl Write) -> Result<()> {
    let mut session = None;
    for line in requests.split(b'\n') {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = answer(&mut session, &line).unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        writeln!(answers, "{answer}")?;
        answers.flush()?;
    }
    Ok(())
}

fn answer(session: &mut Option<Session>, line: &[u8]) -> Result<Json> {
    match std::str::from_utf8(line).context("this line is not UTF-8")?.parse()? {
        Request::Open(opening) => {
            *session = Some(Session::open(*opening)?);
            Ok(json!({ "ok": true }))
        }
        request => session.as_mut().context("the first line gives the `space`")?.answer(&request),
    }
}

/// A study, and how the other side calls its parameters.
struct Session {
    study: Study<Params>,
    names: Names,
    /// Why a trial was told to stop.
    reasons: HashMap<u64, String>,
    /// How many trials came after every config had been tried.
    repeated: u64,
}

impl Session {
    fn open(opening: Opening) -> Result<Self> {
        let Opening { space, direction, sampler, seed, pruner } = opening;
        let (space, names) = space::read(&space)?;
        let builder = match direction {
            Direction::Minimize => Study::<Params>::minimize(),
            Direction::Maximize => Study::<Params>::maximize(),
        };
        let builder = builder.space(space).sampler(sampler.build()).seed(seed).ctrl_c(false);
        let study = pruner.into_iter().fold(builder, |builder, pruner| builder.pruner(pruner.build())).open();
        let study = study.map_err(|error| names.told(error))?;
        let names = names.on(study.slots());
        Ok(Self { study, names, reasons: HashMap::new(), repeated: 0 })
    }

    fn answer(&mut self, request: &Request) -> Result<Json> {
        match *request {
            Request::Ask => self.ask(),
            Request::Tell { number, value: Some(value) } => {
                self.study.tell(number, value)?;
                Ok(json!({ "ok": true }))
            }
            Request::Fail { number } => {
                let told: Result<f64, TrialError> = Err(TrialError::failed("failed on the other side"));
                self.study.tell(number, told)?;
                Ok(json!({ "ok": true }))
            }
            Request::Tell { number, value: None } => {
                let reason = self.reasons.remove(&number).unwrap_or_else(|| "stopped by the other side".to_owned());
                self.study.prune(number, &reason)?;
                Ok(json!({ "ok": true }))
            }
            Request::Report { number, step, value } => match self.study.report_step(number, step, value)? {
                Verdict::Continue => Ok(json!({ "prune": false })),
                Verdict::Stop(reason) => {
                    self.reasons.insert(number, reason);
                    Ok(json!({ "prune": true }))
                }
                Verdict::Pause(_) => bail!("a pruner that pauses trials cannot be served: trials end here"),
            },
            Request::Open(_) => unreachable!("it begins another session"),
        }
    }

    fn ask(&mut self) -> Result<Json> {
        let suggestion = match self.study.ask()? {
            Some(suggestion) => suggestion,
            None => self.repeat()?,
        };
        let params = self.names.written(&suggestion.params);
        Ok(json!({ "trial": suggestion.number, "params": params }))
    }

    /// Another trial of some config, every one having been tried: who asks has trials to spend.
    fn repeat(&mut self) -> Result<hpo_core::study::Suggestion<Params>> {
        self.repeated += 1;
        let slots = self.study.slots();
        let params = slots.draw(&mut Rng::retry(self.study.oracle().seed(), self.repeated, 1));
        self.study.enqueue(&params)?;
        self.study.ask()?.context("a queued trial is there to be asked for")
    }
}

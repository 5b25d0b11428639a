//! One run of a program: its output is read, its limits are watched, and its end is settled.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use hpo_core::prelude::*;

use super::folder::Folder;
use super::interrupt::Stage;
use super::limits::{Exceeded, killed_by};
use super::lines::Lines;
use super::metrics::{OtherNames, Report};
use super::process::usage::{self, Usage};
use super::process::{Ended, ProcessEvent, Shim, Signal};
use super::programs::Programs;

/// The interval at which limits and interruptions are looked at.
const TICK: Duration = Duration::from_millis(100);

/// The number of ticks between looks at the use of resources, if no limit needs them.
const TICKS_TO_LOOK: u32 = 10;

/// A program that runs.
pub(super) struct Evaluation<'p, 't, 'c> {
    programs: &'p Programs,
    trial: &'t mut Trial<'c>,
    folder: Folder,
    lines: Lines,
    /// The last value of each metric.
    last: BTreeMap<String, f64>,
    last_line: String,
    /// The step of the last report.
    step: u64,
    /// The last checkpoint that the program has reported.
    checkpoint: Option<u64>,
    /// The reason for which the program prunes itself.
    pruned: Option<String>,
    seen: OtherNames,
    ending: Option<Ending>,
    started: Instant,
    ticks: u32,
    peak_memory: u64,
    out_of_memory_kills: u64,
}

/// The end that was requested of a program.
struct Ending {
    error: TrialError,
    since: Instant,
    is_killed: bool,
}

/// The end of a program.
pub(super) enum End {
    Settled(Result<Vec<f64>, TrialError>),
    /// The shim was killed, and the program with it.
    Lost,
}

impl<'p, 't, 'c> Evaluation<'p, 't, 'c> {
    pub(super) fn new(programs: &'p Programs, trial: &'t mut Trial<'c>, folder: Folder) -> Self {
        Self {
            programs,
            trial,
            folder,
            lines: Lines::default(),
            last: BTreeMap::new(),
            last_line: String::new(),
            step: 0,
            checkpoint: None,
            pruned: None,
            seen: OtherNames::new(),
            ending: None,
            started: Instant::now(),
            ticks: 0,
            peak_memory: 0,
            out_of_memory_kills: usage::out_of_memory_kills(),
        }
    }

    /// Waits for the end of the program.
    pub(super) fn run(mut self, shim: &mut Shim) -> End {
        let mut ticked = Instant::now();
        loop {
            for event in shim.events(TICK.saturating_sub(ticked.elapsed())) {
                match event {
                    ProcessEvent::Output(bytes) => self.output(&bytes, shim),
                    ProcessEvent::Started => {}
                    ProcessEvent::Refused(reason) => {
                        return End::Settled(Err(TrialError::failed(reason)));
                    }
                    ProcessEvent::Ended(ended) => return End::Settled(self.settle(ended, shim)),
                    ProcessEvent::ShimLost => return End::Lost,
                }
            }
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                self.tick(shim);
            }
        }
    }

    fn output(&mut self, bytes: &[u8], shim: &mut Shim) {
        // A full disk loses the log, not the trial.
        let _ = self.folder.stdout.write_all(bytes);
        let mut lines = Vec::new();
        self.lines.push(bytes, |line| lines.push(line.to_owned()));
        for line in lines {
            self.line(line, shim);
        }
    }

    fn line(&mut self, line: String, shim: &mut Shim) {
        if let Some(report) = self.programs.metrics.read(&line, &mut self.seen)
            && let Err(error) = self.report(&report)
        {
            self.stop(error, false, shim);
        }
        if !line.trim().is_empty() {
            self.last_line = line;
        }
    }

    /// Takes over what a line reports. An error ends the trial.
    fn report(&mut self, report: &Report) -> Result<(), TrialError> {
        let reported = if self.ending.is_none() { self.take(report) } else { Ok(()) };
        // A checkpoint belongs to a step that is reported; a program may write one while it ends.
        if let Some(step) = report.checkpoint {
            self.trial.checkpoint_bytes(step, &[])?;
            self.checkpoint = Some(step);
        }
        reported
    }

    fn take(&mut self, report: &Report) -> Result<(), TrialError> {
        for (name, value) in &report.constraints {
            self.trial.constraint(name, *value)?;
        }
        for (key, value) in &report.attributes {
            self.trial.set_attribute(key, value)?;
        }
        self.pruned = report.pruned.clone().or(self.pruned.take());
        self.last.extend(report.values.iter().map(|(name, value)| (name.clone(), *value)));
        let judged = report.values.get(&self.programs.metrics.names()[self.programs.judged]);
        if let (Some(step), Some(value)) = (report.step, judged) {
            self.step = step;
            self.programs.view.reported(self.trial.number(), step, *value);
            self.trial.report(step, *value)?;
        }
        Ok(())
    }

    /// Looks at everything that may end the program early.
    fn tick(&mut self, shim: &mut Shim) {
        self.ticks += 1;
        let stage = self.programs.interrupt.stage();
        if let Some(ending) = &mut self.ending {
            let is_over = ending.since.elapsed() > self.programs.limits.grace;
            if !ending.is_killed && (is_over || stage == Stage::Killing) {
                ending.is_killed = true;
                shim.signal(Signal::Kill);
            }
            return;
        }
        if stage >= Stage::Ending {
            return self.stop(TrialError::interrupted(), false, shim);
        }
        let mut exceeded = self.programs.limits.late(self.started.elapsed());
        let looks = self.programs.limits.need_usage() || self.ticks.is_multiple_of(TICKS_TO_LOOK);
        if let Some(program) = shim.program().filter(|_| looks && exceeded.is_none()) {
            let usage: Usage = usage::of(program);
            self.peak_memory = self.peak_memory.max(usage.memory);
            self.programs.view.uses(self.trial.number(), usage.memory);
            exceeded = self.programs.limits.exceeded(program, &usage);
        }
        if let Some(Exceeded { message, at_once }) = exceeded {
            self.stop(TrialError::failed(message), at_once, shim);
        }
    }

    /// Tells the program to end, for this reason.
    fn stop(&mut self, error: TrialError, at_once: bool, shim: &mut Shim) {
        if self.ending.is_some() {
            return;
        }
        shim.signal(if at_once { Signal::Kill } else { Signal::Terminate });
        self.ending = Some(Ending { error, since: Instant::now(), is_killed: at_once });
    }

    /// Returns the values of a program that has ended, or the reason why there are none.
    fn settle(mut self, ended: Ended, shim: &mut Shim) -> Result<Vec<f64>, TrialError> {
        let mut rest = Vec::new();
        std::mem::take(&mut self.lines).finish(|line| rest.push(line.to_owned()));
        for line in rest {
            self.line(line, shim);
        }
        self.keep_checkpoint()?;
        if let Some(ending) = self.ending {
            return Err(ending.error);
        }
        match (ended.code, ended.signal) {
            (Some(0), _) => match self.pruned.take() {
                Some(reason) => Err(TrialError::pruned(reason)),
                None => self.values(ended.left),
            },
            (Some(code), _) => Err(TrialError::failed(self.quoted(&format!("exit code {code}")))),
            (None, signal) => {
                let out_of_memory = usage::out_of_memory_kills() > self.out_of_memory_kills;
                let words = killed_by(signal.unwrap_or(0), self.peak_memory, out_of_memory);
                Err(TrialError::failed(self.quoted(&words)))
            }
        }
    }

    /// Records that the program has left something to continue from, unless it has said so itself.
    fn keep_checkpoint(&mut self) -> Result<(), TrialError> {
        if self.checkpoint.is_none() && self.step > 0 && self.folder.has_checkpoint() {
            self.trial.checkpoint_bytes(self.step, &[])?;
        }
        Ok(())
    }

    fn values(mut self, left: usize) -> Result<Vec<f64>, TrialError> {
        self.read_result()?;
        let metrics = &self.programs.metrics;
        let constraints = self.programs.constraints.iter().map(|constraint| &constraint.metric);
        let wanted = || metrics.names().iter().chain(constraints.clone());
        let missing: Vec<&String> =
            wanted().filter(|name| !self.last.contains_key(*name)).collect();
        if let Some(name) = missing.first() {
            let left = match left {
                0 => String::new(),
                left => format!(
                    " (it left {left} processes running, which were ended: run them in the \
                     foreground)"
                ),
            };
            let wanted = metrics.wanted(&missing, &self.seen);
            let words = format!("it ended without a value of `{name}`{left}; looked for: {wanted}");
            return Err(TrialError::failed(words));
        }
        if let Some(name) = wanted().find(|name| self.last[*name].is_nan()) {
            return Err(TrialError::failed(format!("it reported NaN for `{name}`")));
        }
        for constraint in &self.programs.constraints {
            self.trial.constraint(&constraint.text, constraint.violation(&self.last))?;
        }
        Ok(metrics.names().iter().map(|name| self.last[name]).collect())
    }

    fn read_result(&mut self) -> Result<(), TrialError> {
        let path = self.folder.result();
        let text = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                return Err(TrialError::failed(format!("cannot read $HPO_RESULT: {error}")));
            }
        };
        let read = self.programs.metrics.read_file(&text, &mut self.seen);
        let report = read.map_err(|reason| {
            TrialError::failed(format!("the file $HPO_RESULT cannot be read as JSON: {reason}"))
        })?;
        self.report(&Report { step: None, ..report })
    }

    /// Adds the last line that the program has written.
    fn quoted(&self, words: &str) -> String {
        let last = self.folder.last_error().or_else(|| {
            let line: String = self.last_line.chars().take(300).collect();
            (!line.is_empty()).then_some(line)
        });
        last.map_or_else(|| words.to_owned(), |line| format!("{words}: {line}"))
    }
}

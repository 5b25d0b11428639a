//! One run of a program: its output is read, its limits are watched, and its end is settled.

use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hpo_core::prelude::*;
use hpo_core::pruner::Budget;

use super::folder::Folder;
use super::interrupt::Stage;
use super::limits::{Exceeded, killed_by};
use super::lines::Lines;
use super::metrics::Report;
use super::observed::Observed;
use super::process::usage;
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
    /// The steps of this start, if they are known.
    budget: Option<Budget>,
    lines: Lines,
    observed: Observed,
    /// The step of the last report.
    step: u64,
    /// The time of the first report of a step.
    first_report: Option<Instant>,
    /// The number of reports of steps.
    reports: u32,
    /// The last checkpoint that the program has reported.
    checkpoint: Option<u64>,
    ending: Option<Ending>,
    started: Instant,
    ticks: u32,
    peak_memory: u64,
    /// The processor time of earlier programs of the same shim.
    earlier_cpu: Duration,
}

/// The end that was requested of a program.
struct Ending {
    reason: Reason,
    since: Instant,
    is_killed: bool,
}

/// The reason why a program is to end.
enum Reason {
    /// The trial has no value, for this reason.
    Error(TrialError),
    /// The run was interrupted. A value that the program still reports counts.
    Interrupted,
    /// The program goes on after its last step; what it has reported counts.
    PastLastStep,
}

/// The end of a program.
pub(super) enum End {
    Settled(Result<Vec<f64>, TrialError>),
    /// The shim was killed, and the program with it.
    Lost,
}

impl<'p, 't, 'c> Evaluation<'p, 't, 'c> {
    pub(super) fn new(
        programs: &'p Programs,
        trial: &'t mut Trial<'c>,
        folder: Folder,
        budget: Option<Budget>,
    ) -> Self {
        Self {
            programs,
            trial,
            folder,
            budget,
            lines: Lines::default(),
            observed: Observed::default(),
            step: 0,
            first_report: None,
            reports: 0,
            checkpoint: None,
            ending: None,
            started: Instant::now(),
            ticks: 0,
            peak_memory: 0,
            earlier_cpu: Duration::ZERO,
        }
    }

    /// Waits for the end of the program.
    pub(super) fn run(mut self, shim: &mut Shim) -> End {
        let mut ticked = Instant::now();
        if self.programs.limits.cpu.is_some() {
            self.earlier_cpu = usage::below(shim.id()).cpu;
        }
        loop {
            for event in shim.events(TICK.saturating_sub(ticked.elapsed())) {
                match event {
                    ProcessEvent::Output(bytes) => self.output(&bytes, shim),
                    ProcessEvent::Started => self.programs.folders.sweep(),
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
            self.line(&line, shim);
        }
    }

    fn line(&mut self, line: &str, shim: &mut Shim) {
        let report = self.programs.metrics.read(line, &mut self.observed.other_names);
        self.observed.note(line, report.is_some(), &self.programs.metrics);
        let Some(report) = report else { return };
        // In an earlier round it is the library that pauses the trial.
        let last = self.budget.filter(Budget::is_final).map(|budget| budget.to);
        let is_past = report.step.zip(last).is_some_and(|(step, last)| step > last);
        if is_past {
            self.stop(Reason::PastLastStep, false, shim);
        }
        if let Err(error) = self.report(&report, is_past) {
            self.stop(Reason::Error(error), false, shim);
        }
    }

    /// Takes over what a line reports. An error ends the trial.
    fn report(&mut self, report: &Report, is_past: bool) -> Result<(), TrialError> {
        let taken = match &self.ending {
            None => self.take(report),
            Some(Ending { reason: Reason::Interrupted, .. }) if report.step.is_none() => {
                self.observed.take(report);
                Ok(())
            }
            Some(_) => Ok(()),
        };
        // A checkpoint belongs to a step that is reported; a program may write one while it ends.
        if let Some(step) = report.checkpoint.filter(|_| !is_past) {
            self.trial.checkpoint_bytes(step, &[])?;
            self.checkpoint = Some(step);
        }
        taken
    }

    fn take(&mut self, report: &Report) -> Result<(), TrialError> {
        for (name, value) in &report.constraints {
            self.trial.constraint(name, *value)?;
        }
        for (key, value) in &report.attributes {
            self.trial.set_attribute(key, value)?;
        }
        self.observed.take(report);
        let pruning = &self.programs.metrics.names()[self.programs.pruning_objective];
        if let (Some(step), Some(value)) = (report.step, report.values.get(pruning)) {
            self.step = step;
            self.first_report.get_or_insert_with(Instant::now);
            self.reports += 1;
            self.programs.view.reported(self.trial.number(), step, *value);
            self.trial.report(step, *value)?;
        }
        Ok(())
    }

    /// Looks at everything that may end the program early.
    fn tick(&mut self, shim: &mut Shim) {
        self.ticks += 1;
        let stage = self.programs.interrupt.stage();
        let exceeded = self.exceeded(shim);
        let Some(ending) = &mut self.ending else {
            if stage >= Stage::Ending {
                self.stop(Reason::Interrupted, false, shim);
            } else if let Some(Exceeded { message, at_once }) = exceeded {
                self.stop(Reason::Error(TrialError::failed(message)), at_once, shim);
            }
            return;
        };
        let is_over = ending.since.elapsed() > self.programs.limits.grace
            || stage == Stage::Killing
            || exceeded.is_some_and(|exceeded| exceeded.at_once);
        if is_over && !ending.is_killed {
            ending.is_killed = true;
            shim.signal(Signal::Kill);
        }
    }

    /// Returns the limit that the program and what it has started exceed.
    fn exceeded(&mut self, shim: &Shim) -> Option<Exceeded> {
        let limits = &self.programs.limits;
        let late = limits.late(self.started.elapsed());
        let looks = limits.need_usage() || self.ticks.is_multiple_of(TICKS_TO_LOOK);
        if !looks || shim.program().is_none() {
            return late;
        }
        let mut usage = usage::below(shim.id());
        usage.cpu = usage.cpu.saturating_sub(self.earlier_cpu);
        self.peak_memory = self.peak_memory.max(usage.memory);
        self.programs.view.uses(self.trial.number(), usage.memory);
        limits.exceeded(shim.id(), &usage).or(late)
    }

    /// Tells the program to end, for this reason.
    fn stop(&mut self, reason: Reason, at_once: bool, shim: &mut Shim) {
        if self.ending.is_some() {
            return;
        }
        shim.signal(if at_once { Signal::Kill } else { Signal::Terminate });
        self.ending = Some(Ending { reason, since: Instant::now(), is_killed: at_once });
    }

    /// Returns the values of a program that has ended, or the reason why there are none.
    fn settle(mut self, ended: Ended, shim: &mut Shim) -> Result<Vec<f64>, TrialError> {
        let mut rest = Vec::new();
        std::mem::take(&mut self.lines).finish(|line| rest.push(line.to_owned()));
        for line in rest {
            self.line(&line, shim);
        }
        self.note_late_reports();
        self.keep_checkpoint()?;
        match (self.ending.take().map(|ending| ending.reason), ended.code) {
            (Some(Reason::Error(error)), _) => Err(error),
            (Some(Reason::PastLastStep), _) => self.values(ended.left),
            (Some(Reason::Interrupted), Some(0)) => {
                self.read_result()?;
                if !self.observed.is_final {
                    return Err(TrialError::interrupted());
                }
                self.values(ended.left)
            }
            (Some(Reason::Interrupted), _) => Err(TrialError::interrupted()),
            (None, Some(0)) => {
                self.read_result()?;
                match self.observed.pruned.take() {
                    Some(reason) => Err(TrialError::pruned(reason)),
                    None => self.values(ended.left),
                }
            }
            (None, Some(code)) => {
                Err(TrialError::failed(self.quoted(&format!("exit code {code}"))))
            }
            (None, None) => Err(TrialError::failed(self.killed(ended.signal.unwrap_or(0)))),
        }
    }

    /// Describes the end by a signal that this run has not sent.
    fn killed(&self, signal: i32) -> String {
        let kills = usage::out_of_memory_kills();
        let before = self.programs.out_of_memory_kills.swap(kills, Ordering::Relaxed);
        self.quoted(&killed_by(signal, self.peak_memory, kills > before))
    }

    /// Says once that a program reports all its steps at its end, when no pruner can use them.
    fn note_late_reports(&self) {
        let is_late = self.first_report.is_some_and(|first| first.elapsed() < TICK / 2)
            && self.reports > 1
            && self.started.elapsed() > 10 * TICK;
        if is_late && !self.programs.has_noted_buffer.swap(true, Ordering::Relaxed) {
            self.programs.view.say(&format!(
                "all reports of trial {} came at its end: let the program flush its output after \
                 each line, so that it can be pruned",
                self.trial.number()
            ));
        }
    }

    /// Records that a program which has reached the end of its steps has left something to continue
    /// from, unless it has said so itself. At any other end, nobody knows the step of its
    /// checkpoint.
    fn keep_checkpoint(&mut self) -> Result<(), TrialError> {
        let is_at_end = self.budget.is_some_and(|budget| self.step >= budget.to);
        if self.checkpoint.is_none() && is_at_end && self.folder.has_checkpoint() {
            self.trial.checkpoint_bytes(self.step, &[])?;
        }
        Ok(())
    }

    fn values(&mut self, left: usize) -> Result<Vec<f64>, TrialError> {
        let programs = self.programs;
        let values = self.observed.values(&programs.metrics, &programs.constraints, left);
        let values = values.map_err(|words| {
            let last = self.folder.last_error();
            let last = last.map_or_else(String::new, |line| format!("; its last error: {line}"));
            TrialError::failed(words + &last)
        })?;
        for constraint in &programs.constraints {
            self.trial.constraint(&constraint.text, self.observed.violation(constraint))?;
        }
        Ok(values)
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
        let read = self.programs.metrics.read_file(&text, &mut self.observed.other_names);
        let report = read.map_err(|reason| {
            TrialError::failed(format!("the file $HPO_RESULT cannot be read as JSON: {reason}"))
        })?;
        self.report(&Report { step: None, ..report }, false)
    }

    /// Adds the last line that the program has written.
    fn quoted(&self, words: &str) -> String {
        let last = self.folder.last_error().or_else(|| self.observed.last_line());
        last.map_or_else(|| words.to_owned(), |line| format!("{words}: {line}"))
    }
}

//! Progress of a run, on standard error: a bar on a terminal, plain lines in a pipe.
//!
//! The user asks for it, as for any callback; the library never prints by itself.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::callback::{Callback, Flow, Notice};
use crate::space::counted;
use crate::trial::{State, TrialRecord};

/// Shows the progress of a run, with the best value so far, the time left and how many trials are running: a bar where standard
/// error is a terminal; elsewhere a line at each improvement, and at most one every ten seconds besides.
#[derive(Debug, Default)]
pub struct Progress {
    view: Mutex<View>,
}

#[derive(Debug, Default)]
struct View {
    shown: Shown,
    /// Which trials are running.
    running: BTreeSet<u64>,
    /// The best value, in words.
    best: Option<String>,
    /// When the run began, and how many trials had ended then.
    begin: Option<(Instant, u64)>,
}

#[derive(Debug, Default)]
enum Shown {
    #[default]
    Nothing,
    Bar(ProgressBar),
    Lines(Instant),
}

const QUIET: Duration = Duration::from_secs(10);

impl Progress {
    /// Progress on standard error.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Callback for Progress {
    fn notice(&self, notice: &Notice<'_>) -> Flow {
        let mut view = self.view.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match notice {
            Notice::Started { study, trials, target, plan, .. } => {
                if let Some(plan) = plan {
                    line(plan);
                }
                *view = View::open(study, *trials, *target);
            }
            Notice::TrialStarted { number, .. } => view.runs(*number, true),
            Notice::TrialPaused { number, .. } => view.runs(*number, false),
            Notice::TrialEnded { trial, best, improved, finished, target } => {
                view.runs(trial.number, false);
                view.trial_ended(trial, *best, *improved, *finished, *target);
            }
            Notice::Ended { run, elapsed } => view.close(&format!("{run} ({elapsed:.1?})")),
            _ => {}
        }
        Flow::Continue
    }
}

impl View {
    fn open(study: &str, trials: u64, target: u64) -> Self {
        let begin = Some((Instant::now(), trials));
        if !std::io::stderr().is_terminal() {
            line(&match target {
                u64::MAX => format!("{study}: {}", counted(trials, "trial")),
                target => format!("{study}: {trials} of {}", counted(target, "trial")),
            });
            return Self { shown: Shown::Lines(Instant::now()), begin, ..Self::default() };
        }
        let (bar, template) = match target {
            u64::MAX => (ProgressBar::no_length(), "{prefix} {spinner} {pos} {elapsed} {msg}"),
            _ => (ProgressBar::new(target), "{prefix} {bar:30} {pos}/{len} {elapsed}<{eta} {msg}"),
        };
        let style = ProgressStyle::with_template(template);
        let bar = bar.with_prefix(study.to_owned());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_position(trials);
        bar.reset_eta();
        bar.tick();
        Self { shown: Shown::Bar(bar), begin, ..Self::default() }
    }

    fn runs(&mut self, number: u64, runs: bool) {
        if runs {
            self.running.insert(number);
        } else {
            self.running.remove(&number);
        }
        if let Shown::Bar(bar) = &self.shown {
            bar.set_message(self.words());
        }
    }

    /// The best value, and how many trials are running.
    fn words(&self) -> String {
        let running = (!self.running.is_empty()).then(|| format!("{} running", self.running.len()));
        self.best.iter().cloned().chain(running).collect::<Vec<_>>().join(", ")
    }

    fn trial_ended(
        &mut self,
        trial: &TrialRecord,
        best: Option<&TrialRecord>,
        improved: bool,
        finished: u64,
        target: u64,
    ) {
        let best = best.and_then(|best| Some(format!("best {:.6} (trial {})", best.value()?, best.number)));
        self.best = best.or(self.best.take());
        let (words, left) = (self.words(), self.left(finished, target));
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_position(finished);
                if trial.state == State::Failed {
                    bar.println(failure(trial));
                }
                bar.set_message(words);
            }
            Shown::Lines(last) if improved || trial.state == State::Failed || last.elapsed() > QUIET => {
                *last = Instant::now();
                let words = if trial.state == State::Failed { failure(trial) } else { words };
                let of = if target == u64::MAX { String::new() } else { format!("/{target}") };
                line(&format!("{finished}{of} {words}{left}"));
            }
            Shown::Lines(_) | Shown::Nothing => {}
        }
    }

    /// How long the rest will take, if it goes on as it went so far.
    fn left(&self, finished: u64, target: u64) -> String {
        let Some((started, before)) = self.begin.filter(|begin| target != u64::MAX && finished > begin.1) else {
            return String::new();
        };
        let each = started.elapsed().as_secs_f64() / (finished - before) as f64;
        let left = Duration::from_secs_f64((each * target.saturating_sub(finished) as f64).round());
        if left.is_zero() { String::new() } else { format!(", {} left", HumanDuration(left)) }
    }

    fn close(&mut self, words: &str) {
        match &self.shown {
            Shown::Bar(bar) => bar.abandon_with_message(words.to_owned()),
            Shown::Lines(_) => line(words),
            Shown::Nothing => {}
        }
        *self = Self::default();
    }
}

fn failure(trial: &TrialRecord) -> String {
    format!("trial {} failed: {}", trial.number, trial.message.as_deref().unwrap_or("without a message"))
}

/// A reader that has gone away is no reason to end a search.
fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_the_best_and_how_many_are_running() {
        let mut view = View::default();
        assert_eq!(view.words(), "");
        view.runs(3, true);
        view.runs(4, true);
        view.runs(4, true);
        assert_eq!(view.words(), "2 running", "a trial that is tried again is one");
        view.best = Some("best 0.25 (trial 1)".to_owned());
        view.runs(3, false);
        assert_eq!(view.words(), "best 0.25 (trial 1), 1 running");
    }

    #[test]
    fn the_time_left_follows_from_the_trials_of_this_run() {
        let hour = Instant::now().checked_sub(Duration::from_secs(3_600)).expect("the machine is up for longer");
        let view = View { begin: Some((hour, 10)), ..View::default() };
        assert_eq!(view.left(12, 14), ", 60 minutes left", "two took an hour, two are left");
        assert_eq!(view.left(14, 14), "");
        assert_eq!(view.left(10, 14), "", "nothing is known yet");
        assert_eq!(view.left(12, u64::MAX), "", "there is no end");
    }
}

//! Progress of a run on standard error: a bar on a terminal, plain lines in a pipe.
//!
//! The user asks for it, as for any callback; the library never prints by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::callback::{Callback, Flow, RunEvent};
use crate::numeric::format::significant;
use crate::space::counted;
use crate::sync::lock;
use crate::terminal::one_line;
use crate::trial::{State, TrialRecord};

/// A callback that shows the progress of a run, with the best value so far, the time left and the
/// number of running trials. It shows a bar if standard error is a terminal. Otherwise it prints a
/// line at each improvement, and at most one every ten seconds besides.
#[derive(Debug, Default)]
pub struct Progress {
    view: Mutex<View>,
}

#[derive(Debug, Default)]
struct View {
    shown: Shown,
    /// The numbers of the running trials.
    running: BTreeSet<u64>,
    /// The best value, in words.
    best: Option<String>,
    /// The number of occurrences of each failure, by its message without digits.
    failures: BTreeMap<String, u64>,
    /// The time at which the run began, and the number of trials that had ended then.
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

/// The interval at which the bar is drawn even without news.
const TICK: Duration = Duration::from_millis(200);

impl Progress {
    /// Creates a progress display on standard error.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Callback for Progress {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut view = lock(&self.view);
        match event {
            RunEvent::Started { study, trials, target, plan, .. } => {
                if let Some(plan) = plan {
                    line(plan);
                }
                *view = View::open(&one_line(study), *trials, *target);
            }
            RunEvent::TrialStarted { number, .. } => view.runs(*number, true),
            RunEvent::TrialPaused { number, .. } => view.runs(*number, false),
            RunEvent::TrialEnded { trial, best, improved, finished, target } => {
                view.runs(trial.number, false);
                view.trial_ended(trial, *best, *improved, *finished, *target);
            }
            RunEvent::Ended { run, elapsed } => view.close(&format!("{run} ({elapsed:.1?})")),
            RunEvent::Continued { work } => line(&one_line(work)),
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
        // The clock goes on while a config is being chosen or a trial runs for long.
        bar.enable_steady_tick(TICK);
        let view = Self { shown: Shown::Bar(bar), begin, ..Self::default() };
        view.show_status();
        view
    }

    fn runs(&mut self, number: u64, runs: bool) {
        if runs {
            self.running.insert(number);
        } else {
            self.running.remove(&number);
        }
        self.show_status();
    }

    fn show_status(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.set_message(self.status());
        }
    }

    /// Returns the text beside the bar: the best value, and the present activity.
    fn status(&self) -> String {
        let words = self.words();
        match (words.is_empty(), self.running.is_empty()) {
            (_, false) => words,
            (true, true) => "choosing a config".to_owned(),
            (false, true) => format!("{words}, choosing a config"),
        }
    }

    /// Returns the best value and the number of running trials, in words.
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
        let shown = |best: &TrialRecord| {
            Some(format!("best {} (trial {})", significant(best.value()?, 6), best.number))
        };
        let best = best.and_then(shown);
        self.best = best.or(self.best.take());
        let (words, status, left) = (self.words(), self.status(), self.left(finished, target));
        let failure = match trial.state {
            State::Failed => self.failure(trial.number, trial.message.as_deref()),
            _ => None,
        };
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_position(finished);
                if let Some(failure) = failure {
                    bar.println(failure);
                }
                bar.set_message(status);
            }
            Shown::Lines(last) if improved || failure.is_some() || last.elapsed() > QUIET => {
                *last = Instant::now();
                let words = failure.unwrap_or(words);
                let of = if target == u64::MAX { String::new() } else { format!("/{target}") };
                line(&format!("{finished}{of} {words}{left}"));
            }
            Shown::Lines(_) | Shown::Nothing => {}
        }
    }

    /// Describes a failure. If it differs from an earlier one only in numbers, it is shown again at
    /// its tenth, hundredth, .. time.
    fn failure(&mut self, number: u64, message: Option<&str>) -> Option<String> {
        let message = message.unwrap_or("without a message");
        let kind =
            message.split(|letter: char| letter.is_ascii_digit()).filter(|part| !part.is_empty());
        let times = self.failures.entry(kind.collect()).or_default();
        *times += 1;
        let again = if *times > 1 { format!(" ({times} times so far)") } else { String::new() };
        let is_told = 10_u64.pow(times.ilog10()) == *times;
        is_told.then(|| format!("trial {number} failed: {}{again}", one_line(message)))
    }

    /// Estimates the remaining time at the pace so far.
    fn left(&self, finished: u64, target: u64) -> String {
        let Some((started, before)) =
            self.begin.filter(|begin| target != u64::MAX && finished > begin.1)
        else {
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

/// Prints a line. A reader that has gone away is no reason to end a search.
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
    fn the_bar_tells_that_a_config_is_being_chosen() {
        let mut view = View::default();
        assert_eq!(view.status(), "choosing a config");
        view.runs(0, true);
        assert_eq!(view.status(), "1 running");
        view.best = Some("best 0.25 (trial 0)".to_owned());
        view.runs(0, false);
        assert_eq!(view.status(), "best 0.25 (trial 0), choosing a config");
    }

    #[test]
    fn a_failure_that_comes_again_is_told_now_and_then() {
        let mut view = View::default();
        let failure =
            |view: &mut View, number: u64, message: &str| view.failure(number, Some(message));
        let logged: Vec<u64> = (0..300)
            .filter(|number| failure(&mut view, *number, &format!("no row {number}")).is_some())
            .collect();
        assert_eq!(logged, [0, 9, 99]);
        assert_eq!(
            failure(&mut view, 300, "no memory").unwrap(),
            "trial 300 failed: no memory",
            "another kind"
        );
        let last =
            (301..1_001).find_map(|number| failure(&mut view, number, &format!("no row {number}")));
        assert_eq!(last.unwrap(), "trial 1000 failed: no row 1000 (1000 times so far)");
    }

    #[test]
    fn the_time_left_follows_from_the_trials_of_this_run() {
        let hour = Instant::now()
            .checked_sub(Duration::from_secs(3_600))
            .expect("the machine is up for longer");
        let view = View { begin: Some((hour, 10)), ..View::default() };
        assert_eq!(view.left(12, 14), ", 60 minutes left", "two took an hour, two are left");
        assert_eq!(view.left(14, 14), "");
        assert_eq!(view.left(10, 14), "", "nothing is known yet");
        assert_eq!(view.left(12, u64::MAX), "", "there is no end");
    }
}

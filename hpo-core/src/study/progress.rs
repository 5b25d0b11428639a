//! Progress of a run, on standard error: a bar on a terminal, plain lines in a pipe.
//!
//! The user asks for it, as for any callback; the library never prints by itself.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::callback::{Callback, Flow, Notice};
use crate::trial::{State, TrialRecord};

/// Shows the progress of a run: a bar with the best value so far and the time left where standard error is a terminal;
/// elsewhere a line at each improvement, and at most one every ten seconds besides.
#[derive(Debug, Default)]
pub struct Progress {
    view: Mutex<View>,
}

#[derive(Debug, Default)]
enum View {
    #[default]
    Unopened,
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
            Notice::TrialEnded { trial, best, improved, finished, target } => {
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
        if !std::io::stderr().is_terminal() {
            let of = if target == u64::MAX { String::new() } else { format!(" of {target}") };
            line(&format!("{study}: {trials}{of} trials"));
            return View::Lines(Instant::now());
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
        View::Bar(bar)
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
        match self {
            View::Bar(bar) => {
                bar.set_position(finished);
                if trial.state == State::Failed {
                    bar.println(failure(trial));
                }
                if let Some(best) = best {
                    bar.set_message(best);
                }
            }
            View::Lines(last) if improved || trial.state == State::Failed || last.elapsed() > QUIET => {
                *last = Instant::now();
                let word = if trial.state == State::Failed { failure(trial) } else { best.unwrap_or_default() };
                let of = if target == u64::MAX { String::new() } else { format!("/{target}") };
                line(&format!("{finished}{of} {word}"));
            }
            View::Lines(_) | View::Unopened => {}
        }
    }

    fn close(&mut self, words: &str) {
        match self {
            View::Bar(bar) => bar.abandon_with_message(words.to_owned()),
            View::Lines(_) => line(words),
            View::Unopened => {}
        }
        *self = View::Unopened;
    }
}

fn failure(trial: &TrialRecord) -> String {
    format!("trial {} failed: {}", trial.number, trial.message.as_deref().unwrap_or("without a message"))
}

/// A reader that has gone away is no reason to end a search.
fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

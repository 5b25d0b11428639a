//! The end of a trial: counts it, calls the callbacks, and deletes checkpoints that are no longer
//! needed.

use std::sync::atomic::Ordering;

use super::Runner;
use super::callback::{Flow, RunEvent};
use super::failures::{FEWEST_FAILURES, Failures};
use super::settings::Tolerance;
use crate::checkpoint::CheckpointKind;
use crate::error::{Error, Result};
use crate::sync::lock;
use crate::trial::State;

/// The default number of trials whose best checkpoints are kept.
const KEPT_CHECKPOINTS: usize = 10;

impl Runner<'_> {
    /// Counts an ended trial and calls the callbacks.
    pub(super) fn ended(&self, number: u64, state: State) -> Result<()> {
        let index = match state {
            State::Complete => 0,
            State::Pruned => 1,
            _ => 2,
        };
        self.counts[index].fetch_add(1, Ordering::Relaxed);
        self.prune_checkpoints()?;
        if self.settings.callbacks.is_empty() { Ok(()) } else { self.notify_trial_end(number) }
    }

    /// Returns an error if a failed trial exceeds the number of failures allowed in a row.
    pub(super) fn give_up_after_failures(&self, position: u64, number: u64) -> Result<()> {
        let tolerance = self.settings.tolerance;
        let Failures { count, first, at_first } =
            self.shared().streak.record_failure(position, number);
        let most = if at_first { tolerance.at_first } else { tolerance.later };
        if count < most { Ok(()) } else { self.failures(count, first) }
    }

    /// Returns an error at the end of a run if all trials of the study have failed, even if there
    /// are few.
    pub(super) fn give_up_at_the_end(&self) -> Result<()> {
        let is_anything =
            |state: State| matches!(state, State::Complete | State::Pruned | State::Paused);
        let failed = self.oracle.with_trials(|trials| {
            let states =
                (0..trials.len()).filter_map(|number| Some((number, trials.state(number)?)));
            if states.clone().any(|(_, state)| is_anything(state)) {
                return Vec::new();
            }
            states.filter(|(_, state)| *state == State::Failed).map(|(number, _)| number).collect()
        })?;
        match failed.first() {
            Some(first)
                if failed.len() as u64 >= FEWEST_FAILURES
                    && self.settings.tolerance == Tolerance::default() =>
            {
                self.failures(failed.len() as u64, *first)
            }
            _ => Ok(()),
        }
    }

    fn failures(&self, count: u64, first: u64) -> Result<()> {
        let message = self
            .oracle
            .with_trials(|trials| trials.message(first).unwrap_or_default().to_owned())?;
        Err(Error::ConsecutiveFailures { count, first, message })
    }

    /// Deletes the checkpoints that are no longer needed. Complete trials among the best keep only
    /// their best one; other ended trials keep none.
    fn prune_checkpoints(&self) -> Result<()> {
        let checkpoints = &self.oracle.checkpoints;
        let numbers = checkpoints.trials();
        if numbers.is_empty() {
            return Ok(());
        }
        let keep = self.settings.keep_checkpoints.unwrap_or(KEPT_CHECKPOINTS);
        let (best, ended) = self.oracle.with_trials(|trials| {
            let best = trials.best_among(self.oracle.directions(), self.oracle.counting(trials));
            let best: Vec<u64> = best.into_iter().take(keep).collect();
            let is_open =
                |number: &u64| trials.state(*number).is_some_and(|state| !state.is_finished());
            (best, numbers.into_iter().filter(|number| !is_open(number)).collect::<Vec<_>>())
        })?;
        for number in ended {
            checkpoints
                .remove(number, |kind| kind != CheckpointKind::Best || !best.contains(&number))?;
        }
        Ok(())
    }

    fn notify_trial_end(&self, number: u64) -> Result<()> {
        let Some(trial) = self.oracle.trial(number)?.filter(|trial| trial.state.is_finished())
        else {
            return Ok(());
        };
        let finished = self.oracle.with_trials(|trials| trials.finished().len() as u64)?;
        let mut shared = self.shared();
        let improved = match self.oracle.directions() {
            [direction] => trial.is_better(*direction, shared.best.as_ref()),
            _ => false,
        };
        if improved {
            let _ =
                self.notify(&RunEvent::Improved { trial: &trial, former: shared.best.as_ref() });
            shared.best = Some(trial.clone());
        }
        let best = shared.best.as_ref();
        let event =
            RunEvent::TrialEnded { trial: &trial, best, improved, finished, target: self.target };
        // This call is made under the lock, so that no older best trial follows a newer one.
        let _ = self.notify(&event);
        Ok(())
    }

    pub(super) fn announce(&self) -> Result<()> {
        if self.settings.callbacks.is_empty() {
            return Ok(());
        }
        if let [_] = self.oracle.directions() {
            self.shared().best = self.oracle.best_trials(1)?.pop();
        }
        let trials = self.oracle.with_trials(|trials| trials.finished().len() as u64)?;
        let (study, directions, flat) =
            (self.oracle.name(), self.oracle.directions(), self.oracle.flat_space());
        let (metrics, plan) = (self.oracle.metric_names(), self.oracle.plan());
        let (plan, target) = (plan.as_deref(), self.target);
        let _ = self.notify(&RunEvent::Started {
            study,
            directions,
            metrics,
            flat,
            plan,
            trials,
            target,
        });
        Ok(())
    }

    /// Calls all callbacks, and returns what they want for the trial. A request to stop the run is
    /// handled here.
    pub(super) fn notify(&self, event: &RunEvent<'_>) -> Flow {
        let mut flow = Flow::Continue;
        if self.settings.callbacks.is_empty() {
            return flow;
        }
        let _one_at_a_time = lock(&self.notifying);
        for callback in &self.settings.callbacks {
            match callback.notice(event) {
                Flow::Continue => {}
                Flow::Stop => self.stop.store(true, Ordering::Relaxed),
                Flow::EndTrial => flow = Flow::EndTrial,
            }
        }
        flow
    }
}

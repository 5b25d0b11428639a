//! The rule by which a run gives up: all its first trials have failed, too many have failed in a
//! row, or all trials of the study have failed at its end.

use std::collections::BTreeMap;

/// The number of failed trials from which a study without any other trials is an error at the end
/// of a run, unless the user has set how many failures are allowed.
pub(super) const FEWEST_FAILURES: u64 = 2;

/// A row of failures, without another trial between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failures {
    /// The number of failures.
    pub(super) count: u64,
    /// The number of the first of these trials.
    pub(super) first: u64,
    /// True if the run began with them.
    pub(super) at_first: bool,
}

/// The trials of a run, in the order in which they started.
///
/// The order in which they ended would not work: trials that fail at once would form a row while
/// good ones are still running.
#[derive(Debug, Default)]
pub(super) struct FailureStreak {
    begun: u64,
    /// The earliest trial that is still running, and all later ones, by their position.
    open: BTreeMap<u64, Stage>,
    /// The numbers of the failed trials directly before those in `open`.
    trailing: Vec<u64>,
    /// True if an earlier trial was not a failure.
    had_success: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    /// The trial with this number has failed.
    Failed(u64),
    Succeeded,
}

impl FailureStreak {
    /// Adds a trial that starts, and returns its position.
    pub(super) fn begin(&mut self) -> u64 {
        let position = self.begun;
        self.begun += 1;
        self.open.insert(position, Stage::Running);
        position
    }

    /// Removes a trial that goes back to the queue: it will get another position.
    pub(super) fn remove(&mut self, position: u64) {
        self.open.remove(&position);
        self.drop_ended();
    }

    /// Records that the trial was not a failure: it had a value, a decision, or a pause.
    pub(super) fn record_success(&mut self, position: u64) {
        self.open.insert(position, Stage::Succeeded);
        self.drop_ended();
    }

    /// Records that trial `number` has failed. Returns the row of failures around it, without
    /// another trial between them.
    pub(super) fn record_failure(&mut self, position: u64, number: u64) -> Failures {
        self.open.insert(position, Stage::Failed(number));
        let failed = |(_, stage): (&u64, &Stage)| {
            if let Stage::Failed(number) = stage { Some(*number) } else { None }
        };
        let mut before: Vec<u64> = self.open.range(..=position).rev().map_while(failed).collect();
        let reaches_trailing = before.len() == self.open.range(..=position).count();
        if reaches_trailing {
            before.extend(self.trailing.iter().rev());
        }
        let after = self.open.range(position + 1..).map_while(failed).count();
        let first = before.last().copied().unwrap_or(number);
        let count = (before.len() + after) as u64;
        self.drop_ended();
        Failures { count, first, at_first: reaches_trailing && !self.had_success }
    }

    /// Drops the trials before the earliest running one, and keeps only the row of failures at
    /// their end.
    fn drop_ended(&mut self) {
        while let Some(entry) = self.open.first_entry() {
            match *entry.get() {
                Stage::Running => return,
                Stage::Failed(number) => self.trailing.push(number),
                Stage::Succeeded => {
                    self.trailing.clear();
                    self.had_success = true;
                }
            }
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_one_after_another_are_a_row() {
        let mut streak = FailureStreak::default();
        for number in 5..9 {
            let position = streak.begin();
            let failures = streak.record_failure(position, number);
            assert_eq!(failures, Failures { count: number - 4, first: 5, at_first: true });
        }
        let position = streak.begin();
        streak.record_success(position);
        let position = streak.begin();
        assert_eq!(
            streak.record_failure(position, 10),
            Failures { count: 1, first: 10, at_first: false }
        );
    }

    #[test]
    fn trials_that_still_run_are_between() {
        let mut streak = FailureStreak::default();
        let positions: Vec<u64> = (0..7).map(|_| streak.begin()).collect();
        let count = |streak: &mut FailureStreak, position: usize| {
            streak.record_failure(positions[position], position as u64).count
        };
        assert_eq!(
            [
                count(&mut streak, 1),
                count(&mut streak, 2),
                count(&mut streak, 4),
                count(&mut streak, 5)
            ],
            [1, 2, 1, 2]
        );
        assert_eq!(
            streak.record_failure(positions[3], 3),
            Failures { count: 5, first: 1, at_first: false }
        );
        assert_eq!(
            streak.record_failure(positions[0], 0),
            Failures { count: 6, first: 0, at_first: true }
        );
        streak.record_success(positions[6]);
        assert!(
            streak.open.is_empty() && streak.trailing.is_empty(),
            "nothing is kept of what has ended"
        );
    }

    #[test]
    fn what_goes_back_to_the_queue_is_not_between() {
        let mut streak = FailureStreak::default();
        let positions: Vec<u64> = (0..3).map(|_| streak.begin()).collect();
        let _ = streak.record_failure(positions[0], 0);
        streak.remove(positions[1]);
        assert_eq!(streak.record_failure(positions[2], 2).count, 2);
    }
}

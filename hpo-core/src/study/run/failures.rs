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
pub(super) struct Row {
    begun: u64,
    /// The earliest trial that is still running, and all later ones, by their place.
    open: BTreeMap<u64, Stage>,
    /// The numbers of the failed trials directly before those in `open`.
    settled: Vec<u64>,
    /// True if an earlier trial was not a failure.
    is_broken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    /// The trial with this number has failed.
    Failed(u64),
    Fine,
}

impl Row {
    /// Adds a trial that starts, and returns its place.
    pub(super) fn begin(&mut self) -> u64 {
        let place = self.begun;
        self.begun += 1;
        self.open.insert(place, Stage::Running);
        place
    }

    /// Removes a trial that goes back to the queue: it will get another place.
    pub(super) fn leave(&mut self, place: u64) {
        self.open.remove(&place);
        self.settle();
    }

    /// Records that the trial was not a failure: it had a value, a verdict, or a pause.
    pub(super) fn is_fine(&mut self, place: u64) {
        self.open.insert(place, Stage::Fine);
        self.settle();
    }

    /// Records that trial `number` has failed. Returns the row of failures around it, without
    /// another trial between them.
    pub(super) fn has_failed(&mut self, place: u64, number: u64) -> Failures {
        self.open.insert(place, Stage::Failed(number));
        let failed = |(_, stage): (&u64, &Stage)| {
            if let Stage::Failed(number) = stage { Some(*number) } else { None }
        };
        let mut before: Vec<u64> = self.open.range(..=place).rev().map_while(failed).collect();
        let reaches_settled = before.len() == self.open.range(..=place).count();
        if reaches_settled {
            before.extend(self.settled.iter().rev());
        }
        let after = self.open.range(place + 1..).map_while(failed).count();
        let first = before.last().copied().unwrap_or(number);
        let count = (before.len() + after) as u64;
        self.settle();
        Failures { count, first, at_first: reaches_settled && !self.is_broken }
    }

    /// Drops the trials before the earliest running one, and keeps only the row of failures at
    /// their end.
    fn settle(&mut self) {
        while let Some(entry) = self.open.first_entry() {
            match *entry.get() {
                Stage::Running => return,
                Stage::Failed(number) => self.settled.push(number),
                Stage::Fine => {
                    self.settled.clear();
                    self.is_broken = true;
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
        let mut row = Row::default();
        for number in 5..9 {
            let place = row.begin();
            let failures = row.has_failed(place, number);
            assert_eq!(failures, Failures { count: number - 4, first: 5, at_first: true });
        }
        let place = row.begin();
        row.is_fine(place);
        let place = row.begin();
        assert_eq!(row.has_failed(place, 10), Failures { count: 1, first: 10, at_first: false });
    }

    #[test]
    fn trials_that_still_run_are_between() {
        let mut row = Row::default();
        let places: Vec<u64> = (0..7).map(|_| row.begin()).collect();
        let count = |row: &mut Row, place: usize| row.has_failed(places[place], place as u64).count;
        assert_eq!(
            [count(&mut row, 1), count(&mut row, 2), count(&mut row, 4), count(&mut row, 5)],
            [1, 2, 1, 2]
        );
        assert_eq!(row.has_failed(places[3], 3), Failures { count: 5, first: 1, at_first: false });
        assert_eq!(row.has_failed(places[0], 0), Failures { count: 6, first: 0, at_first: true });
        row.is_fine(places[6]);
        assert!(row.open.is_empty() && row.settled.is_empty(), "nothing is kept of what has ended");
    }

    #[test]
    fn what_goes_back_to_the_queue_is_not_between() {
        let mut row = Row::default();
        let places: Vec<u64> = (0..3).map(|_| row.begin()).collect();
        let _ = row.has_failed(places[0], 0);
        row.leave(places[1]);
        assert_eq!(row.has_failed(places[2], 2).count, 2);
    }
}

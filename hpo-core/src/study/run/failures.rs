//! When a run gives up: its first trials have all failed, or too many have failed in a row, or all of them at its end.

use std::collections::BTreeMap;

/// Of a run with so many trials or more, all failing is an error at its end, unless the user has said how many may.
pub(super) const FEWEST_FAILURES: u64 = 2;

/// Failures in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failures {
    /// How many.
    pub(super) count: u64,
    /// The number of the first of these trials.
    pub(super) first: u64,
    /// Whether the run began with them.
    pub(super) at_first: bool,
}

/// The trials of a run, in the order in which they began.
///
/// In the order of their ends, trials that fail at once would stand in a row while good ones take their time beside them.
#[derive(Debug, Default)]
pub(super) struct Row {
    begun: u64,
    /// The earliest trial that is still running, and all that began later.
    open: BTreeMap<u64, Stage>,
    /// The failures right before these.
    settled: Vec<u64>,
    /// Whether a trial before these has come to something.
    is_broken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    /// With its number.
    Failed(u64),
    Fine,
}

impl Row {
    /// A trial begins; its place in the row.
    pub(super) fn begin(&mut self) -> u64 {
        let place = self.begun;
        self.begun += 1;
        self.open.insert(place, Stage::Running);
        place
    }

    /// The trial goes back to the queue: it will have another place.
    pub(super) fn leave(&mut self, place: u64) {
        self.open.remove(&place);
        self.settle();
    }

    /// The trial has come to something: a value, a verdict, a pause.
    pub(super) fn is_fine(&mut self, place: u64) {
        self.open.insert(place, Stage::Fine);
        self.settle();
    }

    /// The trial with this number has failed; all failures around it without another trial between.
    pub(super) fn has_failed(&mut self, place: u64, number: u64) -> Failures {
        self.open.insert(place, Stage::Failed(number));
        let failed = |(_, stage): (&u64, &Stage)| if let Stage::Failed(number) = stage { Some(*number) } else { None };
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

    /// Trials before the earliest running one need not be known one by one.
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
        assert_eq!([count(&mut row, 1), count(&mut row, 2), count(&mut row, 4), count(&mut row, 5)], [1, 2, 1, 2]);
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

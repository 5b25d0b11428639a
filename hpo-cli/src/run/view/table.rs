//! The lines of the live table.

use std::time::{Duration, Instant};

use super::{Board, Row};
use crate::run::quantity::{bytes_in_words, time_in_words};

/// The largest number of running trials that are shown.
const MOST_ROWS: usize = 20;

impl Board {
    /// Returns the lines of the table: a summary, and the running trials.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = vec![self.summary()];
        if !self.running.is_empty() {
            let metric = if self.metric.is_empty() { "value" } else { &self.metric };
            lines.push(row(["trial", "step", metric, "age", "memory"], "config"));
        }
        let shown = self.running.iter().take(MOST_ROWS);
        lines.extend(shown.map(|(number, trial)| trial.line(*number)));
        if let Some(more @ 1..) = self.running.len().checked_sub(MOST_ROWS) {
            lines.push(format!("and {more} more"));
        }
        lines.iter().map(|line| line.chars().take(width.max(1)).collect()).collect()
    }

    fn summary(&self) -> String {
        let of = match self.target {
            u64::MAX => String::new(),
            target => format!(" of {target}"),
        };
        let trials = format!("{}: {}{of} trials", self.study, self.finished);
        let best = self.best.map(|(number, value)| format!("best {value:.6} (trial {number})"));
        let counts = [(self.pruned, "pruned"), (self.failed, "failed")];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts = counts.map(|(count, state)| format!("{count} {state}"));
        let times = self.times(Instant::now());
        let words: Vec<String> =
            [trials].into_iter().chain(best).chain(counts).chain(times).collect();
        words.join(", ")
    }

    /// Returns the time since the run began, and an estimate of the time left.
    fn times(&self, now: Instant) -> Vec<String> {
        let Some((began, before)) = self.begin else { return Vec::new() };
        let elapsed = now.saturating_duration_since(began);
        let mut words = vec![time_in_words(Duration::from_secs(elapsed.as_secs()))];
        let ended = self.finished.saturating_sub(before);
        if ended > 0 && self.target != u64::MAX {
            let each = elapsed.as_secs_f64() / ended as f64;
            let left = each * self.target.saturating_sub(self.finished) as f64;
            let left = Duration::from_secs(left.min(1e9) as u64);
            words.push(format!("about {} left", time_in_words(left)));
        }
        words
    }
}

impl Row {
    fn line(&self, number: u64) -> String {
        let step = self.step.map(|step| step.to_string()).unwrap_or_default();
        let value = self.value.map(|value| format!("{value:.6}")).unwrap_or_default();
        let age = time_in_words(Duration::from_secs(self.began.elapsed().as_secs()));
        let memory = if self.memory == 0 { String::new() } else { bytes_in_words(self.memory) };
        row([&number.to_string(), &step, &value, &age, &memory], &self.config)
    }
}

fn row(cells: [&str; 5], last: &str) -> String {
    let [trial, step, value, age, memory] = cells;
    format!("{trial:>6} {step:>6} {value:>12} {age:>8} {memory:>9}  {last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_the_terminal() {
        let mut board = Board { study: "net".to_owned(), target: 100, ..Board::default() };
        for number in 0..25 {
            let config = "lr = 0.00012345".to_owned();
            board
                .running
                .insert(number, Row { step: Some(3), value: Some(0.5), ..Row::new(config) });
        }
        let lines = board.lines(44);
        assert_eq!(lines.len(), 1 + 1 + MOST_ROWS + 1);
        assert_eq!(lines[0], "net: 0 of 100 trials");
        assert_eq!(lines[2].trim_end(), "     0      3     0.500000       0s");
        assert_eq!(lines[22], "and 5 more");
        assert!(board.lines(20).iter().all(|line| line.chars().count() <= 20));
    }

    #[test]
    fn the_time_left_follows_from_the_trials_of_this_run() {
        let now = Instant::now();
        let begin = now.checked_sub(Duration::from_secs(60)).map(|began| (began, 10));
        let board = Board { begin, finished: 12, target: 14, ..Board::default() };
        assert_eq!(board.times(now), ["1m 00s", "about 1m 00s left"]);
        let board = Board { begin, finished: 10, target: 14, ..Board::default() };
        assert_eq!(board.times(now), ["1m 00s"]);
    }
}

//! The sample of trials that is shown if there are too many, and the notes about it.

use serde::Serialize;

use crate::report::StudyView;
use crate::trial::Direction;

/// The number of trials that a figure shows, and the number of all trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The number of trials shown.
    pub shown: usize,
    /// The number of trials with finite values.
    pub of: usize,
    /// The number of further trials with an infinite value, which cannot be drawn.
    pub infinite: usize,
}

impl Shown {
    /// Returns notes on the trials that are left out; none if all are shown.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.shown < self.of {
            let (shown, of) = (grouped(self.shown), grouped(self.of));
            notes.push(format!(
                "{shown} of {of} trials shown: the best, the latest, and an even sample of the \
                 others"
            ));
        }
        match self.infinite {
            0 => {}
            1 => notes.push("1 trial with an infinite value is not shown".to_owned()),
            many => {
                notes
                    .push(format!("{} trials with an infinite value are not shown", grouped(many)));
            }
        }
        notes
    }
}

/// Returns the number with a comma between thousands: `100,000`.
#[must_use]
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns at most `limit` of the trials, in the given order (by number): a quarter of them the
/// best, a quarter the latest, and the rest evenly spaced among the others. The sample is
/// deterministic.
pub(crate) fn sample<T: Copy>(
    trials: &[T],
    limit: usize,
    is_better: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> Vec<T> {
    if trials.len() <= limit {
        return trials.to_vec();
    }
    let mut is_kept = vec![false; trials.len()];
    let mut order: Vec<usize> = (0..trials.len()).collect();
    order.sort_by(|a, b| is_better(&trials[*a], &trials[*b]));
    for index in order.into_iter().take(limit / 4) {
        is_kept[index] = true;
    }
    for flag in is_kept.iter_mut().rev().take(limit / 4) {
        *flag = true;
    }
    let kept_count = is_kept.iter().filter(|kept| **kept).count();
    let others: Vec<usize> = (0..trials.len()).filter(|index| !is_kept[*index]).collect();
    let room = limit - kept_count;
    for index in 0..room {
        is_kept[others[index * others.len() / room]] = true;
    }
    trials.iter().zip(is_kept).filter(|(_, kept)| *kept).map(|(trial, _)| *trial).collect()
}

/// Returns at most `limit` complete trials with a finite value of an objective, and the counts of
/// the sample.
pub(super) fn finite(
    view: &StudyView<'_>,
    objective: usize,
    limit: usize,
) -> (Vec<(u64, f64)>, Shown) {
    let all: Vec<(u64, f64)> = view.complete(objective).collect();
    let finite: Vec<(u64, f64)> =
        all.iter().copied().filter(|(_, value)| value.is_finite()).collect();
    let direction = direction(view, objective);
    let sampled = sample(&finite, limit, |a, b| direction.order(a.1, b.1));
    let shown =
        Shown { shown: sampled.len(), of: finite.len(), infinite: all.len() - finite.len() };
    (sampled, shown)
}

/// Returns the direction of an objective.
pub(super) fn direction(view: &StudyView<'_>, objective: usize) -> Direction {
    view.directions.get(objective).copied().unwrap_or(Direction::Minimize)
}

/// Returns the values' name for use in a title: `the value`, or the name of the metric.
pub(super) fn value_phrase(value: &str) -> String {
    if value == "value" { "the value".to_owned() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_the_best_and_the_latest_and_spreads_over_the_rest() {
        let trials: Vec<u64> = (0..1000).collect();
        let nearest = |a: &u64, b: &u64| a.abs_diff(300).cmp(&b.abs_diff(300));
        let sampled = sample(&trials, 100, nearest);
        assert_eq!(sampled.len(), 100);
        assert!((288..=312).all(|best| sampled.contains(&best)), "the best 25 are kept");
        assert!((975..1000).all(|latest| sampled.contains(&latest)), "the latest 25 are kept");
        assert_eq!(sampled[0], 0);
        assert!(
            sampled.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] < 50),
            "no large gap: {sampled:?}"
        );
        assert_eq!(sample(&trials, 1000, nearest), trials);
    }

    #[test]
    fn what_is_not_shown_is_said() {
        let shown = Shown { shown: 1000, of: 100_000, infinite: 1 };
        assert!(
            shown.notes()[0].starts_with("1,000 of 100,000 trials shown"),
            "{:?}",
            shown.notes()
        );
        assert_eq!(shown.notes()[1], "1 trial with an infinite value is not shown");
        assert!(Shown { shown: 3, of: 3, infinite: 0 }.notes().is_empty());
    }
}

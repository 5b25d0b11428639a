//! The best of many noisy values is better than what its config is worth (selection bias): what to expect of it instead.
//!
//! That is the mean of the config's runs, if there were several, with the spread of all configs that were run more than once. Where none was
//! run again, nothing is said: how much of a value is noise cannot be told from runs of different configs without a belief about the function.

use std::collections::HashMap;

use super::Advice;
use crate::report::Subject;
use crate::report::importance::Data;

/// Two-sided, 95 % of a normal distribution.
const QUANTILE: f64 = 1.96;
/// By how many of its own standard deviations the expectation has to be worse, to be worth a sentence.
const LEAST_BIAS: f64 = 0.5;
/// Degrees of freedom from which on a spread is believed.
const FEWEST_REPEATS: usize = 5;

pub(super) fn mistrust(subject: &Subject<'_>, data: &Data) -> Option<Advice> {
    let (observed, mean, deviation, runs) = by_repeats(subject, data)?;
    if mean - observed <= LEAST_BIAS * deviation {
        return None;
    }
    let value = |loss| data.direction.loss(loss);
    let ends = [mean - QUANTILE * deviation, mean + QUANTILE * deviation].map(value);
    let interval = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    Some(Advice::Mistrust { observed: value(observed), expected: value(mean), interval, runs })
}

/// The lowest loss, what is expected of its config, the deviation of that, and how often the config was run.
type Expectation = (f64, f64, f64, u64);

fn by_repeats(subject: &Subject<'_>, data: &Data) -> Option<Expectation> {
    let key = |number: u64| -> Vec<(u32, u64)> {
        subject.trials.params(number).map(|(id, value)| (id.0, value.bits())).collect()
    };
    let mut groups: HashMap<Vec<(u32, u64)>, Vec<f64>> = HashMap::new();
    for (number, loss) in data.numbers.iter().zip(&data.losses) {
        groups.entry(key(*number)).or_default().push(*loss);
    }
    // Of equally good ones the first.
    let best = (0..data.losses.len()).min_by(|a, b| data.losses[*a].total_cmp(&data.losses[*b]))?;
    let (observed, own) = (data.losses[best], &groups[&key(data.numbers[best])]);
    let free: usize = groups.values().map(|losses| losses.len() - 1).sum();
    if own.len() < 2 || free < FEWEST_REPEATS {
        return None;
    }
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let squares = |losses: &Vec<f64>| losses.iter().map(|loss| (loss - mean(losses)).powi(2)).sum::<f64>();
    let mut sums: Vec<f64> = groups.values().map(squares).collect();
    // In a fixed order, whatever the hash map's.
    sums.sort_unstable_by(f64::total_cmp);
    let variance = sums.iter().sum::<f64>() / free as f64;
    let runs = own.len() as u64;
    Some((observed, mean(own), (variance / runs as f64).sqrt(), runs))
}

//! An unbiased estimate of the score of a selected config.
//!
//! The cross-validated score of the best of many configs is optimistic: it was chosen because it is
//! high. The correction bootstraps the rows of the out-of-fold predictions: in each sample, the
//! best config on the drawn rows is scored on the rows that were not drawn
//! ([Tsamardinos, Greasidou & Borboudakis 2018](https://doi.org/10.1007/s10994-018-5714-4)). It
//! needs no further fits.

use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::{RngExt, SeedableRng};

use super::shares;
use crate::features::Targets;
use crate::metric::{Metric, RegressionMetric};
use crate::score_estimate::ScoreEstimate;
use crate::table_metric::TableMetric;

/// The smallest number of rows from which a score is estimated.
const LEAST_ROWS: usize = 20;

/// The number of bootstrap samples.
const SAMPLES: usize = 200;

/// The smallest number of samples from which a score is estimated.
const LEAST_SAMPLES: usize = 20;

/// The number of draws after which no more samples with rows of each class are looked for.
const MOST_DRAWS: usize = 1_000;

const UNKNOWN: ScoreEstimate = ScoreEstimate { score: f64::NAN, low: f64::NAN, high: f64::NAN };

/// The ratio of two standard deviations: that of the score on new rows, a third as many, around the
/// score of this table (4/n), and that of the score on the 36.8 % of rows that a bootstrap sample
/// leaves out around the score of all rows (1.72/n).
const WIDENING: f64 = 1.53;

/// Estimates the score of the best config from the out-of-fold predictions of several.
pub(super) fn estimate(
    metric: TableMetric,
    targets: &Targets,
    configs: &[&[f64]],
    seed: u64,
) -> ScoreEstimate {
    let rows = targets.len();
    let outputs = targets.outputs();
    if rows < LEAST_ROWS {
        return UNKNOWN;
    }
    let mut rng = StdRng::seed_from_u64(seed);
    let mut scores = Vec::with_capacity(SAMPLES);
    for _ in 0..MOST_DRAWS {
        if scores.len() == SAMPLES {
            break;
        }
        let mut drawn = vec![0_u32; rows];
        (0..rows).for_each(|_| drawn[rng.random_range(0..rows)] += 1);
        let inside: Vec<usize> =
            (0..rows).flat_map(|row| std::iter::repeat_n(row, drawn[row] as usize)).collect();
        let outside: Vec<usize> = (0..rows).filter(|row| drawn[*row] == 0).collect();
        // A metric that compares classes needs rows of each. Without those of a rare class, which
        // is often predicted badly, the score would be too good.
        if outside.is_empty() || metric.is_pooled() && !has_all_classes(targets, &outside) {
            continue;
        }
        let score = |config: &[f64], rows: &[usize]| {
            let predicted: Vec<f64> = rows
                .iter()
                .flat_map(|row| &config[row * outputs..(row + 1) * outputs])
                .copied()
                .collect();
            metric.score(&targets.select(rows), &predicted)
        };
        let best = configs
            .iter()
            .map(|config| (score(config, &inside), *config))
            .reduce(|best, next| if metric.is_better(next.0, best.0) { next } else { best });
        let score = best.map(|(_, config)| score(config, &outside));
        scores.extend(score.filter(|score| score.is_finite()));
    }
    let estimate = summary(metric, &mut scores);
    if metric == TableMetric::Classes(Metric::Accuracy) {
        return shares::widened(estimate, rows, &mut rng);
    }
    estimate
}

/// Returns true if some of these rows have each class of the table.
fn has_all_classes(targets: &Targets, rows: &[usize]) -> bool {
    let Targets::Classes { codes, count } = targets else { return true };
    let classes = |rows: &mut dyn Iterator<Item = usize>| {
        let mut is_there = vec![false; *count];
        rows.for_each(|row| is_there[codes[row]] = true);
        is_there
    };
    classes(&mut rows.iter().copied()) == classes(&mut (0..codes.len()))
}

fn summary(metric: TableMetric, scores: &mut [f64]) -> ScoreEstimate {
    if scores.len() < LEAST_SAMPLES {
        return UNKNOWN;
    }
    scores.sort_by(f64::total_cmp);
    let score = scores.iter().sum::<f64>() / scores.len() as f64;
    let at = |share: f64| scores[((scores.len() - 1) as f64 * share).round() as usize];
    let end = |share: f64| score + WIDENING * (at(share) - score);
    let (low, high) = (end(0.025), end(0.975));
    // A share lies between 0 and 1, and R² is at most 1.
    let (least, most) = limits(metric);
    ScoreEstimate { score, low: low.max(least), high: high.min(most) }
}

fn limits(metric: TableMetric) -> (f64, f64) {
    match metric {
        TableMetric::Classes(Metric::LogLoss) => (0.0, f64::INFINITY),
        TableMetric::Classes(Metric::Mcc) => (-1.0, 1.0),
        TableMetric::Classes(_) => (0.0, 1.0),
        TableMetric::Numbers(RegressionMetric::R2 | RegressionMetric::ExplainedVariance) => {
            (f64::NEG_INFINITY, 1.0)
        }
        TableMetric::Numbers(_) => (0.0, f64::INFINITY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const F1: TableMetric = TableMetric::Classes(Metric::F1);

    /// Estimates F1 where all rows but one in ten of the common class are predicted as they are.
    fn estimated(rare: usize, rows_each: usize) -> ScoreEstimate {
        let rare_codes = (1..=rare).flat_map(|class| std::iter::repeat_n(class, rows_each));
        let codes: Vec<usize> = std::iter::repeat_n(0, 200).chain(rare_codes).collect();
        let outputs = rare + 1;
        let mut predicted = vec![0.0; codes.len() * outputs];
        for (row, code) in codes.iter().enumerate() {
            let told = if *code == 0 && row % 10 == 0 { 1 } else { *code };
            predicted[row * outputs + told] = 1.0;
        }
        estimate(F1, &Targets::Classes { codes, count: outputs }, &[&predicted], 3)
    }

    #[test]
    fn rare_classes_have_an_interval_or_an_estimate_that_is_not_known() {
        for (rare, rows_each) in [(1, 2), (2, 3), (6, 3)] {
            let ScoreEstimate { score, low, high } = estimated(rare, rows_each);
            assert!(low < score && score < high, "{rare} {rows_each}: {low} {score} {high}");
        }
        assert!(estimated(40, 1).score.is_nan());
    }
}

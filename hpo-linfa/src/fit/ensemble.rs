//! Greedy ensembles from out-of-fold predictions
//! ([Caruana et al. 2004](https://doi.org/10.1145/1015330.1015432)).

use crate::features::Targets;
use crate::stages;
use crate::table_metric::TableMetric;

/// The number of steps: each adds one member, which may be there already.
const STEPS: usize = 20;

/// Returns the weights of members, which sum to 1: members are added one by one, each time the one
/// with which the mean prediction is best. Starts with the first, which should be the best.
pub(super) fn weights(metric: TableMetric, targets: &Targets, members: &[&[f64]]) -> Vec<f64> {
    let mut counts = vec![0_usize; members.len()];
    let mut sum = vec![0.0; members[0].len()];
    let mut best_so_far: Option<(f64, f64, Vec<usize>)> = None;
    for step in 1..=STEPS {
        let share = 1.0 / step as f64;
        let mut best: Option<(f64, f64, usize)> = None;
        for (place, member) in members.iter().enumerate() {
            if step == 1 && place > 0 {
                break;
            }
            let predicted: Vec<f64> =
                sum.iter().zip(*member).map(|(sum, own)| (sum + own) * share).collect();
            let score = metric.score(targets, &predicted);
            // The loss decides between equal scores, which are frequent for few rows.
            let loss = stages::loss(targets, &predicted);
            if best.is_none_or(|best| is_better(metric, (score, loss), (best.0, best.1))) {
                best = Some((score, loss, place));
            }
        }
        let Some((score, loss, place)) = best else { break };
        counts[place] += 1;
        sum.iter_mut().zip(members[place]).for_each(|(sum, own)| *sum += own);
        let is_best = best_so_far
            .as_ref()
            .is_none_or(|best| is_better(metric, (score, loss), (best.0, best.1)));
        if is_best {
            best_so_far = Some((score, loss, counts.clone()));
        }
    }
    let counts = best_so_far.map_or(counts, |(_, _, counts)| counts);
    let total: usize = counts.iter().sum();
    counts.into_iter().map(|count| count as f64 / total.max(1) as f64).collect()
}

fn is_better(metric: TableMetric, a: (f64, f64), b: (f64, f64)) -> bool {
    metric.is_better(a.0, b.0) || a.0 == b.0 && a.1 < b.1
}

/// Returns the weighted mean of predictions.
pub(super) fn mean(weights: &[f64], members: &[&[f64]]) -> Vec<f64> {
    let mut sum = vec![0.0; members.first().map_or(0, |member| member.len())];
    for (weight, member) in weights.iter().zip(members) {
        sum.iter_mut().zip(*member).for_each(|(sum, own)| *sum += weight * own);
    }
    sum
}

//! Failures that cluster: one choice, or one side of a threshold, in which trials fail more often
//! than elsewhere.

use super::Advice;
use super::field::Field;
use crate::numeric::format::significant;
use crate::report::StudyView;
use crate::report::importance::ParamScale;
use crate::space::Domain;
use crate::trial::State;

/// The fewest failed trials in a region.
const FEWEST_FAILED: u64 = 3;
/// The least ratio of the failure rate within the region to the rate elsewhere.
const LEAST_RATIO: f64 = 3.0;
/// The significance level, over all regions together (Bonferroni correction).
const LEVEL: f64 = 0.01;
/// The number of thresholds that are tried for a numerical parameter.
const THRESHOLDS: usize = 9;

/// A region of the space, and how many of its ended trials failed.
struct Region {
    path: String,
    text: String,
    failed: u64,
    ended: u64,
}

/// Returns advice on the region with the most significant failures, or `None` if no region is
/// significant.
pub(super) fn avoid(view: &StudyView<'_>, fields: &[Field<'_>]) -> Option<Advice> {
    let ended: Vec<(u64, bool)> =
        view.trials.finished().iter().copied().filter_map(|number| outcome(view, number)).collect();
    let (all, all_failed) =
        (ended.len() as u64, ended.iter().filter(|(_, has_failed)| *has_failed).count() as u64);
    if all_failed < FEWEST_FAILED || all_failed == all {
        return None;
    }
    let regions: Vec<Region> =
        fields.iter().flat_map(|field| regions(view, field, &ended)).collect();
    let tried = regions.len() as f64;
    let chance = |region: &Region| ln_chance(region, all, all_failed);
    let clearest = regions.into_iter().min_by(|a, b| chance(a).total_cmp(&chance(b)))?;
    let (failed, ended) = (clearest.failed, clearest.ended);
    let (failed_elsewhere, ended_elsewhere) = (all_failed - failed, all - ended);
    let (rate, other) =
        (failed as f64 / ended as f64, failed_elsewhere as f64 / ended_elsewhere as f64);
    let is_clear = failed >= FEWEST_FAILED
        && rate >= LEAST_RATIO * other
        && chance(&clearest) + tried.ln() < LEVEL.ln();
    let Region { path, text: region, .. } = clearest;
    is_clear.then_some(Advice::Avoid {
        path,
        region,
        failed,
        ended,
        failed_elsewhere,
        ended_elsewhere,
    })
}

/// Returns the trial's number and true if it failed, or `None` if it had no parameters.
fn outcome(view: &StudyView<'_>, number: u64) -> Option<(u64, bool)> {
    let state = view.trials.state(number)?;
    view.trials.is_sampled(number).then_some((number, state == State::Failed))
}

/// Returns the regions of one field. A trial is outside all of them where the parameter is
/// inactive. With several parameters, it is inside if one of their values is.
fn regions(view: &StudyView<'_>, field: &Field<'_>, ended: &[(u64, bool)]) -> Vec<Region> {
    let (path, scale) = (&field.path, ParamScale::of(field.domain));
    let values = |number: u64| -> Vec<f64> {
        let values = field.params.iter().filter_map(|id| view.value(number, *id));
        values.map(|value| scale.number(value)).collect()
    };
    let known: Vec<(Vec<f64>, bool)> =
        ended.iter().map(|(number, failed)| (values(*number), *failed)).collect();
    let region = |text: String, is_in: &dyn Fn(f64) -> bool| {
        let within = || known.iter().filter(|(values, _)| values.iter().any(|value| is_in(*value)));
        let failed = within().filter(|(_, failed)| *failed).count() as u64;
        let text = if field.is_pooled() { format!("some {text}") } else { text };
        Region { path: path.clone(), text, failed, ended: within().count() as u64 }
    };
    let mut regions = match (scale, field.domain) {
        (ParamScale::Choices(_), Domain::Categorical(categorical)) => {
            let choices = categorical.choices.iter().enumerate();
            choices
                .map(|(index, label)| {
                    region(format!("`{path}` = {label}"), &|value| value == index as f64)
                })
                .collect()
        }
        (ParamScale::Number(range), _) => {
            let mut sorted: Vec<f64> =
                known.iter().flat_map(|(values, _)| values.iter().copied()).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let mut candidates = Vec::new();
            for cut in thresholds(&sorted) {
                let threshold = significant(if range.is_log { cut.exp() } else { cut }, 4);
                candidates.push(region(format!("`{path}` < {threshold}"), &|value| value < cut));
                candidates.push(region(format!("`{path}` > {threshold}"), &|value| value > cut));
            }
            candidates
        }
        _ => Vec::new(),
    };
    regions.retain(|region| region.ended > 0 && region.ended < ended.len() as u64);
    regions
}

/// Returns at most nine thresholds near the deciles, each halfway between two neighboring values.
fn thresholds(sorted: &[f64]) -> Vec<f64> {
    let mut candidates: Vec<f64> = (1..=THRESHOLDS)
        .filter_map(|tenth| {
            let low = *sorted.get((tenth * sorted.len() / (THRESHOLDS + 1)).checked_sub(1)?)?;
            let high = sorted[sorted.partition_point(|number| *number <= low)..].first()?;
            Some(low / 2.0 + high / 2.0)
        })
        .collect();
    candidates.dedup();
    candidates
}

/// Returns the logarithm of the probability that at least as many of the failures fall into the
/// region by chance: Fisher's exact test, one-sided.
fn ln_chance(region: &Region, all: u64, all_failed: u64) -> f64 {
    let most = region.ended.min(all_failed);
    let ln_one = |failed: u64| {
        if all_failed - failed > all - region.ended {
            return f64::NEG_INFINITY;
        }
        ln_choose(region.ended, failed) + ln_choose(all - region.ended, all_failed - failed)
            - ln_choose(all, all_failed)
    };
    let terms: Vec<f64> = (region.failed..=most).map(ln_one).collect();
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + terms.iter().map(|term| (term - largest).exp()).sum::<f64>().ln()
}

/// Returns the logarithm of a binomial coefficient.
fn ln_choose(of: u64, count: u64) -> f64 {
    ln_factorial(of) - ln_factorial(count) - ln_factorial(of - count)
}

/// Returns the logarithm of `n!`: exact below 10, by Stirling's series (to 1e-9) from there on.
fn ln_factorial(n: u64) -> f64 {
    if n < 10 {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    let x = n as f64 + 1.0;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + 1.0 / (12.0 * x)
        - 1.0 / (360.0 * x.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.fisher_exact([[8, 2], [1, 5]], alternative="greater")` is 0.024475524475524476.
    #[test]
    fn the_chance_is_that_of_fishers_exact_test() {
        let region = Region { path: String::new(), text: String::new(), failed: 8, ended: 10 };
        assert!((ln_chance(&region, 16, 9).exp() - 0.024_475_524_475_524).abs() < 1e-8);
    }
}

//! The interval of a share of rows, such as accuracy. A bootstrap cannot widen it for errors that
//! did not happen.
//!
//! With Jeffreys' prior, the share of right rows has a beta distribution after the rows of the
//! table; the share among new rows is beta-binomial. It is drawn, not computed.

use hpo_core::rand::RngExt;
use hpo_core::rand::rngs::StdRng;

use crate::score_estimate::ScoreEstimate;

/// The number of draws.
const DRAWS: usize = 1_000;

/// Returns the estimate with the wider of its interval and the beta-binomial one, for new rows a
/// third as many as the table has.
pub(super) fn widened(estimate: ScoreEstimate, rows: usize, rng: &mut StdRng) -> ScoreEstimate {
    if !estimate.score.is_finite() {
        return estimate;
    }
    let right = estimate.score * rows as f64;
    let new = rows.div_ceil(3);
    let mut shares: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let (a, b) = (gamma(right + 0.5, rng), gamma(rows as f64 - right + 0.5, rng));
            let share = a / (a + b);
            (0..new).filter(|_| rng.random::<f64>() < share).count() as f64 / new as f64
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    let at = |share: f64| shares[((DRAWS - 1) as f64 * share).round() as usize];
    let (low, high) = (estimate.low.min(at(0.025)), estimate.high.max(at(0.975)));
    ScoreEstimate { low, high, ..estimate }
}

/// Draws from a gamma distribution of scale 1
/// ([Marsaglia & Tsang 2000](https://doi.org/10.1145/358407.358414)).
fn gamma(shape: f64, rng: &mut StdRng) -> f64 {
    if shape < 1.0 {
        let uniform: f64 = rng.random::<f64>().max(f64::MIN_POSITIVE);
        return gamma(shape + 1.0, rng) * uniform.powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let normal = normal(rng);
        let v = (1.0 + c * normal).powi(3);
        let uniform: f64 = rng.random::<f64>().max(f64::MIN_POSITIVE);
        if v > 0.0 && uniform.ln() < 0.5 * normal * normal + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// Draws from the standard normal distribution (Box & Muller 1958).
fn normal(rng: &mut StdRng) -> f64 {
    let radius = (-2.0 * rng.random::<f64>().max(f64::MIN_POSITIVE).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use hpo_core::rand::SeedableRng;

    use super::*;

    #[test]
    fn thirty_right_rows_of_thirty_leave_room_for_errors() {
        let sure = ScoreEstimate { score: 1.0, low: 1.0, high: 1.0 };
        let wider = widened(sure, 30, &mut StdRng::seed_from_u64(0));
        assert!(wider.low >= 0.7 && wider.low <= 0.9, "{wider:?}");
        assert_eq!(wider.high, 1.0);
        let many = widened(sure, 30_000, &mut StdRng::seed_from_u64(0));
        assert!(many.low > 0.999, "{many:?}");
    }

    #[test]
    fn gamma_has_its_mean() {
        let mut rng = StdRng::seed_from_u64(1);
        for shape in [0.5, 3.0, 50.0] {
            let mean = (0..20_000).map(|_| gamma(shape, &mut rng)).sum::<f64>() / 20_000.0;
            assert!((mean / shape - 1.0).abs() < 0.05, "{shape}: {mean}");
        }
    }
}

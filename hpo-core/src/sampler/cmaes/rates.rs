//! Weights and learning rates, from Hansen's tutorial ([2016](https://arxiv.org/abs/1604.00772),
//! equations 49 to 58).

/// Weights by rank and learning rates, for a number of coordinates and a population size.
#[derive(Clone, Debug)]
pub(super) struct Rates {
    /// The weights by rank, shape `(population,)`: the positive ones, which sum to 1, then the
    /// negative ones.
    weights: Vec<f64>,
    pub(super) mu_eff: f64,
    pub(super) c_one: f64,
    pub(super) c_mu: f64,
    pub(super) c_sigma: f64,
    pub(super) d_sigma: f64,
    pub(super) c_path: f64,
}

/// The weights of a member of a generation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weight {
    /// The weight in the mean, at least 0.
    pub(super) mean: f64,
    /// The weight in the covariance, negative for the worse half.
    pub(super) covariance: f64,
}

impl Rates {
    /// Computes the rates for `size` coordinates. If `diagonal`, only variances are learned, which
    /// can be faster by a factor of `(size + 2) / 3` ([Ros and Hansen
    /// 2008](https://hal.inria.fr/inria-00287367)).
    pub(super) fn new(size: usize, population: usize, diagonal: bool) -> Self {
        let (n, count) = (size as f64, population as f64);
        let raw: Vec<f64> = (1..=population)
            .map(|rank| (f64::midpoint(count, 1.0)).ln() - (rank as f64).ln())
            .collect();
        let (better, worse) = raw.split_at(population / 2);
        let effective = |weights: &[f64]| {
            let sum: f64 = weights.iter().sum();
            sum * sum / weights.iter().map(|weight| weight * weight).sum::<f64>()
        };
        let mu_eff = effective(better);
        let faster = if diagonal { (n + 2.0) / 3.0 } else { 1.0 };
        let c_one = (faster * 2.0 / ((n + 1.3).powi(2) + mu_eff)).min(0.5);
        let c_mu = (faster * 2.0 * (mu_eff - 2.0 + 1.0 / mu_eff) / ((n + 2.0).powi(2) + mu_eff))
            .min(1.0 - c_one - 1e-8);
        let most = (1.0 + c_one / c_mu)
            .min(1.0 + 2.0 * effective(worse) / (mu_eff + 2.0))
            .min((1.0 - c_one - c_mu) / (n.max(1.0) * c_mu));
        let positive: f64 = raw.iter().filter(|weight| **weight > 0.0).sum();
        let negative: f64 = -raw.iter().filter(|weight| **weight < 0.0).sum::<f64>();
        let scaled = |weight: &f64| {
            if *weight >= 0.0 { weight / positive } else { weight * most / negative }
        };
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        let ratio = mu_eff / n.max(1.0);
        Self {
            weights: raw.iter().map(scaled).collect(),
            mu_eff,
            c_one,
            c_mu,
            c_sigma,
            d_sigma: 1.0 + 2.0 * (((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma,
            c_path: (4.0 + ratio) / (n + 4.0 + 2.0 * ratio),
        }
    }

    /// Returns the weights of a generation that is sorted, the best member first. `ties` are the
    /// lengths of runs of equally good members, which share their weights.
    pub(super) fn shared(&self, ties: &[usize]) -> Vec<Weight> {
        let mut rest = &self.weights[..];
        let mut shared = Vec::with_capacity(rest.len());
        for count in ties {
            let (own, others) = rest.split_at(*count);
            rest = others;
            let mean = own.iter().map(|weight| weight.max(0.0)).sum::<f64>() / *count as f64;
            let covariance = own.iter().sum::<f64>() / *count as f64;
            shared.extend(std::iter::repeat_n(Weight { mean, covariance }, *count));
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::Rates;

    /// As `cmaes` 0.13.1 computes them, see `reference.py`.
    #[test]
    fn weights_and_rates_are_those_of_other_libraries() {
        for (size, population, expected) in RECORDED {
            let rates = Rates::new(size, population, false);
            let Rates { mu_eff, c_one, c_mu, c_sigma, d_sigma, c_path, weights } = rates;
            let last = weights[population - 1];
            let found = [mu_eff, c_one, c_mu, c_sigma, d_sigma, c_path, weights[0], last];
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
            }
        }
    }

    #[allow(clippy::unreadable_literal, clippy::excessive_precision, reason = "recorded figures")]
    const RECORDED: [(usize, usize, [f64; 8]); 4] = [
        (
            1,
            4,
            [
                1.459789888852586,
                0.2963055195692892,
                0.027690800889192044,
                0.46379186818956736,
                1.4637918681895674,
                0.6894039888609658,
                0.8041628599327295,
                -1.417877593820792,
            ],
        ),
        (
            5,
            8,
            [
                2.6001788261131793,
                0.047292304159400896,
                0.03816916070385781,
                0.3650883760934854,
                1.3650883760934853,
                0.4501995579928079,
                0.5299301844787792,
                -0.9134980955117175,
            ],
        ),
        (
            40,
            15,
            [
                4.540915209075957,
                0.0011694327252618397,
                0.0031225007109974066,
                0.1320305687020827,
                1.1320305687020826,
                0.09300921663424917,
                0.34479619859202054,
                -0.3155046217960348,
            ],
        ),
        (
            7,
            60,
            [
                16.575738175766904,
                0.02340119026277928,
                0.2999939859568841,
                0.6500527846913049,
                2.440728166724022,
                0.4046767202058133,
                0.12261534492135759,
                -0.019059552207557503,
            ],
        ),
    ];

    #[test]
    fn equally_good_members_share_their_weights() {
        let rates = Rates::new(5, 6, false);
        let [strict, tied] = [&[1; 6][..], &[3, 3]].map(|ties| rates.shared(ties));
        assert!(strict.windows(2).all(|pair| pair[0].mean >= pair[1].mean));
        assert!(strict.windows(2).all(|pair| pair[0].covariance > pair[1].covariance));
        assert!(tied[..3].iter().all(|weight| (weight.mean - 1.0 / 3.0).abs() < 1e-15));
        let sum =
            |weights: &[super::Weight]| weights.iter().map(|weight| weight.covariance).sum::<f64>();
        assert!((sum(&strict) - sum(&tied)).abs() < 1e-15);
    }
}

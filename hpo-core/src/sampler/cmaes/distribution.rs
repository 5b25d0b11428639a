//! The normal distribution over the numbers, and its update by a generation.
//!
//! The equations are those of Hansen's tutorial ([2016](https://arxiv.org/abs/1604.00772)). Steps
//! to points that were not drawn from the distribution are shortened as in Hansen's *Injecting
//! External Solutions Into CMA-ES* ([2011](https://arxiv.org/abs/1110.4181)). The Cholesky factor
//! replaces the symmetric root, as in Krause, Arbonès and Igel's *CMA-ES with Optimal Covariance
//! Update* (2016).

use super::covariance::{Covariance, Step};
use super::encoding::Encoding;
use super::margin;
use super::rates::{Rates, Weight};
use crate::numeric::vector::dot;
use crate::rng::Rng;

/// The number of draws of a point; if the last one is outside the bounds, it is moved onto them.
const MOST_DRAWN: usize = 10;

/// The largest growth of the step size in a generation, as a logarithm.
const MOST_GROWTH: f64 = 1.0;

#[derive(Clone, Debug)]
pub(super) struct SearchDistribution {
    pub(super) mean: Vec<f64>,
    /// The step size, a factor on the standard deviations of `covariance`.
    pub(super) sigma: f64,
    /// The factor by which each coordinate is stretched, shape `(n,)`, so that neighboring levels
    /// remain reachable.
    pub(super) stretch: Vec<f64>,
    pub(super) covariance: Covariance,
    path_sigma: Vec<f64>,
    path: Vec<f64>,
    /// The share of its usual variance that each coordinate of the path has: less where trials did
    /// not have the parameter.
    informed: Vec<f64>,
    generation: i32,
}

/// A member of a generation.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The coordinates, shape `(n,)`; `None` where the parameter is inactive.
    pub(super) coordinates: Vec<Option<f64>>,
    pub(super) weight: Weight,
}

impl SearchDistribution {
    pub(super) fn new(mean: Vec<f64>, covariance: Covariance) -> Self {
        let size = mean.len();
        Self {
            mean,
            sigma: 1.0,
            stretch: vec![1.0; size],
            covariance,
            path_sigma: vec![0.0; size],
            path: vec![0.0; size],
            informed: vec![1.0; size],
            generation: 0,
        }
    }

    fn size(&self) -> usize {
        self.mean.len()
    }

    /// Returns the standard deviation of a coordinate, on its scale from 0 to 1.
    pub(super) fn deviation(&self, index: usize) -> f64 {
        self.sigma * self.stretch[index] * self.covariance.variance(index).sqrt()
    }

    /// Draws a point of the unit cube.
    pub(super) fn draw(&self, rng: &mut Rng) -> Vec<f64> {
        let mut point = Vec::new();
        for _ in 0..MOST_DRAWN {
            let mut y: Vec<f64> = (0..self.size()).map(|_| rng.normal()).collect();
            self.covariance.color(&mut y);
            let at =
                |(index, y): (usize, &f64)| self.mean[index] + self.sigma * self.stretch[index] * y;
            point = y.iter().enumerate().map(at).collect();
            if point.iter().all(|x| (0.0..=1.0).contains(x)) {
                break;
            }
        }
        point.iter().map(|x| x.clamp(0.0, 1.0)).collect()
    }

    /// Updates the distribution by a generation; `None` if the numbers become invalid.
    pub(super) fn learn(
        &mut self,
        encoding: &Encoding,
        rates: &Rates,
        members: &[Member],
    ) -> Option<()> {
        if self.size() == 0 {
            return Some(());
        }
        let steps: Vec<Step> = members.iter().map(|member| self.step(member)).collect();
        let mut mean = vec![0.0; self.size()];
        let mut seen = vec![0.0; self.size()];
        for (step, member) in steps.iter().zip(members) {
            let weight = member.weight.mean;
            for index in (0..self.size()).filter(|index| step.active[*index]) {
                mean[index] += weight * step.y[index];
                seen[index] += weight * weight * rates.mu_eff;
            }
        }
        self.generation += 1;
        self.follow(rates, &mean, &seen)?;
        self.cover(rates, members, steps)?;
        for (index, step) in mean.iter().enumerate() {
            let step = self.sigma * self.stretch[index] * step;
            self.mean[index] = (self.mean[index] + step).clamp(0.0, 1.0);
        }
        self.resize(rates);
        let deviations: Vec<f64> = (0..self.size()).map(|index| self.deviation(index)).collect();
        margin::keep(&mut self.mean, &mut self.stretch, &deviations, encoding);
        (self.sigma.is_finite() && self.mean.iter().all(|mean| mean.is_finite())).then_some(())
    }

    /// Returns true if a point lies where the distribution never draws: more than twice as far away
    /// as a step may be long.
    pub(super) fn is_far(&self, coordinates: &[Option<f64>]) -> bool {
        let (y, active) = self.steps(coordinates);
        self.length(&y) > 2.0 * longest(&active)
    }

    /// Returns the step from the mean to a point, with 0 for inactive coordinates, and which
    /// coordinates are active.
    fn steps(&self, coordinates: &[Option<f64>]) -> (Vec<f64>, Vec<bool>) {
        let step = |(index, x): (usize, &Option<f64>)| {
            x.map_or(0.0, |x| (x - self.mean[index]) / (self.sigma * self.stretch[index]))
        };
        (
            coordinates.iter().enumerate().map(step).collect(),
            coordinates.iter().map(Option::is_some).collect(),
        )
    }

    /// Returns the member's step from the mean, shortened to a length that a draw from the
    /// distribution could plausibly have.
    fn step(&self, member: &Member) -> Step {
        let (mut y, active) = self.steps(&member.coordinates);
        let n = active.iter().filter(|active| **active).count() as f64;
        let length = self.length(&y);
        let longest = longest(&active);
        if length > longest {
            for y in &mut y {
                *y *= longest / length;
            }
        }
        let length = length.min(longest);
        let covariance = member.weight.covariance;
        let weight =
            if covariance >= 0.0 { covariance } else { covariance * n / (length * length + 1e-8) };
        Step { y, active, weight }
    }

    /// Returns the length of a step, in standard deviations.
    fn length(&self, y: &[f64]) -> f64 {
        let mut z = y.to_vec();
        self.covariance.whiten(&mut z);
        dot(&z, &z).sqrt()
    }

    /// Updates both evolution paths by the step of the mean.
    fn follow(&mut self, rates: &Rates, step: &[f64], seen: &[f64]) -> Option<()> {
        let mut white = step.to_vec();
        self.covariance.whiten(&mut white);
        if white.iter().any(|z| !z.is_finite()) {
            return None;
        }
        let Rates { c_sigma, c_path, mu_eff, .. } = *rates;
        let fresh = c_sigma * (2.0 - c_sigma);
        for index in 0..self.size() {
            let path = &mut self.path_sigma[index];
            *path = (1.0 - c_sigma) * *path + (fresh * mu_eff).sqrt() * white[index];
            self.informed[index] =
                (1.0 - fresh) * self.informed[index] + fresh * seen[index].min(1.0);
        }
        let moves =
            if self.is_stalled(rates) { 0.0 } else { (c_path * (2.0 - c_path) * mu_eff).sqrt() };
        for (path, step) in self.path.iter_mut().zip(step) {
            *path = (1.0 - c_path) * *path + moves * step;
        }
        Some(())
    }

    /// Returns true if the path has grown too fast to be used for the covariance.
    fn is_stalled(&self, rates: &Rates) -> bool {
        let warm = (1.0 - (1.0 - rates.c_sigma).powi(2 * (self.generation + 1))).sqrt();
        let most = (1.4 + 2.0 / (self.size() as f64 + 1.0)) * self.expected();
        self.path_length() / warm >= most
    }

    fn path_length(&self) -> f64 {
        dot(&self.path_sigma, &self.path_sigma).sqrt()
    }

    /// Returns the expected length of the path without selection: that of a standard normal vector
    /// whose dimension is the number of informed coordinates.
    fn expected(&self) -> f64 {
        let n = self.informed.iter().sum::<f64>().max(0.1);
        n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)).max(0.1)
    }

    fn cover(&mut self, rates: &Rates, members: &[Member], mut steps: Vec<Step>) -> Option<()> {
        let Rates { c_one, c_mu, c_path, .. } = *rates;
        let stalled = if self.is_stalled(rates) { c_path * (2.0 - c_path) } else { 0.0 };
        let sum: f64 = members.iter().map(|member| member.weight.covariance).sum();
        let keep = 1.0 + c_one * stalled - c_one - c_mu * sum;
        // Inactive coordinates have to keep their variance. So the scaling by lengths is applied to
        // `y`, and the weights are those before it.
        for (step, member) in steps.iter_mut().zip(members) {
            let scale = if member.weight.covariance == 0.0 {
                1.0
            } else {
                step.weight / member.weight.covariance
            };
            for y in &mut step.y {
                *y *= scale.sqrt();
            }
            step.weight = c_mu * member.weight.covariance;
        }
        let spared: Vec<f64> =
            self.informed.iter().map(|informed| (1.0 - informed).max(0.0)).collect();
        self.covariance = self.covariance.adapted(keep, c_one, &self.path, &spared, &steps)?;
        Some(())
    }

    fn resize(&mut self, rates: &Rates) {
        let growth = rates.c_sigma / rates.d_sigma * (self.path_length() / self.expected() - 1.0);
        self.sigma *= growth.min(MOST_GROWTH).exp();
    }
}

/// Returns the longest allowed step for these active coordinates, in standard deviations.
fn longest(active: &[bool]) -> f64 {
    let n = active.iter().filter(|active| **active).count() as f64;
    n.sqrt() + 2.0 * n / (n + 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{FlatSpace, Space};

    fn three() -> Encoding {
        let part = |name: &str| format!(r#""{name}": {{"float": {{"low": 0, "high": 1}}}}"#);
        let space = format!(r#"{{"all": {{{}}}}}"#, ["a", "b", "c"].map(part).join(","));
        Encoding::new(&FlatSpace::new(&Space::from_json(&space).unwrap()).unwrap())
    }

    fn members(rates: &Rates, coordinate: impl Fn(usize, usize) -> Option<f64>) -> Vec<Member> {
        let weights = rates.shared(&[1; 7]);
        let member = |(row, weight): (usize, &Weight)| Member {
            coordinates: (0..3).map(|column| coordinate(row, column)).collect(),
            weight: *weight,
        };
        weights.iter().enumerate().map(member).collect()
    }

    fn test_coordinate(row: usize, column: usize) -> f64 {
        ((row * 3 + column) * 37 % 101) as f64 / 100.0
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-8, "{found} instead of {expected}");
    }

    /// As `cmaes` 0.13.1 computes it, see `reference.py`.
    #[test]
    #[allow(clippy::unreadable_literal, reason = "recorded figures")]
    fn a_generation_moves_the_distribution_as_in_other_libraries() {
        let rates = Rates::new(3, 7, false);
        let mut normal = SearchDistribution::new(vec![0.5; 3], Covariance::diagonal(&[0.25; 3]));
        normal
            .learn(
                &three(),
                &rates,
                &members(&rates, |row, column| Some(test_coordinate(row, column))),
            )
            .unwrap();
        for (found, expected) in
            normal.mean.iter().zip([0.053588723372558766, 0.4235887233725587, 0.7935887233725587])
        {
            assert_close(*found, expected);
        }
        assert_close(normal.sigma * 0.5, 0.47473650325778005);
        for (index, expected) in
            [0.25697827728488554, 0.16596748105622972, 0.21346313293286587].iter().enumerate()
        {
            assert_close(normal.deviation(index).powi(2), *expected);
        }
    }

    /// A coordinate that no trial had stays as it was, and the others are updated as if it did not
    /// exist.
    #[test]
    fn a_coordinate_without_trials_keeps_its_distribution() {
        let rates = Rates::new(3, 7, false);
        let mut normal = SearchDistribution::new(vec![0.5; 3], Covariance::diagonal(&[0.25; 3]));
        for _ in 0..20 {
            let members =
                members(&rates, |row, column| (column < 2).then(|| test_coordinate(row, column)));
            normal.learn(&three(), &rates, &members).unwrap();
        }
        assert_eq!(normal.mean[2], 0.5);
        let own = normal.covariance.variance(2);
        assert!(
            (0.2..0.3).contains(&own),
            "its variance, apart from the step size, went from 0.25 to {own}"
        );
    }
}

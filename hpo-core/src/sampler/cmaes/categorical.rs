//! The categorical distribution over the choices, and its update by a generation.
//!
//! R. Hamano, S. Saito, M. Nomura, K. Uchida and S. Shirakawa, *`CatCMA`*
//! ([2024](https://arxiv.org/abs/2405.09962)): a step along the natural gradient, whose length
//! adapts to the agreement of successive gradients ([Akimoto et al.
//! 2019](https://arxiv.org/abs/1905.07961)). No probability falls below a margin, so that no choice
//! is given up forever.

use super::encoding::{CategoricalCoordinate, Encoding, Point};
use super::margin;
use super::rates::Weight;
use crate::rng::Rng;

/// The signal-to-noise ratio to which the step length is adapted.
const SIGNAL: f64 = 1.5;

#[derive(Clone, Debug)]
pub(super) struct Choices {
    /// The probability of each choice, one list per parameter.
    pub(super) shares: Vec<Vec<f64>>,
    /// The lowest probability of a choice, by parameter.
    least: Vec<f64>,
    /// The inverse of the next step length, at least 1.
    caution: f64,
    /// The length of the next step.
    step: f64,
    path: Vec<f64>,
    /// The expected square of the path's length without selection.
    gamma: f64,
}

/// A member of a generation.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The choices by parameter; `None` where it is inactive.
    pub(super) choices: Vec<Option<usize>>,
    pub(super) weight: Weight,
}

impl Choices {
    /// Creates a distribution in which all choices are equally probable.
    pub(super) fn new(encoding: &Encoding) -> Self {
        let margin = margin::size(encoding.discrete());
        let even = |choice: &CategoricalCoordinate| vec![1.0 / choice.count as f64; choice.count];
        let free = encoding.choices.iter().map(|choice| choice.count - 1).sum();
        Self {
            shares: encoding.choices.iter().map(even).collect(),
            least: encoding
                .choices
                .iter()
                .map(|choice| (margin / (choice.count - 1) as f64).min(0.5 / choice.count as f64))
                .collect(),
            caution: 1.0,
            step: 1.0,
            path: vec![0.0; free],
            gamma: 0.0,
        }
    }

    /// Begins at these points: each counts as one draw, in addition to one that is spread over all
    /// choices.
    pub(super) fn begin(&mut self, points: &[&Point]) {
        for (index, shares) in self.shares.iter_mut().enumerate() {
            let chosen: Vec<usize> =
                points.iter().filter_map(|point| point.choices[index]).collect();
            let total = chosen.len() as f64 + 1.0;
            for share in shares.iter_mut() {
                *share /= total;
            }
            for choice in chosen {
                shares[choice] += 1.0 / total;
            }
            keep_margin(shares, self.least[index]);
        }
    }

    /// Draws a choice for each parameter.
    pub(super) fn draw(&self, rng: &mut Rng) -> Vec<usize> {
        let draw = |shares: &Vec<f64>| {
            let mut remaining = rng.unit();
            let index = shares.iter().position(|share| {
                remaining -= share;
                remaining < 0.0
            });
            index.unwrap_or(shares.len() - 1)
        };
        self.shares.iter().map(draw).collect()
    }

    /// Updates the distribution by a generation.
    pub(super) fn learn(&mut self, members: &[Member]) {
        let gradient: Vec<Vec<f64>> =
            (0..self.shares.len()).map(|index| self.gradient(index, members)).collect();
        let white = self.whitened(&gradient);
        let length = white.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length < 1e-12 {
            return;
        }
        let step = self.step;
        for (shares, gradient) in self.shares.iter_mut().zip(&gradient) {
            shares
                .iter_mut()
                .zip(gradient)
                .for_each(|(share, slope)| *share += step / length * slope);
        }
        self.adapt(&white, length);
        for (shares, least) in self.shares.iter_mut().zip(&self.least) {
            keep_margin(shares, *least);
        }
    }

    /// Returns the natural gradient of a parameter: the weighted frequencies of the members'
    /// choices, minus the present probabilities.
    fn gradient(&self, index: usize, members: &[Member]) -> Vec<f64> {
        let shares = &self.shares[index];
        let mut gradient = vec![0.0; shares.len()];
        let mut sum = 0.0;
        for member in members {
            if let Some(choice) = member.choices[index] {
                gradient[choice] += member.weight.mean;
                sum += member.weight.mean;
            }
        }
        gradient.iter_mut().zip(shares).for_each(|(slope, share)| *slope -= sum * share);
        gradient
    }

    /// Returns the gradients multiplied by the square root of the Fisher information.
    fn whitened(&self, gradient: &[Vec<f64>]) -> Vec<f64> {
        let mut white = Vec::with_capacity(self.path.len());
        for (shares, gradient) in self.shares.iter().zip(gradient) {
            let last = shares.len() - 1;
            let (share, sum) = (shares[last], gradient[..last].iter().sum::<f64>());
            let common = sum / (share + share.sqrt());
            white.extend(
                shares[..last]
                    .iter()
                    .zip(gradient)
                    .map(|(share, slope)| slope / share.sqrt() + share.sqrt() * common),
            );
        }
        white
    }

    /// Adapts the step length: longer if successive gradients agree, shorter if they do not.
    fn adapt(&mut self, white: &[f64], length: f64) {
        self.step = 1.0 / self.caution;
        let beta = self.step / (self.path.len() as f64).sqrt();
        let fresh = beta * (2.0 - beta);
        for (path, slope) in self.path.iter_mut().zip(white) {
            *path = (1.0 - beta) * *path + fresh.max(0.0).sqrt() * slope / length;
        }
        self.gamma = (1.0 - beta) * (1.0 - beta) * self.gamma + fresh;
        let square: f64 = self.path.iter().map(|x| x * x).sum();
        self.caution =
            (self.caution * (beta * (self.gamma - square / SIGNAL)).exp()).clamp(1.0, 1e6);
    }
}

/// Raises every probability to the margin, and takes the excess from those above it in proportion.
fn keep_margin(shares: &mut [f64], least: f64) {
    for share in shares.iter_mut() {
        *share = share.max(least);
    }
    let sum: f64 = shares.iter().sum();
    let above = sum - least * shares.len() as f64;
    if above > 0.0 {
        for share in shares.iter_mut() {
            *share -= (sum - 1.0) * (*share - least) / above;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{FlatSpace, Space};

    /// As `cmaes` 0.13.1 computes it, see `reference.py`.
    #[test]
    #[allow(clippy::unreadable_literal, reason = "recorded figures")]
    fn a_generation_moves_the_shares_as_in_other_libraries() {
        let space = Space::from_json(
            r#"{"all": {
                "a": {"categorical": {"choices": [1, 2, 3]}},
                "b": {"categorical": {"choices": [1, 2]}}
            }}"#,
        );
        let encoding = Encoding::new(&FlatSpace::new(&space.unwrap()).unwrap());
        let weights = super::super::rates::Rates::new(0, 6, false).shared(&[1; 6]);
        let chosen = [[1, 0], [1, 1], [2, 0], [0, 1], [0, 0], [2, 1]];
        let member = |(choices, weight): (&[usize; 2], &Weight)| Member {
            choices: choices.iter().copied().map(Some).collect(),
            weight: *weight,
        };
        let members: Vec<Member> = chosen.iter().zip(&weights).map(member).collect();
        let mut choices = Choices::new(&encoding);
        for (shares, caution) in [
            (
                [
                    0.0815141175799432,
                    0.7777535768187597,
                    0.14073230560129715,
                    0.6627480464657278,
                    0.3372519535342722,
                ],
                1.171250746955285,
            ),
            (
                [
                    0.07279981273412345,
                    0.8544003745317532,
                    0.07279981273412345,
                    0.7996137975122096,
                    0.20038620248779035,
                ],
                1.0771392076698871,
            ),
        ] {
            choices.learn(&members);
            let found = choices.shares.iter().flatten();
            for (found, expected) in found.zip(shares) {
                assert!((found - expected).abs() < 1e-7, "{found} instead of {expected}");
            }
            assert!((choices.caution - caution).abs() < 1e-7);
        }
    }

    #[test]
    fn shares_stay_above_the_margin_and_sum_to_one() {
        for mut shares in [vec![1.2, -0.1, -0.1], vec![0.5, 0.5, 0.0], vec![1.0 / 3.0; 3]] {
            keep_margin(&mut shares, 0.05);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{shares:?}");
            assert!(shares.iter().all(|share| *share >= 0.05 - 1e-12), "{shares:?}");
        }
    }
}

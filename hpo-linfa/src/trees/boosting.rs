//! Gradient boosting on histograms ([Friedman 2001](https://doi.org/10.1214/aos/1013203451),
//! [Ke et al. 2017](https://papers.nips.cc/paper/2017/hash/6449f44a102fde848669bdd9eb6b76fa-Abstract.html)).

use std::borrow::Cow;

use hpo_core::SearchSpace;
use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::index;
use serde::{Deserialize, Serialize};

use super::bins::Binned;
use super::grow::{Grower, TreeSettings};
use super::histogram::Gradients;
use super::loss::{self, Loss};
use super::rare::RareCategories;
use super::split::{CategorySplits, SplitSettings};
use super::tree::Tree;
use crate::class_weights::ClassWeights;
use crate::context::FitContext;
use crate::estimator::FitError;
use crate::features::{Features, Targets};
use crate::spread;
use crate::stages::{self, Stages};

/// Gradient boosting of decision trees. Gaps and categories need no preparation. The number of
/// rounds is not a setting: it is found by early stopping.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Boosting {
    /// The factor on each tree.
    #[search_space(range = 0.015..=0.3, log, default = 0.1)]
    pub learning_rate: f64,
    /// The largest number of leaves of a tree.
    #[search_space(range = 3..=128, log, default = 16)]
    pub max_leaves: usize,
    /// The smallest number of rows of a leaf.
    #[search_space(range = 1..=64, log, default = 10)]
    pub min_rows: usize,
    /// The L2 penalty on the values of leaves.
    #[search_space(range = 1e-3..=100.0, log, default = 1.0)]
    pub lambda: f64,
    /// The share of features that each tree sees, rounded up to a whole number.
    #[search_space(range = 0.2..=1.0, default = 0.7)]
    pub column_share: f64,
    /// The share of rows that each tree sees.
    #[search_space(range = 0.4..=1.0, default = 0.8)]
    pub row_share: f64,
    /// The largest number of bins of a number.
    #[search_space(choices = [31, 63, 127, 255], ordered, default = 127)]
    pub bins: usize,
    /// The way in which categories are split.
    pub categories: CategorySplits,
}

/// The largest number of rounds.
const MOST_ROUNDS: usize = 2000;

/// Boosted trees that are fitted to rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boosted {
    loss: Loss,
    /// The scores before the first tree.
    start: Vec<f64>,
    /// Round by round, one tree per score.
    trees: Vec<Tree>,
    /// The mean and the standard deviation of a regression's target.
    center: f64,
    spread: f64,
    #[serde(default, skip_serializing_if = "RareCategories::is_none")]
    rare: RareCategories,
}

impl Boosting {
    /// Fits the model with this number of rounds.
    ///
    /// # Errors
    /// If the time of the context is over.
    pub fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        rounds: usize,
        context: FitContext<'_>,
    ) -> Result<Boosted, FitError> {
        self.fit_weighted(features, (targets, ClassWeights::Equal), rounds, context)
    }

    /// As [`fit`](Self::fit), with weights of classes.
    pub(crate) fn fit_weighted(
        &self,
        features: &Features,
        (targets, weights): (&Targets, ClassWeights),
        rounds: usize,
        context: FitContext<'_>,
    ) -> Result<Boosted, FitError> {
        let weights = weights.of(targets);
        let (rare, features) = self.prepared(features, targets, context.seed);
        let binned = self.binned(&features);
        let settings = self.tree_settings();
        let mut training =
            Training::new(self, &features, (targets, &weights), &binned, &settings, context.seed);
        for _ in 0..rounds {
            training.round(context)?;
        }
        Ok(Boosted { rare, ..training.model })
    }

    /// Fits the model to training rows, and predicts test rows after many numbers of rounds, until
    /// their loss no longer falls.
    ///
    /// # Errors
    /// If the time of the context is over.
    pub fn stages(
        &self,
        train: (&Features, &Targets),
        test: (&Features, &Targets),
        context: FitContext<'_>,
    ) -> Result<Stages, FitError> {
        self.stages_weighted(train, test, ClassWeights::Equal, context)
    }

    /// As [`stages`](Self::stages), with weights of classes.
    pub(crate) fn stages_weighted(
        &self,
        train: (&Features, &Targets),
        test: (&Features, &Targets),
        weights: ClassWeights,
        context: FitContext<'_>,
    ) -> Result<Stages, FitError> {
        let own_weights = weights.of(train.1);
        let (rare, features) = self.prepared(train.0, train.1, context.seed);
        let tested = &*rare.apply(test.0);
        let binned = self.binned(&features);
        let settings = self.tree_settings();
        let mut training = Training::new(
            self,
            &features,
            (train.1, &own_weights),
            &binned,
            &settings,
            context.seed,
        );
        let mut scores = training.model.start_scores(test.0.rows);
        let (mut kept, mut best) = (Stages { weights, ..Stages::default() }, (f64::INFINITY, 0));
        let patience = (4.0 / self.learning_rate).clamp(20.0, 200.0);
        for round in 1..=MOST_ROUNDS {
            training.round(context)?;
            training.model.add_last_round(tested, &mut scores);
            if !stages::is_stage(round) {
                continue;
            }
            let predictions = training.model.predictions(&scores);
            let loss = kept.loss(test.1, &predictions);
            kept.stages.push((round, predictions));
            if loss < best.0 {
                best = (loss, round);
            }
            if round as f64 > best.1 as f64 * 1.2 + patience {
                break;
            }
        }
        Ok(kept)
    }

    /// Returns the grouping of rare categories, and the grouped training rows.
    fn prepared<'a>(
        &self,
        features: &'a Features,
        targets: &Targets,
        seed: u64,
    ) -> (RareCategories, Cow<'a, Features>) {
        RareCategories::fit(features, targets, self.categories == CategorySplits::Sets, seed)
    }

    fn binned(&self, features: &Features) -> Binned {
        Binned::new(features, self.bins, self.categories == CategorySplits::Sets)
    }

    fn tree_settings(&self) -> TreeSettings {
        TreeSettings {
            split: SplitSettings {
                min_rows: self.min_rows as f64,
                min_hessian: 1e-3,
                lambda: self.lambda,
                random_thresholds: false,
                min_gain: 1e-9,
                leaves_are_means: false,
            },
            max_leaves: self.max_leaves,
            max_depth: 64,
            columns_per_split: None,
        }
    }
}

/// The state of a fit between rounds.
struct Training<'a> {
    settings: &'a Boosting,
    features: &'a Features,
    targets: &'a Targets,
    /// The weight of a row of each class; empty for numbers.
    weights: &'a [f64],
    grower: Grower<'a>,
    rng: StdRng,
    model: Boosted,
    scores: Vec<f64>,
    probabilities: Vec<f64>,
    gradients: Vec<f64>,
    hessians: Vec<f64>,
    /// True for the rows that the present tree is grown on.
    is_drawn: Vec<bool>,
}

impl<'a> Training<'a> {
    fn new(
        settings: &'a Boosting,
        features: &'a Features,
        (targets, weights): (&'a Targets, &'a [f64]),
        binned: &'a Binned,
        trees: &'a TreeSettings,
        seed: u64,
    ) -> Self {
        let loss = Loss::of(targets);
        let (center, spread) = match targets {
            Targets::Numbers(numbers) => spread::center_and_spread(numbers),
            Targets::Classes { .. } => (0.0, 1.0),
        };
        let start = loss.start(targets, weights);
        let rare = RareCategories::default();
        let model = Boosted { loss, start, trees: Vec::new(), center, spread, rare };
        let rows = features.rows;
        Self {
            settings,
            features,
            targets,
            weights,
            grower: Grower::new(binned, trees),
            rng: StdRng::seed_from_u64(seed),
            scores: model.start_scores(rows),
            probabilities: vec![0.0; rows * loss.scores(targets)],
            gradients: vec![0.0; rows],
            hessians: vec![1.0; rows],
            is_drawn: vec![false; rows],
            model,
        }
    }

    /// Adds one tree per score. The time is asked before each, because there may be many classes.
    fn round(&mut self, context: FitContext<'_>) -> Result<(), FitError> {
        let scores = self.model.start.len();
        if self.model.loss == Loss::Softmax {
            let rows = self.scores.chunks_exact(scores);
            rows.zip(self.probabilities.chunks_exact_mut(scores))
                .for_each(|(scores, probabilities)| loss::softmax(scores, probabilities));
        }
        let mut rows = self.drawn(self.features.rows, self.settings.row_share);
        let columns = self.features.columns.len();
        for score in 0..scores {
            if context.is_over() {
                return Err(FitError::OutOfTime);
            }
            self.differentiate(score);
            let columns: Vec<usize> = self
                .drawn(columns, self.settings.column_share)
                .into_iter()
                .map(|column| column as usize)
                .collect();
            let tree = self.tree(score, &mut rows, &columns);
            self.model.trees.push(tree);
        }
        Ok(())
    }

    /// Draws a share of the numbers from 0, in ascending order.
    fn drawn(&mut self, count: usize, share: f64) -> Vec<u32> {
        let drawn = ((count as f64 * share).ceil() as usize).clamp(1.min(count), count);
        if drawn == count {
            return (0..count as u32).collect();
        }
        let mut numbers: Vec<u32> =
            index::sample(&mut self.rng, count, drawn).into_iter().map(|row| row as u32).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Computes the gradient and hessian of each row for one score.
    fn differentiate(&mut self, score: usize) {
        let (center, spread) = (self.model.center, self.model.spread);
        match self.targets {
            Targets::Numbers(numbers) => {
                for (row, number) in numbers.iter().enumerate() {
                    self.gradients[row] = self.scores[row] - (number - center) / spread;
                }
            }
            Targets::Classes { codes, .. } => {
                let scores = self.model.start.len();
                // The factor of LightGBM: the scores of a row are determined up to a constant.
                let factor = if scores > 1 { scores as f64 / (scores as f64 - 1.0) } else { 1.0 };
                for (row, code) in codes.iter().enumerate() {
                    let (probability, is_member) = if scores == 1 {
                        (loss::sigmoid(self.scores[row]), *code == 1)
                    } else {
                        (self.probabilities[row * scores + score], *code == score)
                    };
                    let weight = self.weights[*code];
                    let hessian = (factor * probability * (1.0 - probability)).max(1e-12);
                    self.gradients[row] = weight * (probability - f64::from(u8::from(is_member)));
                    self.hessians[row] = weight * hessian;
                }
            }
        }
    }

    /// Grows a tree and adds it to the scores of all rows.
    fn tree(&mut self, score: usize, rows: &mut [u32], columns: &[usize]) -> Tree {
        let scores = self.model.start.len();
        let gradients =
            Gradients { gradients: &self.gradients, hessians: &self.hessians, outputs: 1 };
        let (rate, lambda) = (self.settings.learning_rate, self.settings.lambda);
        let own = &mut self.scores;
        self.is_drawn.fill(false);
        for row in rows.iter() {
            self.is_drawn[*row as usize] = true;
        }
        let tree = self.grower.grow(rows, columns, &gradients, &mut self.rng, |rows, entry| {
            let value = -entry[0] / (entry[1] + lambda) * rate;
            for row in rows {
                own[*row as usize * scores + score] += value;
            }
            vec![value]
        });
        for row in (0..self.features.rows).filter(|row| !self.is_drawn[*row]) {
            self.scores[row * scores + score] += tree.predict(self.features, row)[0];
        }
        tree
    }
}

impl Boosted {
    /// Returns the predictions of each row: the probability of each class, or one number.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Vec<f64> {
        let features = &*self.rare.apply(features);
        let mut scores = self.start_scores(features.rows);
        let per_row = self.start.len();
        for (row, scores) in scores.chunks_exact_mut(per_row).enumerate() {
            for (place, tree) in self.trees.iter().enumerate() {
                scores[place % per_row] += tree.predict(features, row)[0];
            }
        }
        self.predictions(&scores)
    }

    /// Returns the trees, round by round.
    #[must_use]
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Returns true if the model can be used with this number of features.
    #[must_use]
    pub fn is_valid(&self, features: usize) -> bool {
        self.rare
            .features(features)
            .is_some_and(|features| self.trees.iter().all(|tree| tree.is_valid(features)))
    }

    fn start_scores(&self, rows: usize) -> Vec<f64> {
        self.start.repeat(rows)
    }

    fn add_last_round(&self, features: &Features, scores: &mut [f64]) {
        let per_row = self.start.len();
        let last = &self.trees[self.trees.len() - per_row..];
        for (row, scores) in scores.chunks_exact_mut(per_row).enumerate() {
            for (score, tree) in scores.iter_mut().zip(last) {
                *score += tree.predict(features, row)[0];
            }
        }
    }

    fn predictions(&self, scores: &[f64]) -> Vec<f64> {
        if self.loss == Loss::Squared {
            return scores.iter().map(|score| score * self.spread + self.center).collect();
        }
        let per_row = self.start.len();
        let outputs = per_row.max(2);
        let mut predictions = vec![0.0; scores.len() / per_row * outputs];
        let rows = scores.chunks_exact(per_row).zip(predictions.chunks_exact_mut(outputs));
        rows.for_each(|(scores, predictions)| self.loss.predict(scores, predictions));
        predictions
    }
}

//! Random forests, built from linfa's decision trees.
//!
//! linfa's own forest depends on the order of a hash map (see [`tree`](super::tree)), so this one
//! is built from linfa's trees. Each tree sees some of the features, as in linfa
//! ([Ho 1998](https://doi.org/10.1109/34.709601)). The bootstrap is that of
//! [Rubin 1981](https://doi.org/10.1214/aos/1176345338): rows get random weights instead of being
//! drawn, so that weights never tie.

use hpo_core::SearchSpace;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::index;
use hpo_core::rand::{RngExt, SeedableRng};
use linfa::prelude::{Fit, Predict};
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use super::one_vs_rest::{together, told};
use super::{Classify, FitError, PredictProba, linfa_error, scaled};
use crate::data::Dataset;
use crate::scale::Scaling;

/// A random forest: for each class, a number of trees that separate the class from the rest.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct RandomForest {
    /// The number of trees for each class (for two classes, in all).
    #[search_space(range = 5..=40, log, default = 20)]
    pub n_estimators: usize,
    /// The largest number of splits between the root and a leaf.
    #[search_space(range = 2..=16, log, default = 12)]
    pub max_depth: usize,
    /// The share of features that a tree sees, rounded up to a whole number.
    #[search_space(range = 0.2..=1.0, default = 0.5)]
    pub feature_share: f64,
}

/// Decision trees, grouped by class.
#[derive(Debug)]
struct Forest {
    members: Vec<Vec<Member>>,
}

/// A tree with the features that it uses.
#[derive(Debug)]
struct Member {
    features: Vec<usize>,
    tree: DecisionTree<f64, bool>,
}

impl Classify for RandomForest {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        seed: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        let mut rng = StdRng::seed_from_u64(seed);
        let model = scaled(Scaling::Standard, train, |train| {
            let trees =
                |class| (0..self.n_estimators).map(|_| self.grow(train, class, &mut rng)).collect();
            Ok(Forest { members: told(classes).map(trees).collect::<Result<_, _>>()? })
        })?;
        Ok(Box::new(model))
    }

    fn name(&self) -> &'static str {
        "random forest"
    }

    fn complexity(&self) -> f64 {
        (self.n_estimators * self.max_depth) as f64
    }
}

impl RandomForest {
    fn grow(
        &self,
        train: &Dataset<usize>,
        class: usize,
        rng: &mut StdRng,
    ) -> Result<Member, FitError> {
        let columns = train.records.ncols();
        let seen = (columns as f64 * self.feature_share).ceil() as usize;
        let features = index::sample(rng, columns, seen.clamp(1, columns)).into_vec();
        let weights = Array1::from_shape_simple_fn(train.targets.len(), || exponential(rng));
        let members = Dataset::new(
            train.records.select(Axis(1), &features),
            train.targets.mapv(|target| target == class),
        );
        let params = DecisionTree::params().max_depth(Some(self.max_depth));
        let tree =
            params.fit(&members.with_weights(weights)).map_err(linfa_error("DecisionTree"))?;
        Ok(Member { features, tree })
    }
}

fn exponential(rng: &mut StdRng) -> f32 {
    -(1.0 - rng.random::<f32>()).ln()
}

impl PredictProba for Forest {
    /// Returns the share of each class in the votes of the trees.
    fn predict_proba(&self, records: &Array2<f64>) -> Array2<f64> {
        let share = |members: &Vec<Member>| votes(members, records) / members.len() as f64;
        together(self.members.iter().map(share).collect(), records.nrows())
    }
}

fn votes(members: &[Member], records: &Array2<f64>) -> Array1<f64> {
    let mut votes = Array1::zeros(records.nrows());
    for member in members {
        let told: Array1<bool> = member.tree.predict(&records.select(Axis(1), &member.features));
        votes += &told.mapv(|is_member| f64::from(u8::from(is_member)));
    }
    votes
}

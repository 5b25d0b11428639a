//! Two classifiers of linfa under one roof.

use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::index;
use hpo_core::rand::{RngExt, SeedableRng};
use linfa::Dataset;
use linfa::dataset::Pr;
use linfa::prelude::{Fit, Predict};
use linfa_svm::{Svm, SvmError, SvmParams};
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, Axis};

use crate::data::Table;

/// What linfa builds a machine from.
pub type SvcParams = SvmParams<f64, Pr>;

/// A support vector classifier: a machine a class, each of which tells the class from the rest.
#[derive(Debug)]
pub struct Svc {
    machines: Vec<Svm<f64, Pr>>,
}

/// A Gaussian kernel `exp(-distance² / width)`; a large `c` forgives few errors.
#[must_use]
pub fn svc_params(c: f64, width: f64) -> SvcParams {
    Svm::params().pos_neg_weights(c, c).gaussian_kernel(width)
}

/// Fits one machine a class, in the order of the classes.
///
/// # Errors
/// What linfa's solver or its calibration says.
pub fn fit_svc(table: &Table, params: &SvcParams) -> Result<Svc, SvmError> {
    let machines = (0..classes(table)).map(|class| {
        let members = table.clone().map_targets(|target| *target == class);
        params.fit(&members)
    });
    Ok(Svc { machines: machines.collect::<Result<_, _>>()? })
}

impl Svc {
    /// The class whose machine is surest; of several such the first.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> Array1<usize> {
        let told: Vec<Array1<Pr>> = (self.machines.iter()).map(|machine| machine.predict(records)).collect();
        let surest = |row: usize| {
            let classes = (0..told.len()).rev();
            classes.max_by(|a, b| told[*a][row].total_cmp(&told[*b][row]))
        };
        (0..records.nrows()).map(|row| surest(row).unwrap_or_default()).collect()
    }
}

fn classes(table: &Table) -> usize {
    table.targets.iter().max().map_or(0, |last| last + 1)
}

/// Decision trees in a row, each with its class and with the features that it may see.
#[derive(Clone, Debug)]
pub struct Forest {
    trees: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    class: usize,
    features: Vec<usize>,
    tree: DecisionTree<f64, bool>,
}

/// A random forest: so many trees a class, each of which tells the class from the rest by half of the features.
///
/// The bootstrap is that of [Rubin 1981](https://doi.org/10.1214/aos/1176345338): rows are weighted at random, not drawn.
/// linfa's own forest settles ties, and sums over its classes, in the order of a hash map, which is another one in
/// every run; with two classes and weights that never tie there is nothing left to settle, and a seed is a seed.
///
/// # Errors
/// If linfa refuses the settings of a tree.
pub fn fit_forest(table: &Table, max_depth: usize, trees: usize, seed: u64) -> Result<Forest, linfa::Error> {
    let params = DecisionTree::params().max_depth(Some(max_depth));
    let mut rng = StdRng::seed_from_u64(seed);
    let mut forest = Forest { trees: Vec::new() };
    for class in (0..classes(table)).flat_map(|class| std::iter::repeat_n(class, trees)) {
        let columns = table.records.ncols();
        let features = index::sample(&mut rng, columns, columns.div_ceil(2)).into_vec();
        let weights = Array1::from_shape_simple_fn(table.targets.len(), || exponential(&mut rng));
        let members =
            Dataset::new(table.records.select(Axis(1), &features), table.targets.mapv(|target| target == class));
        let tree = params.fit(&members.with_weights(weights))?;
        forest.trees.push(Member { class, features, tree });
    }
    Ok(forest)
}

fn exponential(rng: &mut StdRng) -> f32 {
    -(1.0 - rng.random::<f32>()).ln()
}

impl Forest {
    /// The class that most trees vote for; of several such the first.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> Array1<usize> {
        let classes = self.trees.last().map_or(0, |last| last.class + 1);
        let mut votes = Array2::<usize>::zeros((records.nrows(), classes));
        for member in &self.trees {
            let told = member.tree.predict(&records.select(Axis(1), &member.features));
            for (row, is_member) in told.iter().enumerate() {
                votes[(row, member.class)] += usize::from(*is_member);
            }
        }
        votes.map_axis(Axis(1), |votes| {
            let first_best = (0..classes).rev().max_by_key(|class| votes[*class]);
            first_best.unwrap_or_default()
        })
    }
}

/// The share of rows whose class was told right.
#[must_use]
pub fn accuracy(told: &Array1<usize>, table: &Table) -> f64 {
    let right = told.iter().zip(&table.targets).filter(|(a, b)| a == b);
    right.count() as f64 / told.len() as f64
}

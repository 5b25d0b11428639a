//! Predictions by the nearest neighbours of a row, for classes and for numbers. linfa has an index
//! of neighbours, but no predictor.

use hpo_core::SearchSpace;
use linfa_nn::distance::{L1Dist, L2Dist};
use linfa_nn::{KdTree, NearestNeighbour, NearestNeighbourIndex};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::{Classify, FitError, PredictProba, PredictValues, Regress, Scaled, normalized, scaled};
use crate::data::Dataset;
use crate::scale::Scaling;

/// The distance between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum Distance {
    /// The Euclidean distance (L2).
    #[search_space(default)]
    Euclidean,
    /// The sum of the absolute differences (L1).
    Manhattan,
}

/// The weights of the neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum Weighting {
    /// All neighbours have the same weight.
    #[search_space(default)]
    Even,
    /// Weights are the inverse of the distance.
    InverseDistance,
}

/// Predictions by the nearest neighbours. The defaults are scikit-learn's.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct NearestNeighbours {
    /// The scaling of the features.
    pub scaling: Scaling,
    /// The number of neighbours; all rows, if there are fewer.
    #[search_space(range = 1..=50, log, default = 5)]
    pub neighbours: usize,
    /// The weights of the neighbours.
    pub weighting: Weighting,
    /// The distance between two rows.
    pub distance: Distance,
}

/// The rows of the training, in which neighbours are looked up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory<T> {
    settings: NearestNeighbours,
    records: Array2<f64>,
    targets: Vec<T>,
    classes: usize,
}

impl Classify for NearestNeighbours {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        _: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        Ok(Box::new(self.remember(train, classes)?))
    }

    fn name(&self) -> &'static str {
        "nearest neighbours"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.neighbours as f64
    }
}

impl Regress for NearestNeighbours {
    fn fit_model(&self, train: &Dataset<f64>, _: u64) -> Result<Box<dyn PredictValues>, FitError> {
        Ok(Box::new(self.remember(train, 0)?))
    }

    fn name(&self) -> &'static str {
        "nearest neighbours"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.neighbours as f64
    }
}

impl NearestNeighbours {
    pub(crate) fn remember<T: Clone>(
        &self,
        train: &Dataset<T>,
        classes: usize,
    ) -> Result<Scaled<Memory<T>>, FitError> {
        scaled(self.scaling, train, |train| {
            let (records, targets) = (train.records.clone(), train.targets.to_vec());
            Ok(Memory { settings: self.clone(), records, targets, classes })
        })
    }
}

impl PredictProba for Memory<usize> {
    fn predict_proba(&self, records: &Array2<f64>) -> Array2<f64> {
        let mut sure = Array2::zeros((records.nrows(), self.classes));
        self.ask(records, |row, neighbour, weight| {
            sure[(row, self.targets[neighbour])] += weight;
        });
        normalized(sure)
    }
}

impl PredictValues for Memory<f64> {
    fn predict_values(&self, records: &Array2<f64>) -> Array1<f64> {
        let (mut sums, mut weights) =
            (Array1::<f64>::zeros(records.nrows()), Array1::<f64>::zeros(records.nrows()));
        self.ask(records, |row, neighbour, weight| {
            sums[row] += weight * self.targets[neighbour];
            weights[row] += weight;
        });
        sums / weights
    }
}

impl<T> Memory<T> {
    /// Calls `tell` with each row, each of its neighbours and the weight of the neighbour.
    fn ask(&self, records: &Array2<f64>, mut tell: impl FnMut(usize, usize, f64)) {
        // The index needs rows in contiguous memory.
        let rows = self.records.as_standard_layout();
        let index = match self.settings.distance {
            Distance::Euclidean => KdTree.from_batch(&rows, L2Dist),
            Distance::Manhattan => KdTree.from_batch(&rows, L1Dist),
        };
        let index: Box<dyn NearestNeighbourIndex<f64>> =
            index.expect("rows with features were checked before the fit");
        let records = records.as_standard_layout();
        for (row, features) in records.rows().into_iter().enumerate() {
            let nearest = index
                .k_nearest(features, self.settings.neighbours)
                .expect("the features are those of the fit");
            for (neighbour, place) in nearest {
                tell(row, place, self.weight(features, neighbour));
            }
        }
    }

    fn weight(&self, a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
        let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        let distance = match self.settings.distance {
            Distance::Euclidean => gaps.map(|gap| gap * gap).sum::<f64>().sqrt(),
            Distance::Manhattan => gaps.sum(),
        };
        match self.settings.weighting {
            Weighting::Even => 1.0,
            // A row at distance 0 decides almost alone.
            Weighting::InverseDistance => 1.0 / distance.max(1e-9),
        }
    }
}

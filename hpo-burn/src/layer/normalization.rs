//! Inputs of mean 0 and deviation 1.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

/// The deviation of a feature, as a share of its mean, that is taken for rounding.
const CONSTANT: f32 = 1e-6;

/// Brings each feature to mean 0 and deviation 1, as in the rows that it was adapted to; a constant
/// feature becomes 0, and keeps its scale. Not trained; kept with the weights.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use hpo_burn::Normalization;
///
/// let device = Device::default();
/// let rows = Tensor::<2>::from_floats([[1.0, 10.0, 7.0], [3.0, 30.0, 7.0]], &device);
/// let layer = Normalization::new(3, &device).adapt(&rows);
/// let scaled = layer.forward(rows).into_data().try_to_vec::<f32>().unwrap();
/// assert_eq!(scaled, [-1.0, -1.0, 0.0, 1.0, 1.0, 0.0]);
/// ```
#[derive(Module, Debug)]
pub struct Normalization {
    mean: Param<Tensor<1>>,
    deviation: Param<Tensor<1>>,
}

impl Normalization {
    /// Creates a layer that leaves `features` features as they are.
    #[must_use]
    pub fn new(features: usize, device: &Device) -> Self {
        let fixed = |values| Param::from_tensor(values).set_require_grad(false);
        Self {
            mean: fixed(Tensor::zeros([features], device)),
            deviation: fixed(Tensor::ones([features], device)),
        }
    }

    /// Returns the layer with the means and deviations of rows of shape `[rows, features]`.
    ///
    /// # Panics
    /// If there are no rows.
    #[must_use]
    pub fn adapt(self, rows: &Tensor<2>) -> Self {
        let (mean, deviation) = mean_and_deviation(rows);
        let like = |values: Tensor<1>, old: &Tensor<1>| {
            if old.is_autodiff() { values.autodiff() } else { values.without_autodiff() }
        };
        Self {
            mean: self.mean.map(|old| like(mean.squeeze_dim(0), &old)),
            deviation: self.deviation.map(|old| like(deviation.squeeze_dim(0), &old)),
        }
    }

    /// Scales inputs of shape `[rows, features]`.
    #[must_use]
    pub fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        (inputs - self.mean.val().unsqueeze()) / self.deviation.val().unsqueeze()
    }
}

/// Returns the mean of each feature, and its deviation: 1 if it is constant but for rounding.
fn mean_and_deviation(rows: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    // Beside the first row, sums are small: those of a constant feature are exactly 0.
    let first = rows.clone().slice_dim(0, 0..1);
    let (variance, mean) = (rows.clone() - first.clone()).var_mean_bias(0);
    let (mean, deviation) = (mean + first, variance.sqrt());
    let is_constant = deviation.clone().lower_equal(mean.clone().abs() * CONSTANT);
    (mean, deviation.mask_fill(is_constant, 1.0))
}

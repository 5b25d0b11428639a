//! Inputs of mean 0 and deviation 1.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

/// Brings each feature to mean 0 and deviation 1, as in the rows that it was adapted to. Not
/// trained; kept with the weights.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use hpo_burn::Normalization;
///
/// let device = Device::default();
/// let rows = Tensor::<2>::from_floats([[1.0, 10.0], [3.0, 30.0]], &device);
/// let layer = Normalization::new(2, &device).adapt(&rows);
/// let scaled = layer.forward(rows).into_data().try_to_vec::<f32>().unwrap();
/// assert!(scaled[0] < -0.5 && scaled[2] > 0.5);
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
    #[must_use]
    pub fn adapt(self, rows: &Tensor<2>) -> Self {
        let (variance, mean) = rows.clone().var_mean(0);
        let like = |values: Tensor<1>, old: &Tensor<1>| {
            if old.is_autodiff() { values.autodiff() } else { values.without_autodiff() }
        };
        Self {
            mean: self.mean.map(|old| like(mean.squeeze_dim(0), &old)),
            // A constant feature stays as it is.
            deviation: self
                .deviation
                .map(|old| like(variance.squeeze_dim::<1>(0).sqrt() + 1e-3, &old)),
        }
    }

    /// Scales inputs of shape `[rows, features]`.
    #[must_use]
    pub fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        (inputs - self.mean.val().unsqueeze()) / self.deviation.val().unsqueeze()
    }
}

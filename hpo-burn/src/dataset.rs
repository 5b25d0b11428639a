//! The rows that a network is trained on, and those by which it is measured.

use burn::tensor::kind::{Autodiff, Basic};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::error::Error;

/// Rows that can be cut into batches. A tensor is a dataset, with a row per index of its first
/// dimension; so is a pair of datasets with equally many rows.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use hpo_burn::Dataset;
///
/// /// A window of 12 values for each start.
/// struct Windows(Vec<f32>);
///
/// impl Dataset for Windows {
///     type Batch = Tensor<2>;
///
///     fn len(&self) -> usize {
///         self.0.len() - 11
///     }
///
///     fn batch(&self, rows: &[usize], device: &Device) -> Tensor<2> {
///         let windows = rows.iter().map(|row| {
///             Tensor::<1>::from_floats(&self.0[*row..row + 12], device).unsqueeze()
///         });
///         Tensor::cat(windows.collect(), 0)
///     }
/// }
///
/// let windows = Windows((0..20).map(|value| value as f32).collect());
/// assert_eq!(windows.len(), 9);
/// assert_eq!(windows.batch(&[0, 4], &Device::default()).dims(), [2, 12]);
/// ```
pub trait Dataset: Send + Sync {
    /// The rows of a batch as the network and its loss take them.
    type Batch;

    /// Returns the number of rows.
    fn len(&self) -> usize;

    /// Returns true if there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns these rows, counted from 0, on a device.
    fn batch(&self, rows: &[usize], device: &Device) -> Self::Batch;

    /// Returns the numbers of rows of the two parts of a pair, if they differ.
    #[doc(hidden)]
    fn unequal_rows(&self) -> Option<(usize, usize)> {
        None
    }
}

impl<const D: usize, K: Basic + Autodiff> Dataset for Tensor<D, K>
where
    Self: Send + Sync,
{
    type Batch = Self;

    fn len(&self) -> usize {
        self.dims()[0]
    }

    fn batch(&self, rows: &[usize], device: &Device) -> Self {
        let indices: Vec<i64> = rows.iter().map(|row| (*row as u64).cast_signed()).collect();
        let indices = TensorData::new(indices, [rows.len()]);
        let indices = Tensor::<1, Int>::from_data(indices, &self.device());
        let batch = self.clone().select(0, indices).to_device(device);
        if device.is_autodiff() { batch.autodiff() } else { batch.without_autodiff() }
    }
}

impl<A: Dataset, B: Dataset> Dataset for (A, B) {
    type Batch = (A::Batch, B::Batch);

    fn len(&self) -> usize {
        self.0.len().min(self.1.len())
    }

    fn batch(&self, rows: &[usize], device: &Device) -> Self::Batch {
        (self.0.batch(rows, device), self.1.batch(rows, device))
    }

    fn unequal_rows(&self) -> Option<(usize, usize)> {
        let (inputs, targets) = (self.0.len(), self.1.len());
        (inputs != targets).then_some((inputs, targets))
    }
}

/// Training and validation rows: inputs `X` for the network, targets `Y` for its loss and metrics.
pub struct Data<X, Y> {
    pub(crate) training: Rows<X, Y>,
    pub(crate) validation: Rows<X, Y>,
}

pub(crate) type Rows<X, Y> = Box<dyn Dataset<Batch = (X, Y)>>;

impl<X, Y> Data<X, Y> {
    /// Joins the rows to train on and the rows to measure by, usually pairs of inputs and targets.
    ///
    /// # Errors
    /// If a part has no rows, or not one target per input.
    pub fn new<T, V>(training: T, validation: V) -> Result<Self, Error>
    where
        T: Dataset<Batch = (X, Y)> + 'static,
        V: Dataset<Batch = (X, Y)> + 'static,
    {
        check("training", &training)?;
        check("validation", &validation)?;
        Ok(Self { training: Box::new(training), validation: Box::new(validation) })
    }
}

/// Checks that there are rows, and as many targets as inputs.
pub(crate) fn check(part: &'static str, rows: &impl Dataset) -> Result<(), Error> {
    if let Some((inputs, targets)) = rows.unequal_rows() {
        return Err(Error::UnequalRows { part, inputs, targets });
    }
    if rows.is_empty() { Err(Error::NoRows { part }) } else { Ok(()) }
}

impl<X, Y> std::fmt::Debug for Data<X, Y> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Data")
            .field("training", &self.training.len())
            .field("validation", &self.validation.len())
            .finish()
    }
}

//! Support vector machines for classification and regression.
//!
//! linfa's solver has no settable limit of iterations: with features of different widths or a large
//! penalty, a fit takes minutes. So features are always scaled, the penalty is bounded for each
//! kernel, and the model is fitted to at most [`MOST_ROWS`] rows, drawn by the seed, since the
//! kernel matrix grows with the square of the rows. The ranges follow
//! [Hsu, Chang & Lin 2003](https://www.csie.ntu.edu.tw/~cjlin/papers/guide/guide.pdf), narrowed
//! accordingly.

use hpo_core::SearchSpace;
use linfa::composing::platt_scaling::{PlattParams, platt_newton_method, platt_predict};
use linfa::prelude::{Fit, ParamGuard, Predict};
use linfa_svm::{Svm, SvmParams};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::one_vs_rest::{Membership, OneVsRest};
use super::{
    Classify, FitError, PredictProba, PredictValues, Regress, Scaled, linfa_error, scaled,
};
use crate::context::FitContext;
use crate::data::{self, Dataset};
use crate::scale::{Scaler, Scaling};

/// The largest number of rows that a machine is fitted to: a kernel matrix of 72 MB.
pub const MOST_ROWS: usize = 3000;

/// The kernel, with the penalty `c` of an error: a larger `c` allows fewer errors. A larger one
/// also makes a fit slower, most of all with less flexible kernels.
#[derive(Clone, Copy, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub enum Kernel {
    /// The kernel `x · y`.
    Linear {
        /// The penalty of an error.
        #[search_space(range = 0.01..=3.0, log, default = 1.0)]
        c: f64,
    },
    /// The kernel `exp(-|x - y|² / (width · features))`: a width of 1 keeps the exponent near 1 on
    /// scaled features.
    #[search_space(default)]
    Gaussian {
        /// The penalty of an error.
        #[search_space(range = 0.01..=100.0, log, default = 1.0)]
        c: f64,
        /// The width of the kernel, above 0.
        #[search_space(range = 0.05..=20.0, log, default = 1.0)]
        width: f64,
    },
    /// The kernel `(x · y / features + constant)^degree`.
    Polynomial {
        /// The penalty of an error.
        #[search_space(range = 0.001..=1.0, log, default = 0.1)]
        c: f64,
        /// The constant added before the power.
        #[search_space(range = 0.0..=2.0, default = 1.0)]
        constant: f64,
        /// The degree of the polynomial.
        #[search_space(range = 2..=3, default = 2)]
        degree: u32,
    },
}

/// A support vector classifier. With several classes there is one machine per class, combined
/// through Platt's probabilities.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Svc {
    /// The scaling of the features.
    #[search_space(choices = [Scaling::Standard, Scaling::MinMax], default = Scaling::Standard)]
    pub scaling: Scaling,
    /// The kernel, with the penalty of an error.
    pub kernel: Kernel,
    /// The tolerance of the solver, not tuned. The value is LIBSVM's 1e-3; linfa's own 1e-7 takes
    /// far longer.
    #[search_space(fixed = 1e-3)]
    pub tolerance: f64,
}

/// Support vector regression, on targets of mean 0 and standard deviation 1.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Svr {
    /// The scaling of the features.
    #[search_space(choices = [Scaling::Standard, Scaling::MinMax], default = Scaling::Standard)]
    pub scaling: Scaling,
    /// The largest error without a penalty, in standard deviations of the target.
    #[search_space(range = 0.001..=1.0, log, default = 0.1)]
    pub epsilon: f64,
    /// The kernel, with the penalty of an error.
    pub kernel: Kernel,
    /// The tolerance of the solver, not tuned. The value is LIBSVM's 1e-3; linfa's own 1e-7 takes
    /// far longer.
    #[search_space(fixed = 1e-3)]
    pub tolerance: f64,
}

impl Kernel {
    fn apply<T>(self, params: SvmParams<f64, T>, features: usize) -> SvmParams<f64, T> {
        match self {
            Kernel::Linear { .. } => params.linear_kernel(),
            Kernel::Gaussian { width, .. } => params.gaussian_kernel(width * features as f64),
            Kernel::Polynomial { constant, degree, .. } => {
                params.polynomial_kernel(constant, f64::from(degree))
            }
        }
    }

    /// Returns the features in the form that the kernel needs.
    fn prepare(self, records: Array2<f64>) -> Array2<f64> {
        match self {
            Kernel::Polynomial { .. } => {
                let width = (records.ncols() as f64).sqrt();
                records / width
            }
            Kernel::Linear { .. } | Kernel::Gaussian { .. } => records,
        }
    }

    /// Returns the penalty of an error.
    fn price(self) -> f64 {
        match self {
            Kernel::Linear { c } | Kernel::Gaussian { c, .. } | Kernel::Polynomial { c, .. } => c,
        }
    }

    /// Returns a measure of complexity from the penalty of an error and the flexibility of the
    /// kernel.
    fn complexity(self) -> f64 {
        let bend = match self {
            Kernel::Linear { .. } => 1.0,
            Kernel::Polynomial { degree, .. } => f64::from(degree),
            Kernel::Gaussian { width, .. } => 4.0 / width.min(1.0),
        };
        bend * self.price()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    kernel: Kernel,
    svm: Svm<f64, bool>,
    /// The parameters of Platt's sigmoid over the distances from the decision boundary.
    sigmoid: (f64, f64),
}

impl Machine {
    fn new(kernel: Kernel, svm: Svm<f64, bool>, members: &Dataset<bool>) -> Self {
        let distances = distances(&svm, &members.records);
        let sigmoid = sigmoid(&distances, &members.targets);
        Self { kernel, svm, sigmoid }
    }
}

fn distances(svm: &Svm<f64, bool>, records: &Array2<f64>) -> Array1<f64> {
    records.rows().into_iter().map(|row| svm.weighted_sum(&row) - svm.rho).collect()
}

/// Fits Platt's sigmoid with linfa. The fit fails where the distances hardly differ (for example,
/// with a rare class). Then it is tried again with a stronger regularisation, and finally replaced
/// by the share of the members.
fn sigmoid(distances: &Array1<f64>, members: &Array1<bool>) -> (f64, f64) {
    let fit = |params: PlattParams<f64, ()>| {
        let params = params.check().ok()?;
        let (slope, shift) = platt_newton_method(distances.view(), members.view(), &params).ok()?;
        (slope.is_finite() && shift.is_finite()).then_some((slope, shift))
    };
    let share = || {
        let inside = members.iter().filter(|member| **member).count() as f64;
        (0.0, ((members.len() as f64 - inside + 1.0) / (inside + 1.0)).ln())
    };
    fit(PlattParams::default())
        .or_else(|| fit(PlattParams::default().sigma(1e-3)))
        .unwrap_or_else(share)
}

impl Membership for Machine {
    fn confidence(&self, records: &Array2<f64>) -> Array1<f64> {
        let (slope, shift) = self.sigmoid;
        let distances = distances(&self.svm, &self.kernel.prepare(records.clone()));
        distances.mapv(|distance| f64::from(*platt_predict(distance, slope, shift)))
    }
}

impl Classify for Svc {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        seed: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        Ok(Box::new(self.learn_machines(train, classes, FitContext::new(seed))?))
    }

    fn name(&self) -> &'static str {
        "SVC"
    }

    fn complexity(&self) -> f64 {
        self.kernel.complexity()
    }
}

impl Svc {
    pub(crate) fn learn_machines(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        context: FitContext<'_>,
    ) -> Result<Scaled<OneVsRest<Machine>>, FitError> {
        let train = drawn(train, context.seed);
        let price = self.kernel.price();
        let params = Svm::<f64, bool>::params().pos_neg_weights(price, price).eps(self.tolerance);
        let params = self.kernel.apply(params, train.records.ncols());
        scaled(self.scaling, &train, |train| {
            let train = data::with_records(train, self.kernel.prepare(train.records.clone()));
            OneVsRest::fit(&train, classes, |_, members| {
                if context.is_over() {
                    return Err(FitError::OutOfTime);
                }
                let svm = params.fit(members).map_err(linfa_error("Svm"))?;
                Ok(Machine::new(self.kernel, svm, members))
            })
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Regression {
    targets: Scaler,
    kernel: Kernel,
    svm: Svm<f64, f64>,
}

impl PredictValues for Regression {
    fn predict_values(&self, records: &Array2<f64>) -> Array1<f64> {
        let told = self.svm.predict(&self.kernel.prepare(records.clone()));
        self.targets.undo(0, &told)
    }
}

impl Regress for Svr {
    fn fit_model(
        &self,
        train: &Dataset<f64>,
        seed: u64,
    ) -> Result<Box<dyn PredictValues>, FitError> {
        Ok(Box::new(self.learn_machine(train, seed)?))
    }

    fn name(&self) -> &'static str {
        "SVR"
    }

    fn complexity(&self) -> f64 {
        self.kernel.complexity()
    }
}

impl Svr {
    pub(crate) fn learn_machine(
        &self,
        train: &Dataset<f64>,
        seed: u64,
    ) -> Result<Scaled<Regression>, FitError> {
        let train = drawn_evenly(train, seed);
        let params = Svm::<f64, f64>::params()
            .c_svr(self.kernel.price(), Some(self.epsilon))
            .eps(self.tolerance);
        let params = self.kernel.apply(params, train.records.ncols());
        let column = train.targets.clone().insert_axis(ndarray::Axis(1));
        let targets = Scaling::Standard.fit(&column);
        scaled(self.scaling, &train, |train| {
            let scaled_targets = targets.transform(&column).remove_axis(ndarray::Axis(1));
            let train = Dataset::new(self.kernel.prepare(train.records.clone()), scaled_targets);
            let svm = params.fit(&train).map_err(linfa_error("Svm"))?;
            Ok(Regression { targets, kernel: self.kernel, svm })
        })
    }
}

/// Draws at most [`MOST_ROWS`] rows, at least one of each class.
fn drawn(train: &Dataset<usize>, seed: u64) -> Dataset<usize> {
    data::drawn(train, MOST_ROWS, seed)
}

fn drawn_evenly(train: &Dataset<f64>, seed: u64) -> Dataset<f64> {
    let rows = train.targets.len();
    if rows <= MOST_ROWS {
        train.clone()
    } else {
        data::select(train, &data::some_rows(rows, MOST_ROWS, seed))
    }
}

//! The type that a study passes to its objective: a typed config, or the untyped point itself.

use std::sync::Arc;

use crate::space::{FlatSpace, Params, ParamsError, SearchSpace, Space};

/// A type that a study can pass to its objective: any [`SearchSpace`] type, or [`Params`] for a
/// space that is known only at run time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be searched",
    note = "put #[derive(SearchSpace)] on `{Self}`, or use Params for a space built at run time"
)]
pub trait Config: Sized {
    /// Returns the space, if the type declares one.
    fn declared_space() -> Option<Space>;

    /// Converts a point to a config.
    ///
    /// # Errors
    /// If the point belongs to another space.
    fn from_params(params: &Params) -> Result<Self, ParamsError>;

    /// Converts a config to a point of the space.
    ///
    /// # Errors
    /// If the config lies outside its space.
    fn to_params(&self, flat: &Arc<FlatSpace>) -> Result<Params, ParamsError>;

    /// Returns the violation of the config's own constraint; at most 0 if the constraint holds.
    fn violation(&self) -> f64;

    /// Returns true if some config may violate the constraint.
    fn is_constrained() -> bool;
}

impl<S: SearchSpace> Config for S {
    fn declared_space() -> Option<Space> {
        Some(S::space())
    }

    fn from_params(params: &Params) -> Result<Self, ParamsError> {
        params.config()
    }

    fn to_params(&self, flat: &Arc<FlatSpace>) -> Result<Params, ParamsError> {
        Params::of(flat, self)
    }

    fn violation(&self) -> f64 {
        SearchSpace::violation(self)
    }

    fn is_constrained() -> bool {
        S::is_constrained()
    }
}

impl Config for Params {
    fn declared_space() -> Option<Space> {
        None
    }

    fn from_params(params: &Params) -> Result<Self, ParamsError> {
        Ok(params.clone())
    }

    fn to_params(&self, flat: &Arc<FlatSpace>) -> Result<Params, ParamsError> {
        Params::place(flat, self.values())
    }

    fn violation(&self) -> f64 {
        0.0
    }

    fn is_constrained() -> bool {
        false
    }
}

//! What a study hands to its objective: a typed config, or the untyped point itself.

use std::sync::Arc;

use crate::space::{Params, ParamsError, SearchSpace, Slots, Space};

/// What a study hands to its objective: any [`SearchSpace`] type, or [`Params`] for a space that is known at run time only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be searched",
    note = "put #[derive(SearchSpace)] on `{Self}`, or use Params for a space built at run time"
)]
pub trait Config: Sized {
    /// The space, if the type says it.
    fn declared_space() -> Option<Space>;

    /// The config of a point.
    ///
    /// # Errors
    /// If the point is of another space.
    fn from_params(params: &Params) -> Result<Self, ParamsError>;

    /// The point of a config.
    ///
    /// # Errors
    /// If the config lies outside its space.
    fn to_params(&self, slots: &Arc<Slots>) -> Result<Params, ParamsError>;

    /// How far the config breaks its own constraint; at most 0 if it keeps it.
    fn violation(&self) -> f64;

    /// Whether some config may break it.
    fn is_constrained() -> bool;
}

impl<S: SearchSpace> Config for S {
    fn declared_space() -> Option<Space> {
        Some(S::space())
    }

    fn from_params(params: &Params) -> Result<Self, ParamsError> {
        params.config()
    }

    fn to_params(&self, slots: &Arc<Slots>) -> Result<Params, ParamsError> {
        Params::of(slots, self)
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

    fn to_params(&self, slots: &Arc<Slots>) -> Result<Params, ParamsError> {
        Params::place(slots, self.values())
    }

    fn violation(&self) -> f64 {
        0.0
    }

    fn is_constrained() -> bool {
        false
    }
}

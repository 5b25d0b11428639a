//! Typed sampling: configs as a distribution of `rand`.

use std::marker::PhantomData;
use std::sync::Arc;

use rand::distr::Distribution;

use super::{FlatSpace, SearchSpace, SpaceError};
use crate::rng::Rng;

/// A distribution over random configs of type `S`. Every parameter is uniform on its scale or
/// follows its prior; all variants are equally likely.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::rand::distr::Distribution;
/// use hpo_core::space::Uniform;
///
/// #[derive(Debug, SearchSpace)]
/// struct Net {
///     #[search_space(range = 1e-5..=1e-1, log)]
///     learning_rate: f64,
///     #[search_space(range = 1..=8)]
///     layers: u8,
/// }
///
/// let nets = Uniform::<Net>::new()?;
/// let mut rng = hpo_core::rand::rng();              // any generator of `rand`
/// let net: Net = nets.sample(&mut rng);
/// assert!((1..=8).contains(&net.layers));
/// let many: Vec<Net> = nets.sample_iter(&mut rng).take(10).collect();
/// # assert_eq!(many.len(), 10);
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Uniform<S> {
    flat: Arc<FlatSpace>,
    config: PhantomData<fn() -> S>,
}

impl<S: SearchSpace> Uniform<S> {
    /// Creates the distribution over the space of `S`. It ignores constraints.
    ///
    /// # Errors
    /// If the space cannot be searched.
    pub fn new() -> Result<Self, SpaceError> {
        Ok(Self { flat: FlatSpace::new(&S::space())?, config: PhantomData })
    }
}

impl<S: SearchSpace> Distribution<S> for Uniform<S> {
    fn sample<R: rand::Rng + ?Sized>(&self, rng: &mut R) -> S {
        let mut stream = Rng::derive(rng.next_u64(), rng.next_u64());
        let params = self.flat.draw(&mut stream);
        params.config().expect("a type reads every point of its own space")
    }
}

#![allow(missing_docs)]
use super::*;
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    #[default]
    Avoid,
    Allow,
}
pub fn propose(
    s: &dyn Sampler,
    history: History<'_>,
    (number, seed): (u64, u64),
    _: Duplicates,
    _f: &mut dyn FnMut(&Params) -> bool,
) -> Result<Proposal, SampleError> {
    s.sample(
        history,
        Ask {
            number,
            attempt: 0,
            seed,
        },
    )
}
pub fn is_exhausted(_s: &dyn Sampler, h: History<'_>, d: Duplicates) -> bool {
    d == Duplicates::Avoid
        && h.slots().cardinality() <= crate::space::Cardinality::Finite(h.tried_count() as u128)
}
#[derive(Debug, Default, Clone)]
pub struct Grid;
impl Grid {
    pub fn new(_: u32) -> Self {
        Self
    }
}
impl Sampler for Grid {
    fn sample(&self, h: History<'_>, a: Ask) -> Result<Proposal, SampleError> {
        Random.sample(h, a)
    }
    fn name(&self) -> &'static str {
        "grid"
    }
}
#[derive(Debug, Default, Clone)]
pub struct Qmc;
impl Sampler for Qmc {
    fn sample(&self, h: History<'_>, a: Ask) -> Result<Proposal, SampleError> {
        Random.sample(h, a)
    }
    fn name(&self) -> &'static str {
        "qmc"
    }
}

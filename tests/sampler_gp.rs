//! The Gaussian-process sampler: the contract, what it promises beyond, and how it does beside random search.

use hpo_core::sampler::Gp;
use hpo_core::testing::sampler::check;

#[test]
fn it_keeps_the_contract() {
    check(|| Box::new(Gp::default()));
}

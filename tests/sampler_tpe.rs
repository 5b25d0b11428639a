//! The tree-structured Parzen estimator: the contract, what it is worth, and what it does with unusual trials.

use hpo_core::sampler::Tpe;
use hpo_core::testing::sampler::check;

#[test]
fn it_keeps_the_contract() {
    check(|| Box::new(Tpe::default()));
    check(|| Box::new(Tpe::optuna()));
    check(|| Box::new(Tpe::builder().startup(0).build().unwrap()));
}

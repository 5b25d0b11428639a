//! What a trial costs does not grow: not with the parameters' count, not with the history's length.

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::space::Params;
use hpo_core::space::{Domain, Float, Part, Space};

/// The memory allocations of the next trial of a study with so many parameters and trials.
fn allocations(parameters: usize, trials: u64) -> u64 {
    let part =
        |index| Part::new(format!("x{index}"), Space::Leaf(Domain::Float(Float::new(0.0, 1.0))));
    let space = Space::All((0..parameters).map(part).collect());
    let study = Study::<Params>::minimize().sampler(Random).space(space).seed(1).open().unwrap();
    study.optimize(trials, |params, _| params.float("x0").unwrap()).unwrap();
    let one = || {
        let asked = study.ask().unwrap().unwrap();
        study.tell(asked.number, 0.5).unwrap();
    };
    // Of several trials the cheapest: lists that double their room now and then do so in others.
    (0..20).map(|_| allocation_counter::measure(one).count_total).min().unwrap()
}

#[test]
fn no_memory_is_asked_for_by_the_parameter() {
    let few = allocations(2, 100);
    assert_eq!(allocations(50, 100), few);
    assert!(few <= 6, "{few} allocations for one trial");
}

#[test]
fn no_trial_is_read_again_for_the_next_one() {
    assert_eq!(allocations(10, 100), allocations(10, 10_000));
}

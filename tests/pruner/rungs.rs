//! Rungs and brackets in whole numbers, for any settings.

use hpo_core::pruner::{Hyperband, RungTable, rung_step};
use hpo_core::testing::pruner::Field;
use hpo_core::trial::{AttributeScope, Direction, Event, rung_attribute};
use proptest::prelude::*;

proptest! {
    #[test]
    fn each_rung_is_the_one_before_times_the_factor(min in 1_u64..1000, factor in 2_u64..20, rung in 0_u32..70) {
        let exact = u128::from(factor).checked_pow(rung).and_then(|power| power.checked_mul(u128::from(min)));
        prop_assert_eq!(rung_step(min, factor, rung), exact.and_then(|step| u64::try_from(step).ok()));
    }

    /// The last bracket begins at the highest rung that a trial can reach, also where this is an
    /// exact power.
    #[test]
    fn there_are_as_many_brackets_as_rungs(min in 1_u64..50, factor in 2_u64..11, power in 0_u32..12) {
        let most = rung_step(min, factor, power).expect("small numbers");
        let hyperband = Hyperband::builder().min_resource(min).reduction_factor(factor).build().unwrap();
        prop_assert_eq!(hyperband.brackets(most).len() as u32, power + 1);
        prop_assert_eq!(hyperband.brackets(most - 1).len() as u32, power);
    }

    /// A place among others, found by counting them.
    #[test]
    fn a_place_is_how_many_are_better(values in prop::collection::vec(-5_i32..5, 1..40), wanted in -5_i32..5, large: bool) {
        let direction = if large { Direction::Maximize } else { Direction::Minimize };
        let mut field = Field::new(direction, "places");
        for value in &values {
            let number = field.start();
            let value = f64::from(*value).into();
            field.apply(number, &Event::Attribute { scope: AttributeScope::System, key: &rung_attribute(3), value: &value });
        }
        let better = values.iter().filter(|value| if large { **value > wanted } else { **value < wanted }).count();
        let standings = RungTable::default();
        let placed = standings.look(field.context(), |_| 0, (0, 3), |at| at.placed(direction, u64::MAX, wanted.into()));
        prop_assert_eq!(placed, (better, values.len() + 1));
        // The first trial has come here before: it is not one of the others.
        let other = &values[1..];
        let better = other.iter().filter(|value| if large { **value > wanted } else { **value < wanted }).count();
        let placed = standings.look(field.context(), |_| 0, (0, 3), |at| at.placed(direction, 0, wanted.into()));
        prop_assert_eq!(placed, (better, values.len()));
    }
}

/// Made with `HyperbandPruner(max_resource=.., reduction_factor=..)._trial_allocation_budgets` of
/// Optuna 5.0, but the last one: there Optuna has five brackets, as its logarithm of 243 by 3 is
/// just below 5.
#[test]
fn brackets_have_optunas_sizes() {
    for (most, factor, expected) in [
        (100, 3, vec![81, 34, 15, 8, 5]),
        (81, 3, vec![81, 34, 15, 8, 5]),
        (27, 3, vec![27, 12, 6, 4]),
        (16, 4, vec![16, 6, 3]),
        (1, 2, vec![1]),
        (243, 3, vec![243, 98, 41, 18, 9, 6]),
    ] {
        assert_eq!(
            Hyperband::builder().reduction_factor(factor).build().unwrap().brackets(most),
            expected,
            "{most} by {factor}"
        );
    }
}

/// Zeros of both signs are the same value, as they are to Optuna.
#[test]
fn signed_zeros_are_equal() {
    let mut field = Field::new(Direction::Minimize, "zeros");
    let number = field.start();
    let value = (-0.0).into();
    field.apply(
        number,
        &Event::Attribute { scope: AttributeScope::System, key: &rung_attribute(0), value: &value },
    );
    let place = RungTable::default().look(
        field.context(),
        |_| 0,
        (0, 0),
        |at| at.place(Direction::Minimize, 0.0),
    );
    assert_eq!(place, 0);
}

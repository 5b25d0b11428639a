//! `default`: the first guess of leaves, options, variants and whole parts.

use hpo_core::SearchSpace;
use hpo_core::space::{Categorical, Space};

use super::{as_categorical, as_float, as_int, only};

#[derive(Debug, Clone, PartialEq, SearchSpace)]
enum Optimizer {
    Adam,
    Sgd {
        #[search_space(range = 0.0..=0.99)]
        momentum: f64,
        #[search_space(len = 1..=3, range = 1..=9)]
        schedule: Vec<u8>,
        nesterov: bool,
    },
}

macro_rules! one_field {
    ($ty:ty, $($attribute:tt)+) => {
        #[derive(SearchSpace)]
        struct One {
            #[search_space($($attribute)+)]
            _field: $ty,
        }
    };
}

#[test]
fn of_leaves() {
    one_field!(u32, range = 1..=10, default = 3);
    assert_eq!(as_int(only(One::space())).default, Some(3));
    {
        one_field!(f32, range = 0.1..=0.7, default = 0.7);
        assert_eq!(as_float(only(One::space())).default, Some(0.7_f32.into()));
    }
    {
        one_field!(bool, default = true);
        let expected = Categorical { default: Some(1), ..Categorical::new([false, true]) };
        assert_eq!(as_categorical(only(One::space())), expected);
    }
    {
        one_field!([u8; 2], range = 1..=3, default = 2);
        let Space::All(parts) = only(One::space()) else { unreachable!() };
        assert!(parts.into_iter().all(|part| as_int(part.space).default == Some(2)));
    }
}

#[test]
fn of_options() {
    let default = |space: Space| match only(space) {
        Space::OneOf(one_of) => {
            (one_of.default, as_float(one_of.variants[1].space.clone()).default)
        }
        _ => unreachable!(),
    };
    one_field!(Option<f64>, range = 0.0..=1.0, default = 0.5);
    assert_eq!(default(One::space()), (Some(1), Some(0.5)));
    {
        one_field!(Option<f64>, range = 0.0..=1.0, default = Some(0.5));
        assert_eq!(default(One::space()), (Some(1), Some(0.5)));
    }
    {
        one_field!(Option<f64>, range = 0.0..=1.0, default = None);
        assert_eq!(default(One::space()), (Some(0), None));
    }
}

#[test]
fn of_whole_parts() {
    one_field!(
        Optimizer,
        default = Optimizer::Sgd { momentum: 0.9, schedule: vec![3, 4], nesterov: true }
    );
    let Space::OneOf(one_of) = only(One::space()) else { unreachable!() };
    assert_eq!(one_of.default, Some(1));
    let Space::All(sgd) = one_of.variants[1].space.clone() else { unreachable!() };
    assert_eq!(as_float(sgd[0].space.clone()).default, Some(0.9));
    let Space::List(schedule) = &sgd[1].space else { unreachable!() };
    assert_eq!(schedule.len.default, Some(2));
    assert_eq!(as_categorical(sgd[2].space.clone()).default, Some(1));
    {
        one_field!(Option<Optimizer>, default = Some(Optimizer::Adam));
        let Space::OneOf(option) = only(One::space()) else { unreachable!() };
        assert_eq!(option.default, Some(1));
        assert!(
            matches!(&option.variants[1].space, Space::OneOf(inner) if inner.default == Some(0))
        );
    }
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
struct Listed {
    #[search_space(choices = [1, 2])]
    number: u8,
}

#[test]
#[should_panic(expected = "is outside its search space: `number` holds none of its choices")]
fn a_part_that_is_none_of_its_space_panics() {
    one_field!(Listed, default = Listed { number: 3 });
    One::space();
}

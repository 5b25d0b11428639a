//! Lists of choices: of any type, with labels by value or by source.

use std::borrow::Cow;

use hpo_core::SearchSpace;
use hpo_core::space::{Categorical, Label, ReadError, Reader, Value, WriteError, Writer};

use super::{as_categorical, only, round_trip, texts};

/// The labels of the only field.
fn labels<T: SearchSpace>() -> Vec<Label> {
    as_categorical(only(T::space())).choices
}

macro_rules! one_field {
    ($ty:ty, $($attribute:tt)+) => {
        #[derive(Debug, PartialEq, SearchSpace)]
        struct One {
            #[search_space($($attribute)+)]
            field: $ty,
        }
    };
}

#[test]
fn texts_of_every_type() {
    one_field!(String, choices = ["adam", "sgd"]);
    assert_eq!(only(One::space()), texts(&["adam", "sgd"]));
    assert_eq!(round_trip(&One { field: "sgd".into() }), [Value::Choice(1)]);
    {
        one_field!(&'static str, choices = ["adam", "sgd"]);
        assert_eq!(only(One::space()), texts(&["adam", "sgd"]));
        round_trip(&One { field: "adam" });
    }
    {
        one_field!(Box<str>, choices = ["adam", "sgd"]);
        round_trip(&One { field: "adam".into() });
    }
    {
        one_field!(Cow<'static, str>, choices = ["adam", "sgd"]);
        round_trip(&One { field: "adam".into() });
    }
}

const FAST: &str = "fast";

#[test]
fn constants_are_labelled_by_value() {
    one_field!(String, choices = [FAST, "slow"]);
    assert_eq!(labels::<One>(), [Label::from("fast"), Label::from("slow")]);
    {
        const SMALL: usize = 64;
        one_field!(usize, choices = [SMALL, SMALL * 2], default = SMALL * 2, ordered);
        let domain = as_categorical(only(One::space()));
        let expected =
            Categorical { ordered: true, default: Some(1), ..Categorical::new([64_usize, 128]) };
        assert_eq!(domain, expected);
    }
}

#[test]
fn numbers_letters_and_flags() {
    one_field!(u64, choices = [16, 32, 18_446_744_073_709_551_615]);
    assert_eq!(labels::<One>(), [16, 32, u64::MAX].map(Label::from));
    round_trip(&One { field: u64::MAX });
    {
        one_field!(f32, choices = [-0.1, 0.0, 1e3]);
        // As written, and not as single precision rounds it.
        assert_eq!(labels::<One>(), [-0.1, 0.0, 1e3].map(Label::Float));
        round_trip(&One { field: -0.1 });
    }
    {
        one_field!(char, choices = ['a', 'b']);
        assert_eq!(labels::<One>(), ["a", "b"].map(Label::from));
        round_trip(&One { field: 'b' });
    }
    {
        one_field!(bool, choices = [true, false]);
        assert_eq!(labels::<One>(), [true, false].map(Label::from));
        assert_eq!(round_trip(&One { field: false }), [Value::Choice(1)]);
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Kernel {
    Linear,
    Rbf(f64),
}

mod other {
    pub(super) const LINEAR: super::Kernel = super::Kernel::Rbf(3.0);
}
const LINEAR: Kernel = Kernel::Linear;

#[test]
fn values_of_other_types_are_labelled_by_their_source() {
    one_field!(
        Kernel,
        choices = [Kernel::Linear, Kernel::Rbf(0.5), self::Kernel::Rbf(2.0)],
        default = Kernel::Rbf(0.5)
    );
    assert_eq!(labels::<One>(), ["Linear", "Rbf(0.5)", "Rbf(2.0)"].map(Label::from));
    assert_eq!(as_categorical(only(One::space())).default, Some(1));
    assert_eq!(round_trip(&One { field: Kernel::Rbf(2.0) }), [Value::Choice(2)]);
    {
        one_field!(Kernel, choices = [LINEAR, other::LINEAR]);
        assert_eq!(labels::<One>(), ["LINEAR", "other::LINEAR"].map(Label::from));
    }
}

#[test]
fn options_lists_and_arrays_as_a_whole() {
    one_field!(Option<u32>, choices = [None, Some(3), Some(5)], default = None);
    assert_eq!(labels::<One>(), [Label::Null, Label::from(3), Label::from(5)]);
    assert_eq!(as_categorical(only(One::space())).default, Some(0));
    assert_eq!(round_trip(&One { field: Some(5) }), [Value::Choice(2)]);
    {
        one_field!(Vec<usize>, choices = [vec![64], vec![64, 32]]);
        assert_eq!(labels::<One>(), ["vec![64]", "vec![64, 32]"].map(Label::from));
        round_trip(&One { field: vec![64, 32] });
    }
    {
        one_field!([usize; 2], choices = [[64, 32], [8; 2]]);
        round_trip(&One { field: [8, 8] });
    }
    {
        one_field!((f64, u8), choices = [(0.5, 1), (0.9, 2)]);
        round_trip(&One { field: (0.9, 2) });
    }
}

#[test]
fn what_is_not_a_choice_is_an_error() {
    one_field!(Kernel, choices = [Kernel::Linear]);
    let config = One { field: Kernel::Rbf(0.1) };
    assert_eq!(config.write(&mut Writer::new()), Err(WriteError::NotAChoice { field: "field" }));
    let error = ReadError::Choice { field: "field", index: 1, count: 1 };
    assert_eq!(One::read(&mut Reader::new(&[Value::Choice(1)])), Err(error));
}

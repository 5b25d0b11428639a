//! Type, const and lifetime parameters, and types that a macro of the user's writes.

use std::marker::PhantomData;

use hpo_core::SearchSpace;

use super::{all, as_int, flag, int, only, round_trip};

#[derive(Debug, PartialEq, SearchSpace)]
struct Pair<T> {
    a: T,
    b: Option<T>,
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Sized<const N: usize> {
    #[search_space(range = 1..=N)]
    layers: usize,
    switches: [bool; N],
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Other<'a, T, U>
where
    U: Default,
{
    #[search_space(choices = ["a", "b"])]
    name: &'a str,
    #[search_space(skip)]
    state: U,
    marker: PhantomData<T>,
    #[search_space(range = Self::LOW..=9)]
    number: u8,
}

impl<T, U: Default> Other<'_, T, U> {
    const LOW: u8 = 3;
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Either<T: Clone + PartialEq + From<u8>> {
    #[search_space(choices = [T::from(1), T::from(2)])]
    value: T,
}

struct NotASpace;

#[test]
fn parameters() {
    assert_eq!(Pair::<bool>::space(), all([("a", flag()), ("b", Option::<bool>::space())]));
    round_trip(&Pair { a: [true, false], b: None });
    assert_eq!(
        Sized::<3>::space(),
        all([("layers", int(1, 3)), ("switches", <[bool; 3]>::space())])
    );
    round_trip(&Sized { layers: 2, switches: [true, false] });
    let other = Other::<NotASpace, u8> { name: "b", state: 0, marker: PhantomData, number: 4 };
    assert_eq!(
        Other::<NotASpace, u8>::space(),
        all([("name", super::texts(&["a", "b"])), ("number", int(3, 9))])
    );
    let mut writer = hpo_core::space::Writer::new();
    other.write(&mut writer).expect("it can be written");
    let values = writer.into_values();
    let read =
        Other::<NotASpace, u8>::read(&mut hpo_core::space::Reader::new(&values)).expect("and read");
    assert_eq!((read.name, read.state, read.number), ("b", 0, 4));
    round_trip(&Either { value: 2_u32 });
}

macro_rules! written {
    ($name:ident { $($field:ident: $ty:ty = $range:expr),+ }) => {
        #[derive(Debug, PartialEq, SearchSpace)]
        struct $name {
            $(#[search_space(range = $range)] $field: $ty,)+
        }
    };
}
written!(Written { depth: u8 = 1..=9 });

#[test]
fn invisible_groups_of_macros_are_seen_through() {
    assert_eq!(as_int(only(Written::space())).high, 9);
    round_trip(&Written { depth: 2 });
}

mod facade {
    pub(super) mod inner {
        pub(crate) use hpo_core::__private;
    }
}

/// A name that the expansion must not mistake for its own.
#[allow(dead_code, non_upper_case_globals)]
mod hostile {
    use hpo_core::SearchSpace;

    pub(super) enum Option {}
    pub(super) enum Result {}
    pub(super) enum Box {}
    pub(super) type Ok = ();
    const values: u8 = 3;
    const parts: u8 = 4;

    #[derive(SearchSpace)]
    #[search_space(crate = super::facade::inner)]
    pub(super) struct Hostile {
        #[search_space(range = values..=parts)]
        pub(super) number: u8,
        #[search_space(choices = [values, parts])]
        pub(super) choice: u8,
        #[search_space(fixed = values)]
        pub(super) fixed: u8,
    }
}

#[test]
fn names_are_hygienic() {
    assert_eq!(
        as_int(match hostile::Hostile::space().untyped() {
            hpo_core::space::Space::All(mut parts) => parts.remove(0).space,
            _ => unreachable!(),
        })
        .low,
        3
    );
}

//! Expansions with parts of other types, and of a type that is refused.

use super::check;

#[test]
fn layers_and_parameters() {
    check(
        r"
struct Config<T, const N: usize> {
    #[search_space(len = 1..=3, range = 1..=N)]
    hidden: Option<Vec<usize>>,
    part: T,
}
",
        r#"
#[doc(hidden)]
#[allow(non_upper_case_globals, unused_variables, unused_mut, unused_qualifications)]
const _: () = {
    use ::hpo_core::__private as __p;
    fn __within_0<T: __p::SearchSpace, const N: usize>() -> (__p::Within<T>,) {
        (__p::within::<T>(),)
    }
    #[automatically_derived]
    impl<T: __p::SearchSpace, const N: usize> __p::SearchSpace for Config<T, N> {
        fn space() -> __p::Space {
            let mut __parts = __p::Parts::new();
            __parts
                .push(
                    "hidden",
                    __p::option(
                        __p::list(
                            &__p::Number {
                                float: false,
                                nonzero: false,
                                low: __p::Both { float: 1.0, int: 1 },
                                high: __p::Both { float: 3.0, int: 3 },
                                exclusive: false,
                                log: false,
                                step: ::core::option::Option::None,
                                default: ::core::option::Option::None,
                                prior: ::core::option::Option::None,
                            },
                            __p::scalar(
                                <usize as __p::Numeric>::NAME,
                                const {
                                    let __number = {
                                        let __low: <usize as __p::Numeric>::Bound = 1;
                                        let __high: <usize as __p::Numeric>::Bound = N;
                                        __p::Number {
                                            float: <usize as __p::Numeric>::FLOAT,
                                            nonzero: <usize as __p::Numeric>::NONZERO,
                                            low: __p::Both {
                                                float: __low as ::core::primitive::f64,
                                                int: __low as ::core::primitive::i128,
                                            },
                                            high: __p::Both {
                                                float: __high as ::core::primitive::f64,
                                                int: __high as ::core::primitive::i128,
                                            },
                                            exclusive: false,
                                            log: false,
                                            step: ::core::option::Option::None,
                                            default: ::core::option::Option::None,
                                            prior: ::core::option::Option::None,
                                        }
                                    };
                                    ::core::assert!(
                                        __number.obeys(__p::Rule::Ordered),
                                        "`1..=N` is empty: the smaller end comes first, as in `range = N..=1`"
                                    );
                                    __number
                                }
                                    .leaf(),
                            ),
                        ),
                        ::core::option::Option::None,
                    ),
                );
            __parts.push("part", (__within_0::<T, N>().0.space)());
            __p::of_struct(
                __parts.all(),
                "Config",
                __p::Fields::Named(
                    &[
                        (
                            "hidden",
                            __p::FieldSpec::Tuned(&["len = 1..=3", "range = 1..=N"]),
                        ),
                        ("part", __p::FieldSpec::Tuned(&[])),
                    ],
                ),
            )
        }
        fn read(__values: &mut __p::Reader<'_>) -> __p::Read<Self> {
            ::core::result::Result::Ok(Self {
                hidden: __p::read_option(
                    __values,
                    "hidden",
                    |__values| __p::read_list(
                        __values,
                        "hidden",
                        |__values| <usize as __p::Numeric>::read(__values, "hidden"),
                    ),
                )?,
                part: (__within_0::<T, N>().0.read)(__values)?,
            })
        }
        fn write(&self, __values: &mut __p::Writer) -> __p::Written {
            __p::write_option(
                __values,
                ::core::option::Option::as_ref(&self.hidden),
                |__values, __part| __p::write_list(
                    __values,
                    __part,
                    |__values, __part| <usize as __p::Numeric>::write(
                        __part,
                        __values,
                        "hidden",
                    ),
                ),
            )?;
            (__within_0::<T, N>().0.write)(&self.part, __values)?;
            ::core::result::Result::Ok(())
        }
        fn violation(&self) -> f64 {
            __p::total(&[(__within_0::<T, N>().0.violation)(&self.part)])
        }
        fn is_constrained() -> bool {
            (__within_0::<T, N>().0.is_constrained)()
        }
    }
};
"#,
    );
}

#[test]
fn after_an_error() {
    check(
        r"
struct Config<T> {
    #[search_space(lgo)]
    part: T,
}
",
        r#"
::core::compile_error! {
    "there is no attribute `lgo`: did you mean `log`?"
}
#[doc(hidden)]
const _: () = {
    use ::hpo_core::__private as __p;
    #[automatically_derived]
    impl<T> __p::SearchSpace for Config<T> {
        fn space() -> __p::Space {
            ::core::unreachable!()
        }
        fn read(_: &mut __p::Reader<'_>) -> __p::Read<Self> {
            ::core::unreachable!()
        }
        fn write(&self, _: &mut __p::Writer) -> __p::Written {
            ::core::unreachable!()
        }
    }
};
"#,
    );
}

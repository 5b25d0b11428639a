//! A few pinned expansions that show the output of the macro.
#![allow(clippy::too_many_lines)] // They are as long as what they show.

mod nested;

/// Checks that the derive expands the input to the expected code.
fn check(input: &str, expected: &str) {
    let input = syn::parse_str(input).expect("the input is an item");
    let actual = syn::parse2(crate::expand::derive(&input)).expect("the expansion is Rust");
    let actual = prettyplease::unparse(&actual);
    assert!(actual.trim() == expected.trim(), "the expansion is\n{actual}");
}

#[test]
fn a_struct() {
    check(
        r"
struct Config {
    #[search_space(range = 1e-5..=1e-1, log)]
    rate: f64,
    #[search_space(range = 1..10, step = 2, default = 3)]
    depth: u32,
    shuffle: bool,
    #[search_space(fixed = 42)]
    seed: u64,
    model: Model,
}
",
        r#"
#[doc(hidden)]
#[allow(non_upper_case_globals, unused_variables, unused_mut, unused_qualifications)]
const _: () = {
    use ::hpo_core::__private as __p;
    fn __within_0() -> (__p::Within<Model>,) {
        (__p::within::<Model>(),)
    }
    #[automatically_derived]
    impl __p::SearchSpace for Config {
        fn space() -> __p::Space {
            let mut __parts = __p::Parts::new();
            __parts
                .push(
                    "rate",
                    __p::scalar(
                        <f64 as __p::Numeric>::NAME,
                        __p::float(0.00001, 0.1, true),
                    ),
                );
            __parts
                .push(
                    "depth",
                    __p::scalar(
                        <u32 as __p::Numeric>::NAME,
                        __p::Number {
                            float: false,
                            nonzero: false,
                            low: __p::Both { float: 1.0, int: 1 },
                            high: __p::Both { float: 10.0, int: 10 },
                            exclusive: true,
                            log: false,
                            step: ::core::option::Option::Some(__p::Both {
                                float: 2.0,
                                int: 2,
                            }),
                            default: ::core::option::Option::Some(__p::Both {
                                float: 3.0,
                                int: 3,
                            }),
                            prior: ::core::option::Option::None,
                        }
                            .leaf(),
                    ),
                );
            __parts.push("shuffle", __p::flag(::core::option::Option::None));
            __parts
                .fixed(
                    "seed",
                    {
                        #[allow(unused_imports, clippy::needless_borrow)]
                        use __p::Told as _;
                        (&&&&&__p::Untuned::<u64, _>::new(|| 42)).told()
                    },
                );
            __parts.push("model", (__within_0().0.space)());
            __p::of_struct(
                __parts.all(),
                "Config",
                __p::Fields::Named(
                    &[
                        ("rate", __p::FieldSpec::Tuned(&["range = 1e-5..=1e-1", "log"])),
                        (
                            "depth",
                            __p::FieldSpec::Tuned(
                                &["range = 1..10", "step = 2", "default = 3"],
                            ),
                        ),
                        ("shuffle", __p::FieldSpec::Tuned(&[])),
                        ("seed", __p::FieldSpec::Fixed("42")),
                        ("model", __p::FieldSpec::Tuned(&[])),
                    ],
                ),
            )
        }
        fn read(__values: &mut __p::Reader<'_>) -> __p::Read<Self> {
            ::core::result::Result::Ok(Self {
                rate: <f64 as __p::Numeric>::read(__values, "rate")?,
                depth: <u32 as __p::Numeric>::read(__values, "depth")?,
                shuffle: __p::read_flag(__values, "shuffle")?,
                seed: 42,
                model: (__within_0().0.read)(__values)?,
            })
        }
        fn write(&self, __values: &mut __p::Writer) -> __p::Written {
            <f64 as __p::Numeric>::write(&self.rate, __values, "rate")?;
            <u32 as __p::Numeric>::write(&self.depth, __values, "depth")?;
            <bool as __p::SearchSpace>::write(&self.shuffle, __values)?;
            (__within_0().0.write)(&self.model, __values)?;
            ::core::result::Result::Ok(())
        }
        fn violation(&self) -> f64 {
            __p::total(&[(__within_0().0.violation)(&self.model)])
        }
        fn is_constrained() -> bool {
            (__within_0().0.is_constrained)()
        }
    }
};
"#,
    );
}

#[test]
fn an_enum() {
    check(
        r#"
#[search_space(tag = "kind", constraint = Self::fits, crate = facade::hpo)]
enum Model {
    #[search_space(default)]
    Dummy,
    Svc(Svc),
    Tree { #[search_space(choices = ["gini", "entropy"])] criterion: String, depth: Option<bool> },
}
"#,
        r#"
#[doc(hidden)]
#[allow(non_upper_case_globals, unused_variables, unused_mut, unused_qualifications)]
const _: () = {
    use facade::hpo::__private as __p;
    fn __choices_0() -> [String; 2] {
        [
            <String as ::core::convert::From<_>>::from("gini"),
            <String as ::core::convert::From<_>>::from("entropy"),
        ]
    }
    fn __within_0() -> (__p::Within<Svc>,) {
        (__p::within::<Svc>(),)
    }
    fn __within_1() -> (__p::Within<Option<bool>>,) {
        (__p::within::<Option<bool>>(),)
    }
    #[automatically_derived]
    impl __p::SearchSpace for Model {
        fn space() -> __p::Space {
            let mut __variants = __p::Parts::new();
            __variants.push("Dummy", { __p::Parts::new().all() });
            __variants
                .push(
                    "Svc",
                    {
                        let mut __parts = __p::Parts::new();
                        __parts.newtype((__within_0().0.space)());
                        __parts.all()
                    },
                );
            __variants
                .push(
                    "Tree",
                    {
                        let mut __parts = __p::Parts::new();
                        __parts
                            .push(
                                "criterion",
                                __p::choices(
                                    __p::texts(&["gini", "entropy"]),
                                    false,
                                    ::core::option::Option::None,
                                    &["\"gini\".to_owned()", "\"entropy\".to_owned()"],
                                ),
                            );
                        __parts.push("depth", (__within_1().0.space)());
                        __parts.all()
                    },
                );
            __p::of_enum(
                __variants
                    .one_of(
                        ::core::option::Option::Some("kind"),
                        ::core::option::Option::Some(0),
                    ),
                "Model",
                &[
                    ("Dummy", __p::Fields::Unit),
                    ("Svc", __p::Fields::Tuple(&[("0", __p::FieldSpec::Tuned(&[]))])),
                    (
                        "Tree",
                        __p::Fields::Named(
                            &[
                                (
                                    "criterion",
                                    __p::FieldSpec::Tuned(
                                        &["choices = [\"gini\", \"entropy\"]"],
                                    ),
                                ),
                                ("depth", __p::FieldSpec::Tuned(&[])),
                            ],
                        ),
                    ),
                ],
            )
        }
        fn read(__values: &mut __p::Reader<'_>) -> __p::Read<Self> {
            ::core::result::Result::Ok(
                match __values.choice("Model", 3)? {
                    0 => Self::Dummy {},
                    1 => {
                        Self::Svc {
                            0: (__within_0().0.read)(__values)?,
                        }
                    }
                    _ => {
                        Self::Tree {
                            criterion: __p::read_choice::<
                                String,
                            >(__values, "criterion", &__choices_0())?,
                            depth: (__within_1().0.read)(__values)?,
                        }
                    }
                },
            )
        }
        fn write(&self, __values: &mut __p::Writer) -> __p::Written {
            match self {
                Self::Dummy {} => {
                    __values.choice(0);
                }
                Self::Svc { 0: __0 } => {
                    __values.choice(1);
                    (__within_0().0.write)(__0, __values)?;
                }
                Self::Tree { criterion: __criterion, depth: __depth } => {
                    __values.choice(2);
                    __p::write_choice::<
                        String,
                    >(__values, "criterion", &__choices_0(), __criterion)?;
                    (__within_1().0.write)(__depth, __values)?;
                }
            }
            ::core::result::Result::Ok(())
        }
        fn violation(&self) -> f64 {
            __p::total(
                &[
                    __p::ConstraintValue::violation(Self::fits(self)),
                    match self {
                        Self::Dummy {} => __p::total(&[]),
                        Self::Svc { 0: __0 } => {
                            __p::total(&[(__within_0().0.violation)(__0)])
                        }
                        Self::Tree { depth: __depth, .. } => {
                            __p::total(&[(__within_1().0.violation)(__depth)])
                        }
                    },
                ],
            )
        }
        fn is_constrained() -> bool {
            true
        }
    }
};
"#,
    );
}

#[test]
fn constants_are_asserted() {
    check(
        r"
struct Config {
    #[search_space(range = Self::LOW..=HIGH)]
    units: u8,
}
",
        r#"
#[doc(hidden)]
#[allow(non_upper_case_globals, unused_variables, unused_mut, unused_qualifications)]
const _: () = {
    use ::hpo_core::__private as __p;
    const __number_0: __p::Number = {
        let __low: <u8 as __p::Numeric>::Bound = Config::LOW;
        let __high: <u8 as __p::Numeric>::Bound = HIGH;
        __p::Number {
            float: <u8 as __p::Numeric>::FLOAT,
            nonzero: <u8 as __p::Numeric>::NONZERO,
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
    const _: () = {
        ::core::assert!(
            __number_0.obeys(__p::Rule::Ordered),
            "`Self::LOW..=HIGH` is empty: the smaller end comes first, as in `range = HIGH..=Self::LOW`"
        );
    };
    #[automatically_derived]
    impl __p::SearchSpace for Config {
        fn space() -> __p::Space {
            let mut __parts = __p::Parts::new();
            __parts
                .push(
                    "units",
                    __p::scalar(<u8 as __p::Numeric>::NAME, __number_0.leaf()),
                );
            __p::of_struct(
                __parts.all(),
                "Config",
                __p::Fields::Named(
                    &[("units", __p::FieldSpec::Tuned(&["range = Self::LOW..=HIGH"]))],
                ),
            )
        }
        fn read(__values: &mut __p::Reader<'_>) -> __p::Read<Self> {
            ::core::result::Result::Ok(Self {
                units: <u8 as __p::Numeric>::read(__values, "units")?,
            })
        }
        fn write(&self, __values: &mut __p::Writer) -> __p::Written {
            <u8 as __p::Numeric>::write(&self.units, __values, "units")?;
            ::core::result::Result::Ok(())
        }
    }
};
"#,
    );
}

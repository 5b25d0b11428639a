//! The JSON form of a space: its exact text, and what is said of a wrong one.

use hpo_core::space::{
    Categorical, Domain, FlatSpace, Float, Int, Label, List, OneOf, Part, Prior, Shared, Space,
    SpaceErrorKind,
};

/// The text is what studies record: it stays readable for ever.
const ALL_OF_IT: &str = r#"{"all":{"lr":{"float":{"low":0.00001,"high":0.1,"log":true,"default":0.001,"prior":{"center":0.001,"spread":10.0}}},"dropout":{"float":{"low":0.0,"high":0.5,"step":0.1}},"units":{"int":{"low":16,"high":256,"log":true,"step":2,"default":64}},"seed":{"int":{"low":-9223372036854775808,"high":9223372036854775807}},"big":{"int":{"low":0,"high":18446744073709551615}},"activation":{"categorical":{"choices":["relu",null,true,1,2.5],"ordered":true,"default":null}},"layers":{"list":{"len":{"low":1,"high":3},"of":{"int":{"low":8,"high":64}}}},"optimizer":{"one_of":{"adam":{"all":{}},"sgd":{"all":{"momentum":{"float":{"low":0.0,"high":0.99}}}}},"shared":[{"variants":["adam","sgd"],"name":"decay","part":{"int":{"low":1,"high":9}}}],"tag":"kind","default":"sgd"},"":{"all":{"zeta":{"int":{"low":0,"high":1}},"alpha":{"int":{"low":0,"high":1}}}}}}"#;

fn all_of_it() -> Space {
    let int = |low, high| Int::new(low, high);
    let leaf = |int| Space::Leaf(Domain::Int(int));
    let lr = Float {
        log: true,
        default: Some(0.001),
        prior: Some(Prior { center: 0.001, spread: 10.0 }),
        ..Float::new(1e-5, 0.1)
    };
    let activation = Categorical {
        ordered: true,
        default: Some(1),
        ..Categorical::new([Label::from("relu"), Label::Null, true.into(), 1.into(), 2.5.into()])
    };
    let sgd =
        Space::All(vec![Part::new("momentum", Space::Leaf(Domain::Float(Float::new(0.0, 0.99))))]);
    Space::All(vec![
        Part::new("lr", Space::Leaf(Domain::Float(lr))),
        Part::new(
            "dropout",
            Space::Leaf(Domain::Float(Float { step: Some(0.1), ..Float::new(0.0, 0.5) })),
        ),
        Part::new(
            "units",
            leaf(Int { log: true, step: Some(2), default: Some(64), ..int(16, 256) }),
        ),
        Part::new("seed", leaf(int(i64::MIN.into(), i64::MAX.into()))),
        Part::new("big", leaf(int(0, u64::MAX.into()))),
        Part::new("activation", Space::Leaf(Domain::Categorical(activation))),
        Part::new(
            "layers",
            Space::List(List { len: int(1, 3), element: Box::new(leaf(int(8, 64))) }),
        ),
        Part::new(
            "optimizer",
            Space::OneOf(OneOf {
                variants: vec![Part::new("adam", Space::All(vec![])), Part::new("sgd", sgd)],
                tag: Some("kind".to_owned()),
                default: Some(1),
                shared: vec![Shared {
                    variants: vec![0, 1],
                    part: Part::new("decay", leaf(int(1, 9))),
                }],
            }),
        ),
        Part::new(
            "",
            Space::All(vec![
                Part::new("zeta", leaf(int(0, 1))),
                Part::new("alpha", leaf(int(0, 1))),
            ]),
        ),
    ])
}

#[test]
fn the_text_is_pinned_both_ways() {
    assert_eq!(all_of_it().to_json(), ALL_OF_IT);
    assert_eq!(Space::from_json(ALL_OF_IT).unwrap(), all_of_it());
    FlatSpace::new(&all_of_it()).unwrap();
}

#[test]
fn order_is_kept_and_parts_without_a_name_stand_among_their_siblings() {
    let flat = FlatSpace::new(&all_of_it()).unwrap();
    let paths: Vec<&str> = flat.iter().map(hpo_core::space::Parameter::path).collect();
    let expected = [
        "lr",
        "dropout",
        "units",
        "seed",
        "big",
        "activation",
        "layers",
        "layers.0",
        "layers.1",
        "layers.2",
        "optimizer.kind",
        "optimizer.sgd.momentum",
        "optimizer.decay",
        "zeta",
        "alpha",
    ];
    assert_eq!(paths, expected);
}

/// Through `serde_json::Value`, and inside enums that serde buffers.
#[test]
fn spaces_are_read_wherever_serde_puts_them() {
    #[derive(serde::Deserialize)]
    #[serde(tag = "op", rename_all = "lowercase")]
    enum Line {
        Create { space: Space },
    }
    let text =
        r#"{"all":{"n":{"int":{"low":0,"high":18446744073709551615,"step":5,"default":10}}}}"#;
    let space = Space::from_json(text).unwrap();
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::from_value::<Space>(value).unwrap(), space);
    let line = format!(r#"{{"op":"create","space":{text}}}"#);
    let Line::Create { space: read } = serde_json::from_str(&line).unwrap();
    assert_eq!(read, space);
}

#[test]
fn whole_numbers_may_be_written_as_floats_and_floats_as_whole_numbers() {
    let space = Space::from_json(r#"{"int":{"low":1.0,"high":1e3,"default":null}}"#).unwrap();
    assert_eq!(space, Space::Leaf(Domain::Int(Int::new(1, 1000))));
    let space = Space::from_json(r#"{"float":{"low":0,"high":1}}"#).unwrap();
    assert_eq!(space, Space::Leaf(Domain::Float(Float::new(0.0, 1.0))));
}

#[test]
fn a_wrong_text_is_told_what_is_wrong() {
    let cases = [
        ("[]", "invalid type: sequence, expected an object with one of `float`"),
        (
            r#"[{"low":0,"high":1}]"#,
            "invalid type: sequence, expected an object with one of `float`",
        ),
        ("{}", "expected one of `float`, `int`, `categorical`, `fixed`, `list`, `all`, `one_of`"),
        (
            r#"{"float":{"low":0,"high":1},"int":{"low":0,"high":1}}"#,
            "expected just one of `float`, `int`, `categorical`, `fixed`, `list`, `all`, `one_of`, not several",
        ),
        (r#"{"flaot":{"low":0,"high":1}}"#, "unknown field `flaot`, expected one of `float`"),
        (r#"{"float":{"low":0,"hihg":1}}"#, "unknown field `hihg`, expected one of `low`, `high`"),
        (r#"{"float":{"low":0}}"#, "missing field `high`"),
        (r#"{"float":{"low":"0","high":1}}"#, "invalid type: string \"0\", expected f64"),
        (r#"{"int":{"low":0.5,"high":1}}"#, "expected an integer, not `0.5`"),
        (r#"{"int":{"low":"0","high":1}}"#, "expected an integer, not `0`"),
        (r#"{"int":{"low":0,"high":1e30}}"#, "does not fit 64 bits"),
        (r#"{"int":{"low":0,"high":100000000000000000000000}}"#, "does not fit 64 bits"),
        (r#"{"int":{"low":0,"high":3,"default":0.5}}"#, "expected an integer, not `0.5`"),
        (
            r#"{"all":{"a":{"int":{"low":0,"high":1}}},"default":"a"}"#,
            "`tag` and `default` are allowed only beside `one_of`",
        ),
        (
            r#"{"one_of":{"a":{"all":{}}},"default":"b"}"#,
            "the default `b` is not among the variants",
        ),
        (
            r#"{"categorical":{"choices":["a"],"default":"b"}}"#,
            "the default `b` is not among the choices",
        ),
        (
            r#"{"categorical":{"choices":[["a"]]}}"#,
            "expected null, a boolean, a number or a string",
        ),
        (r#"{"all":["a"]}"#, "expected an object of names and spaces"),
        ("{\n  \"all\": {\n", "line 3"),
    ];
    for (text, reason) in cases {
        let error = Space::from_json(text).unwrap_err();
        assert!(matches!(*error.kind, SpaceErrorKind::Json { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(reason), "{text}: {message}");
        assert!(message.starts_with("search space: cannot read it: "), "{message}");
    }
}

#[test]
fn a_default_is_found_by_what_the_number_means() {
    let space = Space::from_json(r#"{"categorical":{"choices":[1,2.0],"default":2}}"#).unwrap();
    let Space::Leaf(Domain::Categorical(categorical)) = space else { panic!("categorical") };
    assert_eq!(categorical.default, Some(1));
}

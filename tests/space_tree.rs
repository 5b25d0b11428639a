//! Trees of parameters: flattening, filling, counting, numbering.

use std::collections::HashSet;

use hpo_core::rng::Rng;
use hpo_core::space::{Cardinality, Condition, Params, Parent, Space, Value};
use hpo_core::testing::sampler::spaces;
use hpo_tests::fixtures::flat;
use proptest::prelude::*;

const NESTED: &str = r#"{"all": {
    "model": {"one_of": {
        "svc": {"all": {"c": {"int": {"low": 1, "high": 3}}}},
        "net": {"all": {
            "layers": {"list": {"len": {"low": 0, "high": 2}, "of": {"categorical": {"choices": ["s", "l"]}}}},
            "": {"all": {"bias": {"categorical": {"choices": [false, true]}}}}
        }},
        "dummy": {"all": {}}
    }, "tag": "kind"},
    "seed": {"int": {"low": 0, "high": 1}}
}}"#;

#[test]
fn parents_come_before_children_and_paths_say_where() {
    let flat = flat(NESTED);
    let listed: Vec<(&str, Option<Parent>)> =
        flat.iter().map(|parameter| (parameter.path(), parameter.parent())).collect();
    let under = |parameter, condition| Some(Parent { parameter, condition });
    assert_eq!(
        listed,
        [
            ("model.kind", None),
            ("model.svc.c", under(0, Condition::Equals(0))),
            ("model.net.layers", under(0, Condition::Equals(1))),
            ("model.net.layers.0", under(2, Condition::LengthAbove(0))),
            ("model.net.layers.1", under(2, Condition::LengthAbove(1))),
            ("model.net.bias", under(0, Condition::Equals(1))),
            ("seed", None),
        ]
    );
    assert_eq!(
        flat.to_string(),
        "model.kind          svc | net | dummy\n\
         model.svc.c         1..=3  if model.kind = svc\n\
         model.net.layers    0..=2  if model.kind = net\n\
         model.net.layers.0  s | l  if model.net.layers > 0\n\
         model.net.layers.1  s | l  if model.net.layers > 1\n\
         model.net.bias      false | true  if model.kind = net\n\
         seed                0..=1\n"
    );
}

#[test]
fn roots_that_are_no_struct_have_names() {
    for (json, name) in [
        (r#"{"int": {"low": 0, "high": 1}}"#, "value"),
        (r#"{"one_of": {"a": {"all": {}}}}"#, "kind"),
        (r#"{"list": {"len": {"low": 0, "high": 1}, "of": {"all": {}}}}"#, "len"),
    ] {
        assert_eq!(flat(json).parameter(0).path(), name);
    }
}

#[test]
fn configs_are_counted() {
    for (json, count) in [
        // svc 3 x 2, net (1 + 2 + 4) x 2 x 2, dummy 2.
        (NESTED, Cardinality::Finite(36)),
        (r#"{"all": {}}"#, Cardinality::Finite(1)),
        (r#"{"float": {"low": 0, "high": 1}}"#, Cardinality::Infinite),
        (r#"{"float": {"low": 1, "high": 1}}"#, Cardinality::Finite(1)),
        (r#"{"float": {"low": 0, "high": 1, "step": 0.1}}"#, Cardinality::Finite(11)),
        (
            r#"{"float": {"low": 0.001, "high": 1000, "step": 10, "log": true}}"#,
            Cardinality::Finite(7),
        ),
        (r#"{"int": {"low": 0, "high": 18446744073709551615}}"#, Cardinality::Finite(1 << 64)),
        (
            r#"{"one_of": {"a": {"all": {}}, "b": {"float": {"low": 0, "high": 1}}}}"#,
            Cardinality::Infinite,
        ),
        (
            r#"{"list": {"len": {"low": 1, "high": 3, "step": 2}, "of": {"int": {"low": 1, "high": 10}}}}"#,
            Cardinality::Finite(1010),
        ),
        (
            r#"{"list": {"len": {"low": 0, "high": 0}, "of": {"float": {"low": 0, "high": 1}}}}"#,
            Cardinality::Finite(1),
        ),
        (
            r#"{"list": {"len": {"low": 100, "high": 100}, "of": {"int": {"low": 1, "high": 10}}}}"#,
            Cardinality::Finite(u128::MAX),
        ),
    ] {
        assert_eq!(flat(json).cardinality(), count, "{json}");
    }
    assert_eq!(Cardinality::Finite(36).to_string(), "36");
    assert_eq!(Cardinality::Finite(u128::MAX).to_string(), "more than 10^38");
    assert_eq!(Cardinality::Infinite.to_string(), "infinitely many");
    assert!(Cardinality::Finite(u128::MAX) < Cardinality::Infinite);
}

#[test]
fn every_config_of_a_finite_space_has_one_number() {
    for (name, flat) in spaces() {
        let Cardinality::Finite(count) = flat.cardinality() else {
            assert_eq!(flat.nth(0), None, "{name}");
            continue;
        };
        if count > 100_000 {
            continue;
        }
        let configs: Vec<Params> = (0..count).map(|index| flat.nth(index).unwrap()).collect();
        let keys: HashSet<u128> = configs.iter().map(Params::key).collect();
        assert_eq!(keys.len() as u128, count, "{name}: two numbers, one config");
        let first =
            |config: &Params| config.iter().map(|(parameter, _)| parameter).collect::<Vec<_>>();
        assert!(configs.iter().all(|config| first(config).is_sorted()), "{name}");
        for config in &configs {
            assert_eq!(&Params::place(&flat, config.values()).unwrap(), config, "{name}");
        }
        assert_eq!(flat.nth(count), None, "{name}");
        let mut rng = Rng::derive(0, 0);
        assert!((0..50).all(|_| keys.contains(&flat.draw(&mut rng).key())), "{name}");
    }
}

#[test]
fn numbers_run_with_the_last_parameter_fastest() {
    let flat = flat(NESTED);
    let shown = |index| flat.nth(index).unwrap().to_string();
    assert_eq!(shown(0), "model.kind = svc, model.svc.c = 1, seed = 0");
    assert_eq!(shown(1), "model.kind = svc, model.svc.c = 1, seed = 1");
    assert_eq!(shown(5), "model.kind = svc, model.svc.c = 3, seed = 1");
    assert_eq!(
        shown(6),
        "model.kind = net, model.net.layers = 0, model.net.bias = false, seed = 0"
    );
    assert_eq!(
        shown(33),
        "model.kind = net, model.net.layers = 2, model.net.layers.0 = l, model.net.layers.1 = l, model.net.bias = true, seed = 1"
    );
    assert_eq!(shown(35), "model.kind = dummy, seed = 1");
}

/// Where the count saturates, indices still find their configs.
#[test]
fn numbers_of_a_space_beyond_all_numbers_are_right_at_the_start() {
    let flat = flat(
        r#"{"all": {"first": {"int": {"low": 0, "high": 9}}, "list": {"list": {"len": {"low": 100, "high": 100}, "of": {"int": {"low": 0, "high": 9}}}}}}"#,
    );
    let params = flat.nth(u128::MAX - 1).unwrap();
    let digits: String =
        params.iter().skip(2).map(|(_, value)| value.as_int().unwrap().to_string()).collect();
    assert_eq!(digits.trim_start_matches('0'), (u128::MAX - 1).to_string());
    assert_eq!(params.int("first"), Some(0));
}

#[test]
fn inactive_parameters_are_absent() {
    let flat = flat(NESTED);
    let params = flat.nth(35).unwrap();
    assert_eq!((params.len(), params.value(0), params.value(1)), (2, Some(Value::Choice(2)), None));
    assert_eq!(params.value(6), Some(Value::Int(1)));
    assert_eq!(params.iter().map(|(parameter, _)| parameter).collect::<Vec<_>>(), [0, 6]);
    assert_eq!((params.get("model.svc.c"), params.get("nothing")), (None, None));
}

#[test]
fn defaults_come_first_and_the_middle_else() {
    let flat = flat(
        r#"{"all": {
            "a": {"float": {"low": 1e-4, "high": 1, "log": true}},
            "b": {"int": {"low": 0, "high": 10, "default": 3}},
            "c": {"categorical": {"choices": ["x", "y"]}},
            "d": {"one_of": {"off": {"all": {}}, "on": {"float": {"low": 0, "high": 2}}}, "default": "on"}
        }}"#,
    );
    assert_eq!(
        flat.default_params().to_string(),
        "a = 0.010000000000000004, b = 3, c = x, d = on, d.on = 1.0"
    );
    assert!(flat.has_defaults());
}

#[test]
fn a_long_list_is_counted_in_no_time() {
    let flat = flat(
        r#"{"list": {"len": {"low": 0, "high": 9999}, "of": {"int": {"low": 0, "high": 1}}}}"#,
    );
    assert_eq!(flat.len(), 10_000);
    let params = flat.nth((1 << 100) - 1).unwrap();
    assert_eq!(params.len(), 101);
    assert_eq!(flat.nth(0).unwrap().len(), 1);
}

/// Trees of every shape, finite and small enough to be counted one by one.
fn trees() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0..3_u8).prop_map(|high| format!(r#"{{"int": {{"low": 0, "high": {high}}}}}"#)),
        (1..4_usize).prop_map(|count| {
            format!(r#"{{"categorical": {{"choices": {:?}}}}}"#, &["a", "b", "c"][..count])
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let parts = |inner| prop::collection::vec(inner, 0..3);
        let named = |parts: &[String]| {
            let named =
                parts.iter().zip(["p", "q", "r"]).map(|(part, name)| format!("{name:?}: {part}"));
            named.collect::<Vec<_>>().join(",")
        };
        prop_oneof![
            parts(inner.clone())
                .prop_map(move |parts| format!(r#"{{"all": {{{}}}}}"#, named(&parts))),
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(move |parts| format!(r#"{{"one_of": {{{}}}}}"#, named(&parts))),
            (0..2_u8, 0..2_u8, inner).prop_map(|(low, width, of)| {
                format!(
                    r#"{{"list": {{"len": {{"low": {low}, "high": {}}}, "of": {of}}}}}"#,
                    low + width
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn numbers_and_configs_are_one_to_one(json in trees(), seed in any::<u64>()) {
        let flat = flat(&json);
        let Cardinality::Finite(count) = flat.cardinality() else { panic!("finite") };
        let drawn = flat.draw(&mut Rng::derive(seed, 0));
        prop_assert_eq!(&Params::place(&flat, drawn.values()).unwrap(), &drawn);
        prop_assert_eq!(&Params::from_json(&flat, &drawn.to_json()).unwrap(), &drawn);
        if count <= 2000 {
            let configs: Vec<Params> = (0..count).map(|index| flat.nth(index).unwrap()).collect();
            let shown: HashSet<String> = configs.iter().map(ToString::to_string).collect();
            prop_assert_eq!(shown.len() as u128, count);
            let keys: HashSet<u128> = configs.iter().map(Params::key).collect();
            prop_assert_eq!(keys.len() as u128, count);
            prop_assert!(configs.contains(&drawn));
        }
    }

    #[test]
    fn trees_survive_json(json in trees()) {
        let space = Space::from_json(&json).unwrap();
        prop_assert_eq!(Space::from_json(&space.to_json()).unwrap(), space);
    }
}

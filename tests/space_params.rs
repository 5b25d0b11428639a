//! Points of a space: from values and JSON, and back.

use std::sync::Arc;

use hpo_core::space::{FlatSpace, Label, Params, ParamsError, Value};
use hpo_tests::fixtures::flat;
use serde_json::json;

fn model() -> Arc<FlatSpace> {
    flat(
        r#"{"all": {
            "learning_rate": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
            "dropout": {"float": {"low": 0, "high": 0.5, "step": 0.1, "default": 0.3}},
            "width": {"int": {"low": 0, "high": 18446744073709551615, "default": 8}},
            "optimizer": {"one_of": {
                "adam": {"all": {}},
                "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 1}}, "nesterov": {"one_of": {
                    "off": {"all": {}}, "on": {"all": {"delay": {"int": {"low": 0, "high": 3}}}}
                }, "default": "off"}}}
            }, "default": "adam"},
            "scale": {"categorical": {"choices": [1, 2.5, "auto", null, true], "default": "auto"}}
        }}"#,
    )
}

#[test]
fn json_both_ways() {
    let flat = model();
    let given = json!({
        "learning_rate": 0.01, "dropout": 0.1, "width": 18_446_744_073_709_551_615_u64,
        "optimizer": "sgd", "optimizer.sgd.momentum": 1, "optimizer.sgd.nesterov": "on",
        "optimizer.sgd.nesterov.on.delay": 2.0, "scale": null,
    });
    let params = Params::from_json(&flat, &given).unwrap();
    assert_eq!(params.int("width"), Some(i128::from(u64::MAX)));
    assert_eq!(params.float("optimizer.sgd.momentum"), Some(1.0));
    assert_eq!(params.get("scale"), Some(Label::Null));
    assert_eq!(Params::from_json(&flat, &params.to_json()).unwrap(), params);
}

#[test]
fn what_is_missing_takes_its_default_if_there_is_one() {
    let flat = model();
    let params = Params::from_json(&flat, &json!({"learning_rate": 0.01})).unwrap();
    assert_eq!(
        params.to_string(),
        "learning_rate = 0.01, dropout = 0.30000000000000004, width = 8, optimizer = adam, scale = auto"
    );
}

#[test]
fn every_error_says_what_to_write() {
    let flat = model();
    let cases = [
        (json!([1]), "expected an object of parameter names and values, not [1]"),
        (
            json!({"learning_rat": 0.1}),
            "there is no parameter `learning_rat`, did you mean `learning_rate`?",
        ),
        (json!({"zzz": 0.1}), "there is no parameter `zzz`"),
        (json!({}), "the parameter `learning_rate` needs a value: 1e-5..=0.1, log"),
        (
            json!({"learning_rate": 1}),
            "the parameter `learning_rate` cannot be 1: it may be 1e-5..=0.1, log",
        ),
        (
            json!({"learning_rate": "0.1"}),
            "the parameter `learning_rate` cannot be \"0.1\": it may be 1e-5..=0.1, log",
        ),
        (
            json!({"learning_rate": 0.1, "dropout": 0.25}),
            "the parameter `dropout` cannot be 0.25: it may be 0.0..=0.5, step 0.1, default 0.3",
        ),
        (json!({"learning_rate": 0.1, "width": 1.5}), "the parameter `width` cannot be 1.5"),
        (
            json!({"learning_rate": 0.1, "scale": "wide"}),
            "the parameter `scale` cannot be \"wide\": it may be 1 | 2.5 | auto | null | true, default auto",
        ),
        (
            json!({"learning_rate": 0.1, "optimizer.sgd.momentum": 0.5}),
            "the parameter `optimizer.sgd.momentum` is inactive in this config: optimizer is adam",
        ),
        (
            json!({"learning_rate": 0.1, "optimizer.sgd.nesterov.on.delay": 1}),
            "the parameter `optimizer.sgd.nesterov.on.delay` is inactive in this config: optimizer \
             is adam",
        ),
        (
            json!({"learning_rate": 0.1, "optimizer": "sgd", "optimizer.sgd.momentum": 0, "optimizer.sgd.nesterov.on.delay": 1}),
            "optimizer.sgd.nesterov is off",
        ),
    ];
    for (given, reason) in cases {
        let message = Params::from_json(&flat, &given).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn numbers_of_choices_mean_what_they_are_worth() {
    let flat = model();
    for (given, expected) in [(json!(1), 0), (json!(1.0), 0), (json!(2.5), 1), (json!(true), 4)] {
        let params =
            Params::from_json(&flat, &json!({"learning_rate": 0.01, "scale": given})).unwrap();
        assert_eq!(params.value(flat.find("scale").unwrap()), Some(Value::Choice(expected)));
    }
}

#[test]
fn values_are_placed_in_order_and_nowhere_else() {
    let flat = flat(
        r#"{"all": {"n": {"int": {"low": 0, "high": 9}}, "on": {"one_of": {"no": {"all": {}}, "yes": {"float": {"low": 0, "high": 1}}}}}}"#,
    );
    let place = |values: &[Value]| Params::place(&flat, values);
    let (n, no, yes, x) = (Value::Int(3), Value::Choice(0), Value::Choice(1), Value::Float(0.5));
    assert_eq!(place(&[n, no]).unwrap().to_string(), "n = 3, on = no");
    assert_eq!(place(&[n, yes, x]).unwrap().to_string(), "n = 3, on = yes, on.yes = 0.5");
    assert!(matches!(place(&[n]), Err(ParamsError::Missing { path, .. }) if path == "on"));
    assert_eq!(place(&[n, no, x]), Err(ParamsError::Count { found: 3, expected: 2 }));
    for wrong in [Value::Int(10), Value::Choice(3), Value::Float(3.0)] {
        assert!(
            matches!(place(&[wrong, no]), Err(ParamsError::Outside { path, .. }) if path == "n")
        );
    }
    let message = place(&[n, Value::Choice(2)]).unwrap_err().to_string();
    assert_eq!(message, "the parameter `on` cannot be choice number 2: it may be no | yes");
}

/// One config has one form, however it was written: else it would pass for a new one.
#[test]
fn what_is_written_carelessly_is_the_same_point() {
    let flat = flat(
        r#"{"all": {"x": {"float": {"low": 0, "high": 1, "step": 0.1}}, "n": {"int": {"low": 0, "high": 9}}}}"#,
    );
    let exact = Params::place(&flat, &[Value::Float(0.1 * 3.0), Value::Int(7)]).unwrap();
    let careless = Params::place(&flat, &[Value::Float(0.3), Value::Unsigned(7)]).unwrap();
    assert_eq!(exact, careless);
    assert_eq!(exact.key(), careless.key());
    assert_eq!(exact.values(), careless.values());
    let nth = flat.nth(37).unwrap();
    assert_eq!((&nth, nth.key()), (&careless, careless.key()));
}

#[test]
fn points_of_equal_names_and_values_are_equal_across_spaces() {
    let narrow = flat(r#"{"all": {"n": {"int": {"low": 0, "high": 9}}}}"#);
    let wide = flat(r#"{"all": {"n": {"int": {"low": 0, "high": 99}}}}"#);
    assert_eq!(narrow.nth(3), wide.nth(3));
    assert_ne!(narrow.nth(3), wide.nth(4));
}

/// Keys tell configs apart that differ by a sign, by a swap, or by which branch a number stands in.
#[test]
fn keys_tell_configs_apart() {
    let flat = flat(
        r#"{"all": {
            "a": {"float": {"low": -1, "high": 1, "step": 0.5}},
            "b": {"float": {"low": -1, "high": 1, "step": 0.5}},
            "c": {"int": {"low": -2, "high": 2}},
            "d": {"list": {"len": {"low": 0, "high": 4}, "of": {"int": {"low": -1, "high": 1}}}},
            "e": {"one_of": {"x": {"int": {"low": 0, "high": 5}}, "y": {"int": {"low": 0, "high": 5}}}}
        }}"#,
    );
    let keys: std::collections::HashSet<u128> =
        (0..).map_while(|index| flat.nth(index)).map(|params| params.key()).collect();
    assert_eq!(keys.len(), 125 * (1 + 3 + 9 + 27 + 81) * 12);
    // No lane on its own has many collisions either: 181,500 keys meet in 64 bits with a chance of
    // one in a billion.
    for shift in [0, 64] {
        let lane: std::collections::HashSet<u64> =
            keys.iter().map(|key| (key >> shift) as u64).collect();
        assert_eq!(lane.len(), keys.len());
    }
}

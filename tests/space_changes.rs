//! Safe evolution of a space: which changes old trials survive.

use hpo_core::space::{Change, FlatSpace, Space, SpaceDiff};

fn changes(recorded: &str, present: &str) -> SpaceDiff {
    let flat = |json: &str| FlatSpace::new(&Space::from_json(json).unwrap()).unwrap();
    SpaceDiff::between(&flat(recorded), &flat(present))
}

fn shown(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

fn leaf(domain: &str) -> String {
    format!(r#"{{"all": {{"x": {domain}}}}}"#)
}

#[test]
fn the_same_space_has_not_changed() {
    for (_, flat) in hpo_core::testing::sampler::spaces() {
        assert!(SpaceDiff::between(&flat, &flat).is_empty(), "{flat}");
    }
}

#[test]
fn what_old_trials_survive() {
    let cases = [
        (r#"{"float": {"low": 0, "high": 1}}"#, r#"{"float": {"low": -1, "high": 1}}"#),
        (
            r#"{"float": {"low": 0.01, "high": 0.1, "log": true}}"#,
            r#"{"float": {"low": 0.001, "high": 0.3, "log": true}}"#,
        ),
        (r#"{"float": {"low": 0, "high": 1, "step": 0.5}}"#, r#"{"float": {"low": 0, "high": 1}}"#),
        (
            r#"{"float": {"low": 0, "high": 1, "step": 0.5}}"#,
            r#"{"float": {"low": 0, "high": 1.5, "step": 0.25}}"#,
        ),
        (
            r#"{"int": {"low": 0, "high": 8, "step": 4}}"#,
            r#"{"int": {"low": 0, "high": 8, "step": 2}}"#,
        ),
        (r#"{"int": {"low": 0, "high": 8, "step": 2}}"#, r#"{"int": {"low": 0, "high": 8}}"#),
        (
            r#"{"int": {"low": 4, "high": 16, "step": 4, "log": true}}"#,
            r#"{"int": {"low": 1, "high": 64, "step": 2, "log": true}}"#,
        ),
        (
            r#"{"int": {"low": 1, "high": 16, "step": 2, "log": true}}"#,
            r#"{"int": {"low": 1, "high": 16, "log": true}}"#,
        ),
        (
            r#"{"int": {"low": 0, "high": 5}}"#,
            r#"{"int": {"low": 0, "high": 18446744073709551615}}"#,
        ),
    ];
    for (old, new) in cases {
        let wider = changes(&leaf(old), &leaf(new));
        assert!(
            matches!(wider.accepted[..], [Change::Widened { .. }]),
            "{old} to {new}: {wider:?}"
        );
        assert_eq!(wider.refused, [], "{old} to {new}");
        let narrower = changes(&leaf(new), &leaf(old));
        assert!(
            matches!(narrower.refused[..], [Change::Narrowed { .. }]),
            "{new} to {old}: {narrower:?}"
        );
    }
}

#[test]
fn what_is_the_same_in_other_words_is_no_change() {
    let same = [
        (r#"{"int": {"low": 0, "high": 8}}"#, r#"{"int": {"low": 0, "high": 8, "step": 1}}"#),
        (r#"{"int": {"low": 0, "high": 8}}"#, r#"{"int": {"low": 0, "high": 8, "default": 3}}"#),
        (
            r#"{"categorical": {"choices": ["a", "b"]}}"#,
            r#"{"categorical": {"choices": ["b", "a"]}}"#,
        ),
    ];
    for (old, new) in same {
        assert!(changes(&leaf(old), &leaf(new)).is_empty(), "{old} to {new}");
    }
}

#[test]
fn what_makes_old_trials_lie() {
    let cases = [
        (
            r#"{"float": {"low": 0, "high": 1}}"#,
            r#"{"float": {"low": 0, "high": 1, "step": 0.5}}"#,
            "`x` went from 0.0..=1.0 to 0.0..=1.0, step 0.5, which excludes values of old trials",
        ),
        (
            r#"{"int": {"low": 0, "high": 12, "step": 2}}"#,
            r#"{"int": {"low": 0, "high": 12, "step": 3}}"#,
            "`x` went from 0..=12, step 2 to 0..=12, step 3, which excludes values of old trials",
        ),
        (
            r#"{"int": {"low": 1, "high": 4, "log": true}}"#,
            r#"{"int": {"low": 1, "high": 4, "step": 2, "log": true}}"#,
            "which excludes values of old trials",
        ),
        (
            r#"{"float": {"low": 1, "high": 2}}"#,
            r#"{"float": {"low": 1, "high": 2, "log": true}}"#,
            "`x` was 1.0..=2.0, and is now 1.0..=2.0, log",
        ),
        (
            r#"{"float": {"low": 1, "high": 2}}"#,
            r#"{"int": {"low": 1, "high": 2}}"#,
            "`x` was 1.0..=2.0, and is now 1..=2",
        ),
        (
            r#"{"categorical": {"choices": ["a", "b"]}}"#,
            r#"{"categorical": {"choices": ["b"]}}"#,
            "`x` may no longer be a, which old trials have",
        ),
    ];
    for (old, new, reason) in cases {
        let changes = changes(&leaf(old), &leaf(new));
        assert_eq!(changes.accepted, [], "{old} to {new}");
        assert!(shown(&changes.refused)[0].contains(reason), "{:?}", shown(&changes.refused));
    }
    let none = r#"{"all": {}}"#;
    let some = leaf(r#"{"int": {"low": 0, "high": 1}}"#);
    assert_eq!(
        shown(&changes(none, &some).refused),
        ["`x` is new, and old trials have no value for it: give it a `default`, which they then \
             count as having had"]
    );
    assert_eq!(
        shown(&changes(&some, none).refused),
        ["`x` is gone, and old trials have values for it: keep the field, with `fixed = value`"]
    );
}

const TWO: &str = r#"{"one_of": {
    "a": {"all": {"x": {"int": {"low": 0, "high": 1}}}},
    "b": {"all": {}}
}}"#;
const THREE: &str = r#"{"one_of": {
    "a": {"all": {"x": {"int": {"low": 0, "high": 1}}}},
    "b": {"all": {}},
    "c": {"all": {"y": {"int": {"low": 0, "high": 1}}, "z": {"one_of": {"on": {"int": {"low": 0, "high": 1}}}}}}
}}"#;

#[test]
fn a_variant_may_join_with_all_its_parameters_and_not_leave() {
    let joined = changes(TWO, THREE);
    assert_eq!(
        shown(&joined.accepted),
        [
            "`kind` may now be c",
            "`c.y` is new, in a new branch",
            "`c.z` is new, in a new branch",
            "`c.z.on` is new, in a new branch",
        ]
    );
    assert_eq!(joined.refused, []);
    let left = changes(THREE, TWO);
    let refused = "`kind` may no longer be c, which old trials have";
    assert!(shown(&left.refused).contains(&refused.to_owned()));
    assert!(
        shown(&left.refused)
            .iter()
            .any(|told| told.starts_with("`c.y` is gone, and old trials have values for it"))
    );
}

#[test]
fn an_old_variant_may_not_grow_without_a_default() {
    let grown = TWO
        .replace(r#""b": {"all": {}}"#, r#""b": {"all": {"w": {"int": {"low": 0, "high": 1}}}}"#);
    assert!(
        shown(&changes(TWO, &grown).refused)[0]
            .starts_with("`b.w` is new, and old trials have no value for it")
    );
}

#[test]
fn a_parameter_may_not_move_to_another_branch() {
    let inside = r#"{"one_of": {"a": {"all": {"": {"all": {"x": {"int": {"low": 0, "high": 1}}}}}}, "b": {"all": {}}}}"#;
    let outside = r#"{"all": {"": {"one_of": {"a": {"all": {}}, "b": {"all": {}}}}, "a": {"all": {"x": {"int": {"low": 0, "high": 1}}}}}}"#;
    assert_eq!(
        shown(&changes(inside, outside).refused),
        ["`a.x` was active if kind = a, and is now always active"]
    );
}

#[test]
fn a_list_may_grow_longer() {
    let list = |high| {
        format!(
            r#"{{"list": {{"len": {{"low": 1, "high": {high}}}, "of": {{"int": {{"low": 0, "high": 1}}}}}}}}"#
        )
    };
    let longer = changes(&list(1), &list(2));
    assert_eq!(
        shown(&longer.accepted),
        ["`len` widened from 1..=1 to 1..=2", "`1` is new, in a new branch"]
    );
    assert_eq!(longer.refused, []);
    assert_eq!(changes(&list(2), &list(1)).refused.len(), 2);
}

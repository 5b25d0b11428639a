//! Settings that make no sense are refused with what to write instead.

use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::space::{Domain, Float, Part, Space};

use super::Point;

fn said<T>(result: hpo_core::Result<T>) -> String {
    result.err().expect("it is refused").to_string()
}

#[test]
fn zero_trials_and_zero_workers() {
    let study = Study::<Point>::minimize().open().unwrap();
    assert_eq!(
        said(study.optimize(0, |_, _| 0.0)),
        "`n` is 0: write how many trials the study should have in all"
    );
    let workers = Study::<Point>::minimize().workers(0).open();
    assert_eq!(said(workers), "`workers` is 0: at least one must do the work");
    let failures = Study::<Point>::minimize().max_consecutive_failures(0).open();
    assert!(said(failures).starts_with("`max_consecutive_failures` is 0"));
}

#[test]
fn no_name_and_no_directions() {
    assert_eq!(
        said(Study::<Point>::minimize().name("").open()),
        "`name` is empty: a study needs a name"
    );
    assert!(said(Study::<Point>::directions([]).open()).starts_with("`directions` is empty"));
}

#[test]
fn a_dynamic_study_needs_a_space_that_can_be_searched() {
    assert_eq!(
        said(Study::<Params>::minimize().open()),
        "a study of `Params` needs a space: write .space(..) before .open()"
    );
    let reversed =
        Space::All(vec![Part::new("x", Space::Leaf(Domain::Float(Float::new(2.0, 1.0))))]);
    assert_eq!(
        said(Study::<Params>::minimize().space(reversed).open()),
        "search space: `x`: the range 2..=1 is empty: write the smaller bound first"
    );
}

#[test]
fn a_storage_that_there_is_not() {
    let error = said(Study::<Point>::minimize().storage("redis://here").open());
    assert!(error.contains("`redis://here`") && error.contains("journal:PATH"), "{error}");
}

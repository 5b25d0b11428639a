//! Values that are too large for squares and differences: no figure is drawn with what is no
//! number.

use hpo_core::report::figure::Figure;
use hpo_core::report::{Report, StudyView};
use hpo_core::space::Value;
use hpo_core::trial::{Direction, State};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::TestStudy;

/// Nothing of it is written that a reader of SVG or JSON stumbles over.
fn is_drawn(views: &[StudyView<'_>]) {
    let report = Report::of(views);
    for (name, figure) in report.named_figures() {
        let svg = figure.svg();
        // Words may tell of anything: looked at is what stands within tags.
        let tags: String = svg.split('<').filter_map(|part| part.split('>').next()).collect();
        for odd in ["NaN", "inf\"", "inf,", "inf "] {
            assert!(!tags.contains(odd), "{name}: {odd}, at {:?}", tags.find(odd));
        }
        has_a_range(&name, &figure.plotly()["layout"]);
        colours_are_numbers(&name, figure);
    }
    assert!(report.page(None).contains("</html>"));
    assert!(!report.overviews()[0].summary().contains("NaN"));
}

/// An axis whose range is not a number would not be drawn.
fn has_a_range(name: &str, json: &Json) {
    match json {
        Json::Object(fields) => fields.iter().for_each(|(key, value)| {
            if let (true, Some(ends)) = (key == "range", value.as_array()) {
                assert!(
                    ends.iter().all(|end| end.is_number() || end.is_string()),
                    "{name}: {value}"
                );
            }
            has_a_range(name, value);
        }),
        Json::Array(items) => items.iter().for_each(|item| has_a_range(name, item)),
        _ => {}
    }
}

fn colours_are_numbers(name: &str, figure: &Figure) {
    if let Some(bar) = figure.chart().color_bar {
        let (low, high) = bar.ends;
        for value in [low, high, low / 2.0 + high / 2.0] {
            assert!(
                (0.0..=1.0).contains(&bar.place(value)),
                "{name}: {value} has the place {}",
                bar.place(value)
            );
        }
    }
}

/// Trials of two parameters, with reports on their way.
fn study(directions: &[Direction], values: &[f64]) -> TestStudy {
    let mut study = TestStudy::new("huge-1", directions);
    let (x, y) = (study.float("x"), study.float("y"));
    for (index, value) in values.iter().enumerate() {
        let params = vec![
            (x, Value::Float((index * 7 % 30) as f64)),
            (y, Value::Float((index * 11 % 30) as f64)),
        ];
        let own: Vec<f64> = (0..directions.len())
            .map(|objective| values[(index + objective) % values.len()])
            .collect();
        study.add(State::Complete, params, &own, vec![(1, *value), (3, value / 2.0)]);
    }
    study
}

fn shown(values: &[f64]) {
    let other: Vec<f64> = values.iter().rev().copied().collect();
    for direction in [Direction::Minimize, Direction::Maximize] {
        let one = study(&[direction], values);
        let mut another = study(&[direction], &other);
        "huge-2".clone_into(&mut another.name);
        is_drawn(&[one.view()]);
        is_drawn(&[one.view(), another.view()]);
    }
    is_drawn(&[study(&[Direction::Minimize, Direction::Maximize], values).view()]);
}

#[test]
fn values_at_the_end_of_all_numbers_are_drawn() {
    let plain = || (0..20).map(|index| f64::from(index * 13 % 20));
    shown(&[1e300; 30]);
    shown(&plain().chain([1e308]).collect::<Vec<_>>());
    shown(&plain().chain([f64::MAX, f64::MIN]).collect::<Vec<_>>());
    shown(&plain().map(|value| value * 1e-323).collect::<Vec<_>>());
    shown(&plain().map(|value| value * 9e306).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn values_of_any_size_are_drawn(
        values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 3..25)
    ) {
        shown(&values);
    }
}

/// A parameter may span all numbers too.
#[test]
fn ranges_of_all_numbers_have_axes() {
    use hpo_core::space::{Domain, Float};
    let mut study = TestStudy::new("wide", &[Direction::Minimize]);
    let x = study.trials.declare("x", &Domain::Float(Float::new(-1.7e308, 1.7e308)));
    let y =
        study.trials.declare("y", &Domain::Float(Float { log: true, ..Float::new(1e-300, 1e300) }));
    for index in 0..20 {
        let place = f64::from(index) / 20.0;
        let params = vec![
            (x, Value::Float(1.7e308 * (2.0 * place - 1.0))),
            (y, Value::Float(10_f64.powf(600.0 * place - 300.0))),
        ];
        study.complete(params, &[f64::from(index * 7 % 20)]);
    }
    is_drawn(&[study.view()]);
}

//! What reports write in Rust: configs and attributes. All of it stands in `written.rs`, which is
//! compiled with these tests.
//!
//! `HPO_PAGE=overwrite` renews that file; then it must compile.

use std::sync::Arc;

use hpo_core::report::BestConfig;
use hpo_core::report::advice::Advice;
use hpo_core::rng::Rng;
use hpo_core::space::{Change, FlatSpace, Params, SearchSpace, SpaceDiff};
use hpo_core::trial::Direction;

use super::TestStudy;
use super::zoo::{Choices, Inward, Nested, Numbers, Part};

#[allow(dead_code, clippy::all, clippy::pedantic, reason = "it is written to be compiled, not to be read")]
#[rustfmt::skip]
#[path = "written.rs"]
mod written;

type Tree = Nested<Part, 4>;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/report/written.rs");

/// So many configs of a space, with what they are as Rust.
fn configs<T: SearchSpace>(count: u64) -> Vec<(T, String)> {
    let flat = FlatSpace::new(&T::space()).expect("a space");
    // As it is read back from a storage.
    let recorded =
        hpo_core::space::Space::from_json(&flat.space().to_json()).expect("its own form");
    let config = |number| {
        let params = flat.draw(&mut Rng::derive(5, number));
        let mut study = TestStudy::new("literals", &[Direction::Minimize]);
        let values = study.add_params(&params);
        study.complete(values, &[1.0]);
        study.flat = Some(FlatSpace::new(&recorded).expect("its own form"));
        let rust = BestConfig::of(&study.view()).and_then(|best| best.rust).expect("a literal");
        (params.config::<T>().expect("a config of its type"), rust)
    };
    (0..count).map(config).collect()
}

/// A study in whose best tenth all parameters lie at one place of their range, and in the others
/// anywhere.
fn concentrated<T: SearchSpace>(quantile: f64) -> TestStudy {
    let flat = FlatSpace::new(&T::space()).expect("a space");
    let mut study = TestStudy::new("edges", &[Direction::Minimize]);
    for number in 0..200 {
        let is_best = number % 10 == 0;
        let params = if is_best {
            flat.decode(&vec![quantile; flat.len()])
        } else {
            flat.draw(&mut Rng::derive(3, number))
        };
        let values = study.add_params(&params);
        study.complete(values, &[if is_best { 0.0 } else { 1.0 + number as f64 }]);
    }
    study.flat = Some(flat);
    study
}

/// A study in which one parameter matters.
fn indifferent<T: SearchSpace>(path: &str) -> TestStudy {
    let flat: Arc<FlatSpace> = FlatSpace::new(&T::space()).expect("a space");
    let mut study = TestStudy::new("idle", &[Direction::Minimize]);
    let loss = |params: &Params| {
        let parameter = flat.find(path).expect("a parameter");
        params
            .iter()
            .find(|(id, _)| *id == parameter)
            .and_then(|(_, value)| flat.parameter(parameter).encode(value))
            .expect("it is active")
    };
    for number in 0..300 {
        let params = flat.draw(&mut Rng::derive(9, number));
        let values = study.add_params(&params);
        // A little noise, as of any model.
        study.complete(values, &[loss(&params) + 0.1 * Rng::derive(10, number).unit()]);
    }
    study.flat = Some(flat);
    study
}

/// The attributes that advice says to write, by path.
fn attributes(study: &TestStudy) -> Vec<(String, String)> {
    let attributes = Advice::on(&study.view()).into_iter().filter_map(|advice| match advice {
        Advice::Widen { path, attribute, .. } | Advice::Fix { path, attribute, .. } => {
            Some((path, attribute?))
        }
        _ => None,
    });
    attributes.collect()
}

/// The fields that get advice, with the types that their attributes are written over.
const FIELDS: [(&str, &str, &str); 33] = [
    ("rate", "rate", "f64"),
    ("weight", "weight", "f64"),
    ("grid", "grid", "f64"),
    ("factor", "factor", "f64"),
    ("single", "single", "f32"),
    ("huge", "huge", "f64"),
    ("tiny", "tiny", "f64"),
    ("believed", "believed", "f64"),
    ("small", "small", "u8"),
    ("signed", "signed", "i8"),
    ("open", "open", "u32"),
    ("powers", "powers", "u64"),
    ("counted", "counted", "NonZeroU8"),
    ("below", "below", "NonZeroI16"),
    ("w", "width", "usize"),
    ("wide", "wide", "i64"),
    ("constant", "constant", "u16"),
    ("type", "r#type", "Box<i32>"),
    ("text", "text", "String"),
    ("named", "named", "String"),
    ("borrowed", "borrowed", "&'static str"),
    ("letter", "letter", "char"),
    ("batch", "batch", "u32"),
    ("real", "real", "f64"),
    ("patience", "patience", "Option<u32>"),
    ("kernel", "kernel", "Kernel"),
    ("hidden", "hidden", "Vec<usize>"),
    ("flag", "flag", "bool"),
    ("maybe.on", "maybe", "Option<f64>"),
    ("sizes", "sizes", "Vec<u32>"),
    ("sizes.*", "sizes", "Vec<u32>"),
    ("betas.*", "betas", "[f64; 2]"),
    ("bounded", "bounded", "usize"),
];

/// A struct with attributes as they are to be written.
fn structure(name: &str, attributes: &[(String, String)]) -> String {
    let known = attributes.iter().filter_map(|(path, attribute)| {
        let (_, field, ty) = FIELDS.iter().find(|(known, ..)| known == path)?;
        Some(format!("    {attribute}\n    pub(super) {field}: {ty},\n"))
    });
    let fields: String = known.collect();
    format!("#[derive(SearchSpace)]\npub(super) struct {name} {{\n{fields}}}\n\n")
}

fn list<T>(name: &str, ty: &str, configs: &[(T, String)]) -> String {
    // One line each: no text in them has an end of line.
    let line = |rust: &String| rust.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let configs: Vec<String> = configs.iter().map(|(_, rust)| line(rust)).collect();
    format!(
        "pub(super) fn {name}() -> Vec<{ty}> {{\n    vec![\n{},\n    ]\n}}\n\n",
        configs.join(",\n")
    )
}

/// All that is written.
fn text() -> String {
    let widened = |quantile| attributes(&concentrated::<Numbers>(quantile));
    let nested = |quantile| -> Vec<(String, String)> {
        let mut attributes = attributes(&concentrated::<Tree>(quantile));
        // A struct has a field once.
        attributes.retain(|(path, _)| path != "sizes");
        attributes
    };
    let mut text = "// Renewed by `HPO_PAGE=overwrite cargo test -p hpo-tests report::typed`.\n\nuse std::num::{NonZeroI16, NonZeroU8};\n\n\
                    use hpo_core::prelude::*;\n\nuse crate::report::zoo::*;\n\nconst ADAM: &str = \"adam\";\n\n"
        .to_owned();
    text += &list("numbers", "Numbers", &configs::<Numbers>(8));
    text += &list("choices", "Choices", &configs::<Choices>(12));
    text += &list("trees", "Nested<Part, 4>", &configs::<Tree>(30));
    text += &structure("Lower", &widened(0.001));
    text += &structure("Upper", &widened(0.999));
    text += &structure("LowerTree", &nested(0.001));
    text += &structure("UpperTree", &nested(0.999));
    let lengths: Vec<(String, String)> = attributes(&concentrated::<Tree>(0.999))
        .into_iter()
        .filter(|(path, _)| path == "sizes")
        .collect();
    text += &structure("Longer", &lengths);
    text += &structure("FixedNumbers", &attributes(&indifferent::<Numbers>("rate")));
    text += &structure("FixedChoices", &attributes(&indifferent::<Choices>("real")));
    text + &structure("FixedTree", &attributes(&indifferent::<Tree>("bounded")))
}

#[test]
fn what_is_written_in_rust_is_what_was_compiled() {
    let text = text();
    if std::env::var_os("HPO_PAGE").is_some_and(|word| word == "overwrite") {
        std::fs::write(FILE, &text).expect("the file can be written");
    }
    assert!(text == include_str!("written.rs"), "`HPO_PAGE=overwrite` renews the file\n{text}");
}

#[test]
fn configs_that_were_pasted_are_those_of_the_trials() {
    let own = |configs: Vec<(Numbers, String)>| {
        configs.into_iter().map(|(config, _)| config).collect::<Vec<_>>()
    };
    assert_eq!(written::numbers(), own(configs(8)));
    assert_eq!(
        written::choices(),
        configs::<Choices>(12).into_iter().map(|(config, _)| config).collect::<Vec<_>>()
    );
    assert_eq!(
        written::trees(),
        configs::<Tree>(30).into_iter().map(|(config, _)| config).collect::<Vec<_>>()
    );
}

#[test]
fn what_cannot_be_written_is_not() {
    let flat = FlatSpace::new(&Inward::<bool>::space()).expect("a space");
    let mut study = TestStudy::new("inward", &[Direction::Minimize]);
    let values = study.add_params(&flat.default_params());
    study.complete(values, &[1.0]);
    study.flat = Some(flat);
    assert_eq!(BestConfig::of(&study.view()).and_then(|best| best.rust), None);
    let config = Inward { seed: Inward::<bool>::SEED, part: true };
    assert_eq!(config.seed, 1);
}

/// Old trials stay points of the space, and every range is wider.
#[test]
fn ranges_that_were_pasted_hold_the_old_ones() {
    let widened = |from: hpo_core::space::Space, to: hpo_core::space::Space| {
        let [from, to] = [from, to].map(|space| FlatSpace::new(&space).expect("a space"));
        let SpaceDiff { accepted, refused, .. } = SpaceDiff::between(&from, &to);
        let refused: Vec<_> =
            refused.iter().filter(|change| to.find(path(change)).is_some()).collect();
        assert!(refused.is_empty(), "{refused:?}");
        accepted.iter().filter(|change| matches!(change, Change::Widened { .. })).count()
    };
    assert_eq!(widened(Numbers::space(), written::Lower::space()), 16);
    assert_eq!(widened(Numbers::space(), written::Upper::space()), 18);
}

/// What is fixed is no parameter any more, and everything else can still be searched.
#[test]
fn attributes_that_were_pasted_can_be_searched() {
    let count = |space: hpo_core::space::Space| FlatSpace::new(&space).expect("a space").len();
    assert_eq!(
        count(written::FixedNumbers::space()),
        1,
        "the one that matters, with a wider range"
    );
    assert_eq!(count(written::FixedChoices::space()), 0);
    assert_eq!(count(written::FixedTree::space()), 7, "a length, and elements of one value");
    assert!(count(written::Longer::space()) > 6 && count(written::UpperTree::space()) > 0);
    assert!(count(written::LowerTree::space()) > 0);
}

fn path(change: &hpo_core::space::Change) -> &str {
    use hpo_core::space::Change::{Added, ChoiceRemoved, Different, Narrowed, Removed};
    match change {
        Added { path }
        | Removed { path }
        | Narrowed { path, .. }
        | Different { path, .. }
        | ChoiceRemoved { path, .. } => path,
        _ => "",
    }
}

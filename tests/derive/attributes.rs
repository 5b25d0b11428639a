//! Words on names and on what is left out: `rename`, `rename_all`, `flatten`, `fixed`, `skip`.

use hpo_core::SearchSpace;
use hpo_core::space::{FlatSpace, Label, Reader, Space};

use super::{all, flag, int, round_trip};

#[derive(Debug, PartialEq, SearchSpace)]
#[search_space(rename_all = "camelCase")]
struct Names {
    learning_rate: bool,
    #[search_space(rename = "batch size")]
    batch_size: bool,
    /// Documentation stays out of the way.
    r#type: bool,
}

#[test]
fn renaming() {
    let expected = all([("learningRate", flag()), ("batch size", flag()), ("type", flag())]);
    assert_eq!(Names::space(), expected);
    round_trip(&Names { learning_rate: true, batch_size: false, r#type: true });
}

macro_rules! cases {
    ($($test:ident: $case:literal, $field:literal, $variant:literal;)+) => {$(
        #[test]
        fn $test() {
            #[derive(SearchSpace)]
            #[search_space(rename_all = $case)]
            struct Fields { _max_depth_2: bool }
            #[derive(SearchSpace)]
            #[search_space(rename_all = $case)]
            #[allow(dead_code)]
            enum Variants { KNearest }
            assert_eq!(Fields::space(), all([($field, flag())]));
            assert_eq!(Variants::space(), super::one_of([($variant, all([]))]));
        }
    )+};
}
cases! {
    lowercase: "lowercase", "maxdepth2", "knearest";
    uppercase: "UPPERCASE", "MAXDEPTH2", "KNEAREST";
    pascal: "PascalCase", "MaxDepth2", "KNearest";
    camel: "camelCase", "maxDepth2", "kNearest";
    snake: "snake_case", "max_depth_2", "k_nearest";
    screaming_snake: "SCREAMING_SNAKE_CASE", "MAX_DEPTH_2", "K_NEAREST";
    kebab: "kebab-case", "max-depth-2", "k-nearest";
    screaming_kebab: "SCREAMING-KEBAB-CASE", "MAX-DEPTH-2", "K-NEAREST";
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Inner {
    #[search_space(range = 1..=9)]
    depth: u8,
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Flattened {
    before: bool,
    #[search_space(flatten)]
    inner: Inner,
}

#[test]
fn flattening() {
    let inner = all([("depth", int(1, 9))]);
    assert_eq!(Flattened::space(), all([("before", flag()), ("", inner)]));
    round_trip(&Flattened { before: true, inner: Inner { depth: 4 } });
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Partial {
    #[search_space(fixed = Self::epochs() + 1)]
    epochs: u32,
    tuned: bool,
    #[search_space(skip)]
    cache: Vec<String>,
    #[search_space(fixed = String::from("adam"))]
    optimizer: String,
}

impl Partial {
    fn epochs() -> u32 {
        9
    }
}

#[test]
fn leaving_out() {
    let (epochs, optimizer) =
        (Space::Fixed(Label::from(10_u32)), Space::Fixed(Label::from("adam")));
    let parts = [("epochs", epochs), ("tuned", flag()), ("optimizer", optimizer)];
    assert_eq!(Partial::space(), all(parts));
    let config = Partial { epochs: 10, tuned: true, cache: Vec::new(), optimizer: "adam".into() };
    assert_eq!(round_trip(&config).len(), 1);
    assert!(FlatSpace::new(&Untuned::space()).unwrap().is_empty());
    assert_eq!(Untuned::read(&mut Reader::new(&[])), Ok(Untuned(0)));
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Untuned(#[search_space(skip)] u8);

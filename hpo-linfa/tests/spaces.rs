//! The page on the spaces of estimators shows the spaces of the types.
//!
//! `HPO_PAGE=overwrite cargo test -p hpo-linfa spaces` writes them into the page.

use std::fmt::Write as _;
use std::path::Path;

use hpo_core::SearchSpace;
use hpo_core::space::FlatSpace;
use hpo_linfa::learner::{TableClassifier, TableRegressor};

fn listed<C: SearchSpace>(title: &str) -> String {
    let space = FlatSpace::new(&C::space()).unwrap();
    let mut text = format!("## {title}\n\n| parameter | values |\n| --- | --- |\n");
    for parameter in space.iter() {
        let path = if parameter.path().is_empty() { "the estimator" } else { parameter.path() };
        let domain = parameter.domain().to_string().replace('|', "or");
        let _ = writeln!(text, "| `{path}` | {domain} |");
    }
    text
}

#[test]
fn the_page_of_estimators_shows_their_spaces() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/estimators.md");
    let page = std::fs::read_to_string(&place).unwrap();
    let (before, rest) = page.split_once("<!-- spaces -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->\n").unwrap();
    let spaces = listed::<TableClassifier>("Classes") + "\n" + &listed::<TableRegressor>("Numbers");
    let now = format!("{before}<!-- spaces -->\n{spaces}<!-- end -->\n{after}");
    if std::env::var_os("HPO_PAGE").is_some_and(|word| word == "overwrite") {
        std::fs::write(&place, &now).unwrap();
    } else {
        assert_eq!(page, now);
    }
}

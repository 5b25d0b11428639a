//! The macro and the core judge numbers by one file: these are its two copies.

#[test]
fn the_two_copies_are_equal() {
    let core = include_str!("../../hpo-core/src/private/number.rs");
    let macros = include_str!("../../hpo-macros/src/number.rs");
    assert!(core == macros, "copy hpo-core/src/private/number.rs to hpo-macros/src/number.rs");
}

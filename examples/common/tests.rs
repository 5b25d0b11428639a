//! No example is left out, and README shows the one that is run.

use std::collections::BTreeSet;

#[test]
fn every_example_is_listed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let listed: BTreeSet<String> = (manifest.lines())
        .filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix(".rs\""))
        .filter(|path| !path.contains('/'))
        .map(str::to_owned)
        .collect();
    let there: BTreeSet<String> = (std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, there);
}

/// The program that README shows is the one that is run; its output there is compared by `.ci/run`.
#[test]
fn readme_shows_the_example() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, program) = include_str!("../net.rs").split_once("\n\n").unwrap();
    assert!(readme.contains(program), "examples/net.rs has changed: README.md shows it");
}

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

/// Excerpts that are not programs by themselves are lines of the example that the page is about.
#[test]
fn excerpts_are_lines_of_the_examples() {
    let pages = [
        (include_str!("../../docs/time-series.md"), include_str!("../sunspots.rs")),
        (include_str!("../../docs/image-classifier.md"), include_str!("../digits_asha.rs")),
        (include_str!("../../docs/text-generation.md"), include_str!("../psalms.rs")),
        (include_str!("../../docs/keras-tuner.md"), include_str!("../digits_tuners.rs")),
    ];
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    for (page, example) in pages {
        let example = squeezed(example);
        let excerpts = page.split("```").filter_map(|block| block.strip_prefix("rust,ignore\n"));
        let lines: Vec<&str> = excerpts.flat_map(str::lines).map(|line| line.split("//").next().unwrap()).collect();
        assert!(!lines.is_empty());
        for line in lines {
            // A comma at the end may be rustfmt's.
            assert!(example.contains(squeezed(line).trim_end_matches(',')), "{line}");
        }
    }
}

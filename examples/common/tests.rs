//! No example is left out, and README shows the one that is run.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_example_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
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
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, program) = include_str!("../net.rs").split_once("\n\n").unwrap();
    assert!(readme.contains(program), "examples/net.rs has changed: README.md shows it");
}

/// Lines that a page shows without compiling them are lines of the examples.
#[test]
fn pages_show_lines_of_examples() {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let examples: String =
        texts(Path::new(env!("CARGO_MANIFEST_DIR"))).iter().map(|text| squeezed(text)).collect();
    let pages = [
        include_str!("../../docs/time-series.md"),
        include_str!("../../docs/image-classifier.md"),
        include_str!("../../docs/text-generation.md"),
        include_str!("../../docs/keras-tuner.md"),
        include_str!("../../docs/networks.md"),
        include_str!("../../docs/scikit-learn.md"),
    ];
    for page in pages {
        let excerpts = page.split("```").filter_map(|block| block.strip_prefix("rust,ignore\n"));
        let lines: Vec<&str> =
            excerpts.flat_map(str::lines).map(|line| line.split("//").next().unwrap()).collect();
        assert!(!lines.is_empty());
        for line in lines {
            // A comma at the end may be rustfmt's.
            assert!(
                examples.contains(squeezed(line).trim_end_matches(',')),
                "in no example: {line}"
            );
        }
    }
}

/// What a page points to is there, and nothing on it was left to be filled in.
#[test]
fn pages_are_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let pages = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages: Vec<_> =
        pages.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    assert!(pages.len() > 5);
    for page in pages.into_iter().chain([root.join("README.md")]) {
        let text = std::fs::read_to_string(&page).unwrap();
        let at = page.display();
        let placeholders = text.split('@').skip(1).step_by(2);
        let is_placeholder =
            |word: &str| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_uppercase());
        assert!(!placeholders.into_iter().any(is_placeholder), "{at} is not filled in");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let is_elsewhere = link.is_empty() || link.contains("://") || link.contains(' ');
            assert!(
                is_elsewhere || page.parent().unwrap().join(link).exists(),
                "{at}: {link} is not there"
            );
        }
    }
}

/// Each call of ours in a table of `docs/coming-from.md` is there.
#[test]
fn calls_beside_those_of_the_peers_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let sources: String = ["hpo-core/src", "hpo-linfa/src", "hpo-burn/src"]
        .iter()
        .flat_map(|folder| texts(&root.join(folder)))
        .collect();
    let elsewhere = ["Fn", "filter", "from_secs"];
    let page = include_str!("../../docs/coming-from.md");
    let (mut found, mut missing) = (0, Vec::new());
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let ours = row.split(" | ").nth(1).unwrap();
        for (at, _) in ours.match_indices('(') {
            let name = ours[..at]
                .rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .next()
                .unwrap();
            let is_there = |form: &str| sources.contains(&form.replace("NAME", name));
            let is_known = name.is_empty() || elsewhere.contains(&name);
            if !is_known && !["fn NAME(", "fn NAME<", "    NAME("].iter().any(|form| is_there(form))
            {
                missing.push(format!("`{name}`: {row}"));
            }
            found += 1;
        }
    }
    assert!(missing.is_empty(), "these are not there:\n{}", missing.join("\n"));
    assert!(found > 100, "the tables are not read: {found} calls");
}

/// The Rust files of a folder and of those within it.
fn texts(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

//! The rules of the code base: layers use only those below them, the libraries do not print, files
//! stay small.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first. Modules of the same layer do not use each other.
const LAYERS: [&[&str]; 10] = [
    &["numeric", "file", "terminal", "sync"],
    &["rng", "setting"],
    &["space"],
    &["private", "gp"],
    &["trial"],
    &["sampler", "pruner", "checkpoint", "artifact", "storage"],
    &["report"],
    &["error"],
    &["study"],
    &["tuner", "callback", "worker"],
];

/// The modules outside the order: the crate root, which joins everything, and the test suites,
/// which test everything.
const OUTSIDE: [&str; 2] = ["lib", "testing"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests stand in the workspace")
        .to_path_buf()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Returns the code of a file, without comments and tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn layer_of(file: &Path, source: &Path) -> String {
    let relative = file.strip_prefix(source).expect("a file of the library");
    let first = relative.components().next().expect("a file has a name");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Returns the top-level modules that a file names.
fn uses(code: &str) -> Vec<String> {
    let mut found: Vec<String> = code
        .split("crate::")
        .skip(1)
        .flat_map(|rest| rest.strip_prefix('{').map_or_else(|| vec![first_name(rest)], members))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Returns the first names of the paths in a brace group. A path with a nested group counts as one.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(first_name(&group[start..place]));
                start = place + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

#[test]
fn the_reader_of_use_lines_sees_groups_within_groups() {
    assert_eq!(
        uses("use crate::{space::{Params, FlatSpace}, study, trial::State};"),
        ["space", "study", "trial"]
    );
    assert_eq!(uses("use crate::rng::Rng; crate::error::Error"), ["error", "rng"]);
}

fn first_name(path: &str) -> String {
    path.trim().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

#[test]
fn every_layer_uses_only_those_below_it() {
    let source = root().join("hpo-core/src");
    let rank: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(rank, names)| names.iter().map(move |name| (*name, rank)))
        .collect();
    let mut arrows = 0;
    for file in rust_files(&source) {
        let own = layer_of(&file, &source);
        if OUTSIDE.contains(&own.as_str()) {
            continue;
        }
        let own_rank = *rank
            .get(own.as_str())
            .unwrap_or_else(|| panic!("`{own}` is in no layer: add it to the list"));
        for used in uses(&code(&file)) {
            let Some(used_rank) = rank.get(used.as_str()) else {
                continue;
            };
            arrows += 1;
            let allowed = used == own || *used_rank < own_rank;
            assert!(allowed, "{} may not use `{used}`: it is not below `{own}`", file.display());
        }
    }
    assert!(
        arrows > 30,
        "the reader of `use` lines found only {arrows} of them: it must be broken"
    );
}

#[test]
fn the_library_does_not_print_or_read_arguments() {
    for folder in ["hpo-core/src", "hpo-macros/src", "hpo-linfa/src", "hpo-burn/src"] {
        for file in rust_files(&root().join(folder)) {
            let code = code(&file);
            for word in ["println!(", "print!(", "dbg!(", "env::args", "process::exit"] {
                assert!(!code.contains(word), "{} has `{word}`", file.display());
            }
        }
    }
}

/// The files that may write to the terminal, and the reasons.
const PRINTERS: [(&str, &str); 6] = [
    ("study/run/progress.rs", "the user asks for it"),
    ("callback/table/mod.rs", "the user asks for it"),
    ("report/page/mod.rs", "evcxr shows what a value prints"),
    (
        "study/run/unoptimized.rs",
        "the first run of a program has nobody to tell that it is slow for want of optimisation",
    ),
    ("src/worker.rs", "a program that `hpo run` has started reports on its standard output"),
    ("study/run/interrupt.rs", "a run that catches Ctrl-C owes an answer to whoever pressed it"),
];

#[test]
fn only_a_few_write_to_the_terminal() {
    for folder in ["hpo-core/src", "hpo-macros/src", "hpo-linfa/src", "hpo-burn/src"] {
        for file in rust_files(&root().join(folder)) {
            let code = code(&file);
            let writes = ["stderr()", "stdout()"].iter().any(|word| code.contains(word));
            let may = PRINTERS.iter().any(|(printer, _)| file.ends_with(printer));
            assert!(!writes || may, "{} writes to the terminal", file.display());
        }
    }
}

#[test]
fn only_the_workers_start_threads() {
    let source = root().join("hpo-core/src");
    for file in rust_files(&source) {
        if file.ends_with("study/run/workers.rs") || layer_of(&file, &source) == "testing" {
            continue;
        }
        let code = code(&file);
        let starts = ["thread::spawn", "thread::scope", "thread::Builder"]
            .iter()
            .any(|word| code.contains(word));
        assert!(!starts, "{} starts threads", file.display());
    }
}

#[test]
fn files_stay_small() {
    let folders = ["hpo-core/src", "hpo-macros/src", "hpo-cli/src", "hpo-linfa", "hpo-burn"];
    for folder in folders.into_iter().chain(["examples", "tests"]) {
        for file in rust_files(&root().join(folder)) {
            let lines = fs::read_to_string(&file).expect("a source file").lines().count();
            assert!(lines <= 500, "{} has {lines} lines: split it", file.display());
        }
    }
}

#[test]
fn the_licences_and_the_lock_file_are_there() {
    for file in [
        "Cargo.lock",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ] {
        assert!(root().join(file).is_file(), "{file} is missing");
    }
}

/// The files and folders of one folder that may import each other in a circle, and the reason.
const CIRCLES: [(&str, &[&str], &str); 2] = [
    (
        "hpo-core/src/space",
        &["enumerate", "flat_space", "flatten"],
        "the flat space is made from its tree, which it keeps",
    ),
    (
        "hpo-macros/src",
        &["expand", "fallback"],
        "what cannot be expanded falls back to an expansion without the parts that are wrong",
    ),
];

#[test]
fn files_of_a_folder_import_each_other_one_way_only() {
    let mut folders = 0;
    let crates = ["hpo-core/src", "hpo-macros/src", "hpo-linfa/src", "hpo-burn/src", "hpo-cli/src"];
    for krate in crates {
        let source = root().join(krate);
        let mut all = vec![source.clone()];
        while let Some(folder) = all.pop() {
            let inside = fs::read_dir(&folder)
                .expect("a folder of the workspace")
                .map(|entry| entry.expect("an entry").path());
            all.extend(inside.filter(|path| path.is_dir()));
            folders += 1;
            let edges = imports_within(&source, &folder);
            let name = folder
                .strip_prefix(root())
                .expect("within the workspace")
                .to_string_lossy()
                .replace('\\', "/");
            let allowed = CIRCLES
                .iter()
                .find(|(of, ..)| *of == name)
                .map_or(&[][..], |(_, members, _)| members);
            for node in edges.keys().filter(|node| !allowed.contains(&node.as_str())) {
                assert!(
                    !reaches(&edges, node, node),
                    "{name}: `{node}` imports itself by way of others: {edges:?}"
                );
            }
        }
    }
    assert!(folders > 20, "only {folders} folders were found");
}

type Edges = BTreeMap<String, BTreeSet<String>>;

/// Returns the imports between the files and folders of a folder. `mod.rs` is the folder itself.
fn imports_within(source: &Path, folder: &Path) -> Edges {
    let inside = modules(source, folder);
    let mut edges = Edges::new();
    for file in rust_files(folder) {
        let mut here = modules(source, &file);
        let Some(own) = here.get(inside.len()).filter(|own| !is_whole(own)).cloned() else {
            continue;
        };
        here.retain(|module| module != "mod");
        for target in targets(&code(&file), &here) {
            let other = target.get(inside.len()).filter(|_| target.starts_with(&inside));
            let is_sibling = |other: &&String| {
                folder.join(format!("{other}.rs")).is_file() || folder.join(other).is_dir()
            };
            if let Some(other) =
                other.filter(is_sibling).filter(|other| **other != own && !is_whole(other))
            {
                edges.entry(own.clone()).or_default().insert(other.clone());
            }
        }
    }
    edges
}

fn is_whole(module: &str) -> bool {
    ["mod", "lib", "main", "tests"].contains(&module)
}

/// Returns the path of a file or folder as a list of modules.
fn modules(source: &Path, path: &Path) -> Vec<String> {
    let relative = path.strip_prefix(source).expect("within the source").with_extension("");
    relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
}

/// Returns the modules that code names by `crate::` or `super::`, as paths from the root of the
/// crate.
fn targets(code: &str, here: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (start, word) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        if code[..start].ends_with("super::") {
            continue;
        }
        let mut rest = &code[start..];
        let ups = std::iter::from_fn(|| rest.strip_prefix("super::").inspect(|after| rest = after))
            .count();
        let base =
            if word == "crate::" { &[][..] } else { &here[..here.len().saturating_sub(ups)] };
        let rest = rest.strip_prefix("crate::").unwrap_or(rest);
        let group = rest.strip_prefix('{').map(members);
        for name in group.unwrap_or_else(|| vec![first_name(rest)]) {
            let deeper = rest.strip_prefix(&format!("{name}::")).map(first_name);
            found.push(base.iter().cloned().chain([name]).chain(deeper).collect());
        }
    }
    found
}

fn reaches(edges: &Edges, from: &str, to: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(node) = open.pop() {
        for other in edges.get(&node).into_iter().flatten() {
            if other == to {
                return true;
            }
            if seen.insert(other.clone()) {
                open.push(other.clone());
            }
        }
    }
    false
}

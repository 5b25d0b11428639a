//! The documentation: every link between its files leads somewhere, and every page can be found.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the pages that people read: those of `docs`, and the texts at the top.
fn pages() -> Vec<PathBuf> {
    let top = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "hpo-core/src/derive.md"];
    let mut pages: Vec<PathBuf> = top.iter().map(|name| root().join(name)).collect();
    let docs = fs::read_dir(root().join("docs")).expect("the folder of pages");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    pages.extend(docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    pages
}

/// Returns the text without code blocks and code spans, which hold no links.
fn prose(text: &str) -> String {
    let blocks = text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n");
    blocks.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// Returns the relative links of a page: `](path#anchor)`.
fn links(text: &str) -> Vec<String> {
    let targets = prose(text);
    let targets = targets.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let is_relative = |link: &&str| !link.contains("://") && !link.contains("::");
    targets.filter(is_relative).map(str::to_owned).collect()
}

/// Returns the anchors of a page: its headings in lower case, with `-` for each space.
fn anchors(text: &str) -> Vec<String> {
    let blocks = text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n");
    let heading = |line: &str| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
    };
    blocks.lines().filter_map(heading).collect()
}

#[test]
fn every_link_between_files_leads_somewhere() {
    let (mut broken, mut followed) = (Vec::new(), 0);
    for page in pages() {
        let text = read(&page);
        for link in links(&text) {
            followed += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let folder = page.parent().expect("a folder");
            let target = if path.is_empty() { page.clone() } else { folder.join(path) };
            let has_anchor =
                || anchor.is_empty() || anchors(&read(&target)).contains(&anchor.into());
            if !target.exists() || !has_anchor() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty() && followed > 150, "of {followed} links: {broken:#?}");
}

#[test]
fn every_page_is_in_the_index_and_in_the_book() {
    let (index, book) = (root().join("docs/index.md"), root().join("docs/book/SUMMARY.md"));
    let (index, book) = (read(&index), read(&book));
    for page in pages() {
        let relative = page.strip_prefix(root()).expect("a page of the workspace");
        let name = page.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(book.contains(&format!("({})", relative.display())), "{name} is not in the book");
        let is_found = name == "index.md" || index.contains(&name);
        assert!(is_found || name == "ARCHITECTURE.md", "{name} is not in docs/index.md");
    }
}

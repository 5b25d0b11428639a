//! Pictures: SVG that can be parsed, PNG with words on it.

use std::io::Write as _;

use hpo_core::report::{Report, ReportError};
use hpo_core::space::Value;
use hpo_core::trial::Direction;
use hpo_tests::Folder;

use super::{TestStudy, conditional};

/// Whether a text is XML of which every element is closed.
fn is_balanced(svg: &str) -> bool {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else { return false };
        let name =
            tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default().to_owned();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        if text.contains('>') {
            return false;
        }
    }
    open.is_empty()
}

#[test]
fn each_figure_is_written_as_svg() {
    let folder = Folder::new("svg");
    let study = conditional("pictures", 150);
    let report = Report::of(&[study.view()]);
    let files = report.svg(folder.path("figures")).expect("they can be written");
    assert_eq!(files.len(), report.figures().len());
    for file in &files {
        let svg = std::fs::read_to_string(file).expect("it is there");
        assert!(is_balanced(&svg), "{} is no XML", file.display());
        assert!(
            !svg.contains("NaN") && !svg.contains("inf"),
            "{} has places that are no numbers",
            file.display()
        );
    }
    let slice = std::fs::read_to_string(folder.path("figures/slice.svg")).expect("it is there");
    assert!(slice.contains("optimizer.adam.beta"));
    assert!(slice.matches("<circle").count() > 500);
}

#[test]
fn names_are_text_in_pictures() {
    let mut study = TestStudy::new("<script>", &[Direction::Minimize]);
    let x = study.float("</text><script>&\"\u{1}");
    study.complete(vec![(x, Value::Float(1.0))], &[1.0]);
    study.complete(vec![(x, Value::Float(2.0))], &[2.0]);
    for figure in Report::of(&[study.view()]).figures() {
        let svg = figure.svg();
        assert!(is_balanced(&svg) && !svg.contains("<script>"), "{}", figure.kind());
    }
}

#[test]
fn each_figure_is_written_as_png_with_words() {
    let folder = Folder::new("png");
    let report = Report::of(&[conditional("dots", 60).view()]);
    let files = match report.png(folder.path(".")) {
        Err(ReportError::NoFont) => {
            let _ = writeln!(
                std::io::stderr(),
                "left out, since there is no font on this machine: PNG"
            );
            return;
        }
        files => files.expect("they can be written"),
    };
    assert_eq!(files.len(), report.figures().len());
    for file in files {
        let bytes = std::fs::read(&file).expect("it is there");
        assert!(bytes.starts_with(b"\x89PNG"), "{} is no PNG", file.display());
    }
    let figure = &report.figures()[0];
    let words: Vec<u8> = figure.png().expect("it can be drawn");
    let mut without = figure.chart();
    without.title = String::new();
    assert_ne!(words.len(), 0);
    assert!(figure.svg().len() > without.svg().len());
}

//! The parts of a page that a server sends one at a time: the frame, which is the same for all
//! studies, and the data of one study as JSON.

use serde_json::{Value as Json, json};

use super::super::text::escaped;
use super::{PLOTLY, STYLE, body, data};
use crate::numeric::crc32;
use crate::report::figure::Measured;
use crate::report::importance;
use crate::report::{
    KINDS, Overview, Report, ReportContents, StudyView, TrialTable, ValueEstimate, advice,
    figures_of_kind, significant,
};

/// The script of the pages of a server.
const SCRIPT: &str = script!(
    "base" "data" "filters" "layout" "figures" "table" "trial" "tabs" "view"
    "client" "markdown" "overview" "actions" "form" "study" "studies" "compare" "live"
);

/// The files that the pages load: name, type and contents.
const FILES: [(&str, &str, &str); 3] = [
    ("page.css", "text/css", STYLE),
    ("page.js", "text/javascript", SCRIPT),
    ("plotly.js", "text/javascript", PLOTLY),
];

/// Returns the type and the contents of a file that the pages load.
#[must_use]
pub fn file(name: &str) -> Option<(&'static str, &'static str)> {
    let found = FILES.iter().find(|(own, ..)| *own == name)?;
    Some((found.1, found.2))
}

/// Returns the frame of a page: `study`, `studies` or `compare`. It names no study: its script
/// reads the address.
#[must_use]
pub fn frame(page: &str, title: &str) -> String {
    let address = |name: &str| {
        let text = file(name).map_or("", |(_, text)| text);
        format!("/assets/{name}?v={:08x}", crc32(text.as_bytes()))
    };
    let body = if page == "studies" { list_body() } else { body::shell() };
    // plotly.js adds its rules to the element of this id.
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\" data-page=\"{page}\">\n<head>\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n\
         <link rel=\"stylesheet\" id=\"plotly.js-style-global\" href=\"{}\">\n\
         <script defer src=\"{}\" data-plotly=\"{}\"></script>\n</head>\n\
         <body>\n{body}</body>\n</html>\n",
        escaped(title),
        address("page.css"),
        address("page.js"),
        address("plotly.js"),
    )
}

fn list_body() -> String {
    format!(
        "<header>\n<h1>Studies</h1>\n\
         <p class=\"written\" id=\"status\" role=\"status\"></p>\n{}</header>\n\
         <main id=\"list\"></main>\n\
         <noscript><p class=\"note\">This page needs JavaScript.</p></noscript>\n",
        body::THEME
    )
}

/// Returns the main facts about a study, as pairs of a name and a text.
#[must_use]
pub fn facts(view: &StudyView<'_>) -> Json {
    json!(body::facts(&Overview::with(view, None), false))
}

/// Returns true if figures of this kind exist.
#[must_use]
pub fn is_kind(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Returns the importances of the parameters by each measure. They are expensive to compute.
#[must_use]
pub fn measures(view: &StudyView<'_>) -> Vec<Measured> {
    importance::measured(view)
}

/// Returns the figures of one kind, and the lists to which they refer.
#[must_use]
pub fn figures(view: &StudyView<'_>, kind: &str, measures: &[Measured]) -> Json {
    let contents = ReportContents {
        importances: measures.first().map(|measure| measure.shares.clone()).unwrap_or_default(),
        ..ReportContents::default()
    };
    let views = std::slice::from_ref(view);
    data::of_figures(&figures_of_kind(kind, view, views, &contents, measures))
}

/// Returns these trials by columns, the number of all trials, and the properties by which they are
/// filtered.
#[must_use]
pub fn trials(view: &StudyView<'_>, numbers: &[u64]) -> Json {
    let table = TrialTable::chosen(view, &view.params(), numbers);
    let mut json = data::table(&table);
    json["filters"] = json!(super::Filters::names(view));
    json
}

/// Returns the advice for a study and its best config, with what to expect of it. They are
/// expensive to compute.
#[must_use]
pub fn advice(view: &StudyView<'_>) -> Json {
    let expectation = ValueEstimate::of(view);
    let advice = advice::Advice::with(view, expectation.as_ref());
    let report = Report {
        overviews: vec![Overview::with(view, expectation.clone())],
        best: crate::report::BestConfig::with(view, expectation),
        advice: advice.iter().map(ToString::to_string).collect(),
        ..Report::with(&[], &ReportContents::default())
    };
    texts(&report)
}

/// Returns the data of a page about several studies. Unlike the page for a file, it contains the
/// facts, the advice and the best configs too.
#[must_use]
pub fn comparison(views: &[StudyView<'_>]) -> Json {
    let report = Report::of(views);
    let mut json = data::json(&report);
    let all = std::iter::once(&report).chain(&report.others);
    let all: Vec<Json> = all.map(texts).collect();
    for (study, texts) in json["studies"].as_array_mut().into_iter().flatten().zip(all) {
        study["texts"] = texts;
    }
    let has_name = true;
    json["facts"] =
        report.overviews.iter().map(|overview| json!(body::facts(overview, has_name))).collect();
    json
}

/// Returns what a page says about a study in words.
fn texts(report: &Report) -> Json {
    let best = report.best.as_ref().map(|best| {
        json!({
            "number": best.number, "metric": report.metric(),
            "value": significant(best.value, 6), "params": best.json,
            "json": serde_json::to_string_pretty(&best.json).unwrap_or_default(),
            "rust": best.rust,
            "expectation": best.expectation.as_ref().map(ToString::to_string),
        })
    });
    json!({ "advice": report.advice, "best": best })
}

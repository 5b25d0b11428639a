//! The parts of a page that can be read without a script: panels, which the script shows one at a
//! time as tabs.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::super::text::escaped;
use crate::report::{KINDS, Overview, Report, significant};
use crate::trial::Timestamp;

/// The number of pieces of advice that are visible without a click.
const MOST_ADVICE: usize = 10;

/// A panel: its id, its title, and the kinds of its figures.
type Panel = (&'static str, &'static str, &'static str);

/// The panel with the figures of a model.
const MODEL: Panel = ("model", "Model", "*");

/// The panels with figures, in their order.
pub(super) const FIGURES: [Panel; 6] = [
    ("front", "Front", "pareto_front hypervolume"),
    ("history", "History", "history edf"),
    ("curves", "Curves", "intermediate_values rungs"),
    ("parameters", "Parameters", "importances slice parallel_coordinates contour rank"),
    ("branches", "Branches", "branches"),
    ("timeline", "Timeline", "timeline"),
];

/// Returns the body of a page that contains its data.
pub(super) fn of(report: &Report, title: &str, reload: Option<u64>) -> String {
    let mut body = format!(
        "<header>\n<h1>{}</h1>\n\
         <p class=\"written\">Written <time data-micros=\"{}\"></time>{}</p>\n\
         {THEME}</header>\n<main>\n{TOP}",
        escaped(title),
        Timestamp::now().0,
        reload.map_or_else(String::new, |every| format!(
            ", again every {every} s while the study runs"
        )),
    );
    body += &panel(("overview", "Overview", ""), &overview(report));
    let has_figures = |kinds: &str| {
        let all = std::iter::once(report).chain(&report.others);
        all.flat_map(|one| &one.figures).any(|figure| belongs(figure.kind(), kinds))
    };
    for one in std::iter::once(MODEL).chain(FIGURES).filter(|one| has_figures(one.2)) {
        body += &panel(one, &places(one.0));
    }
    // A report on a model alone has no trials.
    if !report.overviews.is_empty() || report.title.is_none() {
        body += &panel(("trials", "Trials", ""), TRIALS);
        body += &panel(("config", "Config", ""), &of_each(report, Report::config_section));
    }
    body += "</main>\n";
    body += "<noscript><p class=\"note\">The figures and the table of trials need \
             JavaScript.</p></noscript>\n";
    body
}

/// Returns the body of a page whose data come from a server.
pub(super) fn shell() -> String {
    let mut body = format!(
        "<header>\n<p class=\"home\"><a href=\"/\">Studies</a></p>\n<h1 id=\"title\"></h1>\n\
         <p class=\"written\" id=\"status\" role=\"status\"></p>\n{THEME}</header>\n\
         <main>\n{TOP}"
    );
    let glance = "<div id=\"facts\"></div>\n<div id=\"running\"></div>\n<div id=\"studies\"></div>\n\
                  <div id=\"glance\"></div>\n";
    body += &panel(("overview", "Overview", ""), glance);
    for one in FIGURES {
        body += &panel(one, &places(one.0));
    }
    body += &panel(("trials", "Trials", ""), TRIALS);
    body += &panel(("config", "Config", ""), "<div id=\"configs\"></div>\n");
    body += &panel(("actions", "Actions", ""), "<div id=\"act\"></div>\n");
    body + "</main>\n<noscript><p class=\"note\">This page needs JavaScript.</p></noscript>\n"
}

/// The button that changes between light and dark.
pub(super) const THEME: &str = "<button id=\"theme\" type=\"button\" aria-label=\"light or dark\" \
                                title=\"light or dark\">◐</button>\n";

/// The place of the tabs, and that of the filters.
const TOP: &str = "<div id=\"tabs\" hidden></div>\n<section id=\"filters\" hidden></section>\n";

/// The table of trials, which the script fills.
const TRIALS: &str = "<section>\n<h2>Trials</h2>\n<div id=\"table\"></div>\n</section>\n";

fn panel((id, title, kinds): Panel, text: &str) -> String {
    format!(
        "<div class=\"panel\" id=\"{id}\" data-title=\"{title}\" data-kinds=\"{kinds}\">\n{text}\
         </div>\n"
    )
}

/// Returns the places of a panel's figures: of those of all studies, and of those of one.
fn places(id: &str) -> String {
    let shared = if id == "history" { "<div id=\"shared\"></div>\n" } else { "" };
    format!("{shared}<div class=\"figures\"></div>\n")
}

fn belongs(kind: &str, kinds: &str) -> bool {
    match kinds {
        "*" => !KINDS.contains(&kind),
        kinds => kinds.split(' ').any(|one| one == kind),
    }
}

fn overview(report: &Report) -> String {
    let mut text = String::new();
    if !report.facts.is_empty() {
        text += &fact_list(&report.facts);
    }
    for overview in &report.overviews {
        text += &fact_list(&facts(overview, report.overviews.len() > 1));
    }
    if report.overviews.len() > 1 {
        text += &comparison(report);
    }
    text += &of_each(report, |one, _| one.best_section() + &one.advice_section());
    if report.figures.is_empty() {
        text += "<p class=\"note\">There is nothing to draw yet.</p>\n";
    }
    text + "<div id=\"glance\"></div>\n"
}

/// Returns a block for each study that the page shows in full; the script shows one of them.
fn of_each(report: &Report, text: impl Fn(&Report, &str) -> String) -> String {
    let block = |(index, one): (usize, &Report)| {
        let name = if report.others.is_empty() { String::new() } else { one.heading() };
        let end = if index == 0 { String::new() } else { format!("-{index}") };
        format!("<div class=\"study\">\n{name}{}</div>\n", text(one, &end))
    };
    std::iter::once(report).chain(&report.others).enumerate().map(block).collect()
}

/// Returns the note of a page with several studies.
fn comparison(report: &Report) -> String {
    let (shown, all) = (report.others.len() + 1, report.overviews.len());
    let first = if shown < all { format!(" (one of the first {shown})") } else { String::new() };
    format!(
        "<p class=\"note\">History and distribution show all studies; \
         everything else shows the selected one{first}.</p>\n"
    )
}

impl Report {
    fn heading(&self) -> String {
        let name = self.overviews.first().map_or("", |overview| &overview.name);
        format!("<h2 class=\"name\">{}</h2>\n", escaped(name))
    }

    fn advice_section(&self) -> String {
        if self.advice.is_empty() {
            return String::new();
        }
        let list = |advice: &[String]| {
            let lines = advice.iter().map(|line| format!("<li>{}</li>\n", escaped(line)));
            format!("<ul>\n{}</ul>\n", lines.collect::<String>())
        };
        let (first, rest) = self.advice.split_at(self.advice.len().min(MOST_ADVICE));
        let more = format!(
            "<details><summary>and {} more</summary>\n{}</details>\n",
            rest.len(),
            list(rest)
        );
        let more = if rest.is_empty() { "" } else { &more };
        format!(
            "<section class=\"advice\">\n<h2>What to do next</h2>\n{}{more}</section>\n",
            list(first)
        )
    }

    /// Returns the section on the best config, with its parameters.
    fn best_section(&self) -> String {
        let Some(best) = &self.best else { return String::new() };
        let expectation = best.expectation.as_ref();
        let expectation = expectation.map_or_else(String::new, |found| {
            format!("<p class=\"expectation\">{}.</p>\n", escaped(&found.to_string()))
        });
        let mut params = String::new();
        for (path, value) in best.json.as_object().into_iter().flatten() {
            let value = match value {
                Json::String(text) => text.clone(),
                Json::Number(number) if number.is_f64() => {
                    number.as_f64().map_or_else(String::new, |number| significant(number, 6))
                }
                value => value.to_string(),
            };
            let _ =
                write!(params, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(path), escaped(&value));
        }
        format!(
            "<section class=\"best\">\n<h2>Best config: trial {}, {} {}</h2>\n{expectation}<div \
             class=\"params\"><dl>{params}</dl></div>\n</section>\n",
            best.number,
            escaped(&self.metric()),
            significant(best.value, 6),
        )
    }

    /// Returns the best config as code; `end` is appended to the ids of its blocks.
    fn config_section(&self, end: &str) -> String {
        let Some(best) = &self.best else {
            return "<p class=\"note\">There is no single best config.</p>\n".to_owned();
        };
        let json = serde_json::to_string_pretty(&best.json).unwrap_or_default();
        let block = |name: &str, id: &str, text: &str| {
            format!(
                "<details open><summary>{name}</summary>\
                 <button type=\"button\" class=\"copy\" data-of=\"{id}{end}\">copy</button>\
                 <pre id=\"{id}{end}\">{}</pre></details>\n",
                escaped(text)
            )
        };
        let rust =
            best.rust.as_ref().map_or_else(String::new, |rust| block("as Rust", "best-rust", rust));
        format!(
            "<section>\n<h2>The config of trial {}</h2>\n<div class=\"side\"><div>{}</div>\
             <div>{rust}</div></div>\n</section>\n",
            best.number,
            block("as JSON", "best-json", &json),
        )
    }

    /// Returns the name of the first objective's values.
    pub(super) fn metric(&self) -> String {
        let metrics = self.overviews.first().map(|overview| &overview.metrics);
        metrics.and_then(|metrics| metrics.first()).map_or("value", String::as_str).to_owned()
    }
}

/// Returns the main facts about a study, each with its name.
pub(super) fn facts(overview: &Overview, has_name: bool) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        (
            if overview.directions.len() == 1 { "objective" } else { "objectives" },
            overview.objectives(),
        ),
        ("trials", format!("{}: {}", overview.trials(), overview.counted())),
        ("parameters", overview.params.to_string()),
        ("best", overview.best_in_words()),
    ];
    facts.extend(overview.duration().map(|duration| ("first start to last end", duration)));
    if has_name {
        facts.insert(0, ("study", overview.name.clone()));
    }
    facts
}

fn fact_list<S: AsRef<str>>(facts: &[(S, String)]) -> String {
    let items: Vec<String> = facts
        .iter()
        .map(|(name, fact)| (name.as_ref(), fact))
        .map(|(name, fact)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escaped(fact)))
        .collect();
    let items = items.concat();
    format!("<dl class=\"facts\">{items}</dl>\n")
}

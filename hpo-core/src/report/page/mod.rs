//! A report as one page that needs no network and no other file. Everything that can be read
//! without a script is plain HTML. The figures and the table of trials are drawn by plotly.js and
//! our own script, from data that the page contains once.

mod data;
mod filters;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

pub(super) use filters::Filters;

use super::text::escaped;
use super::{Report, ReportError, significant};
use crate::file;
use crate::trial::Timestamp;

const PLOTLY: &str = include_str!("../../../assets/plotly/plotly-cartesian.min.js");
const SCRIPT: &str = include_str!("../../../assets/report.js");
/// The number of pieces of advice that are visible without a click.
const MOST_ADVICE: usize = 10;
const STYLE: &str = include_str!("../../../assets/report.css");

impl Report {
    /// Writes the report as one page, which opens from disk and needs no network. The file is
    /// complete at every moment: an older one is replaced atomically.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn html(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        write(path.as_ref(), &self.page(None))
    }

    /// Writes the page of a running study. It shows when it was written, and reloads itself each
    /// time `every` has passed, keeping its position and filters. Write it again about as often.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn live_html(&self, path: impl AsRef<Path>, every: Duration) -> Result<(), ReportError> {
        write(path.as_ref(), &self.page(Some(every)))
    }

    /// Returns the page as text for a server whose content security policy names a nonce: only
    /// scripts with this nonce run.
    #[must_use]
    pub fn page_with_nonce(&self, nonce: &str) -> String {
        self.text(None, &format!(" nonce=\"{}\"", escaped(nonce)))
    }

    /// Returns the page as text. With `reload`, it reloads itself each time that duration has
    /// passed.
    #[must_use]
    pub fn page(&self, reload: Option<Duration>) -> String {
        self.text(reload, "")
    }

    /// Returns the page; `nonce` is an attribute of its scripts, or empty.
    fn text(&self, reload: Option<Duration>, nonce: &str) -> String {
        let name = self.overviews.first().map_or("no study", |overview| &overview.name);
        let title = self.title.as_deref().unwrap_or(name);
        let reload = reload.map(|every| every.as_secs().max(1));
        let refresh = reload.map_or_else(String::new, |every| {
            format!("<meta http-equiv=\"refresh\" content=\"{every}\">\n")
        });
        let mut page = String::with_capacity(PLOTLY.len() + (1 << 20));
        let _ = write!(
            page,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:\">\n\
             {refresh}<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            escaped(title),
        );
        page += &self.body(title, reload);
        let _ = write!(
            page,
            "<script type=\"application/json\" id=\"data\">{}</script>\n\
             <script{nonce}>\n{PLOTLY}\n</script>\n<script{nonce}>\n{SCRIPT}</script>\n</body>\n</html>\n",
            data::of(self),
        );
        page
    }

    /// Shows the page in a notebook. evcxr calls this method if a report is the last expression of
    /// a cell, and reads the text between two markers on standard output.
    pub fn evcxr_display(&self) {
        // A frame separates the styles and scripts of the page from those of the notebook. A
        // failed write is ignored: without a reader, no error is needed.
        let _ = writeln!(
            std::io::stdout().lock(),
            "EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT",
            self.framed()
        );
    }

    /// Returns the page within a frame, as part of another page.
    #[must_use]
    pub fn framed(&self) -> String {
        let page = escaped(&self.page(None));
        format!(
            "<iframe srcdoc=\"{page}\" style=\"width:100%;height:80vh;border:0\" \
             sandbox=\"allow-scripts\"></iframe>"
        )
    }

    fn body(&self, title: &str, reload: Option<u64>) -> String {
        let mut body = format!(
            "<header>\n<h1>{}</h1>\n\
             <p class=\"written\">Written <time data-micros=\"{}\"></time>{}</p>\n\
             <button id=\"theme\" type=\"button\" title=\"light or \
                 dark\">◐</button>\n</header>\n<main>\n",
            escaped(title),
            Timestamp::now().0,
            reload.map_or_else(String::new, |every| format!(
                ", again every {every} s while the study runs"
            )),
        );
        if !self.facts.is_empty() {
            body += &fact_list(&self.facts);
        }
        for overview in &self.overviews {
            body += &facts(overview, self.overviews.len() > 1);
        }
        let filters = "<section id=\"filters\" hidden></section>\n";
        if self.overviews.len() > 1 {
            body += &self.comparison();
            body += filters;
        }
        for (index, one) in std::iter::once(self).chain(&self.others).enumerate() {
            let name = if self.others.is_empty() { String::new() } else { one.heading() };
            let _ = write!(
                body,
                "<div class=\"study\">\n{name}{}{}</div>\n",
                one.advice_section(),
                one.best_section(&if index == 0 { String::new() } else { format!("-{index}") })
            );
        }
        if self.overviews.len() <= 1 {
            body += filters;
        }
        if self.figures.is_empty() {
            body += "<p class=\"note\">There is nothing to draw yet.</p>\n";
        }
        // A report on a model alone has no trials.
        let hidden = if self.overviews.is_empty() && self.title.is_some() { " hidden" } else { "" };
        let _ = write!(
            body,
            "<div id=\"figures\"></div>\n\
             <section id=\"trials\"{hidden}>\n<h2>Trials</h2>\n<div id=\"table\"></div>\n\
             </section>\n</main>\n"
        );
        body += "<noscript><p class=\"note\">The figures and the table of trials need \
                     JavaScript.</p></noscript>\n";
        body
    }

    /// Returns the section that shows several studies side by side.
    fn comparison(&self) -> String {
        let (shown, all) = (self.others.len() + 1, self.overviews.len());
        let first =
            if shown < all { format!(" (one of the first {shown})") } else { String::new() };
        format!(
            "<p class=\"note\">History and distribution show all studies; \
             everything else shows the selected one{first}.</p>\n\
             <div id=\"shared\"></div>\n"
        )
    }

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

    /// Returns the section on the best config; `end` is appended to the ids of its blocks.
    fn best_section(&self, end: &str) -> String {
        let Some(best) = &self.best else { return String::new() };
        let metric = self
            .overviews
            .first()
            .and_then(|overview| overview.metrics.first())
            .map_or("value", String::as_str);
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
        let expectation = best.expectation.as_ref();
        let expectation = expectation.map_or_else(String::new, |found| {
            format!("<p class=\"expectation\">{}.</p>\n", escaped(&found.to_string()))
        });
        format!(
            "<section class=\"best\">\n<h2>Best config: trial {}, {} {}</h2>\n{expectation}<div \
             class=\"side\"><div>{}</div><div>{rust}</div></div>\n</section>\n",
            best.number,
            escaped(metric),
            significant(best.value, 6),
            block("as JSON", "best-json", &json),
        )
    }
}

/// Returns the main facts about a study as a list.
fn facts(overview: &super::Overview, has_name: bool) -> String {
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
    fact_list(&facts)
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

fn write(path: &Path, text: &str) -> Result<(), ReportError> {
    file::replace(path, |file| file.write_all(text.as_bytes())).map_err(ReportError::io(path))
}

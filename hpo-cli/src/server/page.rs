//! The pages for a browser: the list of studies, and the report of each.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hpo_core::report::{Report, StudyView};
use hpo_core::study::seen_through;

use super::reply::{Problem, Reply};
use super::route::{Asked, encoded};
use super::{App, lookup, studies};

const STYLE: &str = include_str!("style.css");

/// Pages load nothing from elsewhere, run no scripts and cannot be framed.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Held while a report is made: it takes processors and memory that searches need.
static REPORT: Mutex<()> = Mutex::new(());

/// The reports that are made or waited for.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// The largest number of them: each occupies a thread that answers requests.
const MOST_WANTED: usize = 8;

/// Answers with the list of studies.
pub(super) fn list(app: &App) -> Reply {
    let all = match studies::list(app) {
        Ok(all) => all,
        Err(problem) => return problem.into(),
    };
    let mut rows = String::new();
    for study in all.as_array().into_iter().flatten() {
        let name = study["name"].as_str().unwrap_or_default();
        let directions = study["directions"].as_array().into_iter().flatten();
        let directions: Vec<&str> = directions.filter_map(|one| one.as_str()).collect();
        let trials = &study["trials"];
        let best = &study["best"];
        let _ = writeln!(
            rows,
            "<tr><td><a href=\"/studies/{}/report\">{}</a></td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td></tr>",
            encoded(name),
            escaped(if name.is_empty() { "(without a name)" } else { name }),
            escaped(&directions.join(", ")),
            trials["all"],
            trials["complete"],
            trials["running"],
            escaped(&if best.is_null() { "–".to_owned() } else { best.to_string() }),
        );
    }
    let location = escaped(&app.host.storage().location());
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Studies</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n\
         <h1>Studies</h1>\n<p>{location}</p>\n<table>\n<thead><tr><th>study</th>\
         <th>directions</th><th>trials</th><th>complete</th><th>running</th><th>best</th></tr>\
         </thead>\n<tbody>\n{rows}</tbody>\n</table>\n\
         <p><a href=\"/openapi.json\">The interface for programs</a></p>\n</body>\n</html>\n"
    );
    Reply { policy: Some(POLICY.to_owned()), ..html(body) }
}

/// Answers with the style of the list.
pub(super) fn style() -> Reply {
    Reply::bytes("text/css", STYLE.as_bytes().to_vec())
}

/// Answers with the report of a study.
pub(super) fn report(app: &App, asked: &Asked) -> Reply {
    let wanted = Wanted(WANTED.fetch_add(1, Ordering::Relaxed));
    if wanted.0 >= MOST_WANTED {
        let problem = "too many reports are being made";
        return Problem::new(503, problem, "try again after a while").into();
    }
    page(app, &asked.names[0]).unwrap_or_else(Reply::from)
}

/// A report that is wanted, with the number of those before it.
struct Wanted(usize);

impl Drop for Wanted {
    fn drop(&mut self) {
        WANTED.fetch_sub(1, Ordering::Relaxed);
    }
}

fn page(app: &App, name: &str) -> Result<Reply, Problem> {
    let record = lookup::find(app, name)?;
    let _one_at_a_time = REPORT.lock().unwrap_or_else(PoisonError::into_inner);
    // The trials are copied, since no trial can be told while they are read.
    let mut copy = None;
    app.host
        .storage()
        .read(record.id, &mut |trials| copy = Some(seen_through(&record, trials).into_owned()))?;
    let trials = copy.ok_or_else(|| Problem::new(500, "no trials were read", "try again"))?;
    let (flat, metrics) = (record.flat_space(), record.metric_names());
    let report = Report::of(&[StudyView {
        name: &record.name,
        directions: &record.directions,
        trials: &trials,
        flat: flat.as_ref(),
        metrics: &metrics,
    }]);
    let nonce = hpo_core::storage::new_identity(name);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; \
         img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    Ok(Reply { policy: Some(policy), ..html(report.page_with_nonce(&nonce)) })
}

fn html(body: String) -> Reply {
    Reply::bytes("text/html; charset=utf-8", body.into_bytes())
}

/// Returns a text for a page, also within quotes, with hidden letters visible.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in hpo_core::terminal::one_line(text).chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            letter => escaped.push(letter),
        }
    }
    escaped
}

//! The pages for a browser: their frames, the scripts and styles that they load, the report of a
//! study as a file, and the comparison of several studies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hpo_core::report::{Report, StudyView, served};

use super::reply::{Problem, Reply};
use super::route::Asked;
use super::{App, snapshot};

/// The parameters of a comparison.
pub(super) const COMPARED: &[(&str, &str)] =
    &[("study", "the name of a study; given once for each study to compare")];

/// Pages load scripts, styles and data only from this server, run no script of their own text and
/// cannot be framed. plotly.js makes empty style elements (their checksum stands here), to which it
/// adds rules, sets styles of single elements, and saves pictures by way of `data:` and `blob:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
                      style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; \
                      style-src-attr 'unsafe-inline'; img-src data: blob:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Held while a report is made: it takes processors and memory that searches need.
static REPORT: Mutex<()> = Mutex::new(());

/// The reports that are made or waited for.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// The largest number of them: each occupies a thread that answers requests.
const MOST_WANTED: usize = 8;

/// The largest number of studies in a comparison.
const MOST_COMPARED: usize = 32;

/// Answers with the frame of a page, whose script asks for the data.
pub(super) fn frame(page: &str, title: &str) -> Reply {
    Reply { policy: Some(POLICY.to_owned()), ..html(served::frame(page, title)) }
}

/// Answers with a script or a style.
pub(super) fn asset(_: &App, asked: &Asked) -> Reply {
    match served::file(&asked.names[0]) {
        Some((kind, text)) => {
            Reply { is_fixed: true, ..Reply::bytes(kind, text.as_bytes().to_vec()) }
        }
        None => Problem::new(404, "there is no such file", "open the page at /").into(),
    }
}

/// Answers with the report of a study.
pub(super) fn report(app: &App, asked: &Asked) -> Reply {
    exclusively(|| {
        let name = &asked.names[0];
        let snapshot = snapshot::of(app, name)?;
        let nonce = hpo_core::storage::new_identity(name);
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; \
             img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let report = Report::of(&[snapshot.view()]);
        Ok(Reply { policy: Some(policy), ..html(report.page_with_nonce(&nonce)) })
    })
    .unwrap_or_else(Reply::from)
}

/// Answers with the data of a comparison.
pub(super) fn comparison(app: &App, asked: &Asked) -> Reply {
    exclusively(|| {
        let names = asked.get_all("study");
        if names.is_empty() || names.len() > MOST_COMPARED {
            let problem = format!("a comparison is of 1 to {MOST_COMPARED} studies");
            return Err(Problem::new(400, problem, "write ?study=a&study=b"));
        }
        let of = |name: &String| snapshot::of(app, name);
        let snapshots = names.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        let views: Vec<StudyView<'_>> = snapshots.iter().map(|one| one.view()).collect();
        Ok(Reply::json(&served::comparison(&views)))
    })
    .unwrap_or_else(Reply::from)
}

/// Makes a report while no other one is made, unless too many wait already.
pub(super) fn exclusively<T>(make: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let wanted = Wanted(WANTED.fetch_add(1, Ordering::Relaxed));
    if wanted.0 >= MOST_WANTED {
        return Err(busy());
    }
    let _one_at_a_time = REPORT.lock().unwrap_or_else(PoisonError::into_inner);
    make()
}

/// Returns the problem that too much is being made for pages.
pub(super) fn busy() -> Problem {
    Problem::new(503, "too many reports are being made", "try again after a while")
}

/// A report that is wanted, with the number of those before it.
struct Wanted(usize);

impl Drop for Wanted {
    fn drop(&mut self) {
        WANTED.fetch_sub(1, Ordering::Relaxed);
    }
}

fn html(body: String) -> Reply {
    Reply::bytes("text/html; charset=utf-8", body.into_bytes())
}

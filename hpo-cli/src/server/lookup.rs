//! Studies by their names.

use hpo_core::storage::StudyRecord;

use super::App;
use super::reply::Problem;

/// Returns the record of a study.
pub(super) fn find(app: &App, name: &str) -> Result<StudyRecord, Problem> {
    let records = app.host.storage().studies()?;
    records.into_iter().find(|record| record.name == name).ok_or_else(|| missing(name))
}

/// Returns the problem that there is no study of this name.
pub(super) fn missing(name: &str) -> Problem {
    Problem::new(
        404,
        format!("there is no study `{}`", hpo_core::terminal::one_line(name)),
        "list the studies at /api/v1/studies, or create it there",
    )
}

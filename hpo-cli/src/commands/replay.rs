//! `hpo replay`: every proposal of a study made again, and compared with the one that is stored.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::{Replay, replay};
use serde_json::Value as Json;

use crate::args::Format;
use crate::present::{Column, Table};

/// Prints what came out; it is an error if anything came out otherwise than it is stored.
pub(crate) fn run(
    storage: &dyn Storage,
    study: &StudyRecord,
    format: Format,
    print: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    let found = replay(storage, study.id, &mut progress())?;
    print(&table(&found).render(format))?;
    if found.different > 0 {
        let (different, all) = (found.different, found.different + found.equal);
        bail!("{different} of {all} proposals of `{}` came out otherwise than they are stored", study.name);
    }
    Ok(())
}

/// Tells a terminal how far it has come, ten times a second; nothing else is told.
fn progress() -> impl FnMut(u64, u64) {
    let is_shown = std::io::stderr().is_terminal();
    let mut last = Instant::now();
    move |done, all| {
        let is_due = last.elapsed() > Duration::from_millis(100);
        if is_shown && (is_due || done == all) {
            last = Instant::now();
            let end = if done == all { "\r\x1b[K" } else { "" };
            // Who does not see it misses nothing.
            let _ = write!(std::io::stderr(), "\r{done} of {all} proposals{end}");
        }
    }
}

/// A row an outcome, then one for each of the first differences.
fn table(found: &Replay) -> Table {
    let columns = ["outcome", "trials", "first", "why", "stored", "recomputed"];
    let mut table = Table::new(columns.map(Column::plain).to_vec());
    let mut counted = |outcome: &str, count: u64, rest: [Option<Json>; 2]| {
        let [first, why] = rest;
        table.push(vec![Some(outcome.into()), Some(count.into()), first, why, None, None]);
    };
    counted("equal", found.equal, [None, None]);
    counted("different", found.different, [found.differences.first().map(|found| found.number.into()), None]);
    for (outcome, count) in [("given by hand", found.given), ("without parameters", found.open)] {
        if count > 0 {
            counted(outcome, count, [None, None]);
        }
    }
    for unknown in &found.unknown {
        counted("unknown", unknown.count, [Some(unknown.first.into()), Some(unknown.reason.to_string().into())]);
    }
    for difference in &found.differences {
        let recomputed = match &difference.recomputed {
            Ok(params) => params.to_string(),
            Err(reason) => format!("nothing: {reason}"),
        };
        let (number, why) = (difference.number, difference.explanation.as_str());
        let configs = [difference.recorded.to_string(), recomputed].map(|text| Some(Json::from(text)));
        let [stored, recomputed] = configs;
        table.push(vec![Some("difference".into()), None, Some(number.into()), Some(why.into()), stored, recomputed]);
    }
    table
}

//! `hpo replay`: makes every proposal of a study again and compares it with the stored one.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use hpo_core::study::{Replay as Found, replay};
use serde_json::Value as Json;

use crate::args;
use crate::present::{Column, Table, View};
use crate::screen::Screen;
use crate::source;

/// Recompute every proposal of a study from what its sampler had seen, and compare it with the
/// stored one
///
/// It takes as long as the proposals took. The exit code is 1 if any of them differs. A proposal
/// that depends on something only the program of the study has, such as its own sampler or the
/// constraint of a config type, is counted as unknown: use `Study::replay` in that program.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    study: args::Study,
    #[command(flatten)]
    view: View,
}

impl Replay {
    pub(super) fn run(&self, screen: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let study = source::study(&*storage, self.study.name.as_deref())?;
        let found = replay(&*storage, study.id, &mut progress())?;
        table(&found).show(&self.view, screen)?;
        if found.different > 0 {
            let (different, all) = (found.different, found.different + found.equal);
            bail!(
                "{different} of {all} proposals of `{}` did not match the stored ones",
                study.name
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns a callback that shows the progress on a terminal, ten times a second, and nothing
/// elsewhere.
fn progress() -> impl FnMut(u64, u64) {
    let is_shown = std::io::stderr().is_terminal();
    let mut last = Instant::now();
    move |done, all| {
        let is_due = last.elapsed() > Duration::from_millis(100);
        if is_shown && (is_due || done == all) {
            last = Instant::now();
            let end = if done == all { "\r\x1b[K" } else { "" };
            // Progress is not essential, so a failed write is ignored.
            let _ = write!(std::io::stderr(), "\r{done} of {all} proposals{end}");
        }
    }
}

/// Returns a table with one row per outcome, then one for each of the first differences.
fn table(found: &Found) -> Table {
    let columns = ["outcome", "trials", "first", "why", "stored", "recomputed"];
    let mut table = Table::new(columns.map(Column::plain).to_vec());
    let mut counted = |outcome: &str, count: u64, rest: [Option<Json>; 2]| {
        let [first, why] = rest;
        table.push(vec![Some(outcome.into()), Some(count.into()), first, why, None, None]);
    };
    counted("equal", found.equal, [None, None]);
    counted(
        "different",
        found.different,
        [found.differences.first().map(|found| found.number.into()), None],
    );
    for (outcome, count) in [("given by hand", found.given), ("without parameters", found.open)] {
        if count > 0 {
            counted(outcome, count, [None, None]);
        }
    }
    for unknown in &found.unknown {
        counted(
            "unknown",
            unknown.count,
            [Some(unknown.first.into()), Some(unknown.reason.to_string().into())],
        );
    }
    for difference in &found.differences {
        let recomputed = match &difference.recomputed {
            Ok(params) => params.to_string(),
            Err(reason) => format!("nothing: {reason}"),
        };
        let (number, why) = (difference.number, difference.explanation.as_str());
        let configs =
            [difference.recorded.to_string(), recomputed].map(|text| Some(Json::from(text)));
        let [stored, recomputed] = configs;
        table.push(vec![
            Some("difference".into()),
            None,
            Some(number.into()),
            Some(why.into()),
            stored,
            recomputed,
        ]);
    }
    table
}

//! `hpo doctor`: checks of a storage for what goes wrong on clusters.
//!
//! Each check returns a finding: a fact, how bad it is, and what to do. Nothing of the user's data
//! is changed: locks and writes are tried on a scratch storage beside the real one, or on a
//! scratch study in the same database, which are removed afterwards.

mod exclusion;
mod file_system;
mod findings;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use hpo_core::storage::{Location, Storage};

use crate::args;
use crate::present::{Column, Table};
use crate::screen::{self, Screen, say};
use crate::source;
use findings::{Finding, Level};

/// Check a storage for what goes wrong on clusters: reachability, locks, clocks, flushes, disk
///
/// Two processes write a scratch storage at once, on the same file system or in the same database;
/// with --with, one of them on another machine. The exit code is 1 if something is wrong.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    storage: args::Storage,
    /// Another machine that works on the storage, which ssh reaches: it runs one of the processes
    #[arg(long, value_name = "HOST")]
    with: Option<String>,
    /// A further argument of ssh; may be repeated
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true, requires = "with")]
    arg: Vec<String>,
    /// Write to a scratch study of this name, and print what was written
    #[arg(long, hide = true, value_name = "STUDY")]
    write_to: Option<String>,
}

/// Checks a storage, and prints what was found.
///
/// # Errors
/// If the location is not one of a storage.
pub(crate) fn run(options: &Options, screen: Screen) -> Result<ExitCode> {
    if let Some(study) = &options.write_to {
        return exclusion::write(&options.storage.url, study);
    }
    let location = source::location(&options.storage.url)?;
    let mut found = vec![Finding::good("version", version())];
    let is_reached = reach(&location, &options.storage.url, &mut found);
    if is_reached {
        let has_place = if let Some(file) = location.file() {
            file_system::check(&location, file, &mut found)
        } else {
            server(&location, &mut found);
            true
        };
        if has_place {
            found.push(exclusion::check(&location, options));
        }
    }
    show(&found, screen)?;
    let worst = found.iter().map(|finding| finding.level).max().unwrap_or(Level::Good);
    Ok(if worst == Level::Wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn version() -> String {
    format!("hpo {}", env!("CARGO_PKG_VERSION"))
}

/// Opens the storage, if it exists. Returns true if the other checks make sense.
fn reach(location: &Location, url: &str, found: &mut Vec<Finding>) -> bool {
    let is_new = location.file().is_some_and(|file| !file.exists());
    if is_new {
        let fact = "it does not exist yet; the first worker creates it".to_owned();
        found.push(Finding::good("storage", fact));
        return true;
    }
    let studies = source::open(url).and_then(|storage| Ok(storage.studies()?.len()));
    match studies {
        Ok(count) => {
            let words = if count == 1 { "1 study".to_owned() } else { format!("{count} studies") };
            found.push(Finding::good("storage", format!("{location}, with {words}")));
            true
        }
        Err(error) => {
            let remedy = match location.file() {
                Some(_) => "the message says what to do; the file may belong to another user",
                None if location.is_server() => {
                    "check that `hpo server` runs there, that it listens on more than its own \
                     machine (--listen), the port, and the token (HPO_TOKEN)"
                }
                None => {
                    "check the name of the host, the port and the password (PGPASSWORD, \
                     ~/.pgpass), that the server listens on more than its own machine (listen_addresses), and \
                     that pg_hba.conf admits this one"
                }
            };
            found.push(Finding::wrong("storage", format!("{error:#}"), remedy));
            false
        }
    }
}

/// Checks the server of a storage.
fn server(location: &Location, found: &mut Vec<Finding>) {
    match location.server_status() {
        Ok(Some(status)) => {
            let trip = findings::milliseconds(status.round_trip);
            found.push(Finding::good("server", format!("{}, answers in {trip}", status.version)));
            let behind = status.time.since(status.local_time);
            let ahead = status.local_time.since(status.time);
            found.push(findings::clock("the server", behind.max(ahead)));
            found.push(connections(status.connections, status.most_connections));
        }
        Ok(None) => {}
        Err(error) => found.push(Finding::wrong("server", error.to_string(), "see above")),
    }
}

/// The number of connections of a worker process.
const EACH: u64 = 2;

fn connections(used: u64, most: u64) -> Finding {
    let left = most.saturating_sub(used) / EACH;
    let fact = format!("{used} of {most} are in use: {left} more workers can connect");
    if left < 16 {
        Finding::doubtful(
            "connections",
            fact,
            "raise max_connections of the server, or run several trials in a worker: `hpo run \
             --workers 8`",
        )
    } else {
        Finding::good("connections", fact)
    }
}

fn show(found: &[Finding], screen: Screen) -> Result<()> {
    let columns = ["check", "result", "found"].map(Column::plain);
    let mut table = Table::new(columns.to_vec());
    for finding in found {
        table.push(vec![
            Some(finding.check.into()),
            Some(finding.level.word().into()),
            Some(finding.fact.as_str().into()),
        ]);
    }
    screen::print_as_it_is(&table.text(Screen { width: None, ..screen }))?;
    for finding in found.iter().filter(|finding| !finding.remedy.is_empty()) {
        say(&format!("{}: {}", finding.check, finding.remedy))?;
    }
    Ok(())
}

/// Returns a storage that exists, by its location.
fn open(location: &Location) -> Result<std::sync::Arc<dyn Storage>> {
    Ok(location.open()?)
}

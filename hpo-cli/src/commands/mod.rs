//! The commands, one module each, with their arguments and actions.
//!
//! A new command is a module with a struct of arguments that has
//! `fn run(&self, Screen) -> Result<ExitCode>`, and a line in the list below; the first line of the
//! struct's documentation is its line in the help.

mod ask;
mod best;
mod completions;
#[cfg(unix)]
mod doctor;
mod export;
#[cfg(feature = "fit")]
mod fit;
mod import;
mod importance;
#[cfg(unix)]
mod launch;
mod study_args;
mod man;
#[cfg(feature = "fit")]
mod predict;
mod replay;
mod report;
mod rm;
mod run;
mod serve;
#[cfg(feature = "server")]
mod server;
mod studies;
mod tell;
#[cfg(unix)]
mod top;
mod trials;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::screen::Colours;
use crate::screen::Screen;

/// Tune programs, fit models to tables, and inspect, copy and continue studies
///
/// `studies`, `trials`, `best`, `report`, `importance`, `replay`, and `export` without `--to`, are
/// read-only: they change nothing in a storage and never create one.
#[derive(Debug, Parser)]
#[command(name = "hpo", version, after_help = CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Colours::Auto, value_name = "WHEN")]
    pub(crate) color: Colours,
}

const CODES: &str = "The storage may also be given in the environment variable HPO_STORAGE.\n\
    Exit codes: 0 success, 1 failure (the reason is on standard error), 2 invalid arguments, \
    3 `ask` has nothing more to evaluate.";

macro_rules! commands {
    ($($(#[$cfg:meta])? $name:ident($arguments:ty),)+) => {
        /// The action that the user asks for.
        #[derive(Debug, Subcommand)]
        #[allow(clippy::large_enum_variant, reason = "one a process")]
        pub(crate) enum Command {
            $(
                $(#[$cfg])?
                #[allow(missing_docs, reason = "the help is that of the arguments")]
                $name($arguments),
            )+
        }

        impl Command {
            /// Runs the command and returns the exit code.
            pub(crate) fn run(&self, screen: Screen) -> Result<ExitCode> {
                match self {
                    $($(#[$cfg])? Self::$name(command) => command.run(screen),)+
                }
            }
        }
    };
}

commands! {
    Run(run::Run),
    #[cfg(unix)]
    Launch(launch::Launch),
    #[cfg(unix)]
    Top(top::Top),
    #[cfg(unix)]
    Doctor(doctor::Doctor),
    Studies(studies::Studies),
    Trials(trials::Trials),
    Best(best::Best),
    Export(export::Export),
    Import(import::Import),
    #[cfg(feature = "fit")]
    Fit(fit::Fit),
    #[cfg(feature = "fit")]
    Predict(predict::Predict),
    #[cfg(feature = "fit")]
    Score(predict::Score),
    Ask(ask::Ask),
    Tell(tell::Tell),
    Serve(serve::Serve),
    #[cfg(feature = "server")]
    Server(server::Server),
    Importance(importance::Importance),
    Replay(replay::Replay),
    Report(report::Options),
    Rm(rm::Rm),
    Completions(completions::Completions),
    Man(man::Man),
}

//! `hpo run`: any program is an objective.
//!
//! A run is that of the library, [`Study::optimize`], with an objective that starts a program and
//! waits for its end (`evaluation.rs`). So samplers, pruners, schedules, retries and storages are
//! those of every other search. `process` makes sure that no process outlives its trial.

mod checks;
mod constraint;
mod declared;
mod evaluation;
mod folder;
mod interrupt;
mod launch;
mod limits;
mod lines;
mod metrics;
mod observed;
mod opening;
mod options;
mod param;
mod placement;
mod process;
mod programs;
mod quantity;
mod remembered;
mod supervise;
mod template;
mod view;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hpo_core::callback::RunEvent;
use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::space::Space;
use hpo_core::storage::Location;
use hpo_core::study::{Parallel, Run};

pub(crate) use launch::WORKER_ATTRIBUTE;
pub(crate) use options::Options;
pub(crate) use process::{SHIM, shim_main};
pub(crate) use quantity::{bytes, bytes_in_words, duration, time_in_words};

use folder::Folders;
use interrupt::{Interrupt, Stage};
use limits::Limits;
use metrics::Metrics;
use opening::Plan;
use placement::Placement;
use process::Shims;
use process::usage::out_of_memory_kills;
use programs::{Programs, Steps};
use template::Template;
use view::View;

use crate::copy::Named;
use crate::screen::{self, note};
use crate::source;

/// The exit code of a run that was interrupted, as shells expect it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Runs the trials of a study.
///
/// # Errors
/// If something is wrong with the options, the storage fails, or too many trials fail.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let shims = Shims::new()?;
    let url = storage_url(options);
    let plan = Plan::new(options, &url, &shims)?;
    let options = &remembered::complete(options, plan.known.as_ref())?;
    let mut programs = prepare(options, &plan, &url, shims)?;
    let study = open(options, &plan, &programs, &url)?;
    let seed = study.oracle().seed().to_string();
    programs.variables.insert("HPO_SEED".to_owned(), seed);
    let began = Instant::now();
    let run = supervise::supervise(&study, &programs, options.trials);
    programs.close();
    let run = run.map_err(|error| in_words(error, &programs))?;
    finish(&study, &programs, &run, began.elapsed())
}

/// Checks everything that can be checked before the study is opened. Nothing is written.
fn prepare(options: &Options, plan: &Plan, url: &str, shims: Shims) -> Result<Programs> {
    let template = Template::read(&options.command, &plan.flat)?;
    let program = checks::program(&template)?;
    let uses_cards = options.gpus.is_some();
    let steps = steps(options)?;
    let placement = Placement::new(uses_cards, options.workers.filter(|_| options.pin))?;
    let folders = Folders::new(&options.runs, &plan.name, &plan.directions(), options.keep.0)?;
    check_folders(&folders, plan, url)?;
    checks::note_unused(&template, &plan.flat);
    checks::note_script(&template);
    let names = Programs::names(&plan.flat);
    Ok(Programs {
        metrics: metrics(options, plan)?,
        template,
        constraints: options.constraint.clone(),
        limits: limits(options),
        pruning_objective: plan.pruning_objective(options.prune_on.as_deref())?,
        steps,
        placement,
        folders: Arc::new(folders),
        interrupt: Interrupt::listen()?,
        view: Arc::new(View::new()),
        shims,
        program,
        variables: variables(&plan.name),
        own_variables: Programs::own_variables(&names),
        names,
        idle_shims: Mutex::default(),
        lost_shims: Mutex::default(),
        out_of_memory_kills: out_of_memory_kills().into(),
        has_noted_buffer: false.into(),
    })
}

/// Returns the variables of all programs.
fn variables(study: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::from([("HPO_STUDY".to_owned(), study.to_owned())]);
    if std::env::var_os(UNBUFFERED).is_none() {
        // Python keeps lines back when it writes to a pipe, and a pruner would see them too late.
        variables.insert(UNBUFFERED.to_owned(), "1".to_owned());
    }
    variables
}

const UNBUFFERED: &str = "PYTHONUNBUFFERED";

/// Checks that the folder of the trials does not belong to another study. Of workers that start at
/// the same moment, one creates the study and its folder while another still knows of neither.
fn check_folders(folders: &Folders, plan: &Plan, url: &str) -> Result<()> {
    let checked = folders.check(plan.known.as_ref().and_then(|study| study.identity()));
    if checked.is_ok() || plan.known.is_some() {
        return checked;
    }
    let present = plan.present(url)?;
    folders.check(present.as_ref().and_then(|study| study.identity()))
}

/// Opens the study, and the folder of its trials.
fn open(
    options: &Options,
    plan: &Plan,
    programs: &Programs,
    url: &str,
) -> Result<Study<Params, Parallel>> {
    // What is wrong with the settings is an error before the storage exists.
    let memory = Arc::new(hpo_core::storage::Memory::default());
    plan.builder(options, memory, &programs.placement)?.open()?;
    make_parent(url)?;
    let storage = source::open_or_create(url)?;
    let place = storage.location().clone();
    let builder = plan.builder(options, Arc::clone(&storage), &programs.placement)?;
    let (view, folders) = (Arc::clone(&programs.view), Arc::clone(&programs.folders));
    let watch = move |event: &RunEvent<'_>| {
        if let RunEvent::TrialEnded { trial, .. } = event {
            folders.ended(trial);
        }
        view.notice(event)
    };
    let checkpoints = options.runs.join(".checkpoints");
    let study = opening::open(builder.callback(watch).checkpoints(checkpoints))?;
    remembered::record(&study, options)?;
    let records = storage.studies()?;
    let record = records.iter().find(|record| record.name == plan.name);
    let identity = record.and_then(|record| record.identity()).unwrap_or_default();
    let kept = study.best_trials(options.keep.0.unwrap_or(0))?;
    programs.folders.open(identity, &place, &kept)?;
    Ok(study)
}

/// Prints the result of a run, and returns the exit code.
fn finish(
    study: &Study<Params, Parallel>,
    programs: &Programs,
    run: &Run,
    elapsed: Duration,
) -> Result<ExitCode> {
    let interrupted = programs.interrupt.stage() > Stage::Running;
    let how = if interrupted {
        let Run { complete, pruned, failed, .. } = run;
        format!(
            "{complete} complete, {pruned} pruned, {failed} failed: interrupted; the same command \
             continues from here"
        )
    } else {
        run.to_string()
    };
    note(&format!("{how} ({})", quantity::time_in_words(elapsed)));
    let most = if study.oracle().directions().len() == 1 { 1 } else { 10 };
    let all = study.best_trials(most)?;
    for best in &all {
        let names = programs.metrics.names().iter();
        let values = names.zip(&best.values).map(|(name, value)| format!("{name} {value}"));
        let values: Vec<String> = values.collect();
        screen::say(&format!("best: trial {}, {}", best.number, values.join(", ")))?;
        if let Some(params) = &best.params {
            screen::say(&serde_json::to_string(&Named::config(params))?)?;
        }
    }
    Ok(match (interrupted, all.is_empty()) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    })
}

/// Describes the end of a run by failures in the words of this command.
fn in_words(error: hpo_core::Error, programs: &Programs) -> anyhow::Error {
    let hpo_core::Error::ConsecutiveFailures { count, first, message } = error else {
        return error.into();
    };
    anyhow::anyhow!(
        "{count} trials failed in a row; the first, trial {first}, failed with: {message} (its \
         output is in {}). Mend the cause, or allow more failures with --max-failures 100, or any \
         number with --max-failures all",
        programs.folders.shown(first).display()
    )
}

fn storage_url(options: &Options) -> String {
    options.storage.clone().unwrap_or_else(|| options.runs.join("studies.db").display().to_string())
}

/// Makes the folder in which the file of a new storage will be.
fn make_parent(url: &str) -> Result<()> {
    let location = Location::parse(url)?;
    let Some(parent) = location.file().and_then(Path::parent) else { return Ok(()) };
    if !parent.as_os_str().is_empty() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the folder {}", parent.display()))?;
    }
    Ok(())
}

pub(crate) fn read_space(file: &Path) -> Result<Space> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the space of {}", file.display()))?;
    Space::from_json(&text).with_context(|| format!("{} is not a valid space", file.display()))
}

fn metrics(options: &Options, plan: &Plan) -> Result<Metrics> {
    let others = options.constraint.iter().map(|constraint| constraint.metric.clone());
    Metrics::new(plan.names(), others.collect(), options.metric.as_deref())
}

fn limits(options: &Options) -> Limits {
    Limits {
        time: options.trial_timeout,
        cpu: options.trial_cpu_time,
        memory: options.trial_memory,
        processes: options.trial_processes,
        grace: options.grace,
    }
}

fn steps(options: &Options) -> Result<Steps> {
    let pruner = options.pruner.as_deref();
    let pruner = pruner.map(|pruner| opening::pruner_of(pruner, options.steps)).transpose()?;
    let has_schedule = pruner.is_some_and(|pruner| pruner.build().schedule().is_some());
    Ok(match (has_schedule, options.steps) {
        (true, _) => Steps::Scheduled,
        (false, Some(steps)) => Steps::Fixed(steps),
        (false, None) => Steps::Unknown,
    })
}

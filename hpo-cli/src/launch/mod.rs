//! `hpo launch`: many workers of one study, by an engine that starts processes.
//!
//! A launch is data first: the workers (`job.rs`), and what an engine makes of them, a plan of
//! files and a command (`plan.rs`). `--dry-run` prints the plan; otherwise its files are written
//! to the folder of the launch and its command is run. `local` and `ssh` have no engine, so `hpo`
//! starts (`worker.rs`) and follows (`follow.rs`) the processes itself. The workers need no other
//! coordination than their storage, so nothing of `hpo launch` has to stay alive.

mod drain;
mod engine;
mod follow;
mod hyperqueue;
mod job;
mod kubernetes;
mod options;
mod plan;
mod record;
mod script;
mod slurm;
mod storage;
mod submit;
mod worker;

use std::process::ExitCode;

use anyhow::Result;

pub(crate) use options::Options;
pub(crate) use script::{quote, quoted, ssh};

use engine::Engine;
use job::Job;
use options::Action;

/// Launches workers, or drains those of a launch.
///
/// # Errors
/// If something is wrong with the options, the storage does not suit the engine, or the engine is
/// missing or refuses.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let job = match &options.action {
        Action::Drain(drain) => return drain::run(drain),
        Action::Local(local) => Job::new(Engine::Local, local)?,
        Action::Ssh(ssh) => Job::on_hosts(&ssh.hosts, &ssh.workers)?,
        Action::Slurm(slurm) => Job::new(Engine::Slurm, slurm)?,
        Action::Hyperqueue(hyperqueue) => Job::new(Engine::Hyperqueue, hyperqueue)?,
        Action::Kubernetes(kubernetes) => Job::in_image(&kubernetes.image, &kubernetes.workers)?,
    };
    match job.engine {
        Engine::Local | Engine::Ssh if job.is_dry_run => follow::show(&job),
        Engine::Local | Engine::Ssh => follow::run(&job),
        Engine::Slurm => submit::run(&job, &slurm::plan(&job)?),
        Engine::Hyperqueue => submit::run(&job, &hyperqueue::plan(&job)),
        Engine::Kubernetes => submit::run(&job, &kubernetes::plan(&job)?),
    }
}

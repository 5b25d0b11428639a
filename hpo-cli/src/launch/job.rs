//! The workers of a launch, checked.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::Parser;

use super::engine::Engine;
use super::options::Workers;
use super::record;
use super::storage::{self, StorageUrl, is_hpo};

/// The workers of a launch.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) engine: Engine,
    pub(crate) name: String,
    pub(crate) count: u32,
    pub(crate) cpus: Option<u32>,
    pub(crate) gpus: Option<f64>,
    /// The memory of a worker, in bytes.
    pub(crate) memory: Option<u64>,
    pub(crate) time: Option<Duration>,
    /// The command of a worker, without its storage.
    pub(crate) command: Vec<String>,
    pub(crate) storage: StorageUrl,
    /// The working directory of the workers.
    pub(crate) directory: PathBuf,
    /// The folder of the launch, absolute.
    pub(crate) folder: PathBuf,
    /// Further arguments of the engine's command.
    pub(crate) arguments: Vec<String>,
    /// The machines, for ssh.
    pub(crate) hosts: Vec<String>,
    /// The container image, for Kubernetes.
    pub(crate) image: String,
    pub(crate) is_dry_run: bool,
}

impl Job {
    /// Checks the workers of an engine.
    ///
    /// # Errors
    /// If the command is not found, or the storage or a limit does not suit the engine.
    pub(crate) fn new(engine: Engine, workers: &Workers) -> Result<Self> {
        check_run(&workers.command)?;
        let (command, storage) = storage::split(&workers.command, workers.storage.as_deref())?;
        storage.check(engine, workers.shared_files)?;
        let directory = std::env::current_dir()?;
        let name = match &workers.name {
            Some(name) => name.clone(),
            None => record::unused_name(&workers.dir),
        };
        let folder = directory.join(&workers.dir).join(&name);
        ensure!(
            workers.dry_run || !folder.exists(),
            "there is a launch `{name}` already, in {}: choose another --name, or remove the \
             folder when its workers have ended",
            folder.display()
        );
        let job = Self {
            engine,
            name,
            count: workers.count,
            cpus: workers.cpus,
            gpus: workers.gpus,
            memory: workers.mem,
            time: workers.time,
            command: if engine == Engine::Kubernetes { command } else { resolved(command)? },
            storage,
            directory,
            folder,
            arguments: workers.arg.clone(),
            hosts: Vec::new(),
            image: String::new(),
            is_dry_run: workers.dry_run,
        };
        job.check_limits()?;
        Ok(job)
    }

    /// Checks workers on machines that ssh reaches.
    ///
    /// # Errors
    /// The same as [`new`](Self::new).
    pub(crate) fn on_hosts(hosts: &[String], workers: &Workers) -> Result<Self> {
        Ok(Self { hosts: hosts.to_vec(), ..Self::new(Engine::Ssh, workers)? })
    }

    /// Checks workers in pods of an image.
    ///
    /// # Errors
    /// The same as [`new`](Self::new).
    pub(crate) fn in_image(image: &str, workers: &Workers) -> Result<Self> {
        Ok(Self { image: image.to_owned(), ..Self::new(Engine::Kubernetes, workers)? })
    }

    /// Refuses limits that an engine cannot keep, rather than to drop them.
    fn check_limits(&self) -> Result<()> {
        let is_part = self.gpus.is_some_and(|cards| cards < 1.0);
        match self.engine {
            Engine::Local | Engine::Ssh => {
                let given = [
                    (self.cpus.is_some(), "--cpus"),
                    (self.gpus.is_some(), "--gpus"),
                    (self.memory.is_some(), "--mem"),
                ];
                if let Some((_, option)) = given.iter().find(|(is_given, _)| *is_given) {
                    bail!(
                        "{option}: {} has no scheduler that divides a machine: leave it out, and \
                         let `hpo run` divide it (--workers, --pin, --gpus, --trial-memory)",
                        if self.engine == Engine::Local { "`local`" } else { "`ssh`" }
                    );
                }
            }
            Engine::Slurm | Engine::Kubernetes if is_part => bail!(
                "--gpus: this engine gives out whole cards: write --gpus 1, and share the card \
                 among the trials of a worker with `hpo run --workers 2 --gpus 0.5`"
            ),
            Engine::Slurm | Engine::Hyperqueue | Engine::Kubernetes => {}
        }
        Ok(())
    }

    /// Returns the memory in mebibytes, rounded up.
    pub(crate) fn mebibytes(&self) -> Option<u64> {
        self.memory.map(|bytes| bytes.div_ceil(1 << 20))
    }
}

/// Replaces the name of a program by its path, since the machines of the workers may have another
/// PATH.
fn resolved(mut command: Vec<String>) -> Result<Vec<String>> {
    let program = &mut command[0];
    if is_hpo(program) && !program.contains('/') {
        *program = std::env::current_exe()?.to_string_lossy().into_owned();
        return Ok(command);
    }
    if program.contains('/') {
        ensure!(std::path::Path::new(&program).is_file(), "there is no program {program}");
        return Ok(command);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).any(|folder| folder.join(&program).is_file());
    let remedy = if std::path::Path::new(&program).is_file() {
        format!(": for the file here write ./{program}")
    } else {
        String::new()
    };
    ensure!(found, "there is no program `{program}` in PATH{remedy}");
    Ok(command)
}

/// The words of `hpo run` after the name of the program.
#[derive(Debug, Parser)]
#[command(name = "hpo run")]
struct RunWords {
    #[command(flatten)]
    _options: crate::run::Options,
}

/// Checks the options of `hpo run`, so that a mistyped one is not told by each worker in its log.
fn check_run(words: &[String]) -> Result<()> {
    if !is_hpo(&words[0]) || words.get(1).is_none_or(|word| word != "run") {
        return Ok(());
    }
    match RunWords::try_parse_from(&words[1..]) {
        Ok(_) => Ok(()),
        Err(error) => bail!("the command of the workers: {}", error.to_string().trim()),
    }
}

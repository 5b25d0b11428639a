//! Where the program of a worker runs: on which graphics cards and cores.

use std::io;

use anyhow::{Result, ensure};

/// The cards and cores of the machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placement {
    /// The names of the graphics cards, as CUDA counts them.
    cards: Vec<String>,
    /// The cores of each worker; empty if workers are not pinned.
    cores: Vec<Vec<usize>>,
}

impl Placement {
    /// Divides the machine among the workers.
    ///
    /// # Errors
    /// If there are no cards, or fewer cores than workers.
    pub(crate) fn new(uses_cards: bool, pinned: Option<usize>) -> Result<Self> {
        let cards = if uses_cards { cards() } else { Vec::new() };
        ensure!(
            !uses_cards || !cards.is_empty(),
            "--gpus: there is no graphics card (neither in CUDA_VISIBLE_DEVICES nor in \
             /proc/driver/nvidia/gpus)"
        );
        let Some(workers) = pinned else { return Ok(Self { cards, cores: Vec::new() }) };
        let all = own_cores()?;
        ensure!(
            all.len() >= workers,
            "--pin: {workers} workers need a core each, and this process may use {}",
            all.len()
        );
        let each = all.len() / workers;
        let cores = all.chunks(each).take(workers).map(<[usize]>::to_vec).collect();
        Ok(Self { cards, cores })
    }

    /// Returns the number of graphics cards.
    pub(crate) fn count(&self) -> usize {
        self.cards.len()
    }

    /// Returns the value of `CUDA_VISIBLE_DEVICES` for these cards; `None` without cards.
    pub(crate) fn cards(&self, numbers: &[usize]) -> Option<String> {
        let names: Vec<&str> = numbers
            .iter()
            .filter_map(|number| self.cards.get(*number))
            .map(String::as_str)
            .collect();
        (!names.is_empty()).then(|| names.join(","))
    }

    /// Restricts a process and all that it will start to the cores of its worker.
    ///
    /// # Errors
    /// If the system refuses to.
    pub(crate) fn pin(&self, process: i32, worker: usize) -> io::Result<()> {
        match self.cores.get(worker) {
            Some(cores) => pin(process, cores),
            None => Ok(()),
        }
    }
}

fn cards() -> Vec<String> {
    if let Ok(visible) = std::env::var("CUDA_VISIBLE_DEVICES") {
        let names = visible.split(',').map(str::trim).filter(|name| !name.is_empty());
        return names.map(str::to_owned).collect();
    }
    let count = std::fs::read_dir("/proc/driver/nvidia/gpus").map_or(0, Iterator::count);
    (0..count).map(|number| number.to_string()).collect()
}

#[cfg(target_os = "linux")]
fn own_cores() -> Result<Vec<usize>> {
    let set = rustix::thread::sched_getaffinity(None)?;
    Ok((0..rustix::thread::CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect())
}

#[cfg(target_os = "linux")]
fn pin(process: i32, cores: &[usize]) -> io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    rustix::thread::sched_setaffinity(rustix::process::Pid::from_raw(process), &set)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn own_cores() -> Result<Vec<usize>> {
    anyhow::bail!("--pin needs Linux")
}

#[cfg(not(target_os = "linux"))]
fn pin(_: i32, _: &[usize]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

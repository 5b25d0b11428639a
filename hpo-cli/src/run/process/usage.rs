//! The memory, processor time and processes that a program and all that it has started use.
//!
//! All of them are below the shim of the program: a process whose parent has ended becomes a child
//! of the shim, so nothing escapes by going into the background.

use std::time::Duration;

use rustix::process::Pid;

use super::tree;

/// The present use of resources.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// The resident memory in bytes. Pages that processes share count once per process.
    pub(crate) memory: u64,
    /// The processor time of the processes and of their ended children.
    pub(crate) cpu: Duration,
    pub(crate) processes: u64,
}

/// Returns the use of all processes below a shim, with the processor time of those that have ended
/// since it started. All is 0 where there is no `/proc`.
pub(crate) fn below(shim: i32) -> Usage {
    let Some(shim) = Pid::from_raw(shim) else { return Usage::default() };
    let mut all = Usage::default();
    let mut ticks = stat(shim).map_or(0, |shim| shim.ended_ticks);
    for process in tree::descendants(shim) {
        let Some(stat) = stat(process) else { continue };
        all.memory += stat.pages * rustix::param::page_size() as u64;
        ticks += stat.ticks + stat.ended_ticks;
        all.processes += 1;
    }
    all.cpu =
        Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64);
    all
}

/// Returns the memory of all processes below a shim in bytes, in which a page that several
/// processes share counts once (the proportional set size). Slower than [`below`].
pub(crate) fn exact_memory(shim: i32) -> Option<u64> {
    let shim = Pid::from_raw(shim)?;
    let size = |process: Pid| {
        let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        Some(1_024 * line.trim().trim_end_matches("kB").trim_end().parse::<u64>().ok()?)
    };
    let sizes: Vec<u64> = tree::descendants(shim).into_iter().filter_map(size).collect();
    (!sizes.is_empty()).then(|| sizes.iter().sum())
}

/// Returns how many processes the kernel has killed for want of memory since it started.
pub(crate) fn out_of_memory_kills() -> u64 {
    let text = std::fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// A line of `/proc/PID/stat`.
struct Stat {
    /// The processor time of the process, in clock ticks.
    ticks: u64,
    /// The processor time of its children that have ended.
    ended_ticks: u64,
    /// The number of resident pages.
    pages: u64,
}

fn stat(process: Pid) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, after) = text.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    // Fields 14 to 17 and 24 of proc(5); the first after the name is the third.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let (ticks, ended_ticks) = (field(14)? + field(15)?, field(16)? + field(17)?);
    Some(Stat { ticks, ended_ticks, pages: field(24)? })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn processes_use_memory_and_time_also_when_their_parent_has_ended() {
        let script = "sh -c 'while :; do :; done' & sh -c 'sleep 60 & sleep 60 & wait' & wait";
        let mut child = std::process::Command::new("sh").args(["-c", script]).spawn().unwrap();
        let own = child.id().cast_signed();
        let begin = std::time::Instant::now();
        while below(own).cpu < Duration::from_millis(20) || below(own).processes < 4 {
            assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", below(own));
            std::thread::yield_now();
        }
        assert!(below(own).memory > 100_000, "{:?}", below(own));
        assert!(exact_memory(own).unwrap() > 10_000);
        for process in tree::descendants(Pid::from_raw(own).unwrap()) {
            rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
        }
        child.wait().unwrap();
        assert_eq!(below(i32::MAX), Usage::default());
    }
}

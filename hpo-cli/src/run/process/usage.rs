//! The memory, processor time and processes that a program and all that it has started use.

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

/// Returns the use of a process and of all below it. All is 0 where there is no `/proc`.
pub(crate) fn of(program: i32) -> Usage {
    let Some(program) = Pid::from_raw(program) else { return Usage::default() };
    let mut all = Usage::default();
    for process in [program].into_iter().chain(tree::descendants(program)) {
        let Some((ticks, pages)) = stat(process) else { continue };
        all.memory += pages * rustix::param::page_size() as u64;
        all.cpu +=
            Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64);
        all.processes += 1;
    }
    all
}

/// Returns the memory of a program and of all below it in bytes, in which a page that several
/// processes share counts once (the proportional set size). Slower than [`of`].
pub(crate) fn exact_memory(program: i32) -> Option<u64> {
    let program = Pid::from_raw(program)?;
    let size = |process: Pid| {
        let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        Some(1_024 * line.trim().trim_end_matches("kB").trim_end().parse::<u64>().ok()?)
    };
    let sizes: Vec<u64> =
        [program].into_iter().chain(tree::descendants(program)).filter_map(size).collect();
    (!sizes.is_empty()).then(|| sizes.iter().sum())
}

/// Returns how many processes the kernel has killed for want of memory since it started.
pub(crate) fn out_of_memory_kills() -> u64 {
    let text = std::fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// Returns the processor time in clock ticks, with that of ended children, and the resident pages.
fn stat(process: Pid) -> Option<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, after) = text.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    // Fields 14 to 17 and 24 of proc(5); the first after the name is the third.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let ticks = (14..=17).map(field).sum::<Option<u64>>()?;
    Some((ticks, field(24)?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_uses_memory_and_time() {
        let own = std::process::id().cast_signed();
        let mut sum = 0_u64;
        while of(own).cpu < Duration::from_millis(20) {
            sum = (0..100_000).fold(sum, |sum, number| sum.wrapping_mul(31) ^ number);
        }
        let Usage { memory, processes, .. } = of(own);
        assert!(memory > 100_000 && processes >= 1, "{memory} {processes} {sum}");
        assert!(exact_memory(own).unwrap() > 100_000);
        assert_eq!(of(i32::MAX), Usage::default());
    }
}

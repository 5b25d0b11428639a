//! The processes below another one, from `/proc`.

use std::collections::HashSet;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

/// Returns the children of a process. Empty if it has ended, and where there is no `/proc`.
pub(super) fn children(of: Pid) -> Vec<Pid> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{of}/task")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for task in tasks.flatten() {
        match std::fs::read_to_string(task.path().join("children")) {
            Ok(text) => found.extend(text.split_whitespace().filter_map(pid)),
            Err(_) => return search(of),
        }
    }
    found
}

/// Returns all processes below a process, each before its children.
pub(super) fn descendants(of: Pid) -> Vec<Pid> {
    let mut found = children(of);
    // A number may be given again while this looks.
    let mut known: HashSet<Pid> = found.iter().copied().collect();
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(children(parent).into_iter().filter(|child| known.insert(*child)));
        next += 1;
    }
    found
}

/// Kills all processes below this one, except for those below `spared`, until there are none, and
/// returns how many there were.
pub(super) fn kill_below(spared: &dyn Fn(Pid) -> bool) -> usize {
    let mut killed = std::collections::BTreeSet::new();
    loop {
        let own: Vec<Pid> =
            children(getpid()).into_iter().filter(|child| !spared(*child)).collect();
        if own.is_empty() {
            return killed.len();
        }
        for child in own {
            // Parents first: a shell whose child ends would go on with its next command.
            for process in [child].into_iter().chain(descendants(child)) {
                killed.insert(process.as_raw_nonzero());
                // It may have ended by itself.
                let _ = kill_process(process, Signal::KILL);
            }
            // Its own children become ours with its end, and are found by the next turn.
            let _ = waitpid(Some(child), WaitOptions::empty());
        }
    }
}

/// Kills a process group where there is no `/proc`. Elsewhere [`kill_below`] finds its members, and
/// cannot hit a new group that has got the same number.
#[cfg(not(target_os = "linux"))]
pub(super) fn kill_group(leader: Pid) {
    let _ = rustix::process::kill_process_group(leader, Signal::KILL);
}

#[cfg(target_os = "linux")]
pub(super) fn kill_group(_: Pid) {}

/// Searches all processes of the machine, for kernels without `/proc/PID/task/TID/children`.
fn search(of: Pid) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let processes = entries.flatten().filter_map(|entry| pid(entry.file_name().to_str()?));
    processes.filter(|process| parent(*process) == Some(of)).collect()
}

fn parent(of: Pid) -> Option<Pid> {
    let stat = std::fs::read_to_string(format!("/proc/{of}/stat")).ok()?;
    // The name stands in parentheses, and may contain anything.
    let (_, after) = stat.rsplit_once(')')?;
    pid(after.split_whitespace().nth(1)?)
}

fn pid(text: &str) -> Option<Pid> {
    Pid::from_raw(text.parse().ok()?)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn both_ways_find_the_same_children() {
        let mut child = Command::new("sh")
            .args(["-c", "sleep 60 & sleep 60"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let own = Pid::from_child(&child);
        while children(own).len() < 2 {
            std::thread::yield_now();
        }
        let (mut listed, mut found) = (children(own), search(own));
        listed.sort_by_key(|child| child.as_raw_nonzero());
        found.sort_by_key(|child| child.as_raw_nonzero());
        assert_eq!(listed, found);
        assert_eq!(descendants(own).len(), 2);
        assert!(children(getpid()).contains(&own));
        for process in descendants(own) {
            kill_process(process, Signal::KILL).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(children(own).is_empty());
    }
}

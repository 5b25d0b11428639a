//! The shim: starts the programs of one worker, watches them, and kills what they leave.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus, kill_process_group, wait};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::message::{Answer, Channel, Ended, Request, Signal, Start};
use super::tree;

/// Runs the shim until the driver ends. Its standard input is the socket to the driver.
pub(crate) fn main() -> ExitCode {
    match Shim::new().and_then(Shim::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

struct Shim {
    channel: Channel,
    /// Readable when a child has ended.
    ends: UnixStream,
    program: Option<Pid>,
}

impl Shim {
    fn new() -> io::Result<Self> {
        become_subreaper()?;
        // Ctrl-C of the terminal does not reach it, and no program waits for an answer there.
        rustix::process::setsid()?;
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let (ends, notice) = UnixStream::pair()?;
        ends.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(SIGCHLD, OwnedFd::from(notice))?;
        // Only the driver ends a shim. These are handlers, not ignored signals: a program does not
        // inherit them.
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
        }
        Ok(Self { channel: Channel::new(socket), ends, program: None })
    }

    fn run(mut self) -> io::Result<()> {
        let done = self.serve();
        tree::kill_below(&|_| false);
        done
    }

    /// Answers requests until the driver has ended.
    fn serve(&mut self) -> io::Result<()> {
        loop {
            let mut ready = [
                PollFd::new(&self.channel.socket, PollFlags::IN),
                PollFd::new(&self.ends, PollFlags::IN),
            ];
            match poll(&mut ready, None) {
                Err(Errno::INTR) => continue,
                polled => polled?,
            };
            let [asked, ended] = ready.map(|fd| !fd.revents().is_empty());
            if ended {
                self.reap()?;
            }
            if asked {
                let Some(requests) = self.channel.receive()? else { return Ok(()) };
                for request in requests {
                    self.answer(request)?;
                }
            }
        }
    }

    fn answer(&mut self, request: Request) -> io::Result<()> {
        match (request, self.program) {
            (Request::Start(start), _) => {
                let answer = match start_program(&start) {
                    Ok(program) => {
                        self.program = Some(program);
                        Answer::Started(program.as_raw_nonzero().get())
                    }
                    Err(refused) => Answer::Refused(refused),
                };
                self.channel.send(&answer)
            }
            (Request::Signal(Signal::Terminate), Some(program)) => {
                // The group may have ended.
                let _ = kill_process_group(program, rustix::process::Signal::TERM);
                Ok(())
            }
            (Request::Signal(Signal::Kill), Some(program)) => {
                for process in tree::descendants(rustix::process::getpid()) {
                    let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
                }
                tree::kill_group(program);
                Ok(())
            }
            // The program has ended meanwhile.
            (Request::Signal(_), None) => Ok(()),
        }
    }

    /// Collects ended children. With the program, everything that it has left ends too.
    fn reap(&mut self) -> io::Result<()> {
        let mut drained = [0; 64];
        while matches!(self.ends.read(&mut drained), Ok(count) if count > 0) {}
        while let Some((child, status)) = ended_child()? {
            if Some(child) == self.program {
                self.program = None;
                tree::kill_group(child);
                let left = tree::kill_below(&|_| false);
                let answer =
                    Ended { code: status.exit_status(), signal: status.terminating_signal(), left };
                self.channel.send(&Answer::Ended(answer))?;
            }
        }
        Ok(())
    }
}

/// Returns the next child that has ended, if there is one.
fn ended_child() -> io::Result<Option<(Pid, WaitStatus)>> {
    loop {
        match wait(WaitOptions::NOHANG) {
            Err(Errno::INTR) => {}
            Err(Errno::CHILD) => return Ok(None),
            ended => return Ok(ended?),
        }
    }
}

fn start_program(start: &Start) -> Result<Pid, String> {
    let program = start.words.first().ok_or("the command is empty for this config")?;
    let file = start.program.as_deref().unwrap_or(Path::new(program));
    let words =
        |error: io::Error| format!("cannot start `{program}`: {error}{}", remedy(&error, file));
    let stderr = OpenOptions::new().create(true).append(true).open(&start.stderr);
    let stderr =
        stderr.map_err(|error| format!("cannot write {}: {error}", start.stderr.display()))?;
    let mut command = Command::new(file);
    command.arg0(program).args(&start.words[1..]);
    for name in &start.removed {
        command.env_remove(name);
    }
    command
        .envs(&start.variables)
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        .stderr(stderr)
        .process_group(0);
    // Its end is waited for with all others, in `reap`.
    let child = with_data_limit(start.data, || command.spawn());
    Ok(Pid::from_child(&child.map_err(words)?))
}

fn remedy(error: &io::Error, program: &Path) -> String {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOEXEC) => {
            ": does the script begin with a line such as `#!/bin/sh`?".to_owned()
        }
        Some(Errno::ACCESS) => ": is it executable (`chmod +x`)?".to_owned(),
        Some(Errno::NOENT) => interpreter(program).map_or_else(String::new, |interpreter| {
            let remedy = if interpreter.ends_with('\r') {
                "save the script with Unix line ends"
            } else {
                "correct that line"
            };
            let shown = interpreter.escape_debug();
            format!(": its first line names `{shown}`, which does not exist: {remedy}")
        }),
        _ => String::new(),
    }
}

/// Returns the program that runs a script, as its first line names it.
fn interpreter(script: &Path) -> Option<String> {
    let mut start = Vec::new();
    std::fs::File::open(script).ok()?.take(256).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line).trim_start().to_owned();
    Some(line.split(' ').next()?.to_owned())
}

/// Makes this process the parent of what the processes below it leave.
pub(super) fn become_subreaper() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// Starts a program under a limit of its private memory in bytes, which it inherits from this
/// process. A limit that is set after its start could come after that of its first child.
#[cfg(target_os = "linux")]
fn with_data_limit<T>(bytes: Option<u64>, start: impl FnOnce() -> T) -> T {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(bytes) = bytes else { return start() };
    let before = getrlimit(Resource::Data);
    let most = before.maximum.map_or(bytes, |maximum| maximum.min(bytes));
    let limit = Rlimit { current: Some(most), maximum: before.maximum };
    // Neither can be refused: the limit is no higher than the maximum.
    let _ = setrlimit(Resource::Data, limit);
    let started = start();
    let _ = setrlimit(Resource::Data, before);
    started
}

#[cfg(not(target_os = "linux"))]
fn with_data_limit<T>(_: Option<u64>, start: impl FnOnce() -> T) -> T {
    start()
}

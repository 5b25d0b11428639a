//! The driver's side of the shims.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::Pid;

use super::message::{Answer, Channel, Ended, Request, Signal, Start};
use super::{SHIM, shim, tree};

/// The shims of a run.
#[derive(Debug, Default)]
pub(crate) struct Shims {
    /// The process ids of the living ones. The lock is held while one is started: whatever else is
    /// a child of this process is left from a shim that was killed.
    living: Mutex<BTreeSet<i32>>,
}

/// A shim, with the program that it runs.
#[derive(Debug)]
pub(crate) struct Shim {
    process: Child,
    channel: Channel,
    /// The standard output of its programs.
    output: ChildStdout,
    program: Option<i32>,
}

/// An event in the life of a program.
#[derive(Debug)]
pub(crate) enum ProcessEvent {
    /// It has written to its standard output.
    Output(Vec<u8>),
    /// It has been started.
    Started,
    /// It could not be started, for this reason.
    Refused(String),
    /// It has ended, and so has everything that it started.
    Ended(Ended),
    /// The shim has ended, which only a signal from outside can do.
    ShimLost,
}

impl Shims {
    /// Returns the shims of this process, which becomes the parent of what they may leave.
    pub(crate) fn new() -> io::Result<Self> {
        shim::become_subreaper()?;
        Ok(Self::default())
    }

    /// Starts a shim, which waits for its first program.
    pub(crate) fn start(&self) -> io::Result<Shim> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut living = self.living();
        let mut process = Command::new(own_program()?)
            .arg(SHIM)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        living.insert(id(&process));
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Shim { process, channel: Channel::new(ours), output, program: None })
    }

    /// Ends a shim whose socket has closed, and everything that it has left.
    pub(crate) fn clean_up(&self, mut shim: Shim) {
        let mut living = self.living();
        let _ = shim.process.kill();
        let _ = shim.process.wait();
        living.remove(&id(&shim.process));
        shim.program.and_then(Pid::from_raw).inspect(|program| tree::kill_group(*program));
        tree::kill_below(&|child| living.contains(&child.as_raw_nonzero().get()));
    }

    /// Ends a shim whose program has ended.
    pub(crate) fn stop(&self, shim: Shim) {
        let Shim { mut process, channel, output, .. } = shim;
        drop((channel, output));
        let _ = process.wait();
        self.living().remove(&id(&process));
    }

    fn living(&self) -> MutexGuard<'_, BTreeSet<i32>> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shim {
    /// Returns the process id of the shim.
    pub(crate) fn id(&self) -> i32 {
        id(&self.process)
    }

    /// Returns the process id of the program, while it runs.
    pub(crate) fn program(&self) -> Option<i32> {
        self.program
    }

    /// Asks for the start of a program. The answer comes as an event.
    pub(crate) fn start(&mut self, start: Start) -> io::Result<()> {
        self.program = None;
        self.channel.send(&Request::Start(start))
    }

    /// Sends a signal to the program. If the shim has ended, the next event says so.
    pub(crate) fn signal(&mut self, signal: Signal) {
        let _ = self.channel.send(&Request::Signal(signal));
    }

    /// Waits for events of the program, up to this time. The last event is its end, after all of
    /// its output.
    pub(crate) fn events(&mut self, most: Duration) -> Vec<ProcessEvent> {
        let mut events = Vec::new();
        let (output, answered) = self.ready(most);
        let answers = if answered { self.answers() } else { Vec::new() };
        let is_end = |event: &ProcessEvent| {
            matches!(event, ProcessEvent::Ended(_) | ProcessEvent::Refused(_))
        };
        let is_over = answers.iter().any(is_end);
        if is_over {
            // No process writes any more.
            events.extend(self.rest());
        } else if output {
            events.extend(self.read());
        }
        events.extend(answers);
        events
    }

    fn rest(&mut self) -> Vec<ProcessEvent> {
        let mut events = Vec::new();
        while self.ready(Duration::ZERO).0 {
            match self.read() {
                Some(event) => events.push(event),
                None => break,
            }
        }
        events
    }

    /// Reads output that is there; `None` at its end.
    fn read(&mut self) -> Option<ProcessEvent> {
        let mut buffer = vec![0; 65_536];
        let count = self.output.read(&mut buffer).ok().filter(|count| *count > 0)?;
        buffer.truncate(count);
        Some(ProcessEvent::Output(buffer))
    }

    fn answers(&mut self) -> Vec<ProcessEvent> {
        let Ok(Some(answers)) = self.channel.receive() else {
            return vec![ProcessEvent::ShimLost];
        };
        let event = |answer| match answer {
            Answer::Started(program) => {
                self.program = Some(program);
                ProcessEvent::Started
            }
            Answer::Refused(reason) => ProcessEvent::Refused(reason),
            Answer::Ended(ended) => {
                self.program = None;
                ProcessEvent::Ended(ended)
            }
        };
        answers.into_iter().map(event).collect()
    }

    /// Returns whether there is output, and whether there is an answer.
    fn ready(&self, most: Duration) -> (bool, bool) {
        let most = Timespec {
            tv_sec: most.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: most.subsec_nanos().into(),
        };
        let mut ready = [
            PollFd::new(&self.output, PollFlags::IN),
            PollFd::new(&self.channel.socket, PollFlags::IN),
        ];
        match poll(&mut ready, Some(&most)) {
            Ok(_) => {
                let [output, answer] = ready.map(|fd| !fd.revents().is_empty());
                (output, answer)
            }
            Err(Errno::INTR) => (false, false),
            // The shim has ended; reading says so.
            Err(_) => (false, true),
        }
    }
}

fn id(process: &Child) -> i32 {
    process.id().cast_signed()
}

/// Returns the path of this program, which may have been replaced or removed since it started.
fn own_program() -> io::Result<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { Ok(own) } else { std::env::current_exe() }
}

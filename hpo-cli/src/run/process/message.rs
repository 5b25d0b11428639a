//! Messages between the driver and a shim: one JSON object per line.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A request of the driver.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    Start(Start),
    Signal(Signal),
}

/// A program to start.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) words: Vec<String>,
    /// The file of the program, if it is known. Else the first word is searched for in `PATH`.
    pub(crate) program: Option<PathBuf>,
    /// Variables beside those of the driver.
    pub(crate) variables: BTreeMap<String, String>,
    /// Variables of the driver that the program does not get.
    pub(crate) removed: Vec<String>,
    /// The file to which standard error is appended.
    pub(crate) stderr: PathBuf,
    /// The largest amount of private memory that one process may map, in bytes.
    pub(crate) data: Option<u64>,
}

/// A signal to the program.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Signal {
    /// SIGTERM to the process group of the program.
    Terminate,
    /// SIGKILL to everything that the program has started.
    Kill,
}

/// An answer of the shim.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The program runs, under this process id.
    Started(i32),
    /// The program could not be started.
    Refused(String),
    Ended(Ended),
}

/// The end of a program.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    /// The number of processes that it left, which the shim has killed.
    pub(crate) left: usize,
}

/// A socket of messages.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) socket: UnixStream,
    read: Vec<u8>,
}

impl Channel {
    pub(super) fn new(socket: UnixStream) -> Self {
        Self { socket, read: Vec::new() }
    }

    pub(super) fn send(&mut self, message: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.socket.write_all(&line)
    }

    /// Reads what has come, and returns the complete messages; `None` when the other side has
    /// ended. It waits if nothing has come.
    pub(super) fn receive<M: DeserializeOwned>(&mut self) -> io::Result<Option<Vec<M>>> {
        let mut buffer = [0; 8_192];
        let count = match self.socket.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                return Ok(Some(Vec::new()));
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
            read => read?,
        };
        if count == 0 {
            return Ok(None);
        }
        self.read.extend_from_slice(&buffer[..count]);
        let end = self.read.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let complete: Vec<u8> = self.read.drain(..end).collect();
        let lines = complete.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let messages = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
        Ok(Some(messages))
    }
}

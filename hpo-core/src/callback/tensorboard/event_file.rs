//! Event files of TensorBoard: a sequence of `TFRecord`s, each an `Event` message.
//!
//! A record consists of its length, a checksum of the length, its bytes, and a checksum of the
//! bytes (`record_writer.h` of TensorFlow). The field numbers are those of `event.proto` and
//! `summary.proto`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::message::Message;
use crate::numeric::crc32c;
use crate::trial::Timestamp;

/// An event file, open for appending.
#[derive(Debug)]
pub(super) struct EventFile(File);

impl EventFile {
    /// Creates a new file in a folder, and the folder if it is missing. Readers read the files of a
    /// folder in the order of their names.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(folder)?;
        let (seconds, process) = (now() as u64, std::process::id());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("events.out.tfevents.{seconds:010}.hpo.{process}.{count:06}");
        let mut file = OpenOptions::new().create_new(true).append(true).open(folder.join(name))?;
        file.write_all(&record(&version()))?;
        Ok(Self(file))
    }

    pub(super) fn write(&mut self, step: u64, summary: &Message) -> io::Result<()> {
        self.0.write_all(&record(&event(step, summary)))
    }
}

/// Returns the bytes of a complete file with one summary.
pub(super) fn single(summary: &Message) -> Vec<u8> {
    [record(&version()), record(&event(0, summary))].concat()
}

/// Returns a summary of named numbers, in single precision as TensorBoard stores them.
pub(super) fn scalars<'a>(values: impl Iterator<Item = (&'a str, f64)>) -> Message {
    let value = |(tag, value): (&str, f64)| Message::new().text(1, tag).float(2, value as f32);
    Message::new().messages(1, values.map(value))
}

/// Returns the current time in seconds since 1970, in UTC.
pub(super) fn now() -> f64 {
    Timestamp::now().0 as f64 / 1e6
}

/// Returns the first event of every file, which names the format version.
fn version() -> Message {
    Message::new().double(1, now()).text(3, "brain.Event:2")
}

fn event(step: u64, summary: &Message) -> Message {
    Message::new().double(1, now()).integer(2, step.min(i64::MAX as u64)).message(5, summary)
}

fn record(event: &Message) -> Vec<u8> {
    let bytes = event.bytes();
    let length = (bytes.len() as u64).to_le_bytes();
    [&length[..], &masked(&length), bytes, &masked(bytes)].concat()
}

/// Returns the masked CRC-32C of `bytes`. The mask keeps the checksum of bytes that contain
/// checksums reliable.
fn masked(bytes: &[u8]) -> [u8; 4] {
    crc32c(bytes).rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes()
}

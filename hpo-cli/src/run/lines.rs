//! Lines of a stream of bytes.

/// The longest line that is read; the rest of a longer one is dropped.
const LONGEST: usize = 1 << 20;

/// Splits a stream into lines. Neither a line without an end nor bytes that are not UTF-8 can make
/// it grow without limit or fail.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    line: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
    /// Adds bytes, and calls `each` for each line that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&str)) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST.saturating_sub(self.line.len());
            self.is_too_long |= part.len() > room;
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                self.end(&mut each);
            }
        }
    }

    /// Ends the stream: what is left is a line too.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(&str)) {
        if !self.line.is_empty() {
            self.end(&mut each);
        }
    }

    fn end(&mut self, each: &mut impl FnMut(&str)) {
        if !self.is_too_long {
            each(String::from_utf8_lossy(&self.line).trim_end_matches(['\n', '\r']));
        }
        self.line.clear();
        self.is_too_long = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_the_bytes_come() {
        let mut lines = Lines::default();
        let mut read = Vec::new();
        for bytes in [&b"a"[..], b"b\r\nc\n\n", b"d\xff", b""] {
            lines.push(bytes, |line| read.push(line.to_owned()));
        }
        lines.finish(|line| read.push(line.to_owned()));
        assert_eq!(read, ["ab", "c", "", "d\u{fffd}"]);
    }

    #[test]
    fn a_line_of_megabytes_is_dropped_and_the_next_is_read() {
        let mut lines = Lines::default();
        let mut read = Vec::new();
        for _ in 0..40 {
            lines.push(&vec![b'x'; 65_536], |line| read.push(line.to_owned()));
        }
        assert!(lines.line.len() <= LONGEST);
        lines.push(b"x\nloss=1\n", |line| read.push(line.to_owned()));
        assert_eq!(read, ["loss=1"]);
    }
}

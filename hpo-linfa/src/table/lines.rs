//! Lines of a file: where each record starts, and whether a quote stays open.

use csv::ByteRecord;

/// The lines where records start, which are asked for in ascending order.
pub(super) struct LineCounter<'a> {
    bytes: &'a [u8],
    /// The place up to which line ends were counted.
    counted: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, counted: 0, line: 1 }
    }

    /// Returns the line, from 1, where a record starts. The position of a record may be before the
    /// end of the last line or blank lines, which are skipped.
    pub(super) fn of(&mut self, record: &ByteRecord) -> u64 {
        let byte = record.position().map_or(0, csv::Position::byte) as usize;
        let is_line_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let skipped =
            self.bytes[byte.min(self.bytes.len())..].iter().take_while(|b| is_line_end(b));
        let start = byte + skipped.count();
        while self.counted < start {
            self.line += u64::from(self.ends_at(self.counted));
            self.counted += 1;
        }
        self.line
    }

    /// Returns true for the last byte of a line end: `\n`, `\r\n` or `\r`.
    fn ends_at(&self, place: usize) -> bool {
        ends_line(self.bytes, place)
    }
}

fn ends_line(bytes: &[u8], place: usize) -> bool {
    match bytes[place] {
        b'\n' => true,
        b'\r' => bytes.get(place + 1) != Some(&b'\n'),
        _ => false,
    }
}

/// The part of a cell that a byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Begin,
    Plain,
    Quoted,
    /// After a quote within quotes: the end of the cell, or the first of two.
    Quote,
}

/// Returns the line of the cell whose quote is open at the end of the file, if there is one.
pub(super) fn open_quote(bytes: &[u8], delimiter: u8) -> Option<u64> {
    let (mut part, mut line, mut opened) = (Part::Begin, 1, 1);
    for (place, byte) in bytes.iter().enumerate() {
        let is_end = *byte == delimiter || matches!(byte, b'\n' | b'\r');
        part = match (part, *byte) {
            (Part::Begin, b'"') => {
                opened = line;
                Part::Quoted
            }
            (Part::Quoted, b'"') => Part::Quote,
            (Part::Quoted, _) | (Part::Quote, b'"') => Part::Quoted,
            _ if is_end => Part::Begin,
            _ => Part::Plain,
        };
        line += u64::from(ends_line(bytes, place));
    }
    (part == Part::Quoted).then_some(opened)
}

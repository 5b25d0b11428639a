//! Protocol buffers, limited to what event files need: a message is its fields, one after another.
//!
//! The encoding is that of the Protocol Buffers documentation, "Encoding". A field that has its
//! default may be left out.

/// A message as its encoded fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(Vec<u8>);

/// The wire type: the layout of a field's value.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

impl Message {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds an integer, a flag or an enum, which is never negative here.
    pub(super) fn integer(mut self, field: u32, value: u64) -> Self {
        self.key(field, Wire::Varint);
        self.varint(value);
        self
    }

    pub(super) fn double(mut self, field: u32, value: f64) -> Self {
        self.key(field, Wire::Fixed64);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn float(mut self, field: u32, value: f32) -> Self {
        self.key(field, Wire::Fixed32);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn text(self, field: u32, text: &str) -> Self {
        self.with_bytes(field, text.as_bytes())
    }

    pub(super) fn message(self, field: u32, message: &Message) -> Self {
        self.with_bytes(field, &message.0)
    }

    /// Adds the same field once for each message.
    pub(super) fn messages(self, field: u32, messages: impl IntoIterator<Item = Message>) -> Self {
        messages.into_iter().fold(self, |all, message| all.message(field, &message))
    }

    fn with_bytes(mut self, field: u32, bytes: &[u8]) -> Self {
        self.key(field, Wire::Bytes);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn key(&mut self, field: u32, wire: Wire) {
        self.varint(u64::from(field) << 3 | wire as u64);
    }

    /// Writes seven bits per byte, lowest first; the eighth bit is set if more bytes follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_documentation() {
        // "Encoding": field 1 with 150, field 2 with "testing", and the first of these as field 3.
        let number = Message::new().integer(1, 150);
        assert_eq!(number.bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(
            Message::new().text(2, "testing").bytes(),
            [&[0x12, 0x07], "testing".as_bytes()].concat()
        );
        assert_eq!(Message::new().message(3, &number).bytes(), [0x1A, 0x03, 0x08, 0x96, 0x01]);
    }

    #[test]
    fn numbers_of_fixed_width_are_little_endian() {
        assert_eq!(Message::new().float(2, 1.0).bytes(), [0x15, 0, 0, 0x80, 0x3F]);
        assert_eq!(Message::new().double(1, 1.0).bytes(), [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F]);
    }
}

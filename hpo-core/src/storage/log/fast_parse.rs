//! A fast parser for the usual spelling of a line, byte by byte.
//!
//! A journal of ten thousand trials has more than a hundred thousand lines. Nearly all of them are
//! parameters, ends and new trials in a single spelling. A line in any other spelling yields `None`
//! here and is left to [`Record::read`].

use std::borrow::Cow;

use super::record::{Change, Record};
use super::write::SEEN;
use crate::storage::optuna::{self, JsonNumber};
use crate::trial::{EXPLANATION, Timestamp};

/// Parses a line in any spelling and passes it to `apply`. Skips bytes without meaning: spaces, the
/// zeros that a crash leaves, and the byte order mark that some editors put at the start of a file.
///
/// # Errors
/// A sentence: the problem of the line, or the error of `apply`.
pub(in crate::storage) fn read(
    bytes: &[u8],
    apply: impl FnOnce(Record<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let text = std::str::from_utf8(trimmed(bytes))
        .map_err(|_| "not a record: bytes, not text".to_owned())?;
    if text.is_empty() {
        return Ok(());
    }
    if let Some(line) = scan(text) {
        return apply(line);
    }
    match Record::read(text) {
        Ok(line) => apply(line),
        Err(reason) => {
            let strict = optuna::strict(text).ok_or(reason)?;
            apply(Record::read(&strict)?)
        }
    }
}

/// Strips the bytes without meaning before and after the record of a line.
pub(in crate::storage) fn trimmed(bytes: &[u8]) -> &[u8] {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let is_said = |byte: &u8| *byte != 0 && !byte.is_ascii_whitespace();
    let Some(start) = bytes.iter().position(is_said) else { return &[] };
    let end = bytes.iter().rposition(is_said).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// Parses a line in the usual spelling.
fn scan(text: &str) -> Option<Record<'_>> {
    let mut cursor = Cursor(text);
    cursor.literal(r#"{"op_code":"#)?;
    let code = cursor.whole()?;
    cursor.literal(r#","worker_id":"#)?;
    let worker = Cow::Borrowed(cursor.string()?);
    let change = match code {
        4 => create_trial(&mut cursor)?,
        5 => param(&mut cursor)?,
        6 => state(&mut cursor)?,
        7 => report(&mut cursor)?,
        9 => system_attribute(&mut cursor)?,
        _ => return None,
    };
    (cursor.0 == "}").then_some(Record { worker, change })
}

fn create_trial<'a>(cursor: &mut Cursor<'a>) -> Option<Change<'a>> {
    cursor.literal(r#","study_id":"#)?;
    let study = cursor.whole()?;
    let id = match cursor.literal(r#","trial_id":"#) {
        Some(()) => Some(cursor.whole()?),
        None => None,
    };
    cursor.literal(r#","datetime_start":"#)?;
    Some(Change::CreateTrial { study, id, started: Some(cursor.moment()?), template: None })
}

fn param<'a>(cursor: &mut Cursor<'a>) -> Option<Change<'a>> {
    cursor.literal(r#","trial_id":"#)?;
    let trial = cursor.whole()?;
    cursor.literal(r#","param_name":"#)?;
    let name = Cow::Borrowed(cursor.string()?);
    cursor.literal(r#","param_value_internal":"#)?;
    let value = cursor.number()?;
    if cursor.0 == "}" {
        return Some(Change::Param { trial, name, value, distribution: "" });
    }
    cursor.literal(r#","distribution":"#)?;
    // All that is left, without the brace: the caller compares it as a whole, or parses it.
    let distribution = cursor.0.strip_suffix('}')?;
    cursor.0 = "}";
    Some(Change::Param { trial, name, value, distribution })
}

fn state<'a>(cursor: &mut Cursor<'a>) -> Option<Change<'a>> {
    cursor.literal(r#","trial_id":"#)?;
    let trial = cursor.whole()?;
    cursor.literal(r#","state":"#)?;
    let state = optuna::state(cursor.whole()?)?;
    cursor.literal(r#","values":"#)?;
    let values = match cursor.literal("null") {
        Some(()) => None,
        None => Some(cursor.values()?),
    };
    let at = if cursor.0 == "}" {
        None
    } else {
        let key =
            if state.is_finished() { r#","datetime_complete":"# } else { r#","datetime_start":"# };
        cursor.literal(key)?;
        Some(cursor.moment()?)
    };
    Some(Change::State { trial, state, values, at })
}

fn report<'a>(cursor: &mut Cursor<'a>) -> Option<Change<'a>> {
    cursor.literal(r#","trial_id":"#)?;
    let trial = cursor.whole()?;
    cursor.literal(r#","step":"#)?;
    let step = i64::try_from(cursor.whole()?).ok()?;
    cursor.literal(r#","intermediate_value":"#)?;
    let value = cursor.number()?.real();
    Some(Change::Report { trial, step, value })
}

fn system_attribute<'a>(cursor: &mut Cursor<'a>) -> Option<Change<'a>> {
    cursor.literal(r#","trial_id":"#)?;
    let trial = cursor.whole()?;
    cursor.literal(r#","system_attr":{"#)?;
    let key = cursor.string()?;
    cursor.literal(":")?;
    let change = match key {
        SEEN => Change::Seen { trial, seen: cursor.whole()? },
        EXPLANATION => Change::Explained { trial, explanation: Cow::Borrowed(cursor.string()?) },
        _ => return None,
    };
    cursor.literal("}")?;
    Some(change)
}

/// The unread rest of a line.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn literal(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    fn whole(&mut self) -> Option<u64> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        number.parse().ok()
    }

    /// Parses a string without escapes.
    fn string(&mut self) -> Option<&'a str> {
        let inner = self.0.strip_prefix('"')?;
        let end = inner.bytes().position(|byte| byte == b'"')?;
        let (string, rest) = inner.split_at(end);
        self.0 = &rest[1..];
        (!string.contains('\\')).then_some(string)
    }

    fn number(&mut self) -> Option<JsonNumber> {
        let end = self.0.bytes().position(|byte| matches!(byte, b',' | b'}' | b']'))?;
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        JsonNumber::token(token)
    }

    /// Parses one or more numbers in brackets.
    fn values(&mut self) -> Option<Vec<f64>> {
        self.literal("[")?;
        let mut values = vec![self.number()?.real()];
        while self.literal(",").is_some() {
            values.push(self.number()?.real());
        }
        self.literal("]")?;
        Some(values)
    }

    fn moment(&mut self) -> Option<Timestamp> {
        Timestamp::parse(self.string()?)
    }
}

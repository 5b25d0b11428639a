//! Groups: lines that are valid only together, such as a study with its attributes and first
//! trials, or trials with their past.
//!
//! A group is written with one append. Its first line holds the number of bytes that follow it and
//! belong to the group, under a key that Optuna ignores. A shorter group was torn by a crash:
//! readers skip it and the next writer cuts it off, as they do with a torn line. Optuna does not
//! know groups: if it has written after a torn one, the lines of that group count as they are.

use crate::storage::log::GROUP;

/// The start of every record, in Optuna's journals and in those of this library.
pub(super) const HEAD: &[u8] = br#"{"op_code":"#;

/// Returns true if a group is complete, with `line` as its first line and `after` as the bytes
/// after it. Any other line is complete by itself.
pub(super) fn is_whole(line: &[u8], after: &[u8]) -> bool {
    claim(line).is_none_or(|length| length <= after.len())
}

/// Returns true if the bytes begin with an incomplete group after which another worker has written.
pub(super) fn is_broken(bytes: &[u8]) -> bool {
    let mut lines =
        bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let Some(first) = lines.next() else { return false };
    let writer = |line| worker(line).map(|(worker, _)| worker);
    !is_whole(first, &bytes[first.len()..]) && lines.any(|line| writer(line) != writer(first))
}

/// Returns true if the bytes are a group that lacks only its last line break, which an editor may
/// have stripped.
pub(super) fn lacks_end(bytes: &[u8]) -> bool {
    let Some(end) =
        bytes.iter().position(|byte| *byte == b'\n').filter(|_| !bytes.ends_with(b"\n"))
    else {
        return false;
    };
    claim(&bytes[..end]) == Some(bytes.len() - end)
}

/// Returns the number of bytes that follow a line and belong to its group, if it begins one.
fn claim(line: &[u8]) -> Option<usize> {
    // A study, an attribute of one, or a trial: most lines are others, and return here.
    line.get(HEAD.len()).filter(|code| matches!(code, b'0' | b'2' | b'3' | b'4'))?;
    let (_, rest) = worker(line)?;
    let digits = rest.strip_prefix(GROUP.as_bytes())?.split(|byte| *byte == b'"').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Returns the worker of a line in our spelling, and the bytes after its name.
fn worker(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let code = line.strip_prefix(HEAD)?;
    let digits = code.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = code[digits..].strip_prefix(br#","worker_id":""#)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    Some((&rest[..end], &rest[end + 1..]))
}

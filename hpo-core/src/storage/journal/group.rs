//! Lines that mean something only together: a study with its notes and first trials, trials with their past.
//!
//! They are written with one append, and the first of them tells how many bytes follow it that belong to it, under a key that
//! Optuna passes over. A group that is shorter was torn by a crash: as a line that is torn, it is passed over by readers and cut
//! off by the next writer. Optuna knows nothing of it: if it has written behind such a group, what there is of that stands.

use crate::storage::log::GROUP;

/// How every record begins, in Optuna's journals and ours.
pub(super) const HEAD: &[u8] = br#"{"op_code":"#;

/// Whether all of a group is there, of which `line` is the first one and `after` what stands behind it; any other line is by
/// itself.
pub(super) fn is_whole(line: &[u8], after: &[u8]) -> bool {
    claim(line).is_none_or(|length| length <= after.len())
}

/// Whether bytes begin with a group that is not whole, and yet somebody else has written behind it.
pub(super) fn is_broken(bytes: &[u8]) -> bool {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let Some(first) = lines.next() else { return false };
    let writer = |line| worker(line).map(|(worker, _)| worker);
    !is_whole(first, &bytes[first.len()..]) && lines.any(|line| writer(line) != writer(first))
}

/// Whether bytes are a group that is whole but for the end of its last line, which somebody may have stripped.
pub(super) fn lacks_end(bytes: &[u8]) -> bool {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n').filter(|_| !bytes.ends_with(b"\n")) else {
        return false;
    };
    claim(&bytes[..end]) == Some(bytes.len() - end)
}

/// How many bytes follow a line that belong to it, if it begins a group.
fn claim(line: &[u8]) -> Option<usize> {
    // A study, a note on one, a trial: most lines are others, and cost no more than this.
    line.get(HEAD.len()).filter(|code| matches!(code, b'0' | b'2' | b'3' | b'4'))?;
    let (_, rest) = worker(line)?;
    let digits = rest.strip_prefix(GROUP.as_bytes())?.split(|byte| *byte == b'"').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Who wrote a line in our spelling, and what stands after the name.
fn worker(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let code = line.strip_prefix(HEAD)?;
    let digits = code.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = code[digits..].strip_prefix(br#","worker_id":""#)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    Some((&rest[..end], &rest[end + 1..]))
}

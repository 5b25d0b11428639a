//! The lease of a worker as text, in the `hpo_lease` of a URL.

use std::time::Duration;

/// Parses a time such as `60s`, `500ms` or `5m`; a bare number means seconds.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = text[..end].parse().ok()?;
    match &text[end..] {
        "ms" => Some(Duration::from_millis(count)),
        "" | "s" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_secs(count.checked_mul(60)?)),
        _ => None,
    }
}

//! The lease of a worker: the time after its last sign of life for which it is taken to be alive.

use std::time::Duration;

/// The lease where no other is given.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// The shortest lease. A shorter one would expire while a change is being written.
const LEAST: Duration = Duration::from_millis(500);

/// The number of signs of life per lease: five may be late or lost.
pub(super) const BEATS: u32 = 6;

/// Parses the `hpo_lease` of a URL: a time such as `60s`, `500ms` or `5m`; a bare number means
/// seconds. Returns `None` for anything else, and for less than half a second.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = text[..end].parse().ok()?;
    let lease = match &text[end..] {
        "ms" => Duration::from_millis(count),
        "" | "s" => Duration::from_secs(count),
        "m" => Duration::from_secs(count.checked_mul(60)?),
        _ => return None,
    };
    (lease >= LEAST).then_some(lease)
}

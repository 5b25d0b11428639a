//! Findings of the checks of `hpo doctor`, and their remedies.

use std::time::Duration;

/// A difference between clocks that is worth a word.
const SKEW: Duration = Duration::from_secs(5);

/// The time of a flush beyond which it limits a search of short trials.
const SLOW_FLUSH: Duration = Duration::from_millis(50);

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Good,
    Doubtful,
    Wrong,
}

impl Level {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Doubtful => "doubtful",
            Self::Wrong => "wrong",
        }
    }
}

/// The result of a check.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    pub(crate) level: Level,
    pub(crate) fact: String,
    /// The action to take; empty if there is none.
    pub(crate) remedy: String,
}

impl Finding {
    pub(crate) fn good(check: &'static str, fact: String) -> Self {
        Self { check, level: Level::Good, fact, remedy: String::new() }
    }

    pub(crate) fn doubtful(check: &'static str, fact: String, remedy: &str) -> Self {
        Self { check, level: Level::Doubtful, fact, remedy: remedy.to_owned() }
    }

    pub(crate) fn wrong(check: &'static str, fact: String, remedy: &str) -> Self {
        Self { check, level: Level::Wrong, fact, remedy: remedy.to_owned() }
    }
}

/// Judges the difference between the clock of this machine and another one.
pub(crate) fn clock(whose: &str, skew: Duration) -> Finding {
    let fact = format!("{} from that of {whose}", milliseconds(skew));
    if skew > SKEW {
        let remedy = "set the clocks by NTP (`timedatectl set-ntp true`): times of trials and of \
            `hpo top` are wrong by as much; dead workers are found all the same";
        return Finding::doubtful("clock", fact, remedy);
    }
    Finding::good("clock", fact)
}

/// Judges the time of a flush.
pub(crate) fn flush(time: Duration) -> Finding {
    let each = 1.0 / time.as_secs_f64().max(1e-6);
    let fact = format!("{} each: about {each:.0} ends of trials a second", milliseconds(time));
    if time > SLOW_FLUSH {
        let remedy = "the end of each trial waits for a flush: prefer trials of seconds, a local \
            disk, or PostgreSQL, which shares flushes among workers";
        return Finding::doubtful("flush", fact, remedy);
    }
    Finding::good("flush", fact)
}

/// Writes a time in milliseconds, or in seconds if it is long.
pub(crate) fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    match milliseconds {
        0.0..10.0 => format!("{milliseconds:.1} ms"),
        10.0..10_000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.0} s", milliseconds / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_and_flushes_are_judged_by_their_size() {
        assert_eq!(clock("x", Duration::from_millis(20)).level, Level::Good);
        assert_eq!(clock("x", Duration::from_secs(6)).level, Level::Doubtful);
        assert_eq!(flush(Duration::from_millis(4)).level, Level::Good);
        assert_eq!(flush(Duration::from_millis(80)).level, Level::Doubtful);
        assert!(Level::Wrong > Level::Doubtful && Level::Doubtful > Level::Good);
        assert_eq!(milliseconds(Duration::from_micros(1_500)), "1.5 ms");
        assert_eq!(milliseconds(Duration::from_secs(90)), "90 s");
    }
}

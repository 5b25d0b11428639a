//! The settings in the URL of a journal: `journal:PATH?lock=link&hpo_lease=60s`.

use std::fmt;
use std::time::Duration;

use crate::storage::lease::{self, LEASE};

/// The way in which the workers of a journal exclude each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::storage) enum LockKind {
    /// The operating system's lock on the file, for the processes of one machine.
    #[default]
    System,
    /// A symbolic link, `JOURNAL.lock`, which also excludes other machines. It is Optuna's
    /// `JournalFileSymlinkLock`.
    Link,
    /// A file of the same name that is created exclusively, Optuna's `JournalFileOpenLock`.
    Open,
}

/// The settings of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::storage) struct Sharing {
    pub(in crate::storage) lock: LockKind,
    /// The time after its last heartbeat for which a worker is taken to be alive. It counts only
    /// for a journal that machines share.
    pub(in crate::storage) lease: Duration,
}

impl Default for Sharing {
    fn default() -> Self {
        Self { lock: LockKind::System, lease: LEASE }
    }
}

impl Sharing {
    /// Parses the part of a URL after its `?`. Returns `None` for anything but known settings, and
    /// for a lease without a lock that machines share, since it would not count.
    pub(in crate::storage) fn parse(query: &str) -> Option<Self> {
        let mut sharing = Self::default();
        for pair in query.split('&') {
            match pair.split_once('=')? {
                ("lock", "system") => sharing.lock = LockKind::System,
                ("lock", "link") => sharing.lock = LockKind::Link,
                ("lock", "open") => sharing.lock = LockKind::Open,
                ("hpo_lease", text) => sharing.lease = lease::parse(text)?,
                _ => return None,
            }
        }
        (sharing.spans_machines() || sharing.lease == LEASE).then_some(sharing)
    }

    /// Returns true if machines share the journal.
    pub(in crate::storage) fn spans_machines(self) -> bool {
        self.lock != LockKind::System
    }
}

/// Writes the part of the URL after the path: empty, or `?lock=link`.
impl fmt::Display for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lock {
            LockKind::System => return Ok(()),
            LockKind::Link => f.write_str("?lock=link")?,
            LockKind::Open => f.write_str("?lock=open")?,
        }
        let milliseconds = self.lease.as_millis();
        match milliseconds % 1000 {
            _ if self.lease == LEASE => Ok(()),
            0 => write!(f, "&hpo_lease={}s", milliseconds / 1000),
            _ => write!(f, "&hpo_lease={milliseconds}ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_they_are_written() {
        for text in ["?lock=link", "?lock=open&hpo_lease=5s", "?lock=link&hpo_lease=1500ms"] {
            assert_eq!(Sharing::parse(&text[1..]).unwrap().to_string(), text);
        }
        assert_eq!(Sharing::parse("lock=system"), Some(Sharing::default()));
        for wrong in [
            "",
            "lock",
            "lock=",
            "lock=fcntl",
            "lock=link&x=1",
            "hpo_lease=1ms",
            "hpo_lease=5s",
            "lock=link&",
        ] {
            assert_eq!(Sharing::parse(wrong), None, "{wrong}");
        }
    }
}

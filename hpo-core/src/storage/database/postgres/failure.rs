//! Errors of the server and of the connection to it: their texts, their remedies, and whether they
//! may pass.

use std::error::Error as _;

use postgres::Error;
use postgres::error::SqlState;

use crate::storage::StorageError;

/// Returns the full text of a driver's error, with its details and causes.
pub(super) fn words(error: &Error) -> String {
    if let Some(reported) = error.as_db_error() {
        let detail = reported.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
        return format!("{}{detail}", reported.message());
    }
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}

/// Makes the storage error for a driver's error, with the remedy if there is one.
pub(super) fn failure(location: &str, action: &'static str, error: &Error) -> StorageError {
    StorageError::Database {
        location: location.to_owned(),
        action,
        problem: format!("{}{}", words(error), remedy(error)),
        is_transient: is_transient(error),
    }
}

fn remedy(error: &Error) -> &'static str {
    let Some(code) = error.code() else {
        let is_of_tls = words(error).contains("TLS");
        return if is_of_tls {
            ": check sslmode and sslrootcert in the URL"
        } else if words(error).contains("password missing") {
            ": give it in the URL, in PGPASSWORD or in ~/.pgpass, which only its owner may read"
        } else if is_lost(error) {
            ": check that the server runs, and listens on this host and port"
        } else {
            ""
        };
    };
    match code.code() {
        "28P01" | "28000" => {
            ": check the user and the password (in the URL, PGPASSWORD or ~/.pgpass, which only \
             its owner may read), and the server's pg_hba.conf"
        }
        "3D000" => ": create it with `createdb`, or choose another name",
        "42501" => ": grant that to the user, or use another one",
        "53300" => {
            ": each process needs two connections; raise max_connections, or run fewer processes"
        }
        "53100" => ": make room on the server's disk; nothing of this change was kept",
        "22001" => ": Optuna's tables hold names of at most 512 characters",
        "22003" => ": Optuna's tables hold whole numbers below 2147483648, and floats of 64 bits",
        "25006" => ": connect to the server that accepts writes",
        _ => "",
    }
}

/// Returns true if the connection is lost.
pub(super) fn is_lost(error: &Error) -> bool {
    match error.code() {
        Some(code) => {
            code.code().starts_with("08")
                || code.code().starts_with("57P")
                || code.code() == "25P03"
        }
        None => error.is_closed() || is_of_system(error) || is_late(error),
    }
}

/// Returns true if the same action may succeed later.
fn is_transient(error: &Error) -> bool {
    let passing = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    error.code().is_some_and(|code| passing.contains(code)) || is_lost(error)
}

/// Returns true if another process has created the same tables at the same moment.
pub(super) fn is_clash(error: &Error) -> bool {
    let clashes =
        [SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT, SqlState::UNIQUE_VIOLATION];
    error.code().is_some_and(|code| clashes.contains(code))
}

/// Returns true if an unreachable server will probably be reachable soon: it is starting, or has
/// too many connections.
pub(super) fn is_soon_there(error: &Error) -> bool {
    let soon = [SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS];
    error.code().is_some_and(|code| soon.contains(code))
}

fn is_late(error: &Error) -> bool {
    words(error).starts_with("timeout")
}

/// Returns true if the operating system failed to send, receive or connect.
fn is_of_system(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<std::io::Error>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

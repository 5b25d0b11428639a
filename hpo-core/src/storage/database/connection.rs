//! The operations that a database offers, whichever it is.

use std::fmt::Debug;

use crate::storage::StorageError;

/// A value bound to a parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// Wraps a number that some table gave out, which therefore fits.
    pub(super) fn id(id: u64) -> Self {
        Cell::Int(id.cast_signed())
    }

    pub(super) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Cell::Null, Cell::Text)
    }
}

/// A row of a result, with columns from 0. A value that is null or of another type is `None`.
pub(super) trait SqlRow {
    fn int(&self, column: usize) -> Option<i64>;
    fn real(&self, column: usize) -> Option<f64>;
    fn text(&self, column: usize) -> Option<&str>;
}

/// The action for each row of a result.
pub(super) type Each<'a> = &'a mut dyn FnMut(&dyn SqlRow) -> Result<(), StorageError>;

/// One connection to a database.
///
/// Statements name their parameters `?1`, `?2`, … in this order, and contain no other question
/// marks.
pub(super) trait Connection: Debug + Send {
    /// Returns the statements that differ between databases.
    fn dialect(&self) -> &'static Dialect;

    /// Begins a transaction, on one study or on all. Until its end, no other process can change
    /// that study, or any of them.
    fn begin(&mut self, study: Option<u64>, is_durable: bool) -> Result<(), StorageError>;

    /// Commits a transaction. If it is durable, it is on the disk when this returns or after
    /// [`flush`](Self::flush).
    fn commit(&mut self) -> Result<(), StorageError>;

    /// Rolls the transaction back.
    fn rollback(&mut self);

    /// Changes rows. Errors may be reported by the next [`query`](Self::query) or by the end of the
    /// transaction.
    fn execute(&mut self, sql: &'static str, cells: &[Cell<'_>]) -> Result<(), StorageError>;

    /// Reads rows, and passes each one to `each`.
    fn query(
        &mut self,
        sql: &'static str,
        cells: &[Cell<'_>],
        each: Each<'_>,
    ) -> Result<(), StorageError>;

    /// Runs several statements without parameters.
    fn script(&mut self, sql: &str) -> Result<(), StorageError>;

    /// Sends the gathered changes of rows now, outside of a transaction.
    fn send(&mut self) -> Result<(), StorageError> {
        Ok(())
    }

    /// Waits until all durable changes are on the disk.
    fn flush(&mut self) -> Result<(), StorageError>;

    /// Returns a number that stays the same as long as no other process has changed anything;
    /// `None` if only a query can tell.
    fn version(&mut self) -> Result<Option<u64>, StorageError>;

    /// Recovers from an error that may pass, and connects again if necessary.
    fn reconnect(&mut self) -> Result<(), StorageError>;

    /// Returns the number of times that [`reconnect`](Self::reconnect) has connected again. Changes
    /// that were not flushed before may be lost.
    fn epoch(&self) -> u64;

    /// Returns the number of a new row of the log, greater than all that were given out here.
    fn new_line(&mut self) -> Result<i64, StorageError> {
        let sql = self.dialect().new_line;
        Ok(self.number(sql, &[])?.unwrap_or_default())
    }

    /// Returns the first column of the first row, as a number.
    fn number(
        &mut self,
        sql: &'static str,
        cells: &[Cell<'_>],
    ) -> Result<Option<i64>, StorageError> {
        let mut found = None;
        self.query(sql, cells, &mut |row| {
            found = found.or(row.int(0));
            Ok(())
        })?;
        Ok(found)
    }
}

/// The statements that differ between databases.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Counts the tables of a given name.
    pub(super) has_table: &'static str,
    /// Creates Optuna's tables, if they are missing.
    pub(super) tables: &'static str,
    /// Creates the tables of this library beside them.
    pub(super) log: &'static str,
    /// Returns the number of a new study.
    pub(super) new_study: &'static str,
    /// Returns the numbers of a given count of new trials.
    pub(super) new_trials: &'static str,
    /// Returns the number of a new row of the log.
    pub(super) new_line: &'static str,
    /// Returns the running trials of a study whose worker, one of Optuna's, has sent no heartbeat
    /// for an hour.
    pub(super) stale: &'static str,
}

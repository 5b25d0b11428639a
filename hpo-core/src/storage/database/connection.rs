//! What is asked of a database, whichever it is.

use std::fmt::Debug;

use crate::storage::StorageError;

/// A value bound to a statement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// A number that some table gave out: these fit.
    pub(super) fn id(id: u64) -> Self {
        Cell::Int(id.cast_signed())
    }

    pub(super) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Cell::Null, Cell::Text)
    }
}

/// A row of an answer; columns from 0. What is null, or of another kind, is `None`.
pub(super) trait Row {
    fn int(&self, column: usize) -> Option<i64>;
    fn real(&self, column: usize) -> Option<f64>;
    fn text(&self, column: usize) -> Option<&str>;
}

/// What is done with each row.
pub(super) type Each<'a> = &'a mut dyn FnMut(&dyn Row) -> Result<(), StorageError>;

/// One connection to a database.
///
/// Statements name their cells `?1`, `?2`, … in this order, and hold no other question marks.
pub(super) trait Connection: Debug + Send {
    /// The statements that differ between databases.
    fn dialect(&self) -> &'static Dialect;

    /// Begins a change, of a study or of all: until its end, nobody else changes the same.
    fn begin(&mut self, study: Option<u64>, is_durable: bool) -> Result<(), StorageError>;

    /// Ends a change. If it is to last, it is on the disk when this returns or after [`flush`](Self::flush).
    fn commit(&mut self) -> Result<(), StorageError>;

    /// Takes the change back.
    fn rollback(&mut self);

    /// Changes rows. Errors may come with the next [`query`](Self::query) or the end of the change.
    fn execute(&mut self, sql: &'static str, cells: &[Cell<'_>]) -> Result<(), StorageError>;

    /// Reads rows.
    fn query(&mut self, sql: &'static str, cells: &[Cell<'_>], each: Each<'_>) -> Result<(), StorageError>;

    /// Several statements without cells.
    fn script(&mut self, sql: &str) -> Result<(), StorageError>;

    /// Has changed rows by now, outside of a change.
    fn send(&mut self) -> Result<(), StorageError> {
        Ok(())
    }

    /// Waits until all changes that were to last are on the disk.
    fn flush(&mut self) -> Result<(), StorageError>;

    /// A number that stays the same as long as nobody else has changed anything; `None` where only asking tells.
    fn version(&mut self) -> Result<Option<u64>, StorageError>;

    /// After an error that may pass: connects again, if that is what it takes.
    fn reconnect(&mut self) -> Result<(), StorageError>;

    /// How often [`reconnect`](Self::reconnect) has connected again: what was not flushed before may be lost.
    fn epoch(&self) -> u64;

    /// The number of a new row of the log, greater than all that were given out here.
    fn new_line(&mut self) -> Result<i64, StorageError> {
        let sql = self.dialect().new_line;
        Ok(self.number(sql, &[])?.unwrap_or_default())
    }

    /// The first column of the first row, as a number.
    fn number(&mut self, sql: &'static str, cells: &[Cell<'_>]) -> Result<Option<i64>, StorageError> {
        let mut found = None;
        self.query(sql, cells, &mut |row| {
            found = found.or(row.int(0));
            Ok(())
        })?;
        Ok(found)
    }
}

/// Statements that differ between databases.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Counts the tables of this name.
    pub(super) has_table: &'static str,
    /// Makes Optuna's tables.
    pub(super) tables: &'static str,
    /// Makes ours beside them.
    pub(super) log: &'static str,
    /// The number of a new study.
    pub(super) new_study: &'static str,
    /// The numbers of so many new trials.
    pub(super) new_trials: &'static str,
    /// The number of a new row of the log.
    pub(super) new_line: &'static str,
    /// The running trials of a study whose worker, one of Optuna's, has let its heartbeat lapse for two minutes.
    pub(super) stale: &'static str,
}

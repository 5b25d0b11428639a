//! Statements that wait to be sent together, with their values written into them.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::super::connection::Cell;

/// A text that PostgreSQL cannot store, because it contains the character NUL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HasNul;

/// A growing text of SQL statements.
#[derive(Debug, Default)]
pub(super) struct Statements {
    pub(super) text: String,
    /// The last statement, if it inserts rows and further rows can join it.
    insertion: Option<Insertion>,
}

#[derive(Debug)]
struct Insertion {
    sql: &'static str,
    /// The position after its last row, in bytes.
    end: usize,
    /// The first two cells of each row, which identify it.
    keys: HashSet<String>,
}

impl Statements {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.insertion = None;
    }

    /// Adds a statement without cells.
    pub(super) fn push(&mut self, sql: &str) {
        self.insertion = None;
        self.text.push_str(sql);
    }

    /// Adds a statement with its values.
    pub(super) fn add(&mut self, sql: &str, cells: &[Cell<'_>]) -> Result<(), HasNul> {
        self.insertion = None;
        self.write(sql, cells)?;
        self.text.push_str(";\n");
        Ok(())
    }

    /// Adds a statement that returns no rows. Consecutive rows for the same table become one
    /// statement, which halves the cost for the server. Rows with the same key stay separate,
    /// because the second must change the first.
    pub(super) fn add_change(
        &mut self,
        sql: &'static str,
        cells: &[Cell<'_>],
    ) -> Result<(), HasNul> {
        let Some((head, row, tail)) = parts(sql) else { return self.add(sql, cells) };
        let mut key = String::new();
        cells.iter().take(2).try_for_each(|cell| push_cell(&mut key, *cell))?;
        let joins = |last: &Insertion| last.sql == sql && !last.keys.contains(&key);
        let mut insertion = if let Some(last) = self.insertion.take().filter(joins) {
            self.text.truncate(last.end);
            self.text.push_str(", ");
            last
        } else {
            self.text.push_str(head);
            Insertion { sql, end: 0, keys: HashSet::new() }
        };
        self.write(row, cells)?;
        insertion.end = self.text.len();
        insertion.keys.insert(key);
        self.text.push_str(tail);
        self.text.push_str(";\n");
        self.insertion = Some(insertion);
        Ok(())
    }

    fn write(&mut self, sql: &str, cells: &[Cell<'_>]) -> Result<(), HasNul> {
        let mut pieces = sql.split('?');
        self.text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let end = piece.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(piece.len());
            let index: usize = piece[..end].parse().unwrap_or_default();
            push_cell(&mut self.text, cells[index - 1])?;
            self.text.push_str(&piece[end..]);
        }
        Ok(())
    }
}

/// Splits an insertion into the text before its row, the row, and the text after it, which has no
/// cells.
fn parts(sql: &str) -> Option<(&str, &str, &str)> {
    let begin = sql.find(" VALUES (").filter(|_| sql.starts_with("INSERT "))? + " VALUES ".len();
    let end = begin + sql[begin..].find(')')? + 1;
    let (row, tail) = (&sql[begin..end], &sql[end..]);
    let is_plain = !row[1..].contains('(') && !tail.contains('?');
    is_plain.then_some((&sql[..begin], row, tail))
}

/// Writes a value as SQL.
fn push_cell(sql: &mut String, cell: Cell<'_>) -> Result<(), HasNul> {
    // Writing to memory cannot fail.
    let _ = match cell {
        Cell::Null => write!(sql, "NULL"),
        Cell::Int(integer) => write!(sql, "{integer}"),
        // Text keeps the sign of zero.
        Cell::Real(real) => write!(sql, "'{real:?}'"),
        Cell::Text(text) if text.contains('\0') => return Err(HasNul),
        Cell::Text(text) => write!(sql, "'{}'", text.replace('\'', "''")),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &str = "INSERT INTO t (a, b, c) VALUES (?1, ?2, ?3) ON CONFLICT (a, b) DO UPDATE \
        SET c = excluded.c";

    #[test]
    fn rows_join_unless_they_have_one_key() {
        let mut statements = Statements::default();
        for (key, value) in [("x", 1.0), ("y", -0.0), ("x", 2.5e-300)] {
            statements
                .add_change(SET, &[Cell::Int(7), Cell::Text(key), Cell::Real(value)])
                .unwrap();
        }
        let tail = " ON CONFLICT (a, b) DO UPDATE SET c = excluded.c;\n";
        let first =
            format!("INSERT INTO t (a, b, c) VALUES (7, 'x', '1.0'), (7, 'y', '-0.0'){tail}");
        assert_eq!(
            statements.text,
            format!("{first}INSERT INTO t (a, b, c) VALUES (7, 'x', '2.5e-300'){tail}")
        );
    }

    #[test]
    fn rows_do_not_join_over_other_statements() {
        let mut statements = Statements::default();
        let row = [Cell::Int(7), Cell::Null, Cell::Null];
        statements.add_change(SET, &row).unwrap();
        statements.add("SELECT ?1", &[Cell::Int(-1)]).unwrap();
        statements.add_change(SET, &[Cell::Int(8), Cell::Null, Cell::Null]).unwrap();
        assert_eq!(statements.text.matches("INSERT").count(), 2);
        assert!(statements.text.contains("SELECT -1;"));
    }

    #[test]
    fn texts_stay_texts() {
        let mut statements = Statements::default();
        statements.add("SELECT ?1, ?2", &[Cell::Text("it's ?2 \\'; DROP"), Cell::Int(1)]).unwrap();
        assert_eq!(statements.text, "SELECT 'it''s ?2 \\''; DROP', 1;\n");
        assert_eq!(statements.add("SELECT ?1", &[Cell::Text("a\0b")]), Err(HasNul));
    }
}

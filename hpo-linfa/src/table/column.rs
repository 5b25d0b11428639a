//! A column of text cells in one buffer, so that a million rows need no million allocations.

use super::format::{Evidence, Format};
use super::kind::{self, Inference, Kind, Place};

/// A column: its name, its cells as text, and its type.
#[derive(Clone, Debug)]
pub struct Column {
    name: String,
    text: String,
    cells: Vec<Cell>,
    kind: Kind,
    is_set: bool,
    format: Format,
    inference: Inference,
}

/// The place of a cell's text in the buffer of its column; a gap has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    begin: usize,
    /// `u32::MAX` for a gap.
    length: u32,
}

const GAP: Cell = Cell { begin: 0, length: u32::MAX };

impl Column {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: String::new(),
            cells: Vec::new(),
            kind: Kind::Category,
            is_set: false,
            format: Format::default(),
            inference: Inference::default(),
        }
    }

    /// Adds a cell; `None` is a gap.
    pub(crate) fn push(&mut self, cell: Option<&str>) {
        self.cells.push(match cell {
            Some(cell) => {
                let begin = self.text.len();
                self.text.push_str(cell);
                Cell { begin, length: cell.len() as u32 }
            }
            None => GAP,
        });
    }

    /// Sets the type, which is then not inferred.
    pub(crate) fn set_kind(&mut self, kind: Kind) {
        (self.kind, self.is_set) = (kind, true);
    }

    /// Finds the marks of numbers and dates in the cells.
    pub(super) fn evidence(&self) -> Evidence {
        Evidence::new(self.cells().flatten())
    }

    /// Infers the type from the cells in this format.
    pub(super) fn infer(
        &mut self,
        format: Format,
        has_open_dates: bool,
        may_count: bool,
        lines: &[u64],
    ) {
        let set = self.is_set.then_some(self.kind);
        let place = Place { name: &self.name, may_count, set, lines };
        let cells: Vec<Option<&str>> = self.cells().collect();
        let (kind, inference) = kind::infer(place, &cells, &format, has_open_dates);
        (self.kind, self.inference, self.format) = (kind, inference, format);
    }

    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let mut selected = Self { is_set: self.is_set, kind: self.kind, ..Self::new(&self.name) };
        for row in rows {
            selected.push(self.cell(*row));
        }
        selected
    }

    /// Returns the way in which the cells write numbers and dates.
    pub(crate) fn format(&self) -> &Format {
        &self.format
    }

    /// Returns the name of the column.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the type of the column.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns what was found when the type was inferred.
    #[must_use]
    pub fn inference(&self) -> &Inference {
        &self.inference
    }

    /// Returns the text of a cell; `None` for a gap.
    ///
    /// # Panics
    /// If the row does not exist.
    #[must_use]
    pub fn cell(&self, row: usize) -> Option<&str> {
        self.text_of(self.cells[row])
    }

    /// Returns the texts of all cells; `None` for gaps.
    pub fn cells(&self) -> impl Iterator<Item = Option<&str>> + Clone {
        self.cells.iter().map(|cell| self.text_of(*cell))
    }

    fn text_of(&self, cell: Cell) -> Option<&str> {
        (cell != GAP).then(|| &self.text[cell.begin..cell.begin + cell.length as usize])
    }
}

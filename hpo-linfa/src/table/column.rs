//! A column of text cells in one buffer, so that a million rows need no million allocations.

use super::kind::{self, Inference, Kind};
use super::notation::Notation;

/// A column: its name, its cells as text, and its type.
#[derive(Clone, Debug)]
pub struct Column {
    name: String,
    text: String,
    cells: Vec<Cell>,
    kind: Kind,
    is_set: bool,
    notation: Notation,
    /// True if commas separate the cells of the file.
    has_commas: bool,
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
            notation: Notation::default(),
            has_commas: false,
            inference: Inference::default(),
        }
    }

    /// Sets whether commas separate the cells of the file: then no decimal commas are expected.
    pub(crate) fn has_commas(self, has_commas: bool) -> Self {
        Self { has_commas, ..self }
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

    /// Infers the type from the cells. `lines` are the lines of the rows, for notes.
    pub(crate) fn infer(&mut self, lines: &[u64]) {
        let cells: Vec<Option<&str>> = self.cells().collect();
        let found = kind::infer(&self.name, &cells, lines, self.has_commas);
        drop(cells);
        self.notation = found.notation;
        self.inference = found.inference;
        if self.is_set {
            self.inference.gaps -= found.strays.len();
            return;
        }
        self.kind = found.kind;
        found.strays.into_iter().for_each(|row| self.cells[row] = GAP);
    }

    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let Self { is_set, kind, has_commas, .. } = *self;
        let mut selected = Self { is_set, kind, has_commas, ..Self::new(&self.name) };
        for row in rows {
            selected.push(self.cell(*row));
        }
        selected
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

    /// Returns the notation of the numbers.
    pub(crate) fn notation(&self) -> Notation {
        self.notation
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
    pub fn cells(&self) -> impl Iterator<Item = Option<&str>> {
        self.cells.iter().map(|cell| self.text_of(*cell))
    }

    fn text_of(&self, cell: Cell) -> Option<&str> {
        (cell != GAP).then(|| &self.text[cell.begin..cell.begin + cell.length as usize])
    }
}

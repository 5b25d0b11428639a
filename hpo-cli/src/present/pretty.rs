//! Tables for people: rounded numbers, fitted to the width of the terminal.
//!
//! Columns that do not fit are cut: first long texts, then parameters from the last one on, then
//! other columns. A note says how much is missing and which option shows it.

use comfy_table::{
    Attribute, Cell as Field, CellAlignment, Color, ContentArrangement, LineStyle, presets,
};
use hpo_core::report::significant;
use hpo_core::terminal::one_line;
use serde_json::Value as Json;

use super::{Table, in_full};

/// A table as text, with a note about the parts left out.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) hidden: Option<String>,
}

/// The largest widths of texts if the table is too wide, tried one after the other.
const TEXT_WIDTHS: [usize; 3] = [40, 24, 16];
/// The number of columns that are never left out.
const LEAST_COLUMNS: usize = 2;

/// A column prepared for display.
struct Strip {
    index: usize,
    header: String,
    texts: Vec<String>,
    is_numeric: bool,
}

impl Strip {
    /// Returns the width of the column, with a space on both sides and one to the next.
    fn width(&self) -> usize {
        let texts = self.texts.iter().map(|text| letters(text));
        3 + texts.chain([letters(&self.header)]).max().unwrap_or(0)
    }

    fn cut(&mut self, width: usize) {
        for text in &mut self.texts {
            if letters(text) > width {
                *text = text.chars().take(width - 1).chain(['…']).collect();
            }
        }
    }
}

impl Table {
    /// Formats the table. Columns in which all cells are empty are left out, unless they were
    /// requested.
    pub(super) fn pretty(&self, width: Option<usize>, colours: bool, is_chosen: bool) -> Page {
        if self.is_empty() {
            return Page { text: String::new(), hidden: None };
        }
        let tells = |index: usize, value: &Json| {
            !(self.columns[index].is_count && value.as_u64() == Some(0))
        };
        let any = |index: usize| {
            self.rows.iter().any(|row| row[index].as_ref().is_some_and(|value| tells(index, value)))
        };
        let used = |index: &usize| is_chosen || any(*index);
        let indices =
            (0..self.columns.len()).filter(|index| !self.columns[*index].is_detail).filter(used);
        let mut strips: Vec<Strip> = indices.map(|index| self.strip(index)).collect();
        let hidden = width.and_then(|width| self.fit(&mut strips, width));
        Page { text: self.drawn(&strips, colours), hidden }
    }

    fn strip(&self, index: usize) -> Strip {
        let cell = |row: &Vec<super::Cell>| {
            row[index]
                .as_ref()
                .map_or_else(String::new, |value| one_line(rounded(value).trim_end()))
        };
        let is_number = |row: &Vec<super::Cell>| row[index].as_ref().is_none_or(Json::is_number);
        Strip {
            header: one_line(&self.columns[index].name),
            index,
            texts: self.rows.iter().map(cell).collect(),
            is_numeric: self.rows.iter().all(is_number),
        }
    }

    /// Cuts texts and removes columns until the rest fits. Returns a note about what was removed.
    fn fit(&self, strips: &mut Vec<Strip>, width: usize) -> Option<String> {
        let all = strips.len();
        let room = |strips: &[Strip]| -> usize {
            strips.iter().map(Strip::width).sum::<usize>().saturating_sub(1)
        };
        for most in TEXT_WIDTHS {
            if room(strips) > width {
                strips
                    .iter_mut()
                    .filter(|strip| !strip.is_numeric)
                    .for_each(|strip| strip.cut(most));
            }
        }
        let mut taken = Vec::new();
        while room(strips) > width && strips.len() > LEAST_COLUMNS {
            let grouped =
                strips.iter().rposition(|strip| self.columns[strip.index].group.is_some());
            let index = grouped.filter(|index| *index >= LEAST_COLUMNS).unwrap_or(strips.len() - 1);
            taken.push(strips.remove(index).index);
        }
        taken.sort_unstable();
        let names: Vec<String> =
            taken.iter().map(|index| self.columns[*index].full_name()).collect();
        let listed = if names.len() > 4 {
            format!("{}, ..", names[..3].join(", "))
        } else {
            names.join(", ")
        };
        let hidden = taken.len();
        let are = if hidden == 1 { "is" } else { "are" };
        let say = || {
            format!(
                "{hidden} of {all} columns {are} hidden ({listed}): --wide shows all, --columns \
                 chooses"
            )
        };
        (hidden > 0).then(say)
    }

    fn drawn(&self, strips: &[Strip], colours: bool) -> String {
        let mut table = comfy_table::Table::new();
        let style = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
        table
            .load_style(style)
            .set_content_arrangement(ContentArrangement::Disabled)
            .force_no_tty();
        if colours {
            table.enforce_styling();
        }
        let header = |strip: &Strip| Field::new(&strip.header).add_attribute(Attribute::Bold);
        table.set_header(strips.iter().map(header));
        for row in 0..self.rows.len() {
            table.add_row(strips.iter().map(|strip| self.cell(strip, row)));
        }
        for (index, strip) in strips.iter().enumerate() {
            if let (true, Some(column)) = (strip.is_numeric, table.column_mut(index)) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{}\n", table.trim_fmt().trim_end())
    }

    fn cell(&self, strip: &Strip, row: usize) -> Field {
        let text = &strip.texts[row];
        let cell = Field::new(text);
        let colour =
            if self.columns[strip.index].name == "state" { state_colour(text) } else { None };
        match colour {
            Some(colour) => cell.fg(colour),
            None => cell,
        }
    }
}

fn state_colour(state: &str) -> Option<Color> {
    match state {
        "complete" => Some(Color::Green),
        "failed" => Some(Color::Red),
        "pruned" | "paused" => Some(Color::Yellow),
        "running" => Some(Color::Cyan),
        _ => None,
    }
}

fn letters(text: &str) -> usize {
    text.chars().count()
}

/// Rounds a real number to six digits.
fn rounded(value: &Json) -> String {
    let float = value.as_f64().filter(|_| value.is_f64());
    float.map_or_else(|| in_full(value), |float| significant(float, 6))
}

#[cfg(test)]
mod tests {
    use super::super::{Column, number};
    use super::*;

    #[test]
    fn numbers_are_rounded_to_be_read() {
        let cases = [
            (0.0, "0"),
            (-0.25, "-0.25"),
            (1_234.567_891, "1234.57"),
            (123_456.7, "123457"),
            (7.8e-5, "7.8e-5"),
            (f64::INFINITY, "inf"),
        ];
        for (value, text) in cases {
            assert_eq!(rounded(&number(value)), text);
        }
        assert_eq!(rounded(&Json::from(10_000_000)), "10000000");
    }

    fn wide() -> Table {
        let mut columns =
            vec![Column::plain("trial"), Column::plain("state"), Column::plain("value")];
        columns.extend(["rate", "depth", "width"].map(|name| Column::of("params", name)));
        columns.push(Column::plain("message"));
        let mut table = Table::new(columns);
        for trial in 0..2 {
            let mut row = vec![Some(Json::from(trial)), Some(Json::from("failed"))];
            row.extend([0.5, 1.5, 2.5, 3.5].map(|value| Some(number(value))));
            row.push(Some(Json::from(
                "a rather long message\nof two lines\u{1b}[2J, with a code that clears screens",
            )));
            table.push(row);
        }
        table
    }

    #[test]
    fn a_table_fits_and_says_what_it_hides() {
        for width in 24..100 {
            let page = wide().pretty(Some(width), false, false);
            assert!(
                page.text.lines().all(|line| letters(line) <= width),
                "{width}:\n{}",
                page.text
            );
            assert!(page.text.contains("failed"));
            assert_eq!(
                page.hidden.is_some(),
                !page.text.contains("width"),
                "{width}:\n{}",
                page.text
            );
        }
        let hidden = wide().pretty(Some(50), false, false).hidden.unwrap();
        assert_eq!(
            hidden,
            "2 of 7 columns are hidden (params.depth, params.width): --wide shows all, --columns \
             chooses"
        );
        let page = wide().pretty(None, false, false);
        assert!(
            page.hidden.is_none()
                && page.text.contains("that clears screens")
                && !page.text.contains('\u{1b}')
        );
    }

    #[test]
    fn colours_are_there_when_they_are_asked_for() {
        assert!(!wide().pretty(None, false, false).text.contains('\u{1b}'));
        let coloured = wide().pretty(None, true, false).text;
        assert!(
            coloured.contains("\u{1b}[1m")
                && coloured.matches("\u{1b}[38;5;9m failed").count() == 2,
            "{coloured:?}"
        );
    }
}

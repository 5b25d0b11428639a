//! Selection and order of the rows of a table, by the same syntax for every table.

mod condition;

use std::cmp::Ordering;

use anyhow::Result;
use clap::Args;
use serde_json::Value as Json;

use crate::present::{Cell, Table, in_full};

pub(crate) use condition::Condition;
use condition::{Comparison, Operator};

/// Which rows of a table are shown, and in which order.
#[derive(Debug, Args)]
pub(crate) struct Rows {
    /// Show only rows for which this condition holds, such as `value<0.3 and params.lr>=1e-3`; may
    /// be given several times
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<Condition>,
    /// The column to sort by, smallest first; rows without a value in it come last
    #[arg(long, value_name = "COLUMN")]
    pub(crate) sort: Option<String>,
    /// Sort the largest first
    #[arg(long, requires = "sort")]
    pub(crate) desc: bool,
    /// The number of rows to show at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
}

impl Rows {
    /// Keeps the requested rows, in the requested order.
    pub(crate) fn select(&self, table: &mut Table) -> Result<()> {
        for comparison in self.conditions.iter().flat_map(|condition| &condition.0) {
            let position = table.find(&comparison.name)?;
            table
                .rows_mut()
                .retain(|row| row[position].as_ref().is_some_and(|value| comparison.holds(value)));
        }
        if let Some(name) = &self.sort {
            let position = table.find(name)?;
            table.rows_mut().sort_by(|a, b| order(&a[position], &b[position], self.desc));
        }
        if let Some(limit) = self.limit {
            table.rows_mut().truncate(limit as usize);
        }
        Ok(())
    }
}

impl Comparison {
    /// Returns true if a value satisfies the comparison: as numbers if both are numbers, else as
    /// texts.
    fn holds(&self, value: &Json) -> bool {
        let order = match self.literal.number {
            Some(number) => real(value).and_then(|value| value.partial_cmp(&number)),
            // A number and a text have no order.
            None if self.operator.is_order() && value.is_number() => None,
            None => Some(in_full(value).cmp(&self.literal.text)),
        };
        order.map_or(self.operator == Operator::Differs, |order| self.operator.holds(order))
    }
}

/// Returns the number of a cell, where infinities are written as text.
fn real(value: &Json) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// Orders numbers before texts, and rows without a value last, in both directions.
fn order(a: &Cell, b: &Cell, is_descending: bool) -> Ordering {
    let (a, b) = match (a, b) {
        (None, None) => return Ordering::Equal,
        (None, _) => return Ordering::Greater,
        (_, None) => return Ordering::Less,
        (Some(a), Some(b)) => (a, b),
    };
    let order = match (real(a), real(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => in_full(a).cmp(&in_full(b)),
    };
    if is_descending { order.reverse() } else { order }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::Column;

    fn table() -> Table {
        let columns =
            vec![Column::plain("trial"), Column::plain("value"), Column::of("params", "kind")];
        let mut table = Table::new(columns);
        let rows = [
            (Some(Json::from(0.5)), Some("svc")),
            (None, None),
            (Some("-inf".into()), Some("forest")),
            (Some(2.into()), Some("10")),
        ];
        for (trial, (value, kind)) in rows.into_iter().enumerate() {
            table.push(vec![Some(Json::from(trial)), value, kind.map(Json::from)]);
        }
        table
    }

    fn chosen(conditions: &[&str], sort: Option<&str>, desc: bool, limit: Option<u32>) -> Vec<u64> {
        let conditions = conditions.iter().map(|text| text.parse().unwrap()).collect();
        let mut table = table();
        Rows { conditions, sort: sort.map(str::to_owned), desc, limit }.select(&mut table).unwrap();
        table.rows_mut().iter().map(|row| row[0].as_ref().and_then(Json::as_u64).unwrap()).collect()
    }

    #[test]
    fn conditions_choose_rows() {
        assert_eq!(chosen(&["value<1"], None, false, None), [0, 2]);
        assert_eq!(chosen(&["value>=-inf and number>0"], None, false, None), [2, 3]);
        assert_eq!(chosen(&["value<1", "params.kind=svc"], None, false, None), [0]);
        assert_eq!(
            chosen(&["kind!=svc"], None, false, None),
            [2, 3],
            "what is absent has no value that could differ"
        );
        assert_eq!(chosen(&["kind=10"], None, false, None), [3]);
        assert_eq!(chosen(&["kind<'t'"], None, false, None), [0, 2, 3]);
        assert_eq!(
            chosen(&["kind<11"], None, false, None),
            [3],
            "texts stand in no order with numbers"
        );
    }

    #[test]
    fn rows_without_a_value_are_sorted_last() {
        assert_eq!(chosen(&[], Some("value"), false, None), [2, 0, 3, 1]);
        assert_eq!(chosen(&[], Some("value"), true, None), [3, 0, 2, 1]);
        assert_eq!(chosen(&[], Some("kind"), false, Some(2)), [3, 2]);
    }

    #[test]
    fn the_end_of_a_path_is_enough_where_it_is_the_only_one() {
        let names = ["svc.c", "forest.depth", "boost.depth"].map(|name| Column::of("params", name));
        let table = Table::new(names.to_vec());
        assert_eq!(table.find("c").unwrap(), 0);
        assert_eq!(table.find("boost.depth").unwrap(), 2);
        assert!(table.find("depth").is_err() && table.find("epth").is_err());
    }

    #[test]
    fn unknown_columns_are_named() {
        let error = |name: &str| table().find(name).unwrap_err().to_string();
        assert_eq!(error("valeu"), "there is no column `valeu`, did you mean `value`?");
        assert_eq!(
            error("seconds"),
            "there is no column `seconds`; there is `trial`, `value`, `params.kind`"
        );
    }
}

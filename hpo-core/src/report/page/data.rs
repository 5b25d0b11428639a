//! The data of a page as compact JSON: figures in Plotly's form, the table by columns, and the
//! filters. Long lists that occur several times, such as the values of all trials, are stored once:
//! `{"$": 3}` refers to `lists[3]`.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

use crate::numeric::format::{json_number, rounded};
use crate::report::figure::Figure;
use crate::report::{Report, TrialTable, named_figures};
use crate::space::Label;

/// The least length of a list that is stored separately.
const LONG: usize = 16;

/// Returns the data of a page, escaped for use within a `<script>`.
pub(super) fn of(report: &Report) -> String {
    // Within a script, `<` could end the script or begin a comment.
    json(report).to_string().replace('<', "\\u003c")
}

/// Returns the data of a page.
pub(super) fn json(report: &Report) -> Json {
    let mut lists = Lists::default();
    let studies: Vec<Json> = std::iter::once(report)
        .chain(&report.others)
        .map(|one| study(one, report, &mut lists))
        .collect();
    let shared = if report.others.is_empty() {
        Vec::new()
    } else {
        figures(&report.figures, shows_all_studies, &mut lists)
    };
    json!({"studies": studies, "shared": shared, "lists": lists.lists})
}

/// Returns the data of some figures, and of the lists to which they refer.
pub(super) fn of_figures(of: &[Figure]) -> Json {
    let mut lists = Lists::default();
    let figures = figures(of, |_| true, &mut lists);
    json!({"figures": figures, "lists": lists.lists})
}

/// Returns the data of one study. With several studies, the figures that show all of them are left
/// out.
fn study(one: &Report, all: &Report, lists: &mut Lists) -> Json {
    let is_wanted = |figure: &Figure| all.others.is_empty() || !shows_all_studies(figure);
    let figures = figures(&one.figures, is_wanted, lists);
    json!({
        "name": one.overviews.first().map(|overview| &overview.name), "figures": figures,
        "table": lists.keep(table(&one.table)), "filters": one.filters,
    })
}

/// Returns true if the figure shows all studies at once.
fn shows_all_studies(figure: &Figure) -> bool {
    matches!(figure, Figure::History(_) | Figure::Edf(_))
}

fn figures(of: &[Figure], is_wanted: impl Fn(&Figure) -> bool, lists: &mut Lists) -> Vec<Json> {
    let named = named_figures(of).into_iter().filter(|(_, figure)| is_wanted(figure));
    named
        .map(|(name, figure)| {
            let chart = figure.chart();
            let mut plotly = chart.plotly();
            let data = lists.keep(plotly["data"].take());
            let mut layout = lists.keep(plotly["layout"].take());
            if let Some(layout) = layout.as_object_mut() {
                layout.remove("title");
            }
            json!({
                "name": name, "kind": figure.kind(), "title": chart.title, "notes": chart.notes,
                "data": data, "layout": layout,
            })
        })
        .collect()
}

/// The long lists of a page, each stored once.
#[derive(Default)]
struct Lists {
    lists: Vec<Json>,
    indices: HashMap<String, usize>,
}

impl Lists {
    /// Replaces long lists of scalars by references, and rounds numbers to seven digits: no screen
    /// shows more.
    fn keep(&mut self, json: Json) -> Json {
        match json {
            Json::Object(members) => Json::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name, self.keep(value)))
                    .collect::<Map<_, _>>(),
            ),
            Json::Array(items) if items.iter().any(|item| item.is_array() || item.is_object()) => {
                Json::Array(items.into_iter().map(|item| self.keep(item)).collect())
            }
            Json::Array(items) => {
                let list = Json::Array(items.into_iter().map(seven_digits).collect());
                if list.as_array().is_none_or(|items| items.len() < LONG) {
                    return list;
                }
                let list = if list[0].is_string() { as_categories(&list) } else { list };
                let index = *self.indices.entry(list.to_string()).or_insert_with(|| {
                    self.lists.push(list);
                    self.lists.len() - 1
                });
                json!({"$": index})
            }
            scalar => scalar,
        }
    }
}

/// Returns a list of words as indices into its distinct words, since most words occur several
/// times.
fn as_categories(list: &Json) -> Json {
    let (mut words, mut indices): (Vec<&Json>, HashMap<&Json, usize>) =
        (Vec::new(), HashMap::new());
    let index = |word| {
        *indices.entry(word).or_insert_with(|| {
            words.push(word);
            words.len() - 1
        })
    };
    let of: Vec<usize> = list.as_array().into_iter().flatten().map(index).collect();
    json!({"words": words, "of": of})
}

/// Returns a number rounded to seven digits, and a whole number without a decimal point.
fn seven_digits(json: Json) -> Json {
    let Some(number) = json.as_f64().filter(|_| json.is_f64()) else {
        return json;
    };
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Json::from(number as i64);
    }
    Json::from(rounded(number, 7))
}

/// Returns the table by columns: numbers as they are, and texts as indices into their distinct
/// values.
pub(super) fn table(table: &TrialTable) -> Json {
    let rows = &table.rows;
    let mut columns =
        vec![json!({"name": "trial", "of": rows.iter().map(|row| row.number).collect::<Vec<_>>()})];
    columns.push(categories("state", rows.iter().map(|row| Some(row.state.to_string()))));
    for (objective, name) in table.values.iter().enumerate() {
        columns.push(numbers(name, rows.iter().map(|row| row.values.get(objective).copied())));
    }
    columns.push(numbers("seconds", rows.iter().map(|row| row.seconds)));
    for (index, path) in table.params.iter().enumerate() {
        let labels = || rows.iter().map(|row| row.params[index].as_ref());
        let are_numbers = labels().flatten().all(|label| number(label).is_some());
        columns.push(if are_numbers {
            numbers(path, labels().map(|label| label.and_then(number)))
        } else {
            categories(path, labels().map(|label| label.map(ToString::to_string)))
        });
    }
    for (index, name) in table.constraints.iter().enumerate() {
        columns.push(numbers(name, rows.iter().map(|row| row.constraints[index])));
    }
    if rows.iter().any(|row| row.message.is_some()) {
        columns.push(categories("message", rows.iter().map(|row| row.message.clone())));
    }
    json!({"columns": columns, "of": table.of})
}

fn number(label: &Label) -> Option<f64> {
    match label {
        Label::Int(integer) => Some(*integer as f64),
        Label::Float(float) => Some(*float),
        _ => None,
    }
}

/// Returns a column of numbers. Infinities become text, as JSON cannot represent them.
fn numbers(name: &str, values: impl Iterator<Item = Option<f64>>) -> Json {
    let values: Vec<_> = values.map(|value| value.map_or(Json::Null, json_number)).collect();
    json!({"name": name, "of": values})
}

fn categories(name: &str, values: impl Iterator<Item = Option<String>>) -> Json {
    let (mut known, mut indices): (Vec<String>, HashMap<String, usize>) =
        (Vec::new(), HashMap::new());
    let of: Vec<Option<usize>> = values
        .map(|value| {
            let value = value?;
            Some(*indices.entry(value.clone()).or_insert_with(|| {
                known.push(value);
                known.len() - 1
            }))
        })
        .collect();
    json!({"name": name, "words": known, "of": of})
}

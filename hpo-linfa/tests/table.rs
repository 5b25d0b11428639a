//! Tables from CSV files: what is inferred, and which errors name the line.

#![allow(clippy::format_push_string, reason = "tables of tests are written line by line")]

use hpo_linfa::Table;
use hpo_linfa::features::{Learning, Targets};
use hpo_linfa::table::{Kind, TableError};

fn table(text: &str) -> Table {
    Table::from_csv_text(text).unwrap()
}

fn error(text: &str) -> String {
    Table::from_csv_text(text).unwrap_err().to_string()
}

fn kinds(table: &Table) -> Vec<Kind> {
    table.columns().iter().map(hpo_linfa::table::Column::kind).collect()
}

#[test]
fn types_are_inferred_from_the_cells() {
    let table = table(
        "age,smoker,city,born,price\n31,yes,Bern,1990-01-31,5.5\nNA,no,Rome,1985-06-01,\n58,yes,\"Bern, west\",2001-12-24,-6e1\n",
    );
    let expected = [Kind::Number, Kind::Flag, Kind::Category, Kind::Date, Kind::Number];
    assert_eq!(kinds(&table), expected);
    assert_eq!(table.column("age").unwrap().inference().gaps, 1);
    assert_eq!(table.column("city").unwrap().cell(2), Some("Bern, west"));
    assert!(table.describe().contains("smoker"), "{}", table.describe());
}

#[test]
fn delimiter_header_and_decimal_comma_are_sniffed() {
    let semicolons = table("size;price\n3,5;7\n4,25;8\n");
    assert_eq!(kinds(&semicolons), [Kind::Number, Kind::Number]);
    let tabs = table("1\t2.5\tx\n3\t4.5\ty\n");
    assert!(!tabs.has_header());
    assert_eq!(tabs.columns()[2].name(), "column3");
    assert_eq!(tabs.rows(), 2);
    assert_eq!(table("\u{FEFF}a|b\n1|2\n").columns()[0].name(), "a");
}

#[test]
fn columns_that_name_the_rows_are_identifiers() {
    let mut text = "n,name,age\n".to_owned();
    (0..30).for_each(|row| text += &format!("{row},person {row},{}\n", row % 7));
    assert_eq!(kinds(&table(&text)), [Kind::Identifier, Kind::Identifier, Kind::Number]);
    let target = table(&text).target("age").unwrap_err().to_string();
    assert!(target.contains("no column is left") && target.contains("names the rows"), "{target}");
}

#[test]
fn quoted_cells_may_contain_delimiters_and_line_ends() {
    let table = table("a,b\n\"x, y\",\"two\nlines\"\nz,w\n");
    assert_eq!(table.columns()[1].cell(0), Some("two\nlines"));
    assert_eq!((table.line(0), table.line(1)), (2, 4));
}

#[test]
fn a_ragged_row_is_an_error_with_its_line() {
    assert_eq!(
        error("a,b,c\n1,2,3\n4,5\n"),
        "line 3 has 2 cells, the header has 3: a cell that contains the delimiter `,` needs quotes"
    );
}

#[test]
fn files_that_are_no_tables_are_errors() {
    assert!(error("").contains("empty"));
    assert_eq!(error("a,b\n"), "the table has no rows");
    assert_eq!(error("a,b,a\n1,2,3\n"), "columns 1 and 3 are both called `a`: rename one of them");
    let latin = Table::csv().parse(b"a,b\n1,caf\xE9\n").unwrap_err().to_string();
    assert!(latin.starts_with("line 2, column 2 is not UTF-8"), "{latin}");
    let missing = Table::from_csv("no/such/file.csv").unwrap_err();
    assert!(matches!(missing, TableError::File { .. }));
}

#[test]
fn a_text_among_numbers_is_told_with_its_line() {
    let mut text = "a,b\n".to_owned();
    (0..40).for_each(|row| text += &format!("{},{}\n", row % 9, row % 2));
    let table = table(&(text + "unknown,1\n"));
    let note = table.columns()[0].inference().note.clone().unwrap();
    assert!(note.contains("line 42 has `unknown`"), "{note}");
}

#[test]
fn a_target_is_found_by_its_name_and_its_values() {
    let table = table("x,vote,grade,price\n1,yes,3,1.5\n2,no,1,2.5\n3,,10,3.5\n");
    assert_eq!(
        table.target("vtoe").unwrap_err().to_string(),
        "there is no column `vtoe`, did you mean `vote`?"
    );
    let vote = table.target("vote").unwrap();
    assert_eq!(vote.targets(), &Targets::Classes { codes: vec![1, 0], count: 2 });
    assert_eq!(vote.notes()[0], "1 row without a value of `vote` left out, first line 4");
    assert_eq!(vote.notes()[1], "the class `no` has a single row: it cannot be validated");
    let grade = table.learning("grade", Learning::Classification).unwrap();
    assert_eq!(grade.target().labels, ["1", "3", "10"]);
    assert_eq!(table.target("grade").unwrap().learning(), Learning::Regression, "one row each");
    assert_eq!(table.target("price").unwrap().learning(), Learning::Regression);
    let numbers = table.learning("grade", Learning::Regression).unwrap();
    assert_eq!(numbers.targets(), &Targets::Numbers(vec![3.0, 1.0, 10.0]));
    let text = table.learning("vote", Learning::Regression).unwrap_err().to_string();
    assert!(text.starts_with("line 2, column `vote`: `yes` is no number"), "{text}");
}

#[test]
fn targets_that_cannot_be_learned_are_errors() {
    let said = |text: &str| table(text).target("y").unwrap_err().to_string();
    assert!(said("x,y\n1,a\n2,a\n").contains("only the class `a`"));
    assert!(said("x,y\n1,\n2,\n").contains("has no values"));
    assert!(said("y\n1\n2\n").contains("the table has only the target"));
    let constant = table("x,y\n1,5\n2,5\n").learning("y", Learning::Regression).unwrap_err();
    assert!(constant.to_string().contains("single value"));
    let mut text = "x,y\n".to_owned();
    (0..30).for_each(|row| text += &format!("{},name {row}\n", row % 3));
    assert!(said(&text).contains("30 classes in 30 rows"));
}

#[test]
fn constant_columns_and_columns_of_gaps_are_left_out() {
    let training = table("a,b,c,y\n1,5,,0\n2,5,,1\n3,5,,0\n").target("y").unwrap();
    let said: Vec<String> =
        training.schema().columns().iter().map(hpo_linfa::schema::ColumnSchema::describe).collect();
    assert_eq!(
        said,
        ["`a`: number", "`b`: left out (a single value)", "`c`: left out (no values)"]
    );
    assert_eq!(training.features().columns.len(), 1);
}

#[test]
fn unknown_categories_and_surplus_columns_are_told() {
    let training = table("city,y\nBern,1\nRome,0\n").target("y").unwrap();
    let new = table("city,more\nOslo,1\nRome,2\n");
    let encoded = training.schema().encode(&new, "y").unwrap();
    assert!(encoded.features.columns[0].values[0].is_nan());
    assert_eq!(encoded.features.columns[0].values[1], 1.0);
    assert!(encoded.notes[0].contains("first `Oslo` in line 2"), "{:?}", encoded.notes);
    assert!(encoded.notes[1].contains("`more`"), "{:?}", encoded.notes);
    let missing = training.schema().encode(&table("ctiy\nBern\n"), "y").unwrap_err().to_string();
    assert_eq!(missing, "there is no column `city`, did you mean `ctiy`?");
}

#[test]
fn a_count_that_was_only_0_or_1_in_training_may_be_2_later() {
    let training = table("n,y\n0,1.5\n1,2.5\n0,3.5\n").target("y").unwrap();
    let encoded = training.schema().encode(&table("n\n2\n1\n"), "y").unwrap();
    assert_eq!(encoded.features.columns[0].values, [2.0, 1.0]);
    let text = training.schema().encode(&table("n\nmany\n"), "y").unwrap_err().to_string();
    assert_eq!(text, "line 2, column `n`: `many` is no flag");
}

#[test]
fn ten_thousand_categories_are_read() {
    let mut text = "x,code\n".to_owned();
    (0..20_000).for_each(|row| text += &format!("{row}.5,c{}\n", row % 10_000));
    let training = table(&text).target("x").unwrap();
    assert_eq!(training.features().columns[0].categories, Some(10_000));
}

#[test]
fn an_array_becomes_a_table_with_every_bit() {
    let numbers = ndarray::array![[0.1, f64::NAN], [1.0 / 3.0, 2e-300]];
    let training = Table::from_array(&["a", "b"], &numbers).unwrap();
    let encoded = hpo_linfa::schema::Schema::fit_model(&training, "none").unwrap();
    let features = encoded.encode(&training, "none").unwrap().features;
    assert_eq!(features.columns[0].values, [0.1, 1.0 / 3.0]);
    assert_eq!(features.columns[1].values[1], 2e-300);
}

#[cfg(feature = "parquet")]
#[test]
fn a_parquet_file_is_a_table_as_well() {
    use hpo_core::prelude::*;

    #[derive(Debug, Clone, SearchSpace)]
    struct Net {
        #[search_space(range = 0.5..=4.0)]
        rate: f64,
        #[search_space(choices = ["relu", "tanh"])]
        activation: &'static str,
    }
    let study = hpo_core::Study::<Net>::minimize().seed(1).run(20, |net| net.rate).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.parquet");
    study.table().unwrap().write_parquet(std::fs::File::create(&path).unwrap()).unwrap();
    let read = Table::from_parquet(&path).unwrap();
    assert_eq!(read.rows(), 20);
    let rate = read.column("params.rate").unwrap();
    assert_eq!(rate.kind(), Kind::Number);
    let first: f64 = rate.cell(0).unwrap().parse().unwrap();
    let Some(hpo_core::space::Label::Float(own)) = study.table().unwrap().rows[0].params[0] else {
        panic!("a number")
    };
    assert_eq!(first.to_bits(), own.to_bits());
    assert_eq!(read.column("params.activation").unwrap().kind(), Kind::Category);
    assert_eq!(read.column("message").unwrap().inference().distinct, 0, "null is a gap");
    std::fs::write(&path, b"PAR1 and no more").unwrap();
    let said = Table::from_parquet(&path).unwrap_err().to_string();
    assert!(said.starts_with("the Parquet file cannot be read: "), "{said}");
}

#[test]
fn a_stray_word_in_a_column_of_numbers_is_a_gap_and_told() {
    let cell = |row: u32| if row == 41 { "unknown".to_owned() } else { format!("{}.5", row * 7) };
    for stray in ["unknown", "inf", "1e400"] {
        let rows =
            (0..100).map(|row| format!("{},{}\n", cell(row).replace("unknown", stray), row % 3));
        let table = table(&format!("a,b\n{}", rows.collect::<String>()));
        let column = table.column("a").unwrap();
        assert_eq!(column.kind(), Kind::Number, "{stray}");
        assert_eq!((column.inference().gaps, column.cell(41)), (1, None));
        let note = column.inference().note.clone().unwrap();
        assert!(note.contains(&format!("first `{stray}` in line 43")), "{note}");
    }
    let rows = (0..100).map(|row| format!("{},{}\n", cell(row), row % 3)).collect::<String>();
    let text = Table::csv().kind("a", Kind::Category).parse(format!("a,b\n{rows}").as_bytes());
    assert_eq!(text.unwrap().column("a").unwrap().cell(41), Some("unknown"), "the type was set");
}

#[test]
fn signs_of_currencies_and_thousands_are_read_and_kept_with_the_model() {
    let rows = (0..60).map(|row| {
        let income = match 200 + row * 37 {
            less @ 0..1000 => less.to_string(),
            more => format!("\"{},{:03}\"", more / 1000, more % 1000),
        };
        format!("{income},${row}.5,{}\n", row % 7)
    });
    let training = table(&format!("income,price,y\n{}", rows.collect::<String>()));
    assert_eq!(kinds(&training), [Kind::Number, Kind::Number, Kind::Number]);
    let training = training.learning("y", Learning::Regression).unwrap();
    assert_eq!(training.features().columns[0].values[59], 200.0 + 59.0 * 37.0);
    assert_eq!(training.features().columns[1].values[2], 2.5);
    // A table of one row does not tell its notation: the model does.
    let new = table("income,price\n\"1,050\",$2\n");
    let encoded = training.schema().encode(&new, "y").unwrap();
    assert_eq!(encoded.features.columns[0].values, [1050.0]);
}

#[test]
fn words_of_gaps_are_kept_with_the_model() {
    let rows = (0..30).map(|row| format!("{},{row}.5\n", if row % 3 == 0 { -99 } else { row }));
    let text = format!("a,y\n{}", rows.collect::<String>());
    let training = Table::csv().gaps(["", "-99"]).parse(text.as_bytes()).unwrap();
    let training = training.target("y").unwrap();
    let encoded = training.schema().encode(&table("a\n-99\n5\n"), "y").unwrap();
    assert!(encoded.features.columns[0].values[0].is_nan());
    assert_eq!(encoded.features.columns[0].values[1], 5.0);
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_with_its_line() {
    assert_eq!(
        error("a,b\n1,x\n2,\"y\n3,z\n4,w\n"),
        "line 3 opens a quoted cell that is never closed: close it, or double the quote"
    );
    let quotes = table("a,b\n\"x \"\"y\"\"\",1\n5\" wide,2\n\"\",3\n");
    assert_eq!(quotes.columns()[0].cell(0), Some("x \"y\""));
    assert_eq!(quotes.columns()[0].cell(1), Some("5\" wide"));
}

#[test]
fn lines_are_counted_with_any_line_end_and_after_blank_lines() {
    assert!(error("a,b,c\r\n1,2,3\r\n4,5\r\n").starts_with("line 3 has 2 cells"));
    assert!(error("a,b,c\n1,2,3\n\n\n4,5\n").starts_with("line 5 has 2 cells"));
    let windows = table("a,b\r\nx,1\r\ny,2\r\n");
    assert_eq!((windows.line(0), windows.line(1)), (2, 3));
}

#[test]
fn years_are_numbers_although_they_count_the_rows() {
    let rows = (1920..1980).map(|year| format!("{year},{}\n", year % 7)).collect::<String>();
    assert_eq!(kinds(&table(&format!("year,b\n{rows}")))[0], Kind::Number);
    let rows = (1..60).map(|row| format!("{row},{}\n", row % 7)).collect::<String>();
    assert_eq!(kinds(&table(&format!("n,b\n{rows}")))[0], Kind::Identifier);
}

#[test]
fn too_many_classes_are_an_error() {
    let rows = (0..900).map(|row| format!("{},class {}\n", row % 7, row % 300));
    let said = table(&format!("a,y\n{}", rows.collect::<String>())).target("y").unwrap_err();
    assert!(said.to_string().contains("has 300 classes, at most 200 are learned"), "{said}");
}

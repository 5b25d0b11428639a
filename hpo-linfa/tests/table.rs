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
fn a_text_among_numbers_is_a_gap_and_told_with_its_line() {
    let mut text = "a,b\n".to_owned();
    (0..40).for_each(|row| text += &format!("{},{}\n", row % 9, row % 2));
    let table = table(&(text + "unknown,1\n"));
    let note = table.columns()[0].inference().note.clone().unwrap();
    assert_eq!(
        note,
        "1 of 41 cells is no number, line 42 has `unknown`: taken as a gap; \
         `--type \"a=category\"` keeps the text"
    );
    assert_eq!(table.columns()[0].kind(), Kind::Number);
    let training = table.target("b").unwrap();
    assert!(training.features().columns[0].values[40].is_nan());
    let told = |text: &str| training.schema().encode(&Table::from_csv_text(text).unwrap(), "b");
    assert!(told("a\nunknown\n3\n").unwrap().features.columns[0].values[0].is_nan());
    let other = told("a\nlarge\n").unwrap_err().to_string();
    assert_eq!(other, "line 2, column `a`: `large` is no number");
}

#[test]
fn a_target_is_found_by_its_name_and_its_values() {
    let rows = "1,yes,3,1.5\n2,no,1,2.5\n3,,10,3.5\n4,no,3,4.5\n5,no,1,5.5\n6,no,10,6.5\n";
    let table = table(&format!("x,vote,grade,price\n{rows}7,no,3,7.5\n8,no,1,8.5\n9,no,1,9.5\n"));
    assert_eq!(
        table.target("vtoe").unwrap_err().to_string(),
        "there is no column `vtoe`, did you mean `vote`?"
    );
    let vote = table.target("vote").unwrap();
    let codes = vec![1, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(vote.targets(), &Targets::Classes { codes, count: 2 });
    assert_eq!(vote.notes()[0], "1 row without a value of `vote` left out, first line 4");
    assert_eq!(vote.notes()[1], "the class `yes` has a single row: it cannot be validated");
    assert_eq!(table.target("grade").unwrap().target().labels, ["1", "3", "10"]);
    assert_eq!(table.target("price").unwrap().learning(), Learning::Regression);
    let numbers = table.learning("grade", Learning::Regression).unwrap();
    let grades = vec![3.0, 1.0, 10.0, 3.0, 1.0, 10.0, 3.0, 1.0, 1.0];
    assert_eq!(numbers.targets(), &Targets::Numbers(grades));
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

/// A table of 40 rows: a column of these cells, which repeat, another number and a target.
fn with_column(cells: &[&str]) -> Table {
    let mut text = "other;a;y\n".to_owned();
    (0..40).for_each(|row| {
        text += &format!("{}.5;{};{row}.5\n", row * 7 % 11, cells[row % cells.len()]);
    });
    Table::csv().delimiter(b';').parse(text.as_bytes()).unwrap()
}

fn values(table: &Table) -> Vec<f64> {
    table.target("y").unwrap().features().columns[1].values.clone()
}

#[test]
fn numbers_stay_numbers_with_stray_words_currencies_units_and_marks_of_thousands() {
    let distinct = |form: &dyn Fn(usize) -> String| {
        let cells: Vec<String> = (0..40).map(form).collect();
        with_column(&cells.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let stray = ["unknown", "inf", "1e400"]
        .map(|word| distinct(&|row| if row == 7 { word.to_owned() } else { format!("{row}.25") }));
    for table in &stray {
        let column = &table.columns()[1];
        assert_eq!((column.kind(), column.inference().odd), (Kind::Number, 1));
        assert!(column.inference().note.as_ref().unwrap().contains("line 9 has"));
        assert!(values(table)[7].is_nan() && values(table)[8] == 8.25);
    }
    assert_eq!(values(&distinct(&|row| format!("${row}.25")))[3], 3.25);
    assert_eq!(values(&distinct(&|row| format!("{row}.25 %")))[3], 3.25);
    let german = distinct(&|row| format!("1.{row:03},50"));
    assert_eq!(values(&german)[3], 1003.5);
    let american = distinct(&|row| format!("1,{row:03}.50"));
    assert_eq!(values(&american)[3], 1003.5);
    assert!(german.describe().contains("`1.000,50` is read as 1000.5"), "{}", german.describe());
}

#[test]
fn thousands_in_a_file_of_commas_are_no_fractions() {
    let table = table("income,y\n\"1,050\",1.5\n950,2.5\n\"2,000\",3.5\n");
    assert_eq!(table.target("y").unwrap().features().columns[0].values, [1050.0, 950.0, 2000.0]);
    // Another table leaves the meaning open: that of the training decides.
    let new = Table::from_csv_text("income\n\"3,500\"\n").unwrap();
    let encoded = table.target("y").unwrap().schema().encode(&new, "y").unwrap();
    assert_eq!(encoded.features.columns[0].values, [3500.0]);
}

#[test]
fn the_decimal_mark_of_other_columns_decides_where_one_is_open() {
    let table = table("salary;rate;y\n3.500;2,5;1,25\n4.000;3,5;2,5\n");
    assert_eq!(table.target("y").unwrap().features().columns[0].values, [3500.0, 4000.0]);
}

#[test]
fn dates_in_either_order_are_read_if_the_column_shows_which() {
    let american = with_column(&["01/02/2026", "12/31/2025"]);
    assert_eq!(american.columns()[1].kind(), Kind::Date);
    let days = &american.target("y").unwrap().features().columns[3].values.clone();
    assert_eq!(days[0] - days[1], 2.0);
    assert_eq!(with_column(&["01-02-2026", "31-12-2025"]).columns()[1].kind(), Kind::Date);
    let open = with_column(&["01/02/2026", "03/04/2025"]);
    assert_eq!(open.columns()[1].kind(), Kind::Category);
    assert!(open.describe().contains("day or month may come first"), "{}", open.describe());
}

#[test]
fn whole_numbers_are_identifiers_only_by_their_name_or_as_a_first_column_that_counts() {
    let kind = |header: &str, first: usize| {
        let mut text = format!("{header}\n");
        (0..30).for_each(|row| text += &format!("{},{row}.5,{row}.25\n", row + first));
        table(&text).columns()[0].kind()
    };
    assert_eq!(kind("n,a,y", 1), Kind::Identifier);
    assert_eq!(kind(",a,y", 0), Kind::Identifier);
    assert_eq!(kind("year,a,y", 1920), Kind::Number);
    assert_eq!(kind("customer_id,a,y", 1920), Kind::Identifier);
    let mut text = "x,y\n".to_owned();
    (1..=100).for_each(|row| text += &format!("{row},{}.5\n", 2 * row));
    assert_eq!(table(&text).target("y").unwrap().features().columns.len(), 1);
    let mut text = "x,id\n".to_owned();
    (0..30).for_each(|row| text += &format!("{row}.5,{}\n", row * 3));
    let said = table(&text).target("x").unwrap_err().to_string();
    assert!(said.contains("`--type \"id=number\"` keeps it"), "{said}");
}

#[test]
fn an_open_quote_is_an_error_with_its_line() {
    for end in ["\n", "\r\n"] {
        let text = ["a,b", "1,x", "2,\"y", "3,z", ""].join(end);
        assert!(error(&text).starts_with("line 3: a cell opens with a quote"), "{}", error(&text));
    }
    assert_eq!(table("a,b\n1,\"x\"\"\"\n2,y\"z\n").rows(), 2);
}

#[test]
fn lines_are_those_of_an_editor_with_all_line_ends_and_after_blank_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let said = error(&["a,b,c", "1,2,3", "4,5", ""].join(end));
        assert!(said.starts_with("line 3 has 2 cells"), "{end:?}: {said}");
        let said = error(&["a,b,c", "1,2,3", "", "", "4,5"].join(end));
        assert!(said.starts_with("line 5 has 2 cells"), "{end:?}: {said}");
    }
    assert_eq!(error("\u{FEFF}\n\na,b\n1\n").split(" has").next(), Some("line 4"));
}

#[test]
fn headers_of_numbers_are_found_by_what_is_below() {
    assert_eq!(table("country,2019,2020,y\nc,1,2,3\nd,,5,6\n").columns()[1].name(), "2019");
    assert_eq!(table("0,1,2\n1.5,2.5,3.5\n").columns()[2].name(), "2");
    assert_eq!(table("0,9\na,b\nc,d\n").columns()[1].name(), "9");
    assert!(!table("1.5,x\n2.5,y\n").has_header());
    assert!(!table("NA,2\n1,3\n").has_header());
    assert!(Table::csv().header(true).parse(b"1,2\n3,4\n").unwrap().has_header());
    let utf16 = Table::csv().parse(b"\xFF\xFEa\0").unwrap_err().to_string();
    assert!(utf16.contains("UTF-16"), "{utf16}");
}

#[test]
fn one_class_may_be_written_in_several_ways() {
    let mut text = "x,y,z\n".to_owned();
    (0..40).for_each(|row| {
        let (y, z) = (["1", "1.0", "0", "2.0"][row % 4], ["Yes", "no", "yes", "No"][row % 4]);
        text += &format!("{row}.5,{y},{z}\n");
    });
    let numbers = table(&text).target("y").unwrap();
    assert_eq!(numbers.target().labels, ["0", "1", "2.0"]);
    assert!(numbers.notes()[0].contains("taken for classes"), "{:?}", numbers.notes());
    let words = table(&text).target("z").unwrap();
    assert_eq!(words.target().labels, ["Yes", "no"]);
    let Targets::Classes { codes, .. } = words.targets() else { panic!("no classes") };
    assert_eq!(codes[..4], [0, 1, 0, 1]);
    let zips = Table::csv().kind("zip", Kind::Category).parse(b"zip,y\n1,0\n2,1\n").unwrap();
    let new = table("zip\n2.0\n");
    let encoded = zips.target("y").unwrap().schema().encode(&new, "y").unwrap();
    assert_eq!(encoded.features.columns[0].values, [1.0]);
}

#[test]
fn whole_numbers_that_hardly_repeat_are_a_regression() {
    let mut text = "size,rent\n".to_owned();
    (0..15).for_each(|row| text += &format!("{},{}\n", 20 + row * 5, 400 + row * 61));
    assert_eq!(table(&text).target("rent").unwrap().learning(), Learning::Regression);
}

#[test]
fn many_classes_are_told_and_too_many_are_an_error() {
    let text = |classes: usize, rows: usize| {
        let mut text = "x,y\n".to_owned();
        (0..rows).for_each(|row| text += &format!("{row}.5,c{}\n", row % classes));
        text
    };
    let many = table(&text(150, 900)).target("y").unwrap();
    assert!(many.notes()[0].starts_with("150 classes are many"), "{:?}", many.notes());
    for (classes, rows) in [(600, 1000), (1200, 5000)] {
        let said = table(&text(classes, rows)).target("y").unwrap_err().to_string();
        assert!(said.contains("`--task regression`"), "{said}");
    }
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

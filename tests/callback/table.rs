//! The table: what it shows, in what order, how often, and how wide.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hpo_core::callback::TableBuilder;
use hpo_core::callback::{RunEvent, Table};
use hpo_core::prelude::*;
use hpo_core::space::Params;

use super::{EventFeed, Net, warnings};

/// Keeps what is written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A table that is shown at every notice.
fn at_once(paper: &Paper) -> TableBuilder {
    Table::builder().every(Duration::ZERO).output(paper.clone())
}

/// The lines of a text as lists of words.
fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn the_best_stands_first_and_the_running_last() {
    let paper = Paper::default();
    let table = at_once(&paper).parameters(["units", "optimizer.Sgd.momentum"]).build().unwrap();
    let mut feed = EventFeed::minimize(&table);
    let _ = feed.end(&Net::sgd(), &[0.5]);
    let _ = feed.end(&Net::adam(), &[0.25]);
    let _ = feed.fail("broken");
    let _ = feed.start(3, &Net::sgd());
    let _ = feed.log(3, 0, &[("loss", 2.0), ("auc", 0.7)]);
    paper.take();
    let _ = feed.log(3, 4, &[("loss", 0.125)]);
    let text = paper.take();
    let lines = words(&text);
    let summary = "told: 3 of 100 trials, in this run 2 complete, 0 pruned, 1 failed; 1 running, 0 paused; 0 s";
    assert_eq!(text.lines().next(), Some(summary));
    assert_eq!(
        lines[1],
        [
            "trial",
            "state",
            "value",
            "step",
            "auc",
            "loss",
            "seconds",
            "units",
            "optimizer.Sgd.momentum"
        ]
    );
    assert_eq!(lines[2], ["1", "complete", "0.2500", "0.0", "16"]);
    assert_eq!(lines[3], ["0", "complete", "0.5000", "0.0", "64", "0.5000"]);
    assert_eq!(lines[4], ["3", "running", "4", "0.7000", "0.1250", "0.0", "64", "0.5000"]);
    assert_eq!(lines.len(), 5);
}

#[test]
fn large_is_best_where_that_is_asked_for() {
    let paper = Paper::default();
    let table = at_once(&paper).parameters(["units"]).build().unwrap();
    let mut feed = EventFeed::begin(&table, &[Direction::Maximize]);
    for value in [0.5, 0.75, 0.25] {
        paper.take();
        let _ = feed.end(&Net::sgd(), &[value]);
    }
    let text = paper.take();
    assert_eq!(words(&text)[2..].iter().map(|row| row[0]).collect::<Vec<_>>(), ["1", "0", "2"]);
}

#[test]
fn rows_are_bounded_and_the_rest_is_counted() {
    let paper = Paper::default();
    let table = at_once(&paper).max_rows(2).parameters(["units"]).build().unwrap();
    let mut feed = EventFeed::minimize(&table);
    for value in [5.0, 1.0, 4.0, 2.0, 3.0] {
        let _ = feed.end(&Net::sgd(), &[value]);
    }
    for number in 5..8 {
        paper.take();
        let _ = feed.start(number, &Net::sgd());
    }
    let text = paper.take();
    let lines = words(&text);
    let numbers: Vec<&str> = lines[2..6].iter().map(|row| row[0]).collect();
    assert_eq!(numbers, ["1", "3", "5", "6"]);
    assert_eq!(
        text.lines().skip(6).collect::<Vec<_>>(),
        ["and 3 more complete", "and 1 more running"]
    );
}

#[test]
fn what_breaks_its_constraints_is_counted_and_not_shown() {
    let paper = Paper::default();
    let table = at_once(&paper).max_rows(2).parameters(["units"]).build().unwrap();
    let study = Study::<Net>::minimize().callback(table).seed(1).open().unwrap();
    let by = [-1.0, 0.5, 0.0, -1.0, 2.0];
    study
        .optimize(5, |_, trial| {
            let number = trial.number();
            trial.constraint("memory", by[number as usize])?;
            paper.take();
            Ok::<_, TrialError>(-(number as f64))
        })
        .unwrap();
    let text = paper.take();
    let last = text.split("study: ").last().unwrap();
    assert!(
        last.starts_with("5 of 5 trials, in this run 5 complete (2 infeasible), 0 pruned"),
        "{last}"
    );
    let rows: Vec<&str> = last.lines().skip(2).map(str::trim).collect();
    assert!(
        rows[0].starts_with("3  ")
            && rows[1].starts_with("2  ")
            && rows[2] == "and 1 more complete",
        "{last}"
    );
}

#[test]
fn of_several_objectives_the_undominated_are_shown() {
    let paper = Paper::default();
    let table = at_once(&paper).parameters(["units"]).build().unwrap();
    let mut feed = EventFeed::begin(&table, &[Direction::Minimize, Direction::Maximize]);
    for values in [[1.0, 1.0], [2.0, 0.5], [2.0, 2.0], [0.5, 1.0]] {
        paper.take();
        let _ = feed.end(&Net::sgd(), &values);
    }
    let text = paper.take();
    let lines = words(&text);
    assert_eq!(lines[1], ["trial", "state", "value", "0", "value", "1", "seconds", "units"]);
    assert_eq!(lines[2..].iter().map(|row| row[0]).collect::<Vec<_>>(), ["2", "3"]);
}

#[test]
fn columns_that_are_too_wide_are_named() {
    let paper = Paper::default();
    let table = at_once(&paper).width(48).build().unwrap();
    let mut feed = EventFeed::minimize(&table);
    let _ = feed.end(&Net::sgd(), &[1.0]);
    let text = paper.take();
    let lines = words(&text);
    assert_eq!(lines[1], ["trial", "state", "value", "seconds", "rate", "bias"]);
    assert_eq!(lines[2], ["0", "complete", "1.0000", "0.0", "0.010000", "true"]);
    assert!(text.lines().skip(1).take(2).all(|line| line.chars().count() <= 48), "{text}");
    assert_eq!(
        text.lines().nth(3),
        Some("too wide to show: how, then, optimizer, optimizer.Sgd.momentum, units")
    );
}

#[test]
fn it_waits_from_one_table_to_the_next_but_not_at_the_end() {
    let paper = Paper::default();
    let table =
        Table::builder().every(Duration::from_secs(3600)).output(paper.clone()).build().unwrap();
    let study = Study::<Net>::minimize().callback(table).open().unwrap();
    study
        .optimize(5, |net, trial| {
            trial.report(1, net.rate)?;
            Ok::<_, TrialError>(net.rate)
        })
        .unwrap();
    let text = paper.take();
    assert_eq!(text.matches("trials, in this run").count(), 1, "{text}");
    assert!(
        text.contains("5 of 5 trials, in this run 5 complete, 0 pruned, 0 failed; 0 running"),
        "{text}"
    );
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("5 complete, 0 pruned, 0 failed: all trials done ("), "{text}");
}

#[test]
fn paused_trials_are_counted_and_go_on() {
    let paper = Paper::default();
    let table = at_once(&paper).parameters(["units"]).build().unwrap();
    let feed = EventFeed::minimize(&table);
    let _ = feed.start(0, &Net::sgd());
    let _ = feed.report(0, 9, 0.5);
    paper.take();
    let _ = feed.send(&RunEvent::TrialPaused { number: 0, step: 9, value: 0.5 });
    assert!(paper.take().contains("0 running, 1 paused"));
    let params = Params::of(feed.study.flat_space(), &Net::sgd()).unwrap();
    let _ = feed.send(&RunEvent::TrialStarted { number: 0, round: 1, params: &params });
    let text = paper.take();
    assert!(text.contains("1 running, 0 paused"), "{text}");
    assert_eq!(words(&text)[2][..4], ["0", "running", "0.5000", "9"]);
}

#[test]
fn the_best_of_an_earlier_run_is_shown_too() {
    let paper = Paper::default();
    let table = Table::builder().output(paper.clone()).parameters(["units"]).build().unwrap();
    let study = Study::<Net>::minimize().callback(table).open().unwrap();
    study.add_trial(&Net::sgd(), 0.125).unwrap();
    study.optimize(3, |_, _| 0.5).unwrap();
    let text = paper.take();
    assert_eq!(words(&text)[2][..3], ["0", "complete", "0.1250"], "{text}");
}

#[test]
fn a_column_that_is_no_parameter_is_told() {
    let table = Table::builder().parameters(["rat"]).output(io::sink()).build().unwrap();
    let words = warnings(|| drop(EventFeed::minimize(&table)));
    assert!(words.len() == 1 && words[0].contains("`rat`"), "{words:?}");
}

#[test]
fn settings_that_show_nothing_are_refused() {
    let refused = |table: TableBuilder| table.build().unwrap_err().to_string();
    assert!(
        refused(Table::builder().max_rows(0)).starts_with("the table callback: `max_rows` is 0: ")
    );
    assert!(refused(Table::builder().width(0)).starts_with("the table callback: `width` is 0: "));
    assert!(Table::builder().max_rows(1).width(1).build().is_ok());
}

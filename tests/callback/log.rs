//! Logs: what stands in their rows, and what becomes of files that are there.

use std::fs;
use std::path::Path;

use hpo_core::Error;
use hpo_core::callback::{CsvLog, JsonLines};
use hpo_core::prelude::*;
use hpo_tests::Folder;
use serde_json::{Value as Json, json};

use super::{EventFeed, Net, warnings};

const HEADER: &str = "trial,state,value,seconds,params.rate,\"params.how, then\",params.optimizer,params.optimizer.Sgd.momentum,\
     params.bias,params.units,message\n";

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The text without the times, which are of the moment: imported trials take none.
fn rows_of_two_trials(path: &Path) -> String {
    let log = CsvLog::builder(path).build().unwrap();
    let mut feed = EventFeed::minimize(&log);
    let _ = feed.end(&Net::sgd(), &[0.25]);
    let _ = feed.end(&Net::adam(), &[f64::INFINITY]);
    read(path)
}

#[test]
fn a_row_a_trial_with_a_column_for_each_parameter() {
    let folder = Folder::new("csv");
    let text = rows_of_two_trials(&folder.path("deep/within/trials.csv"));
    let rows = "0,complete,0.25,0,0.01,\"say \"\"tanh\"\"\nor not\",Sgd,0.5,true,64,\n\
                1,complete,inf,0,0.001,\"relu, or so\",Adam,,false,16,\n";
    assert_eq!(text, format!("{HEADER}{rows}"));
}

#[test]
fn failures_have_their_message_and_several_objectives_their_values() {
    let folder = Folder::new("csv");
    let log = CsvLog::builder(folder.path("trials.csv")).build().unwrap();
    let mut feed = EventFeed::begin(&log, &[Direction::Minimize, Direction::Maximize]);
    let _ = feed.end(&Net::sgd(), &[1.0, 2.0]);
    let _ = feed.fail("out of memory, \"again\"");
    let text = read(&folder.path("trials.csv"));
    assert!(text.starts_with("trial,state,value 0,value 1,seconds,"), "{text}");
    assert!(text.contains("\n0,complete,1.0,2.0,0,"), "{text}");
    assert!(
        text.contains("\n1,failed,,,") && text.ends_with(",\"out of memory, \"\"again\"\"\"\n"),
        "{text}"
    );
}

#[test]
fn values_are_called_by_their_metrics() {
    let folder = Folder::new("csv");
    let objectives = [Direction::Minimize, Direction::Maximize];
    for (metrics, columns) in [
        (["val_loss"].as_slice(), "trial,state,val_loss,seconds,"),
        (&["seconds"], "trial,state,value seconds,seconds,"),
        (&["=loss, \"log\""], "trial,state,\"'=loss, \"\"log\"\"\",seconds,"),
        (&["loss", "accuracy"], "trial,state,loss,accuracy,seconds,"),
        (&[], "trial,state,value,seconds,"),
    ] {
        let path = folder.path(format!("{}.csv", metrics.len() + columns.len()));
        let names: Vec<String> = metrics.iter().map(|&name| name.to_owned()).collect();
        let (directions, values) =
            (&objectives[..metrics.len().max(1)], &[0.25, 0.5][..metrics.len().max(1)]);
        for _ in 0..2 {
            let log = CsvLog::builder(&path).build().unwrap();
            let _ = EventFeed::begin_named(&log, directions, &names).end(&Net::sgd(), values);
        }
        let text = read(&path);
        assert!(text.starts_with(columns), "{text}");
        let shown = values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(",");
        assert_eq!(text.matches(&format!("\n0,complete,{shown},0,")).count(), 2, "{text}");
    }
}

#[test]
fn a_file_of_before_the_metric_had_a_name_keeps_its_column() {
    let folder = Folder::new("csv");
    let path = folder.path("trials.csv");
    let once = rows_of_two_trials(&path);
    let words = warnings(|| {
        let log = CsvLog::builder(&path).build().unwrap();
        let _ = EventFeed::begin_named(&log, &[Direction::Minimize], &["val_loss".to_owned()])
            .end(&Net::sgd(), &[0.25]);
    });
    assert!(words.is_empty(), "{words:?}");
    assert!(read(&path)[once.len()..].starts_with("0,complete,0.25,0,"), "{}", read(&path));
}

#[test]
fn a_run_tells_the_names_of_its_metrics() {
    let folder = Folder::new("csv");
    let path = folder.path("trials.csv");
    let study = Study::<Net>::minimize()
        .metric_names(["val_loss"])
        .seed(1)
        .callback(CsvLog::builder(&path).build().unwrap());
    study.run(1, |net| net.rate).unwrap();
    assert!(read(&path).starts_with("trial,state,val_loss,seconds,"), "{}", read(&path));
}

#[test]
fn a_log_is_taken_up_without_a_second_header() {
    let folder = Folder::new("csv");
    let path = folder.path("trials.csv");
    let once = rows_of_two_trials(&path);
    let twice = rows_of_two_trials(&path);
    assert_eq!(twice, format!("{once}{}", &once[HEADER.len()..]));
}

#[test]
fn a_row_that_was_cut_off_does_not_swallow_the_next() {
    let folder = Folder::new("csv");
    let path = folder.path("trials.csv");
    fs::write(&path, format!("{HEADER}0,comp")).unwrap();
    assert!(rows_of_two_trials(&path).starts_with(&format!("{HEADER}0,comp\n0,complete,0.25,")));
}

#[test]
fn a_file_keeps_the_columns_that_it_has() {
    let folder = Folder::new("csv");
    let path = folder.path("trials.csv");
    fs::write(&path, "value,mine,\"params.how, then\"\n").unwrap();
    let words = warnings(|| {
        let text = rows_of_two_trials(&path);
        assert_eq!(
            text,
            "value,mine,\"params.how, then\"\n0.25,,\"say \"\"tanh\"\"\nor not\"\ninf,,\"relu, or so\"\n"
        );
    });
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].contains("trial, state, seconds, params.rate"), "{words:?}");
}

#[test]
fn a_row_a_report_with_the_metrics_of_the_first() {
    let folder = Folder::new("csv");
    let path = folder.path("reports.csv");
    let log = CsvLog::builder(&path).reports().build().unwrap();
    let words = warnings(|| {
        let feed = EventFeed::minimize(&log);
        let _ = feed.log(0, 1, &[("a,b", 0.5), ("loss", 1e-10)]);
        let _ = feed.log(0, 2, &[("loss", 0.25), ("late", 1.0)]);
        let _ = feed.report(1, 1, 3.0);
    });
    assert_eq!(
        read(&path),
        "trial,execution,step,value,\"a,b\",loss\n0,0,1,,0.5,1e-10\n0,0,2,,,0.25\n1,0,1,3.0,,\n"
    );
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].contains("late"), "{words:?}");
}

#[test]
fn an_object_a_trial() {
    let folder = Folder::new("json");
    let path = folder.path("trials.jsonl");
    let log = JsonLines::builder(&path).build().unwrap();
    let mut feed = EventFeed::minimize(&log);
    let _ = feed.log(0, 1, &[("loss", 0.5), ("time", 1.0)]);
    let _ = feed.log(0, 2, &[("loss", f64::NEG_INFINITY)]);
    let _ = feed.end(&Net::adam(), &[0.25]);
    let _ = feed.fail("two\nlines");
    let rows: Vec<Json> =
        read(&path).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let params = json!({"rate": 0.001, "how, then": "relu, or so", "optimizer": "Adam", "bias": false, "units": 16});
    assert_eq!(
        rows[0],
        json!({
            "trial": 0, "state": "complete", "values": [0.25], "seconds": 0.0, "params": params,
            "metrics": {"loss": "-inf", "time": 1.0}, "attributes": {},
        })
    );
    assert_eq!((&rows[1]["state"], &rows[1]["message"]), (&json!("failed"), &json!("two\nlines")));
    assert_eq!(rows.len(), 2);
}

#[test]
fn an_object_a_report_and_files_are_taken_up() {
    let folder = Folder::new("json");
    let path = folder.path("reports.jsonl");
    fs::write(&path, "{\"trial\":").unwrap();
    let log = JsonLines::builder(&path).reports().build().unwrap();
    let feed = EventFeed::minimize(&log);
    let _ = feed.log(4, 1, &[("loss", 0.5)]);
    let rows = read(&path);
    let row: Json = serde_json::from_str(rows.lines().nth(1).unwrap()).unwrap();
    assert_eq!(
        row,
        json!({"trial": 4, "execution": 0, "step": 1, "value": null, "metrics": {"loss": 0.5}})
    );
}

#[test]
fn a_folder_is_no_file() {
    let folder = Folder::new("log");
    let refused = |error: Error| assert!(matches!(error, Error::Io { .. }), "{error}");
    refused(CsvLog::builder(folder.path("")).build().unwrap_err());
    refused(JsonLines::builder(folder.path("")).build().unwrap_err());
    fs::write(folder.path("file"), "").unwrap();
    refused(CsvLog::builder(folder.path("file/log.csv")).reports().build().unwrap_err());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_once_and_does_not_end_the_run() {
    // A device on which every write fails as on a full disk.
    let log = JsonLines::builder("/dev/full").build().unwrap();
    let words = warnings(|| {
        let study = Study::<Net>::minimize().callback(log).open().unwrap();
        assert_eq!(study.optimize(5, |net, _| net.rate).unwrap().complete, 5);
    });
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].contains("/dev/full"), "{words:?}");
}

#[test]
fn a_run_is_logged_by_many_workers() {
    let folder = Folder::new("log");
    let log = CsvLog::builder(folder.path("trials.csv")).build().unwrap();
    let study = Study::<Net>::minimize().workers(4).callback(log).open().unwrap();
    study.optimize(40, |net, _| net.rate).unwrap();
    let text = read(&folder.path("trials.csv"));
    let mut numbers: Vec<u64> =
        text.lines().filter_map(|line| line.split_once(",complete,")?.0.parse().ok()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
}

//! What storages cost, beside those of Optuna and Rustuna on the same disk: `cargo bench -p
//! hpo-tests --bench storages`.
//!
//! Whole trials: asked for, with ten numbers drawn at random, and told, each end kept before it is
//! acknowledged; by one process, and by several at once on one study. Others are compared where
//! they are there (`scripts/optuna.sh`, `scripts/rustuna.sh`), and PostgreSQL where
//! `HPO_TEST_POSTGRES` names a server that may be written to (`scripts/postgres.sh`). The files
//! stand in the temporary folder, or in `$HPO_BENCH_DIR`. Each part runs for the given number of
//! trials, in turn with the others, three times; the median is told. Then: what it takes to open a
//! study of 10,000 trials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::space::Params;
use hpo_core::space::Space;
use hpo_core::storage;
use hpo_tests::{Folder, OPTUNA, RUSTUNA};

const ROUNDS: usize = 3;

/// A library at work on one kind of storage.
struct Part {
    library: &'static str,
    /// Before the path of a file, or the name of a database.
    url: String,
    processes: u64,
    trials: u64,
}

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", url, trials] => work(url, trials.parse().expect("a number of trials")),
        ["open", url] => open(url),
        _ => compare(),
    }
}

fn compare() {
    let folder = Folder::new("bench");
    let base = std::env::var_os("HPO_BENCH_DIR").map_or_else(|| folder.path(""), PathBuf::from);
    let mut figures: BTreeMap<(String, u64, &str), Vec<f64>> = BTreeMap::new();
    for round in 0..ROUNDS {
        for (index, part) in parts().iter().enumerate() {
            let url = if part.url.starts_with("postgresql") {
                part.url.clone()
            } else {
                format!("{}{}", part.url, base.join(format!("{round}-{index}.storage")).display())
            };
            let Some(rate) = rate(part, &url) else { continue };
            let kind = part.url.split(':').next().unwrap_or_default().to_owned();
            eprintln!("{kind}, {} processes, {}: {rate:.0} trials/s", part.processes, part.library);
            figures.entry((kind, part.processes, part.library)).or_default().push(rate);
        }
    }
    println!(
        "\n| storage | processes | library | trials/s | hpo takes its trials at so many times this rate |"
    );
    println!("| --- | --- | --- | --- | --- |");
    let medians: BTreeMap<_, f64> =
        figures.into_iter().map(|(key, rates)| (key, median(rates))).collect();
    for ((kind, processes, library), rate) in &medians {
        let ours = medians.get(&(kind.clone(), *processes, "hpo")).copied().unwrap_or(f64::NAN);
        println!("| {kind} | {processes} | {library} | {rate:.0} | {:.1} |", ours / rate);
    }
    for kind in ["journal:", "sqlite:///"] {
        let url = format!("{kind}{}", base.join(format!("open-{}", kind.len())).display());
        fill(&url, 10_000);
        let told = Command::new(std::env::current_exe().expect("this program"))
            .args(["open", &url])
            .output();
        print!("{}", String::from_utf8_lossy(&told.expect("it runs").stdout));
    }
}

fn parts() -> Vec<Part> {
    let mut parts = Vec::new();
    for url in ["journal:", "sqlite:///"] {
        for (processes, ours, theirs) in [(1, 1_000, 100), (8, 1_000, 80)] {
            let url = url.to_owned();
            parts.push(Part { library: "hpo", url: url.clone(), processes, trials: ours });
            parts.push(Part {
                library: "Optuna 5.0.0",
                url: url.clone(),
                processes,
                trials: theirs,
            });
            if processes == 1 {
                parts.push(Part { library: "Rustuna 0.2.0", url, processes, trials: 200 });
            }
        }
    }
    if let Ok(url) = std::env::var("HPO_TEST_POSTGRES") {
        for (processes, ours, theirs) in [(1, 500, 100), (32, 3_200, 320)] {
            parts.push(Part { library: "hpo", url: url.clone(), processes, trials: ours });
            parts.push(Part {
                library: "Optuna 5.0.0",
                url: url.clone(),
                processes,
                trials: theirs,
            });
        }
    }
    parts
}

/// Trials a second over all processes, from the first start to the last end. `None` if the library
/// is not there.
fn rate(part: &Part, url: &str) -> Option<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/storages.py");
    let python = match part.library {
        "hpo" => None,
        "Optuna 5.0.0" => Some(OPTUNA.python("its storages")?),
        _ => Some(RUSTUNA.python("its storages")?),
    };
    let target = part.trials.to_string();
    let name = format!("bench-{:x}", SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_nanos());
    let command = |trials: &str| {
        let mut command = match &python {
            None => Command::new(std::env::current_exe().expect("this program")),
            Some(python) => Command::new(python),
        };
        match &python {
            None => command.args(["worker", url, trials]),
            Some(_) => command.arg(&script).args([part.library, url, trials]),
        };
        command
            .env("HPO_BENCH_STUDY", &name)
            .env("HPO_BENCH_PROCESSES", part.processes.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    };
    // The study is there before the clock starts.
    let made = command("0").output().expect("it runs");
    if !made.status.success() {
        return None;
    }
    let children: Vec<_> =
        (0..part.processes).map(|_| command(&target).spawn().expect("it runs")).collect();
    let told = children.into_iter().map(|child| child.wait_with_output().expect("it ends").stdout);
    let told: Vec<String> = told.map(|told| String::from_utf8_lossy(&told).into_owned()).collect();
    let times = told.iter().filter_map(|told| {
        let mut numbers = told.split_whitespace().map(str::parse::<f64>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    let all: Vec<_> = times.collect();
    let begin = all.iter().map(|time| time.0).fold(f64::INFINITY, f64::min);
    let end = all.iter().map(|time| time.1).fold(f64::NEG_INFINITY, f64::max);
    let done: f64 = all.iter().map(|time| time.2).sum();
    if all.len() as u64 != part.processes {
        eprintln!(
            "{}: {} of {} processes have failed",
            part.library,
            part.processes - all.len() as u64,
            part.processes
        );
    }
    Some(done / (end - begin))
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// One process: says when it began and ended, by the clock of the machine, and how many trials it
/// has done.
fn work(url: &str, trials: u64) {
    let study = study(url, 1);
    if trials == 0 {
        return;
    }
    let begin = now();
    let run = study.optimize(trials, |params, _| loss(&params)).expect("the storage works");
    println!("{begin} {} {}", now(), run.complete);
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

fn study(url: &str, workers: usize) -> Study<Params, hpo_core::study::Parallel> {
    let leaf = |index: usize| format!(r#""x{index}": {{"float": {{"low": -5, "high": 5}}}}"#);
    let leaves: Vec<String> = (0..10).map(leaf).collect();
    let space =
        Space::from_json(&format!(r#"{{"all": {{{}}}}}"#, leaves.join(","))).expect("a space");
    let name = std::env::var("HPO_BENCH_STUDY").unwrap_or_else(|_| "bench".to_owned());
    let builder = Study::<Params>::minimize().space(space).sampler(Random).baseline(false);
    builder.storage(url).name(name).seed(1).workers(workers).open().expect("a study opens")
}

fn loss(params: &Params) -> f64 {
    let numbers = params.iter().filter_map(|(_, value)| value.as_float());
    numbers.map(|number| number * number).sum()
}

/// A study with so many trials, the quick way.
fn fill(url: &str, trials: u64) {
    study(url, 32).optimize(trials, |params, _| loss(&params)).expect("the storage works");
}

/// How long it takes, and what memory, until all trials of a study can be read.
fn open(url: &str) {
    let before = resident();
    let begin = Instant::now();
    let storage = storage::open(url).expect("it opens");
    let record = storage.studies().expect("it can be read").remove(0);
    let mut count = 0;
    storage.read(record.id, &mut |trials| count = trials.len()).expect("it can be read");
    let (spent, after) = (begin.elapsed(), resident());
    println!(
        "opening {count} trials: {} ms, {:.1} MB more: {}",
        spent.as_millis(),
        after - before,
        url.split(':').next().unwrap_or_default()
    );
}

/// Megabytes.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}

//! What the storages cost: `cargo bench -p hpo-tests --bench journal`.
//!
//! The disk's own speed is measured in the same run, since all durable figures hang on it.

use std::fs::File;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hpo_core::space::{Categorical, Domain, Float, Int, Value};
use hpo_core::storage::{Journal, Memory, Next, Storage, StudyId};
use hpo_core::trial::{Direction, Event, Outcome, Param, ParamId, Timestamp};
use hpo_tests::Folder;

const SPAN: Duration = Duration::from_secs(2);

fn main() {
    memory();
    let folder = Folder::new("bench");
    let base = std::env::var_os("HPO_BENCH_DIR").map(std::path::PathBuf::from);
    let place = |name: &str| base.as_ref().map_or_else(|| folder.path(name), |base| base.join(name));
    let flushes = flushes(&place("flushes"));
    println!("disk: {flushes:.0} flushes/s of 64 appended bytes");
    for threads in [1, 4, 32] {
        let path = place(&format!("tells-{threads}.journal"));
        let rate = tells(&path, threads);
        println!("{threads:>2} threads: {rate:.0} durable tells/s, {:.2} a flush", rate / flushes);
        clear(&path);
    }
    let path = place("open.journal");
    opening(&path);
    clear(&path);
}

fn clear(path: &std::path::Path) {
    std::fs::remove_file(path).expect("the journal can be removed");
}

/// How often a second the disk takes a small append.
fn flushes(path: &std::path::Path) -> f64 {
    let mut file = File::create(path).expect("a file can be made");
    let (begin, mut count) = (Instant::now(), 0);
    while begin.elapsed() < SPAN {
        file.write_all(&[b'x'; 64]).expect("the disk takes bytes");
        file.sync_data().expect("the disk flushes");
        count += 1;
    }
    let rate = f64::from(count) / begin.elapsed().as_secs_f64();
    std::fs::remove_file(path).expect("the file can be removed");
    rate
}

/// How many ends of trials a second; the trials are made beforehand.
fn tells(path: &std::path::Path, threads: u64) -> f64 {
    let journal = Journal::open(path).expect("a journal opens");
    let study = journal.create_study("bench", &[Direction::Minimize]).expect("a study can be made");
    let count = 1000 * threads.min(20);
    for _ in 0..count {
        ask(&journal, study);
    }
    let next = AtomicU64::new(0);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count || begin.elapsed() > SPAN {
                        break;
                    }
                    tell(&journal, study, number);
                }
            });
        }
    });
    let told = next.load(Ordering::Relaxed).min(count);
    told as f64 / begin.elapsed().as_secs_f64()
}

fn ask(storage: &dyn Storage, study: StudyId) -> u64 {
    match storage.next_trial(study, None).expect("a trial can be made") {
        Next::New(number) => number,
        other => panic!("{other:?}"),
    }
}

fn tell(storage: &dyn Storage, study: StudyId, number: u64) {
    let outcome = Outcome::Complete(&[0.123_456_789]);
    let at = Timestamp::now();
    let told = storage.record(study, number, &Event::Finished { outcome, at });
    told.expect("a trial can end");
}

fn params() -> Vec<Param> {
    let domain = |index: usize| match index % 5 {
        0 => Domain::Float(Float::new(0.0, 1.0)),
        1 => Domain::Float(Float { log: true, ..Float::new(1e-5, 1.0) }),
        2 => Domain::Int(Int::new(1, 100)),
        3 => Domain::Categorical(Categorical::new(["relu", "tanh", "gelu"])),
        _ => Domain::Categorical(Categorical::new([false, true])),
    };
    let param = |index| Param { path: format!("parameter_{index}"), domain: domain(index) };
    (0..10).map(param).collect()
}

fn values(number: u64) -> Vec<(ParamId, Value)> {
    let value = |id: u32| {
        let unit = (number as f64 * 0.618_033_988_7 + f64::from(id) * 0.314_159).fract();
        match id % 5 {
            0 | 1 => Value::Float(unit),
            2 => Value::Int((unit * 100.0) as i64 + 1),
            3 => Value::Choice((unit * 3.0) as u32),
            _ => Value::Choice((unit * 2.0) as u32),
        }
    };
    (0..10).map(|id| (ParamId(id), value(id))).collect()
}

fn fill(storage: &(dyn Storage + '_), trials: u64, finish: bool) -> StudyId {
    let study = storage.create_study("bench", &[Direction::Minimize]).expect("a study can be made");
    storage.declare(study, &params()).expect("parameters can be declared");
    for _ in 0..trials {
        let number = ask(storage, study);
        let params = values(number);
        let sampled = Event::Sampled { params: &params, seen: number };
        storage.record(study, number, &sampled).expect("parameters are taken");
        if finish {
            tell(storage, study, number);
        }
    }
    study
}

fn opening(path: &std::path::Path) {
    let journal = Journal::open(path).expect("a journal opens");
    let begin = Instant::now();
    fill(&journal, 10_000, true);
    let filled = begin.elapsed();
    drop(journal);
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let begin = Instant::now();
        let opened = Journal::open(path).expect("a journal opens");
        best = best.min(begin.elapsed());
        assert_eq!(opened.studies().expect("it can be read").len(), 1);
    }
    println!(
        "10,000 trials x 10 parameters: written in {:.1} s, {:.1} MB, opened in {:.1} ms",
        filled.as_secs_f64(),
        size as f64 / 1e6,
        best.as_secs_f64() * 1e3
    );
}

fn memory() {
    let before = resident();
    let memory = Memory::new();
    let begin = Instant::now();
    let study = fill(&memory, 100_000, true);
    let each = begin.elapsed().as_nanos() / 100_000;
    let after = resident();
    println!("memory: {each} ns a trial of 10 parameters, values drawn");
    println!("memory: {:.1} MB for 100,000 trials x 10 parameters", (after - before) / 1e6);
    drop((memory, study));
    println!("memory: {} ns a trial, ask + sampled + tell of 10 given parameters", rounds(&values(1)));
    println!("memory: {} ns a trial without parameters", rounds(&[]));
    let begin = Instant::now();
    for _ in 0..100_000 {
        std::hint::black_box(Timestamp::now());
    }
    let clock = begin.elapsed().as_nanos() / 100_000;
    println!("memory: of which the clock, asked twice, {} ns", clock * 2);
}

/// Nanoseconds a trial, the best of some rounds on a storage of its own.
fn rounds(params: &[(ParamId, Value)]) -> u128 {
    let round = |_| {
        let memory = Memory::new();
        let study = fill(&memory, 0, true);
        let begin = Instant::now();
        for _ in 0..50_000 {
            let number = ask(&memory, study);
            let sampled = Event::Sampled { params, seen: number };
            let taken = memory.record(study, number, &sampled);
            taken.expect("parameters are taken");
            tell(&memory, study, number);
        }
        begin.elapsed().as_nanos() / 50_000
    };
    (0..20).map(round).min().unwrap_or_default()
}

/// Resident bytes of this process; 0 where the system does not say.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4096.0
}

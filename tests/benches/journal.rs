//! What the storages cost, beside what the disk costs: `cargo bench -p hpo-tests`.
//!
//! The throughput (`elem/s`) is in flushes, in durable ends of trials, or in trials. All durable
//! figures hang on the disk's own flushes, which are measured first: in the temporary folder, or in
//! `$HPO_BENCH_DIR`.
#![allow(missing_docs, reason = "criterion's macros write functions without any")]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use hpo_core::space::{Categorical, Domain, Float, Int, Value};
use hpo_core::storage::{Journal, Memory, Next, Storage, StudyId};
use hpo_core::trial::{Direction, Event, Outcome, Param, ParamId, Timestamp};
use hpo_tests::Folder;

fn storages(criterion: &mut Criterion) {
    let folder = Folder::new("bench");
    let base =
        std::env::var_os("HPO_BENCH_DIR").map_or_else(|| folder.path(""), std::path::PathBuf::from);
    let mut group = criterion.benchmark_group("storage");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .measurement_time(Duration::from_secs(5));

    group.throughput(Throughput::Elements(1));
    group.bench_function("flush of 64 appended bytes", |bencher| {
        bencher.iter_custom(|n| flushes(&base.join("flushes"), n));
    });
    for threads in [1, 32] {
        let name = format!("journal, durable tells, {threads} threads");
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|n| tells(&base.join("tells.journal"), n, threads));
        });
    }
    group.bench_function("memory, ask + sampled + tell of 10 given parameters", |bencher| {
        let params = values(1);
        bencher.iter_custom(|n| given(&params, n));
    });
    let path = base.join("open.journal");
    fill(&Journal::open(&path).expect("a journal opens"), 10_000);
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("journal, open 10,000 trials of 10 parameters", |bencher| {
        bencher.iter(|| {
            let opened = Journal::open(&path).expect("a journal opens");
            assert_eq!(opened.studies().expect("it can be read").len(), 1);
        });
    });
    group.finish();
    clear(&path);
}

fn clear(path: &Path) {
    std::fs::remove_file(path).expect("the file can be removed");
}

/// Small appends, each of them flushed.
fn flushes(path: &Path, count: u64) -> Duration {
    let mut file = File::create(path).expect("a file can be made");
    let begin = Instant::now();
    for _ in 0..count {
        file.write_all(&[b'x'; 64]).expect("the disk takes bytes");
        file.sync_data().expect("the disk flushes");
    }
    let elapsed = begin.elapsed();
    clear(path);
    elapsed
}

/// Ends of trials, shared among threads; the trials are made beforehand.
fn tells(path: &Path, count: u64, threads: u64) -> Duration {
    let journal = Journal::open(path).expect("a journal opens");
    let study = journal.create_study("bench", &[Direction::Minimize]).expect("a study can be made");
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
                    if number >= count {
                        break;
                    }
                    tell(&journal, study, number);
                }
            });
        }
    });
    let elapsed = begin.elapsed();
    drop(journal);
    clear(path);
    elapsed
}

/// Trials whose parameters are there already.
fn given(params: &[(ParamId, Value)], count: u64) -> Duration {
    let memory = Memory::new();
    let study = fill(&memory, 0);
    let begin = Instant::now();
    for _ in 0..count {
        let number = ask(&memory, study);
        let sampled = Event::Sampled { params, seen: number, explanation: "random" };
        memory.record(study, number, &sampled).expect("parameters are taken");
        tell(&memory, study, number);
    }
    begin.elapsed()
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

fn fill(storage: &(dyn Storage + '_), trials: u64) -> StudyId {
    let study = storage.create_study("bench", &[Direction::Minimize]).expect("a study can be made");
    storage.declare(study, &params()).expect("parameters can be declared");
    for _ in 0..trials {
        let number = ask(storage, study);
        let params = values(number);
        let sampled = Event::Sampled { params: &params, seen: number, explanation: "random" };
        storage.record(study, number, &sampled).expect("parameters are taken");
        tell(storage, study, number);
    }
    study
}

criterion_group!(benches, storages);
criterion_main!(benches);

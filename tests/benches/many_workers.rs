//! How busy many workers are on one study: `cargo bench -p hpo-tests --bench many_workers -- URL
//! WORKERS SECONDS ROUNDS`.
//!
//! Each worker is a thread that asks for a trial, sleeps for its duration in the place of a
//! computation, and tells its value; 20 of them share a process, and so two connections to the
//! database, as with `.workers(20)`. Nothing else is simulated: every proposal, report and end goes
//! through the storage of the URL. A trial sleeps between 0.9 and 1.1 times SECONDS. The share of
//! busy time is the time slept, divided by the time from the start of the first worker to the end
//! of the last, over all workers.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hpo_core::prelude::*;
use hpo_core::sampler::SamplerConfig;
use hpo_core::space::Params;
use hpo_core::space::Space;

/// The number of workers of a process.
const EACH: u64 = 20;

const SPACE: &str = r#"{"all": {
    "x": {"float": {"low": -5, "high": 5}},
    "y": {"float": {"low": -5, "high": 5}},
    "lr": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
    "layers": {"int": {"low": 1, "high": 8}},
    "kind": {"categorical": {"choices": ["a", "b", "c"]}}
}}"#;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["worker", url, name, seconds, trials] => {
            let seconds = seconds.parse().expect("seconds of a trial");
            work(url, name, seconds, trials.parse().expect("a number of trials"));
        }
        [url, workers, seconds, rounds] => lead(
            url,
            workers.parse().expect("a number of workers"),
            seconds.parse().expect("seconds of a trial"),
            rounds.parse().expect("a number of rounds"),
        ),
        // `cargo bench` of everything has no server for it.
        _ => println!("many_workers: left out, without URL WORKERS SECONDS ROUNDS"),
    }
}

fn open(url: &str, name: &str, workers: u64) -> Study<Params, hpo_core::study::Parallel> {
    let space = Space::from_json(SPACE).expect("a space");
    let sampler = std::env::var("HPO_BENCH_SAMPLER").unwrap_or_else(|_| "tpe".to_owned());
    let sampler: SamplerConfig = sampler.parse().expect("a sampler");
    let study = Study::<Params>::minimize().space(space).storage(url).name(name).seed(1);
    study.sampler(sampler).workers(workers as usize).open().expect("the study can be opened")
}

/// One process of workers. Prints the seconds slept and the number of trials.
fn work(url: &str, name: &str, seconds: f64, trials: u64) {
    let study = open(url, name, EACH);
    let slept = Mutex::new((0.0, 0_u64));
    let objective = |params: Params, trial: &mut Trial<'_>| {
        let spread = 0.9 + 0.2 * (trial.number() as f64 * 0.618_034).fract();
        let time = Duration::from_secs_f64(seconds * spread);
        let begin = Instant::now();
        std::thread::sleep(time);
        let mut slept = slept.lock().expect("no worker panics");
        *slept = (slept.0 + begin.elapsed().as_secs_f64(), slept.1 + 1);
        let x = |name| {
            params.get(name).and_then(|label| label.to_string().parse::<f64>().ok()).unwrap_or(0.0)
        };
        Ok::<_, TrialError>(x("x").powi(2) + x("y").powi(2))
    };
    study.optimize(trials, objective).expect("the run goes to its end");
    let slept = slept.lock().expect("no worker panics");
    println!("{} {}", slept.0, slept.1);
}

fn lead(url: &str, workers: u64, seconds: f64, rounds: u64) {
    let processes = workers.div_ceil(EACH);
    let (workers, trials) = (processes * EACH, processes * EACH * rounds);
    let name = format!("many-{}", std::process::id());
    drop(open(url, &name, 1));
    let begin = Instant::now();
    let children: Vec<_> = (0..processes)
        .map(|_| {
            Command::new(std::env::current_exe().expect("this program"))
                .args(["worker", url, &name, &seconds.to_string(), &trials.to_string()])
                .stdout(Stdio::piped())
                .spawn()
                .expect("a process starts")
        })
        .collect();
    let (mut slept, mut ended) = (0.0, 0);
    for child in children {
        let output = child.wait_with_output().expect("a process ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (time, count) = text.trim().split_once(' ').expect("seconds and trials");
        slept += time.parse::<f64>().expect("seconds");
        ended += count.parse::<u64>().expect("trials");
    }
    let wall = begin.elapsed().as_secs_f64();
    println!(
        "{workers} workers in {processes} processes, {ended} of {trials} trials of {seconds} s: \
         {wall:.1} s, {:.1} % busy, {:.1} trials/s",
        100.0 * slept / (workers as f64 * wall),
        ended as f64 / wall
    );
}

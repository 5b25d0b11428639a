//! What an ask and a tell cost beside those of other libraries: 10 parameters, one core, one table.
//!
//! `cargo bench -p hpo-tests --bench overheads`. Others are compared where they are there: Optuna
//! and Rustuna after `scripts/optuna.sh` and `scripts/rustuna.sh` (Optuna's Gaussian process needs
//! `torch` in the same environment), the crate `optimizer` always, which a package of its own
//! builds (`tests/peers`).
//!
//! All search ten numbers from -5 to 5 for the least sum of squares. So many random trials are
//! there already; after three more, the next 50 (20 of the dear ones) are counted by the time that
//! they spend on a core, so that other work on the machine counts little: again with new studies,
//! until that is 20 ms or a thousand trials. Each part runs three times in turn with the others,
//! and the median stands in the table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hpo_core::SearchSpace;
use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::sampler::SamplerConfig;
use hpo_tests::{OPTUNA, RUSTUNA};

/// The samplers, each with the numbers of trials after which it is asked, and what an ask and a
/// tell are to cost at most, in microseconds.
const SAMPLERS: [(&str, &[(u64, f64)]); 3] = [
    ("random", &[(100, 1.0), (1_000, 1.0), (10_000, 1.0)]),
    ("tpe", &[(100, 20.0), (1_000, 100.0), (10_000, 300.0)]),
    ("gp", &[(100, 3_000.0), (500, 25_000.0)]),
];

const LIBRARIES: [&str; 4] = ["hpo", "optimizer 1.0.1", "Rustuna 0.2.0", "Optuna 5.0.0"];

const ROUNDS: usize = 3;

/// Trials after those that are there, before the clock starts.
const WARM: u64 = 3;

/// Microseconds by sampler, number of trials and library, one a round.
type Figures = BTreeMap<(&'static str, u64, usize), Vec<f64>>;

#[derive(Clone, Debug, SearchSpace)]
struct Ten {
    #[search_space(range = -5.0..=5.0)]
    a: f64,
    #[search_space(range = -5.0..=5.0)]
    b: f64,
    #[search_space(range = -5.0..=5.0)]
    c: f64,
    #[search_space(range = -5.0..=5.0)]
    d: f64,
    #[search_space(range = -5.0..=5.0)]
    e: f64,
    #[search_space(range = -5.0..=5.0)]
    f: f64,
    #[search_space(range = -5.0..=5.0)]
    g: f64,
    #[search_space(range = -5.0..=5.0)]
    h: f64,
    #[search_space(range = -5.0..=5.0)]
    i: f64,
    #[search_space(range = -5.0..=5.0)]
    j: f64,
}

impl Ten {
    fn loss(&self) -> f64 {
        let all = [self.a, self.b, self.c, self.d, self.e, self.f, self.g, self.h, self.i, self.j];
        all.iter().zip(0..).map(|(x, place)| (x - 0.3 * f64::from(place)).powi(2)).sum()
    }
}

fn main() {
    let peers = peers();
    let mut figures = Figures::new();
    for round in 0..ROUNDS {
        for (sampler, goals) in SAMPLERS {
            eprintln!("round {} of {ROUNDS}: {sampler}", round + 1);
            let counts: Vec<u64> = goals.iter().map(|(trials, _)| *trials).collect();
            for trials in &counts {
                figures.entry((sampler, *trials, 0)).or_default().extend(ours(sampler, *trials));
            }
            for (library, command) in &peers {
                for (trials, cost) in theirs(command, sampler, &counts, round == 0) {
                    figures.entry((sampler, trials, *library)).or_default().push(cost);
                }
            }
        }
    }
    print!("{}", table(&figures));
}

/// What our sampler of this name costs in microseconds; `None` if there is none.
fn ours(sampler: &str, trials: u64) -> Option<f64> {
    let sampler: SamplerConfig = sampler.parse().ok()?;
    let asks = if trials > 1_000 || sampler.build().name() == "gp" { 20 } else { 50 };
    let (mut spent, mut count) = (Duration::ZERO, 0.0);
    while spent < Duration::from_millis(20) && count < 1_000.0 {
        let study = Study::<Ten>::minimize()
            .sampler(sampler.build())
            .seed(1)
            .ctrl_c(false)
            .open()
            .expect("a study");
        let random =
            Study::<Ten>::minimize().sampler(Random).seed(2).ctrl_c(false).open().expect("a study");
        for _ in 0..trials {
            let config = random.ask().expect("an ask").expect("a continuum").config;
            study.add_trial(&config, config.loss()).expect("a trial");
        }
        let ask_and_tell = || {
            let asked = study.ask().expect("an ask").expect("a continuum");
            study.tell(asked.number, black_box(asked.config).loss()).expect("a tell");
        };
        (0..WARM).for_each(|_| ask_and_tell());
        let begin = on_core();
        (0..asks).for_each(|_| ask_and_tell());
        spent += on_core().saturating_sub(begin);
        count += f64::from(asks);
    }
    Some(1e6 * spent.as_secs_f64() / count)
}

/// How to ask the other libraries that are there, by their places.
fn peers() -> Vec<(usize, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let cargo =
        [env!("CARGO"), "run", "--quiet", "--release", "--manifest-path"].map(str::to_owned);
    let mut peers =
        vec![(1, [&cargo[..], &[text(folder.join("Cargo.toml")), "--".to_owned()]].concat())];
    for (place, package) in [(2, RUSTUNA), (3, OPTUNA)] {
        if let Some(python) = package.python("what it costs") {
            peers.push((
                place,
                vec![text(python), text(folder.join("overheads.py")), package.name.to_lowercase()],
            ));
        }
    }
    peers
}

/// What another library costs, by the number of trials. Why there is nothing is said the first
/// time.
fn theirs(command: &[String], sampler: &str, counts: &[u64], is_first: bool) -> Vec<(u64, f64)> {
    let counts = counts.iter().map(u64::to_string);
    let output = Command::new(&command[0]).args(&command[1..]).arg(sampler).args(counts).output();
    let output = output.unwrap_or_else(|error| panic!("{} does not run: {error}", command[0]));
    if !output.status.success() && is_first {
        let words = String::from_utf8_lossy(&output.stderr);
        eprintln!(
            "left out: {} for {sampler}: {}",
            command.join(" "),
            words.lines().last().unwrap_or_default()
        );
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let figure = |line: &str| {
        let (trials, cost) = line.split_once(' ')?;
        Some((trials.parse().ok()?, cost.parse().ok()?))
    };
    text.lines().filter_map(figure).collect()
}

/// The medians in Markdown; those of the others with how many times ours they are.
fn table(figures: &Figures) -> String {
    let median = |sampler, trials, library| {
        let all = figures.get(&(sampler, trials, library)).filter(|all| !all.is_empty())?;
        Some(hpo_tests::functions::median(all.clone()))
    };
    let mut text = format!(
        "| sampler | trials | goal | {} |\n|---|---|---|---|---|---|---|\n",
        LIBRARIES.join(" | ")
    );
    for (sampler, goals) in SAMPLERS {
        for (trials, goal) in goals {
            let own = median(sampler, *trials, 0);
            let cells = (0..LIBRARIES.len()).map(|library| {
                match (median(sampler, *trials, library), own) {
                    (None, _) => "-".to_owned(),
                    (Some(cost), Some(own)) if library > 0 => {
                        format!("{} ({:.1} x)", micros(cost), cost / own)
                    }
                    (Some(cost), _) => micros(cost),
                }
            });
            let cells = cells.collect::<Vec<_>>().join(" | ");
            let _ = writeln!(text, "| {sampler} | {trials} | < {} | {cells} |", micros(*goal));
        }
    }
    text
}

/// Microseconds with three digits.
fn micros(cost: f64) -> String {
    let (value, unit) = if cost < 1_000.0 { (cost, "µs") } else { (cost / 1_000.0, "ms") };
    let decimals = (2 - value.abs().max(1.0).log10().floor() as i32).max(0) as usize;
    format!("{value:.decimals$} {unit}")
}

/// How long this thread has been on a core.
#[cfg(unix)]
fn on_core() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// The clock on the wall, where nothing better is known.
#[cfg(not(unix))]
fn on_core() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

//! What an ask and a tell of the `optimizer` crate cost, with 10 parameters: `peers SAMPLER
//! TRIALS...`.
//!
//! Prints a line for each number of trials: that number, and microseconds on a core. The trials
//! before are random ones, as in the other parts of the benchmark `overheads`.

use optimizer::prelude::*;
use optimizer::sampler::{CompletedTrial, GpSampler, RandomSampler, Sampler, TpeSampler};
use rustix::time::{ClockId, clock_gettime};

/// Trials after those that are there, before the clock starts.
const WARM: u64 = 3;

/// So many trials are random, the later ones another sampler's.
struct Later {
    random: RandomSampler,
    sampler: Box<dyn Sampler>,
    from: u64,
}

impl Sampler for Later {
    fn sample(
        &self,
        space: &optimizer::distribution::Distribution,
        trial: u64,
        past: &[CompletedTrial],
    ) -> optimizer::param::ParamValue {
        let sampler: &dyn Sampler = if trial < self.from { &self.random } else { &*self.sampler };
        sampler.sample(space, trial, past)
    }
}

fn sampler(name: &str) -> Box<dyn Sampler> {
    match name {
        "random" => Box::new(RandomSampler::with_seed(1)),
        "tpe" => Box::new(TpeSampler::new()),
        "gp" => Box::new(GpSampler::with_seed(1)),
        other => panic!("no sampler is called `{other}` here"),
    }
}

/// Asks for a trial, and tells a sum of squares as its value.
fn ask_and_tell(study: &Study<f64>, params: &[FloatParam]) {
    let mut trial = study.ask();
    let squares = params.iter().zip(0..).map(|(param, place)| {
        let value = param.suggest(&mut trial).expect("a value");
        (value - 0.3 * f64::from(place)).powi(2)
    });
    let value = squares.sum();
    study.tell(trial, Ok::<f64, &str>(value));
}

/// Seconds that this thread has spent on a core.
fn on_core() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("the first argument is a sampler");
    for trials in arguments.map(|trials| trials.parse::<u64>().expect("the other arguments are numbers")) {
        let asks = if trials > 1000 { 20 } else { 50 };
        let (mut spent, mut count) = (0.0, 0);
        while spent < 0.02 && count < 1000 {
            let random = RandomSampler::with_seed(1);
            let study: Study<f64> = Study::minimize(Later { random, sampler: sampler(&name), from: trials });
            let params: Vec<_> = (0..10).map(|place| FloatParam::new(-5.0, 5.0).name(format!("x{place}"))).collect();
            (0..trials + WARM).for_each(|_| ask_and_tell(&study, &params));
            let begin = on_core();
            (0..asks).for_each(|_| ask_and_tell(&study, &params));
            spent += on_core() - begin;
            count += asks;
        }
        println!("{trials} {}", 1e6 * spent / count as f64);
    }
}

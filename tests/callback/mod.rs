//! Callbacks: each is fed the notices of a run, and then takes part in one.

mod config;
mod early_stopping;
mod log;
mod stop;
mod table;
mod tensorboard;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use hpo_core::SearchSpace;
use hpo_core::callback::{Flow, RunEvent};
use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::study::Callback;
use hpo_core::trial::TrialRecord;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Names and choices that are hard to write down, and a parameter that is not always there.
#[derive(Clone, Debug, SearchSpace)]
struct Net {
    #[search_space(range = 1e-4..=1e-1, log)]
    rate: f64,
    #[search_space(choices = ["relu, or so", "say \"tanh\"\nor not"], rename = "how, then")]
    activation: &'static str,
    optimizer: Optimizer,
    bias: bool,
    #[search_space(choices = [16, 64])]
    units: u32,
}

#[derive(Clone, Debug, SearchSpace)]
enum Optimizer {
    Adam,
    Sgd {
        #[search_space(range = 0.0..=0.9)]
        momentum: f64,
    },
}

impl Net {
    fn sgd() -> Self {
        let optimizer = Optimizer::Sgd { momentum: 0.5 };
        Self { rate: 0.01, activation: "say \"tanh\"\nor not", optimizer, bias: true, units: 64 }
    }

    fn adam() -> Self {
        Self {
            rate: 0.001,
            activation: "relu, or so",
            optimizer: Optimizer::Adam,
            bias: false,
            units: 16,
        }
    }
}

/// Feeds a callback with the events of a run.
struct EventFeed<'a> {
    study: Study<Net>,
    callback: &'a dyn Callback,
    best: Option<TrialRecord>,
    finished: u64,
}

impl<'a> EventFeed<'a> {
    /// A run that has just begun.
    fn begin(callback: &'a dyn Callback, directions: &[Direction]) -> Self {
        Self::begin_named(callback, directions, &[])
    }

    /// The same, with names of the metrics.
    fn begin_named(
        callback: &'a dyn Callback,
        directions: &[Direction],
        metrics: &[String],
    ) -> Self {
        let study = Study::<Net>::directions(directions).baseline(false).open().unwrap();
        let feed = Self { study, callback, best: None, finished: 0 };
        let (flat, trials, target) = (feed.study.flat_space(), 0, 100);
        assert_eq!(
            feed.send(&RunEvent::Started {
                study: "told",
                directions,
                metrics,
                flat,
                plan: None,
                trials,
                target
            }),
            Flow::Continue
        );
        feed
    }

    fn minimize(callback: &'a dyn Callback) -> Self {
        Self::begin(callback, &[Direction::Minimize])
    }

    fn send(&self, event: &RunEvent<'_>) -> Flow {
        self.callback.notice(event)
    }

    /// A trial begins.
    fn start(&self, number: u64, config: &Net) -> Flow {
        let params = Params::of(self.study.flat_space(), config).unwrap();
        self.send(&RunEvent::TrialStarted { number, round: 0, params: &params })
    }

    /// A report without names.
    fn report(&self, number: u64, step: u64, value: f64) -> Flow {
        self.send(&RunEvent::Reported { number, execution: 0, step, value, metrics: &[] })
    }

    /// Metrics at a step, none of them that of the study.
    fn log(&self, number: u64, step: u64, metrics: &[(&str, f64)]) -> Flow {
        self.send(&RunEvent::Reported { number, execution: 0, step, value: f64::NAN, metrics })
    }

    /// The next trial ends with these values.
    fn end(&mut self, config: &Net, values: &[f64]) -> Flow {
        let number = self.study.add_trial(config, values.to_vec()).unwrap();
        let trial = self.study.oracle().trial(number).unwrap().unwrap();
        self.ended(&trial)
    }

    /// The next trial fails.
    fn fail(&mut self, message: &str) -> Flow {
        let number = self.study.ask().unwrap().unwrap().number;
        self.study.tell(number, Err::<f64, _>(TrialError::failed(message))).unwrap();
        let trial = self.study.oracle().trial(number).unwrap().unwrap();
        self.ended(&trial)
    }

    fn ended(&mut self, trial: &TrialRecord) -> Flow {
        self.finished += 1;
        let improved = match self.study.oracle().directions() {
            [direction] => trial.value().is_some_and(|value| {
                let best = self.best.as_ref().and_then(TrialRecord::value);
                best.is_none_or(|best| direction.is_better(value, best))
            }),
            _ => false,
        };
        if improved {
            self.best = Some(trial.clone());
        }
        let (best, finished) = (self.best.as_ref(), self.finished);
        self.send(&RunEvent::TrialEnded { trial, best, improved, finished, target: 100 })
    }
}

/// What the library warns of meanwhile, in this thread.
fn warnings(body: impl FnOnce()) -> Vec<String> {
    let log = WarningLog::default();
    tracing::subscriber::with_default(log.clone(), body);
    let words = log.0.lock().unwrap();
    words.clone()
}

#[derive(Clone, Default)]
struct WarningLog(Arc<Mutex<Vec<String>>>);

impl Subscriber for WarningLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = MessageText(String::new());
        event.record(&mut words);
        self.0.lock().unwrap().push(words.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct MessageText(String);

impl Visit for MessageText {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{value:?} ");
    }
}

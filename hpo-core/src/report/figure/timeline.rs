//! The timeline: when each trial ran.

use serde::Serialize;

use super::chart::{Axis, Chart, Layer, Panel, Spans};
use super::clock;
use super::colors::of_state;
use super::sample::{Shown, sample};
use crate::report::Subject;
use crate::trial::{State, Timestamp};

/// How many trials are shown at most.
const MOST: usize = 1_000;
/// Up to so many seconds, a clock shows too little.
const SHORT: f64 = 10.0;

/// When each trial ran.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timeline {
    /// When the first trial started: microseconds since 1970 in UTC; none if nothing is known of any.
    pub origin: Option<i64>,
    /// The trials, by number.
    pub bars: Vec<TimelineBar>,
    /// What is shown.
    pub shown: Shown,
}

/// When a trial ran.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TimelineBar {
    /// The trial.
    pub number: u64,
    /// How it stands.
    pub state: State,
    /// When it was started, the last time: seconds since the origin.
    pub start: f64,
    /// When it ended: seconds since the origin. Of one that runs, the last moment that the study knows.
    pub end: f64,
}

impl Timeline {
    /// Of the trials of which the start is known.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Self {
        let trials = subject.trials;
        let times: Vec<(u64, Timestamp, Option<Timestamp>)> = (0..trials.len())
            .filter_map(|number| {
                let (start, end) = trials.times(number);
                Some((number, start?, end))
            })
            .collect();
        let origin = times.iter().map(|time| time.1).min();
        let latest = times.iter().flat_map(|time| [Some(time.1), time.2]).flatten().max();
        let kept = sample(&times, MOST, |a, b| a.0.cmp(&b.0));
        let bars = kept.iter().filter_map(|(number, start, end)| {
            let seconds = |at: Timestamp| Some((at.0 - origin?.0) as f64 / 1e6);
            let end = end.or(latest)?.max(*start);
            Some(TimelineBar {
                number: *number,
                state: trials.state(*number)?,
                start: seconds(*start)?,
                end: seconds(end)?,
            })
        });
        let shown = Shown { shown: kept.len(), of: times.len(), infinite: 0 };
        Self { origin: origin.map(|at| at.0), bars: bars.collect(), shown }
    }

    /// What is drawn: by the clock, in UTC; what took a few seconds by the time since the first start.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let longest = self.bars.iter().map(|bar| bar.end).fold(0.0, f64::max);
        let (axis, origin, unit) = self.axis(longest);
        let place = |seconds: f64| origin + seconds / unit;
        let mut panel = Panel::new(axis, Axis::new("trial"));
        let states = [State::Complete, State::Pruned, State::Failed, State::Running, State::Paused, State::Waiting];
        for state in states {
            let of_state: Vec<&TimelineBar> = self.bars.iter().filter(|bar| bar.state == state).collect();
            if !of_state.is_empty() {
                panel.layers.push(Layer::Spans(Spans {
                    name: state.to_string(),
                    ys: of_state.iter().map(|bar| bar.number as f64).collect(),
                    starts: of_state.iter().map(|bar| place(bar.start)).collect(),
                    // What took no time at all shall still be seen.
                    ends: of_state.iter().map(|bar| place(bar.end.max(bar.start + longest * 1e-3))).collect(),
                    trials: of_state.iter().map(|bar| bar.number).collect(),
                    color: of_state[0].color(),
                    opacity: 1.0,
                    height: 0.8,
                }));
            }
        }
        let notes =
            self.shown.notes().into_iter().map(|note| note.replace("the best, the latest", "the first, the latest"));
        Chart { title: "Timeline".to_owned(), notes: notes.collect(), panels: vec![panel], columns: 1, color_bar: None }
    }
}

impl Timeline {
    /// The axis, where on it the first start lies, and how many seconds its unit has.
    fn axis(&self, longest: f64) -> (Axis, f64, f64) {
        let origin = self.origin.unwrap_or_default() as f64 / 1e6;
        if longest > SHORT {
            let date = clock::date(origin);
            return (Axis { is_time: true, ..Axis::new(format!("time (UTC), from {date}")) }, origin, 1.0);
        }
        let (unit, seconds) = if longest > 0.1 { ("seconds", 1.0) } else { ("milliseconds", 1e-3) };
        let since = if self.origin.is_some() { clock::exact(origin) } else { "the first start".to_owned() };
        (Axis::new(format!("{unit} since {since} (UTC)")), 0.0, seconds)
    }
}

impl TimelineBar {
    fn color(&self) -> &'static str {
        of_state(self.state)
    }
}

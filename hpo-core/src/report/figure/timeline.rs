//! The timeline: when each trial ran.

use serde::Serialize;

use super::chart::{Axis, Chart, Layer, Panel, Spans};
use super::colors::of_state;
use super::sample::{Shown, sample};
use crate::report::Subject;
use crate::trial::{State, Timestamp};

/// How many trials are shown at most.
const MOST: usize = 2_000;

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

    /// What is drawn: the time since the first start, in a unit that suits.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let longest = self.bars.iter().map(|bar| bar.end).fold(0.0, f64::max);
        let (unit, seconds) = match longest {
            long if long > 2.0 * 86_400.0 => ("days", 86_400.0),
            long if long > 2.0 * 3_600.0 => ("hours", 3_600.0),
            long if long > 120.0 => ("minutes", 60.0),
            long if long > 0.1 => ("seconds", 1.0),
            _ => ("milliseconds", 1e-3),
        };
        let mut panel = Panel::new(Axis::new(format!("{unit} since the first start")), Axis::new("trial"));
        let states = [State::Complete, State::Pruned, State::Failed, State::Running, State::Paused, State::Waiting];
        for state in states {
            let of_state: Vec<&TimelineBar> = self.bars.iter().filter(|bar| bar.state == state).collect();
            if !of_state.is_empty() {
                panel.layers.push(Layer::Spans(Spans {
                    name: state.to_string(),
                    ys: of_state.iter().map(|bar| bar.number as f64).collect(),
                    starts: of_state.iter().map(|bar| bar.start / seconds).collect(),
                    // What took no time at all shall still be seen.
                    ends: of_state.iter().map(|bar| bar.end.max(bar.start + longest * 1e-3) / seconds).collect(),
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

impl TimelineBar {
    fn color(&self) -> &'static str {
        of_state(self.state)
    }
}

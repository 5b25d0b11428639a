//! The timeline: the time span in which each trial ran.

use serde::Serialize;

use super::chart::{Axis, Chart, Layer, Panel, Spans};
use super::colors::of_state;
use super::sample::{Shown, sample};
use super::time_axis;
use crate::report::StudyView;
use crate::trial::{State, Timestamp};

/// The maximum number of trials shown.
const MOST: usize = 1_000;
/// The length of a timeline, in seconds, up to which it is shown as elapsed time instead of clock
/// time.
const SHORT: f64 = 10.0;

/// The time span of each trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timeline {
    /// The first start of a trial, in microseconds since 1970 in UTC; `None` if no start is known.
    pub origin: Option<i64>,
    /// The time spans of the trials, by number.
    pub bars: Vec<TimelineBar>,
    /// The number of trials shown, and of all trials.
    pub shown: Shown,
}

/// The time span of one trial.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TimelineBar {
    /// The number of the trial.
    pub number: u64,
    /// The state of the trial.
    pub state: State,
    /// The last start of the trial, in seconds since the origin.
    pub start: f64,
    /// The end of the trial, in seconds since the origin. For an unfinished trial, the latest
    /// moment known in the study.
    pub end: f64,
}

impl Timeline {
    /// Returns the timeline of the trials with a known start.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Self {
        let trials = view.trials;
        let times: Vec<(u64, Timestamp, Option<Timestamp>)> = (0..trials.len())
            .filter_map(|number| {
                let (start, end) = trials.times(number);
                Some((number, start?, end))
            })
            .collect();
        let origin = times.iter().map(|time| time.1).min();
        let latest = times.iter().flat_map(|time| [Some(time.1), time.2]).flatten().max();
        let sampled = sample(&times, MOST, |a, b| a.0.cmp(&b.0));
        let bars = sampled.iter().filter_map(|(number, start, end)| {
            let seconds = |at: Timestamp| Some((at.0 - origin?.0) as f64 / 1e6);
            let end = end.or(latest)?.max(*start);
            Some(TimelineBar {
                number: *number,
                state: trials.state(*number)?,
                start: seconds(*start)?,
                end: seconds(end)?,
            })
        });
        let shown = Shown { shown: sampled.len(), of: times.len(), infinite: 0 };
        Self { origin: origin.map(|at| at.0), bars: bars.collect(), shown }
    }

    /// Returns the chart that draws the timeline: over clock time in UTC, or over the time since
    /// the first start if it is only a few seconds long.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let longest = self.bars.iter().map(|bar| bar.end).fold(0.0, f64::max);
        let (axis, origin, unit) = self.axis(longest);
        let position = |seconds: f64| origin + seconds / unit;
        let mut panel = Panel::new(axis, Axis::new("trial"));
        for state in State::ALL {
            let of_state: Vec<&TimelineBar> =
                self.bars.iter().filter(|bar| bar.state == state).collect();
            if !of_state.is_empty() {
                panel.layers.push(Layer::Spans(Spans {
                    name: state.to_string(),
                    ys: of_state.iter().map(|bar| bar.number as f64).collect(),
                    starts: of_state.iter().map(|bar| position(bar.start)).collect(),
                    // A trial that took no time should still be visible.
                    ends: of_state
                        .iter()
                        .map(|bar| position(bar.end.max(bar.start + longest * 1e-3)))
                        .collect(),
                    trials: of_state.iter().map(|bar| bar.number).collect(),
                    color: of_state[0].color(),
                    opacity: 1.0,
                    height: 0.8,
                }));
            }
        }
        let notes = self
            .shown
            .notes()
            .into_iter()
            .map(|note| note.replace("the best, the latest", "the first, the latest"));
        Chart {
            title: "Timeline".to_owned(),
            notes: notes.collect(),
            panels: vec![panel],
            columns: 1,
            color_bar: None,
        }
    }
}

impl Timeline {
    /// Returns the axis, the position of the first start on it, and the seconds per unit of the
    /// axis.
    fn axis(&self, longest: f64) -> (Axis, f64, f64) {
        let origin = self.origin.unwrap_or_default() as f64 / 1e6;
        if longest > SHORT {
            let date = time_axis::date(origin);
            return (
                Axis { is_time: true, ..Axis::new(format!("time (UTC), from {date}")) },
                origin,
                1.0,
            );
        }
        let (unit, seconds) = if longest > 0.1 { ("seconds", 1.0) } else { ("milliseconds", 1e-3) };
        let since = if self.origin.is_some() {
            time_axis::exact(origin)
        } else {
            "the first start".to_owned()
        };
        (Axis::new(format!("{unit} since {since} (UTC)")), 0.0, seconds)
    }
}

impl TimelineBar {
    fn color(&self) -> &'static str {
        of_state(self.state)
    }
}

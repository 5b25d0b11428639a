//! The colors of series and states, after Okabe and Ito (2008). They can be distinguished by most
//! readers, on white and on black.

use crate::trial::State;

/// The colors of series, in order of use.
pub const SERIES: [&str; 7] =
    ["#3a86c8", "#d55e00", "#009e73", "#cc79a7", "#c79a00", "#56b4e9", "#7a68c2"];

/// The color of secondary marks.
pub const WEAK: &str = "#9a9a9a";

/// Returns the color of a state.
pub(crate) fn of_state(state: State) -> &'static str {
    match state {
        State::Complete => "#3a86c8",
        State::Pruned => "#e69f00",
        State::Failed => "#d55e00",
        State::Running => "#009e73",
        State::Paused => "#cc79a7",
        State::Waiting => WEAK,
    }
}

//! The colours of series and of states: of Okabe and Ito (2008), which most eyes tell apart, on white and on black.

use crate::trial::State;

/// Series, in this order.
pub(crate) const SERIES: [&str; 7] = ["#3a86c8", "#d55e00", "#009e73", "#cc79a7", "#c79a00", "#56b4e9", "#7a68c2"];

/// What stands back.
pub(crate) const WEAK: &str = "#9a9a9a";

/// The colour of a state.
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

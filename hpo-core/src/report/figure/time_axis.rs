//! Moments on an axis: seconds since 1970, shown as dates and times in UTC.

use crate::trial::Timestamp;

/// Returns the moment as text, such as `2026-11-21 19:34:08.123`.
pub(crate) fn exact(seconds: f64) -> String {
    let text = Timestamp((seconds * 1e6).round() as i64).to_string();
    text[.."0000-00-00T00:00:00.000".len()].replace('T', " ")
}

/// Returns the date of the moment, such as `2026-11-21`.
pub(crate) fn date(seconds: f64) -> String {
    exact(seconds)[..10].to_owned()
}

/// Returns about `about` round moments between two others, with short names: the date at midnight,
/// the time otherwise.
#[cfg(feature = "pictures")]
pub(crate) fn ticks(low: f64, high: f64, about: usize) -> Vec<(f64, String)> {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 3_600.0;
    const DAY: f64 = 86_400.0;
    let within = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0];
    let days = [1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 365.0, 3_650.0];
    let steps = (within.iter().copied())
        .chain(within.map(|minutes| minutes * MINUTE))
        .chain([1.0, 2.0, 3.0, 6.0, 12.0].map(|hours| hours * HOUR))
        .chain(days.map(|days| days * DAY));
    let mut steps = steps.skip_while(|step| (high - low) / step > about.max(1) as f64 * 1.3);
    let step = steps.next().unwrap_or((high - low).max(1.0));
    let first = (low / step).ceil();
    let count = ((high / step).floor() - first).clamp(-1.0, 100.0) as i64;
    let named = |index: i64| {
        let at = (first + index as f64) * step;
        let text = exact(at);
        let name = if at.rem_euclid(DAY) == 0.0 {
            &text[5..10]
        } else if step < MINUTE {
            &text[11..19]
        } else {
            &text[11..16]
        };
        (at, name.to_owned())
    };
    (0..=count).map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_by_the_clock() {
        assert_eq!(exact(1_795_289_648.123), "2026-11-21 19:34:08.123");
        assert_eq!(date(0.0), "1970-01-01");
    }

    #[cfg(feature = "pictures")]
    #[test]
    fn ticks_are_round_times_and_dates_at_midnight() {
        let names = |low: f64, high: f64| {
            ticks(low, high, 4).into_iter().map(|tick| tick.1).collect::<Vec<_>>()
        };
        let midnight = 1_795_305_600.0;
        assert_eq!(
            names(midnight - 100.0, midnight + 50.0),
            ["23:58:30", "23:59:00", "23:59:30", "11-22", "00:00:30"]
        );
        assert_eq!(
            names(midnight - 7_000.0, midnight + 7_300.0),
            ["23:00", "11-22", "01:00", "02:00"]
        );
        assert_eq!(
            names(midnight - 90_000.0, midnight + 180_000.0),
            ["11-21", "11-22", "11-23", "11-24"]
        );
    }
}

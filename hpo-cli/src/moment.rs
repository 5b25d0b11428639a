//! Times as text: ISO 8601 in UTC, with microseconds where they matter.
//!
//! Days are converted by Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013), for any
//! year of four digits.

use hpo_core::trial::Timestamp;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Formats a time with microseconds: `2026-11-21T19:34:08.123456Z`.
pub(crate) fn exact(at: Timestamp) -> String {
    let micros = at.0.rem_euclid(SECOND);
    format!("{}.{micros:06}Z", seconds(at))
}

/// Formats a time in whole seconds: `2026-11-21T19:34:08Z`.
pub(crate) fn whole(at: Timestamp) -> String {
    format!("{}Z", seconds(at))
}

fn seconds(at: Timestamp) -> String {
    let (year, month, day) = civil(at.0.div_euclid(DAY));
    let second = at.0.rem_euclid(DAY) / SECOND;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Parses a time; `None` if the text is not one.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let numbers = |text: &str, mark: char| -> Option<[i64; 3]> {
        let parts: Vec<i64> = text.split(mark).map(|part| part.parse().ok()).collect::<Option<_>>()?;
        parts.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    let is_fraction = fraction.len() <= 6 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !is_time || !is_fraction {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    Some(Timestamp(days(year, month, day) * DAY + (hour * 3600 + minute * 60 + second) * SECOND + micros))
}

/// Returns the number of days of a date since 1970.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years start in March, so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Returns the date of a number of days since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * day_of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        // The expected texts are those of `date -u -d @SECONDS`.
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (1_795_289_648, "2026-11-21T19:34:08Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(whole(Timestamp(seconds * SECOND)), text);
            assert_eq!(parse(text), Some(Timestamp(seconds * SECOND)));
        }
    }

    #[test]
    fn every_moment_comes_back() {
        for step in 0..5000 {
            let at = Timestamp(-2_000_000_000_000_000 + step * 1_234_567_891_011);
            assert_eq!(parse(&exact(at)), Some(at), "{}", exact(at));
        }
        for text in
            ["", "today", "2026-11-21", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.x Z"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

//! Points in time, and their text: ISO 8601 in UTC.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A point in time: microseconds since 1970 in UTC.
///
/// Its text is `2026-11-21T19:34:08.123456Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Returns the current time.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(since.map_or(0, |elapsed| elapsed.as_micros() as i64))
    }

    /// Returns the time from an earlier moment to this one; zero if the other moment is not
    /// earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Parses an ISO 8601 time with any offset, and with up to microseconds. A time without an
    /// offset is taken as UTC.
    ///
    /// ```
    /// use hpo_core::trial::Timestamp;
    ///
    /// let at = Timestamp::parse("2026-11-21T19:34:08.5+09:00").unwrap();
    /// assert_eq!(at.to_string(), "2026-11-21T10:34:08.500000Z");
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
        let [month, day] = [part(5..7)?, part(8..10)?];
        let [hour, minute, second] = [part(11..13)?, part(14..16)?, part(17..19)?];
        let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
        let is_time = hour < 24 && minute < 60 && second < 60;
        if !(is_date && is_time) {
            return None;
        }
        let (micros, zone) = fraction(text.get(19..)?);
        let seconds = hour * 3600 + minute * 60 + second - offset(zone)?;
        Some(Self(days(part(0..4)?, month, day) * DAY + seconds * SECOND + micros))
    }

    /// Returns the text without the offset: `2026-11-21T19:34:08.123456`.
    pub(crate) fn digits(self) -> [u8; 26] {
        let (day, micros) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = civil(day);
        let second = micros / SECOND;
        let mut text = *b"0000-00-00T00:00:00.000000";
        let fields = [(0..4, year), (5..7, month), (8..10, day), (11..13, second / 3600)];
        let more = [(14..16, second / 60 % 60), (17..19, second % 60), (20..26, micros % SECOND)];
        for (place, number) in fields.into_iter().chain(more) {
            write(&mut text[place], number);
        }
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", String::from_utf8_lossy(&self.digits()))
    }
}

fn write(place: &mut [u8], mut number: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Splits the end of a time into microseconds and the offset.
fn fraction(rest: &str) -> (i64, &str) {
    let Some(digits) = rest.strip_prefix('.') else { return (0, rest) };
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    let digit = |place: usize| digits.as_bytes()[..count].get(place).map_or(0, |byte| byte - b'0');
    ((0..6).fold(0, |micros, place| micros * 10 + i64::from(digit(place))), &digits[count..])
}

/// Parses the offset of a time zone, in seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let part = |range: std::ops::Range<usize>| zone.get(range)?.parse::<i64>().ok();
    Some(sign * (part(1..3)? * 3600 + part(4..6).unwrap_or(0) * 60))
}

/// Returns year, month and day of a number of days since 1970 (Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", 2013).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Returns the number of days since 1970 of a date: the inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        // The expected texts are those of `date -u -d @SECONDS`.
        let cases = [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_709_251_200, "2024-03-01T00:00:00"),
            (1_795_289_648, "2026-11-21T19:34:08"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ];
        for (seconds, text) in cases {
            let at = Timestamp(seconds * SECOND);
            assert_eq!(at.to_string(), format!("{text}.000000Z"));
            assert_eq!(Timestamp::parse(&format!("{text}Z")), Some(at));
        }
    }

    #[test]
    fn every_time_is_read_back() {
        for step in 0..5000 {
            let at = Timestamp(-2_000_000_000_000_000 + step * 1_234_567_891_011);
            assert_eq!(Timestamp::parse(&at.to_string()), Some(at), "{at}");
        }
        let zulu = Timestamp::parse("2026-11-21T10:53:57.857768+00:00");
        assert!(zulu.is_some());
        assert_eq!(zulu, Timestamp::parse("2026-11-21T19:53:57.857768+09:00"));
        assert_eq!(zulu, Timestamp::parse("2026-11-21T10:53:57.857768"));
        let bad = ["", "today", "2026-11-21", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z"];
        for text in bad.into_iter().chain(["2026-01-01T00:00:00.x Z"]) {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}

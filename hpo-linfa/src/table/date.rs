//! Dates as seconds since the beginning of 1970, without time zones other than fixed offsets.

use serde::{Deserialize, Serialize};

/// The order of the parts of dates that end with the year, such as `01/02/2026`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateOrder {
    /// There are none: such texts are no dates.
    #[default]
    YearFirst,
    /// The day comes first: 31.12.2026.
    DayFirst,
    /// The month comes first: 12/31/2026.
    MonthFirst,
}

impl DateOrder {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn is_default(&self) -> bool {
        *self == DateOrder::default()
    }

    /// Returns a remark for the user on an order that is not plain.
    pub(super) fn describe(self) -> Option<&'static str> {
        match self {
            DateOrder::YearFirst => None,
            DateOrder::DayFirst => Some("the day comes first"),
            DateOrder::MonthFirst => Some("the month comes first"),
        }
    }

    /// Returns the order in which most cells are dates; `None` if it may be one or the other.
    pub(super) fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Option<Self> {
        let (mut by_day, mut by_month) = (0, 0);
        for cell in cells.filter(|cell| cell.contains(['/', '-'])) {
            if seconds(cell, DateOrder::YearFirst).is_none() {
                by_day += usize::from(seconds(cell, DateOrder::DayFirst).is_some());
                by_month += usize::from(seconds(cell, DateOrder::MonthFirst).is_some());
            }
        }
        match by_day.cmp(&by_month) {
            std::cmp::Ordering::Greater => Some(DateOrder::DayFirst),
            std::cmp::Ordering::Less => Some(DateOrder::MonthFirst),
            std::cmp::Ordering::Equal => (by_day == 0).then_some(DateOrder::YearFirst),
        }
    }
}

/// Returns the seconds since the beginning of 1970 of a date with or without a time; `None` if the
/// text is no date.
pub(crate) fn seconds(text: &str, order: DateOrder) -> Option<f64> {
    let text = text.trim();
    // The shortest form is `1.1.1970`.
    if text.len() < 8 || !text.is_ascii() || !text.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    let (date, time) = match text.find(['T', ' ']) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    };
    let days = days(date, order)?;
    let within = time.map_or(Some(0.0), time_of_day)?;
    Some(days as f64 * 86_400.0 + within)
}

/// Returns the days since the beginning of 1970 of `2026-12-01`, `2026/12/01`, `01.12.2026`, and in
/// one of the orders `01/12/2026` or `12/01/2026`.
fn days(date: &str, order: DateOrder) -> Option<i64> {
    let separator = date.chars().find(|letter| !letter.is_ascii_digit())?;
    let parts: Vec<&str> = date.split(separator).collect();
    let [first, second, third] = parts[..] else { return None };
    let (year, month, day) = match separator {
        '-' | '/' if first.len() == 4 => (first, second, third),
        '.' if third.len() == 4 => (third, second, first),
        '-' | '/' if third.len() == 4 => match order {
            DateOrder::YearFirst => return None,
            DateOrder::DayFirst => (third, second, first),
            DateOrder::MonthFirst => (third, first, second),
        },
        _ => return None,
    };
    let whole = |text: &str| text.parse::<i64>().ok().filter(|_| text.len() <= 4);
    let (year, month, day) = (whole(year)?, whole(month)?, whole(day)?);
    ((1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day))
        .then(|| days_from_civil(year, month, day))
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the days since 1970-01-01
/// ([Hinnant](https://howardhinnant.github.io/date_algorithms.html#days_from_civil)).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Returns the seconds since midnight of `10:30`, `10:30:15.5`, with `Z` or an offset such as
/// `+02:00`.
fn time_of_day(time: &str) -> Option<f64> {
    let (clock, offset) = match time.find(['Z', '+', '-']) {
        Some(place) => (&time[..place], offset(&time[place..])?),
        None => (time, 0.0),
    };
    let mut parts = clock.split(':');
    let hours: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().map_or(Ok(0.0), str::parse).ok()?;
    let valid = (0.0..24.0).contains(&hours)
        && (0.0..60.0).contains(&minutes)
        && (0.0..61.0).contains(&seconds)
        && parts.next().is_none();
    valid.then_some(hours * 3600.0 + minutes * 60.0 + seconds - offset)
}

fn offset(text: &str) -> Option<f64> {
    let sign = match text.as_bytes().first()? {
        b'Z' => return (text.len() == 1).then_some(0.0),
        b'-' => -1.0,
        _ => 1.0,
    };
    let digits = text[1..].replace(':', "");
    if digits.len() != 4 {
        return None;
    }
    let whole: u32 = digits.parse().ok()?;
    Some(sign * f64::from(whole / 100 * 3600 + whole % 100 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        super::seconds(text, DateOrder::YearFirst)
    }

    #[test]
    fn a_column_decides_the_order_of_dates_that_end_with_the_year() {
        let of = |cells: &[&str]| DateOrder::of(cells.iter().copied());
        assert_eq!(of(&["01/02/2026", "12/31/2001"]), Some(DateOrder::MonthFirst));
        assert_eq!(of(&["01/02/2026", "31-12-2001"]), Some(DateOrder::DayFirst));
        assert_eq!(of(&["01/02/2026"]), None);
        assert_eq!(of(&["2026-01-02", "x-y"]), Some(DateOrder::YearFirst));
        let day = super::seconds("1/2/2026 10:00", DateOrder::MonthFirst);
        assert_eq!(day, seconds("2026-01-02T10:00"));
    }

    #[test]
    fn dates_are_seconds_since_1970() {
        assert_eq!(seconds("1970-01-02"), Some(86_400.0));
        assert_eq!(seconds("2000/03/01"), Some(951_868_800.0));
        assert_eq!(seconds("01.03.2000"), seconds("2000-03-01"));
        assert_eq!(seconds("2000-03-01T01:30:00+01:30"), seconds("2000-03-01"));
        assert_eq!(seconds("1969-12-31 23:59:59.5"), Some(-0.5));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["2001-02-29", "12-31", "1.5", "2001-13-01", "31/12/1999", "2001-01-01T25:00", ""]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}

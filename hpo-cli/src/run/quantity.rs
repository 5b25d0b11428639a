//! Times and amounts of memory, as people write them: `90s`, `2h30m`, `4GiB`.

use std::time::Duration;

/// Parses a time: numbers with the units `ms`, `s`, `m`, `h` and `d`, largest first or not:
/// `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 5] =
        [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)];
    let mut seconds = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(no_time(text));
    }
    while !rest.is_empty() {
        let (number, unit, after) = next(rest).ok_or_else(|| no_time(text))?;
        let (_, factor) =
            UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(|| no_time(text))?;
        seconds += number * factor;
        rest = after;
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| no_time(text))
}

/// Parses an amount of memory in bytes: `512MiB`, `4GiB`, `4GB`, `4G` (binary, as `ulimit` and
/// Slurm mean it).
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, f64); 14] = [
        ("b", 1.0),
        ("", 1.0),
        ("k", 1024.0),
        ("kib", 1024.0),
        ("kb", 1e3),
        ("m", 1_048_576.0),
        ("mib", 1_048_576.0),
        ("mb", 1e6),
        ("g", 1_073_741_824.0),
        ("gib", 1_073_741_824.0),
        ("gb", 1e9),
        ("t", 1_099_511_627_776.0),
        ("tib", 1_099_511_627_776.0),
        ("tb", 1e12),
    ];
    let error = || format!("`{text}` is not an amount of memory: write it as 512MiB or 4GiB");
    let lower = text.trim().to_lowercase();
    let (number, unit, after) = next(&lower).ok_or_else(error)?;
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(error)?;
    let bytes = number * factor;
    if after.is_empty() && (1.0..1e18).contains(&bytes) { Ok(bytes as u64) } else { Err(error()) }
}

/// Writes a time in words: `12s`, `3m 20s`, `2h 05m`.
pub(crate) fn time_in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 if time.subsec_millis() > 0 => format!("{:.1}s", time.as_secs_f64()),
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Writes an amount of memory in words: `1.5 GiB`.
pub(crate) fn bytes_in_words(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (bytes.max(1).ilog2() / 10).min(4);
    let amount = bytes as f64 / 1024_f64.powi(power.cast_signed());
    let digits = usize::from(amount < 10.0 && amount.fract() > 0.05);
    format!("{amount:.digits$} {}", UNITS[power as usize])
}

fn no_time(text: &str) -> String {
    format!("`{text}` is not a time: write it with its unit, as 90s, 10m or 2h30m")
}

/// Splits off the first number and its unit.
fn next(text: &str) -> Option<(f64, &str, &str)> {
    let is_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let digits = text.find(|letter| !is_number(letter)).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let rest = rest.trim_start();
    let letters = rest.find(|letter: char| !letter.is_alphabetic()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    Some((number.parse().ok()?, unit, after.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2h30m"), Ok(Duration::from_secs(9_000)));
        assert_eq!(duration("1.5 s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for wrong in ["", "10", "ten", "5 weeks", "-1s", "1e9d", "1h 5"] {
            assert!(duration(wrong).unwrap_err().contains("is not a time"), "{wrong}");
        }
    }

    #[test]
    fn memory_has_units() {
        assert_eq!(bytes("4GiB"), Ok(4 << 30));
        assert_eq!(bytes("512 mib"), Ok(512 << 20));
        assert_eq!(bytes("4G"), Ok(4 << 30));
        assert_eq!(bytes("1GB"), Ok(1_000_000_000));
        for wrong in ["", "much", "0", "-1GiB", "4 GiB of it"] {
            assert!(bytes(wrong).unwrap_err().contains("is not an amount"), "{wrong}");
        }
    }

    #[test]
    fn amounts_are_short_in_words() {
        assert_eq!(bytes_in_words(4 << 30), "4 GiB");
        assert_eq!(bytes_in_words(1_610_612_736), "1.5 GiB");
        assert_eq!(bytes_in_words(0), "0 B");
        assert_eq!(time_in_words(Duration::from_millis(1_500)), "1.5s");
        assert_eq!(time_in_words(Duration::from_secs(3_725)), "1h 02m");
        assert_eq!(time_in_words(Duration::from_secs(600)), "10m 00s");
    }
}

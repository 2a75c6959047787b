//! Numbers as people read them, and as they write them.

use std::time::Duration;

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 document`, `2 documents`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

/// A number of bytes in the largest unit that leaves a number from 1 on: `1.4 MiB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut scaled = count as f64 / 1024.0;
    let mut unit = 0;
    while scaled >= 1023.95 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{scaled:.1} {}", UNITS[unit])
}

/// How long something took: `350 ms`, `2.4 s`, `3 min`.
pub(crate) fn took(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        _ => age(duration),
    }
}

/// How long ago something was, in its largest unit: `12 s`, `3 min`, `5 h`, `9 d`.
pub(crate) fn age(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// A share as a percentage: `12 %`, `<1 %`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 { "<1 %".to_owned() } else { format!("{percent:.0} %") }
}

/// What `2h`, `30m`, `7d` stand for.
pub(crate) fn parse_span(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn numbers_have_the_unit_that_fits() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(counted(1, "letter"), "1 letter");
        assert_eq!(bytes(1_048_575), "1.0 MiB");
        assert_eq!(took(Duration::from_millis(2_400)), "2.4 s");
        assert_eq!(age(Duration::from_secs(100_000)), "27 h");
        assert_eq!((percent(0.004), percent(0.5)), ("<1 %".to_owned(), "50 %".to_owned()));
    }

    #[test]
    fn a_span_has_a_number_and_a_unit() {
        assert_eq!(parse_span("2h"), Some(Duration::from_secs(7_200)));
        for text in ["", "h", "2", "2y", "-1h", "99999999999999999999d"] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }
}

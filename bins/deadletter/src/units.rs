//! Numbers as people read them, and as they write them.

pub(crate) use gdg_operations::units::{bytes, counted, thousands};
use std::time::Duration;

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

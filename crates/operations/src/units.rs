//! Numbers as people read them.

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
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

/// A number of bytes in the largest unit that leaves a number from 1 on: `1.4 MiB`.
pub fn bytes(count: u64) -> String {
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

/// A span of seconds in its two largest units: `12 s`, `3 min 20 s`, `2 h 5 min`, `9 d 4 h`.
pub fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    let (large, large_unit, small, small_unit) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3_600 => (seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => (seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    };
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

/// A span of seconds in its largest unit, for columns: `12s`, `3m`, `5h`, `9d`.
pub fn age(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A number a second: `0.25/s`, `12.3/s`, `1,234/s`.
pub fn rate(a_second: f64) -> String {
    match a_second {
        0.0 => "0/s".into(),
        small if small < 1.0 => format!("{small:.2}/s"),
        medium if medium < 100.0 => format!("{medium:.1}/s"),
        large => format!("{}/s", thousands(large.round() as u64)),
    }
}

/// A part of a whole, from 0 to 1: `12.5 %`. It is 100 only when nothing is missing, and 0 only when there is nothing.
pub fn percent(part: f64) -> String {
    let tenths = (part.clamp(0.0, 1.0) * 1000.0).round();
    let tenths = if part < 1.0 { tenths.min(999.0) } else { tenths };
    let tenths = if part > 0.0 { tenths.max(1.0) } else { tenths };
    format!("{:.1} %", tenths / 10.0)
}

/// `1 document`, `2 documents`.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

/// Text on one line, of `width` characters at most, without anything that could steer a terminal.
pub fn line(text: &str, width: usize) -> String {
    let clean = text.chars().map(|character| if character.is_control() { ' ' } else { character });
    let clean: Vec<char> = clean.take(width + 1).collect();
    if clean.len() <= width {
        return clean.into_iter().collect();
    }
    let kept = clean.into_iter().take(width.saturating_sub(1));
    kept.chain(['…']).take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn bytes_have_the_unit_that_fits() {
        for (count, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn spans_have_the_units_that_fit() {
        for (seconds, long, short) in [
            (0.4, "0 s", "0s"),
            (59.4, "59 s", "59s"),
            (60.0, "1 min", "1m"),
            (200.0, "3 min 20 s", "3m"),
            (7_500.0, "2 h 5 min", "2h"),
            (900_000.0, "10 d 10 h", "10d"),
        ] {
            assert_eq!((span(seconds).as_str(), age(seconds).as_str()), (long, short));
        }
    }

    #[test]
    fn rates_have_as_many_digits_as_are_worth_something() {
        for (number, text) in [(0.0, "0/s"), (0.254, "0.25/s"), (12.34, "12.3/s"), (1234.5, "1,235/s")] {
            assert_eq!(rate(number), text);
        }
    }

    #[test]
    fn a_percentage_is_whole_only_when_nothing_is_missing() {
        for (part, text) in [(0.0, "0.0 %"), (0.000_01, "0.1 %"), (0.999_99, "99.9 %"), (1.0, "100.0 %")] {
            assert_eq!(percent(part), text);
        }
    }

    #[test]
    fn a_line_has_no_ends_of_lines_and_steers_no_terminal() {
        assert_eq!(line("a\nb\u{1b}[31mc", 20), "a b [31mc");
        assert_eq!(line("abcdef", 4), "abc…");
        assert_eq!(line("abcd", 4), "abcd");
    }
}

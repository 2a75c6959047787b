//! Numbers as a reader of the sheet sees them: dates and times by their
//! number format, everything else without the noise of binary fractions.

/// What a number format makes of a number. Percentages, currencies and the
/// like are plain numbers here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum NumberFormat {
    #[default]
    Plain,
    Date,
    Time,
    DateTime,
    /// Hours, minutes or seconds that may go past a day: `[h]:mm:ss`.
    Elapsed,
}

impl NumberFormat {
    /// The format built in under `id` (ECMA-376 part 1, 18.8.30).
    pub(super) fn built_in(id: u32) -> Self {
        match id {
            // From 27 on: the formats of East Asian editions, whose clock formats differ by edition.
            14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Date,
            18..=21 | 32..=35 | 45 | 47 | 55 | 56 => Self::Time,
            22 => Self::DateTime,
            46 => Self::Elapsed,
            _ => Self::Plain,
        }
    }

    /// The format with the pattern `code`, judged by its first section (that of positive numbers).
    pub(super) fn custom(code: &str) -> Self {
        if code.eq_ignore_ascii_case("general") {
            return Self::Plain;
        }
        let (mut date, mut time, mut month_or_minute) = (false, false, false);
        let mut letters = code.chars();
        while let Some(letter) = letters.next() {
            match letter.to_ascii_lowercase() {
                ';' => break,
                '"' => {
                    letters.by_ref().find(|&letter| letter == '"');
                }
                // The character behind it is shown, skipped or repeated.
                '\\' | '_' | '*' => {
                    letters.next();
                }
                '[' => {
                    let condition: String = letters.by_ref().take_while(|&letter| letter != ']').collect();
                    let unit = condition.to_ascii_lowercase();
                    if ["h", "hh", "m", "mm", "s", "ss"].contains(&unit.as_str()) {
                        return Self::Elapsed;
                    }
                }
                'y' | 'd' => date = true,
                'h' | 's' => time = true,
                'm' => month_or_minute = true,
                _ => {}
            }
        }
        match (date, time) {
            (true, true) => Self::DateTime,
            (false, true) => Self::Time,
            (true, false) => Self::Date,
            (false, false) if month_or_minute => Self::Date,
            (false, false) => Self::Plain,
        }
    }

    /// `number` as text. Dates and times that no calendar has stay numbers.
    pub(super) fn show(self, number: f64, date_system: DateSystem) -> String {
        match self {
            Self::Plain => plain(number),
            Self::Elapsed => elapsed(number).unwrap_or_else(|| plain(number)),
            Self::Date | Self::Time | Self::DateTime => {
                Moment::of(number, date_system).map_or_else(|| plain(number), |moment| moment.show(self))
            }
        }
    }
}

/// What day 0 of a workbook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum DateSystem {
    /// Day 1 is 1900-01-01, and 1900 is a leap year, as in Lotus 1-2-3.
    #[default]
    From1900,
    /// Day 0 is 1904-01-01.
    From1904,
}

const MILLISECONDS_A_DAY: i64 = 86_400_000;
/// 9999-12-31 in the 1900 date system, the last day that Excel knows.
const LAST_DAY: i64 = 2_958_465;
/// Days from 1899-12-31 to 1970-01-01.
const DAYS_FROM_1900_TO_1970: i64 = 25_568;
/// Days from 1904-01-01 to 1970-01-01.
const DAYS_FROM_1904_TO_1970: i64 = 24_107;
/// The 29th of February 1900 in the 1900 date system, which never was.
const FALSE_LEAP_DAY: i64 = 60;

/// A serial number as a day of the calendar and a time.
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    millisecond: i64,
}

impl Moment {
    fn of(serial: f64, date_system: DateSystem) -> Option<Self> {
        // The comparison is false for NaN, too.
        if !(0.0..(LAST_DAY + 1) as f64).contains(&serial) {
            return None;
        }
        let total = (serial * MILLISECONDS_A_DAY as f64).round() as i64;
        let (serial_day, millisecond) = (total / MILLISECONDS_A_DAY, total % MILLISECONDS_A_DAY);
        let (year, month, day) = match date_system {
            DateSystem::From1904 => civil(serial_day - DAYS_FROM_1904_TO_1970),
            DateSystem::From1900 if serial_day == FALSE_LEAP_DAY => (1900, 2, 29),
            DateSystem::From1900 if serial_day < FALSE_LEAP_DAY => civil(serial_day - DAYS_FROM_1900_TO_1970),
            DateSystem::From1900 => civil(serial_day - 1 - DAYS_FROM_1900_TO_1970),
        };
        Some(Self { year, month, day, millisecond })
    }

    fn show(&self, format: NumberFormat) -> String {
        let date = format!("{:04}-{:02}-{:02}", self.year, self.month, self.day);
        match format {
            NumberFormat::Date => date,
            NumberFormat::Time => clock(self.millisecond),
            _ => format!("{date}T{}", clock(self.millisecond)),
        }
    }
}

/// The date that is `days` after 1970-01-01 in the Gregorian calendar, by
/// counting in years that begin in March, so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// `h:mm:ss` with hours of two digits or more, and milliseconds where there are any.
fn clock(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match milliseconds % 1000 {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        fraction => format!("{hour:02}:{minute:02}:{second:02}.{fraction:03}"),
    }
}

fn elapsed(days: f64) -> Option<String> {
    // NaN lies in no range.
    if !(0.0..=LAST_DAY as f64).contains(&days.abs()) {
        return None;
    }
    let milliseconds = (days * MILLISECONDS_A_DAY as f64).round() as i64;
    let sign = if milliseconds < 0 { "-" } else { "" };
    Some(format!("{sign}{}", clock(milliseconds.abs())))
}

/// A number with the 15 significant digits that a spreadsheet keeps: `0.1 + 0.2` is `0.3`.
fn plain(number: f64) -> String {
    let rounded = format!("{number:.14e}").parse::<f64>().unwrap_or(number);
    // Adding zero makes a negative zero positive.
    let rounded = rounded + 0.0;
    let size = rounded.abs();
    if rounded == 0.0 || (1e-9..1e21).contains(&size) { format!("{rounded}") } else { format!("{rounded:E}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_formats_are_told_by_their_letters() {
        let cases = [
            ("General", NumberFormat::Plain),
            ("0.00%", NumberFormat::Plain),
            ("#,##0.00 \"days\"", NumberFormat::Plain),
            ("0.00E+00", NumberFormat::Plain),
            ("[Red]0.00;[Blue]-0.00", NumberFormat::Plain),
            ("[$-409]d\\-mmm\\-yy;@", NumberFormat::Date),
            ("mmm", NumberFormat::Date),
            ("mm:ss", NumberFormat::Time),
            ("h:mm AM/PM", NumberFormat::Time),
            ("yyyy\\-mm\\-dd hh:mm", NumberFormat::DateTime),
            ("[h]:mm:ss", NumberFormat::Elapsed),
            ("[hh]:mm", NumberFormat::Elapsed),
            ("_-* #,##0.00\\ [$\u{20ac}-407]_-", NumberFormat::Plain),
            ("\"unclosed d", NumberFormat::Plain),
            ("[", NumberFormat::Plain),
        ];
        for (code, expected) in cases {
            assert_eq!(NumberFormat::custom(code), expected, "{code}");
        }
    }

    #[test]
    fn days_of_both_date_systems_are_those_of_the_calendar() {
        let date = |serial, system| NumberFormat::Date.show(serial, system);
        assert_eq!(date(1.0, DateSystem::From1900), "1900-01-01");
        assert_eq!(date(59.0, DateSystem::From1900), "1900-02-28");
        assert_eq!(date(60.0, DateSystem::From1900), "1900-02-29");
        assert_eq!(date(61.0, DateSystem::From1900), "1900-03-01");
        assert_eq!(date(45_943.0, DateSystem::From1900), "2025-10-13");
        assert_eq!(date(2_958_465.0, DateSystem::From1900), "9999-12-31");
        assert_eq!(date(0.0, DateSystem::From1904), "1904-01-01");
        assert_eq!(date(44_481.0, DateSystem::From1904), "2025-10-13");
    }

    #[test]
    fn times_are_rounded_to_the_millisecond() {
        let system = DateSystem::From1900;
        assert_eq!(NumberFormat::DateTime.show(45_943.541, system), "2025-10-13T12:59:02.400");
        assert_eq!(NumberFormat::DateTime.show(45_943.999_999_999_99, system), "2025-10-14T00:00:00");
        assert_eq!(NumberFormat::Time.show(0.5, system), "12:00:00");
        assert_eq!(NumberFormat::Elapsed.show(1.25, system), "30:00:00");
        assert_eq!(NumberFormat::Elapsed.show(-0.5, system), "-12:00:00");
    }

    #[test]
    fn numbers_that_are_no_dates_stay_numbers() {
        assert_eq!(NumberFormat::Date.show(-1.0, DateSystem::From1900), "-1");
        assert_eq!(NumberFormat::DateTime.show(1e300, DateSystem::From1904), "1E300");
        assert_eq!(NumberFormat::Elapsed.show(f64::NAN, DateSystem::From1900), "NaN");
    }

    #[test]
    fn numbers_have_no_noise() {
        let cases = [
            (0.1 + 0.2, "0.3"),
            (1.0, "1"),
            (-0.0, "0"),
            (4_006_381_333_931.0, "4006381333931"),
            (0.000_012_5, "0.0000125"),
            (123_456.789, "123456.789"),
            (1e21, "1E21"),
            (2.5e-12, "2.5E-12"),
        ];
        for (number, expected) in cases {
            assert_eq!(plain(number), expected);
        }
    }
}

//! How fast something grows, from what it was at some moments.

use schemars::JsonSchema;
use serde::Serialize;

/// Seconds below which two moments are too close to tell a rate.
const SHORTEST: f64 = 2.0;

/// How fast something grows, a second, over the last minutes; null where that is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Rates {
    /// Over the last minute.
    pub one_minute: Option<f64>,
    /// Over the last five minutes.
    pub five_minutes: Option<f64>,
    /// Over the last fifteen minutes.
    pub fifteen_minutes: Option<f64>,
    /// Since the run began.
    pub overall: Option<f64>,
}

/// How much of something there was, some seconds ago.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    pub(crate) seconds_ago: f64,
    pub(crate) count: u64,
}

impl Rates {
    /// The rates of something of which there is `now`, and was what `earlier` says, in any order, since it began with
    /// nothing `age` seconds ago.
    pub(crate) fn of(now: u64, earlier: &[Reading], age: f64) -> Self {
        let beginning = Reading { seconds_ago: age, count: 0 };
        let all: Vec<Reading> = earlier.iter().copied().chain([beginning]).collect();
        Self {
            one_minute: rate_over(60.0, now, &all),
            five_minutes: rate_over(300.0, now, &all),
            fifteen_minutes: rate_over(900.0, now, &all),
            overall: rate_since(&beginning, now),
        }
    }

    /// All of them nothing: of what is over.
    pub(crate) fn ended(total: u64, seconds: f64) -> Self {
        let overall = rate_since(&Reading { seconds_ago: seconds, count: 0 }, total);
        Self { one_minute: Some(0.0), five_minutes: Some(0.0), fifteen_minutes: Some(0.0), overall }
    }
}

/// The rate since the reading that is nearest to `window` seconds ago.
pub(crate) fn rate_over(window: f64, now: u64, readings: &[Reading]) -> Option<f64> {
    let distance = |reading: &Reading| (reading.seconds_ago - window).abs();
    let usable = readings.iter().filter(|reading| reading.seconds_ago >= SHORTEST);
    let nearest = usable.min_by(|one, other| distance(one).total_cmp(&distance(other)))?;
    rate_since(nearest, now)
}

/// What has come since then, a second. Counts that fell, because documents were put back, count as no growth.
fn rate_since(reading: &Reading, now: u64) -> Option<f64> {
    (reading.seconds_ago >= SHORTEST).then(|| now.saturating_sub(reading.count) as f64 / reading.seconds_ago)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(seconds_ago: f64, count: u64) -> Reading {
        Reading { seconds_ago, count }
    }

    #[test]
    fn each_rate_is_over_the_reading_nearest_to_its_window() {
        let earlier: Vec<Reading> = (1..=20_u32)
            .map(|minute| reading(f64::from(minute) * 60.0, 6_000 - 100 * u64::from(minute)))
            .collect();
        let rates = Rates::of(6_600, &earlier, 7_200.0);
        assert_eq!(rates.one_minute, Some(700.0 / 60.0));
        assert_eq!(rates.five_minutes, Some(1_100.0 / 300.0));
        assert_eq!(rates.fifteen_minutes, Some(2_100.0 / 900.0));
        assert_eq!(rates.overall, Some(6_600.0 / 7_200.0));
    }

    #[test]
    fn a_young_run_has_the_rate_since_its_beginning() {
        let rates = Rates::of(300, &[], 30.0);
        assert_eq!(rates.one_minute, Some(10.0));
        assert_eq!(rates.fifteen_minutes, Some(10.0));
    }

    #[test]
    fn nothing_is_told_from_two_moments_that_are_too_close() {
        assert_eq!(Rates::of(300, &[reading(0.1, 299)], 0.5), Rates::default());
    }

    #[test]
    fn documents_that_were_put_back_make_no_negative_rate() {
        assert_eq!(rate_over(60.0, 90, &[reading(60.0, 100)]), Some(0.0));
    }
}

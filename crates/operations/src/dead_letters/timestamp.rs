//! Times.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A time, in milliseconds since 1970-01-01 UTC, by the database's clock.
///
/// ```
/// use gdg_operations::dead_letters::Timestamp;
///
/// let time: Timestamp = "2026-01-01".parse().unwrap();
/// assert_eq!(time.to_string(), "2026-01-01T00:00:00.000Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// Text that is no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTimestamp(pub String);

impl Timestamp {
    /// The time that long before.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` it is; zero when it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp_millis(self.0) {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => write!(f, "{}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// A time as RFC 3339 has it, or a day (its beginning, UTC).
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(time.timestamp_millis()));
        }
        let day = text.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0));
        day.map(|day| Self(day.and_utc().timestamp_millis())).ok_or_else(|| InvalidTimestamp(text.into()))
    }
}

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no time: give one like 2026-01-31 or 2026-01-31T12:00:00Z", self.0)
    }
}

impl std::error::Error for InvalidTimestamp {}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// Text, as `PostgreSQL` keeps it in a history, or milliseconds, as `SQLite` does.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Kept {
            Milliseconds(i64),
            Text(String),
        }
        match Kept::deserialize(deserializer)? {
            Kept::Milliseconds(milliseconds) => Ok(Self(milliseconds)),
            Kept::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_time_is_read_in_each_form_that_is_kept() {
        let expected = Timestamp(1_767_225_600_123);
        for text in
            ["1767225600123", "\"2026-01-01T00:00:00.123456+00:00\"", "\"2026-01-01T01:00:00.123+01:00\""]
        {
            assert_eq!(serde_json::from_str::<Timestamp>(text).unwrap(), expected, "{text}");
        }
        assert_eq!(serde_json::to_string(&expected).unwrap(), "\"2026-01-01T00:00:00.123Z\"");
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}

//! Spans of time, written as numbers of seconds.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// A span of time, kept to the millisecond and written as a number of seconds: `30`, `0.25`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds {
    milliseconds: u64,
}

/// Ten years: longer than any span that is configured, short enough for every arithmetic on it.
const LONGEST_IN_SECONDS: u64 = 315_360_000;

impl Seconds {
    /// `count` whole seconds.
    pub const fn whole(count: u64) -> Self {
        Self { milliseconds: count.saturating_mul(1000) }
    }

    /// `count` thousandths of a second.
    pub const fn milliseconds(count: u64) -> Self {
        Self { milliseconds: count }
    }

    /// The span as the standard library has it.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }

    /// Whether the span is empty.
    pub const fn is_zero(self) -> bool {
        self.milliseconds == 0
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.milliseconds.is_multiple_of(1000) {
            write!(f, "{}", self.milliseconds / 1000)
        } else {
            write!(f, "{}", self.milliseconds as f64 / 1000.0)
        }
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.milliseconds.is_multiple_of(1000) {
            serializer.serialize_u64(self.milliseconds / 1000)
        } else {
            serializer.serialize_f64(self.milliseconds as f64 / 1000.0)
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Span;

        impl Visitor<'_> for Span {
            type Value = Seconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds, such as 30 or 0.25")
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Seconds, E> {
                if seconds <= LONGEST_IN_SECONDS {
                    Ok(Seconds::whole(seconds))
                } else {
                    Err(E::custom(format_args!("{seconds} seconds are more than ten years")))
                }
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Seconds, E> {
                let positive = u64::try_from(seconds);
                positive
                    .map_err(|_| E::custom("a span of time is not negative"))
                    .and_then(|s| self.visit_u64(s))
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<Seconds, E> {
                if (0.0..=LONGEST_IN_SECONDS as f64).contains(&seconds) {
                    Ok(Seconds::milliseconds((seconds * 1000.0).round() as u64))
                } else {
                    Err(E::custom(format_args!("{seconds} seconds are not within 0 and ten years")))
                }
            }
        }

        deserializer.deserialize_any(Span)
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": LONGEST_IN_SECONDS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn seconds_are_read_whole_and_in_parts() {
        assert_eq!(serde_json::from_str::<Seconds>("300").unwrap().duration(), Duration::from_secs(300));
        assert_eq!(serde_json::from_str::<Seconds>("0.25").unwrap().duration(), Duration::from_millis(250));
    }

    #[test]
    fn a_span_is_neither_negative_nor_endless() {
        for text in ["-1", "-0.5", "1e300", "99999999999999999999", "\"30\"", "null"] {
            assert!(serde_json::from_str::<Seconds>(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_span_survives_its_text_form(milliseconds in 0..LONGEST_IN_SECONDS * 1000) {
            let span = Seconds::milliseconds(milliseconds);
            let text = serde_json::to_string(&span).unwrap();
            prop_assert_eq!(serde_json::from_str::<Seconds>(&text).unwrap(), span);
        }
    }
}

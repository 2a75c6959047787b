//! Times as services and tables write them, as a stamp has them.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use gdg_model::Stamp;

/// Offsets with and without a colon.
const WITH_OFFSET: [&str; 3] =
    ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f %z"];
/// What tells no offset is read as UTC.
const WITHOUT_OFFSET: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];

/// The time that `text` tells, in nanoseconds since 1970-01-01 UTC.
pub(crate) fn nanoseconds_of(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return time.timestamp_nanos_opt();
    }
    if let Some(time) = WITH_OFFSET.iter().find_map(|form| DateTime::parse_from_str(text, form).ok()) {
        return time.timestamp_nanos_opt();
    }
    let time = WITHOUT_OFFSET.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let time = time.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
    time?.and_utc().timestamp_nanos_opt()
}

/// A version that is told as a text: a time where it is one, so that two ways
/// of writing it mean the same, and a tag otherwise. Nothing for an empty text.
pub(crate) fn stamp_of(version: &str) -> Stamp {
    let modified_at = nanoseconds_of(version);
    let etag = (modified_at.is_none() && !version.is_empty()).then(|| version.to_owned());
    Stamp { etag, modified_at, size: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read_as_services_write_them() {
        let expected = 1_704_164_645_000_000_000;
        for text in [
            "2024-01-02T03:04:05Z",
            "2024-01-02T03:04:05.000Z",
            "2024-01-02T04:04:05.000+0100",
            "2024-01-02T04:04:05+01:00",
            "2024-01-02 03:04:05",
            "2024-01-02 03:04:05.000",
            "2024-01-02T03:04:05",
            " 2024-01-02 04:04:05 +01:00",
        ] {
            assert_eq!(nanoseconds_of(text), Some(expected), "{text}");
        }
        assert_eq!(nanoseconds_of("2024-01-02"), Some(expected - 11_045_000_000_000));
        for text in ["", "7", "yesterday", "2024-13-02T03:04:05Z", "99999-01-01T00:00:00Z"] {
            assert_eq!(nanoseconds_of(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_a_tag() {
        assert_eq!(stamp_of("7").etag.as_deref(), Some("7"));
        assert_eq!(stamp_of("2024-01-02T03:04:05Z").etag, None);
        assert_eq!(stamp_of(""), Stamp::default());
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in ".*") {
            let stamp = stamp_of(&text);
            prop_assert!(stamp.etag.is_none() || stamp.modified_at.is_none());
        }
    }
}

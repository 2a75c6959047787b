//! Values of columns, as text, as bytes and as JSON.

use crate::times::stamp_of;
use chrono::{DateTime, SecondsFormat};
use gdg_model::Stamp;
use parquet::record::{Field, Row};
use serde_json::{Map, Number, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Groups within groups; what lies deeper is left out.
const MAX_DEPTH: u32 = 64;
const NANOSECONDS_IN_DAY: i64 = 86_400_000_000_000;

/// The value of a column; its path leads through groups.
pub(super) fn value_at<'r>(row: &'r Row, path: &[String]) -> Option<&'r Field> {
    let (name, rest) = path.split_first()?;
    let (_, field) = row.get_column_iter().find(|(column, _)| *column == name)?;
    match field {
        field if rest.is_empty() => Some(field),
        Field::Group(row) => value_at(row, rest),
        _ => None,
    }
}

/// The bytes of a document, with the media type that its form tells; `None` for NULL.
pub(super) fn content_of(field: &Field) -> Option<(Vec<u8>, Option<&'static str>)> {
    match field {
        Field::Null => None,
        Field::Bytes(bytes) => Some((bytes.data().to_vec(), None)),
        Field::Str(text) => Some((text.clone().into_bytes(), Some("text/plain"))),
        Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => {
            Some((json_of(field).to_string().into_bytes(), Some("application/json")))
        }
        scalar => Some((text_of(scalar)?.into_bytes(), Some("text/plain"))),
    }
}

/// A value that is no group as text; `None` for NULL.
pub(super) fn text_of(field: &Field) -> Option<String> {
    match json_of(field) {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(json_of(field).to_string()),
        // What JSON has no number for: not a number, or without end.
        Value::Null if matches!(field, Field::Float16(_) | Field::Float(_) | Field::Double(_)) => {
            Some(field.to_string())
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Any value as JSON. Binary values that are no text are written as hexadecimal digits.
pub(super) fn json_of(field: &Field) -> Value {
    json_within(field, 0)
}

fn json_within(field: &Field, depth: u32) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => (*value).into(),
        Field::Byte(value) => (*value).into(),
        Field::Short(value) => (*value).into(),
        Field::Int(value) => (*value).into(),
        Field::Long(value) => (*value).into(),
        Field::UByte(value) => (*value).into(),
        Field::UShort(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        Field::ULong(value) => (*value).into(),
        Field::Float16(value) => float(f64::from(*value)),
        Field::Float(value) => float(f64::from(*value)),
        Field::Double(value) => float(*value),
        Field::Str(text) => text.as_str().into(),
        Field::Bytes(bytes) => match str::from_utf8(bytes.data()) {
            Ok(text) => text.into(),
            Err(_) => bytes.data().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        },
        // A number that is no time of any calendar is shown as the number it is.
        Field::Date(days) => match time_of(field) {
            Some(time) => time.format("%Y-%m-%d").to_string().into(),
            None => (*days).into(),
        },
        Field::TimestampMillis(number) | Field::TimestampMicros(number) => match time_of(field) {
            Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into(),
            None => (*number).into(),
        },
        Field::TimeMillis(value) => time_of_day(i64::from(*value).saturating_mul(1_000)).into(),
        Field::TimeMicros(value) => time_of_day(*value).into(),
        // The library takes for granted that scale and precision fit.
        Field::Decimal(_) => {
            catch_unwind(AssertUnwindSafe(|| field.to_string())).map_or(Value::Null, Value::from)
        }
        Field::Group(row) => {
            let members = row.get_column_iter();
            Value::Object(
                members
                    .map(|(name, field)| (name.clone(), json_within(field, depth + 1)))
                    .collect::<Map<_, _>>(),
            )
        }
        Field::ListInternal(list) => {
            list.elements().iter().map(|field| json_within(field, depth + 1)).collect()
        }
        Field::MapInternal(map) => {
            let entries = map.entries().iter();
            Value::Object(
                entries
                    .map(|(key, value)| (text_of(key).unwrap_or_default(), json_within(value, depth + 1)))
                    .collect::<Map<_, _>>(),
            )
        }
    }
}

/// The version that a value tells; nothing for NULL and for groups.
pub(super) fn version_of(field: &Field) -> Stamp {
    let modified_at = match field {
        Field::Date(days) => i64::from(*days).checked_mul(NANOSECONDS_IN_DAY),
        Field::TimestampMillis(time) => time.checked_mul(1_000_000),
        Field::TimestampMicros(time) => time.checked_mul(1_000),
        Field::Str(text) => return stamp_of(text),
        Field::Bytes(_) => return text_of(field).map(|text| stamp_of(&text)).unwrap_or_default(),
        _ => None,
    };
    let etag = if modified_at.is_some() { None } else { text_of(field) };
    Stamp { etag, modified_at, size: None }
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn time_of(field: &Field) -> Option<DateTime<chrono::Utc>> {
    match field {
        Field::Date(days) => DateTime::from_timestamp(i64::from(*days).checked_mul(86_400)?, 0),
        Field::TimestampMillis(time) => DateTime::from_timestamp_millis(*time),
        Field::TimestampMicros(time) => DateTime::from_timestamp_micros(*time),
        _ => None,
    }
}

/// A time of day in microseconds.
fn time_of_day(time: i64) -> String {
    let (seconds, rest) = (time.div_euclid(1_000_000), time.rem_euclid(1_000_000));
    let (hours, minutes) = (seconds.div_euclid(3_600), seconds.rem_euclid(3_600) / 60);
    format!("{hours:02}:{minutes:02}:{:02}.{rest:06}", seconds.rem_euclid(60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_written_as_people_write_them() {
        for (field, expected) in [
            (Field::Int(-7), Some("-7")),
            (Field::ULong(u64::MAX), Some("18446744073709551615")),
            (Field::Bool(true), Some("true")),
            (Field::Double(f64::NAN), Some("NaN")),
            (Field::Date(19_724), Some("2024-01-02")),
            (Field::TimestampMillis(1_704_164_645_000), Some("2024-01-02T03:04:05Z")),
            (Field::TimeMillis(3_723_004), Some("01:02:03.004000")),
            (Field::Bytes(vec![0xff, 0].into()), Some("ff00")),
            (Field::TimestampMillis(i64::MAX), Some("9223372036854775807")),
            (Field::Null, None),
        ] {
            assert_eq!(text_of(&field).as_deref(), expected, "{field:?}");
        }
    }

    #[test]
    fn a_version_is_a_time_or_a_tag() {
        let time = Some(1_704_164_645_000_000_000);
        assert_eq!(version_of(&Field::TimestampMillis(1_704_164_645_000)).modified_at, time);
        assert_eq!(version_of(&Field::Str("2024-01-02T03:04:05Z".into())).modified_at, time);
        assert_eq!(version_of(&Field::Long(7)).etag.as_deref(), Some("7"));
        assert_eq!(version_of(&Field::Null), Stamp::default());
    }

    proptest! {
        #[test]
        fn no_number_is_too_strange(number in any::<i64>(), small in any::<i32>()) {
            for field in [
                Field::TimestampMillis(number), Field::TimestampMicros(number), Field::TimeMicros(number),
                Field::Date(small), Field::TimeMillis(small),
            ] {
                prop_assert!(text_of(&field).is_some());
                let _ = version_of(&field);
            }
        }
    }
}

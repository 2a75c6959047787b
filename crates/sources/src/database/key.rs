//! Ids of rows: as values, as positions of a listing, and as locators.
//!
//! A locator is the id as text, with `/` between the columns of an id that has
//! several. In it, `%`, `/`, control characters and what is not UTF-8 are
//! percent-encoded; bytes are `0x` and hexadecimal digits. So every id has one
//! locator, and no locator breaks a line.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::fmt::Write;

/// The longest value of an id's column in bytes.
pub(super) const MAX_LENGTH: usize = 2_048;

/// The value of one column of an id.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum KeyPart {
    Integer(i128),
    Real(f64),
    /// Text, which SQLite does not keep from being something else than UTF-8.
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

/// The id of a row: a value for each of its columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key(pub(super) Vec<KeyPart>);

impl Key {
    /// The one locator of this id.
    pub(super) fn locator(&self) -> String {
        let mut locator = String::new();
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                locator.push('/');
            }
            part.write_locator(&mut locator);
        }
        locator
    }

    /// The id as JSON.
    pub(super) fn to_json(&self) -> Value {
        self.0.iter().map(KeyPart::to_json).collect()
    }

    /// The id that [`to_json`](Self::to_json) wrote.
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(KeyPart::from_json).collect::<Option<_>>().map(Self)
    }
}

impl KeyPart {
    fn write_locator(&self, locator: &mut String) {
        match self {
            Self::Integer(number) => locator.push_str(&number.to_string()),
            Self::Real(number) => {
                // Writing to a string does not fail.
                let _ = write!(locator, "{number:?}");
            }
            Self::Text(text) => push_text(locator, text),
            Self::Bytes(bytes) => {
                locator.push_str("0x");
                locator.push_str(&hex(bytes));
            }
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Integer(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) => number.into(),
                _ => json!({ "integer": number.to_string() }),
            },
            Self::Real(number) => json!({ "real": format!("{number:?}") }),
            Self::Text(text) => match str::from_utf8(text) {
                Ok(text) => text.into(),
                Err(_) => json!({ "text": hex(text) }),
            },
            Self::Bytes(bytes) => json!({ "bytes": hex(bytes) }),
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                number.as_i64().map(i128::from).or(number.as_u64().map(i128::from)).map(Self::Integer)
            }
            Value::String(text) => Some(Self::Text(text.clone().into_bytes())),
            Value::Object(entries) => {
                let (kind, text) = entries.iter().next()?;
                let text = text.as_str()?;
                match kind.as_str() {
                    "integer" => text.parse().ok().map(Self::Integer),
                    "real" => text.parse().ok().map(Self::Real),
                    "text" => unhex(text).map(Self::Text),
                    "bytes" => unhex(text).map(Self::Bytes),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Which of two values comes first, where both are of one kind.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => Some(one.cmp(other)),
            (Self::Real(one), Self::Real(other)) => one.partial_cmp(other),
            (Self::Text(one), Self::Text(other)) | (Self::Bytes(one), Self::Bytes(other)) => {
                Some(one.cmp(other))
            }
            _ => None,
        }
    }

    /// The values whose locator this is, whatever a column holds. `text` is the part of a locator, decoded.
    pub(super) fn possible(text: &[u8]) -> Vec<Self> {
        let mut parts = vec![Self::Text(text.to_vec())];
        if let Ok(text) = str::from_utf8(text) {
            parts.extend(text.parse().ok().map(Self::Integer));
            parts.extend(text.parse().ok().map(Self::Real));
            parts.extend(text.strip_prefix("0x").and_then(unhex).map(Self::Bytes));
        }
        parts.retain(|part| {
            let (mut one, mut other) = (String::new(), String::new());
            part.write_locator(&mut one);
            push_text(&mut other, text);
            one == other
        });
        parts
    }
}

/// The parts of a locator, decoded; `None` when it is the locator of no id with so many columns.
pub(super) fn parts_of_locator(locator: &str, columns: usize) -> Option<Vec<Vec<u8>>> {
    if locator.is_empty() || locator.len() > columns * (3 * MAX_LENGTH + 1) {
        return None;
    }
    let parts: Vec<Vec<u8>> = locator.split('/').map(|part| percent_decode_str(part).collect()).collect();
    // Nothing but the one locator of an id passes for it: `%61` would be a second name.
    let mut again = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            again.push('/');
        }
        push_text(&mut again, part);
    }
    (parts.len() == columns && again == locator).then_some(parts)
}

fn push_text(locator: &mut String, text: &[u8]) {
    let push_encoded = |locator: &mut String, byte: u8| {
        // Writing to a string does not fail.
        let _ = write!(locator, "%{byte:02X}");
    };
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            if matches!(character, '%' | '/') || character.is_ascii_control() {
                push_encoded(locator, character as u8);
            } else {
                locator.push(character);
            }
        }
        chunk.invalid().iter().for_each(|byte| push_encoded(locator, *byte));
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that hexadecimal digits, in either case, stand for.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_part() -> impl Strategy<Value = KeyPart> {
        prop_oneof![
            any::<i64>().prop_map(|number| KeyPart::Integer(number.into())),
            any::<u64>().prop_map(|number| KeyPart::Integer(number.into())),
            any::<f64>().prop_filter("NaN is NULL", |number| !number.is_nan()).prop_map(KeyPart::Real),
            ".{0,12}".prop_map(|text| KeyPart::Text(text.into_bytes())),
            prop::collection::vec(any::<u8>(), 0..12).prop_map(KeyPart::Text),
            prop::collection::vec(any::<u8>(), 0..12).prop_map(KeyPart::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn an_id_survives_its_json(parts in prop::collection::vec(any_part(), 1..4)) {
            let key = Key(parts);
            let text = key.to_json().to_string();
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(Key::from_json(&value), Some(key));
        }

        #[test]
        fn an_id_is_among_those_that_its_locator_may_stand_for(parts in prop::collection::vec(any_part(), 1..4)) {
            let key = Key(parts);
            let locator = key.locator();
            prop_assert!(!locator.chars().any(|c| c.is_ascii_control()));
            match parts_of_locator(&locator, key.0.len()) {
                Some(texts) => {
                    for (part, text) in key.0.iter().zip(&texts) {
                        prop_assert!(KeyPart::possible(text).contains(part));
                    }
                }
                None => prop_assert_eq!(locator, ""),
            }
        }

        #[test]
        fn any_text_is_one_locator_or_none(text in "\\PC{0,20}|[a%/0-9A-F]{0,12}", columns in 1_usize..3) {
            if let Some(parts) = parts_of_locator(&text, columns) {
                prop_assert_eq!(parts.len(), columns);
                prop_assert_eq!(Key(parts.into_iter().map(KeyPart::Text).collect()).locator(), text);
            }
        }

        #[test]
        fn any_json_is_an_id_or_none(text in "\\PC{0,20}|[\\[\\]{}\":,a-z0-9]{0,20}") {
            if let Ok(value) = serde_json::from_str(&text) {
                let _ = Key::from_json(&value);
            }
        }
    }

    #[test]
    fn locators_read_like_ids() {
        let text = |text: &str| KeyPart::Text(text.as_bytes().to_vec());
        for (parts, locator) in [
            (vec![KeyPart::Integer(-7)], "-7"),
            (vec![text("a/b 100%\n")], "a%2Fb 100%25%0A"),
            (vec![text("é"), KeyPart::Integer(2)], "é/2"),
            (vec![KeyPart::Bytes(vec![0xab, 1])], "0xab01"),
            (vec![text(""), text("")], "/"),
        ] {
            assert_eq!(Key(parts).locator(), locator);
        }
    }

    #[test]
    fn a_second_name_of_an_id_is_none() {
        for locator in ["", "%61", "a%2fb", "a/b", "%", "a\n", "\0"] {
            assert_eq!(parts_of_locator(locator, 1), None, "{locator}");
        }
    }
}

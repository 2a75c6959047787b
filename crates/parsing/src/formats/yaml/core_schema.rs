//! The types of scalars by the core schema of YAML 1.2 (section 10.3).

use crate::formats::value_tree::ScalarType;
use saphyr_parser::{ScalarStyle, Tag};

/// The type of a scalar. A tag of the core schema decides; tags of an application say nothing.
pub(super) fn scalar_type(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> ScalarType {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() => match tag.suffix.as_str() {
            "null" => ScalarType::Null,
            "bool" => ScalarType::Boolean,
            "int" | "float" => ScalarType::Number,
            _ => ScalarType::String,
        },
        Some(tag) if tag.handle == "!" && tag.suffix.is_empty() => ScalarType::String,
        _ if style == ScalarStyle::Plain => type_of_plain(text),
        _ => ScalarType::String,
    }
}

fn type_of_plain(text: &str) -> ScalarType {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarType::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => ScalarType::Boolean,
        ".nan" | ".NaN" | ".NAN" => ScalarType::Number,
        _ if is_number(text) => ScalarType::Number,
        _ => ScalarType::String,
    }
}

fn is_number(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let unsigned = without_sign(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    let exponent_is_whole = exponent.map(without_sign).is_none_or(|e| !e.is_empty() && are_digits(e));
    has_digits && are_digits(whole) && are_digits(fraction) && exponent_is_whole
}

fn without_sign(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_core_schema() {
        for number in ["0", "-12", "+1.", ".5", "1e3", "6.8523015e+5", "0o14", "0xaF", "-.inf", ".NaN"] {
            assert_eq!(type_of_plain(number), ScalarType::Number, "{number}");
        }
        for other in [".", "+", "e3", "1e", "1e+", "1_000", "0o8", "0x", "1.2.3", "12:30", "--1", "inf"] {
            assert_eq!(type_of_plain(other), ScalarType::String, "{other}");
        }
    }
}

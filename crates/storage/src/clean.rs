//! Text and JSON without U+0000: `PostgreSQL` refuses it, and C programs (the
//! `sqlite3` shell, for one) end a text at it. U+FFFD stands in its place.

/// Text without U+0000.
pub(crate) fn text(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// JSON whose strings are without U+0000, which stands in them as an escape.
pub(crate) fn json(json: String) -> String {
    const NUL: &str = "\\u0000";
    if !json.contains(NUL) {
        return json;
    }
    let mut cleaned = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some(escape) = rest.find('\\') {
        let (before, from_escape) = rest.split_at(escape);
        cleaned.push_str(before);
        // What a backslash escapes is never the beginning of another escape: `\\u0000` is a
        // backslash with some letters behind it. Each of the two characters is one byte, as JSON has it.
        let (replacement, length) =
            if from_escape.starts_with(NUL) { ("\\ufffd", NUL.len()) } else { (&from_escape[..2], 2) };
        cleaned.push_str(replacement);
        rest = &from_escape[length..];
    }
    cleaned.push_str(rest);
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn an_escaped_backslash_before_the_letters_is_no_nul() {
        for (given, expected) in [
            (r#"["a\u0000b"]"#, r#"["a\ufffdb"]"#),
            (r#"["a\\u0000b"]"#, r#"["a\\u0000b"]"#),
            (r#"["a\\\u0000b"]"#, r#"["a\\\ufffdb"]"#),
            (r#"["\u0000\u0000","\"\u0000"]"#, r#"["\ufffd\ufffd","\"\ufffd"]"#),
            (r#"{"\u0000é":"\u00001"}"#, r#"{"\ufffdé":"\ufffd1"}"#),
        ] {
            assert_eq!(json(given.to_owned()), expected);
        }
    }

    proptest! {
        #[test]
        fn cleaning_json_replaces_nul_and_nothing_else(texts in prop::collection::vec("[\\x00\\\\u0\"a\u{e9}]{0,12}", 0..4)) {
            let cleaned = json(Value::from(texts.clone()).to_string());
            let expected: Vec<String> = texts.into_iter().map(text).collect();
            prop_assert_eq!(serde_json::from_str::<Value>(&cleaned).unwrap(), Value::from(expected));
        }
    }
}

//! Escapes of half a surrogate pair: valid JSON (RFC 8259, section 8.2) that
//! some writers leave behind when they cut a text, and no Unicode character.

use std::borrow::Cow;
use std::ops::Range;

/// Replaces each escape of half a surrogate pair by one of U+FFFD. Both take six bytes, so that places stay the same.
pub(super) fn replace_unpaired(text: &str) -> Cow<'_, str> {
    let unpaired = unpaired(text);
    if unpaired.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    for escape in unpaired {
        replaced.push_str(text.get(copied..escape.start).unwrap_or_default());
        replaced.push_str("\\ufffd");
        copied = escape.end;
    }
    replaced.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(replaced)
}

/// Where the escapes of unpaired surrogates stand.
fn unpaired(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(backslash) = text.get(at..).and_then(|rest| rest.find('\\')).map(|found| at + found) {
        let end = backslash + 6;
        match code_unit(text, backslash) {
            Some(0xD800..=0xDBFF) if matches!(code_unit(text, end), Some(0xDC00..=0xDFFF)) => at = end + 6,
            Some(0xD800..=0xDFFF) => {
                found.push(backslash..end);
                at = end;
            }
            Some(_) => at = end,
            None => {
                // Another escape: the backslash and the character behind it.
                let behind = text.get(backslash + 1..).and_then(|rest| rest.chars().next());
                at = backslash + 1 + behind.map_or(0, char::len_utf8);
            }
        }
    }
    found
}

/// The code unit that the escape at `at` (`\u` and four hexadecimal digits) stands for.
fn code_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_digits.then(|| u16::from_str_radix(digits, 16).ok())?
}

//! Bytes to text by the rules of XML (XML 1.0, appendix F).

use crate::text_encoding::decode;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Bytes in which an XML declaration must end to be looked at.
const DECLARATION_BYTES: usize = 1024;

/// Decodes XML: a byte order mark decides, then the zero bytes of UTF-16, then what the declaration says.
/// A declaration of Unicode is held against the bytes.
pub(super) fn decode_xml(bytes: &[u8]) -> Cow<'_, str> {
    let known = match bytes {
        _ if Encoding::for_bom(bytes).is_some() => None,
        [b'<', 0, ..] => Some(UTF_16LE),
        [0, b'<', ..] => Some(UTF_16BE),
        _ => declared(bytes).filter(|encoding| ![UTF_8, UTF_16BE, UTF_16LE].contains(encoding)),
    };
    match known {
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0,
        None => decode(bytes).text,
    }
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let beginning = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes);
    let end = beginning.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(beginning.get(..end)?).ok()?;
    let (_, after) = declaration.trim_start().strip_prefix("<?xml")?.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value.split(quote).nth(1)?;
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::decode_xml;

    #[test]
    fn the_declared_encoding_is_used() {
        let text = decode_xml(b"<?xml version='1.0' encoding = 'KOI8-R'?><a>\xf0\xd2\xc9\xcc\xc9\xd7</a>");
        assert!(text.ends_with("<a>Прилив</a>"), "{text}");
    }

    #[test]
    fn a_wrong_declaration_of_unicode_is_seen_through() {
        let text = decode_xml(b"<?xml version='1.0' encoding='UTF-16'?><a/>");
        assert!(text.ends_with("<a/>"), "{text}");
        let text = decode_xml(b"<?xml version='1.0' encoding='UTF-8'?><a>caf\xe9 et th\xe9</a>");
        assert!(text.ends_with("<a>café et thé</a>"), "{text}");
    }

    #[test]
    fn utf16_needs_no_mark() {
        let text = "<a>潮</a>";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode_xml(&little), text);
        assert_eq!(decode_xml(&big), text);
    }
}
